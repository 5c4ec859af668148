/* The ledger: its pure rule over every state, and both transactions on a store. */
#include "ledger_rig.h"

#include "common/base/buffer.h"
#include "common/ledger/reject.h"
#include "common/store/transaction.h"

/* ---- ledger_decide ---- */

enum { ANY = -1, OLDER = 1, SAME = 2, NEWER = 3, FREE = 1, LIVE = 2, PAST = 3 };

/* The first line that fits says what must come. */
static const struct {
    int run, outcome, held, claim, op, kind, same, excused;
    enum ledger_action action;
    int outcome_out; /* ANY = the record's */
    enum claim_op op_out;
} rules[] = {
    {NEWER, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ACTION_FINAL, ANY, OP_NONE},
    {SAME, OUTCOME_CREATED, ANY, ANY, ANY, ANY, ANY, ANY, ACTION_FINAL, ANY, OP_NONE},
    {SAME, OUTCOME_UPDATED, ANY, ANY, ANY, ANY, ANY, ANY, ACTION_FINAL, ANY, OP_NONE},
    {SAME, OUTCOME_UNCHANGED, ANY, ANY, ANY, ANY, ANY, ANY, ACTION_FINAL, ANY, OP_NONE},
    {SAME, OUTCOME_FILTERED, ANY, ANY, ANY, ANY, ANY, ANY, ACTION_FINAL, ANY, OP_NONE},
    {SAME, OUTCOME_REJECTED, ANY, ANY, ANY, ANY, ANY, ANY, ACTION_FINAL, ANY, OP_NONE},
    {ANY, ANY, ANY, LIVE, ANY, ANY, ANY, ANY, ACTION_BUSY, OUTCOME_PENDING, OP_NONE},
    {ANY, ANY, ANY, ANY, ANY, RECORD_FILTERED, ANY, ANY, ACTION_STAMP, OUTCOME_FILTERED, OP_NONE},
    {ANY, ANY, ANY, ANY, ANY, RECORD_UNMAPPABLE, ANY, ANY, ACTION_STAMP, OUTCOME_REJECTED, OP_NONE},
    {ANY, ANY, ANY, PAST, OP_CREATE, ANY, ANY, ANY, ACTION_SETTLE, OUTCOME_PENDING, OP_CREATE},
    {ANY, ANY, ANY, PAST, OP_UPDATE, ANY, ANY, ANY, ACTION_CLAIM, OUTCOME_PENDING, OP_UPDATE},
    {ANY, ANY, HELD_SAME, ANY, ANY, ANY, true, ANY, ACTION_STAMP, OUTCOME_UNCHANGED, OP_NONE},
    {ANY, OUTCOME_REJECTED, ANY, ANY, ANY, ANY, true, false, ACTION_STAMP, OUTCOME_REJECTED, OP_NONE},
    {ANY, ANY, HELD_NOT, ANY, ANY, ANY, ANY, ANY, ACTION_CLAIM, OUTCOME_PENDING, OP_CREATE},
    {ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ACTION_CLAIM, OUTCOME_PENDING, OP_UPDATE},
};

static bool fits(int wanted, int is)
{
    return wanted == ANY || wanted == is;
}

