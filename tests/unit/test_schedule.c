/* Runs that start by the clock: what the store notes, and when who begins. Both stores. */
#include "common/run/schedule.h"
#include "tests/unit/run_rig.h"

static void set_due(int64_t unix_ms)
{
    const struct sql_value due = SQL_INTEGER(unix_ms);
    assert_int_equal(store_run(store, "update api set due = $1 where name = 'run shop-to-material sid'", &due, 1, NULL),
                     0);
}

static void close_run(int64_t id)
{
    struct page page = claim_one(id, "me");
    finish(&page, 1, 1, 1, -1, -1);
    assert_int_equal(run_close(store, id, 1, NULL), 0);
}

/* The store says when the next is due, in unix time; here it is moved instead of the host's clock. */
static void runs_start_by_the_clock(void **state)
{
    (void)state;
    static const struct zone_shift china[] = {{INT64_MIN, 8 * 3600}};
    const struct zone zone = {china, 1};
    struct cron nightly, hourly;
    struct cause cause;
    assert_int_equal(cron_read(TEXT("0 2 * * *"), &zone, TEXT("Asia/Shanghai"), &nightly, &cause), 0);
    assert_int_equal(cron_read(TEXT("30 * * * *"), &zone, TEXT("Asia/Shanghai"), &hourly, &cause), 0);
    struct run_plan plan = plan_of("h1", 1);
    plan.every = 60000; /* a service */
    plan.at = &nightly;
    struct run run;
    struct run_next next;
    struct store_ms due;
    /* Never seen before: noted, and not begun before its time. */
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);
    assert_int_equal(schedule_look(store, &plan, &due), ERR_NOT_FOUND);
    assert_int_equal(run_first(store, &next), ERR_NOT_FOUND);
    assert_int_equal(schedule_note(store, &plan), 0);
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_true(due.ms > now && due.ms <= now + 86400000);
    assert_int_equal(run_first(store, &next), 0);
    assert_true(next.scheduled && next.every == 0 && next.late == 0 && next.at % 86400000 == INT64_C(18) * 3600000);
    assert_string_equal(next.clock, "0 2 * * * Asia/Shanghai");
    int64_t first = next.at;
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);

    /* It came while no service was up: once, and the next is at its time again. */
    set_due(store_wall() - 3 * INT64_C(86400000));
    assert_int_equal(run_first(store, &next), 0);
    assert_true(next.late >= 3 * INT64_C(86400000));
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_true(due.ms < now);
    assert_int_equal(run_begin(store, &plan, &run), 0);
    int64_t one = run.id;
    assert_int_equal(run_begin(store, &plan, &run), 0); /* another extractor joins */
    assert_int_equal(run.id, one);
    close_run(one);
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);
    assert_int_equal(run_next(store, one, &next), 0);
    assert_true(next.at == first || next.at == first + 86400000); /* the night may have begun */

    /* The clock stood years ahead when the last one began: it holds nothing up. */
    set_due(store_wall() + 4000 * INT64_C(86400000));
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_true(due.ms <= now + 86400000);
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);

    /* At once, by a person. */
    assert_int_equal(hold_run_now(store, TEXT("shop-to-material")), 0);
    assert_int_equal(run_next(store, one, &next), 0);
    assert_true(next.scheduled && next.late == 0 && next.at <= store_wall());
    assert_int_equal(run_begin(store, &plan, &run), 0);
    close_run(run.id);
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);

    /* Another expression begins anew; an interval takes over at once, and the clock from it. */
    plan.at = &hourly;
    set_due(1);
    assert_int_equal(schedule_look(store, &plan, &due), ERR_NOT_FOUND);
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);
    assert_int_equal(schedule_note(store, &plan), 0);
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_true(due.ms > now && due.ms <= now + 3600000);
    plan.at = NULL;
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_true(due.ms <= now);
    assert_int_equal(run_begin(store, &plan, &run), 0);
    close_run(run.id);
    assert_int_equal(run_next(store, run.id, &next), 0);
    assert_true(next.scheduled && next.every == 60000 && next.clock[0] == '\0');

    /* At once, by a person, also where the interval has become longer than the store's clock has run. */
    const int64_t every = plan.every;
    plan.every = INT64_C(100) * 365 * 86400 * 1000; /* ms */
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);
    assert_int_equal(hold_run_now(store, TEXT("shop-to-material")), 0);
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_true(due.ms <= now);
    assert_int_equal(run_begin(store, &plan, &run), 0);
    close_run(run.id);
    plan.every = every;
    plan.at = &nightly;
    assert_int_equal(run_begin(store, &plan, &run), ERR_NOT_FOUND);
    assert_int_equal(schedule_note(store, &plan), 0);
    assert_int_equal(hold_put(store, TEXT("shop-to-material"), TEXT("王芳")), 0);
    assert_int_equal(run_first(store, &next), 0);
    assert_true(next.held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(runs_start_by_the_clock)};
    return RUN_ON_EVERY_STORE(tests);
}
