#include "loader/xingchen.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"

enum {
    HEADERS_MAX = 8,
    HEADER_MAX = 700,
    LIVES = 5 * 60000, /* ms since the last answer */
    DOWN_TOLD = 2000,  /* ms of unbroken failure before a person hears of it */
    FRUITLESS_MAX = 5, /* tokens in a row that served no call */
    /* A text that only seems to speak of logins or frequency (a shop's name may) is a refusal after so many. */
    WORDED_MAX = 5
};

struct xingchen {
    struct loop *loop;
    struct http *http;
    struct limit *limit; /* NULL = none */
    struct login *login;
    struct metric *login_answers[REPLY_FATAL + 1];
    const struct options *options;
    struct xingchen_events events;
    void *user;
    bool patient, stopped, down_told;
    int64_t accepted, refused;           /* versions of the token: last that served a call, last that was refused */
    int fruitless;                       /* refused in a row that served none */
    struct xingchen_call *first, **last; /* waiting for the login */
    int64_t down_since;                  /* loop ms; 0 = it answers */
    int64_t answered_at;                 /* loop ms of the last answer */
    char trouble[400];                   /* why nothing worked since the last call that did; "" = no trouble */
    char lines[HEADERS_MAX][HEADER_MAX];
    const char *headers[HEADERS_MAX + 1];
    struct arena arena;
    int depth; /* answers being handled: the arena is in use */
};

static void advance(struct xingchen_call *call);

static void give_up(struct xingchen *t, const struct cause *cause, int exit_code)
{
    if (!t->stopped) {
        t->stopped = true;
        t->events.fatal(t->user, cause, exit_code);
    }
}

/* The outage clock: unbroken failure for LIMIT_GIVE_UP ends the program with its state kept. */
static void note_health(struct xingchen *t, const struct answer *answer)
{
    struct cause cause;
    if (answer->class == REPLY_THROTTLED && answer->wait > LIMIT_GIVE_UP) {
        cause_set(&cause, ERR_BUSY,
                  "target: takes no calls for %lld s: the quota is gone; start again then, nothing is lost",
                  (long long)(answer->wait / 1000));
        give_up(t, &cause, EXIT_UNFINISHED);
    }
    int64_t now = loop_now(t->loop);
    t->trouble[0] = '\0';
    if (answer->class == REPLY_RETRY || answer->class == REPLY_THROTTLED) {
        (void)snprintf(t->trouble, sizeof t->trouble, "the target gives HTTP %d: %.*s", answer->status,
                       (int)text_cut(answer->message, 300), answer->message.data ? answer->message.data : "");
    }
    if (answer->class != REPLY_RETRY) {
        if (t->down_told) {
            log_line(LOG_INFO, "target.up", "the target answers again");
        }
        t->down_since = 0;
        t->down_told = false;
        return;
    }
    if (t->down_since == 0) {
        t->down_since = now;
    }
    if (now - t->down_since >= DOWN_TOLD && t->patient && !t->down_told) {
        t->down_told = true;
        log_event(LOG_WARN, "target.down", "the target fails, calls are repeated", "status", LOG_INT(answer->status),
                  "why", LOG_TEXT(answer->message), (const char *)NULL);
    }
    if (now - t->down_since >= LIMIT_GIVE_UP && t->patient) {
        cause_set(&cause, ERR_TIMEOUT,
                  "target: no use for 15 minutes (%.*s); start again when it answers, nothing is lost",
                  TEXT_ARG(answer->message));
        give_up(t, &cause, EXIT_UNFINISHED);
    }
}

static void fatal_answer(struct xingchen *t, const char *api, const struct answer *answer)
{
    struct cause cause;
    cause_set(&cause, ERR_REFUSED, "target: %s: HTTP %d %.*s; %s", api, answer->status, TEXT_ARG(answer->message),
              answer->cure);
    give_up(t, &cause, EXIT_REFUSED);
}

/* ---- a call: login, slot, wire ---- */

static void again(void *user)
{
    advance(user);
}

static void pause_call(struct xingchen_call *call, int64_t ms)
{
    call->timer = (struct loop_timer){.fn = again, .user = call};
    loop_set_timer(call->target->loop, &call->timer, loop_now(call->target->loop) + ms);
}

/* What is to be done with a read that did not end in DONE or REJECT. True = dealt with. */
static bool repeat(struct xingchen_call *call, const struct answer *answer)
{
    struct xingchen *t = call->target;
    switch (answer->class) {
    case REPLY_DONE:
    case REPLY_REJECT:
        return false;
    case REPLY_LOGIN:
        advance(call);
        return true;
    case REPLY_RETRY:
        if (!t->patient) {
            return false;
        }
        pause_call(call, limit_pause(call->attempt++));
        return true;
    case REPLY_THROTTLED:
        if (!t->patient) {
            return false;
        }
        call->slotted = false;
        advance(call);
        return true;
    case REPLY_FATAL:
        break;
    }
    return true;
}

/* A version that was refused before it served a single call may be bad luck (another login made it void), five in a
 * row are not. */