static void decides_every_state(void **state)
{
    (void)state;
    enum { RUN = 7, NOW = 1000 };
    size_t states = 0, used[sizeof rules / sizeof *rules] = {0};
    for (int n = 0; n < 3 * 6 * 3 * 3 * 2 * 3 * 2 * 2; n++) {
        int left = n, run = OLDER + left % 3, outcome = (left /= 3) % 6, held = (left /= 6) % 3;
        int claim = FREE + (left /= 3) % 3, op = OP_CREATE + (left /= 3) % 2, kind = (left /= 2) % 3;
        int same = (left /= 3) % 2, excused = left / 2 % 2;
        struct record record = {.id = 3,
                                .run = RUN - SAME + run,
                                .outcome = (enum outcome)outcome,
                                .held = (enum holding)held,
                                .excused = excused,
                                .claim = claim == FREE ? 0 : 99,
                                .op = claim == FREE ? OP_NONE : (enum claim_op)op,
                                .until = {claim == LIVE ? NOW + 1 : NOW}};
        struct ledger_row row = {.in.kind = (enum record_kind)kind};
        memset(record.hash, 'a', HASH_SIZE);
        memset(row.in.hash, same ? 'a' : 'b', HASH_SIZE);
        ledger_decide(&record, RUN, (struct store_ms){NOW}, &row);
        size_t r = 0;
        while (!(fits(rules[r].run, run) && fits(rules[r].outcome, outcome) && fits(rules[r].held, held) &&
                 fits(rules[r].claim, claim) && fits(rules[r].op, op) && fits(rules[r].kind, kind) &&
                 fits(rules[r].same, same) && fits(rules[r].excused, excused))) {
            r++;
        }
        assert_int_equal(row.action, rules[r].action);
        assert_int_equal(row.outcome, rules[r].outcome_out == ANY ? outcome : rules[r].outcome_out);
        assert_int_equal(row.op, rules[r].op_out);
        used[r]++;
        states++;
    }
    assert_int_equal(states, 3888);
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        assert_true(used[r] > 0);
    }
}

static void decides_the_unseen(void **state)
{
    (void)state;
    static const struct {
        enum record_kind kind;
        enum ledger_action action;
        enum outcome outcome;
        enum claim_op op;
    } rows[] = {{RECORD_PAYLOAD, ACTION_CLAIM, OUTCOME_PENDING, OP_CREATE},
                {RECORD_FILTERED, ACTION_STAMP, OUTCOME_FILTERED, OP_NONE},
                {RECORD_UNMAPPABLE, ACTION_STAMP, OUTCOME_REJECTED, OP_NONE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ledger_row row = {.in.kind = rows[i].kind};
        ledger_decide(&(struct record){0}, 1, (struct store_ms){1000}, &row);
        assert_int_equal(row.action, rows[i].action);
        assert_int_equal(row.outcome, rows[i].outcome);
        assert_int_equal(row.op, rows[i].op);
    }
}

/* ---- T1's gate ---- */

static void refuses_a_page_of_others(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    static const struct page stale[] = {{1, 0, 0, 2}, {1, 0, 0, 0}, {1, 0, 9, 1}, {1, 1, 0, 1}, {2, 0, 0, 1}};
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
        struct ledger_batch batch = rig_batch(rig, 1, &row, 1);
        batch.page = stale[i];
        assert_int_equal(rig_begin_batch(rig, &batch), ERR_STALE);
    }
    struct ledger_batch batch = rig_batch(rig, 1, &row, 1);
    rig_write(rig, "UPDATE page SET state = 2 WHERE no = 0");
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_STALE);
    rig_run(rig, 2);
    batch.page.no = 1;
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_STALE);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record"), 0);
}

static void binds_a_run_to_one_account(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM run r JOIN pair p ON p.id = r.pair WHERE r.target = 'A1' AND "
                                  "p.source = 'sid' AND p.target = 'A1' AND p.scheme = 'shops'"),
                     1);
    struct ledger_batch batch = rig_batch(rig, 1, &row, 1);
    batch.account = TEXT("B2");
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_REFUSED);
    assert_string_equal(batch.mismatch, "run 1 was begun into account A1; this loader writes into account B2: finish "
                                        "it with A1, or start over with --new");
    rig_run(rig, 2);
    batch.page.run = 2;
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(row.op, OP_CREATE); /* another account is another ledger */
    rig_run(rig, 3);
    rig_begin(rig, 3, &row, 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM pair"), 2);
}

static void refuses_what_is_too_long(void **state)
{
    struct rig *rig = *state;
    char key[KEY_MAX + 2];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    struct ledger_row row = rig_row(key, 'a');
    struct ledger_batch batch = rig_batch(rig, 1, &row, 1);
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_LIMIT);
    row = rig_row("K", 'a');
    row.in.number = text_of(key);
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_LIMIT);
    batch.count = LEDGER_ROWS_MAX + 1;
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_LIMIT);
}

/* ---- the life of a record ---- */

