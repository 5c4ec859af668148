/* The store's clock, and transactions on what is still the same store. */
#include "common/store/transaction.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/store/meta.h"
#include "common/store/private.h"

enum { CLAIM_LEAST = 60000 /* ms: more than S + D + V of docs/delivery.md by default */ };

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

/* The longest claim that was noted. */
static int claim_most(struct store *store, int64_t *ms)
{
    struct meta noted = {.name = "claim"};
    int error = meta_read(store, &noted);
    *ms = CLAIM_LEAST;
    if (!error && noted.value[0] && (text_integer(text_of(noted.value), ms) || *ms < CLAIM_LEAST)) {
        *ms = CLAIM_LEAST;
    }
    return error;
}

int store_claim_note(struct store *store, int64_t ms)
{
    int64_t most;
    int error = claim_most(store, &most);
    if (error || ms <= most) {
        return error;
    }
    struct meta noted = {.name = "claim"};
    snprintf(noted.value, sizeof noted.value, "%lld", (long long)ms);
    return meta_write(store, &noted);
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
    int64_t most;
    int error = claim_most(store, &most);
    struct sql_value until = SQL_INTEGER(store_after(store_now(store), most).ms);
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

static int life_of(struct store *store, bool anew, struct meta *out)
{
    _Static_assert((int)META_MAX >= (int)SQL_LIFE_MAX, "it stands in table meta");
    *out = (struct meta){.name = "life"};
    return store->sql->driver->life(store->sql, anew, out->value);
}

int store_life_keep(struct store *store)
{
    struct meta now;
    int error = life_of(store, true, &now);
    return error ? error : meta_write(store, &now);
}

/* Of the place alone: is it the same? */
static bool is_same_place(const char *known, const char *now)
{
    size_t size = strcspn(now, "/");
    return strcspn(known, "/") == size && memcmp(known, now, size) == 0;
}

/* An older dianchen kept of a server the place alone. */
static bool is_same_life(const struct store *store, const char *known, const char *now)
{
    return strcmp(known, now) == 0 || (store->sql->driver->now && !strchr(known, '/') && is_same_place(known, now));
}

/* A file that was only moved has lost nothing, so no POST is waited for. */
static bool is_moved(const struct store *store, const char *known, const char *now)
{
    return !store->sql->driver->now && strcmp(known, "copy") != 0 && !is_same_place(known, now);
}

/* Behind the life of a file that is about to be given another one: the file may have it already, the row not yet. */
static const char mark = '+';

static bool mark_cut(char *life)
{
    size_t size = strlen(life);
    bool marked = size > 0 && life[size - 1] == mark;
    if (marked) {
        life[size - 1] = '\0';
    }
    return marked;
}

/* Was the store put back to an earlier state: a backup, a dump, a standby that lacked commits? Then it may have forgotten
 * materials that it created, so those of each target account are read again before anything is created there. Each writer gives
 * a file another life, in two transactions: what can't be committed, on a full disk, must not look as if the file had been put
 * back. *again: the second is to come. */
static int life_check(struct store *store, bool *again)
{
    struct meta known = {.name = "life"}, now;
    int error = meta_lock(store, &known); /* the row tells who wrote it last: another program may be about to */
    error = error ? error : life_of(store, false, &now);
    if (error) {
        return error;
    }
    bool marked = mark_cut(known.value);
    bool same = is_same_life(store, known.value, now.value) || (marked && is_same_place(known.value, now.value));
    if (known.value[0] && !same) {
        log_line(EVENT_STORE_RESTORED,
                 "the store was put back to an earlier state, or moved: what stands in the target is read anew before "
                 "anything is created");
        error = reading_anew(store, !is_moved(store, known.value, now.value));
    }
    bool server = store->sql->driver->now; /* its life changes by itself */
    if (error || (server && strcmp(known.value, now.value) == 0)) {
        return error;
    }
    if (server || (marked && same)) {
        return store_life_keep(store);
    }
    size_t size = strlen(now.value);
    snprintf(now.value + size, sizeof now.value - size, "%c", mark);
    *again = true;
    return meta_write(store, &now);
}

/* The same database behind a new connection? And is its clock still the same? */
static int news_take(struct store *store, int news, bool write)
{
    struct meta id = {.name = "id"};
    store->leapt = store->leapt || (write && (news & SQL_CLOCK_LEAPT));
    if (!(news & SQL_BEGUN_ANEW)) {
        return 0;
    }
    store->unknown = true;
    int error = meta_read(store, &id);
    if (!error && strcmp(id.value, store->id) != 0) {
        snprintf(store->changed, sizeof store->changed,
                 "another store stands there now (%.8s, it was %.8s): start again", id.value, store->id);
        error = ERR_IO;
    }
    return error;
}

/* What follows from the news. *again: not all of it yet. */
static int news_settle(struct store *store, bool *again)
{
    int error = 0;
    *again = false;
    if (store->leapt) {
        log_line(EVENT_STORE_CLOCK, "the store's clock was set: claims are given their whole time once more");
        error = store_clock_anew(store);
    }
    return error || !store->unknown ? error : life_check(store, again);
}

/* The news have a transaction of their own: one that does other work may be rolled back, and they come only once. */
int store_begin(struct store *store, bool write)
{
    for (;;) {
        if (store->changed[0]) {
            return ERR_IO;
        }
        int news = store->sql->driver->begin(store->sql, write);
        int error = news > 0 ? news_take(store, news, write) : news;
        if (error) {
            if (news >= 0) {
                store->sql->driver->rollback(store->sql);
            }
            return error;
        }
        if (!write || !(store->unknown || store->leapt)) {
            return 0;
        }
        bool again;
        error = store_end(store, news_settle(store, &again));
        if (error) {
            return error;
        }
        store->leapt = false;
        store->unknown = again;
    }
}

int store_end(struct store *store, int error)
{
    if (error >= 0) {
        return store->sql->driver->commit(store->sql);
    }
    store->sql->driver->rollback(store->sql);
    return error;
}

int store_insist(struct store *store, int (*work)(struct store *store, void *user), void *user)
{
    enum { TRIES = 20 };
    int tries = store_has_server(store) ? TRIES : 1; /* no reply of a file gets lost */
    int error;
    do {
        error = store_begin(store, true);
        error = error ? error : store_end(store, work(store, user));
    } while (error == ERR_BUSY && store_why(store)[0] != '\0' && --tries > 0);
    return error;
}
