/* What a report reads: pages with their times, paces of the APIs, refusals by reason. */
#include "tests/unit/run_rig.h"

#include "common/ledger/ledger.h"
#include "common/ledger/reject_reason.h"
#include "common/pace/shared_api.h"
#include "common/run/timeline.h"
#include "ctl/report/course.h"

struct seen {
    size_t count;
    int64_t no[8];
    struct page_line last;
};

static int see(void *user, const struct page_line *page)
{
    struct seen *seen = user;
    assert_true(seen->count < 8);
    seen->no[seen->count++] = page->no;
    seen->last = *page;
    return 0;
}

static struct seen pages_seen(int64_t run, enum page_choice choice, int64_t limit)
{
    struct seen seen = {0};
    assert_int_equal(run_pages(store, run, choice, limit, see, &seen), 0);
    return seen;
}

static void pages_come_as_asked_for(void **state)
{
    (void)state;
    struct run run = begin("h", 1);
    struct page page = claim_one(run.id, "me");
    struct page_facts facts = {.rows = 10, .came = 10, .digest = {1}, .total = 50};
    int64_t twin;
    assert_int_equal(page_fetched(store, &page, &facts, 4, &twin), 0);
    struct page pages[4];
    assert_int_equal(claim(run.id, "me", 4, pages), 4);
    static const int64_t write[] = {50, 300, 20};
    for (size_t i = 0; i < 3; i++) {
        const struct page *one = i == 0 ? &page : &pages[i - 1];
        struct page_times times = {1, 2, 3, 4, write[i], 6, (int64_t)i};
        assert_int_equal(page_timed(store, one, &times), 0);
        assert_int_equal(page_settled(store, one), 0);
        assert_int_equal(page_done(store, one, -1), 0);
    }
    assert_int_equal(pages_seen(run.id, PAGES_ENDED, 100).count, 3);
    struct seen slow = pages_seen(run.id, PAGES_SLOWEST, 2);
    assert_int_equal(slow.count, 2);
    assert_int_equal(slow.no[0], 1);
    assert_int_equal(slow.no[1], 0);
    assert_int_equal(slow.last.rows, 10);
    assert_int_equal(slow.last.claims, 1);
    assert_int_equal(page_total_us(&slow.last.times), 1 + 2 + 3 + 4 + 50 + 6);
    assert_true(slow.last.ended > INT64_C(1600000000000));
    /* Two are left; one of them is taken on twice. */
    assert_int_equal(page_release(store, run.id, TEXT("me")), 0);
    struct page again;
    assert_int_equal(claim(run.id, "you", 1, &again), 1);
    struct seen open = pages_seen(run.id, PAGES_OPEN, 100);
    assert_int_equal(open.count, 2);
    assert_int_equal(open.no[0], again.no);
    assert_int_equal(open.last.claims, 1);
    assert_int_equal(open.last.ended, 0);
    assert_int_equal(pages_seen(run.id + 1, PAGES_ENDED, 100).count, 0);
}

/* An account has one row for each API that is read there, and one for each scheme's schedule. */
static void a_life_has_the_paces_of_its_apis(void **state)
{
    (void)state;
    struct run_life life;
    assert_int_equal(run_life(store, 7, &life), ERR_NOT_FOUND);
    struct run run = begin("h", 1);
    assert_int_equal(run_life(store, run.id, &life), 0);
    assert_int_equal(life.started, run.started);
    assert_true(life.ended >= life.started);
    assert_false(life.has_source_pace || life.has_target_pace);
    struct sql_value id = SQL_INTEGER(run.id);
    assert_int_equal(store_run(store, "update run set target = 'A1' where id = $1", &id, 1, NULL), 0);
    assert_int_equal(store_run(store,
                               "insert into api (name, interval) values ('run shop-to-material sid', 60000000), "
                               "('run provider-to-supplier sid', 9), ('wdt.provider.query sid', 8),"
                               " ('wdt.shop.query sid', 1000000), ('wdt.trade.query sid', 7),"
                               " ('wdt.shop.query othersid', 5), ('xingchen:A1', 200000), ('xingchen:A11', 6)",
                               NULL, 0, NULL),
                     0);
    assert_int_equal(run_life(store, run.id, &life), 0);
    assert_true(life.has_source_pace && life.has_target_pace);
    assert_string_equal(life.source, "sid");
    assert_string_equal(life.target, "A1");
    assert_int_equal(life.source_pace, 1000000);
    assert_int_equal(life.target_pace, 200000);
    /* A run from before the store knew its API has none rather than any. */
    assert_int_equal(store_run(store, "update run set api = null where id = $1", &id, 1, NULL), 0);
    assert_int_equal(run_life(store, run.id, &life), 0);
    assert_false(life.has_source_pace);
}

struct steps {
    size_t count;
    int64_t us[8];
};

static int see_step(void *user, const struct pace_step *step)
{
    struct steps *steps = user;
    assert_true(steps->count < 8);
    steps->us[steps->count++] = step->us;
    return 0;
}

