/* The pace and the login that all workers of an API share, on a clock that the test moves. */
#include "common/pace/shared_api.h"

#include <sys/wait.h>

#include "tests/unit/store_place.h"

static struct place place;
static struct store *store;
static int64_t now;
static const struct text wdt = TEXT("wdt.shop.query sid");

static int64_t clock_now(void *user)
{
    (void)user;
    return now;
}

static int store_make(void **state)
{
    struct cause cause;
    (void)state;
    if (place_make(&place) || store_open(place.url, &store, &cause)) {
        return -1;
    }
    now = 1000000;
    store_set_clock(store, clock_now, NULL);
    return store_begin(store, true);
}

static int store_remove(void **state)
{
    (void)state;
    int error = store_end(store, 0);
    store_close(&store);
    return place_remove(&place) ? -1 : error;
}

static void slots_follow_each_other(void **state)
{
    static const struct {
        int64_t pass, interval_us, calls, ban; /* ms that pass first; 0 = no ban */
        int64_t at;                            /* ms behind the start */
    } rows[] = {
        {0, 1000000, 1, 0, 0},                                        /* 60 a minute: at once */
        {0, 1000000, 1, 0, 1000},                                     /* then one a second */
        {0, 1000000, 3, 0, 2000},                                     /* three at a time */
        {0, 1000000, 1, 0, 5000},                                     /* behind them */
        {10000, 1000000, 1, 0, 10000},                                /* time that passed unused is not saved up */
        {0, 1000000, 1, 0, 11000},     {0, 0, 1, 0, 10000},           /* no limit: now */
        {0, 1500, 1, 0, 12000},                                       /* parts of a ms count */
        {0, 1500, 1, 0, 12002},                                       /* 12001.5, told late and not early */
        {0, 1500, 1, 0, 12003},        {0, 1000000, 1, 40000, 40000}, /* a ban moves the next slot for all */
        {0, 1000000, 1, 0, 41000},     {0, 0, 1, 0, 40000},           /* and holds without a limit */
        {0, 1000000, 1, 20000, 42000},                                /* never back */
        {50000, 0, 1, 0, 60000},                                      /* it is over */
        {0, 1000000, 0, 0, 60000},                                    /* no call, no slot */
        {0, 1000000, 1, 0, 60000},
    };
    (void)state;
    int64_t start = now;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store_ms at = {-1}, other = {-1};
        now += rows[i].pass;
        if (rows[i].ban) {
            assert_int_equal(api_ban(store, wdt, (struct store_ms){start + rows[i].ban}), 0);
        }
        assert_int_equal(api_pace(store, wdt, rows[i].interval_us, rows[i].calls, &at), 0);
        if (at.ms != start + rows[i].at) {
            fail_msg("row %zu: at %lld, not %lld", i, (long long)(at.ms - start), (long long)rows[i].at);
        }
        assert_int_equal(api_pace(store, TEXT("another api"), 0, 1, &other), 0);
        assert_true(other.ms == now);
    }
}

static void a_ban_may_come_before_the_first_call(void **state)
{
    (void)state;
    struct store_ms at;
    assert_int_equal(api_ban(store, wdt, (struct store_ms){now + 7000}), 0);
    assert_int_equal(api_pace(store, wdt, 100000, 1, &at), 0);
    assert_int_equal(at.ms, now + 7000);
}

