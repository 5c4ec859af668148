/* The store's thread, and the jobs that it groups into transactions. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/container.h"
#include "common/log/log.h"
#include "common/store/private.h"

static void list_add(struct job_list *list, struct store_job *job)
{
    job->next = NULL;
    if (list->last) {
        list->last->next = job;
    } else {
        list->first = job;
    }
    list->last = job;
}

static struct store_job *list_take(struct job_list *list)
{
    struct store_job *job = list->first;
    if (job && !(list->first = job->next)) {
        list->last = NULL;
    }
    return job;
}

/* Takes the next transaction's jobs: the first, and those of the same scheme behind it. Another scheme's would lock what they
 * need in another order than other workers of both schemes do. */
static size_t group_take(struct job_list *list, struct store_job **jobs)
{
    size_t count = 0;
    struct job_list left = {0};
    for (struct store_job *job; count < STORE_GROUP_MAX && (job = list->first) != NULL;) {
        bool same = count == 0 || job->scope == jobs[0]->scope;
        if (same && count > 0 && job->alone) {
            break;
        }
        (void)list_take(list);
        if (!same) {
            list_add(&left, job);
            continue;
        }
        jobs[count++] = job;
        if (job->alone) {
            break;
        }
    }
    if (left.first) { /* they came before what is still in the list */
        left.last->next = list->first;
        list->first = left.first;
        list->last = list->last ? list->last : left.last;
    }
    return count;
}

/* What the database says goes before what a job says by itself, with nothing wrong in the database. */
static void failed_note(struct store *store, int error, bool *told)
{
    const char *why = store_why(store);
    if (why[0] || !*told) {
        pthread_mutex_lock(&store->lock);
        snprintf(store->failed, sizeof store->failed, "%s", why[0] ? why : error_text(error));
        pthread_mutex_unlock(&store->lock);
    }
    *told = *told || why[0];
}

static void group_fail(struct store_job **jobs, size_t count, int error)
{
    for (size_t i = 0; i < count; i++) {
        jobs[i]->error = jobs[i]->error ? jobs[i]->error : error;
    }
}

/* A job that failed after a long wait has used up everybody's time: each of the others would wait as long. */
enum { GROUP_LONG = 3000 /* ms */ };

/* Jobs of the group that are without error are in the store afterwards, the others left nothing in it. */
static void group_run(struct store *store, struct store_job **jobs, size_t count)
{
    struct sql *sql = store->sql;
    const struct sql_driver *driver = sql->driver;
    int64_t began = clock_ms();
    size_t well = count;
    bool told = false;
    while (well) {
        int error = store_begin(store, true);
        bool again = false;
        for (size_t i = 0; i < count && !error && !again; i++) {
            struct store_job *job = jobs[i];
            if (job->error) {
                continue;
            }
            int64_t before = driver->written(sql);
            int result = job->work(store, job);
            int64_t after = driver->written(sql);
            if (result >= 0 && after >= 0) {
                continue;
            }
            job->error = result < 0 ? result : ERR_BUSY; /* it ignored an error that aborted the transaction */
            well--;
            again = after != before; /* it wrote, or spoilt the transaction: the others go without it */
            failed_note(store, job->error, &told);
        }
        if (again) {
            driver->rollback(sql);
            if (clock_ms() - began >= GROUP_LONG) {
                group_fail(jobs, count, ERR_BUSY);
                return;
            }
            continue;
        }
        error = error ? error : driver->commit(sql);
        if (error) {
            failed_note(store, error, &told);
            group_fail(jobs, count, error);
        }
        return;
    }
}

/* On the loop's thread. */
static void deliver(struct loop_post *post)
{
    struct store *store = CONTAINER_OF(post, struct store, post);
    pthread_mutex_lock(&store->lock);
    struct job_list list = store->finished;
    store->finished = (struct job_list){0};
    store->posted = false;
    memcpy(store->told, store->failed, sizeof store->told);
    pthread_mutex_unlock(&store->lock);
    for (struct store_job *job; (job = list_take(&list));) {
        struct scope *before = scope_enter(job->scope);
        job->done(job, job->error);
        scope_now = before;
    }
}

