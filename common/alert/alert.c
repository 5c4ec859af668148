#include "common/alert/alert.h"
#include "common/base/language.h"
#include "common/base/secret.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/container.h"
#include "common/http/http.h"
#include "common/ledger/reject_reason.h"
#include "common/log/log.h"

enum {
    ITEMS_MAX = 8,      /* messages under way at once */
    TRIES = 3,          /* of one message */
    TRY_PAUSE = 500,    /* ms, doubled */
    TRY_TIMEOUT = 4000, /* ms */
    WHAT_MAX = 1200,    /* bytes of what is told, without reasons */
    REASONS_MAX = 5,    /* groups of refusals in a message */
    REASON_MAX = 120,   /* bytes of one */
    POLL = 1000,        /* ms between questions after trouble */
    REPLY_BYTES = 16 << 10,
    MESSAGE_BYTES = 16 << 10,
    BODY_BYTES = 64 << 10,
    ASK_PATIENCE = 2000,      /* ms that the store is waited for: the trouble may be that it does not answer */
    FAILED_AGAIN = 60 * 1000, /* ms until a cause that could not be told may be raised again */
};

struct item { /* a message under way */
    struct alert *alert;
    enum { ITEM_FREE, ITEM_ASKING, ITEM_SENDING, ITEM_GIVING_BACK, ITEM_TOLD /* its job is still out */ } state;
    char name[ALERT_CAUSE_MAX];
    char what[WHAT_MAX];
    int64_t run;
    struct store_job job;
    bool asks;   /* the store has the job: mine, held and reasons are the store's */
    bool mine;   /* the store says that it may be told */
    bool failed; /* it could not be told */
    int64_t held;
    struct buffer reasons;
    struct http_call *call;
    struct loop_timer again, patience;
    int tries;
};

struct alert {
    struct loop *loop;
    struct store *store;
    struct http *http;
    enum alert_form form;
    const char *url, *secret;
    int64_t after;
    char scheme[200], worker[120];
    struct item items[ITEMS_MAX];
    bool stopped, failing;
    void (*told)(void *user, int error, const struct cause *cause);
    void *user;
    const char *(*trouble)(void *user, const char **name);
    void *trouble_user;
    char trouble_name[ALERT_CAUSE_MAX];
    struct loop_ms trouble_since, raised_at; /* .ms 0 = none */
    struct loop_timer poll, settle;
    void (*settled)(void *user);
    void *settled_user;
};

static void settle_look(struct alert *alert);

/* ---- the store: one message a cause ---- */

int alert_turn(struct store *store, struct text name, bool *told, int64_t *held)
{
    struct store_ms now = store_now(store);
    int64_t changed = 0, before = 0;
    struct sql_value values[] = {SQL_STRING(name), SQL_INTEGER(now.ms), SQL_INTEGER(store_after(now, ALERT_AGAIN).ms)};
    int error = store_integers(store, "select held from alert where cause = $1", values, 1, &before, 1);
    if (error == ERR_NOT_FOUND) {
        error = 0;
    }
    if (!error) {
        error = store_run(store, "update alert set until = $3, held = 0 where cause = $1 and until <= $2", values, 3,
                          &changed);
    }
    if (!error && !changed) {
        const struct sql_value fresh[] = {values[0], values[2]};
        error = store_run(store, "insert into alert (cause, until) values ($1, $2) on conflict (cause) do nothing",
                          fresh, 2, &changed);
    }
    if (!error && !changed) {
        error = store_run(store, "update alert set held = held + 1 where cause = $1", values, 1, NULL);
    }
    if (!error) {
        *told = changed > 0;
        *held = before;
    }
    return error;
}

static int put_reason(void *user, const struct reject_reason *reason)
{
    struct buffer *out = user;
    struct text message = reason->message;
    message.size = text_cut(message, REASON_MAX);
    buffer_format(out, "\n%lld x %.*s", (long long)reason->count, TEXT_ARG(reason->class));
    if (reason->code.size > 0) {
        buffer_format(out, " %.*s", TEXT_ARG(reason->code));
    }
    buffer_format(out, ": %.*s", TEXT_ARG(message));
    return 0;
}

static int ask_work(struct store *store, struct store_job *job)
{
    struct item *item = CONTAINER_OF(job, struct item, job);
    buffer_clear(&item->reasons, MESSAGE_BYTES);
    int error = alert_turn(store, text_of(item->name), &item->mine, &item->held);
    return error || !item->mine || item->run == 0
               ? error
               : reject_reasons(store, item->run, REASONS_MAX, put_reason, &item->reasons);
}

