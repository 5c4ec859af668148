/* The inside of the store, for the files of this room. */
#ifndef DIANCHEN_COMMON_STORE_PRIVATE_H
#define DIANCHEN_COMMON_STORE_PRIVATE_H

#include <pthread.h>

#include "common/observe/metrics.h"
#include "common/store/store.h"

/* Jobs go round: loop's thread ──queue──▶ store's thread ──finished──▶ loop's thread (one loop_post a group). */
struct job_list {
    struct store_job *first, *last;
};

struct store {
    struct sql *sql;
    int64_t (*now)(void *user);
    void *now_user;
    char id[33];
    char changed[280]; /* why this is not the store any more that was opened; "" = it is */
    _Atomic unsigned clock_sets;
    bool dry;
    bool twin;     /* store_open_twin */
    bool unknown;  /* connected anew: before the next write transaction it is looked whether the store lives on */
    bool leapt;    /* its clock was set: before the next write transaction claims are given their time anew */
    bool threaded; /* set before the thread starts, read by others afterwards */
    bool closing;  /* loop's thread */
    pthread_t thread;
    struct loop *loop;
    struct metric *commit_time;
    struct loop_post post;
    char told[320]; /* loop's thread: why the delivered jobs failed */
    bool hangs;     /* loop's thread: that was logged */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    struct job_list queue, finished;
    bool stop, posted;
    int64_t began; /* boot clock ms, the transaction under way; 0 = none */
    char failed[320];
};

#endif
