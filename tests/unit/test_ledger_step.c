/* Follow-ups of saved records in the ledger: each step is claimed behind the save, settled like a create, refused without losing
 * what is saved, and noted so that a later change asks first. */
#include "common/ledger/step/step.h"
#include "common/run/replay.h"
#include "ledger_rig.h"

static const struct scheme_step steps[] = {{.name = {"audit", 5}}, {.name = {"print", 5}}};

static struct ledger_row met(struct rig *rig, int64_t run, const char *key, char content)
{
    struct ledger_row row = rig_row(key, content);
    struct ledger_batch batch = rig_batch(rig, run, &row, 1);
    batch.steps = steps;
    batch.step_count = sizeof steps / sizeof *steps;
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    return row;
}

static struct ledger_row met_later(struct rig *rig, int64_t run, const char *key, char content)
{
    rig_run(rig, run);
    return met(rig, run, key, content);
}

static int step_end(struct rig *rig, const struct ledger_row *row, int64_t run, enum verdict verdict, bool kept)
{
    struct ledger_result result = rig_result(row, run, verdict, "");
    result.step = steps[row->step].name;
    result.outcome = row->outcome;
    result.kept = kept;
    return rig_end_one(rig, result);
}

static void expect_step(const struct ledger_row *row, enum ledger_action action, size_t step, enum outcome outcome)
{
    assert_int_equal(row->action, action);
    assert_int_equal(row->op, OP_STEP);
    assert_int_equal(row->step, step);
    assert_int_equal(row->outcome, outcome);
    assert_true(text_equal(row->target_id, TEXT("4711")));
}

static void created(struct rig *rig, int64_t run, const char *key, char content)
{
    struct ledger_row row = met(rig, run, key, content);
    assert_int_equal(row.op, OP_CREATE);
    assert_int_equal(rig_end(rig, &row, run, VERDICT_SAVED, "4711"), 0);
}

static void all_done(struct rig *rig, int64_t run, const char *key, char content)
{
    for (size_t step = 0; step < 2; step++) {
        struct ledger_row row = met(rig, run, key, content);
        assert_int_equal(row.op, OP_STEP);
        assert_int_equal(row.step, step);
        assert_int_equal(step_end(rig, &row, run, VERDICT_SAVED, false), 0);
    }
}

static void one_after_the_other(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    struct ledger_row row = met(rig, 1, "K1", 'a');
    expect_step(&row, ACTION_CLAIM, 0, OUTCOME_CREATED); /* it still counts as created in this run */
    assert_int_equal(met(rig, 1, "K1", 'a').action, ACTION_BUSY);
    assert_int_equal(step_end(rig, &row, 1, VERDICT_SAVED, false), 0);
    row = met(rig, 1, "K1", 'a');
    expect_step(&row, ACTION_CLAIM, 1, OUTCOME_CREATED);
    assert_int_equal(step_end(rig, &row, 1, VERDICT_SAVED, false), 0);
    row = met(rig, 1, "K1", 'a');
    assert_int_equal(row.action, ACTION_FINAL);
    assert_int_equal(row.outcome, OUTCOME_CREATED);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM step WHERE state = 2 AND run = 1"), 2);
    row = met_later(rig, 2, "K1", 'a');
    assert_int_equal(row.action, ACTION_STAMP);
    assert_int_equal(row.outcome, OUTCOME_UNCHANGED);
}

/* What was saved before the scheme named steps is followed up when it is met again, and counts as unchanged. */
static void later_named(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    struct ledger_row row = met_later(rig, 2, "K1", 'a');
    expect_step(&row, ACTION_CLAIM, 0, OUTCOME_UNCHANGED);
    /* and not any more when it names none */
    rig->now += RIG_ALL;
    struct ledger_row plain = rig_row("K1", 'a');
    rig_run(rig, 3);
    rig_begin(rig, 3, &plain, 1);
    assert_int_equal(plain.action, ACTION_STAMP);
    assert_int_equal(plain.outcome, OUTCOME_UNCHANGED);
}

static void settled_like_a_create(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    struct ledger_row lost = met(rig, 1, "K1", 'a');
    rig->now += RIG_ALL - 1;
    assert_int_equal(met(rig, 1, "K1", 'a').action, ACTION_BUSY);
    rig->now += 1;
    struct ledger_row row = met(rig, 1, "K1", 'a');
    expect_step(&row, ACTION_SETTLE, 0, OUTCOME_CREATED);
    struct ledger_reclaim over =
        rig_reclaim(rig, (struct ledger_reclaim){.id = row.id, .claim = row.claim, .op = OP_STEP});
    assert_int_equal(over.stale, 0);
    assert_int_equal(step_end(rig, &lost, 1, VERDICT_SAVED, false), 1); /* the old holder is too late */
    row.claim = over.fresh;
    assert_int_equal(step_end(rig, &row, 1, VERDICT_SAVED, false), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE held = 1 AND target_id = '4711' AND outcome = 1"),
                     1);
    struct ledger_row next = met(rig, 1, "K1", 'a');
    expect_step(&next, ACTION_CLAIM, 1, OUTCOME_CREATED);
}

