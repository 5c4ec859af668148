/* Which runs know what the source has lost, what counts as lost, and the run that disables it, on every store. */
#include "tests/unit/run_rig.h"

#include "common/run/outcome.h"
#include "common/run/vanished.h"

/* Run 1 has read A to T, 20 records. Run 2 is at its end, and has seen all but R, S and T. */
static int world_make(void **state)
{
    if (store_make(state)) {
        return -1;
    }
    write_text("insert into pair (source, target, scheme) values ('sid', 'T1', 'shop-to-material')");
    write_text("insert into run (scheme, scheme_hash, source, target, pair, state, slices, started) values "
               "('shop-to-material', 'h1', 'sid', 'T1', (select min(id) from pair), 2, 1, 0)");
    write_text("insert into run (scheme, scheme_hash, source, target, pair, state, slices, started, report) values "
               "('shop-to-material', 'h1', 'sid', 'T1', (select min(id) from pair), 2, 1, 0, '{\"run\":2}')");
    for (int i = 0; i < 20; i++) {
        char key[2] = {(char)('A' + i), '\0'};
        const struct sql_value values[] = {SQL_INTEGER(i + 1), SQL_STRING(text_of(key)), SQL_INTEGER(i < 17 ? 2 : 1)};
        assert_int_equal(store_run(store,
                                   "insert into record (id, pair, key, held, run, outcome, slice, page) select $1, "
                                   "min(id), $2, 1, $3, 3, 0, 0 from pair",
                                   values, 3, NULL),
                         0);
    }
    return 0;
}

static const struct run whole = {.id = 2};
static const struct run_sums proven = {
    .complete = true, .proof = PROOF_TOTAL, .source_total = 17, .unchanged = 15, .filtered = 1, .rejected = 1};

static struct run_vanished find(const struct run *run, const struct run_sums *sums, bool moved, int64_t percent,
                                struct run *next)
{
    struct run_vanished vanished = {.disable = percent > 0, .percent = percent};
    write_text("update run set report = '{\"run\":2}' where id = 2");
    assert_int_equal(run_vanish(store, run, sums, moved, &vanished, next), 0);
    struct run_vanished told = {.disable = vanished.disable, .percent = percent, .run = -1};
    assert_int_equal(run_vanished_told(store, run->id, &told), run->id == 2 ? 0 : ERR_NOT_FOUND);
    if (run->id == 2) { /* who did not get the reply reads the same */
        assert_true(told.stopped == vanished.stopped && told.run == vanished.run && (vanished.looked || !told.looked));
        assert_true(told.unread == vanished.unread && told.records == (vanished.unread > 0 ? 0 : vanished.records));
        assert_int_equal(told.known, vanished.unread > 0 ? 0 : vanished.known);
    }
    return vanished;
}

static void expect_report(const char *wanted)
{
    struct buffer json;
    buffer_init(&json, 1 << 16);
    assert_int_equal(run_report(store, 2, &json), 0);
    buffer_add_char(&json, '\0');
    assert_string_equal(json.data, wanted);
    buffer_fini(&json);
}

static void expect_unknown(const struct run *run, const struct run_sums *sums, bool moved)
{
    struct run next;
    struct run_vanished vanished = find(run, sums, moved, 100, &next);
    assert_false(vanished.looked);
    assert_true(vanished.records == 0 && vanished.run == 0 && next.id == 0);
    expect_report("{\"run\":2}");
}

static void only_a_whole_run_knows(void **state)
{
    (void)state;
    struct run run = whole;
    struct run_sums sums = proven;
    run.limit = 5;
    expect_unknown(&run, &proven, false);
    run = whole;
    run.kind = RUN_REPLAY;
    expect_unknown(&run, &proven, false);
    run.kind = RUN_VANISHED;
    expect_unknown(&run, &proven, false);
    run = whole;
    run.window.step = 1000;
    expect_unknown(&run, &proven, false);
    expect_unknown(&whole, &proven, true);
    sums.complete = false;
    expect_unknown(&whole, &sums, false);
    sums = proven;
    sums.proof = PROOF_NONE;
    expect_unknown(&whole, &sums, false);
    sums.proof = PROOF_EMPTY;
    sums.source_total = 18; /* one more than came */
    expect_unknown(&whole, &sums, false);

    struct run next;
    sums.source_total = -1;
    assert_int_equal(find(&whole, &sums, false, 0, &next).records, 3);
    expect_report("{\"run\":2,\"vanished\":{\"records\":3,\"known\":20,\"keys\":[\"R\",\"S\",\"T\"]}}");
    assert_int_equal(next.id, 0);
}