static int give_back_work(struct store *store, struct store_job *job)
{
    struct item *item = CONTAINER_OF(job, struct item, job);
    struct sql_value values[] = {SQL_STRING(text_of(item->name)),
                                 SQL_INTEGER(store_after(store_now(store), FAILED_AGAIN).ms),
                                 SQL_INTEGER(item->held + 1)};
    return store_run(store, "update alert set until = $2, held = held + $3 where cause = $1", values, 3, NULL);
}

static void item_end(struct item *item)
{
    struct alert *alert = item->alert;
    item->state = ITEM_FREE;
    settle_look(alert);
}

static void gave_back(struct store_job *job, int error)
{
    (void)error; /* then it is raised again later than it might be */
    item_end(CONTAINER_OF(job, struct item, job));
}

/* ---- the robot ---- */

static void send_now(void *user);

/* What could not be told may be raised again soon. */
static void give_back(struct item *item)
{
    if (!item->failed || !item->alert->store) {
        item_end(item);
        return;
    }
    item->state = ITEM_GIVING_BACK;
    item->job = (struct store_job){.work = give_back_work, .done = gave_back, .order = STORE_ALERT};
    store_submit(item->alert->store, &item->job);
}

static void end_told(struct item *item, int error, const struct cause *cause)
{
    struct alert *alert = item->alert;
    if (error && !alert->failing) {
        log_event(EVENT_ALERT_FAILED, cause->text, "cause", LOG_STR(item->name), NULL);
    } else if (!error) {
        log_event(EVENT_ALERT_SENT, "the group robot was told", "cause", LOG_STR(item->name), NULL);
    }
    alert->failing = error != 0;
    item->failed = error != 0;
    if (alert->told) {
        alert->told(alert->user, error, cause);
    }
    if (item->asks) {
        item->state = ITEM_TOLD;
        settle_look(alert);
    } else {
        give_back(item);
    }
}

static void answered(void *user, const struct http_reply *reply)
{
    struct item *item = user;
    struct alert *alert = item->alert;
    struct cause cause = {""};
    item->call = NULL;
    if (alert->stopped) {
        return;
    }
    int error;
    if (reply->reach != HTTP_ANSWERED) {
        error = cause_set(&cause, ERR_TIMEOUT, "the group robot can't be reached: %s", reply->why);
    } else {
        error = alert_judge(alert->form, reply->status, reply->body, &cause);
    }
    bool again = reply->reach != HTTP_ANSWERED || reply->status >= 500 || reply->status == 429;
    if (error && again && !reply->certificate && ++item->tries < TRIES) {
        loop_set_after(alert->loop, &item->again, (TRY_PAUSE << item->tries));
        return;
    }
    end_told(item, error, &cause);
}

/* Each line in the language of the group. */
static void put_lines(struct buffer *out, struct text lines)
{
    while (lines.size > 0) {
        const char *end = memchr(lines.data, '\n', lines.size);
        size_t size = end ? (size_t)(end - lines.data) : lines.size;
        language_put(out, (struct text){lines.data, size});
        if (end) {
            buffer_add_char(out, '\n');
        }
        size += end != NULL;
        lines = (struct text){lines.data + size, lines.size - size};
    }
}

static void message_put(const struct item *item, struct buffer *out)
{
    const struct alert *alert = item->alert;
    buffer_format(out, "【店辰 dianchen】%s\n", alert->scheme);
    put_lines(out, text_of(item->what));
    if (!item->asks) {
        put_lines(out, buffer_text(&item->reasons));
    }
    if (!item->asks && item->held > 0) {
        buffer_add_char(out, '\n');
        buffer_format(out, _("(%lld more of this kind since the last message)"), (long long)item->held);
    }
    buffer_format(out, "\n%s", alert->worker);
    buffer_add_char(out, '\0');
}

