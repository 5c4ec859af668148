/* What every stage has and none should set up by itself: scheme, store, loop, metrics, ZeroMQ context,
 * signals. The main of a stage reads: options, stage_open, its own parts, loop_run, stage_close. */
#ifndef DIANCHEN_COMMON_STAGE_H
#define DIANCHEN_COMMON_STAGE_H

#include "common/config.h"
#include "common/link.h"
#include "common/link_keys.h"
#include "common/loop.h"
#include "common/metrics.h"
#include "common/scheme.h"
#include "common/store.h"

struct stage_options {
    const char *scheme, *store, *log, *metrics, *security, *key_dir;
};

/* Rows for a program's option table. */
#define STAGE_OPTION_SCHEME(o)                                                                                         \
    {                                                                                                                  \
        "--scheme", "DIANCHEN_SCHEME", CONFIG_TEXT, "schemes/shop-to-material.json", true, "the scheme file",          \
            &(o).scheme, 0, 0                                                                                          \
    }
#define STAGE_OPTION_STORE(o)                                                                                          \
    {                                                                                                                  \
        "--store", "DIANCHEN_STORE", CONFIG_URL, "sqlite:var/dianchen.db", true, "where runs and records are kept",    \
            &(o).store, 0, 0                                                                                           \
    }
#define STAGE_OPTION_LOG(o)                                                                                            \
    {                                                                                                                  \
        "--log", "DIANCHEN_LOG", CONFIG_TEXT, "info", true, "debug, info, warn or error", &(o).log, 0, 0               \
    }
#define STAGE_OPTION_METRICS(o, bind)                                                                                  \
    {                                                                                                                  \
        "--metrics", "METRICS_BIND", CONFIG_TEXT, bind, true, "HOST:PORT of /metrics and /healthz, or off",            \
            &(o).metrics, 0, 0                                                                                         \
    }
#define STAGE_OPTION_SECURITY(o)                                                                                       \
    {NULL,                                                                                                             \
     "LINK_SECURITY",                                                                                                  \
     CONFIG_TEXT,                                                                                                      \
     NULL,                                                                                                             \
     false,                                                                                                            \
     "curve or none; unset: none on loopback and ipc://, curve elsewhere",                                             \
     &(o).security,                                                                                                    \
     0,                                                                                                                \
     0},                                                                                                               \
    {                                                                                                                  \
        NULL, "LINK_KEY_DIR", CONFIG_TEXT, LINK_KEY_DIR_DEFAULT, true,                                                 \
            "folder of the link's keys, as made by `dianchen keys new`; only for curve", &(o).key_dir, 0, 0            \
    }

struct stage {
    const char *name; /* "loader" */
    struct scheme *scheme;
    struct store *store; /* NULL in the transformer */
    struct loop *loop;
    struct metrics *metrics;
    void *zmq;
    char peer_name[80];            /* host:pid, for logs */
    struct link_identity identity; /* for link_out_new, link_in_new; points into this struct */
};

/* Opens log, scheme, store (unless options->store is NULL), loop, signals (`drain` at the first SIGTERM or SIGINT),
 * ZeroMQ and metrics, and starts the store's thread. ERR_INPUT with the cause; nothing is left open then. */
int stage_open(const char *name, enum wire_role role, const struct stage_options *options, void (*drain)(void *user),
               void *user, struct stage *out, struct cause *cause) WARN_UNUSED;
/* In the right order; everything of the stage's own that uses loop, zmq or store must be gone before. */
void stage_close(struct stage *stage);

#endif