static void not_all_that_is_old_has_vanished(void **state)
{
    (void)state;
    struct run next;
    write_text("update record set held = 0 where key = 'R'"); /* never saved */
    assert_int_equal(find(&whole, &proven, false, 0, &next).records, 2);
    write_text("update record set claim = 7, op = 1 where key = 'R'"); /* or nobody knows */
    assert_int_equal(find(&whole, &proven, false, 0, &next).records, 3);
    write_text("update record set slice = 2147483647, outcome = 2 where key = 'S'"); /* disabled */
    struct run_vanished vanished = find(&whole, &proven, false, 0, &next);
    assert_true(vanished.records == 2 && vanished.known == 19);
    write_text("update record set outcome = 5 where key = 'S'"); /* that was refused */
    assert_int_equal(find(&whole, &proven, false, 0, &next).records, 3);
    /* Another ledger of the account has one of them by its number, one by its key. */
    write_text("insert into pair (source, target, scheme) values ('sid', 'T1', 'other')");
    write_text("update record set number = 'N1' where key = 'S'");
    write_text("insert into record (id, pair, key, number, held, run) select 101, max(id), 'X', 'N1', 1, 1 from pair");
    write_text("insert into record (id, pair, key, held, run) select 102, max(id), 'T', 1, 1 from pair");
    find(&whole, &proven, false, 0, &next);
    expect_report("{\"run\":2,\"vanished\":{\"records\":1,\"known\":20,\"keys\":[\"R\"]}}");
    write_text("insert into record (id, pair, key, run, outcome) select 103, min(id), '(no key) 0011', 2, 5 from pair");
    vanished = find(&whole, &proven, false, 100, &next);
    assert_true(vanished.looked && vanished.unread == 1 && vanished.records == 0 && next.id == 0);
    expect_report("{\"run\":2,\"vanished\":{\"unread\":1}}");
    write_text("update record set run = 1 where id = 103"); /* it was read this time */
    assert_int_equal(find(&whole, &proven, false, 0, &next).records, 1);
}

static int collect(void *user, struct text key, struct text number)
{
    char *out = user;
    size_t used = strlen(out);
    snprintf(out + used, 100 - used, "%.*s=%.*s ", TEXT_ARG(key), TEXT_ARG(number));
    return 0;
}

static void a_run_disables_them(void **state)
{
    (void)state;
    struct run next, open;
    struct run_plan plan = plan_of("h1", 1);
    write_text("update record set number = 'N1' where key = 'S'");
    struct run_vanished vanished = find(&whole, &proven, false, 14, &next);
    assert_true(vanished.stopped && vanished.run == 0 && next.id == 0); /* 15 % */
    expect_report(
        "{\"run\":2,\"vanished\":{\"records\":3,\"known\":20,\"keys\":[\"R\",\"S\",\"T\"],\"stopped\":true}}");
    write_text("update run set vanish_all = 1 where id = 2"); /* a person says so */
    vanished = find(&whole, &proven, false, 14, &next);
    assert_true(!vanished.stopped && vanished.run == next.id && next.kind == RUN_VANISHED);

    assert_int_equal(run_begin(store, &plan, &open), 0); /* it stands open for every extractor */
    assert_true(open.id == next.id && open.kind == RUN_VANISHED && open.resumed);
    assert_int_equal(
        number_of("select count(*) from run where id = 3 and target = 'T1' and pair = (select min(id) from "
                  "pair) and kind = 2 and state = 1"),
        1);
    struct page page = claim_one(open.id, "me");
    assert_true(page_is_vanished(&page) && page.no == 0);
    char said[100] = "";
    assert_int_equal(vanished_each(store, &page, collect, said), 0);
    assert_string_equal(said, "R=R S=N1 T=T ");
    page.no = 1;
    assert_int_equal(vanished_each(store, &page, collect, said), 0);
    assert_string_equal(said, "R=R S=N1 T=T ");
    page.no = 0;
    finish(&page, 3, 0, -1, -1, -1);
    struct run_sums sums;
    write_text("update record set run = 3, outcome = 2, slice = 2147483647 where key in ('R', 'S', 'T')");
    assert_int_equal(run_close(store, open.id, -1, &sums), 0);
    assert_true(sums.complete && sums.updated == 3 && sums.seen == 3);
    assert_int_equal(find(&whole, &proven, false, 100, &next).records, 0);
}

/* A run over an empty source has written into no ledger. */
static void nothing_is_left(void **state)
{
    (void)state;
    struct run next;
    const struct run_sums none = {.complete = true, .proof = PROOF_EMPTY, .source_total = 0};
    write_text("update run set pair = null, target = null where id = 2");
    write_text("update record set run = 1");
    struct run_vanished vanished = find(&whole, &none, false, 99, &next);
    assert_true(vanished.stopped && vanished.records == 20 && vanished.known == 20);
    vanished = find(&whole, &none, false, 100, &next);
    assert_true(vanished.run != 0);
    assert_int_equal(number_of("select count(*) from run where id = 3 and target = 'T1'"), 1);
    write_text("delete from run where id <> 2"); /* the first run of all */
    vanished = find(&whole, &none, false, 100, &next);
    assert_true(vanished.looked && vanished.records == 0 && vanished.run == 0);
}

/* The report holds some of the keys, the run all. */
static void many(void **state)
{
    (void)state;
    struct run next;
    write_text(
        "insert into record (id, pair, key, held, run, outcome) with recursive n (no) as (select 1000 union all "
        "select no + 1 from n where no < 1999) select no, (select min(id) from pair), 'K' || no, 1, 1, 1 from n");
    struct run_vanished vanished = find(&whole, &proven, false, 100, &next);
    assert_int_equal(vanished.records, 1003);
    assert_int_equal(number_of("select count(*) from run_key where run = 3"), 1003);
    assert_int_equal(number_of("select count(*) from page where run = 3"), 11);
    assert_int_equal(number_of("select count(*) from run where id = 2 and report like '%\"K1096\"]%'"), 1);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, world_make, store_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {ON(only_a_whole_run_knows), ON(not_all_that_is_old_has_vanished),
                                       ON(a_run_disables_them), ON(nothing_is_left), ON(many)};
    return RUN_ON_EVERY_STORE(tests);
}
