/* Two ledgers of one account, case by case: a number is made once, and what was made is counted once. Episodes by chance:
 * test_ledger_others.c. */
#include "ledger_sides.h"

static struct ledger_reclaim take(struct rig *rig, const struct ledger_row *row, int64_t claim, enum claim_op op,
                                  bool post, const char *id)
{
    return rig_reclaim(
        rig,
        (struct ledger_reclaim){
            .id = row->id, .claim = claim, .op = op, .hash = post ? row->in.hash : NULL, .target_id = text_of(id)});
}

struct pairs { /* a row of each side under number K1, and their runs */
    struct rig *rig;
    int64_t runs[SIDES];
    struct ledger_row rows[SIDES];
};

static struct pairs pairs_of(struct rig *rig)
{
    return (struct pairs){rig, {run_open(rig, 0), run_open(rig, 1)}, {rig_row("K1", 'a'), rig_row("K1", 'b')}};
}

static int64_t begin(struct pairs *pairs, int side)
{
    struct ledger_batch batch = rig_batch(pairs->rig, pairs->runs[side], &pairs->rows[side], 1);
    assert_int_equal(rig_begin_batch(pairs->rig, &batch), 0);
    return batch.retry_after;
}

/* The create of one side is lost, the other side looked it up in vain and makes it: so the first waits, and then finds what
 * the other made. */
static void an_unknown_create_is_made_by_one(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    rig->now += RIG_ALL;
    begin(&p, 1);
    assert_int_equal(b->op, OP_UPDATE);
    assert_int_equal(begin(&p, 0), RIG_ALL); /* the other looks it up, and may create it */
    assert_int_equal(a->action, ACTION_BUSY);
    struct ledger_reclaim made = take(rig, b, b->claim, OP_CREATE, true, "");
    assert_int_equal(made.stale, 0);
    rig->now += 1000;
    assert_int_equal(begin(&p, 0), RIG_ALL - 1000);
    struct ledger_result saved = rig_result(b, p.runs[1], VERDICT_SAVED, "7");
    saved.claim = made.fresh;
    saved.op = OP_CREATE;
    saved.adopted = false;
    assert_int_equal(rig_end_one(rig, saved), 0);
    begin(&p, 0); /* that one's is no create of ours: it is updated */
    assert_int_equal(a->action, ACTION_CLAIM);
    assert_int_equal(a->op, OP_UPDATE);
    assert_true(text_equal(a->target_id, TEXT("7")) && a->adopted);
}

/* Who settles first creates; the other waits meanwhile. */
static void a_settling_keeps_others_away(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    rig->now += RIG_ALL;
    begin(&p, 0);
    assert_int_equal(a->action, ACTION_SETTLE);
    struct ledger_reclaim taken = take(rig, a, a->claim, OP_CREATE, false, "");
    assert_int_equal(taken.stale, 0);
    begin(&p, 1);
    assert_int_equal(b->action, ACTION_BUSY);
    assert_int_equal(take(rig, a, taken.fresh, OP_CREATE, true, "").stale, 0);
    begin(&p, 1);
    assert_int_equal(b->action, ACTION_BUSY);
}

/* A look-up whose claim's time is over counts no more: another may have created since. Its claim is let go. */
static void a_late_create_is_refused(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    rig->now += RIG_ALL;
    begin(&p, 1);
    rig->now += RIG_ALL;
    begin(&p, 0);
    assert_int_equal(a->action, ACTION_SETTLE); /* the other's time is over */
    assert_int_equal(take(rig, b, b->claim, OP_CREATE, true, "").stale, 1);
    assert_int_equal(take(rig, b, b->claim, OP_CREATE, true, "").stale, 1); /* it has none any more */
    begin(&p, 1);
    assert_int_equal(b->op, OP_UPDATE); /* nobody knows the other's create: it is looked up again */
}

/* Both hold a material that somebody deleted: one makes it anew, and the other finds that. */
static void what_is_gone_is_made_by_one(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    assert_int_equal(rig_end(rig, a, p.runs[0], VERDICT_SAVED, "7"), 0);
    begin(&p, 1);
    assert_int_equal(rig_end(rig, b, p.runs[1], VERDICT_SAVED, "7"), 0);
    for (int side = 0; side < SIDES; side++) {
        p.runs[side] = run_open(rig, side);
        p.rows[side] = rig_row("K1", 'c');
        begin(&p, side);
        assert_int_equal(p.rows[side].op, OP_UPDATE);
        assert_true(text_equal(p.rows[side].target_id, TEXT("7")));
    }
    assert_int_equal(take(rig, a, a->claim, OP_CREATE, true, "").stale, 1); /* the other's update is under way */
    struct ledger_reclaim made = take(rig, b, b->claim, OP_CREATE, true, "");
    assert_int_equal(made.stale, 0); /* the first let its claim go */
    begin(&p, 0);
    assert_int_equal(a->action, ACTION_BUSY);
    struct ledger_result saved = rig_result(b, p.runs[1], VERDICT_SAVED, "8");
    saved.claim = made.fresh;
    saved.op = OP_CREATE;
    assert_int_equal(rig_end_one(rig, saved), 0);
    begin(&p, 0);
    assert_int_equal(a->op, OP_UPDATE);
    assert_true(text_equal(a->target_id, TEXT("8")));
    /* And where the other made it between our look-up and our create. */
    assert_int_equal(take(rig, a, a->claim, OP_CREATE, true, "").stale, 0); /* 8 is gone again, nobody holds another */
}

