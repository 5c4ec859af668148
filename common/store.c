#include "common/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/store_private.h"

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

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void clock_read(const struct store *store, int64_t *earliest, int64_t *latest)
{
    if (store->now) {
        *earliest = *latest = store->now(store->now_user);
    } else if (store->driver->now) {
        store->driver->now(store->sql, earliest, latest);
    } else {
        *earliest = *latest = clock_us(CLOCK_BOOTTIME) / 1000;
    }
}

int64_t store_now(const struct store *store)
{
    int64_t earliest, latest;
    clock_read(store, &earliest, &latest);
    return earliest;
}

int64_t store_deadline(const struct store *store, int64_t at)
{
    int64_t earliest, latest;
    clock_read(store, &earliest, &latest);
    return at - latest + clock_us(CLOCK_BOOTTIME) / 1000;
}

int64_t store_wall(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

void store_set_clock(struct store *store, int64_t (*now)(void *user), void *user)
{
    store->now = now;
    store->now_user = user;
}

const char *store_id(const struct store *store)
{
    return store->id;
}

bool store_is_dry(const struct store *store)
{
    return store->dry;
}

const char *store_why(const struct store *store)
{
    if (store->threaded && !pthread_equal(pthread_self(), store->thread)) {
        return store->told;
    }
    return store->changed[0] ? store->changed : store->driver->why(store->sql);
}

struct sql *store_sql(struct store *store)
{
    return store->sql;
}

int store_many(struct store *store, const struct sql_call *call)
{
    return store->driver->many(store->sql, call);
}

struct one {
    const struct sql_value *params;
    size_t count, wanted;
    int64_t *out, *changes;
    bool found;
};

static void one_bind(void *user, size_t row, struct sql_value *params)
{
    const struct one *one = user;
    (void)row;
    memcpy(params, one->params, one->count * sizeof *params);
}

static int one_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct one *one = user;
    (void)row;
    for (size_t i = 0; i < one->wanted; i++) {
        one->out[i] = i < count && columns[i].kind == SQL_INT ? columns[i].integer : 0;
    }
    one->found = true;
    return 1;
}

static void one_changed(void *user, size_t row, int64_t changes)
{
    const struct one *one = user;
    (void)row;
    *one->changes = changes;
}

int store_run(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *changes)
{
    struct one one = {.params = params, .count = count, .changes = changes};
    return store_many(store, &(struct sql_call){.text = text,
                                                .rows = 1,
                                                .params = count,
                                                .bind = one_bind,
                                                .changed = changes ? one_changed : NULL,
                                                .user = &one});
}

int store_ids(struct store *store, size_t count, int64_t *first)
{
    return store->driver->ids(store->sql, count, first);
}

int store_integers(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *out,
                   size_t wanted)
{
    struct one one = {.params = params, .count = count, .out = out, .wanted = wanted};
    int error = store_many(
        store, &(struct sql_call){
                   .text = text, .rows = 1, .params = count, .bind = one_bind, .found = one_found, .user = &one});
    return error || one.found ? error : ERR_NOT_FOUND;
}

int store_begin(struct store *store, bool write)
{
    return store_enter(store, write);
}

int store_end(struct store *store, int error)
{
    if (error >= 0) {
        return store->driver->commit(store->sql);
    }
    store->driver->rollback(store->sql);
    return error;
}

/* Jobs of the group that are without error are in the store afterwards, the others left nothing in it. */
static void group_run(struct store *store, struct store_job **jobs, size_t count)
{
    const struct sql_driver *driver = store->driver;
    struct sql *sql = store->sql;
    size_t well = count;
    while (well) {
        int error = store_enter(store, true);
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
            job->error = result < 0 ? result : ERR_BUSY; /* it took what ended the transaction for an answer */
            well--;
            again = after != before; /* it wrote, or spoilt the transaction: the others go without it */
            pthread_mutex_lock(&store->lock);
            snprintf(store->failed, sizeof store->failed, "%s", store_why(store));
            pthread_mutex_unlock(&store->lock);
        }
        if (again) {
            driver->rollback(sql);
            continue;
        }
        if (!error) {
            error = driver->commit(sql);
        }
        if (!error) {
            return;
        }
        pthread_mutex_lock(&store->lock);
        snprintf(store->failed, sizeof store->failed, "%s", store_why(store));
        pthread_mutex_unlock(&store->lock);
        for (size_t i = 0; i < count; i++) {
            if (!jobs[i]->error) {
                jobs[i]->error = error;
            }
        }
        return;
    }
}

/* On the loop's thread. */
static void deliver(struct loop_post *post)
{
    struct store *store = (struct store *)((char *)post - offsetof(struct store, post));
    pthread_mutex_lock(&store->lock);
    struct job_list list = store->finished;
    store->finished = (struct job_list){0};
    store->posted = false;
    memcpy(store->told, store->failed, sizeof store->told);
    pthread_mutex_unlock(&store->lock);
    for (struct store_job *job; (job = list_take(&list));) {
        job->done(job, job->error);
    }
}

static void *store_thread(void *user)
{
    struct store *store = user;
    struct store_job *jobs[STORE_GROUP_MAX];
    pthread_mutex_lock(&store->lock);
    for (;;) {
        size_t count = 0;
        while (count < STORE_GROUP_MAX && store->queue.first) {
            jobs[count++] = list_take(&store->queue);
        }
        if (count == 0) {
            if (store->stop) {
                break;
            }
            pthread_cond_wait(&store->wake, &store->lock);
            continue;
        }
        pthread_mutex_unlock(&store->lock);
        int64_t start = clock_us(CLOCK_MONOTONIC);
        group_run(store, jobs, count);
        metric_observe(store->commit_time, clock_us(CLOCK_MONOTONIC) - start);
        pthread_mutex_lock(&store->lock);
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
        store->commit_time = metrics_add(metrics, METRIC_HISTOGRAM, "store_seconds", "op=\"commit\"",
                                         "time of a group commit of the store");
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

void store_submit(struct store *store, struct store_job *job)
{
    if (store->closing) {
        return;
    }
    job->error = 0;
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
        pthread_mutex_lock(&store->lock);
        store->stop = true;
        pthread_mutex_unlock(&store->lock);
        pthread_cond_signal(&store->wake);
        pthread_join(store->thread, NULL);
        deliver(&store->post);
    }
    store->driver->close(&store->sql);
    pthread_cond_destroy(&store->wake);
    pthread_mutex_destroy(&store->lock);
    free(store);
}
