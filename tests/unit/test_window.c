/* Windows of time: the spans that runs read, and where the cursor goes; then a day of a source whose rows appear late, move
 * between pages while they are read, and share the seconds at the edges: nothing may be missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/run_rig.h"

#define SECONDS(n) ((int64_t)(n)*1000)
#define MINUTES(n) SECONDS((n)*60)
#define HOURS(n) MINUTES((n)*60)
#define DAYS(n) HOURS((n)*24)

static const struct window_terms plain = {
    .since = DAYS(1), .lag = MINUTES(1), .overlap = MINUTES(10), .step = DAYS(1), .most = DAYS(30)};

static void spans(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int slices;
        int64_t cursor, now, from, to;
        int windows;
        bool moves;
    } table[] = {
        {"the first: since then", 1, 0, DAYS(3) + MINUTES(1), DAYS(1), DAYS(3), 2, true},
        {"an hour on", 1, DAYS(3), DAYS(3) + MINUTES(61), DAYS(3) - MINUTES(10), DAYS(3) + HOURS(1), 1, true},
        {"whole seconds", 1, DAYS(3), DAYS(3) + MINUTES(2) + 999, DAYS(3) - MINUTES(10), DAYS(3) + MINUTES(1), 1, true},
        {"never before since", 1, DAYS(1) + MINUTES(1), DAYS(2) + MINUTES(1), DAYS(1), DAYS(2), 1, true},
        {"a part more is a window more", 1, DAYS(3), DAYS(4) + MINUTES(1), DAYS(3) - MINUTES(10), DAYS(4), 2, true},
        {"the clock was set back: a second, and no move", 1, DAYS(9), DAYS(3), DAYS(9) - MINUTES(10),
         DAYS(9) - MINUTES(10) + SECONDS(1), 1, false},
        {"of a thousand slices, one window each", 1000, DAYS(3), DAYS(40) + MINUTES(1), DAYS(3) - MINUTES(10),
         DAYS(33) - MINUTES(10), 1, true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct window_span span = window_span(&plain, table[i].slices, table[i].cursor, table[i].now);
        if (span.from != table[i].from || span.to != table[i].to || window_count(&span) != table[i].windows ||
            span.moves != table[i].moves) {
            fail_msg("%s: %lld..%lld in %d", table[i].name, (long long)span.from, (long long)span.to,
                     window_count(&span));
        }
    }
    /* Ten years: windows grow, and are never longer than the source takes. */
    struct window_span years = window_span(&plain, 1, 0, DAYS(3653));
    assert_true(window_count(&years) <= WINDOWS_MAX && years.to == DAYS(3653) - MINUTES(1));
    assert_true(years.step > DAYS(3) && years.step <= DAYS(30));
    /* The edges of windows meet. */
    int64_t from, to, end = years.from;
    for (int n = 0; n < window_count(&years); n++) {
        window_at(&years, n, &from, &to);
        assert_int_equal(from, end);
        assert_true(to > from && to - from <= plain.most);
        end = to;
    }
    assert_int_equal(end, years.to);
    /* What a person asks for moves nothing. */
    struct window_terms asked = plain;
    asked.from = DAYS(2);
    asked.to = DAYS(2) + HOURS(5);
    struct window_span span = window_span(&asked, 1, DAYS(9), DAYS(10));
    assert_true(span.from == DAYS(2) && span.to == DAYS(2) + HOURS(5) && !span.moves);
    /* Without windows there are none. */
    span = window_span(&(struct window_terms){.step = 0}, 3, 0, DAYS(10));
    assert_true(span.step == 0 && span.to == 0 && window_count(&span) == 1);
}

/* ---- the cursor ---- */

static struct run_plan windowed(const char *request)
{
    struct window_terms terms = plain;
    terms.since = store_wall() - HOURS(50);
    return (struct run_plan){.scheme = TEXT("s"),
                             .scheme_hash = TEXT("h"),
                             .source = TEXT("a"),
                             .slices = 1,
                             .window = terms,
                             .request = text_of(request)};
}

static struct run begun(const struct run_plan *plan)
{
    struct run run;
    assert_int_equal(run_begin(store, plan, &run), 0);
    assert_false(run.resumed);
    return run;
}

