/* What stands in the target before us: refused, adopted or skipped, as the scheme says. */
#include "ledger_rig.h"

static struct ledger_row numbered(const char *key, const char *number, char content)
{
    struct ledger_row row = rig_row(key, content);
    row.in.number = text_of(number);
    return row;
}

static void adopts_from_the_book(void **state)
{
    struct rig *rig = *state;
    rig_write(rig, "INSERT INTO existing(account, number, target_id) VALUES('A1', 'N', '77'), ('B2', 'K2', '78')");
    struct ledger_row rows[] = {numbered("K1", "N", 'a'), rig_row("K2", 'a')};
    struct ledger_batch batch = rig_batch(rig, 1, rows, 2);
    batch.existing = EXISTING_REJECT;
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(rows[0].outcome, OUTCOME_REJECTED);
    assert_true(text_equal(rows[0].in.refusal.class, TEXT("exists")));
    assert_int_equal(rows[1].op, OP_CREATE); /* another account's */
    rig_run(rig, 2);
    struct ledger_row row = numbered("K1", "N", 'b');
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.op, OP_UPDATE);
    assert_true(row.adopted && text_equal(row.target_id, TEXT("77")));
    rig_end(rig, &row, 2, VERDICT_RELEASED, "");
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.op, OP_UPDATE); /* what stands there is never created */
    assert_true(row.adopted && text_equal(row.target_id, TEXT("77")));
    rig_end(rig, &row, 2, VERDICT_SAVED, "");
    assert_int_equal(rig_ask(rig, "SELECT outcome FROM record WHERE key = 'K1' AND adopted = 1"), OUTCOME_UPDATED);
}

/* Neither what stands there nor the record is touched, in this run and in those that follow. */
static void skips_what_stands_there(void **state)
{
    struct rig *rig = *state;
    rig_write(rig, "INSERT INTO existing(account, number, target_id) VALUES('A1', 'N', '77')");
    for (int64_t run = 1; run <= 3; run++) {
        struct ledger_row rows[] = {numbered("K1", "N", (char)('a' + run / 2)), rig_row("K2", 'a')};
        struct ledger_batch batch = rig_batch(rig, run, rows, 2);
        batch.existing = EXISTING_SKIP;
        assert_int_equal(rig_begin_batch(rig, &batch), 0);
        assert_int_equal(rows[0].action, ACTION_STAMP);
        assert_int_equal(rows[0].outcome, OUTCOME_UNCHANGED);
        if (run == 1) { /* that one was there before us, too, as its look-up tells */
            assert_int_equal(rows[1].op, OP_CREATE);
            rig_end(rig, &rows[1], run, VERDICT_SKIPPED, "");
        }
        assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE outcome = 3 AND held = 0 AND claim = 0"),
                         2 - (run > 1));
        assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 0);
        if (run > 1) {
            assert_int_equal(rows[1].op, OP_CREATE); /* asked again: nobody holds it */
            rig_end(rig, &rows[1], run, VERDICT_SKIPPED, "");
        }
        rig_run(rig, run + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(adopts_from_the_book, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(skips_what_stands_there, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