/* Each API has its own; a pace that moves by less than a sixteenth is none, nor is the missing limit of an API that never had one. */
static void a_pace_moves_in_steps(void **state)
{
    (void)state;
    struct run run = begin("h", 1);
    struct sql_value id = SQL_INTEGER(run.id);
    struct run_life life;
    assert_int_equal(store_run(store, "update run set target = 'A1' where id = $1", &id, 1, NULL), 0);
    static const int64_t paces[] = {1000000, 1010000, 2000000, 1950000, 0, 1000000};
    for (size_t i = 0; i < sizeof paces / sizeof *paces; i++) {
        struct pace pace;
        int error = api_learn(store, TEXT("wdt.shop.query sid"), 1, &pace);
        error = error ? error : api_step(store, TEXT("wdt.shop.query sid"), paces[i]);
        error = error ? error : api_step(store, TEXT("wdt.shop.query othersid"), 7);
        error = error ? error : api_learn(store, TEXT("wdt.provider.query sid"), 1, &pace);
        error = error ? error : api_step(store, TEXT("wdt.provider.query sid"), 9);
        error = error ? error : api_learn(store, TEXT("xingchen:A1"), 1, &pace);
        error = error ? error : api_step(store, TEXT("xingchen:A1"), 0);
        assert_int_equal(error, 0);
        int64_t after = store_wall();
        while (store_wall() == after) { /* the next step stands in a later millisecond */
        }
    }
    assert_int_equal(run_life(store, run.id, &life), 0);
    struct steps steps = {0};
    assert_int_equal(run_pace_steps(store, run.id, &life, false, see_step, &steps), 0);
    static const int64_t wanted[] = {1000000, 2000000, 0, 1000000};
    assert_int_equal(steps.count, 4);
    assert_memory_equal(steps.us, wanted, sizeof wanted);
    steps.count = 0;
    assert_int_equal(run_pace_steps(store, run.id, &life, true, see_step, &steps), 0);
    assert_int_equal(steps.count, 0);
    life.ended = life.started - 1000; /* what came after its end is not its own */
    assert_int_equal(run_pace_steps(store, run.id, &life, false, see_step, &steps), 0);
    assert_int_equal(steps.count, 0);
}

/* The moments of a report's page: a step from before the run fills it from its beginning. */
static void a_course_has_its_limits_in_steps(void **state)
{
    (void)state;
    struct run run = begin("h", 1);
    struct sql_value values[] = {SQL_INTEGER(run.id), SQL_INTEGER(run.started - 5), SQL_INTEGER(run.started + 2500),
                                 SQL_INTEGER(run.started + 4000), SQL_INTEGER(run.started + 6000)};
    static struct course course;
    assert_int_equal(store_run(store, "update run set target = 'A1', ended = $2 where id = $1",
                               (struct sql_value[]){values[0], values[4]}, 2, NULL),
                     0);
    assert_int_equal(store_run(store,
                               "insert into api (name, interval) values ('wdt.shop.query sid', 5), ('xingchen:A1', "
                               "200000)",
                               NULL, 0, NULL),
                     0);
    assert_int_equal(store_run(store,
                               "insert into pace_step (api, at, us) values ('wdt.shop.query sid', $1, 1000000),"
                               " ('wdt.shop.query sid', $2, 2000000), ('wdt.shop.query sid', $3, 0),"
                               " ('wdt.shop.query sid', $4, 7)",
                               (struct sql_value[]){values[1], values[2], values[3], SQL_INTEGER(run.started + 6001)},
                               4, NULL),
                     0);
    assert_int_equal(course_read(store, run.id, &course), 0);
    static const int64_t wanted[] = {60, 60, 30, 30, 0, 0};
    assert_int_equal(course.count, 6);
    assert_true(course.source_limited && course.target_limited);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal((int64_t)course.source_limit[i], wanted[i]);
        assert_int_equal((int64_t)course.target_limit[i], 300); /* no steps were kept of it */
    }
}

struct reasons {
    size_t count;
    int64_t counts[4];
    char texts[4][200];
};

static int reason_seen(void *user, const struct reject_reason *reason)
{
    struct reasons *reasons = user;
    assert_true(reasons->count < 4);
    reasons->counts[reasons->count] = reason->count;
    (void)snprintf(reasons->texts[reasons->count++], 200, "%.*s/%.*s/%.*s", TEXT_ARG(reason->class),
                   TEXT_ARG(reason->code), TEXT_ARG(reason->message));
    return 0;
}

static void refusals_are_grouped(void **state)
{
    (void)state;
    assert_int_equal(store_run(store,
                               "insert into reject (record, run, class, code, message, first, last) values"
                               " (1, 1, 'target', 'E1', 'b', 0, 0), (2, 1, 'mapping', '', '店', 0, 0),"
                               " (3, 1, 'target', 'E1', 'a', 0, 0), (4, 1, 'target', 'E2', 'c', 0, 0),"
                               " (5, 2, 'target', 'E3', 'd', 0, 0)",
                               NULL, 0, NULL),
                     0);
    struct reasons reasons = {0};
    assert_int_equal(reject_reasons(store, 1, 2, reason_seen, &reasons), 0);
    assert_int_equal(reasons.count, 2);
    assert_int_equal(reasons.counts[0], 2);
    assert_string_equal(reasons.texts[0], "target/E1/a");
    assert_int_equal(reasons.counts[1], 1);
    assert_string_equal(reasons.texts[1], "mapping//店");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_come_as_asked_for, store_make, store_remove),
        cmocka_unit_test_setup_teardown(a_life_has_the_paces_of_its_apis, store_make, store_remove),
        cmocka_unit_test_setup_teardown(a_pace_moves_in_steps, store_make, store_remove),
        cmocka_unit_test_setup_teardown(a_course_has_its_limits_in_steps, store_make, store_remove),
        cmocka_unit_test_setup_teardown(refusals_are_grouped, store_make, store_remove),
    };
    return RUN_ON_EVERY_STORE(tests);
}