static void refuse_token(struct xingchen *t, int64_t version, struct answer *answer)
{
    if (version != t->refused) {
        t->refused = version;
        t->fruitless = version == t->accepted ? 0 : t->fruitless + 1;
    }
    login_refused(t->login, version);
    if (t->fruitless >= FRUITLESS_MAX && !answer->worded) {
        answer->class = REPLY_FATAL;
        answer->cure = "the target refuses its own fresh tokens; check XINGCHEN_CLIENT_ID and XINGCHEN_ROUTER_ADDR";
    }
}

static void answered(struct xingchen_call *call, const struct http_reply *reply)
{
    struct xingchen *t = call->target;
    call->flying = false;
    t->answered_at = loop_now(t->loop);
    if (t->stopped) {
        return;
    }
    struct answer answer;
    if (t->depth++ == 0) {
        arena_reset(&t->arena, 1 << 20);
    }
    answer_read(&t->arena, reply, call->worded < WORDED_MAX, &answer);
    note_health(t, &answer);
    if (answer.class == REPLY_THROTTLED) {
        call->worded += answer.worded ? 1 : 0;
        if (t->limit) {
            limit_throttled(t->limit, answer.wait);
        }
    } else if (answer.class == REPLY_LOGIN) {
        call->worded += answer.worded ? 2 : 0;
        refuse_token(t, call->version, &answer);
    } else {
        call->worded = 0;
        t->accepted = reply->reach == HTTP_ANSWERED ? call->version : t->accepted;
    }
    if (call->save) {
        call->slotted = false;
        call->done(call, &answer);
    } else if (!t->stopped && answer.class != REPLY_FATAL && !repeat(call, &answer)) {
        call->slotted = false;
        call->attempt = 0;
        call->done(call, &answer);
    }
    if (answer.class == REPLY_FATAL) {
        fatal_answer(t, call->api, &answer);
    }
    t->depth--;
}

static void http_done(void *user, const struct http_reply *reply)
{
    answered(user, reply);
}

static void set_headers(struct xingchen *t, struct text group)
{
    const struct options *o = t->options;
    size_t n = 0;
    (void)snprintf(t->lines[n++], HEADER_MAX, "Content-Type: application/json; charset=utf-8");
    (void)snprintf(t->lines[n++], HEADER_MAX, "Accept: application/json");
    (void)snprintf(t->lines[n++], HEADER_MAX, "accountId: %.200s", o->account ? o->account : "");
    (void)snprintf(t->lines[n++], HEADER_MAX, "groupName: %.*s", TEXT_ARG(group));
    if (o->router_addr) {
        (void)snprintf(t->lines[n++], HEADER_MAX, "X-GW-Router-Addr: %.600s", o->router_addr);
    }
    for (size_t i = 0; i < n; i++) {
        t->headers[i] = t->lines[i];
    }
    t->headers[n] = NULL;
}

static void fly(struct xingchen_call *call, const struct login_token *token)
{
    struct xingchen *t = call->target;
    struct buffer url;
    buffer_init(&url, 8192);
    buffer_format(&url, "%s/%s?access_token=", t->options->url, call->api);
    http_put_encoded(&url, token->token);
    buffer_add_char(&url, '\0');
    set_headers(t, token->group);
    struct http_request request = {.api = call->api,
                                   .method = "POST",
                                   .url = url.data,
                                   .headers = t->headers,
                                   .body = buffer_text(&call->body),
                                   .own_body = call->save ? &call->body : NULL,
                                   .timeout = t->options->timeout,
                                   .send_by = call->send_by,
                                   .done = http_done,
                                   .user = call};
    struct http_call *http = NULL;
    call->version = token->version;
    call->flying = true;
    int error = url.failed ? ERR_MEMORY : http_send(t->http, &request, &http);
    buffer_wipe(&url);
    if (error) {
        struct http_reply reply = {.reach = HTTP_UNSENT, .unsent = true, .retry_after = -1};
        (void)snprintf(reply.why, sizeof reply.why, "the call can't be made: %s", error_text(error));
        answered(call, &reply);
    }
}

static void slot_here(struct limit_wait *wait)
{
    struct xingchen_call *call = (struct xingchen_call *)((char *)wait - offsetof(struct xingchen_call, wait));
    call->slotted = true;
    advance(call);
}

static void advance(struct xingchen_call *call)
{
    struct xingchen *t = call->target;
    if (t->stopped) {
        return;
    }
    struct login_token token;
    if (!login_take(t->login, &token)) {
        call->queued = true;
        call->next = NULL;
        *t->last = call;
        t->last = &call->next;
        return;
    }
    if (!call->slotted && t->limit) {
        call->wait = (struct limit_wait){.go = slot_here};
        limit_enter(t->limit, &call->wait);
        return;
    }
    if (call->save && call->ready && !call->ready(call)) {
        return;
    }
    fly(call, &token);
}

void xingchen_start(struct xingchen *target, struct xingchen_call *call)
{
    call->target = target;
    advance(call);
}