static void creates_once(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[] = {rig_row("K1", 'a'), rig_row("K2", 'a'), rig_row("K1", 'b')};
    rig_begin(rig, 1, rows, 3);
    assert_int_equal(rows[0].action, ACTION_CLAIM);
    assert_int_equal(rows[0].op, OP_CREATE);
    assert_true(rows[0].claim > 0 && rows[1].claim > 0 && rows[0].claim != rows[1].claim);
    assert_int_equal(rows[0].send_by.ms, rig->now + RIG_SEND);
    assert_int_equal(rows[0].until.ms, rig->now + RIG_ALL);
    assert_true(rows[2].repeated && !rows[0].repeated);
    assert_int_equal(rows[2].action, ACTION_FINAL);

    struct ledger_row other = rig_row("K1", 'a');
    struct ledger_batch batch = rig_batch(rig, 1, &other, 1);
    rig->now += 5000;
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(other.action, ACTION_BUSY);
    assert_int_equal(batch.retry_after, RIG_ALL - 5000);

    assert_int_equal(rig_end(rig, &rows[0], 1, VERDICT_SAVED, "9007199254740993"), 0);
    assert_int_equal(rig_end(rig, &rows[0], 1, VERDICT_SAVED, "x"), 1); /* the claim is spent */
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(other.action, ACTION_FINAL);
    assert_int_equal(other.outcome, OUTCOME_CREATED);
    assert_int_equal(batch.retry_after, 0);
    assert_int_equal(rig_ask(rig,
                             "SELECT COUNT(*) FROM record WHERE key = 'K1' AND held = 1 AND outcome = 1 AND claim = 0 "
                             "AND number IS NULL AND target_id = '9007199254740993' AND pend IS NULL"),
                     1);
}

static void updates_what_changed(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    rig_end(rig, &row, 1, VERDICT_SAVED, "41");
    rig_run(rig, 2);
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.action, ACTION_STAMP);
    assert_int_equal(row.outcome, OUTCOME_UNCHANGED);
    rig_run(rig, 3);
    row = rig_row("K", 'b');
    rig_begin(rig, 3, &row, 1);
    assert_int_equal(row.op, OP_UPDATE);
    assert_true(text_equal(row.target_id, TEXT("41")));
    assert_int_equal(rig_end(rig, &row, 3, VERDICT_SAVED, ""), 0); /* the id stays */
    assert_int_equal(rig_ask(rig, "SELECT outcome FROM record WHERE target_id = '41' AND held = 1 AND run = 3"),
                     OUTCOME_UPDATED);
    struct ledger_row late = rig_row("K", 'a');
    struct ledger_batch batch = rig_batch(rig, 2, &late, 1);
    rig_write(rig, "UPDATE run SET state = 2 WHERE id = 3");
    rig_write(rig, "UPDATE run SET state = 1 WHERE id = 2");
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(late.action, ACTION_FINAL); /* an older run never undoes a newer one */
}

static void keeps_what_is_unknown(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    rig_end(rig, &row, 1, VERDICT_SAVED, "41");
    rig_run(rig, 2);
    row = rig_row("K", 'b');
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(rig_end(rig, &row, 2, VERDICT_UNKNOWN, ""), 0);
    struct ledger_row back = rig_row("K", 'a');
    rig_begin(rig, 2, &back, 1);
    assert_int_equal(back.action, ACTION_BUSY);
    rig->now += RIG_ALL;
    rig_begin(rig, 2, &back, 1);
    assert_int_equal(back.op, OP_UPDATE); /* 'b' may have landed: what was 'a' must be sent */
    assert_int_equal(rig_end(rig, &row, 2, VERDICT_SAVED, "41"), 1);
    assert_int_equal(rig_end(rig, &back, 2, VERDICT_RELEASED, ""), 0);
    assert_int_equal(rig_ask(rig, "SELECT outcome FROM record"), OUTCOME_PENDING);
    rig_begin(rig, 2, &back, 1);
    assert_int_equal(back.action, ACTION_CLAIM); /* still not known to be 'a' */
    assert_int_equal(back.op, OP_UPDATE);
}

static void releases_a_create(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    int64_t id = row.id, claim = row.claim;
    assert_int_equal(rig_end(rig, &row, 1, VERDICT_RELEASED, ""), 0);
    rig_begin(rig, 1, &row, 1);
    assert_int_equal(row.op, OP_CREATE);
    assert_int_equal(row.id, id);
    assert_true(row.claim != claim);
}

