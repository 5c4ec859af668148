#include "console/work/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/container.h"
#include "common/log/log.h"
#include "console/work/outbox.h"

enum {
    LOOK_EVERY = 1000, /* ms */
    CALL_TIMEOUT = 10000,
    PAUSE_FIRST = 5000, /* ms until a message is tried again; twice that each time, */
    PAUSE_MOST = 60 * 60 * 1000,
    REPLY_BYTES = 64 << 10,
    ARENA_BYTES = 8 << 20,
};

struct webhook {
    struct webhook_options options;
    struct stores *stores;
    struct loop *loop;
    struct http *http;
    struct loop_timer timer;
    struct loop_post end;
    pthread_t thread;
    struct arena arena; /* of the message under way */
    struct outbox_message message;
    bool taken;   /* that one was */
    bool failing; /* the log has said so */
};

int webhook_sign(const char *secret, int64_t seconds, struct text body, char out[WEBHOOK_SIGNATURE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct buffer base;
    buffer_init(&base, body.size + 40);
    buffer_format(&base, "%lld.", (long long)seconds);
    buffer_add_text(&base, body);
    struct text signed_ = buffer_text(&base);
    bool done = !base.failed && HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)signed_.data,
                                     signed_.size, hash, &size) != NULL;
    buffer_fini(&base);
    int at = snprintf(out, WEBHOOK_SIGNATURE, "t=%lld,v1=", (long long)seconds);
    for (unsigned i = 0; done && i < size && at + 3 <= WEBHOOK_SIGNATURE; i++) {
        at += snprintf(out + at, WEBHOOK_SIGNATURE - (size_t)at, "%02x", hash[i]);
    }
    return done ? 0 : ERR_IO;
}

/* ---- in the store ---- */

static int begin(struct store *store, void *user)
{
    (void)user;
    return outbox_begin(store, clock_wall());
}

static int look(struct store *store, void *user)
{
    return outbox_due(store, clock_wall(), user);
}

static int take(struct store *store, void *user)
{
    struct webhook *w = user;
    int64_t now = clock_wall();
    int error = outbox_note(store, now, &w->arena);
    error = error ? error : outbox_next(store, now, now + 2 * (int64_t)CALL_TIMEOUT, &w->arena, &w->message);
    w->taken = error == 0;
    return error == ERR_NOT_FOUND ? 0 : error; /* what was noted stays */
}

static int done(struct store *store, void *user)
{
    const struct webhook *w = user;
    return outbox_done(store, w->message.id);
}

static int again(struct store *store, void *user)
{
    const struct webhook *w = user;
    int64_t pause = PAUSE_FIRST;
    for (int64_t i = 0; i < w->message.tries && pause < PAUSE_MOST; i++) {
        pause *= 2;
    }
    return outbox_again(store, w->message.id, clock_wall() + (pause < PAUSE_MOST ? pause : PAUSE_MOST));
}

/* ---- the call ---- */

static void tick(void *user);

static void answered(void *user, const struct http_reply *reply)
{
    struct webhook *w = user;
    struct cause cause;
    bool good = reply->reach == HTTP_ANSWERED && reply->status >= 200 && reply->status < 300;
    bool old = clock_wall() - w->message.at > OUTBOX_KEPT;
    if (reply->reach == HTTP_CANCELLED) { /* the program ends */
        (void)!stores_use(w->stores, true, again, w, &cause);
        return;
    }
    if (!good && (old || !w->failing)) {
        char why[sizeof reply->why];
        if (reply->reach == HTTP_ANSWERED) {
            (void)snprintf(why, sizeof why, "HTTP %d", reply->status);
        } else {
            (void)snprintf(why, sizeof why, "%s", reply->why);
        }
        log_event(EVENT_WEBHOOK_FAILED,
                  old ? "WEBHOOK_URL takes no messages: this one is given up"
                      : "WEBHOOK_URL takes no messages: they are kept and sent again",
                  "what", LOG_STR(w->message.event), "why", LOG_STR(why), (const char *)NULL);
    } else if (good && w->failing) {
        log_event(EVENT_WEBHOOK_BACK, "WEBHOOK_URL takes messages again", (const char *)NULL);
    }
    w->failing = !good;
    (void)!stores_use(w->stores, true, good || old ? done : again, w, &cause); /* if that fails, it is sent once more */
    arena_reset(&w->arena, 0);
    loop_set_after(w->loop, &w->timer, good ? 0 : LOOK_EVERY);
}

