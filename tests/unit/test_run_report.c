/* Ends of runs: reports that add up, causes of failure, follow-ups. */
#include "tests/unit/run_rig.h"

/* `count` records that run `run` left with `outcome`. */
static void put_records(int64_t run, int outcome, int64_t count)
{
    static int64_t key;
    struct sql_value values[] = {SQL_INTEGER(key), SQL_INTEGER(key + count), SQL_INTEGER(run), SQL_INTEGER(outcome)};
    key += count;
    if (count > 0) {
        assert_int_equal(store_run(store,
                                   "insert into record (pair, key, run, outcome) with recursive n (no) as (select $1"
                                   " union all select no + 1 from n where no + 1 < $2) select 1, no, $3, $4 from n",
                                   values, 4, NULL),
                         0);
    }
}

static int64_t told(const struct report *report, const char *name)
{
    int64_t n;
    const cJSON *item = json_get(report->tree, name);
    assert_non_null(item);
    assert_int_equal(json_integer(item, &n), 0);
    return n;
}

static void a_report_adds_up_or_is_incomplete(void **state)
{
    static const struct {
        const char *name;
        int64_t seen, limit, total, asked; /* total told by pages, asked at the end */
        int64_t outcomes[6];
        int64_t complete, repeated, source_total;
    } rows[] = {
        {"all five outcomes", 15, 0, 15, -1, {0, 1, 2, 3, 4, 5}, 1, 0, 15},
        {"told at the end only", 6, 0, -1, 6, {0, 6}, 1, 0, 6},
        {"not told, and no empty page", 6, 0, -1, -1, {0, 6}, 0, 0, -1},
        {"repeated rows, total counts keys", 8, 0, 6, 6, {0, 6}, 1, 2, 6},
        {"the source grew meanwhile", 6, 0, 6, 7, {0, 6}, 0, 0, 7},
        {"the source shrank", 6, 0, 6, 5, {0, 6}, 0, 0, 5},
        {"a record got lost", 6, 0, 6, 6, {0, 5}, 0, 1, 6},
        {"more outcomes than rows", 6, 0, -1, -1, {0, 7}, 0, 0, -1},
        {"one is pending", 7, 0, -1, -1, {1, 6}, 0, 1, -1},
        {"a limit was reached", 10, 10, 500, 500, {0, 10}, 1, 0, 500},
        {"a limit above the total", 6, 10, 6, 6, {0, 6}, 1, 0, 6},
        {"a limit, and too few", 9, 10, 500, 500, {0, 9}, 0, 0, 500},
        {"nothing there", 0, 0, 0, 0, {0}, 1, 0, 0},
    };
    static const char *const names[] = {"", "created", "updated", "unchanged", "filtered", "rejected"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run_plan plan = plan_of("h", 1);
        plan.limit = rows[i].limit;
        struct run run;
        struct report report;
        struct run_sums sums, again;
        assert_int_equal(run_begin(store, &plan, &run), 0);
        struct page page = claim_one(run.id, "me");
        assert_int_equal(run_close(store, run.id, -1, &sums), ERR_BUSY);
        assert_int_equal(run_sums(store, run.id, &sums), ERR_NOT_FOUND);
        finish(&page, rows[i].seen, 1, rows[i].total, -1, -1);
        for (int outcome = 0; outcome < 6; outcome++) {
            put_records(run.id, outcome, rows[i].outcomes[outcome]);
        }
        assert_state(run.id, "open");
        assert_int_equal(run_close(store, run.id, rows[i].asked, &sums), 0);
        report_read(&report, 0); /* the newest */
        if (cJSON_IsTrue(json_get(report.tree, "complete")) != (int)rows[i].complete) {
            fail_msg("%s: %.*s", rows[i].name, TEXT_ARG(buffer_text(&report.text)));
        }
        assert_state(run.id, rows[i].complete ? "complete" : "incomplete");
        assert_int_equal(told(&report, "run"), run.id);
        assert_true(text_equal(json_text(json_get(report.tree, "scheme")), plan.scheme));
        assert_int_equal(told(&report, "pages"), 1);
        assert_int_equal(told(&report, "seen"), rows[i].seen);
        assert_int_equal(told(&report, "repeated"), rows[i].repeated);
        for (int outcome = 1; outcome < 6; outcome++) {
            assert_int_equal(told(&report, names[outcome]), rows[i].outcomes[outcome]);
        }
        if (rows[i].source_total < 0) {
            assert_true(cJSON_IsNull(json_get(report.tree, "source_total")));
        } else {
            assert_int_equal(told(&report, "source_total"), rows[i].source_total);
        }
        assert_true(cJSON_IsNumber(json_get(report.tree, "seconds")));
        assert_true(cJSON_IsNumber(json_get(report.tree, "records_per_second")));
        assert_int_equal(json_get(report.tree, "limit") != NULL, rows[i].limit > 0);
        assert_null(json_get(report.tree, "cause"));
        assert_int_equal(sums.complete, rows[i].complete);
        assert_int_equal(sums.source_total, rows[i].source_total);
        assert_int_equal(sums.seen, rows[i].seen);
        assert_int_equal(sums.repeated, rows[i].repeated);
        const int64_t counted[] = {0, sums.created, sums.updated, sums.unchanged, sums.filtered, sums.rejected};
        for (int outcome = 1; outcome < 6; outcome++) {
            assert_int_equal(counted[outcome], rows[i].outcomes[outcome]);
        }
        memset(&again, 0, sizeof again);
        assert_int_equal(run_sums(store, run.id, &again), 0); /* as read from its row */
        assert_string_equal(again.state, sums.state);
        assert_int_equal(again.ms, sums.ms);
        assert_int_equal(again.rate, sums.rate);
        assert_int_equal(again.created, sums.created);
        assert_int_equal(again.source_total, sums.source_total);
        assert_int_equal(again.complete, sums.complete);
        assert_int_equal(run_close(store, run.id, -1, &sums), ERR_STALE); /* another closed it */
        report_fini(&report);
    }
    struct buffer none;
    buffer_init(&none, 1000);
    assert_int_equal(run_report(store, 12345, &none), ERR_NOT_FOUND);
    buffer_fini(&none);
}

