/* Replays: which rejects are chosen, what becomes of each key; and the error budget, on every store. */
#include "tests/unit/run_rig.h"

#include "common/ledger/budget.h"
#include "common/run/replay.h"

/* A run that is over, with four rejects: A and B by the target, C by the mapping, one without a key. Z is of another
 * account, D was written. */
static int world_make(void **state)
{
    if (store_make(state)) {
        return -1;
    }
    struct run run = begin("h1", 1);
    struct page page = claim_one(run.id, "me");
    write_text("insert into pair (source, target, scheme) values ('sid', 'T1', 'shop-to-material')");
    write_text("insert into pair (source, target, scheme) values ('sid', 'T2', 'shop-to-material')");
    write_text("update run set target = 'T1', pair = (select min(id) from pair)");
    static const char *const records[] = {
        "insert into record (id, pair, key, run, outcome, hash) select 1, min(id), 'A', 1, 5, digest from pair, page "
        "group by digest",
        "insert into record (id, pair, key, run, outcome, hash) select 2, min(id), 'B', 1, 5, digest from pair, page "
        "group by digest",
        "insert into record (id, pair, key, run, outcome, hash) select 3, min(id), 'C', 1, 5, digest from pair, page "
        "group by digest",
        "insert into record (id, pair, key, run, outcome, hash) select 4, min(id), '(no key) 0011', 1, 5, digest from "
        "pair, page group by digest",
        "insert into record (id, pair, key, run, outcome, hash) select 5, max(id), 'Z', 1, 5, digest from pair, page "
        "group by digest",
        "insert into record (id, pair, key, run, outcome, hash) select 6, min(id), 'D', 1, 1, digest from pair, page "
        "group by digest",
        "insert into reject (record, run, class, code, message, first, last) values (1, 1, 'target', 'E1', '', 0, 0), "
        "(2, 1, 'target', 'E2', '', 0, 0), (3, 1, 'mapping', '', '', 0, 0), (4, 1, 'keyless', '', '', 0, 0), "
        "(5, 1, 'target', 'E1', '', 0, 0)",
    };
    finish(&page, 6, 1, -1, -1, -1);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        write_text(records[i]);
    }
    return run_close(store, run.id, -1, NULL);
}

static int replay(const struct replay_choice *choice, struct replay *out)
{
    struct run_plan plan = plan_of("h1", 1);
    return replay_begin(store, &plan, choice, out);
}

/* Two source accounts, one scheme, one store: a replay is of the rejects of its own source, and its run is that source's. */
static void a_source_replays_its_own(void **state)
{
    (void)state;
    struct run_plan plan = plan_of("h1", 1);
    struct replay out;
    const struct replay_choice all = {.code = TEXT(""), .class = TEXT("")};
    write_text("insert into run (scheme, scheme_hash, source, target, pair, state, slices, started) select scheme, "
               "scheme_hash, 'othersid', target, 99, 2, 1, 0 from run");
    plan.source = TEXT("nobody");
    assert_int_equal(replay_begin(store, &plan, &all, &out), ERR_NOT_FOUND);
    plan.source = TEXT("sid");
    assert_int_equal(replay_begin(store, &plan, &all, &out), 0);
    assert_int_equal(out.keys, 3);
    assert_int_equal(number_of("select count(*) from run where state = 1 and source = 'sid' and kind = 1"), 1);
    plan.source = TEXT("othersid"); /* the other's open run is not in its way */
    assert_int_equal(replay_begin(store, &plan, &all, &out), ERR_NOT_FOUND);
    assert_false(out.run.resumed);
}

