/* Runs that the console started on this host: `dianchen run` and `dianchen rejects replay`, watched until they end. Any
 * thread. */
#ifndef DIANCHEN_CONSOLE_WORK_JOBS_H
#define DIANCHEN_CONSOLE_WORK_JOBS_H

#include "console/work/draft.h"

struct jobs;

enum { JOBS_AT_ONCE = 2, JOBS_KEPT = 20, JOB_PATH = 600, JOB_NAME = 200, JOB_KEYS = 1000 };

enum job_kind { JOB_RUN, JOB_DRY, JOB_REPLAY };

struct job_order {
    enum job_kind kind;
    char scheme[JOB_PATH]; /* the file */
    char name[JOB_NAME];   /* of the scheme */
    int64_t limit;         /* 0 = all */
    struct draft
        *draft; /* that `scheme` lies in: the job closes it in its own time, once it was started; NULL = none */
    /* of a replay; texts are copied */
    bool all;
    struct text code, class, keys[20];
    size_t key_count;
};

/* Starts the thread that watches them. ERR_MEMORY with the cause. */
int jobs_new(struct jobs **out, struct cause *cause) WARN_UNUSED;
/* Ends what still runs: what is on the wire is finished first. */
void jobs_free(struct jobs **held);

/* ERR_BUSY with the cause: the same scheme has one at work, or JOBS_AT_ONCE are. */
int jobs_start(struct jobs *jobs, const struct job_order *order, int64_t *id, struct cause *cause) WARN_UNUSED;
/* Asks a scheme's jobs to end, as SIGTERM does; the run stays, to be taken up again. */
void jobs_stop(struct jobs *jobs, const char *name);
/* Appends the list, newest first, with texts for people in Chinese or English: [{"id","kind","scheme","state","code","said","report"}]. */
void jobs_put(struct jobs *jobs, struct buffer *out, bool chinese);

#endif
