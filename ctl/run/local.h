/* Does one run on this machine: starts the stages as children of this process, joined by ipc:// sockets in a private folder, and
 * watches them until the run is over. */
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
    int64_t limit;                 /* records at most; 0 = all */
    const char *from, *to;         /* span of time to read again; NULL = not given */
    int64_t id;                    /* only finish this run; 0 = finish the open run, or begin one */
    bool dry_run, begin_new, json;
    bool vanished;         /* disable what the source has lost, however many records these are */
    struct buffer *report; /* gets the JSON report, which is not printed then; NULL = print it */
    /* private to local_run */
    struct scheme *loaded;
    struct unfinished unfinished; /* the run that stood unfinished at the start */
    struct folder folder;
    char dry_store[FOLDER_ADDRESS + 20]; /* sqlite:… */
    struct children *children;
    struct progress progress;
    int64_t own;          /* the run that the extractor reads; 0 = none yet */
    struct store *reader; /* NULL until the store is there */
    int exit_code;        /* of the first stage that ended the run early; -1 = none */
    int extractor_code;
    bool failed;               /* it is over, and the reason was printed: messages of the other stages are dropped */
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

/* Starts the stages, watches them, prints the report. Blocks until the run is over. Returns the exit code. Only one at a time in a
 * process, since it handles signals. */
int local_run(struct local_run *run);
/* Has a person, or SIGTERM, told this process to stop? */
bool local_interrupted(void);
/* Returns the more serious of two exit codes: 1 and 2 (a person is needed) come before 4 (unfinished), 4 before 3 and 0. */
int local_heavier(int a, int b);

#endif