static int message_send(struct webhook *w)
{
    char signature[WEBHOOK_SIGNATURE], lines[3][WEBHOOK_SIGNATURE + 40];
    int64_t seconds = clock_wall() / 1000;
    int error = webhook_sign(w->options.secret, seconds, w->message.body, signature);
    (void)snprintf(lines[0], sizeof lines[0], "X-Dianchen-Signature: %s", signature);
    (void)snprintf(lines[1], sizeof lines[1], "X-Dianchen-Event: %s", w->message.event);
    (void)snprintf(lines[2], sizeof lines[2], "X-Dianchen-Delivery: %lld", (long long)w->message.id);
    const char *headers[] = {"Content-Type: application/json", lines[0], lines[1], lines[2], NULL};
    const struct http_request request = {.api = "webhook",
                                         .method = "POST",
                                         .url = w->options.url,
                                         .headers = headers,
                                         .body = w->message.body,
                                         .timeout = CALL_TIMEOUT,
                                         .done = answered,
                                         .user = w};
    struct http_call *call;
    return error ? error : http_send(w->http, &request, &call);
}

static void tick(void *user)
{
    struct webhook *w = user;
    struct cause cause;
    bool due = false;
    w->taken = false;
    int error = stores_use(w->stores, false, look, &due, &cause);
    if (!error && due) {
        error = stores_use(w->stores, true, take, w, &cause);
    }
    if (error || !w->taken || message_send(w) != 0) {
        arena_reset(&w->arena, 0);
        loop_set_after(w->loop, &w->timer, LOOK_EVERY);
    }
}

/* ---- the thread ---- */

static void *webhook_run(void *user)
{
    struct webhook *w = user;
    loop_set_after(w->loop, &w->timer, 0);
    (void)loop_run(w->loop);
    http_free(&w->http);
    return NULL;
}

static void ended(struct loop_post *post)
{
    struct webhook *w = CONTAINER_OF(post, struct webhook, end);
    loop_stop(w->loop, 0);
}

static int address_check(const struct webhook_options *options, struct cause *cause)
{
    struct text url = text_of(options->url);
    if (!text_starts(url, TEXT("https://")) && !text_starts(url, TEXT("http://"))) {
        return cause_set(cause, ERR_INPUT, "WEBHOOK_URL: not an http(s) address; write the whole address");
    }
    if (!options->secret || options->secret[0] == '\0') {
        return cause_set(
            cause, ERR_INPUT,
            "WEBHOOK_SECRET: not set; it signs what WEBHOOK_URL is told: make one with openssl rand -hex 32");
    }
    return http_check_plain("WEBHOOK_URL", options->url, cause);
}

int webhook_new(const struct webhook_options *options, struct stores *stores, struct webhook **out, struct cause *cause)
{
    *out = NULL;
    if (!options->url || options->url[0] == '\0') {
        return 0;
    }
    int error = address_check(options, cause);
    struct webhook *w = error ? NULL : calloc(1, sizeof *w);
    if (!w) {
        return error ? error : cause_set(cause, ERR_MEMORY, "out of memory");
    }
    w->options = *options;
    w->stores = stores;
    w->timer.fn = tick;
    w->timer.user = w;
    w->end.fn = ended;
    arena_init(&w->arena, ARENA_BYTES);
    const struct http_options http = {.network = options->network, .connections = 1, .body_limit = REPLY_BYTES};
    error = stores_use(stores, true, begin, NULL, cause);
    if (!error && loop_new(&w->loop) != 0) {
        error = cause_set(cause, ERR_MEMORY, "out of memory");
    }
    error = error ? error : http_new(w->loop, &http, &w->http, cause);
    if (!error && pthread_create(&w->thread, NULL, webhook_run, w) != 0) {
        error = cause_set(cause, ERR_MEMORY, "no thread could be started");
    }
    if (error) {
        http_free(&w->http);
        loop_free(&w->loop);
        arena_fini(&w->arena);
        free(w);
        return error;
    }
    *out = w;
    return 0;
}

void webhook_free(struct webhook **held)
{
    struct webhook *w = *held;
    *held = NULL;
    if (!w) {
        return;
    }
    loop_post(w->loop, &w->end);
    pthread_join(w->thread, NULL);
    loop_free(&w->loop);
    arena_fini(&w->arena);
    free(w);
}
