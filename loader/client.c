#include "loader/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/container.h"
#include "common/log/log.h"

enum {
    LIVES = 5 * 60000, /* ms since the last answer */
    DOWN_TOLD = 2000,  /* ms of unbroken failure before a person hears of it */
    NOTED_MAX = 8,     /* texts of unknown words that are quoted */
    FRUITLESS_MAX = 5, /* tokens in a row that served no call */
    /* A text that only seems to speak of logins or frequency (a shop's name may) is a refusal after so many. */
    WORDED_MAX = 5
};

struct client {
    struct loop *loop;
    struct http *http;
    struct limit *limit; /* NULL = none */
    struct target_login *login;
    struct metric *login_answers[REPLY_FATAL + 1];
    struct client_options options;
    bool patient, stopped, down_told;
    bool heard, around_told;   /* it has answered well once; something stands around its replies, and that was said */
    int64_t accepted, refused; /* versions of the token: last that served a call, last that was refused */
    int fruitless;             /* refused in a row that served none */
    struct client_call *first, **last; /* waiting for the login */
    struct loop_ms down_since;         /* .ms 0 = it answers */
    struct loop_ms answered_at;        /* of the last answer */
    char trouble[400];                 /* why nothing worked since the last call that did; "" = no trouble */
    struct target_request request;     /* of the call that is being sent */
    char cure[200];
    uint64_t noted[NOTED_MAX]; /* of unknown words: said already */
    size_t noted_count;
    struct arena arena;
    int depth; /* answers being handled: the arena is in use */
};

static void advance(struct client_call *call);

static void give_up(struct client *c, const struct cause *cause, int exit_code)
{
    if (!c->stopped) {
        c->stopped = true;
        c->options.fatal(c->options.user, cause, exit_code);
    }
}

/* The outage clock: unbroken failure for RETRY_GIVE_UP ends the program with its state kept. */
static void note_health(struct client *c, const struct answer *answer)
{
    struct cause cause;
    if (answer->class == REPLY_THROTTLED && answer->wait > RETRY_GIVE_UP) {
        cause_set(&cause, ERR_BUSY,
                  "target: takes no calls for %lld s: the quota is gone; start again then, nothing is lost",
                  (long long)(answer->wait / 1000));
        give_up(c, &cause, EXIT_UNFINISHED);
    }
    struct loop_ms now = loop_now(c->loop);
    c->trouble[0] = '\0';
    c->heard = c->heard || (answer->status == 200 && answer->class != REPLY_RETRY);
    if (answer->around && !c->around_told) {
        c->around_told = true;
        log_event(EVENT_REPLY_AROUND, "something stands around the JSON of a reply; it is left out", "api",
                  LOG_STR(c->options.driver->name), (const char *)NULL);
    }
    if (answer->class == REPLY_RETRY || answer->class == REPLY_THROTTLED) {
        (void)snprintf(c->trouble, sizeof c->trouble, "the target gives HTTP %d: %.*s", answer->status,
                       (int)text_cut(answer->message, 300), answer->message.data ? answer->message.data : "");
    }
    if (answer->class != REPLY_RETRY) {
        if (c->down_told) {
            log_line(EVENT_TARGET_UP, "the target answers again");
        }
        c->down_since.ms = 0;
        c->down_told = false;
        return;
    }
    if (c->down_since.ms == 0) {
        c->down_since = now;
    }
    if (loop_since(now, c->down_since) >= DOWN_TOLD && c->patient && !c->down_told) {
        c->down_told = true;
        log_event(EVENT_TARGET_DOWN, "the target fails, calls are repeated", "status", LOG_INT(answer->status), "why",
                  LOG_TEXT(answer->message), (const char *)NULL);
    }
    int64_t patience = answer->strange ? wrap_patience(answer->kind, c->heard, RETRY_GIVE_UP) : RETRY_GIVE_UP;
    if (loop_since(now, c->down_since) >= patience && c->patient) {
        cause_set(&cause, ERR_TIMEOUT,
                  "target: no use for %lld s (%.*s); check %s, and start again when it answers, nothing is lost",
                  (long long)(patience / 1000), TEXT_ARG(answer->message), c->options.driver->address_setting);
        give_up(c, &cause, EXIT_UNFINISHED);
    }
}

