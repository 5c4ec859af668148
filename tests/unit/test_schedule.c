/* Runs that start by the clock: what the store notes, and when who begins. Both stores. */
#include "common/run/behind.h"
#include "common/run/schedule.h"
#include "common/scheme/model.h"
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

/* ---- whose run goes first ---- */

static struct run_plan of_scheme(const char *name, const struct scheme *order)
{
    struct run_plan plan = plan_of("h1", 1);
    plan.scheme = text_of(name);
    plan.every = 60000;
    plan.order = order;
    return plan;
}

/* It began `ms` ago on the wall's clock, which tells which of two runs began later. */
static void began(int64_t run, int64_t ms)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(store_wall() - ms)};
    assert_int_equal(store_run(store, "update run set started = $2 where id = $1", values, 2, NULL), 0);
}

static void waits(const struct run_plan *plan, const char *first)
{
    struct run_wait wait = {.due.ms = 0};
    struct run run;
    assert_int_equal(run_begin(store, plan, &run), ERR_NOT_FOUND);
    assert_int_equal(run_wait_look(store, plan, 500, &wait), 0);
    assert_true(text_equal(wait.first, text_of(first)));
    assert_true(wait.due.ms == now + 500);
}

static int64_t goes(const struct run_plan *plan, int64_t ago)
{
    struct run run;
    assert_int_equal(run_begin(store, plan, &run), 0);
    began(run.id, ago);
    return run.id;
}

static void one_goes_behind_another(void **state)
{
    (void)state;
    static const struct text after[] = {{"goods", 5}};
    static const struct scheme_lookup asks[] = {{.name = {"units", 5}}, {.scheme = {"goods", 5}}};
    const struct scheme named = {.after = after, .after_count = 1};
    const struct scheme asking = {.lookups = asks, .lookup_count = 2};
    struct run_plan goods = of_scheme("goods", NULL), orders = of_scheme("orders", &named);
    struct run_plan bills = of_scheme("bills", &asking);

    /* It never ran: what names it waits, what only asks it does not. */
    waits(&orders, "goods");
    int64_t bill = goes(&bills, 750);
    close_run(bill);
    int64_t good = goes(&goods, 800);
    struct page held = claim_one(good, "me");
    waits(&orders, "goods");
    finish(&held, 1, 1, 1, -1, -1);
    assert_int_equal(run_close(store, good, 1, NULL), 0);
    int64_t order = goes(&orders, 700);
    close_run(order);

    /* All are due again: goods first, while it is read, and then each of the others once. */
    now += 60000;
    waits(&orders, "goods");
    good = goes(&goods, 600);
    held = claim_one(good, "me");
    waits(&orders, "goods");
    waits(&bills, "goods");
    finish(&held, 1, 1, 1, -1, -1);
    assert_int_equal(run_close(store, good, 1, NULL), 0);
    now += 60000; /* goods is due once more, and yet it has had its turn */
    order = goes(&orders, 500);
    close_run(order);
    bill = goes(&bills, 500);
    close_run(bill);

    /* A person holds it, or nobody begins it, or nobody reads what stands open: the others go on. */
    close_run(goes(&goods, 550));
    now += 60000;
    waits(&orders, "goods");
    assert_int_equal(hold_put(store, TEXT("goods"), TEXT("王芳")), 0);
    close_run(goes(&orders, 400));
    assert_int_equal(hold_release(store, TEXT("goods")), 0);
    close_run(goes(&goods, 450));
    now += 60000;
    waits(&orders, "goods");
    now += BEHIND_LATE;
    close_run(goes(&orders, 300));
    close_run(goes(&bills, 300));
    good = goes(&goods, 200);
    (void)claim_one(good, "me");
    assert_int_equal(hold_put(store, TEXT("goods"), TEXT("王芳")), 0);
    assert_int_equal(hold_run_now(store, TEXT("orders")), 0);
    waits(&orders, "goods");
    now += PAGE_LEASE + 1;
    close_run(goes(&orders, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(runs_start_by_the_clock), CASE(one_goes_behind_another)};
    return RUN_ON_EVERY_STORE(tests);
}