/* Every window is empty, and told so. */
static void read_all(const struct run *run)
{
    struct page pages[64];
    int all = 0;
    for (size_t count; (count = claim(run->id, "me", 64, pages)) > 0; all += (int)count) {
        assert_true(run->limit == 0 || count == 1); /* a part is searched page by page */
        for (size_t i = 0; i < count; i++) {
            finish(&pages[i], 0, 0, 0, -1, -1);
        }
    }
    assert_int_equal(all, run->slices);
}

static struct run_sums close_run(const struct run *run)
{
    struct run_sums sums;
    assert_int_equal(run_close(store, run->id, -1, &sums), 0);
    return sums;
}

static void a_complete_run_moves_the_cursor(void **state)
{
    (void)state;
    struct run_plan plan = windowed("r");
    struct run first = begun(&plan);
    assert_int_equal(first.slices, 3); /* 50 hours in windows of a day */
    struct run again;
    assert_int_equal(run_begin(store, &plan, &again), 0); /* another extractor: the same span */
    assert_true(again.resumed && again.slices == 3 && again.window.from == first.window.from);
    assert_true(again.window.to == first.window.to && again.window.step == first.window.step && again.window.moves);
    read_all(&first);
    assert_true(close_run(&first).complete);

    struct run second = begun(&plan);
    assert_int_equal(second.window.from, first.window.to - MINUTES(10));
    assert_int_equal(second.slices, 1);
    read_all(&second);
    assert_true(close_run(&second).complete);

    struct run_plan other = windowed("with other parameters");
    struct run third = begun(&other); /* of these nothing was read yet */
    assert_int_equal(third.slices, 3);
}

static void what_is_not_complete_does_not(void **state)
{
    (void)state;
    struct run_plan plan = windowed("r");
    struct run first = begun(&plan);
    plan.abandon = true;
    struct run second = begun(&plan);
    assert_int_equal(second.slices, 3);
    plan.limit = 5; /* a part */
    struct run third = begun(&plan);
    read_all(&third);
    assert_true(close_run(&third).complete);
    plan.limit = 0;
    struct run fourth = begun(&plan);
    assert_int_equal(fourth.slices, 3);
    struct page page = claim_one(fourth.id, "me");
    finish(&page, 3, 1, 90, -1, -1); /* 90 told, 3 came */
    struct page pages[8];
    size_t count = claim(fourth.id, "me", 8, pages);
    for (size_t i = 0; i < count; i++) {
        finish(&pages[i], 0, 0, 0, -1, -1);
    }
    assert_false(close_run(&fourth).complete);
    struct run fifth = begun(&plan);
    assert_int_equal(fifth.slices, 3);
    (void)first;
}

static void a_span_that_was_asked_for_moves_nothing(void **state)
{
    (void)state;
    struct run_plan plan = windowed("r"), asked = plan;
    struct run first = begun(&plan);
    read_all(&first);
    (void)close_run(&first);
    asked.window.from = plan.window.since + HOURS(1);
    asked.window.to = plan.window.since + HOURS(2);
    struct run again = begun(&asked);
    assert_int_equal(again.window.to, (plan.window.since + HOURS(2)) / 1000 * 1000);
    read_all(&again);
    assert_true(close_run(&again).complete);
    struct run next = begun(&plan);
    assert_int_equal(next.window.from, first.window.to - MINUTES(10));
    struct report report;
    report_read(&report, again.id);
    const cJSON *window = json_get(report.tree, "window");
    assert_int_equal(json_text(json_get(window, "from")).size, 19);
    assert_int_equal(json_text(json_get(window, "to")).size, 19);
    report_fini(&report);
}

static void look_up_waits(const struct run *run)
{
    struct sql_value id = SQL_INTEGER(run->id);
    assert_int_equal(store_run(store,
                               "insert into reject (record, run, class, code, message, first, last) values (1, $1,"
                               " 'lookup', '', '', 0, 0)",
                               &id, 1, NULL),
                     0);
}

static void it_waits_with_look_ups(void **state)
{
    (void)state;
    struct run_plan plan = windowed("r");
    struct run first = begun(&plan);
    read_all(&first);
    look_up_waits(&first);
    struct run_sums sums = close_run(&first);
    assert_true(sums.complete && sums.held);
    struct run second = begun(&plan);
    assert_int_equal(second.slices, 3); /* the same span once more */
    read_all(&second);
    sums = close_run(&second); /* nothing waits any more in this one */
    assert_true(sums.complete && !sums.held);
    assert_int_equal(begun(&plan).slices, 1);
}