static void settles_an_unknown_create(void **state)
{
    struct rig *rig = *state;
    struct ledger_row first = rig_row("K", 'a'), row = rig_row("K", 'b');
    rig_begin(rig, 1, &first, 1);
    rig->now = first.until.ms;
    rig_run(rig, 2);
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.action, ACTION_SETTLE);
    assert_int_equal(row.claim, first.claim);
    assert_memory_equal(row.pend, first.in.hash, HASH_SIZE);
    struct ledger_reclaim mine =
        rig_reclaim(rig, (struct ledger_reclaim){.id = row.id, .claim = row.claim, .op = OP_CREATE});
    struct ledger_reclaim other =
        rig_reclaim(rig, (struct ledger_reclaim){.id = row.id, .claim = row.claim, .op = OP_CREATE});
    assert_int_equal(mine.stale, 0);
    assert_int_equal(other.stale, 1);
    assert_int_equal(mine.until.ms, rig->now + RIG_ALL);
    assert_int_equal(rig_end(rig, &first, 1, VERDICT_SAVED, "1"), 1);

    rig->now = mine.until.ms; /* the settler died: the next one still knows what landed */
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.action, ACTION_SETTLE);
    assert_memory_equal(row.pend, first.in.hash, HASH_SIZE);
    mine = rig_reclaim(rig, (struct ledger_reclaim){.id = row.id, .claim = row.claim, .op = OP_CREATE});
    mine = rig_reclaim(
        rig, (struct ledger_reclaim){
                 .id = row.id, .claim = mine.fresh, .op = OP_UPDATE, .hash = row.in.hash, .target_id = TEXT("41")});
    assert_int_equal(mine.stale, 0);
    assert_int_equal(rig_ask(rig, "SELECT held FROM record"), HELD_OTHER);
    rig->now = mine.until.ms; /* died again: it is held, so never created anew */
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.op, OP_UPDATE);
    assert_true(text_equal(row.target_id, TEXT("41")));
    assert_int_equal(rig_end(rig, &row, 2, VERDICT_RELEASED, ""), 0);
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.op, OP_UPDATE);
}

/* Not found: what the settler's own create carries is what a later settler finds. */
static void settles_with_what_was_sent_last(void **state)
{
    struct rig *rig = *state;
    struct ledger_row first = rig_row("K", 'a'), row = rig_row("K", 'b');
    rig_begin(rig, 1, &first, 1);
    rig->now = first.until.ms;
    rig_run(rig, 2);
    rig_begin(rig, 2, &row, 1);
    struct ledger_reclaim mine = rig_reclaim(
        rig, (struct ledger_reclaim){.id = row.id, .claim = row.claim, .op = OP_CREATE, .hash = row.in.hash});
    rig->now = mine.until.ms;
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.action, ACTION_SETTLE);
    assert_memory_equal(row.pend, row.in.hash, HASH_SIZE);
    row.claim++;
    assert_int_equal(rig_end(rig, &row, 2, VERDICT_RELEASED, ""), 1); /* another's claim is not let go */
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.action, ACTION_SETTLE);
}

static void creates_again_what_is_gone(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    rig_end(rig, &row, 1, VERDICT_SAVED, "41");
    rig_run(rig, 2);
    row = rig_row("K", 'b');
    rig_begin(rig, 2, &row, 1);
    struct ledger_reclaim mine = rig_reclaim(
        rig, (struct ledger_reclaim){.id = row.id, .claim = row.claim, .op = OP_CREATE, .hash = row.in.hash});
    assert_int_equal(rig_ask(rig, "SELECT held FROM record WHERE target_id IS NULL"), HELD_NOT);
    row.claim = mine.fresh;
    row.op = OP_CREATE;
    assert_int_equal(rig_end(rig, &row, 2, VERDICT_SAVED, "42"), 0);
    assert_int_equal(rig_ask(rig, "SELECT outcome FROM record WHERE target_id = '42'"), OUTCOME_CREATED);
}

/* ---- stubs and refusals ---- */