static void seconds_and_rate_come_from_the_rows_clock(void **state)
{
    (void)state;
    struct run run = begin("h", 1);
    struct page page = claim_one(run.id, "me");
    finish(&page, 5000, 1, -1, -1, -1);
    put_records(run.id, 1, 5000);
    assert_int_equal(run_fail(store, run.id, TEXT("x")), 0);
    struct sql_value id = SQL_INTEGER(run.id);
    assert_int_equal(store_run(store, "update run set started = 1000, ended = 3345 where id = $1", &id, 1, NULL), 0);
    struct report report;
    report_read(&report, run.id);
    assert_non_null(strstr(report.text.data, "\"seconds\":2.345,\"records_per_second\":2132"));
    report_fini(&report);
}

/* Outcomes of pages that are under way count when their page does: at any moment the sums are those of the rows seen. */
static void sums_hold_while_pages_are_open(void **state)
{
    (void)state;
    struct run run = begin("h", 2);
    struct page pages[2];
    assert_int_equal(claim(run.id, "me", 2, pages), 2);
    finish(&pages[0], 6, 1, -1, -1, -1);
    put_records(run.id, 1, 4);
    assert_int_equal(store_run(store, "update record set slice = 0, page = 0", NULL, 0, NULL), 0);
    put_records(run.id, 2, 7);
    assert_int_equal(store_run(store, "update record set slice = 1, page = 0 where slice is null", NULL, 0, NULL), 0);
    static const char *const states[] = {"open", "failed", "open"};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct report report;
        report_read(&report, run.id);
        assert_true(text_equal(json_text(json_get(report.tree, "state")), text_of(states[i])));
        assert_int_equal(told(&report, "seen"), 6);
        assert_int_equal(told(&report, "created"), 4);
        assert_int_equal(told(&report, "updated"), 0);
        assert_int_equal(told(&report, "repeated"), 2);
        report_fini(&report);
        if (i == 0) {
            assert_int_equal(run_fail(store, run.id, TEXT("x")), 0);
        } else if (i == 1) {
            (void)begin("h", 2);
        }
    }
    finish(&pages[1], 7, 2, -1, -1, -1);
    struct run_sums sums;
    assert_int_equal(run_close(store, run.id, -1, &sums), 0);
    assert_int_equal(sums.seen, 13);
    assert_int_equal(sums.created + sums.updated + sums.repeated, 13);
}

