#include "console/work/stores.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/base/clock.h"

enum { READERS = 4, WAIT_SECONDS = 5 };

struct slot {
    struct store *store; /* NULL = not open */
    bool used;
};

struct stores {
    const char *url;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct slot readers[READERS], writer;
};

/* A free one of `count` slots; NULL when none came free in time. */
static struct slot *slot_take(struct stores *stores, struct slot *slots, size_t count)
{
    struct timespec until = clock_ahead(CLOCK_REALTIME, WAIT_SECONDS * INT64_C(1000));
    struct slot *found = NULL;
    int waited = 0;
    pthread_mutex_lock(&stores->lock);
    while (!found && waited != ETIMEDOUT) {
        for (size_t i = 0; i < count && !found; i++) {
            found = slots[i].used ? NULL : &slots[i];
        }
        if (!found) {
            waited = pthread_cond_timedwait(&stores->freed, &stores->lock, &until);
        }
    }
    if (found) {
        found->used = true;
    }
    pthread_mutex_unlock(&stores->lock);
    return found;
}

static void slot_give(struct stores *stores, struct slot *slot)
{
    pthread_mutex_lock(&stores->lock);
    slot->used = false;
    pthread_cond_broadcast(&stores->freed);
    pthread_mutex_unlock(&stores->lock);
}

int stores_use(struct stores *stores, bool write, int (*work)(struct store *store, void *user), void *user,
               struct cause *cause)
{
    struct slot *slot = slot_take(stores, write ? &stores->writer : stores->readers, write ? 1 : READERS);
    if (!slot) {
        return cause_set(cause, ERR_BUSY, "the store is busy: no connection to it came free");
    }
    int error = 0;
    if (!slot->store) {
        error =
            write ? store_open(stores->url, &slot->store, cause) : store_open_reader(stores->url, &slot->store, cause);
    }
    if (!error) {
        error = store_begin(slot->store, write);
        int result = error ? 0 : work(slot->store, user);
        int ended = error ? error : store_end(slot->store, result);
        if (error || ended != result) {
            error = cause_set(cause, ended, "the store fails: %s", store_why(slot->store));
            store_close(&slot->store); /* opened anew by the next one */
        } else {
            error = result;
            if (result) {
                (void)cause_set(cause, result, "%s", store_why(slot->store));
            }
        }
    }
    slot_give(stores, slot);
    return error;
}

int stores_open(const char *url, struct stores **out, struct cause *cause)
{
    struct stores *stores = calloc(1, sizeof *stores);
    if (!stores) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    stores->url = url;
    pthread_mutex_init(&stores->lock, NULL);
    pthread_cond_init(&stores->freed, NULL);
    int error = store_open(url, &stores->writer.store, cause);
    if (error) {
        stores_close(&stores);
        return error;
    }
    *out = stores;
    return 0;
}

void stores_close(struct stores **closing)
{
    struct stores *stores = *closing;
    *closing = NULL;
    if (!stores) {
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        store_close(&stores->readers[i].store);
    }
    store_close(&stores->writer.store);
    pthread_cond_destroy(&stores->freed);
    pthread_mutex_destroy(&stores->lock);
    free(stores);
}