static int order_of(const struct store_job *job)
{
    return (int)job->order * 2 - job->first;
}

/* What is equal stays in the order in which it came. */
static void group_sort(struct store_job **jobs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct store_job *job = jobs[i];
        size_t to = i;
        for (; to > 0 && order_of(jobs[to - 1]) > order_of(job); to--) {
            jobs[to] = jobs[to - 1];
        }
        jobs[to] = job;
    }
}

static void *store_thread(void *user)
{
    struct store *store = user;
    struct store_job *jobs[STORE_GROUP_MAX];
    pthread_mutex_lock(&store->lock);
    for (;;) {
        size_t count = group_take(&store->queue, jobs);
        if (count == 0) {
            if (store->stop) {
                break;
            }
            pthread_cond_wait(&store->wake, &store->lock);
            continue;
        }
        store->began = clock_ms();
        pthread_mutex_unlock(&store->lock);
        scope_now = jobs[0]->scope;
        int64_t start = clock_us();
        group_sort(jobs, count);
        group_run(store, jobs, count);
        metric_observe(store->commit_time, clock_us() - start);
        pthread_mutex_lock(&store->lock);
        store->began = 0;
        for (size_t i = 0; i < count; i++) {
            list_add(&store->finished, jobs[i]);
        }
        bool post = !store->posted;
        store->posted = true;
        if (post) {
            pthread_mutex_unlock(&store->lock);
            loop_post(store->loop, &store->post);
            pthread_mutex_lock(&store->lock);
        }
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

int store_start(struct store *store, struct loop *loop, struct metrics *metrics)
{
    store->loop = loop;
    store->post.fn = deliver;
    if (metrics) {
        store->commit_time = metrics_add(metrics, FAMILY_STORE_SECONDS, "op=\"commit\"");
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_mutex_lock(&store->lock); /* the thread sees `thread` and `threaded` set */
    int error = pthread_create(&store->thread, NULL, store_thread, store) ? ERR_MEMORY : 0;
    store->threaded = !error;
    pthread_mutex_unlock(&store->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

void store_hurry(struct store *store, int64_t ms)
{
    int64_t at = clock_ms() + ms, before = atomic_load(&store->sql->give_up);
    while ((before == 0 || at < before) && !atomic_compare_exchange_weak(&store->sql->give_up, &before, at)) {
    }
}

bool store_hangs(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    int64_t began = store->began;
    pthread_mutex_unlock(&store->lock);
    bool hangs = began > 0 && clock_ms() - began >= STORE_SLOW;
    if (hangs && !store->hangs) {
        log_line(EVENT_STORE_FAILING, "the store has not answered for %d s; waiting for it", STORE_SLOW / 1000);
    } else if (!hangs && store->hangs) {
        log_line(EVENT_STORE_BACK, "the store answers again");
    }
    store->hangs = hangs;
    return hangs;
}

void store_submit(struct store *store, struct store_job *job)
{
    if (store->closing) {
        return;
    }
    job->error = 0;
    job->scope = scope_now;
    pthread_mutex_lock(&store->lock);
    bool idle = !store->queue.first;
    list_add(&store->queue, job);
    pthread_mutex_unlock(&store->lock);
    if (idle) {
        pthread_cond_signal(&store->wake);
    }
}

void store_close(struct store **closing)
{
    struct store *store = *closing;
    if (!store) {
        return;
    }
    *closing = NULL;
    if (store->threaded) {
        store->closing = true;
        store_hurry(store, STORE_LEAVE);
        pthread_mutex_lock(&store->lock);
        store->stop = true;
        pthread_mutex_unlock(&store->lock);
        pthread_cond_signal(&store->wake);
        pthread_join(store->thread, NULL);
        deliver(&store->post);
    }
    if (store->sql) {
        store->sql->driver->close(&store->sql);
    }
    pthread_cond_destroy(&store->wake);
    pthread_mutex_destroy(&store->lock);
    free(store);
}