static void one_worker_logs_in_for_all(void **state)
{
    (void)state;
    struct arena arena;
    struct api_login login = {.version = 99}, fresh = {.sealed = {"\0\1sealed\xff", 9}, .until = {now + 60000}};
    arena_init(&arena, 4096);
    assert_int_equal(api_login_read(store, wdt, &arena, &login), 0);
    assert_int_equal(login.version, 0);
    assert_int_equal(login.sealed.size, 0);

    assert_int_equal(api_login_claim(store, wdt, 0, 5000, TEXT("a")), 0);
    assert_int_equal(api_login_claim(store, wdt, 0, 5000, TEXT("a")), 0); /* again, after a lost answer */
    assert_int_equal(api_login_claim(store, wdt, 0, 5000, TEXT("b")), ERR_BUSY);
    assert_int_equal(api_login_write(store, wdt, TEXT("b"), &fresh), ERR_STALE);
    assert_int_equal(api_login_write(store, wdt, TEXT("a"), &fresh), 0);
    assert_int_equal(api_login_claim(store, wdt, 0, 5000, TEXT("b")), ERR_STALE); /* read it again */
    assert_int_equal(api_login_read(store, wdt, &arena, &login), 0);
    assert_int_equal(login.version, 1);
    assert_true(text_equal(login.sealed, fresh.sealed));
    assert_true(login.until.ms == fresh.until.ms);

    /* It is refused by the target: the one that says so may log in; it dies; its lease runs out. */
    assert_int_equal(api_login_claim(store, wdt, 1, 5000, TEXT("b")), 0);
    now += 4999;
    assert_int_equal(api_login_claim(store, wdt, 1, 5000, TEXT("c")), ERR_BUSY);
    now += 1;
    assert_int_equal(api_login_claim(store, wdt, 1, 5000, TEXT("c")), 0);
    assert_int_equal(api_login_write(store, wdt, TEXT("b"), &fresh), ERR_STALE);
    assert_int_equal(api_login_yield(store, wdt, TEXT("b")), 0); /* not its to give */
    assert_int_equal(api_login_claim(store, wdt, 1, 5000, TEXT("d")), ERR_BUSY);
    assert_int_equal(api_login_yield(store, wdt, TEXT("c")), 0);
    assert_int_equal(api_login_claim(store, wdt, 1, 5000, TEXT("d")), 0);
    assert_int_equal(api_login_write(store, wdt, TEXT("d"), &fresh), 0);
    assert_int_equal(api_login_read(store, wdt, &arena, &login), 0);
    assert_int_equal(login.version, 2);
    arena_fini(&arena);
}

static void processes_share_the_slots(void **state)
{
    enum { WORKERS = 3, CALLS = 100 };
    (void)state;
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
    int pipes[2];
    struct cause cause;
    assert_int_equal(pipe(pipes), 0);
    pid_t children[WORKERS];
    for (int w = 0; w < WORKERS; w++) {
        children[w] = fork();
        if (children[w] == 0) {
            struct store *own = NULL;
            int error = store_open(place.url, &own, &cause);
            if (!error) {
                store_set_clock(own, clock_now, NULL);
            }
            for (int i = 0; i < CALLS && !error; i++) {
                struct store_ms at = {0};
                error = store_begin(own, true);
                if (!error) {
                    error = store_end(own, api_pace(own, wdt, 1000, 1, &at));
                }
                int64_t slot = at.ms - now;
                if (!error && write(pipes[1], &slot, sizeof slot) != sizeof slot) {
                    error = ERR_IO;
                }
            }
            store_close(&own);
            _exit(error ? 1 : 0);
        }
    }
    close(pipes[1]);
    bool seen[WORKERS * CALLS] = {false};
    int64_t at;
    while (read(pipes[0], &at, sizeof at) == sizeof at) {
        assert_in_range(at, 0, WORKERS * CALLS - 1);
        assert_false(seen[at]);
        seen[at] = true;
    }
    close(pipes[0]);
    for (int w = 0; w < WORKERS; w++) {
        int status;
        assert_int_equal(waitpid(children[w], &status, 0), children[w]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < WORKERS * CALLS; i++) {
        assert_true(seen[i]);
    }
    assert_int_equal(store_open(place.url, &store, &cause), 0);
    assert_int_equal(store_begin(store, true), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, store_make, store_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(slots_follow_each_other),
        CASE(a_ban_may_come_before_the_first_call),
        CASE(one_worker_logs_in_for_all),
        CASE(processes_share_the_slots),
    };
    return RUN_ON_EVERY_STORE(tests);
}