static void stamps_stubs(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[] = {rig_row("F", 'a'), rig_row("U", 'a'), rig_row("", 'c'), rig_row("", 'd')};
    rows[0].in.kind = RECORD_FILTERED;
    rows[1].in.kind = RECORD_UNMAPPABLE;
    rows[1].in.refusal = (struct refusal){TEXT("mapping"), TEXT(""), TEXT("weight: \"x\" is no number")};
    rig_begin(rig, 1, rows, 4);
    assert_int_equal(rows[0].outcome, OUTCOME_FILTERED);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(rows[i].action, ACTION_STAMP);
        assert_int_equal(rows[i].outcome, OUTCOME_REJECTED);
    }
    int64_t open;
    assert_int_equal(reject_count(rig->store, &open), 0);
    assert_int_equal(open, 3);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject WHERE class = 'keyless'"), 2);
    rig_run(rig, 2);
    rows[1].in.kind = RECORD_PAYLOAD; /* mended */
    rows[1].in.hash[0] = 'z';
    rig_begin(rig, 2, &rows[1], 1);
    assert_int_equal(rows[1].op, OP_CREATE);
    rig_end(rig, &rows[1], 2, VERDICT_SAVED, "1");
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject WHERE class = 'mapping'"), 0);
    rig_run(rig, 3);
    rows[1].in.kind = RECORD_FILTERED;
    rig_begin(rig, 3, &rows[1], 1);
    assert_int_equal(rows[1].outcome, OUTCOME_FILTERED);
    rig_run(rig, 4);
    rows[1].in.kind = RECORD_PAYLOAD;
    rig_begin(rig, 4, &rows[1], 1);
    assert_int_equal(rows[1].outcome, OUTCOME_UNCHANGED); /* filtering forgets nothing */
}

static void stamps_stubs_over_a_lost_create(void **state)
{
    struct rig *rig = *state;
    struct ledger_row first = rig_row("K", 'a'), stub = rig_row("K", 'a'), row = rig_row("K", 'a');
    stub.in.kind = RECORD_FILTERED;
    rig_begin(rig, 1, &first, 1);
    rig_run(rig, 2);
    rig_begin(rig, 2, &stub, 1);
    assert_int_equal(stub.action, ACTION_BUSY);
    rig->now += RIG_ALL;
    rig_begin(rig, 2, &stub, 1);
    assert_int_equal(stub.outcome, OUTCOME_FILTERED);
    assert_int_equal(rig_end(rig, &first, 1, VERDICT_SAVED, "1"), 1); /* it would move the record back to run 1 */
    rig_begin(rig, 2, &stub, 1);
    assert_int_equal(stub.action, ACTION_FINAL);
    rig_run(rig, 3);
    rig_begin(rig, 3, &row, 1);
    assert_int_equal(row.action, ACTION_SETTLE); /* it may stand there all the same */
    assert_memory_equal(row.pend, first.in.hash, HASH_SIZE);
}

static void sends_a_refused_row_once(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    assert_int_equal(rig_end(rig, &row, 1, VERDICT_REFUSED, ""), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject WHERE run = 1 AND attempts = 1 AND code = 'E7'"), 1);
    rig_run(rig, 2);
    rig_begin(rig, 2, &row, 1);
    assert_int_equal(row.action, ACTION_STAMP);
    assert_int_equal(row.outcome, OUTCOME_REJECTED);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject WHERE run = 2 AND attempts = 1"), 1);

    rig_run(rig, 3);
    rig_write(rig, "UPDATE record SET hash = NULL"); /* a person says: again (replay.h) */
    rig_begin(rig, 3, &row, 1);
    assert_int_equal(row.op, OP_CREATE);
    rig_end(rig, &row, 3, VERDICT_REFUSED, "");
    assert_int_equal(rig_ask(rig, "SELECT attempts FROM reject"), 2);

    rig_run(rig, 4); /* another scheme */
    rig_write(rig, "UPDATE run SET scheme_hash = 'bb' WHERE id = 4");
    rig_begin(rig, 4, &row, 1);
    assert_int_equal(row.op, OP_CREATE);
    rig_end(rig, &row, 4, VERDICT_SAVED, "1");
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 0);
}