static void a_failed_run_tells_its_cause_and_goes_on(void **state)
{
    (void)state;
    struct run run = begin("h", 1), again;
    struct page page = claim_one(run.id, "me");
    assert_int_equal(run_fail(store, run.id, TEXT("Invalid signature: check \"WDT_APP_SECRET\"")), 0);
    struct report report;
    report_read(&report, run.id);
    assert_true(text_equal(json_text(json_get(report.tree, "state")), TEXT("failed")));
    assert_true(
        text_equal(json_text(json_get(report.tree, "cause")), TEXT("Invalid signature: check \"WDT_APP_SECRET\"")));
    report_fini(&report);
    size_t count;
    struct page none;
    assert_int_equal(page_claim(store, run.id, TEXT("me"), 1, &none, &count), ERR_STALE);
    finish(&page, 10, 1, -1, -1, 1); /* what was under way still counts */

    again = begin("h", 1);
    assert_int_equal(again.id, run.id);
    assert_true(again.resumed);
    assert_state(run.id, "open");
    report_read(&report, run.id);
    assert_null(json_get(report.tree, "cause"));
    report_fini(&report);
    page = claim_one(run.id, "me");
    assert_int_equal(page.no, 1);
    finish(&page, 0, 0, -1, -1, -1);
    put_records(run.id, 1, 10);
    assert_int_equal(run_close(store, run.id, -1, NULL), 0);
    assert_state(run.id, "complete");
    assert_int_equal(run_fail(store, run.id, TEXT("late")), ERR_STALE);
    assert_state(run.id, "complete");
}

static void a_follow_up_runs_at_most_twice(void **state)
{
    (void)state;
    struct run_plan plan = plan_of("h", 1);
    struct run run = begin("h", 1), next, same;
    for (int chain = 0; chain <= RUN_FOLLOW_MAX; chain++) {
        assert_int_equal(run.follow_up, chain);
        assert_int_equal(run_follow(store, &plan, &run, &next), chain == RUN_FOLLOW_MAX ? ERR_LIMIT : ERR_STALE);
        struct page page = claim_one(run.id, "me");
        finish(&page, 0, 0, -1, -1, -1);
        assert_int_equal(run_close(store, run.id, -1, NULL), 0);
        if (chain == RUN_FOLLOW_MAX) {
            break;
        }
        assert_int_equal(run_follow(store, &plan, &run, &next), 0);
        assert_int_equal(run_follow(store, &plan, &run, &same), 0); /* another extractor, a moment later */
        assert_int_equal(same.id, next.id);
        assert_true(same.resumed);
        assert_true(next.id > run.id);
        run = next;
    }
    assert_int_equal(run_follow(store, &plan, &run, &next), ERR_LIMIT);
    assert_int_equal(begin("h", 1).follow_up, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_report_adds_up_or_is_incomplete), CASE(seconds_and_rate_come_from_the_rows_clock),
        CASE(sums_hold_while_pages_are_open),    CASE(a_failed_run_tells_its_cause_and_goes_on),
        CASE(a_follow_up_runs_at_most_twice),
    };
    return RUN_ON_EVERY_STORE(tests);
}
