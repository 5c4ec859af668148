/* One run on this machine: a crew of stages joined by ipc:// sockets in a private folder, watched until it is over. */
#ifndef DIANCHEN_CTL_JOB_H
#define DIANCHEN_CTL_JOB_H

#include "common/stage.h"
#include "ctl/crew.h"
#include "ctl/progress.h"

enum { JOB_STAGES = 3 };

struct job {
    struct stage_options options;
    int64_t workers[JOB_STAGES]; /* extractors, transformers, loaders */
    int64_t limit;
    int64_t run; /* finishes this run and begins none; 0 = finishes what stands open, or begins one */
    bool dry_run, begin_new, json;
    /* job_run's own */
    char folder[80];     /* sockets and a dry run's store */
    char dry_store[140]; /* sqlite:… */
    struct crew *crew;
    struct progress progress;
    struct store *store; /* reader; NULL until the file is there */
    int exit_code;       /* of the first stage that ended the run early; -1 = none */
    int extractor_code;
};
#define JOB_NEW ((struct job){.exit_code = -1, .extractor_code = -1, .workers = {1, 1, 1}})

/* Starts, watches, prints the report; returns the exit code. Once in a process. */
int job_run(struct job *job);

#endif
