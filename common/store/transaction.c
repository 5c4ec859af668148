/* The store's clock, and transactions on what is still the same store. */
#include "common/store/transaction.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/log/log.h"
#include "common/store/meta.h"
#include "common/store/private.h"

enum { REBOOT_WAIT = 60000 /* ms: more than S + D + V of docs/delivery.md */ };

static void clock_read(const struct store *store, int64_t *earliest, int64_t *latest)
{
    if (store->now) {
        *earliest = *latest = store->now(store->now_user);
    } else if (store->sql->driver->now) {
        store->sql->driver->now(store->sql, earliest, latest);
    } else {
        *earliest = *latest = clock_ms();
    }
}

struct store_ms store_now(const struct store *store)
{
    int64_t earliest, latest;
    clock_read(store, &earliest, &latest);
    return (struct store_ms){earliest};
}

struct loop_ms store_deadline(const struct store *store, struct store_ms at)
{
    int64_t earliest, latest;
    clock_read(store, &earliest, &latest);
    return (struct loop_ms){clock_sum(at.ms - latest, clock_ms())};
}

int64_t store_wall(void)
{
    return clock_wall();
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
    return store->changed[0] ? store->changed : store->sql->why;
}

unsigned store_clock_sets(const struct store *store)
{
    return atomic_load(&store->clock_sets);
}

int store_clock_anew(struct store *store)
{
    atomic_fetch_add(&store->clock_sets, 1);
    static const char *const texts[] = {
        "update record set until = $1 where claim <> 0",
        "update page set until = 0 where until <> 0",
        "update api set next = 0, ban = 0, token_until = 0, owner_until = 0",
        "update existing_reading set until = 0, since = 0 where until <> 0 or since <> 0",
        "update alert set until = 0 where until <> 0",
    };
    struct sql_value until = SQL_INTEGER(store_after(store_now(store), REBOOT_WAIT).ms);
    int error = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !error; i++) {
        error = store_run(store, texts[i], &until, i == 0, NULL);
    }
    return error;
}

static int reading_anew(struct store *store, bool settle)
{
    const struct sql_value since = SQL_INTEGER(settle ? store_now(store).ms : 0);
    int error =
        store_run(store, "update existing_reading set state = 0, owner = null, until = 0, since = $1", &since, 1, NULL);
    return error ? error : store_run(store, "delete from existing", NULL, 0, NULL);
}

int store_life_keep(struct store *store)
{
    struct meta now = {.name = "life"};
    int error = store->sql->driver->life(store->sql, now.value);
    return error ? error : meta_write(store, &now);
}

int store_life_check(struct store *store)
{
    struct meta known = {.name = "life"}, now = {.name = "life"};
    _Static_assert((int)META_MAX >= (int)SQL_LIFE_MAX, "it stands in table meta");
    int error = meta_read(store, &known);
    error = error ? error : store->sql->driver->life(store->sql, now.value);
    if (error || strcmp(known.value, now.value) == 0) {
        return error;
    }
    /* A file that was only moved has lost nothing: no POST is waited for. */
    bool moved = !store->sql->driver->now && strcmp(known.value, "copy") != 0;
    if (known.value[0]) {
        log_line(EVENT_STORE_RESTORED,
                 "the store was put back to an earlier state, or moved: what stands in the target is read anew before "
                 "anything is created");
        error = reading_anew(store, !moved);
    }
    return error ? error : meta_write(store, &now);
}

/* The same database behind a new connection? And is its clock still the same? */
static int news_take(struct store *store, int news, bool write)
{
    int error = 0;
    if (news & SQL_BEGUN_ANEW) {
        store->unknown = true;
        struct meta id = {.name = "id"};
        error = meta_read(store, &id);
        if (!error && strcmp(id.value, store->id) != 0) {
            snprintf(store->changed, sizeof store->changed,
                     "another store stands there now (%.8s, it was %.8s): start again", id.value, store->id);
            error = ERR_IO;
        }
    }
    if (!error && write && (news & SQL_CLOCK_LEAPT)) {
        log_line(EVENT_STORE_CLOCK, "the store's clock was set: claims are given their whole time once more");
        error = store_clock_anew(store);
    }
    return error;
}

int store_begin(struct store *store, bool write)
{
    if (store->changed[0]) {
        return ERR_IO;
    }
    int news = store->sql->driver->begin(store->sql, write);
    int error = news > 0 ? news_take(store, news, write) : news;
    if (!error && write && store->unknown) {
        error = store_life_check(store);
        store->unknown = error != 0;
    }
    if (error && news >= 0) {
        store->sql->driver->rollback(store->sql);
    }
    return error;
}

int store_end(struct store *store, int error)
{
    if (error >= 0) {
        return store->sql->driver->commit(store->sql);
    }
    store->sql->driver->rollback(store->sql);
    return error;
}
