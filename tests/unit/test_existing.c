/* What stands in a target account: one reader at a time, the first id of a number stays, nothing after the end; and what
 * the ledgers of one account know of each other. */
#include "ledger_rig.h"

#include "common/ledger/existing.h"

enum { LEASE = 30000, SETTLE = 20000 };

static struct existing_reading reading_of(const char *scheme, const char *owner)
{
    return (struct existing_reading){
        .account = TEXT("A1"), .scheme = text_of(scheme), .owner = text_of(owner), .lease = LEASE, .settle = SETTLE};
}

static int claim_for(struct rig *rig, const char *scheme, const char *owner, enum existing_state *state)
{
    const struct existing_reading reading = reading_of(scheme, owner);
    assert_int_equal(store_begin(rig->store, true), 0);
    return store_end(rig->store, existing_claim(rig->store, &reading, state));
}

static int claim(struct rig *rig, const char *owner, enum existing_state *state)
{
    return claim_for(rig, "other", owner, state);
}

static int put(struct rig *rig, const char *number, const char *id)
{
    const struct existing_reading reading = reading_of("other", "one");
    struct existing_material material = {text_of(number), text_of(id)};
    assert_int_equal(store_begin(rig->store, true), 0);
    return store_end(rig->store, existing_put(rig->store, &reading, &material, 1));
}

static int finish(struct rig *rig, const char *owner)
{
    const struct existing_reading reading = reading_of("other", owner);
    assert_int_equal(store_begin(rig->store, true), 0);
    return store_end(rig->store, existing_finish(rig->store, &reading));
}

static void has_one_reader(void **state)
{
    struct rig *rig = *state;
    enum existing_state standing = EXISTING_READ;
    assert_int_equal(claim(rig, "one", &standing), 0);
    assert_int_equal(standing, EXISTING_UNREAD);
    assert_int_equal(claim(rig, "two", &standing), ERR_BUSY);
    rig->now += LEASE - 1;
    assert_int_equal(claim(rig, "one", &standing), 0); /* renewed */
    rig->now += LEASE - 1;
    assert_int_equal(claim(rig, "two", &standing), ERR_BUSY);
    rig->now += 1;
    assert_int_equal(claim(rig, "two", &standing), 0);
    assert_int_equal(finish(rig, "one"), ERR_STALE);
    assert_int_equal(finish(rig, "two"), 0);
    assert_int_equal(finish(rig, "two"), ERR_STALE);
    assert_int_equal(claim(rig, "one", &standing), 0);
    assert_int_equal(standing, EXISTING_READ);
}

static void keeps_the_first(void **state)
{
    struct rig *rig = *state;
    enum existing_state standing;
    assert_int_equal(claim(rig, "one", &standing), 0);
    assert_int_equal(put(rig, "N1", "7"), 0);
    assert_int_equal(put(rig, "N1", "8"), 0);
    assert_int_equal(put(rig, "N2", "9"), 0);
    assert_int_equal(finish(rig, "one"), 0);
    assert_int_equal(put(rig, "N3", "10"), ERR_STALE);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM existing WHERE account = 'A1'"), 2);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM existing WHERE number = 'N1' AND target_id = '7'"), 1);
}

/* ---- several ledgers of one account ---- */

/* Run `id` of a scheme and a source of their own, with page 0 to 3 open. */
static void run_of(struct rig *rig, int64_t id, const char *scheme, const char *source, bool read)
{
    const struct sql_value names[] = {SQL_STRING(text_of(scheme)), SQL_STRING(text_of(source)), SQL_INTEGER(id)};
    rig_run(rig, id);
    assert_int_equal(store_begin(rig->store, true), 0);
    int error = store_run(rig->store, "UPDATE run SET scheme = $1, source = $2 WHERE id = $3", names, 3, NULL);
    if (!error && read) {
        error = store_run(rig->store,
                          "INSERT INTO existing_reading(account, scheme, state) VALUES('A1', $1, 1) "
                          "ON CONFLICT(account, scheme) DO UPDATE SET state = 1",
                          names, 1, NULL);
        error = error
                    ? error
                    : store_run(rig->store,
                                "INSERT INTO pair(source, target, scheme) VALUES($2, 'A1', $1) ON CONFLICT DO NOTHING",
                                names, 2, NULL);
    }
    assert_int_equal(store_end(rig->store, error), 0);
}