static void rejects_are_chosen(void **state)
{
    static const struct {
        const char *keys[4], *code, *class;
        int error;
        int64_t count, keyless;
        const char *absent;
    } rows[] = {
        {{NULL}, "", "", 0, 3, 1, ""},
        {{"A"}, "", "", 0, 1, 0, ""},
        {{"C", "A", "C"}, "", "", 0, 2, 0, ""},
        {{"A", "D"}, "", "", ERR_NOT_FOUND, 1, 0, "D"},
        {{"Z"}, "", "", ERR_NOT_FOUND, 0, 0, "Z"},
        {{"(no key) 0011"}, "", "", ERR_NOT_FOUND, 0, 1, "(no key) 0011"},
        {{NULL}, "E1", "", 0, 1, 0, ""},
        {{NULL}, "", "mapping", 0, 1, 0, ""},
        {{NULL}, "E2", "mapping", ERR_NOT_FOUND, 0, 0, ""},
        {{"A"}, "E2", "", ERR_NOT_FOUND, 0, 0, "A"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text keys[4];
        struct replay_choice choice = {.keys = keys, .code = text_of(rows[i].code), .class = text_of(rows[i].class)};
        for (; choice.key_count < 4 && rows[i].keys[choice.key_count]; choice.key_count++) {
            keys[choice.key_count] = text_of(rows[i].keys[choice.key_count]);
        }
        struct replay out;
        assert_int_equal(store_end(store, 0), 0);
        assert_int_equal(store_begin(store, true), 0);
        int error = replay(&choice, &out);
        if (error != rows[i].error || out.keys != rows[i].count || out.keyless != rows[i].keyless ||
            !text_equal(out.absent, text_of(rows[i].absent))) {
            fail_msg("row %zu: %d, %lld keys, %lld keyless, absent '%.*s'", i, error, (long long)out.keys,
                     (long long)out.keyless, TEXT_ARG(out.absent));
        }
        if (!error) {
            assert_int_equal(number_of("select count(*) from record where hash is null"), rows[i].count);
        }
        assert_int_equal(store_end(store, ERR_INPUT), ERR_INPUT); /* as if never chosen */
        assert_int_equal(store_begin(store, true), 0);
    }
}

static void each_key_is_a_slice(void **state)
{
    (void)state;
    struct replay out, again;
    struct page pages[8];
    char key[KEY_MAX + 1];
    bool gone = true;
    int64_t count = -1;
    assert_int_equal(replay(&(struct replay_choice){0}, &out), 0);
    assert_int_equal(claim(out.run.id, "me", 8, pages), 3);
    assert_int_equal(replay_key(store, out.run.id, 3, key), ERR_NOT_FOUND);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(replay_key(store, out.run.id, pages[i].slice, key), 0);
        assert_true(key[0] == 'A' + i && key[1] == '\0');
    }
    finish(&pages[0], 1, 1, -1, -1, -1);
    assert_int_equal(replay_end(store, &pages[0], &gone), 0);
    assert_false(gone);
    finish(&pages[1], 0, 0, -1, -1, -1);
    assert_int_equal(replay_end(store, &pages[1], &gone), 0);
    assert_true(gone);
    assert_int_equal(number_of("select count(*) from reject where record = 2"), 0);
    assert_int_equal(number_of("select count(*) from reject"), 4);

    /* Whoever comes meanwhile: another replay, and any run, goes on with this one. */
    assert_int_equal(replay(&(struct replay_choice){.code = TEXT("E1")}, &again), 0);
    assert_true(again.run.resumed && again.run.id == out.run.id && again.keys == 3);
    struct run run = begin("h1", 1);
    assert_true(run.resumed && run.id == out.run.id && run.kind == RUN_REPLAY);

    finish(&pages[2], 1, 2, -1, -1, -1);
    assert_int_equal(replay_gone(store, out.run.id, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(run_close(store, out.run.id, -1, NULL), 0);
    struct report report;
    report_read(&report, out.run.id);
    assert_true(text_equal(json_text(json_get(report.tree, "kind")), TEXT("replay")));
    int64_t n = 0;
    assert_int_equal(json_integer(json_get(report.tree, "gone"), &n), 0);
    assert_int_equal(n, 1);
    report_fini(&report);

    struct run other = begin("h1", 1);
    assert_int_equal(replay(&(struct replay_choice){0}, &again), ERR_BUSY);
    assert_int_equal(again.run.id, other.id);
}

static void one_run_and_no_other(void **state)
{
    (void)state;
    struct replay out;
    struct run run;
    struct run_plan plan = plan_of("h1", 1);
    assert_int_equal(replay(&(struct replay_choice){.code = TEXT("E1")}, &out), 0);
    plan.only = out.run.id;
    assert_int_equal(run_begin(store, &plan, &run), 0);
    assert_int_equal(run.id, out.run.id);
    plan.source = TEXT("another sid");
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);
    plan = plan_of("h2", 1);
    plan.only = out.run.id;
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);
    assert_state(out.run.id, "open");
    plan = plan_of("h1", 1);
    plan.only = 1;
    assert_int_equal(run_begin(store, &plan, &run), ERR_STALE);
}

