/* One run on this machine: the stages as children of this process, joined by ipc:// sockets in a private folder, watched
 * until the run is over. */
#ifndef DIANCHEN_CTL_RUN_LOCAL_H
#define DIANCHEN_CTL_RUN_LOCAL_H

#include "common/config/config.h"
#include "common/http/record.h"
#include "common/store/store.h"
#include "ctl/run/folder.h"
#include "ctl/run/progress.h"
#include "ctl/run/unfinished.h"

enum { LOCAL_STAGES = 3, LOCAL_WORKERS_MAX = 64 /* of a stage */, LOCAL_SAID = 64 };

struct local_run {
    const char *scheme, *store, *log, *metrics;
    struct record_options record;
    int64_t workers[LOCAL_STAGES]; /* extractors, transformers, loaders */
    int64_t limit;
    const char *from, *to; /* span of time that is read again; NULL = not given */
    int64_t id;            /* finishes this run and begins none; 0 = finishes what stands open, or begins one */
    bool dry_run, begin_new, json;
    struct buffer *report; /* takes the JSON report, which is not printed then; NULL = none */
    /* local_run's own */
    struct scheme *loaded;
    struct unfinished unfinished; /* what stood so when it began */
    struct folder folder;
    char dry_store[FOLDER_ADDRESS + 20]; /* sqlite:… */
    struct children *children;
    struct progress progress;
    int64_t own;          /* the run that the extractor reads; 0 = none yet */
    struct store *reader; /* NULL until the store is there */
    int exit_code;        /* of the first stage that ended the run early; -1 = none */
    int extractor_code;
    bool failed;               /* it is over and said why: what the others say as they stop is no news */
    uint64_t said[LOCAL_SAID]; /* hashes of the plain lines that stages have said */
    size_t said_count;
};
#define LOCAL_RUN_NEW                                                                                                  \
    {                                                                                                                  \
        .exit_code = -1, .extractor_code = -1, .workers = { 1, 1, 1 }                                                  \
    }

/* Rows for a command's option table. */
#define LOCAL_RUN_OPTIONS(r)                                                                                           \
    OPT_SETTING(SCHEME, (r).scheme), OPT_SETTING(STORE, (r).store),                                                    \
        OPT_SETTING(LOG, (r).log, .fallback = "warn", .help = "what the stages tell: debug, info, warn or error"),     \
        OPT_TEXT("--metrics", (r).metrics, "127.0.0.1:0 is a free port per stage, which dianchen top finds; or off",   \
                 .fallback = "127.0.0.1:0"),                                                                           \
        RECORD_OPTIONS((r).record), OPT_SWITCH("--json", (r).json, "the report as one JSON object")

/* Starts, watches, prints the report. Blocks until the run is over. Returns the exit code. One at a time. */
int local_run(struct local_run *run);
/* Has a person, or SIGTERM, told this process to stop? */
bool local_interrupted(void);
/* Of two exit codes the one that weighs more: 1 and 2 need a person and outweigh 4 (unfinished), that outweighs 3 and 0. */
int local_heavier(int a, int b);

#endif
