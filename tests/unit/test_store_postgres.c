/* What one writer of SQLite has for free and several of PostgreSQL must lock: many at the same records, numbers, pages. */
#include <sys/wait.h>

#include "tests/unit/ledger_rig.h"

enum { WORKERS = 4, KEYS = 60, ROUNDS = 3 };

/* One worker's T1 of a page until it goes through; the other order in every second worker. How many rows it claimed. */
static int claims_of(const struct rig *rig, int64_t page, int worker, bool one_number)
{
    struct rig own = *rig;
    struct ledger_row rows[KEYS];
    char keys[KEYS][16];
    struct cause cause;
    if (store_open(rig->place.url, &own.store, &cause)) {
        return -1;
    }
    store_set_clock(own.store, rig_now, &own);
    arena_init(&own.arena, 8 << 20);
    int error = 0;
    do {
        for (int i = 0; i < KEYS; i++) {
            int n = worker % 2 ? KEYS - 1 - i : i;
            snprintf(keys[i], sizeof keys[i], "K%d-%03d", one_number ? worker : 0, n);
            rows[i] = rig_row(keys[i], 'a');
            rows[i].number = one_number ? TEXT("N") : (struct text){0};
        }
        struct ledger_batch batch = rig_batch(&own, 1, rows, one_number ? 1 : KEYS);
        batch.page.no = page;
        error = store_begin(own.store, true);
        error = error ? error : store_end(own.store, ledger_begin(own.store, &batch));
    } while (error == ERR_BUSY);
    int claimed = 0;
    for (int i = 0; i < (one_number ? 1 : KEYS); i++) {
        claimed += rows[i].action == ACTION_CLAIM;
    }
    store_close(&own.store);
    arena_fini(&own.arena);
    return error ? -1 : claimed;
}

/* Claims of all workers together, which start at the same moment. */
static int claims_at_once(struct rig *rig, bool one_number)
{
    int start[2], told[2], sum = 0;
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(told), 0);
    for (int w = 0; w < WORKERS; w++) {
        if (fork() == 0) {
            char byte;
            close(start[1]);
            (void)!read(start[0], &byte, 1);
            int claimed = claims_of(rig, w, w, one_number);
            _exit(write(told[1], &claimed, sizeof claimed) == sizeof claimed ? 0 : 1);
        }
    }
    close(start[0]);
    close(start[1]);
    close(told[1]);
    for (int claimed = 0; read(told[0], &claimed, sizeof claimed) == sizeof claimed;) {
        assert_true(claimed >= 0);
        sum += claimed;
    }
    close(told[0]);
    while (wait(NULL) > 0) {
    }
    return sum;
}

static void the_same_keys_are_claimed_once(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(claims_at_once(rig, false), KEYS);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record"), KEYS);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(DISTINCT claim) FROM record WHERE claim <> 0"), KEYS);
}

static void one_number_goes_to_one_record(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(claims_at_once(rig, true), 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject WHERE class = 'number_clash'"), WORKERS - 1);
}

static void its_clock_is_the_servers(void **state)
{
    const struct rig *rig = *state;
    store_set_clock(rig->store, NULL, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t server = 0;
        assert_int_equal(store_begin(rig->store, true), 0);
        int64_t before = store_now(rig->store);
        assert_int_equal(store_integers(rig->store, "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint",
                                        NULL, 0, &server, 1),
                         0);
        assert_int_equal(store_end(rig->store, 0), 0);
        assert_true(before <= server); /* what is over by our clock is over by the server's */
        assert_true(store_deadline(rig->store, server) <= store_deadline(rig->store, server + 1000) - 900);
    }
}

static void a_crash_between_two_transactions_is_lived_through(void **state)
{
    const struct rig *rig = *state;
    assert_int_equal(store_begin(rig->store, true), 0);
    place_crash();
    int64_t id = 0;
    int error = store_ids(rig->store, 1, &id);
    assert_int_equal(error, ERR_BUSY);
    assert_int_equal(store_end(rig->store, error), ERR_BUSY);
    do {
        error = store_begin(rig->store, true);
    } while (error == ERR_BUSY);
    assert_int_equal(error, 0);
    assert_int_equal(store_ids(rig->store, 1, &id), 0);
    assert_int_equal(store_end(rig->store, 0), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    place_postgres = true;
    const struct CMUnitTest tests[] = {
        CASE(the_same_keys_are_claimed_once),
        CASE(one_number_goes_to_one_record),
        CASE(its_clock_is_the_servers),
        CASE(a_crash_between_two_transactions_is_lived_through),
    };
    return cmocka_run_group_tests_name("several writers", tests, NULL, NULL);
}
