/* The inside of the store, for store.c and store_open.c. */
#ifndef DIANCHEN_COMMON_STORE_PRIVATE_H
#define DIANCHEN_COMMON_STORE_PRIVATE_H

#include <pthread.h>

#include "common/metrics.h"
#include "common/store.h"

/* Jobs go round: loop's thread ──queue──▶ store's thread ──finished──▶ loop's thread (one loop_post a group). */
struct job_list {
    struct store_job *first, *last;
};

struct store {
    const struct sql_driver *driver;
    struct sql *sql;
    int64_t (*now)(void *user);
    void *now_user;
    char id[33];
    char changed[280]; /* why this is not the store any more that was opened; "" = it is */
    bool dry;
    bool threaded; /* set before the thread starts, read by others afterwards */
    bool closing;  /* loop's thread */
    pthread_t thread;
    struct loop *loop;
    struct metric *commit_time;
    struct loop_post post;
    char told[320]; /* loop's thread: why the delivered jobs failed */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    struct job_list queue, finished;
    bool stop, posted;
    char failed[320];
};

/* Begins a transaction on what is still the same store (store_open.c). */
int store_enter(struct store *store, bool write) WARN_UNUSED;

#endif
