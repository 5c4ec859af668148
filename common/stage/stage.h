/* The common parts of all stages: log, scheme, loop, signals, metrics, ZeroMQ context. The main of a stage does: options,
 * stage_open, stage_store_open (store.h: extractor and loader), its own parts, loop_run, stage_store_close, stage_close. */
#ifndef DIANCHEN_COMMON_STAGE_STAGE_H
#define DIANCHEN_COMMON_STAGE_STAGE_H

#include "common/config/config.h"
#include "common/link/keys.h"
#include "common/link/link.h"
#include "common/loop/loop.h"
#include "common/observe/metrics.h"
#include "common/scheme/scheme.h"

struct store;

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
    struct scheme *scheme;
    struct store *store; /* NULL before stage_store_open; always NULL in the transformer */
    struct loop *loop;
    struct metrics *metrics;
    void *zmq;
    char peer_name[80]; /* host:pid, for logs */
    char owner[96];     /* host:pid:random, the owner of leases: two containers may share host name and pid */
    struct link_identity identity; /* for link_out_new, link_in_new; points into this struct */
};

/* Opens log, scheme, loop, signals (`drain` at the first SIGTERM or SIGINT), ZeroMQ and metrics. ERR_INPUT with the
 * cause; nothing is left open then. */
int stage_open(const char *name, enum wire_role role, const struct stage_options *options, void (*drain)(void *user),
               void *user, struct stage *out, struct cause *cause) WARN_UNUSED;
/* Call it when all users of loop, zmq and metrics are gone, and the store is closed. */
void stage_close(struct stage *stage);

#endif