static void send_now(void *user)
{
    struct item *item = user;
    struct alert *alert = item->alert;
    static const char *const headers[] = {"Content-Type: application/json;charset=utf-8", NULL};
    struct buffer message, address, body;
    struct cause cause = {""};
    buffer_init(&message, MESSAGE_BYTES);
    buffer_init(&address, MESSAGE_BYTES);
    buffer_init(&body, BODY_BYTES);
    message_put(item, &message);
    int error = message.failed ? ERR_MEMORY : 0;
    if (!error) {
        secret_wipe(message.data);
        error =
            alert_write(alert->form, alert->url, alert->secret, store_wall(), text_of(message.data), &address, &body);
    }
    if (!error) {
        buffer_add_char(&address, '\0');
        const struct http_request request = {.api = "alert",
                                             .method = "POST",
                                             .url = address.data,
                                             .headers = headers,
                                             .own_body = &body,
                                             .timeout = TRY_TIMEOUT,
                                             .done = answered,
                                             .user = item};
        error = address.failed ? ERR_MEMORY : http_send(alert->http, &request, &item->call);
    }
    buffer_fini(&message);
    buffer_fini(&address);
    buffer_fini(&body);
    if (error) {
        (void)cause_set(&cause, error, "the group robot can't be told: %s", error_text(error));
        end_told(item, error, &cause);
    }
}

static void asked(struct store_job *job, int error)
{
    struct item *item = CONTAINER_OF(job, struct item, job);
    item->asks = false;
    loop_clear_timer(item->alert->loop, &item->patience);
    if (item->state == ITEM_SENDING && !item->alert->stopped) {
        return; /* it was told without this answer */
    }
    if (item->state == ITEM_TOLD && !item->alert->stopped) {
        give_back(item);
        return;
    }
    if (item->alert->stopped || (!error && !item->mine)) {
        item_end(item);
        return;
    }
    item->state = ITEM_SENDING; /* also where the store can't say: told twice is better than not */
    item->tries = 0;
    send_now(item);
}

/* The store does not answer: told twice is better than not. */
static void ask_no_more(void *user)
{
    struct item *item = user;
    if (item->state == ITEM_ASKING) {
        item->state = ITEM_SENDING;
        item->tries = 0;
        send_now(item);
    }
}

void alert_raise(struct alert *alert, const char *name, const char *what, int64_t run)
{
    struct item *item = NULL;
    for (size_t i = 0; alert && i < ITEMS_MAX && !item; i++) {
        item = alert->items[i].state == ITEM_FREE ? &alert->items[i] : NULL;
    }
    if (!alert || alert->stopped || !item) {
        return; /* so many at once are of one kind */
    }
    (void)snprintf(item->name, sizeof item->name, "%.60s: %s", alert->scheme, name);
    (void)snprintf(item->what, sizeof item->what, "%s", what);
    item->what[text_cut(text_of(item->what), sizeof item->what - 4)] = '\0';
    item->run = run;
    item->held = 0;
    item->failed = false;
    item->again = (struct loop_timer){.fn = send_now, .user = item};
    item->patience = (struct loop_timer){.fn = ask_no_more, .user = item};
    item->job = (struct store_job){.work = ask_work, .done = asked, .order = STORE_ALERT};
    buffer_clear(&item->reasons, MESSAGE_BYTES);
    if (alert->store) {
        item->state = ITEM_ASKING;
        item->asks = true;
        loop_set_after(alert->loop, &item->patience, ASK_PATIENCE);
        store_submit(alert->store, &item->job);
    } else {
        item->state = ITEM_SENDING;
        item->tries = 0;
        send_now(item);
    }
}

/* ---- watching, settling ---- */

static void poll_trouble(void *user)
{
    struct alert *alert = user;
    struct loop_ms now = loop_now(alert->loop);
    const char *name = NULL;
    const char *why = alert->trouble(alert->trouble_user, &name);
    loop_set_after(alert->loop, &alert->poll, alert->after < POLL ? alert->after : POLL);
    if (!why || strcmp(name, alert->trouble_name) != 0) {
        (void)snprintf(alert->trouble_name, sizeof alert->trouble_name, "%s", why ? name : "");
        alert->trouble_since = why ? now : (struct loop_ms){0};
        alert->raised_at.ms = 0;
    }
    if (why && loop_since(now, alert->trouble_since) >= alert->after &&
        (alert->raised_at.ms == 0 || loop_since(now, alert->raised_at) >= ALERT_AGAIN)) {
        char what[WHAT_MAX];
        int64_t minutes = loop_since(now, alert->trouble_since) / 60000;
        (void)snprintf(what, sizeof what, "can't work for %lld min: %s", (long long)minutes, why);
        alert->raised_at = now;
        alert_raise(alert, name, what, 0);
    }
}