static void remembers_what_a_refused_update_left(void **state)
{
    struct rig *rig = *state;
    struct ledger_row a = rig_row("K", 'a'), b = rig_row("K", 'b');
    rig_begin(rig, 1, &a, 1);
    rig_end(rig, &a, 1, VERDICT_SAVED, "41");
    rig_run(rig, 2);
    rig_begin(rig, 2, &b, 1);
    rig_end(rig, &b, 2, VERDICT_REFUSED, "");
    rig_run(rig, 3);
    rig_begin(rig, 3, &b, 1);
    assert_int_equal(b.outcome, OUTCOME_REJECTED);
    rig_run(rig, 4);
    b.in.kind = RECORD_FILTERED;
    rig_begin(rig, 4, &b, 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 0);
    rig_run(rig, 5);
    b.in.kind = RECORD_PAYLOAD;
    rig_begin(rig, 5, &b, 1);
    assert_int_equal(b.action, ACTION_CLAIM); /* never taken for unchanged */
    assert_int_equal(b.op, OP_UPDATE);
    assert_true(text_equal(b.target_id, TEXT("41")));
}

/* ---- numbers and existing materials ---- */

static struct ledger_row numbered(const char *key, const char *number, char content)
{
    struct ledger_row row = rig_row(key, content);
    row.in.number = text_of(number);
    return row;
}

static void refuses_a_second_owner_of_a_number(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[] = {numbered("K1", "N", 'a'), numbered("K2", "N", 'a'), numbered("K3", "K3", 'a')};
    rig_begin(rig, 1, rows, 3);
    assert_int_equal(rows[0].op, OP_CREATE);
    assert_int_equal(rows[1].outcome, OUTCOME_REJECTED);
    assert_true(text_equal(rows[1].in.refusal.class, TEXT("number_clash")));
    assert_true(text_find(rows[1].in.refusal.message, TEXT("K1")) >= 0);
    struct ledger_row later[] = {numbered("K4", "N", 'a'), numbered("K5", "K3", 'a'), numbered("N", "N", 'a')};
    rig_begin(rig, 1, later, 3); /* as number, as key without number, as key that is a number */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(later[i].outcome, OUTCOME_REJECTED);
        assert_true(text_equal(later[i].in.refusal.class, TEXT("number_clash")));
    }
    /* One that nothing is held for gives its number up. */
    assert_int_equal(rig_end(rig, &rows[0], 1, VERDICT_REFUSED, ""), 0);
    struct ledger_row heir = numbered("K6", "N", 'a');
    rig_begin(rig, 1, &heir, 1);
    assert_int_equal(heir.op, OP_CREATE);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE number = 'N' AND key = 'K6'"), 1);
}

static void follows_a_number_that_changes(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[] = {numbered("K1", "N1", 'a'), numbered("K2", "N2", 'a'), numbered("K3", "N3", 'a')};
    rig_begin(rig, 1, rows, 3);
    rig_end(rig, &rows[0], 1, VERDICT_SAVED, "41");
    rig_end(rig, &rows[1], 1, VERDICT_SAVED, ""); /* id not told */
    rig_run(rig, 2);
    rig->now += RIG_ALL;
    struct ledger_row moved[] = {numbered("K1", "M1", 'b'), numbered("K2", "M2", 'b'), numbered("K3", "M3", 'b')};
    rig_begin(rig, 2, moved, 3);
    assert_int_equal(moved[0].op, OP_UPDATE);
    assert_true(text_equal(moved[0].target_id, TEXT("41")));
    assert_int_equal(moved[1].op, OP_UPDATE);
    assert_true(moved[1].target_id.size == 0 && text_equal(moved[1].known_number, TEXT("N2")));
    assert_int_equal(moved[2].action, ACTION_SETTLE);
    assert_true(text_equal(moved[2].known_number, TEXT("N3")));
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE number IN ('M1', 'N2', 'N3')"), 3);
    rig_end(rig, &moved[1], 2, VERDICT_SAVED, "42");
    rig_run(rig, 3);
    rig_begin(rig, 3, &moved[1], 1);
    assert_int_equal(moved[1].outcome, OUTCOME_UNCHANGED);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE number = 'M2' AND target_id = '42'"), 1);
}

/* ---- explain ---- */

