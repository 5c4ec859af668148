#include "common/stage/stage.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/harden.h"
#include "common/log/log.h"
#include "common/observe/descriptors.h"

enum {
    STAGE_ARENAS = 2,     /* malloc's, for a handful of threads: each costs resident memory */
    STAGE_TRIM = 1 << 20, /* bytes free at the end of the heap that go back to the system */
    STAGE_MMAP = 1 << 20, /* bytes from which a piece is mapped by itself: a page of records must not fault anew */
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

static int stage_load(const struct stage_options *options, void (*drain)(void *user), void *user, struct stage *stage,
                      struct cause *cause)
{
    int error = options->api ? scheme_load_api(options->api, options->request, &stage->scheme, cause)
                             : scheme_load(options->scheme, &stage->scheme, cause);
    if (error) {
        return error;
    }
    /* Signals first: every thread started later inherits that they are blocked. */
    if (loop_new(&stage->loop) != 0 || loop_on_signal(stage->loop, drain, user) != 0) {
        return cause_set(cause, ERR_IO, "the event loop could not be started; are descriptors or memory used up?");
    }
    if (metrics_new(&stage->metrics) != 0) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    stage->zmq = zmq_ctx_new();
    if (!stage->zmq) {
        return cause_set(cause, ERR_IO, "ZeroMQ could not be started");
    }
    char scheme[200];
    snprintf(scheme, sizeof scheme, "%.*s", TEXT_ARG(stage->scheme->name));
    error = metrics_serve(stage->metrics, options->metrics, stage->loop, stage->name, scheme, cause);
    loop_meter(stage->loop, metrics_add(stage->metrics, FAMILY_BUSY, NULL));
    return error;
}

int stage_open(const char *name, enum wire_role role, const struct stage_options *options, void (*drain)(void *user),
               void *user, struct stage *out, struct cause *cause)
{
    *out = (struct stage){.name = name};
    int error = log_open(name, options->log, cause);
    if (error) {
        return error;
    }
    process_prepare();
    error = descriptors_raise(cause);
    error = error ? error : stage_load(options, drain, user, out, cause);
    if (error) {
        stage_close(out);
        return error;
    }
    name_peer(out);
    out->identity = (struct link_identity){
        .role = role,
        .scheme_hash = text_of(out->scheme->hash),
        .store_id = TEXT(""),
        .security = options->security,
        .key_dir = options->key_dir,
        .metrics = out->metrics,
    };
    return 0;
}

void stage_close(struct stage *stage)
{
    log_flush();
    metrics_free(&stage->metrics);
    if (stage->zmq) {
        zmq_ctx_term(stage->zmq);
        stage->zmq = NULL;
    }
    loop_free(&stage->loop);
    scheme_free(&stage->scheme);
}