void alert_watch(struct alert *alert, const char *(*trouble)(void *user, const char **name), void *user)
{
    if (alert) {
        alert->trouble = trouble;
        alert->trouble_user = user;
        alert->poll = (struct loop_timer){.fn = poll_trouble, .user = alert};
        loop_set_after(alert->loop, &alert->poll, 0);
    }
}

static void settle_now(void *user)
{
    struct alert *alert = user;
    if (alert->settled) {
        void (*settled)(void *) = alert->settled;
        alert->settled = NULL;
        settled(alert->settled_user);
    }
}

static void settle_look(struct alert *alert)
{
    bool busy = false;
    for (size_t i = 0; i < ITEMS_MAX; i++) {
        busy = busy || (alert->items[i].state != ITEM_FREE && alert->items[i].state != ITEM_TOLD);
    }
    if (alert->settled && !busy && !alert->stopped) {
        loop_set_after(alert->loop, &alert->settle, 0);
    }
}

void alert_settle(struct alert *alert, struct loop *loop, int64_t most, void (*settled)(void *user), void *user)
{
    static struct loop_timer at_once; /* without alerts: one loop a process */
    if (!alert) {
        at_once = (struct loop_timer){.fn = settled, .user = user};
        loop_set_after(loop, &at_once, 0);
        return;
    }
    alert->settled = settled;
    alert->settled_user = user;
    loop_set_after(loop, &alert->settle, most);
    settle_look(alert);
}

/* ---- life ---- */

/* The key in the address stands behind its last '=' or '/'. */
static void hide_key(const char *url)
{
    const char *key = url;
    for (const char *at = url; *at; at++) {
        key = *at == '=' || *at == '/' ? at + 1 : key;
    }
    secret_add(text_of(key));
}

int alert_new(struct loop *loop, struct store *store, const struct alert_options *options, struct text scheme,
              const char *worker, void (*told)(void *user, int error, const struct cause *cause), void *user,
              struct alert **out, struct cause *cause)
{
    enum alert_form form;
    if (!options->url) {
        *out = NULL;
        return options->secret || options->form_name
                   ? cause_set(cause, ERR_INPUT, "ALERT_SECRET, ALERT_FORM: set, but no ALERT_URL to go with")
                   : 0;
    }
    int error = alert_form_find(options->url, options->form_name, options->secret, &form, cause);
    struct alert *alert = error ? NULL : calloc(1, sizeof *alert);
    if (!alert) {
        return error ? error : cause_set(cause, ERR_MEMORY, "out of memory");
    }
    hide_key(options->url);
    alert->loop = loop;
    alert->store = store;
    alert->form = form;
    alert->url = options->url;
    alert->secret = options->secret;
    alert->after = options->after > 0 ? options->after : ALERT_AFTER;
    alert->told = told;
    alert->user = user;
    alert->settle = (struct loop_timer){.fn = settle_now, .user = alert};
    (void)snprintf(alert->scheme, sizeof alert->scheme, "%.*s", TEXT_ARG(scheme));
    (void)snprintf(alert->worker, sizeof alert->worker, "%s", worker);
    for (size_t i = 0; i < ITEMS_MAX; i++) {
        alert->items[i].alert = alert;
        buffer_init(&alert->items[i].reasons, MESSAGE_BYTES);
    }
    const struct http_options http = {.network = options->network, .connections = 2, .body_limit = REPLY_BYTES};
    error = http_new(loop, &http, &alert->http, cause);
    if (error) {
        alert_free(&alert);
        return error;
    }
    *out = alert;
    return 0;
}

void alert_stop(struct alert *alert)
{
    if (!alert || alert->stopped) {
        return;
    }
    alert->stopped = true;
    loop_clear_timer(alert->loop, &alert->poll);
    loop_clear_timer(alert->loop, &alert->settle);
    for (size_t i = 0; i < ITEMS_MAX; i++) {
        loop_clear_timer(alert->loop, &alert->items[i].again);
        loop_clear_timer(alert->loop, &alert->items[i].patience);
    }
    http_free(&alert->http);
}

void alert_free(struct alert **alert)
{
    struct alert *a = *alert;
    *alert = NULL;
    if (!a) {
        return;
    }
    alert_stop(a);
    for (size_t i = 0; i < ITEMS_MAX; i++) {
        buffer_fini(&a->items[i].reasons);
    }
    free(a);
}