static void fatal_answer(struct client *c, const char *api, const struct answer *answer)
{
    struct cause cause;
    cause_set(&cause, ERR_REFUSED, "target: %s: HTTP %d %.*s; %s", api, answer->status, TEXT_ARG(answer->message),
              answer->cure);
    give_up(c, &cause, EXIT_REFUSED);
}

/* ---- a call: login, slot, wire ---- */

static void again(void *user)
{
    advance(user);
}

static void pause_call(struct client_call *call, int64_t ms)
{
    call->timer = (struct loop_timer){.fn = again, .user = call};
    loop_set_after(call->client->loop, &call->timer, ms);
}

/* What is to be done with a read that did not end in DONE or REJECT. True = dealt with. */
static bool repeat(struct client_call *call, const struct answer *answer)
{
    struct client *c = call->client;
    switch (answer->class) {
    case REPLY_DONE:
    case REPLY_REJECT:
        return false;
    case REPLY_LOGIN:
        advance(call);
        return true;
    case REPLY_RETRY:
        if (!c->patient || answer->too_large) {
            return false;
        }
        call->slotted = call->slotted && answer->wait <= 0; /* told to wait: with all others, at the limit */
        pause_call(call, retry_pause(call->attempt++));
        return true;
    case REPLY_THROTTLED:
        if (!c->patient) {
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
static void refuse_token(struct client *c, int64_t version, struct answer *answer)
{
    if (version != c->refused) {
        c->refused = version;
        c->fruitless = version == c->accepted ? 0 : c->fruitless + 1;
    }
    c->options.driver->login_refused(c->login, version);
    if (c->fruitless >= FRUITLESS_MAX && !answer->worded) {
        answer->class = REPLY_FATAL;
        (void)snprintf(c->cure, sizeof c->cure, "the target refuses its own fresh tokens; %s",
                       c->options.driver->cure_tokens);
        answer->cure = c->cure;
    }
}

/* Quotes words that the API file does not list, once. */
static void note_words(struct client *c, const struct answer *answer)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < answer->message.size; i++) {
        hash = (hash ^ (unsigned char)answer->message.data[i]) * UINT64_C(1099511628211);
    }
    for (size_t i = 0; i < c->noted_count; i++) {
        if (c->noted[i] == hash) {
            return;
        }
    }
    if (c->noted_count < NOTED_MAX) {
        c->noted[c->noted_count++] = hash;
        log_event(
            EVENT_TARGET_WORDS,
            "the target refuses in words that the API file does not list; if they tell of a dead login, of a limit or "
            "the like, add them to its /words",
            "text", LOG_TEXT(answer->message), "file", LOG_TEXT(c->options.form->file), (const char *)NULL);
    }
}

/* What the answer says to all callers: a time to wait, here and in every other worker. */
static void heed(struct client *c, const struct answer *answer)
{
    bool told = answer->wait > 0 && (answer->class == REPLY_RETRY || answer->class == REPLY_LOGIN);
    if (c->limit && (told || answer->class == REPLY_THROTTLED)) {
        limit_throttled(c->limit, answer->wait);
    }
}

static void answered(struct client_call *call, const struct http_reply *reply)
{
    struct client *c = call->client;
    call->flying = false;
    c->answered_at = loop_now(c->loop);
    if (c->stopped) {
        return;
    }
    struct answer answer;
    if (c->depth++ == 0) {
        arena_reset(&c->arena, 1 << 20);
    }
    c->options.driver->read(&c->arena, call->wire.form ? call->wire.form : c->options.form, &call->wire, reply,
                            call->worded < WORDED_MAX, &answer);
    if (answer.too_large && !call->save && !call->sized) {
        answer.class = REPLY_FATAL;
        answer.cure = "the reply is larger than any that is read (16 MiB): ask the target's support why";
    }
    note_health(c, &answer);
    heed(c, &answer);
    if (answer.unknown) { /* a refused login says its own words to the person who starts the program */
        note_words(c, &answer);
    }
    if (answer.class == REPLY_THROTTLED) {
        call->worded += answer.worded ? 1 : 0;
    } else if (answer.class == REPLY_LOGIN) {
        call->worded += answer.worded ? 2 : 0;
        refuse_token(c, call->version, &answer);
    } else {
        call->worded = answer.strange ? call->worded : 0; /* a page that asks to log in is believed a few times only */
        c->accepted = reply->reach == HTTP_ANSWERED ? call->version : c->accepted;
    }
    if (call->save) {
        call->slotted = false;
        call->done(call, &answer);
    } else if (!c->stopped && call->optional && answer.absent) {
        call->slotted = false;
        call->done(call, &answer);
        answer.class = REPLY_REJECT; /* the caller goes on without it */
    } else if (!c->stopped && answer.class != REPLY_FATAL && !repeat(call, &answer)) {
        call->slotted = false;
        call->attempt = 0;
        call->done(call, &answer);
    }
    if (answer.class == REPLY_FATAL) {
        fatal_answer(c, call->path, &answer);
    }
    c->depth--;
}

static void http_done(void *user, const struct http_reply *reply)
{
    answered(user, reply);
}

static void fly(struct client_call *call)
{
    struct client *c = call->client;
    struct target_request *target = &c->request;
    buffer_init(&target->url, TARGET_URL_MAX);
    c->options.driver->request(c->login, call->path, &call->wire, target);
    struct http_request request = {.api = call->path,
                                   .method = target->method,
                                   .url = target->url.data,
                                   .headers = target->headers,
                                   .body = buffer_text(&call->wire.body),
                                   .own_body = call->save ? &call->wire.body : NULL,
                                   .timeout = c->options.timeout,
                                   .send_by = call->send_by,
                                   .done = http_done,
                                   .user = call};
    struct http_call *http = NULL;
    call->flying = true;
    int error = target->url.failed ? ERR_MEMORY : http_send(c->http, &request, &http);
    buffer_wipe(&target->url);
    if (error) {
        struct http_reply reply = {.reach = HTTP_UNSENT, .unsent = true, .retry_after = -1};
        (void)snprintf(reply.why, sizeof reply.why, "the call can't be made: %s", error_text(error));
        answered(call, &reply);
    }
}

static void slot_here(struct limit_wait *wait)
{
    struct client_call *call = CONTAINER_OF(wait, struct client_call, wait);
    call->slotted = true;
    advance(call);
}

static void advance(struct client_call *call)
{
    struct client *c = call->client;
    if (c->stopped) {
        return;
    }
    if (!c->options.driver->login_take(c->login, &call->version)) {
        call->queued = true;
        call->next = NULL;
        *c->last = call;
        c->last = &call->next;
        return;
    }
    if (c->limit && (!call->slotted || limit_banned_until(c->limit).ms > 0)) {
        call->slotted = false;
        call->wait = (struct limit_wait){.go = slot_here};
        limit_enter(c->limit, &call->wait);
        return;
    }
    if (call->save && call->ready && !call->ready(call)) {
        return;
    }
    fly(call);
}

void client_start(struct client *client, struct client_call *call)
{
    call->client = client;
    advance(call);
}

bool client_withdraw(struct client *c, struct client_call *call)
{
    if (call->flying || !call->client) {
        return !call->flying;
    }
    for (struct client_call **at = &c->first; call->queued && *at; at = &(*at)->next) {
        if (*at == call) {
            *at = call->next;
            c->last = *at ? c->last : at;
            call->queued = false;
            break;
        }
    }
    if (c->limit) {
        limit_leave(c->limit, &call->wait);
    }
    loop_clear_timer(c->loop, &call->timer);
    call->slotted = false;
    return true;
}

/* ---- login ---- */

static void login_ready(void *user)
{
    struct client *c = user;
    struct client_call *call = c->first;
    c->first = NULL;
    c->last = &c->first;
    c->options.ready(c->options.user);
    while (call) {
        struct client_call *next = call->next;
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
    struct client *c = user;
    metric_add(c->login_answers[answer->class], 1);
    note_health(c, answer);
    heed(c, answer);
    if (!c->patient && (answer->class == REPLY_RETRY || answer->class == REPLY_THROTTLED)) {
        struct cause cause;
        cause_set(&cause, ERR_TIMEOUT, "target: %s does not answer as it should: %.*s; check %s and the network",
                  c->options.driver->address(), TEXT_ARG(answer->message), c->options.driver->address_setting);
        c->options.driver->login_stop(c->login);
        give_up(c, &cause, EXIT_UNFINISHED);
    }
}

static void login_accounts(void *user, const struct answer *answer)
{
    struct client *c = user;
    if (c->options.accounts) {
        c->options.accounts(c->options.user, answer);
    }
}

bool client_lives(const struct client *c)
{
    return c->down_since.ms > 0 || c->first || loop_since(loop_now(c->loop), c->answered_at) < LIVES ||
           (c->limit && limit_banned_until(c->limit).ms > 0);
}

const char *client_ails(const struct client *client)
{
    return client->first ? "not logged in to the target" : client->down_told ? "the target does not answer" : NULL;
}

const char *client_trouble(const struct client *client)
{
    return client->trouble[0] ? client->trouble : NULL;
}

void client_login(struct client *client)
{
    int64_t version;
    if (client->options.driver->login_take(client->login, &version)) {
        client->options.ready(client->options.user);
    }
}

static int open_parts(struct client *c, struct cause *cause)
{
    const struct client_options *o = &c->options;
    const char *account = o->driver->account();
    char name[200];
    (void)snprintf(name, sizeof name, "%s:%.100s", o->driver->name, account ? account : "");
    struct http_options http = {.network = o->network,
                                .record = o->record,
                                .connections = o->connections,
                                .body_limit = ANSWER_BODY_MAX,
                                .metrics = o->metrics};
    struct target_login_options login = {.loop = o->loop,
                                         .store = o->store,
                                         .name = name,
                                         .owner = o->owner,
                                         .form = o->form,
                                         .timeout = o->timeout,
                                         .account_wanted = o->account_wanted,
                                         .ready = login_ready,
                                         .fatal = login_fatal,
                                         .answered = login_answered,
                                         .accounts = login_accounts,
                                         .user = c};
    for (enum reply_class class = REPLY_DONE; class <= REPLY_FATAL; class ++) {
        char label[40];
        (void)snprintf(label, sizeof label, "class=\"%s\"", reply_class_text(class));
        c->login_answers[class] = metrics_add(o->metrics, FAMILY_LOGIN_ANSWERS, label);
    }
    int error = http_new(o->loop, &http, &c->http, cause);
    if (!error && o->store) {
        error = limit_new(o->loop, o->store, o->metrics, o->driver->name, name, o->calls_per_minute, &c->limit);
    }
    if (!error) {
        login.http = c->http;
        error = o->driver->login_new(&login, &c->login);
    }
    return error;
}

int client_new(const struct client_options *options, struct client **out, struct cause *cause)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    c->loop = options->loop;
    c->options = *options;
    c->patient = options->store != NULL;
    c->last = &c->first;
    arena_init(&c->arena, ANSWER_ARENA_MAX);
    int error = open_parts(c, cause);
    if (error) {
        if (error != ERR_INPUT) {
            cause_set(cause, error, "the client of the target can't start: %s", error_text(error));
        }
        client_stop(c);
        client_free(&c);
        return error;
    }
    *out = c;
    return 0;
}

void client_stop(struct client *client)
{
    client->stopped = true;
    if (client->login) {
        client->options.driver->login_stop(client->login);
    }
    if (client->http) {
        http_free(&client->http);
    }
    if (client->limit) {
        limit_free(&client->limit);
    }
}

void client_free(struct client **client)
{
    struct client *c = *client;
    *client = NULL;
    if (!c) {
        return;
    }
    c->options.driver->login_free(&c->login);
    arena_fini(&c->arena);
    free(c);
}
