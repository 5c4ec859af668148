/* Runs that the console starts on this host (`dianchen run`, `dianchen rejects replay`), and watches until they end. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_JOBS_H
#define DIANCHEN_CONSOLE_WORK_JOBS_H

#include "console/work/draft.h"

struct jobs;

enum { JOBS_AT_ONCE = 2, JOBS_KEPT = 20, JOB_PATH = 600, JOB_NAME = 200, JOB_KEYS = 1000 };

enum job_kind { JOB_RUN, JOB_DRY, JOB_REPLAY };

struct job_order {
    enum job_kind kind;
    char scheme[JOB_PATH]; /* path of the scheme file */
    char name[JOB_NAME];   /* name of the scheme */
    int64_t limit;         /* records at most; 0 = all */
    struct draft *
        draft; /* that holds the file `scheme`; NULL = none. Once the job is started, it owns the draft and closes it */
    /* of a replay: which rejects; texts are copied */
    bool all;
    struct text code, class, keys[20];
    size_t key_count;
};

/* Starts the thread that watches the jobs. The caller owns *out. 0, or ERR_MEMORY with the cause. */
int jobs_new(struct jobs **out, struct cause *cause) WARN_UNUSED;
/* Ends all jobs and waits for them: calls under way are completed first. */
void jobs_free(struct jobs **held);

/* Starts a job and writes its id. 0, or with the cause: ERR_BUSY: this scheme has a job at work, or JOBS_AT_ONCE are; ERR_MEMORY,
 * ERR_IO. After an error the draft is still the caller's. */
int jobs_start(struct jobs *jobs, const struct job_order *order, int64_t *id, struct cause *cause) WARN_UNUSED;
/* Sends SIGTERM to the jobs of the scheme with this name; returns at once. Their run stays open and can be continued. */
void jobs_stop(struct jobs *jobs, const char *name);
/* Appends the newest JOBS_KEPT jobs as JSON, newest first: [{"id","kind","scheme","state","code","said","report"}]. `chinese`: texts for
 * people are in Chinese. */
void jobs_put(struct jobs *jobs, struct buffer *out, bool chinese);

#endif