/* The record stays saved, and the step is not sent again while nothing changed; a replay sends the step alone. */
static void refused(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    struct ledger_row row = met(rig, 1, "K1", 'a');
    assert_int_equal(step_end(rig, &row, 1, VERDICT_REFUSED, false), 0);
    assert_int_equal(met(rig, 1, "K1", 'a').action, ACTION_FINAL);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE held = 1 AND outcome = 5 AND claim = 0"), 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM step WHERE state = 3"), 1);
    row = met_later(rig, 2, "K1", 'a');
    assert_int_equal(row.action, ACTION_STAMP);
    assert_int_equal(row.outcome, OUTCOME_REJECTED);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE held = 1"), 1);

    rig_write(rig, "UPDATE run SET state = 2, pair = (SELECT id FROM pair)");
    const struct run_plan plan = {.scheme = TEXT("shops"), .scheme_hash = TEXT("aa"), .source = TEXT("sid")};
    const struct text key = TEXT("K1");
    const struct replay_choice choice = {.keys = &key, .key_count = 1, .code = TEXT(""), .class = TEXT("")};
    struct replay replay;
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, replay_begin(rig->store, &plan, &choice, &replay)), 0);
    rig_write(rig, "UPDATE page SET fence = 1 WHERE run = 3");
    row = met(rig, 3, "K1", 'a');
    expect_step(&row, ACTION_CLAIM, 0, OUTCOME_UNCHANGED);
    assert_int_equal(step_end(rig, &row, 3, VERDICT_SAVED, false), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 0);
}

/* Where the target does not say, the claim stays, and the next run asks first. */
static void unclear(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    struct ledger_row row = met(rig, 1, "K1", 'a');
    assert_int_equal(step_end(rig, &row, 1, VERDICT_REFUSED, true), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM step WHERE state = 1"), 1);
    rig->now += RIG_ALL;
    row = met_later(rig, 2, "K1", 'a');
    expect_step(&row, ACTION_SETTLE, 0, OUTCOME_UNCHANGED);
}

/* A change asks first as soon as a step was sent; saved, all steps are due again, though the contents stood there before. */
static void a_change_asks_first(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    struct ledger_row row = met_later(rig, 2, "K1", 'b');
    assert_int_equal(row.op, OP_UPDATE);
    assert_false(row.locked); /* no step was ever sent */
    assert_int_equal(rig_end(rig, &row, 2, VERDICT_SAVED, "4711"), 0);
    row = met(rig, 2, "K1", 'b');
    expect_step(&row, ACTION_CLAIM, 0, OUTCOME_UPDATED);
    rig->now += RIG_ALL; /* its reply is lost, and the contents change */
    row = met_later(rig, 3, "K1", 'c');
    assert_int_equal(row.action, ACTION_CLAIM);
    assert_int_equal(row.op, OP_UPDATE);
    assert_true(row.locked);
    struct ledger_result saved = rig_result(&row, 3, VERDICT_SAVED, "4711");
    saved.stepped = row.locked;
    assert_int_equal(rig_end_one(rig, saved), 0);
    all_done(rig, 3, "K1", 'c');

    row = met_later(rig, 4, "K1", 'd'); /* refused: it is audited */
    assert_true(row.locked);
    assert_int_equal(rig_end(rig, &row, 4, VERDICT_REFUSED, ""), 0);
    row = met_later(rig, 5, "K1", 'd');
    assert_int_equal(row.action, ACTION_STAMP);
    assert_int_equal(row.outcome, OUTCOME_REJECTED);
    row = met_later(rig, 6, "K1", 'c'); /* undone by hand */
    assert_true(row.locked);
    saved = rig_result(&row, 6, VERDICT_SAVED, "4711");
    saved.stepped = row.locked;
    assert_int_equal(rig_end_one(rig, saved), 0);
    row = met(rig, 6, "K1", 'c');
    expect_step(&row, ACTION_CLAIM, 0, OUTCOME_UPDATED);
}

/* What the source has lost is not followed up; of a step that may be done the target is asked before it is disabled. */
static void vanished(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    (void)met(rig, 1, "K1", 'a'); /* a step is sent, and its reply lost */
    rig->now += RIG_ALL;
    rig_run(rig, 2);
    rig_write(rig, "UPDATE page SET slice = 2147483647 WHERE run = 2");
    for (int time = 0; time < 2; time++) {
        struct ledger_row row = rig_row("K1", 'b');
        struct ledger_batch batch = rig_batch(rig, 2, &row, 1);
        batch.page.slice = SLICE_VANISHED;
        batch.steps = steps;
        batch.step_count = sizeof steps / sizeof *steps;
        assert_int_equal(rig_begin_batch(rig, &batch), 0);
        if (time > 0) {
            assert_int_equal(row.action, ACTION_FINAL);
            break;
        }
        assert_int_equal(row.op, OP_UPDATE);
        assert_true(row.locked);
        assert_int_equal(rig_end(rig, &row, 2, VERDICT_SAVED, "4711"), 0);
    }
}

static void explained(void **state)
{
    struct rig *rig = *state;
    created(rig, 1, "K1", 'a');
    struct ledger_row row = met(rig, 1, "K1", 'a');
    assert_int_equal(step_end(rig, &row, 1, VERDICT_SAVED, false), 0);
    row = met(rig, 1, "K1", 'a');
    struct buffer json;
    buffer_init(&json, 1 << 16);
    assert_int_equal(store_begin(rig->store, false), 0);
    assert_int_equal(store_end(rig->store, ledger_explain(rig->store, TEXT("K1"), &json)), 0);
    buffer_add_char(&json, '\0');
    assert_non_null(strstr(json.data, "\"steps\":[{\"step\":\"audit\",\"state\":\"done\",\"run\":1},"
                                      "{\"step\":\"print\",\"state\":\"sent\",\"run\":1}]"));
    assert_non_null(strstr(json.data, "\"claim\":{\"op\":\"step\""));
    buffer_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_after_the_other, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(later_named, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(settled_like_a_create, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(refused, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(unclear, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(a_change_asks_first, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(vanished, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(explained, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