/* A scheme by a new name has read nothing yet: it creates nothing, whatever an older name has read. */
static void a_new_scheme_reads_first(void **state)
{
    struct rig *rig = *state;
    struct ledger_row row = rig_row("K1", 'a'), stub = rig_row("K2", 'a');
    run_of(rig, 2, "renamed", "sid", false);
    struct ledger_batch batch = rig_batch(rig, 2, &row, 1);
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_NOT_FOUND);
    stub.in.kind = RECORD_FILTERED;
    batch = rig_batch(rig, 2, &stub, 1); /* needs nothing of the target */
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    enum existing_state standing;
    assert_int_equal(claim_for(rig, "renamed", "one", &standing), 0);
    assert_int_equal(standing, EXISTING_UNREAD);
    const struct existing_reading reading = reading_of("renamed", "one");
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, existing_finish(rig->store, &reading)), 0);
    batch = rig_batch(rig, 2, &row, 1);
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(row.op, OP_CREATE);
}

static int claim_of_run(struct rig *rig, int64_t run, const char *owner, enum existing_state *state)
{
    struct existing_reading reading = reading_of("shops", owner);
    reading.run = run;
    assert_int_equal(store_begin(rig->store, true), 0);
    return store_end(rig->store, existing_claim(rig->store, &reading, state));
}

/* What was read for one source account is too old for another, even where its first batch creates nothing. */
static void a_new_source_reads_first(void **state)
{
    struct rig *rig = *state;
    enum existing_state standing;
    struct ledger_row row = rig_row("K1", 'a'), stub = rig_row("K2", 'a');
    rig_begin(rig, 1, &row, 1);
    assert_int_equal(row.op, OP_CREATE);
    run_of(rig, 2, "shops", "sid2", false);
    stub.in.kind = RECORD_FILTERED;
    struct ledger_batch batch = rig_batch(rig, 2, &stub, 1);
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_NOT_FOUND);
    assert_int_equal(claim_of_run(rig, 1, "one", &standing), 0); /* its ledger has read */
    assert_int_equal(standing, EXISTING_READ);
    assert_int_equal(claim_of_run(rig, 2, "one", &standing), 0);
    assert_int_equal(standing, EXISTING_UNREAD);
    assert_int_equal(claim_of_run(rig, 2, "two", &standing), ERR_BUSY);
    row = rig_row("K3", 'a');
    batch = rig_batch(rig, 2, &row, 1);
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_NOT_FOUND);
    batch = rig_batch(rig, 2, &stub, 1); /* needs nothing of the target */
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    struct existing_reading reading = reading_of("shops", "one");
    struct existing_material material = {TEXT("K3"), TEXT("9")};
    assert_int_equal(store_begin(rig->store, true), 0);
    int error = existing_put(rig->store, &reading, &material, 1);
    error = error ? error : existing_finish(rig->store, &reading);
    assert_int_equal(store_end(rig->store, error), 0);
    batch = rig_batch(rig, 2, &row, 1);
    batch.existing = EXISTING_ADOPT;
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(row.op, OP_UPDATE);
    assert_int_equal(claim_of_run(rig, 2, "two", &standing), 0);
    assert_int_equal(standing, EXISTING_READ);
}