static void explains(void **state)
{
    struct rig *rig = *state;
    struct buffer json;
    buffer_init(&json, 4096);
    assert_int_equal(ledger_explain(rig->store, TEXT("K"), &json), ERR_NOT_FOUND);
    assert_int_equal(json.size, 0);
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    rig->now += 2000;
    assert_int_equal(ledger_explain(rig->store, TEXT("K"), &json), 0);
    buffer_add_char(&json, '\0');
    assert_string_equal(json.data,
                        "{\"key\":\"K\",\"records\":[{\"source\":\"sid\",\"target\":\"A1\",\"scheme\":\"shops\","
                        "\"number\":\"K\",\"target_id\":null,\"outcome\":\"pending\",\"run\":1,\"held\":false,"
                        "\"adopted\":false,\"claim\":{\"op\":\"create\",\"expires_in_ms\":30000},"
                        "\"page\":{\"slice\":0,\"page\":0,\"rows\":0,\"claims\":1,\"done\":false}}]}");
    rig_end(rig, &row, 1, VERDICT_REFUSED, "");
    buffer_clear(&json, 4096);
    assert_int_equal(ledger_explain(rig->store, TEXT("K"), &json), 0);
    assert_true(text_find(buffer_text(&json), TEXT("\"outcome\":\"rejected\"")) > 0);
    assert_true(text_find(buffer_text(&json), TEXT("\"message\":\"no such category\"")) > 0);
    buffer_fini(&json);
}

/* A rollback of the group runs the work again. */
static void begins_again_after_a_rollback(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[] = {numbered("K1", "N", 'a'), numbered("K2", "N", 'a'), rig_row("", 'a')};
    struct ledger_batch batch = rig_batch(rig, 1, rows, 3);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_begin(rig->store, true), 0);
        assert_int_equal(ledger_begin(rig->store, &batch), 0);
        assert_int_equal(rows[0].op, OP_CREATE);
        assert_int_equal(rows[1].outcome, OUTCOME_REJECTED);
        assert_int_equal(rows[2].outcome, OUTCOME_REJECTED);
        assert_int_equal(store_end(rig->store, i == 0 ? ERR_IO : 0), i == 0 ? ERR_IO : 0);
        assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record"), i == 0 ? 0 : 3);
    }
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), 2);
}

/* What a call may still do does not end earlier because a clock was set: the longest claim that was noted counts. */
static void a_clock_that_was_set_shortens_no_claim(void **state)
{
    static const struct {
        int64_t noted, wanted; /* ms */
    } steps[] = {{0, 60000}, {1000, 60000}, {360000, 360000}, {90000, 360000}};
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        rig->now += i % 2 ? 1000 : -3600000;
        assert_int_equal(store_begin(rig->store, true), 0);
        assert_int_equal(steps[i].noted > 0 ? store_claim_note(rig->store, steps[i].noted) : 0, 0);
        assert_int_equal(store_clock_anew(rig->store), 0);
        assert_int_equal(store_end(rig->store, 0), 0);
        assert_int_equal(rig_ask(rig, "select until from record"), rig->now + steps[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_every_state),
        cmocka_unit_test(decides_the_unseen),
#define ON_STORE(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)
        ON_STORE(refuses_a_page_of_others),
        ON_STORE(binds_a_run_to_one_account),
        ON_STORE(refuses_what_is_too_long),
        ON_STORE(creates_once),
        ON_STORE(updates_what_changed),
        ON_STORE(keeps_what_is_unknown),
        ON_STORE(releases_a_create),
        ON_STORE(settles_an_unknown_create),
        ON_STORE(settles_with_what_was_sent_last),
        ON_STORE(creates_again_what_is_gone),
        ON_STORE(stamps_stubs),
        ON_STORE(stamps_stubs_over_a_lost_create),
        ON_STORE(sends_a_refused_row_once),
        ON_STORE(remembers_what_a_refused_update_left),
        ON_STORE(refuses_a_second_owner_of_a_number),
        ON_STORE(follows_a_number_that_changes),
        ON_STORE(explains),
        ON_STORE(begins_again_after_a_rollback),
        ON_STORE(a_clock_that_was_set_shortens_no_claim),
    };
    return RUN_ON_EVERY_STORE(tests);
}