static bool spend(int64_t run, const struct scheme_budget *budget, int64_t refused, int64_t streak, bool saved)
{
    bool past = false;
    const struct budget_spent spent = {refused, streak, saved};
    assert_int_equal(budget_spend(store, budget, run, &spent, &past), 0);
    return past;
}

/* Single rows of pages that were saved for the rest are refused last, one after the other: that is no row of refusals. */
static void refusals_among_saved_rows_are_not_in_a_row(void **state)
{
    enum { MANY = 50 };
    (void)state;
    struct run run = begin("h1", 1);
    const struct scheme_budget budget = {.consecutive = 10};
    struct ledger_result results[MANY];
    bool past = true;
    for (int i = 0; i < MANY; i++) {
        results[i] = (struct ledger_result){.run = run.id, .verdict = VERDICT_REFUSED, .among_saved = true};
    }
    assert_int_equal(budget_results(store, &budget, results, MANY, &past), 0);
    assert_false(past);
    assert_int_equal(number_of("select refused from run order by id desc limit 1"), MANY);
    for (int i = 0; i < 10; i++) {
        results[i].among_saved = false;
    }
    assert_int_equal(budget_results(store, &budget, results, 9, &past), 0);
    assert_false(past);
    assert_int_equal(budget_results(store, &budget, results, 1, &past), 0);
    assert_true(past);
}

static void a_budget_is_spent_by_all(void **state)
{
    (void)state;
    struct run run = begin("h1", 1);
    struct page page = claim_one(run.id, "me");
    const struct scheme_budget row = {.consecutive = 10}, all = {.rejects = 30}, part = {.percent = 10}, none = {0};
    enum run_state now_in;
    struct cause cause;
    assert_false(spend(run.id, &row, 9, 9, false));
    assert_false(spend(run.id, &row, 0, 0, true)); /* one was saved: the row ends */
    assert_false(spend(run.id, &row, 9, 9, false));
    assert_false(spend(run.id, &row, 12, 9, true)); /* three, then one that was saved, then nine */
    assert_false(spend(run.id, &all, 0, 0, true));
    assert_false(spend(run.id, &none, 0, 0, true));
    assert_int_equal(number_of("select refused from run order by id desc limit 1"), 30);
    assert_false(spend(run.id, &part, 5, 0, false)); /* 35 of a thousand at least */
    assert_int_equal(run_state(store, run.id, &now_in, &cause), 0);
    assert_true(now_in == RUN_OPEN && cause.text[0] == '\0');

    assert_true(spend(run.id, &all, 1, 1, false));
    assert_int_equal(run_state(store, run.id, &now_in, &cause), 0);
    assert_int_equal(now_in, RUN_FAILED);
    assert_non_null(strstr(cause.text, "budget.rejects of the scheme is 30"));
    assert_true(spend(run.id, &all, 1, 1, false)); /* it stays stopped */
    assert_int_equal(number_of("select refused from run order by id desc limit 1"), 36);

    struct run again = begin("h1", 1); /* a new start has a new budget */
    assert_true(again.resumed && again.id == run.id);
    assert_false(spend(run.id, &all, 30, 0, false));
    finish(&page, 100, 1, 200, 1, -1); /* now a total is told */
    assert_true(spend(run.id, &part, 1, 0, false));
    assert_int_equal(run_state(store, run.id, &now_in, &cause), 0);
    assert_non_null(strstr(cause.text, "budget.percent"));
    (void)begin("h1", 1);
    assert_true(spend(run.id, &row, 10, 10, false));
    assert_int_equal(run_state(store, run.id, &now_in, &cause), 0);
    assert_non_null(strstr(cause.text, "in a row"));
}

int main(void)
{
#define WITH_REJECTS(f) cmocka_unit_test_setup_teardown(f, world_make, store_remove)
    const struct CMUnitTest tests[] = {
        WITH_REJECTS(a_source_replays_its_own), WITH_REJECTS(rejects_are_chosen),
        WITH_REJECTS(each_key_is_a_slice),      WITH_REJECTS(one_run_and_no_other),
        CASE(a_budget_is_spent_by_all),         CASE(refusals_among_saved_rows_are_not_in_a_row),
    };
    return RUN_ON_EVERY_STORE(tests);
}