/* What one ledger of the account made, another finds, though it was made after that one's reading. */
static void another_ledgers_material_is_found(void **state)
{
    static const struct {
        const char *scheme, *source;
        bool adopt;
    } others[] = {{"renamed", "sid", true}, {"shops", "sid2", true}, {"strict", "sid", false}};
    struct rig *rig = *state;
    struct ledger_row rows[] = {rig_row("K1", 'a'), rig_row("K2", 'a'), rig_row("K3", 'a')};
    rows[1].in.number = TEXT("N2");
    rig_begin(rig, 1, rows, 3);
    assert_int_equal(rig_end(rig, &rows[0], 1, VERDICT_SAVED, "7"), 0);
    assert_int_equal(rig_end(rig, &rows[1], 1, VERDICT_SAVED, ""), 0); /* its id is not known */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct ledger_row mine[] = {rig_row("K1", 'b'), rig_row("X", 'b'), rig_row("K3", 'b'), rig_row("K2", 'b')};
        mine[1].in.number = TEXT("N2");
        run_of(rig, 2 + (int64_t)i, others[i].scheme, others[i].source, true);
        struct ledger_batch batch = rig_batch(rig, 2 + (int64_t)i, mine, 4);
        batch.existing = others[i].adopt ? EXISTING_ADOPT : EXISTING_REJECT;
        assert_int_equal(rig_begin_batch(rig, &batch), 0);
        for (int n = 0; n < 2; n++) {
            assert_int_equal(mine[n].action, others[i].adopt ? ACTION_CLAIM : ACTION_STAMP);
            assert_int_equal(mine[n].op, others[i].adopt ? OP_UPDATE : OP_NONE);
        }
        if (others[i].adopt) {
            assert_true(text_equal(mine[0].target_id, TEXT("7")));
            assert_int_equal(mine[1].target_id.size, 0); /* to be looked up */
            assert_true(mine[0].adopted && mine[1].adopted);
        } else {
            assert_non_null(strstr(mine[0].in.refusal.message.data, "was made in the target by scheme"));
        }
        assert_int_equal(mine[2].action, ACTION_BUSY); /* its create may be under way */
        assert_int_equal(batch.retry_after, RIG_ALL);
        assert_int_equal(mine[3].op, OP_CREATE); /* a key of theirs whose number is another is nobody's number */
        assert_int_equal(rig_end(rig, &mine[3], 1, VERDICT_RELEASED, ""), 0);
        for (int n = 0; others[i].adopt && n < 2; n++) {
            assert_int_equal(rig_end(rig, &mine[n], 2 + (int64_t)i, VERDICT_SAVED, n == 0 ? "7" : ""), 0);
        }
    }
}

/* A create of another ledger that nobody knows the end of: the target is asked, never sent a second one. */
static void another_ledgers_unknown_create_is_looked_up(void **state)
{
    struct rig *rig = *state;
    struct ledger_row theirs = rig_row("K1", 'a'), mine = rig_row("K1", 'b');
    rig_begin(rig, 1, &theirs, 1);
    run_of(rig, 2, "renamed", "sid", true);
    rig->now += RIG_ALL;
    struct ledger_batch batch = rig_batch(rig, 2, &mine, 1);
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
    assert_int_equal(mine.action, ACTION_CLAIM);
    assert_int_equal(mine.op, OP_UPDATE);
    assert_int_equal(mine.target_id.size, 0);
    assert_true(text_equal(mine.known_number, TEXT("K1")));
}

/* The store has lost commits: what was read counts no more, and reading again waits until no lost POST can land. */
static void lost_commits_are_waited_out(void **state)
{
    struct rig *rig = *state;
    enum existing_state standing;
    rig_write(rig, "UPDATE existing_reading SET state = 0, since = 1000000");
    rig->now = 1000000 + SETTLE - 1;
    assert_int_equal(claim_for(rig, "shops", "one", &standing), ERR_BUSY);
    struct ledger_row row = rig_row("K1", 'a');
    struct ledger_batch batch = rig_batch(rig, 1, &row, 1);
    assert_int_equal(rig_begin_batch(rig, &batch), ERR_NOT_FOUND);
    rig->now++;
    assert_int_equal(claim_for(rig, "shops", "one", &standing), 0);
    assert_int_equal(standing, EXISTING_UNREAD);
}

#define ON_STORE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STORE(has_one_reader),
        ON_STORE(keeps_the_first),
        ON_STORE(a_new_scheme_reads_first),
        ON_STORE(a_new_source_reads_first),
        ON_STORE(another_ledgers_material_is_found),
        ON_STORE(another_ledgers_unknown_create_is_looked_up),
        ON_STORE(lost_commits_are_waited_out),
    };
    return RUN_ON_EVERY_STORE(tests);
}
