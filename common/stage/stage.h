/* The common parts of all stages: log, schemes, loop, signals, metrics, ZeroMQ context. A process serves one scheme, or all of a folder:
 * then each has a struct stage of its own, with its own place in the log, in the metrics and at the link's address, and shares all
 * else. The main of a stage does: options, stage_open_all, stage_store_open (store.h: extractor and loader), its own parts of each
 * scheme, loop_run, stage_store_close, stage_close. */
#ifndef DIANCHEN_COMMON_STAGE_STAGE_H
#define DIANCHEN_COMMON_STAGE_STAGE_H

#include "common/config/config.h"
#include "common/link/keys.h"
#include "common/link/link.h"
#include "common/loop/loop.h"
#include "common/observe/metrics.h"
#include "common/scheme/scheme.h"

struct store;
struct stage_shared;

enum {
    STAGE_SCHEMES = LINK_SCHEMES, /* that one process serves */
    STAGE_LAST = 60000,           /* ms that the others go on when one of them gave up */
};

struct stage_options {
    const char *scheme, *store, *log, *metrics, *security, *key_dir;
    const char *api;     /* the file of a source API, in place of a scheme; NULL = a scheme */
    const char *request; /* then, request parameters as a JSON object; NULL = none */
};

/* Rows for the option table of a stage; `o` is a struct stage_options, `bind` the default of METRICS_BIND. */
#define STAGE_OPTIONS(o, bind)                                                                                         \
    OPT_SETTING(SCHEME, (o).scheme), OPT_SETTING(LOG, (o).log),                                                        \
        OPT_SETTING(METRICS_BIND, (o).metrics, .fallback = (bind)), OPT_SETTING(LINK_SECURITY, (o).security),          \
        OPT_SETTING(LINK_KEY_DIR, (o).key_dir)

struct stage {
    const char *name; /* "loader" */
    struct stage_shared *shared;
    void *user;          /* of `drain`; the owner's */
    struct scope *scope; /* NULL where the process serves one scheme; else its parts are made, and work, in it */
    struct scheme *scheme;
    struct store *store; /* NULL before stage_store_open; always NULL in the transformer */
    struct loop *loop;
    struct metrics *metrics; /* of this scheme */
    void *zmq;
    char peer_name[80]; /* host:pid, for logs */
    char owner[96];     /* host:pid:random, the owner of leases: two containers may share host name and pid */
    struct link_identity identity; /* for link_out_new, link_in_new; points into scheme and store */
};

/* Opens log, scheme, loop, signals (`drain` at the first SIGTERM or SIGINT), ZeroMQ and metrics. options->scheme is a file.
 * ERR_INPUT with the cause; nothing is left open then. */
int stage_open(const char *name, enum wire_role role, const struct stage_options *options, void (*drain)(void *user),
               void *user, struct stage *out, struct cause *cause) WARN_UNUSED;
/* The same for a file, or for every scheme of a folder in their order (order.h). `out` has room for STAGE_SCHEMES and stays where it
 * is; each is closed by itself. `drain` is called for each, in its scope, with the `user` that it has then. */
int stage_open_all(const char *name, enum wire_role role, const struct stage_options *options,
                   void (*drain)(void *user), struct stage *out, size_t *count, struct cause *cause) WARN_UNUSED;
/* This scheme's work is over: the loop stops when that of all is, with the first code that is not EXIT_COMPLETE. If it gave up (another
 * code than EXIT_COMPLETE) the others are drained after STAGE_LAST: whoever started the process starts it again. Once a stage,
 * on the loop's thread. */
void stage_end(const struct stage *stage, int exit_code);
/* Call it when all users of loop, zmq and metrics are gone, and the store is closed. */
void stage_close(struct stage *stage);

#endif