static struct run past_begun(struct run_plan *plan)
{
    *plan = windowed("r");
    struct run first = begun(plan);
    read_all(&first);
    (void)close_run(&first);
    plan->reread_every = 1; /* is due at once */
    plan->reread_back = HOURS(30);
    nanosleep(&(struct timespec){0, 5000000}, NULL);
    struct run again = begun(plan);
    assert_int_equal(again.window.from, first.window.to - HOURS(30));
    plan->reread_every = HOURS(1);
    read_all(&again);
    return again;
}

static void the_past_is_read_again(void **state)
{
    (void)state;
    struct run_plan plan;
    struct run again = past_begun(&plan);
    (void)close_run(&again);
    assert_int_equal(begun(&plan).window.from, again.window.to - MINUTES(10));
}

/* What waits for a look-up since the past was read again is asked for by the next run, too. */
static void the_past_is_due_once_more_where_it_waits(void **state)
{
    (void)state;
    struct run_plan plan;
    struct run again = past_begun(&plan);
    look_up_waits(&again);
    assert_true(close_run(&again).held);
    struct run third = begun(&plan);
    assert_int_equal(third.window.from, again.window.from);
    read_all(&third);
    assert_false(close_run(&third).held);
    assert_int_equal(begun(&plan).window.from, third.window.to - MINUTES(10));
}

/* A row that leaves a window while it is read moves those behind it forward: so a page is read when all behind it are done. */
static void the_last_pages_are_read_first(void **state)
{
    (void)state;
    struct run_plan plan = windowed("r");
    plan.window.since = store_wall() - HOURS(5);
    struct run run = begun(&plan);
    struct page page = claim_one(run.id, "me"), none[4];
    assert_int_equal(page.no, 0); /* asks for the total */
    finish(&page, 0, 0, 8, 4, -1);
    for (int64_t no = 4; no > 0; no--) {
        page = claim_one(run.id, "me");
        assert_int_equal(page.no, no);
        assert_int_equal(claim(run.id, "another", 4, none), 0);
        finish(&page, 2, (uint8_t)no, -1, -1, -1);
    }
    assert_true(close_run(&run).complete);
}