static void what_was_made_since_the_look_up_is_found(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    assert_int_equal(rig_end(rig, a, p.runs[0], VERDICT_SAVED, "7"), 0);
    begin(&p, 1); /* looked up, gone: to be created */
    struct ledger_reclaim made = take(rig, b, b->claim, OP_CREATE, true, "");
    assert_int_equal(made.stale, 0);
    p.runs[0] = run_open(rig, 0);
    *a = rig_row("K1", 'c');
    begin(&p, 0); /* an update of 7 */
    assert_int_equal(a->op, OP_UPDATE);
    struct ledger_result saved = rig_result(b, p.runs[1], VERDICT_SAVED, "8");
    saved.claim = made.fresh;
    saved.op = OP_CREATE;
    assert_int_equal(rig_end_one(rig, saved), 0);
    assert_int_equal(take(rig, a, a->claim, OP_CREATE, true, "").stale, 1);
    begin(&p, 0);
    assert_true(a->op == OP_UPDATE && text_equal(a->target_id, TEXT("8")));
}

/* Both lost their replies for what is one material: it is counted as created by whoever hears of it first. */
static void one_material_is_counted_once(void **state)
{
    struct rig *rig = *state;
    for (int first = 0; first < SIDES; first++) {
        struct pairs p = pairs_of(rig);
        for (int side = 0; side < SIDES; side++) {
            p.rows[side] = rig_row(first == 0 ? "K1" : "K2", (char)('a' + side));
        }
        begin(&p, 0);
        rig->now += RIG_ALL;
        begin(&p, 1); /* looked up in vain */
        struct ledger_reclaim made = take(rig, &p.rows[1], p.rows[1].claim, OP_CREATE, true, "");
        assert_int_equal(made.stale, 0);
        struct ledger_result results[] = {rig_result(&p.rows[0], p.runs[0], VERDICT_SAVED, "7"),
                                          rig_result(&p.rows[1], p.runs[1], VERDICT_SAVED, first == 0 ? "7" : "")};
        results[0].alone = p.rows[0].send_by; /* over */
        results[1].claim = made.fresh;
        results[1].op = OP_CREATE;
        results[1].adopted = false;
        for (int turn = 0; turn < SIDES; turn++) {
            struct ledger_result *result = &results[turn == 0 ? first : 1 - first];
            assert_int_equal(store_begin(rig->store, true), 0);
            assert_int_equal(store_end(rig->store, ledger_end(rig->store, result, 1)), 0);
            assert_int_equal(result->stale, 0);
            assert_int_equal(ledger_created(result), turn == 0);
        }
        assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE outcome = 1"), first + 1);
        assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE outcome = 2 AND adopted = 1"), first + 1);
    }
}

/* Somebody deleted what both hold: who makes it anew has created another material. */
static void two_materials_are_counted_twice(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    begin(&p, 0);
    assert_int_equal(rig_end(rig, &p.rows[0], p.runs[0], VERDICT_SAVED, "7"), 0);
    begin(&p, 1);
    assert_int_equal(rig_end(rig, &p.rows[1], p.runs[1], VERDICT_SAVED, "7"), 0);
    p.runs[1] = run_open(rig, 1);
    p.rows[1] = rig_row("K1", 'c');
    begin(&p, 1);
    struct ledger_reclaim made = take(rig, &p.rows[1], p.rows[1].claim, OP_CREATE, true, "");
    assert_int_equal(made.stale, 0);
    struct ledger_result saved = rig_result(&p.rows[1], p.runs[1], VERDICT_SAVED, "8");
    saved.claim = made.fresh;
    saved.op = OP_CREATE;
    saved.adopted = false;
    assert_int_equal(rig_end_one(rig, saved), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE outcome = 1"), 2);
}

#define ON_STORE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STORE(an_unknown_create_is_made_by_one),
        ON_STORE(a_settling_keeps_others_away),
        ON_STORE(a_late_create_is_refused),
        ON_STORE(what_is_gone_is_made_by_one),
        ON_STORE(what_was_made_since_the_look_up_is_found),
        ON_STORE(one_material_is_counted_once),
        ON_STORE(two_materials_are_counted_twice),
    };
    return RUN_ON_EVERY_STORE(tests);
}
