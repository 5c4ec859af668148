/* A person's word on a create whose fate nobody knows: it ends the claim once, when no call of it can be under way, and what the
 * next run does with the record is what the word says. */
#include "common/ledger/settle.h"
#include "ledger_rig.h"

static int settle(struct rig *rig, const char *key, const char *found, int64_t *wait)
{
    struct ledger_word word = {.scheme = TEXT("shops"), .key = text_of(key), .found = text_of(found)};
    assert_int_equal(store_begin(rig->store, true), 0);
    int error = ledger_settle(rig->store, &word);
    int ended = store_end(rig->store, error);
    *wait = word.wait;
    return error ? error : ended;
}

/* Begun in `run`, and refused as a loader does that got no answer. */
static struct ledger_row unclear(struct rig *rig, int64_t run, const char *key, char content, bool kept)
{
    struct ledger_row row = rig_row(key, content);
    rig_begin(rig, run, &row, 1);
    struct ledger_result result = rig_result(&row, run, VERDICT_REFUSED, "");
    result.refusal = (struct refusal){kept ? TEXT("unclear") : TEXT("target"), TEXT(""), TEXT("nobody knows")};
    result.kept = kept;
    assert_int_equal(rig_end_one(rig, result), 0);
    return row;
}

static struct ledger_row met_again(struct rig *rig, int64_t run, const char *key, char content)
{
    struct ledger_row row = rig_row(key, content);
    rig_run(rig, run);
    rig_begin(rig, run, &row, 1);
    return row;
}

static void found(void **state)
{
    struct rig *rig = *state;
    int64_t wait = 0;
    (void)unclear(rig, 1, "K1", 'a', true);
    assert_int_equal(settle(rig, "K1", "4711", &wait), ERR_BUSY); /* its call may be under way */
    assert_int_equal(wait, RIG_ALL);
    rig->now += RIG_ALL - 1;
    assert_int_equal(settle(rig, "K1", "", &wait), ERR_BUSY);
    rig->now += 1;
    assert_int_equal(settle(rig, "K1", "47 11", &wait), ERR_INPUT);
    assert_int_equal(settle(rig, "K2", "4711", &wait), ERR_NOT_FOUND);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 1);
    assert_int_equal(settle(rig, "K1", "4711", &wait), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE claim = 0 AND held = 1 AND outcome = 1"), 1);
    assert_int_equal(settle(rig, "K1", "", &wait), ERR_NOT_FOUND); /* once */

    struct ledger_row same = met_again(rig, 2, "K1", 'a');
    assert_int_equal(same.action, ACTION_STAMP);
    assert_int_equal(same.outcome, OUTCOME_UNCHANGED);
    struct ledger_row other = met_again(rig, 3, "K1", 'b');
    assert_int_equal(other.action, ACTION_CLAIM);
    assert_int_equal(other.op, OP_UPDATE);
    assert_true(text_equal(other.target_id, TEXT("4711")));
}

static void absent(void **state)
{
    struct rig *rig = *state;
    int64_t wait = 0;
    (void)unclear(rig, 1, "K1", 'a', true);
    rig->now += RIG_ALL;
    assert_int_equal(settle(rig, "K1", "", &wait), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 1); /* until it is sent */
    assert_int_equal(settle(rig, "K1", "4711", &wait), ERR_NOT_FOUND);

    struct ledger_row same = met_again(rig, 2, "K1", 'a');
    assert_int_equal(same.action, ACTION_CLAIM);
    assert_int_equal(same.op, OP_CREATE);
    assert_int_equal(rig_end(rig, &same, 2, VERDICT_SAVED, "4711"), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 0);
    assert_int_equal(met_again(rig, 3, "K1", 'a').outcome, OUTCOME_UNCHANGED);
}

/* What came since the create counts: the claim tells what landed, not what was refused. */
static void found_with_older_content(void **state)
{
    struct rig *rig = *state;
    int64_t wait = 0;
    (void)unclear(rig, 1, "K1", 'a', true);
    rig->now += RIG_ALL;
    struct ledger_row newer = met_again(rig, 2, "K1", 'b');
    assert_int_equal(newer.action, ACTION_SETTLE);
    struct ledger_result result = rig_result(&newer, 2, VERDICT_REFUSED, "");
    result.refusal = (struct refusal){TEXT("unclear"), TEXT(""), TEXT("nobody knows")};
    result.kept = true;
    assert_int_equal(rig_end_one(rig, result), 0);
    rig->now += RIG_ALL;
    assert_int_equal(settle(rig, "K1", "4711", &wait), 0);
    struct ledger_row row = met_again(rig, 3, "K1", 'b');
    assert_int_equal(row.action, ACTION_CLAIM);
    assert_int_equal(row.op, OP_UPDATE);
}

static void only_what_nobody_knows(void **state)
{
    struct rig *rig = *state;
    int64_t wait = 0;
    (void)unclear(rig, 1, "K1", 'a', false); /* refused by the target: it has said so */
    struct ledger_row under_way = rig_row("K2", 'a'), settled = rig_row("K3", 'a');
    rig_begin(rig, 1, &under_way, 1);
    (void)unclear(rig, 1, "K3", 'a', true);
    rig->now += RIG_ALL;
    assert_int_equal(settle(rig, "K1", "", &wait), ERR_NOT_FOUND);
    assert_int_equal(settle(rig, "K2", "", &wait), ERR_NOT_FOUND);
    /* A run asks for it just now. */
    rig_run(rig, 2);
    rig_begin(rig, 2, &settled, 1);
    assert_int_equal(settled.action, ACTION_SETTLE);
    assert_int_equal(
        rig_reclaim(rig, (struct ledger_reclaim){.id = settled.id, .claim = settled.claim, .op = OP_CREATE}).stale, 0);
    int error = settle(rig, "K3", "4711", &wait);
    assert_true(error == ERR_NOT_FOUND || error == ERR_BUSY);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE key = 'K3' AND claim <> 0"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(absent, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(found_with_older_content, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(only_what_nobody_knows, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