bool xingchen_withdraw(struct xingchen *t, struct xingchen_call *call)
{
    if (call->flying || !call->target) {
        return !call->flying;
    }
    for (struct xingchen_call **at = &t->first; call->queued && *at; at = &(*at)->next) {
        if (*at == call) {
            *at = call->next;
            t->last = *at ? t->last : at;
            call->queued = false;
            break;
        }
    }
    if (t->limit) {
        limit_leave(t->limit, &call->wait);
    }
    loop_clear_timer(t->loop, &call->timer);
    call->slotted = false;
    return true;
}

/* ---- login ---- */

static void login_ready(void *user)
{
    struct xingchen *t = user;
    struct xingchen_call *call = t->first;
    t->first = NULL;
    t->last = &t->first;
    t->events.ready(t->user);
    while (call) {
        struct xingchen_call *next = call->next;
        call->queued = false;
        advance(call);
        call = next;
    }
}

static void login_fatal(void *user, const struct cause *cause, int exit_code)
{
    give_up(user, cause, exit_code);
}

static void login_answered(void *user, const struct answer *answer)
{
    struct xingchen *t = user;
    metric_add(t->login_answers[answer->class], 1);
    note_health(t, answer);
    if (!t->patient && (answer->class == REPLY_RETRY || answer->class == REPLY_THROTTLED)) {
        struct cause cause;
        cause_set(&cause, ERR_TIMEOUT,
                  "target: %s does not answer as it should: %.*s; check XINGCHEN_URL and the network", t->options->url,
                  TEXT_ARG(answer->message));
        login_stop(t->login);
        give_up(t, &cause, EXIT_UNFINISHED);
    }
}

static void login_accounts(void *user, const struct answer *answer)
{
    struct xingchen *t = user;
    if (t->events.accounts) {
        t->events.accounts(t->user, answer);
    }
}

bool xingchen_lives(const struct xingchen *target)
{
    int64_t now = loop_now(target->loop);
    return target->down_since > 0 || target->first || now - target->answered_at < LIVES ||
           (target->limit && limit_banned_until(target->limit) > now);
}

const char *xingchen_ails(const struct xingchen *target)
{
    return target->first ? "not logged in to the target" : target->down_told ? "the target does not answer" : NULL;
}

const char *xingchen_trouble(const struct xingchen *target)
{
    return target->trouble[0] ? target->trouble : NULL;
}

void xingchen_login(struct xingchen *target)
{
    struct login_token token;
    if (login_take(target->login, &token)) {
        target->events.ready(target->user);
    }
}

int xingchen_new(struct loop *loop, struct store *store, struct metrics *metrics, const struct options *options,
                 int64_t calls_per_minute, int connections, const char *owner, const struct xingchen_events *events,
                 void *user, struct xingchen **out, struct cause *cause)
{
    struct xingchen *t = calloc(1, sizeof *t);
    if (!t) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    t->loop = loop;
    t->options = options;
    t->events = *events;
    t->user = user;
    t->patient = store != NULL;
    t->last = &t->first;
    arena_init(&t->arena, ANSWER_ARENA_MAX);
    char name[160];
    (void)snprintf(name, sizeof name, "xingchen:%.100s", options->account ? options->account : "");
    struct http_options http = {.ca_file = options->ca_file,
                                .proxy = options->proxy,
                                .no_proxy = options->no_proxy,
                                .connections = connections,
                                .body_limit = ANSWER_BODY_MAX,
                                .metrics = metrics};
    for (enum reply_class class = REPLY_DONE; class <= REPLY_FATAL; class ++) {
        char label[40];
        (void)snprintf(label, sizeof label, "class=\"%s\"", reply_class_text(class));
        t->login_answers[class] = metrics_add(metrics, METRIC_COUNTER, "login_answers_total", label,
                                              "What the target said when it was asked for a login.");
    }
    struct login_events login = {login_ready, login_fatal, login_answered, login_accounts};
    int error = http_new(loop, &http, &t->http, cause);
    if (!error && store) {
        error = limit_new(loop, store, metrics, "xingchen", name, calls_per_minute, &t->limit);
    }
    if (!error) {
        error = login_new(loop, t->http, store, options, name, owner, &login, t, &t->login);
    }
    if (error) {
        if (error != ERR_INPUT) {
            cause_set(cause, error, "the client of the target can't start: %s", error_text(error));
        }
        xingchen_stop(t);
        xingchen_free(&t);
        return error;
    }
    *out = t;
    return 0;
}

void xingchen_stop(struct xingchen *target)
{
    target->stopped = true;
    if (target->login) {
        login_stop(target->login);
    }
    if (target->http) {
        http_free(&target->http);
    }
    if (target->limit) {
        limit_free(&target->limit);
    }
}

void xingchen_free(struct xingchen **target)
{
    struct xingchen *t = *target;
    *target = NULL;
    if (!t) {
        return;
    }
    login_free(&t->login);
    arena_fini(&t->arena);
    free(t);
}