/* A source may repeat its last page behind its end. By the total it is known that all is there. */
static void a_page_behind_the_end_repeats_the_last(void **state)
{
    (void)state;
    static const struct {
        int64_t total, rows;
        uint8_t digests[2];
        bool complete;
    } table[] = {
        {4, 4, {1, 1}, true}, {5, 4, {1, 1}, false}, {-1, 4, {1, 1}, false},
        {8, 4, {1, 2}, true}, {8, 4, {1, 1}, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct run_plan plan = windowed("r");
        plan.window.since = store_wall() - HOURS(5);
        struct run run = begun(&plan);
        struct page page = claim_one(run.id, "me");
        finish(&page, 0, 0, table[i].total, 2, -1);
        for (int n = 1; n >= 0; n--) {
            page = claim_one(run.id, "me");
            finish(&page, table[i].rows, table[i].digests[n], -1, -1, -1);
        }
        if (close_run(&run).complete != table[i].complete) {
            fail_msg("row %zu: complete is not %d", i, table[i].complete);
        }
    }
}

/* ---- a day of the source ---- */

enum { RECORDS = 40, EVENTS = 6, LATE = 40, PAGE = 5 };
#define DAY INT64_C(86400)

static uint64_t luck;
static int64_t dice(int64_t below)
{
    luck ^= luck << 13;
    luck ^= luck >> 7;
    luck ^= luck << 17;
    return (int64_t)(luck % (uint64_t)below);
}

static struct {
    int64_t at[EVENTS], shown[EVENTS]; /* changes of a record, and when the source shows each; seconds */
    int64_t seen;                      /* the newest change that a reader saw */
} records[RECORDS];
static int64_t clock_s;
static bool look_only; /* what comes is left alone */

/* What the source holds now: the record's last change that shows. 0 = it is not there yet. */
static int64_t modified(int record)
{
    int64_t last = 0;
    for (int e = 0; e < EVENTS; e++) {
        if (records[record].shown[e] <= clock_s && records[record].at[e] > last) {
            last = records[record].at[e];
        }
    }
    return last;
}

/* A page of a window, closed at both ends, by time of change; *total is told. How many rows came. */
static int ask(int64_t from, int64_t to, int64_t page, int64_t *total)
{
    int found[RECORDS], count = 0, came = 0;
    for (int r = 0; r < RECORDS; r++) {
        int64_t at = modified(r);
        if (at > 0 && at >= from && at <= to) {
            int k = count++;
            for (; k > 0 && modified(found[k - 1]) > at; k--) {
                found[k] = found[k - 1];
            }
            found[k] = r;
        }
    }
    *total = count;
    for (int64_t i = page * PAGE; i < count && i < (page + 1) * PAGE; i++, came++) {
        int64_t at = look_only ? 0 : modified(found[i]);
        records[found[i]].seen = at > records[found[i]].seen ? at : records[found[i]].seen;
    }
    clock_s += dice(8);
    return came;
}

/* As the extractor reads a window: the first page is counted, then the last is read, and so on to the first, once more; what
 * is missing is behind them. */
static void read_window(int64_t from, int64_t to, bool backwards)
{
    int64_t total, other, held = 0, pages;
    look_only = true;
    (void)ask(from, to, 0, &total);
    look_only = false;
    pages = (total + PAGE - 1) / PAGE;
    for (int64_t i = 0; i < pages; i++) {
        held += ask(from, to, backwards ? pages - 1 - i : i, &other);
    }
    for (int64_t page = pages; held < total; page++) {
        int came = ask(from, to, page, &other);
        held += came;
        if (came == 0) {
            break;
        }
    }
}

/* How many changes of the end of the day nobody saw. */
static int live_a_day(uint64_t seed, const struct window_terms *terms, bool backwards)
{
    luck = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    int64_t busy = DAY + dice(DAY); /* when many change at once, at the edge of a window perhaps */
    busy -= dice(2) ? busy % 3600 : 0;
    for (int r = 0; r < RECORDS; r++) {
        records[r].seen = 0;
        for (int e = 0; e < EVENTS; e++) {
            records[r].at[e] = dice(3) == 0 ? busy + dice(3) : DAY + dice(DAY);
            records[r].shown[e] = records[r].at[e] + dice(LATE + 1);
        }
    }
    int64_t cursor = 0;
    for (clock_s = DAY + 600; clock_s < 2 * DAY + 1200; clock_s += 30 + dice(3600)) {
        struct window_span span = window_span(terms, 1, SECONDS(cursor), SECONDS(clock_s));
        for (int n = window_count(&span); n-- > 0;) {
            int64_t from, to;
            window_at(&span, n, &from, &to);
            read_window(from / 1000, to / 1000, backwards);
        }
        cursor = span.moves && span.to / 1000 > cursor ? span.to / 1000 : cursor;
        if (clock_s > 2 * DAY + 600) {
            break;
        }
    }
    clock_s = 3 * DAY;
    int missed = 0;
    for (int r = 0; r < RECORDS; r++) {
        missed += modified(r) != records[r].seen && modified(r) <= cursor;
    }
    return missed;
}

static void nothing_is_missed(void **state)
{
    (void)state;
    struct window_terms terms = {
        .since = SECONDS(DAY), .lag = MINUTES(1), .overlap = SECONDS(1), .step = HOURS(1), .most = DAYS(30)};
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        int missed = live_a_day(seed, &terms, true);
        if (missed > 0) {
            fail_msg("seed %llu: %d records missed", (unsigned long long)seed, missed);
        }
    }
}

/* Each of the rules is needed: without it some day misses something. */
static void each_rule_is_needed(void **state)
{
    (void)state;
    struct window_terms terms = {
        .since = SECONDS(DAY), .lag = MINUTES(1), .overlap = SECONDS(1), .step = HOURS(1), .most = DAYS(30)};
    int forwards = 0, at_once = 0;
    struct window_terms young = terms;
    young.lag = 0;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        forwards += live_a_day(seed, &terms, false);
        at_once += live_a_day(seed, &young, true);
    }
    assert_true(forwards > 0); /* pages read from the first to the last */
    assert_true(at_once > 0);  /* no lag */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans),
        CASE(a_complete_run_moves_the_cursor),
        CASE(what_is_not_complete_does_not),
        CASE(a_span_that_was_asked_for_moves_nothing),
        CASE(it_waits_with_look_ups),
        CASE(the_past_is_read_again),
        CASE(the_past_is_due_once_more_where_it_waits),
        CASE(the_last_pages_are_read_first),
        CASE(a_page_behind_the_end_repeats_the_last),
        cmocka_unit_test(nothing_is_missed),
        cmocka_unit_test(each_rule_is_needed),
    };
    return place_run(tests, sizeof tests / sizeof *tests);
}
