#include "common/stage/stage.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/harden.h"
#include "common/log/log.h"
#include "common/observe/descriptors.h"
#include "common/run/order.h"
#include "common/scheme/place.h"

enum {
    STAGE_ARENAS = 2,     /* malloc's, for a handful of threads: each costs resident memory */
    STAGE_TRIM = 1 << 20, /* bytes free at the end of the heap that go back to the system */
    STAGE_MMAP = 1 << 20, /* bytes from which a piece is mapped by itself: a page of records must not fault anew */
};

struct stage_shared {
    struct loop *loop;
    struct metrics *metrics;
    void *zmq;
    struct link_shared link;
    struct scope scopes[STAGE_SCHEMES]; /* of a folder */
    size_t open, working;               /* stages */
    int exit_code;
    void (*drain)(void *user);
    struct stage *stages; /* `drain` is for each */
    size_t count;
    struct loop_timer last;
};

/* What the whole process needs before its first thread. */
static void process_prepare(void)
{
    harden();
    umask(077);
    mallopt(M_ARENA_MAX, STAGE_ARENAS);
    mallopt(M_TRIM_THRESHOLD, STAGE_TRIM);
    mallopt(M_MMAP_THRESHOLD, STAGE_MMAP);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

static void name_peer(struct stage *stage)
{
    char host[64];
    if (gethostname(host, sizeof host) != 0) {
        snprintf(host, sizeof host, "localhost");
    }
    host[sizeof host - 1] = '\0';
    snprintf(stage->peer_name, sizeof stage->peer_name, "%s:%ld", host, (long)getpid());
    snprintf(stage->owner, sizeof stage->owner, "%s:%08x", stage->peer_name, arc4random());
}

static void drain_all(void *user)
{
    const struct stage_shared *shared = user;
    for (size_t i = 0; i < shared->count; i++) {
        scope_now = shared->stages[i].scope;
        shared->drain(shared->stages[i].user);
    }
}

static void shared_free(struct stage_shared *shared)
{
    metrics_free(&shared->metrics);
    if (shared->zmq) {
        zmq_ctx_term(shared->zmq);
    }
    if (shared->loop) {
        loop_clear_timer(shared->loop, &shared->last);
    }
    loop_free(&shared->loop);
    free(shared);
}

static int shared_new(void (*drain)(void *user), struct stage_shared **out, struct cause *cause)
{
    int error = descriptors_raise(cause);
    if (error) {
        return error;
    }
    struct stage_shared *shared = calloc(1, sizeof *shared);
    if (!shared) {
        (void)cause_set(cause, ERR_MEMORY, "out of memory");
        return ERR_MEMORY;
    }
    shared->drain = drain;
    shared->last = (struct loop_timer){.fn = drain_all, .user = shared};
    /* Signals first: every thread started later inherits that they are blocked. */
    if (loop_new(&shared->loop) != 0 || loop_on_signal(shared->loop, drain_all, shared) != 0) {
        error = cause_set(cause, ERR_IO, "the event loop could not be started; are descriptors or memory used up?");
    } else if (metrics_new(&shared->metrics) != 0) {
        error = cause_set(cause, ERR_MEMORY, "out of memory");
    } else if (!(shared->zmq = zmq_ctx_new())) {
        error = cause_set(cause, ERR_IO, "ZeroMQ could not be started");
    }
    if (error) {
        shared_free(shared);
        return error;
    }
    shared->link.metrics = shared->metrics;
    *out = shared;
    return 0;
}

/* Takes the scheme over. */
static int fill(struct stage_shared *shared, const char *name, enum wire_role role, const struct stage_options *options,
                struct scheme *scheme, bool several, struct stage *out, struct cause *cause)
{
    *out = (struct stage){.name = name,
                          .shared = shared,
                          .scheme = scheme,
                          .loop = shared->loop,
                          .metrics = shared->metrics,
                          .zmq = shared->zmq};
    if (several) {
        out->scope = &shared->scopes[shared->open];
        snprintf(out->scope->scheme, sizeof out->scope->scheme, "%.*s", TEXT_ARG(scheme->name));
    }
    shared->open++;
    shared->working++;
    if (several && metrics_of_scheme(shared->metrics, out->scope->scheme, &out->metrics) != 0) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    name_peer(out);
    out->identity = (struct link_identity){
        .role = role,
        .scheme_hash = text_of(scheme->hash),
        .store_id = TEXT(""),
        .security = options->security,
        .key_dir = options->key_dir,
        .metrics = out->metrics,
        .shared = several ? &shared->link : NULL,
    };
    return 0;
}

/* The schemes, in their order, owned by the caller. */
static int schemes_load(const struct stage_options *options, struct scheme **out, size_t *count, struct cause *cause)
{
    if (options->api || !scheme_is_folder(options->scheme)) {
        *count = 1;
        return options->api ? scheme_load_api(options->api, options->request, &out[0], cause)
                            : scheme_load(options->scheme, &out[0], cause);
    }
    struct order_scheme *order = calloc(ORDER_MOST, sizeof *order);
    size_t found = 0;
    int error =
        order ? order_read(options->scheme, order, &found, cause) : cause_set(cause, ERR_MEMORY, "out of memory");
    if (!error && found > STAGE_SCHEMES) {
        error =
            cause_set(cause, ERR_INPUT, "%s: %zu schemes, but a process serves at most %d: spread them over folders",
                      options->scheme, found, STAGE_SCHEMES);
    }
    for (size_t i = 0; !error && i < found; i++) {
        out[i] = order[i].scheme;
        order[i].scheme = NULL;
    }
    *count = error ? 0 : found;
    order_free(order, found);
    free(order);
    return error;
}

int stage_open_all(const char *name, enum wire_role role, const struct stage_options *options,
                   void (*drain)(void *user), struct stage *out, size_t *count, struct cause *cause)
{
    bool several = !options->api && scheme_is_folder(options->scheme);
    struct scheme *schemes[STAGE_SCHEMES] = {NULL};
    struct stage_shared *shared = NULL;
    size_t found = 0, filled = 0;
    *count = 0;
    int error = log_open(name, options->log, cause);
    if (error) {
        return error;
    }
    process_prepare();
    error = schemes_load(options, schemes, &found, cause);
    error = error ? error : shared_new(drain, &shared, cause);
    for (; !error && filled < found; filled++) {
        error = fill(shared, name, role, options, schemes[filled], several, &out[filled], cause);
        schemes[filled] = NULL;
    }
    if (!error && filled > 0) {
        char scheme[200];
        snprintf(scheme, sizeof scheme, "%.*s", TEXT_ARG(out[0].scheme->name));
        error = metrics_serve(shared->metrics, options->metrics, shared->loop, name, scheme, cause);
        loop_meter(shared->loop, metrics_add(shared->metrics, FAMILY_BUSY, NULL));
    }
    if (!error) {
        shared->stages = out;
        *count = shared->count = found;
        return 0;
    }
    if (shared && filled == 0) {
        shared_free(shared);
    }
    for (size_t i = 0; i < filled; i++) {
        stage_close(&out[i]);
    }
    for (size_t i = 0; i < STAGE_SCHEMES; i++) {
        scheme_free(&schemes[i]);
    }
    return error;
}

int stage_open(const char *name, enum wire_role role, const struct stage_options *options, void (*drain)(void *user),
               void *user, struct stage *out, struct cause *cause)
{
    size_t count = 0;
    if (!options->api && scheme_is_folder(options->scheme)) {
        return cause_set(cause, ERR_INPUT, "%s: is a folder: name a file of it", options->scheme);
    }
    int error = stage_open_all(name, role, options, drain, out, &count, cause);
    out->user = user;
    return error;
}

void stage_end(const struct stage *stage, int exit_code)
{
    struct stage_shared *shared = stage->shared;
    shared->exit_code = shared->exit_code == EXIT_COMPLETE ? exit_code : shared->exit_code;
    if (--shared->working == 0) {
        loop_stop(shared->loop, shared->exit_code);
    } else if (exit_code != EXIT_COMPLETE && shared->last.slot == 0) {
        log_line(EVENT_STAGE_GAVE_UP,
                 "this scheme gave up: the others go on for %d s, then %s ends, to be started again", STAGE_LAST / 1000,
                 stage->name);
        loop_set_after(shared->loop, &shared->last, STAGE_LAST);
    }
}

void stage_close(struct stage *stage)
{
    struct stage_shared *shared = stage->shared;
    scheme_free(&stage->scheme);
    stage->shared = NULL;
    if (shared && --shared->open == 0) {
        log_flush();
        shared_free(shared);
    }
}
