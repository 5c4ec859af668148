/* Neighbours in the ledger are looked up, stamped and ended together: with the same outcome as one by one. */
#include "ledger_rig.h"

enum { PAGE = 40 };

/* Keys K00, K00 + step…; texts of `keys`. */
static void keyed(struct ledger_row *rows, char keys[][8], int count, int step, char content)
{
    for (int i = 0; i < count; i++) {
        snprintf(keys[i], sizeof keys[i], "K%02d", i * step);
        rows[i] = rig_row(keys[i], content);
    }
}

static size_t end_all(struct rig *rig, struct ledger_row *rows, size_t count, int64_t run)
{
    struct ledger_result results[PAGE];
    size_t stale = 0;
    for (size_t i = 0; i < count; i++) {
        results[i] = rig_result(&rows[i], run, VERDICT_SAVED, "");
    }
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, ledger_end(rig->store, results, count)), 0);
    for (size_t i = 0; i < count; i++) {
        stale += results[i].stale != 0;
    }
    return stale;
}

static void ends_neighbours_but_not_what_others_have(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[PAGE];
    char keys[PAGE][8];
    keyed(rows, keys, PAGE, 1, 'a');
    rig_begin(rig, 1, rows, PAGE);
    struct ledger_times times = {RIG_SEND, RIG_LATE, RIG_VISIBLE};
    struct ledger_reclaim taken = {.id = rows[7].id, .claim = rows[7].claim, .op = OP_CREATE};
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, ledger_reclaim(rig->store, &times, &taken, 1)), 0);
    assert_int_equal(taken.stale, 0);

    assert_int_equal(end_all(rig, rows, PAGE, 1), 1);
    struct sql_value hash = SQL_BYTES(TEXT("aaaaaaaaaaaaaaaa"));
    int64_t ended = 0;
    assert_int_equal(store_integers(rig->store,
                                    "SELECT COUNT(*) FROM record WHERE outcome = 1 AND held = 1 AND claim = 0 AND "
                                    "pend IS NULL AND hash = $1",
                                    &hash, 1, &ended, 1),
                     0);
    assert_int_equal(ended, PAGE - 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE key = 'K07' AND outcome = 0 AND claim <> 0"), 1);
    rows[7].claim = taken.fresh;
    assert_int_equal(end_all(rig, rows, PAGE, 1), PAGE - 1); /* spent claims end nothing again */
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE outcome = 1"), PAGE);
}

static void ends_a_page_of_neighbours(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[PAGE];
    char keys[PAGE][8];
    keyed(rows, keys, PAGE, 1, 'a');
    rig_begin(rig, 1, rows, PAGE);
    assert_int_equal(end_all(rig, rows, PAGE, 1), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE outcome = 1 AND held = 1 AND claim = 0"), PAGE);

    /* One changed in the middle: the others are stamped around it. */
    rig_run(rig, 2);
    keyed(rows, keys, PAGE, 1, 'a');
    rows[20] = rig_row(keys[20], 'b');
    rig_begin(rig, 2, rows, PAGE);
    for (int i = 0; i < PAGE; i++) {
        assert_int_equal(rows[i].action, i == 20 ? ACTION_CLAIM : ACTION_STAMP);
    }
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE run = 2 AND outcome = 3"), PAGE - 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE key = 'K20' AND outcome = 0 AND op = 2"), 1);
}

/* A page whose keys lie among many others, in any order: found, stamped, and no other touched. */
static void finds_keys_among_others(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[PAGE];
    char keys[PAGE][8];
    keyed(rows, keys, PAGE, 1, 'a');
    rig_begin(rig, 1, rows, PAGE);
    end_all(rig, rows, PAGE, 1);
    for (int turn = 0; turn < 40; turn++) { /* sparse pages make a stretch pointless for a while: both ways are gone */
        int64_t run = 2 + turn;
        rig_run(rig, run);
        keyed(rows, keys, 14, 3, 'a');
        struct ledger_row swapped = rows[2];
        rows[2] = rows[11];
        rows[11] = swapped;
        rows[13] = rig_row(turn == 0 ? "K10x" : "K10", 'a');
        rig_begin(rig, run, rows, 14);
        for (int i = 0; i < 13; i++) {
            assert_int_equal(rows[i].outcome, OUTCOME_UNCHANGED);
        }
        assert_int_equal(rows[13].action, turn == 0 ? ACTION_CLAIM : ACTION_STAMP);
        rig_write(rig, "UPDATE record SET run = run - 1 WHERE key = 'K01'"); /* untouched: as it was, less one */
    }
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE run = 41"), 14);
    assert_int_equal(rig_ask(rig, "SELECT run FROM record WHERE key = 'K01'"), 1 - 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ends_neighbours_but_not_what_others_have, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(ends_a_page_of_neighbours, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(finds_keys_among_others, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
