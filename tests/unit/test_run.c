/* Runs and pages: claims, fences, leases on a clock that the test moves. */
#include "common/run/schedule.h"
#include "common/run/standing.h"
#include "tests/unit/run_rig.h"

#include <sys/wait.h>

static void a_run_opens_the_first_page_of_each_slice(void **state)
{
    (void)state;
    struct run_plan plan = plan_of("h1", 3);
    plan.first_page = 1;
    plan.limit = 70;
    struct run run;
    struct page pages[8];
    assert_int_equal(run_begin(store, &plan, &run), 0);
    assert_int_equal(run.state, RUN_OPEN);
    assert_int_equal(run.limit, 70);
    assert_int_equal(run.source_total, -1);
    assert_int_equal(run.follow_up, 0);
    assert_false(run.resumed);
    assert_true(run.started > 1600000000000);
    assert_int_equal(claim(run.id, "me", 8, pages), 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pages[i].run, run.id);
        assert_int_equal(pages[i].slice, i);
        assert_int_equal(pages[i].no, 1);
        assert_int_equal(pages[i].fence, 1);
    }
}

static void an_unfinished_run_is_resumed_unless_told_otherwise(void **state)
{
    (void)state;
    struct run_plan plan = plan_of("h1", 1);
    struct run first = begin("h1", 1), again, other;
    struct page page = claim_one(first.id, "me");
    finish(&page, 100, 1, 100, 1, -1);

    plan.resume_only = true;
    plan.limit = 5; /* the limit that it began with stays */
    assert_int_equal(run_begin(store, &plan, &again), 0);
    assert_int_equal(again.id, first.id);
    assert_true(again.resumed);
    assert_int_equal(again.limit, 0);
    assert_int_equal(again.source_total, 100);
    assert_int_equal(claim_one(again.id, "me").no, 1);

    plan.source = TEXT("another sid"); /* has none open */
    assert_int_equal(run_begin(store, &plan, &other), ERR_NOT_FOUND);
    plan.resume_only = false;
    assert_int_equal(run_begin(store, &plan, &other), 0);
    assert_int_not_equal(other.id, first.id);

    plan = plan_of("h1", 1);
    plan.abandon = true; /* --new */
    assert_int_equal(run_begin(store, &plan, &again), 0);
    assert_true(again.id > first.id);
    assert_false(again.resumed);
    assert_state(first.id, "abandoned");

    struct run changed = begin("h2", 1); /* another scheme hash */
    assert_true(changed.id > again.id);
    assert_state(again.id, "abandoned");
    assert_int_equal(number_of("select count(*) from run where state = 1"), 2);
}

/* For people: when the next begins, in their time, whatever the store's clock says. */
static void the_next_run_is_told(void **state)
{
    (void)state;
    struct run_next next;
    struct run once = begin("h1", 1); /* by no schedule */
    assert_int_equal(run_next(store, once.id, &next), 0);
    assert_false(next.scheduled || next.held);
    assert_int_equal(run_next(store, once.id + 1, &next), ERR_NOT_FOUND);
    assert_int_equal(run_abandon(store, once.id), 0);

    struct run_plan plan = plan_of("h1", 1);
    struct run run;
    plan.every = 60000;
    assert_int_equal(run_begin(store, &plan, &run), 0);
    now += 10000;
    assert_int_equal(run_next(store, run.id, &next), 0);
    assert_true(next.scheduled && next.every == 60000 && next.late == 0);
    int64_t wait = next.at - store_wall();
    assert_true(wait <= 50000 && wait > 40000);

    now += 70000; /* 20 s past */
    assert_int_equal(run_next(store, run.id, &next), 0);
    assert_int_equal(next.late, 20000);
    assert_int_equal(hold_run_now(store, TEXT("shop-to-material")), 0);
    assert_int_equal(run_next(store, run.id, &next), 0);
    assert_true(next.scheduled && next.late == 0 && next.at <= store_wall());

    assert_int_equal(hold_put(store, TEXT("shop-to-material"), TEXT("王芳")), 0);
    assert_int_equal(run_next(store, run.id, &next), 0);
    assert_true(next.held);
    assert_string_equal(next.who, "王芳");
    assert_int_equal(hold_release(store, TEXT("shop-to-material")), 0);
}

static void extractors_share_one_schedule(void **state)
{
    (void)state;
    struct run_plan plan = plan_of("h1", 1), other = plan;
    plan.every = 60000;
    struct run run, again;
    struct store_ms due;
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_true(due.ms <= now); /* none began yet */
    assert_int_equal(run_begin(store, &plan, &run), 0);
    assert_int_equal(run_begin(store, &plan, &again), 0); /* another extractor joins */
    assert_int_equal(again.id, run.id);

    now += 10000;
    struct page page = claim_one(run.id, "me");
    finish(&page, 1, 1, 1, -1, -1);
    assert_int_equal(run_close(store, run.id, 1, NULL), 0);
    assert_int_equal(run_begin(store, &plan, &again), ERR_NOT_FOUND);
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_int_equal(due.ms, now + 50000);
    now = due.ms - 1;
    assert_int_equal(run_begin(store, &plan, &again), ERR_NOT_FOUND);

    other.source = TEXT("another sid"); /* has a schedule of its own */
    other.every = 60000;
    assert_int_equal(run_begin(store, &other, &again), 0);

    now = due.ms;
    assert_int_equal(run_begin(store, &plan, &again), 0);
    assert_true(again.id > run.id);
    assert_false(again.resumed);
    plan.every = 1000; /* what is said now counts, not what was said then */
    assert_int_equal(schedule_look(store, &plan, &due), 0);
    assert_int_equal(due.ms, now + 1000);

    page = claim_one(again.id, "me");
    finish(&page, 1, 1, 2, -1, -1);
    assert_int_equal(run_close(store, again.id, 2, NULL), 0);
    assert_int_equal(run_follow(store, &plan, &again, &run), 0); /* belongs to the run before: never waits */
    assert_int_equal(run.follow_up, 1);
}

static void a_run_being_read_is_not_abandoned_for_another_scheme(void **state)
{
    (void)state;
    struct run first = begin("h1", 2), run;
    struct run_plan plan = plan_of("h2", 2);
    claim_one(first.id, "me");
    assert_int_equal(run_begin(store, &plan, &run), ERR_REFUSED);
    assert_state(first.id, "open");
    now += PAGE_LEASE; /* whoever read it is gone */
    assert_int_equal(run_begin(store, &plan, &run), 0);
    assert_state(first.id, "abandoned");

    claim_one(run.id, "me");
    plan = plan_of("h3", 2);
    plan.abandon = true; /* a person said so */
    assert_int_equal(run_begin(store, &plan, &run), 0);
}

static void claims_never_overlap_and_end_with_their_lease(void **state)
{
    (void)state;
    struct run run = begin("h", 4);
    struct page mine[8], yours[8], again[8];
    assert_int_equal(claim(run.id, "me", 3, mine), 3);
    assert_int_equal(claim(run.id, "you", 8, yours), 1);
    assert_int_equal(yours[0].slice, 3);
    assert_int_equal(claim(run.id, "you", 8, again), 0);

    now += PAGE_LEASE - 1;
    assert_int_equal(claim(run.id, "third", 8, again), 0);
    assert_int_equal(page_renew(store, run.id, TEXT("me")), 0);
    now += 1; /* yours runs out, mine was renewed */
    assert_int_equal(claim(run.id, "third", 8, again), 1);
    assert_int_equal(again[0].slice, 3);
    assert_int_equal(again[0].fence, yours[0].fence + 1);
    assert_int_equal(page_renew(store, run.id, TEXT("you")), 0); /* brings nothing back */

    assert_int_equal(page_release(store, run.id, TEXT("me")), 0);
    assert_int_equal(claim(run.id, "you", 8, yours), 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(yours[i].fence, mine[i].fence + 1);
    }
}

static void processes_never_claim_the_same_page(void **state)
{
    enum { WORKERS = 2, PAGES = 600 };
    (void)state;
    struct run run = begin("h", 1);
    struct page page = claim_one(run.id, "first");
    finish(&page, 1, 1, PAGES, PAGES, -1); /* opens pages 1 to PAGES */
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
    int pipes[2];
    struct cause cause;
    assert_int_equal(pipe(pipes), 0);
    pid_t children[WORKERS];
    for (int w = 0; w < WORKERS; w++) {
        children[w] = fork();
        if (children[w] == 0) {
            int error = store_open(place.url, &store, &cause);
            size_t count = 1;
            if (!error) {
                store_set_clock(store, clock_now, NULL); /* stands still: no lease runs out */
            }
            while (!error && count) {
                struct page pages[5];
                error = store_begin(store, true);
                if (!error) {
                    error = store_end(store, page_claim(store, run.id, w ? TEXT("a") : TEXT("b"), 5, pages, &count));
                }
                for (size_t i = 0; i < count && !error; i++) {
                    error = write(pipes[1], &pages[i].no, sizeof pages[i].no) == sizeof pages[i].no ? 0 : ERR_IO;
                }
            }
            store_close(&store);
            _exit(error ? 1 : 0);
        }
    }
    close(pipes[1]);
    bool seen[PAGES + 1] = {false};
    int64_t no, total = 0;
    while (read(pipes[0], &no, sizeof no) == sizeof no) {
        assert_in_range(no, 1, PAGES);
        assert_false(seen[no]);
        seen[no] = true;
        total++;
    }
    close(pipes[0]);
    for (int w = 0; w < WORKERS; w++) {
        int status;
        assert_int_equal(waitpid(children[w], &status, 0), children[w]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(total, PAGES);
    assert_int_equal(store_open(place.url, &store, &cause), 0);
    assert_int_equal(store_begin(store, true), 0);
}

static void what_comes_late_matches_nothing(void **state)
{
    (void)state;
    struct run run = begin("h", 1);
    struct page old = claim_one(run.id, "me");
    now += PAGE_LEASE;
    struct page page = claim_one(run.id, "you");
    struct page_facts facts = {.rows = 10, .came = 10, .digest = {1}, .total = -1};
    int64_t twin = 5;
    assert_int_equal(page_fetched(store, &old, &facts, 3, &twin), ERR_STALE);
    assert_int_equal(twin, 5);
    struct page_times times = {1, 2, 3, 4, 5, 6, 7};
    assert_int_equal(page_done(store, &old, 1), ERR_STALE);
    assert_int_equal(page_timed(store, &old, &times), ERR_STALE);
    assert_int_equal(number_of("select count(*) from page where ended is not null"), 0);
    assert_int_equal(number_of("select count(*) from page"), 1);
    assert_int_equal(page_fetched(store, &page, &facts, -1, &twin), 0);
    assert_int_equal(page_timed(store, &page, &times), 0);
    assert_int_equal(page_settled(store, &page), 0);
    assert_int_equal(page_done(store, &page, 1), 0);
    assert_int_equal(number_of("select count(*) from page where ended > 0 and fetch_us = 1 and queue_us = 2 and"
                               " map_us = 3 and wait_us = 4 and write_us = 5 and commit_us = 6 and calls = 7"),
                     1);
    assert_int_equal(page_done(store, &page, 2), ERR_STALE); /* a second ack */
    assert_int_equal(page_timed(store, &page, &times), ERR_STALE);
    assert_int_equal(page_fetched(store, &page, &facts, 9, &twin), ERR_STALE);
    assert_int_equal(number_of("select count(*) from page"), 2);
    /* The lease ran out but nobody took the page: still its holder's. */
    page = claim_one(run.id, "me");
    now += 10L * PAGE_LEASE;
    assert_int_equal(page_settled(store, &page), 0);
    assert_int_equal(page_done(store, &page, -1), 0);
    assert_int_equal(number_of("select count(*) from page where owner is not null"), 0);
    /* Pages of an abandoned run. */
    struct run other = begin("h2", 1);
    page = claim_one(other.id, "me");
    now += PAGE_LEASE;
    begin("h3", 1);
    size_t count;
    struct page none;
    assert_int_equal(page_done(store, &page, 1), ERR_STALE);
    assert_int_equal(page_fetched(store, &page, &facts, 1, &twin), ERR_STALE);
    assert_int_equal(page_claim(store, other.id, TEXT("me"), 1, &none, &count), ERR_STALE);
}

static void a_told_total_opens_all_pages_at_once(void **state)
{
    (void)state;
    struct run run = begin("h", 2);
    struct page pages[3];
    assert_int_equal(claim(run.id, "me", 2, pages), 2);
    struct page_facts facts = {.rows = 100, .came = 100, .digest = {1}, .total = 1000000};
    int64_t twin;
    assert_int_equal(page_fetched(store, &pages[0], &facts, 9999, &twin), 0);
    assert_int_equal(number_of("select count(*) from page where slice = 0"), 10000);
    assert_int_equal(number_of("select count(*) from page where slice = 1"), 1);
    assert_int_equal(page_fetched(store, &pages[0], &facts, 9999, &twin), 0);
    assert_int_equal(number_of("select count(*) from page where slice = 0"), 10000);
    struct run_progress progress;
    assert_int_equal(run_progress(store, run.id, &progress), 0);
    assert_int_equal(progress.source_total, -1); /* the other slice has not told */
    facts.total = 234;
    facts.digest[0] = 2;
    assert_int_equal(page_fetched(store, &pages[1], &facts, 2, &twin), 0);
    assert_int_equal(page_settled(store, &pages[0]), 0);
    assert_int_equal(page_done(store, &pages[0], -1), 0);
    assert_int_equal(run_progress(store, 0, &progress), 0);
    assert_int_equal(progress.run, run.id);
    assert_int_equal(progress.source_total, 1000234);
    assert_int_equal(progress.pages_total, 10003);
    assert_int_equal(progress.pages_done, 1);
    assert_int_equal(progress.rows_done, 100);
    /* Lowest number first, slices side by side. */
    assert_int_equal(claim(run.id, "me", 3, pages), 3);
    assert_int_equal(pages[0].no * 10 + pages[0].slice, 10);
    assert_int_equal(pages[1].no * 10 + pages[1].slice, 11);
    assert_int_equal(pages[2].no * 10 + pages[2].slice, 20);
    /* A later page's total opens what was added meanwhile, and does not change what was told first. */
    facts.total = 1000100;
    facts.digest[0] = 3;
    assert_int_equal(page_fetched(store, &pages[2], &facts, 10000, &twin), 0);
    assert_int_equal(number_of("select max(no) from page where slice = 0"), 10000);
    assert_int_equal(run_progress(store, run.id, &progress), 0);
    assert_int_equal(progress.source_total, 1000234);
    assert_int_equal(page_fetched(store, &pages[2], &facts, RUN_PAGES_MAX, &twin), ERR_LIMIT);
    assert_int_equal(page_done(store, &pages[2], RUN_PAGES_MAX), ERR_LIMIT);
    assert_int_equal(run_progress(store, run.id + 1, &progress), ERR_NOT_FOUND);
}

static void a_page_that_repeats_another_is_noticed(void **state)
{
    static const struct {
        int64_t slice, rows, digest, twin;
    } rows[] = {
        {0, 100, 7, -1}, {1, 100, 7, -1},                /* another slice */
        {0, 100, 8, -1}, {0, 100, 7, 0},  {0, 0, 7, -1}, /* nothing in it */
        {0, 100, 0, -1}, {0, 100, 0, -1},                /* no digest */
        {0, 100, 8, 1},
    };
    (void)state;
    struct run run = begin("h", 2);
    struct page pages[2];
    assert_int_equal(claim(run.id, "me", 2, pages), 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page *page = &pages[rows[i].slice];
        struct page_facts facts = {
            .rows = rows[i].rows, .came = rows[i].rows, .digest = {(uint8_t)rows[i].digest}, .total = -1};
        int64_t twin = 77;
        assert_int_equal(page_fetched(store, page, &facts, -1, &twin), 0);
        assert_int_equal(twin, rows[i].twin);
        assert_int_equal(page_settled(store, page), 0);
        assert_int_equal(page_done(store, page, page->no + 1), 0);
        *page = claim_one(run.id, "me");
        assert_int_equal(page->slice, rows[i].slice);
    }
}

static void hot_queries_use_their_indexes(void **state)
{
    static const struct {
        const char *text, *index;
    } rows[] = {
        {"explain query plan select slice, no, fence from page where run = 1 and state = 1 and until <= 2"
         " order by no, slice limit 3",
         "USING INDEX page_open"},
        {"explain query plan update page set until = 1 where run = 2 and owner = 'me'",
         "page_owner (run=? AND owner=?)"},
        {"explain query plan select no from page where run = 1 and slice = 2 and digest = x'00' and no <> 3"
         " order by no limit 1",
         "page_digest (run=? AND slice=? AND digest=?)"},
        {"explain query plan select no from page where run = 1 and state = 1 order by no, slice limit 1", "page_open"},
        {"explain query plan select id from run where scheme = 'a' and source = 'b' and state in (1, 4)", "run_open"},
        {"explain query plan select count(*) from reject where run = 1", "reject_run"},
        {"explain query plan select id from run where scheme = 'a' and source = 'b' and ended < 9 and state in (2, 3)"
         " and id < 7 order by ended limit 20",
         "run_ended"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer plan;
        buffer_init(&plan, 4000);
        struct sql_rows steps;
        store_ask(store, rows[i].text, NULL, 0, &steps);
        while (store_next(&steps)) {
            assert_int_equal(steps.count, 4);
            buffer_add_text(&plan, steps.columns[3].text);
        }
        assert_int_equal(store_found(&steps), 0);
        if (text_find(buffer_text(&plan), text_of(rows[i].index)) < 0) {
            fail_msg("%s: %.*s", rows[i].text, TEXT_ARG(buffer_text(&plan)));
        }
        buffer_fini(&plan);
    }
}

/* Whoever says that a page is finished: it is when a loader has written an outcome for each of its rows. */
static void an_ack_without_outcomes_closes_nothing(void **state)
{
    (void)state;
    struct run run = begin("h", 1);
    struct page page = claim_one(run.id, "me"), again;
    struct page_facts facts = {.rows = 5, .came = 5, .digest = {1}, .total = -1};
    int64_t twin;
    assert_int_equal(page_fetched(store, &page, &facts, -1, &twin), 0);
    assert_int_equal(page_done(store, &page, 1), ERR_REFUSED);
    assert_int_equal(run_close(store, run.id, -1, NULL), ERR_BUSY);
    again = claim_one(run.id, "you"); /* given up at once */
    assert_int_equal(again.no, page.no);
    assert_int_equal(page_settled(store, &page), ERR_STALE); /* a late loader's word is about the page as it was */
    assert_int_equal(page_fetched(store, &again, &facts, -1, &twin), 0);
    assert_int_equal(page_done(store, &again, 1), ERR_REFUSED);
    again = claim_one(run.id, "you");
    assert_int_equal(page_fetched(store, &again, &facts, -1, &twin), 0);
    assert_int_equal(page_settled(store, &again), 0);
    assert_int_equal(page_done(store, &again, 1), 0);
    again = claim_one(run.id, "you");
    facts.rows = 0;
    assert_int_equal(page_fetched(store, &again, &facts, -1, &twin), 0);
    assert_int_equal(page_done(store, &again, -1), 0); /* it told none */
    assert_int_equal(run_close(store, run.id, -1, NULL), 0);
}

static int64_t count_of(const char *text)
{
    int64_t n = -1;
    assert_int_equal(store_integers(store, text, NULL, 0, &n, 1), 0);
    return n;
}

static void one_run_over(void)
{
    struct run run = begin("h1", 1);
    struct page page = claim_one(run.id, "me");
    finish(&page, 1, 1, -1, -1, -1);
    assert_int_equal(run_close(store, run.id, -1, NULL), 0);
}

static void runs_are_kept_for_their_time_and_for_their_rejects(void **state)
{
    (void)state;
    struct run_plan plan = plan_of("h1", 1);
    int64_t gone = -1;
    for (int i = 0; i < 30; i++) {
        one_run_over();
    }
    assert_int_equal(run_forget(store, &plan, 30, &gone), 0); /* nothing is said of it: for good */
    assert_int_equal(gone, 0);
    plan.keep = 60000;
    assert_int_equal(run_forget(store, &plan, 30, &gone), 0); /* they are young */
    assert_int_equal(gone, 0);
    struct sql_value old = SQL_INTEGER(store_wall() - 61000);
    assert_int_equal(store_run(store, "update run set ended = $1 where id <> 29", &old, 1, NULL), 0);
    assert_int_equal(store_run(store,
                               "insert into reject (record, run, class, code, message, first, last)"
                               " values (1, 2, 'target', '', '', 0, 0)",
                               NULL, 0, NULL),
                     0);
    assert_int_equal(store_run(store, "insert into run_key (run, slice, key) values (3, 0, 'K')", NULL, 0, NULL), 0);

    struct run_plan other = plan;
    other.source = TEXT("another sid");
    assert_int_equal(run_forget(store, &other, 30, &gone), 0);
    assert_int_equal(gone, 0);
    assert_int_equal(run_forget(store, &plan, 30, &gone), 0); /* a few at a time */
    assert_int_equal(gone, 20);
    assert_int_equal(run_forget(store, &plan, 30, &gone), 0);
    assert_int_equal(gone, 7);
    assert_int_equal(run_forget(store, &plan, 30, &gone), 0);
    assert_int_equal(gone, 0);
    assert_int_equal(count_of("select count(*) from run where id in (2, 29, 30)"), 3);
    assert_int_equal(count_of("select count(*) from run"), 3);
    assert_int_equal(count_of("select count(*) from page"), 3);
    assert_int_equal(count_of("select count(*) from run_key"), 0);
}

static void pages_are_kept_shorter_than_runs(void **state)
{
    (void)state;
    const struct run_plan plan = plan_of("h1", 1); /* runs are kept for good */
    struct sql_value old = SQL_INTEGER(store_wall() - RUN_PAGES_KEPT - 60000);
    int64_t gone = -1;
    for (int i = 0; i < 28; i++) {
        one_run_over();
    }
    assert_int_equal(run_forget(store, &plan, 28, &gone), 0);
    assert_int_equal(count_of("select count(*) from page"), 28); /* they are young */
    /* One stands unfinished, one is of another scheme, two are young. */
    assert_int_equal(store_run(store, "update run set state = 4, ended = null where id = 3", NULL, 0, NULL), 0);
    assert_int_equal(store_run(store, "update run set scheme = 'other' where id = 5", NULL, 0, NULL), 0);
    assert_int_equal(store_run(store, "update run set ended = $1 where id < 27 and id <> 3", &old, 1, NULL), 0);
    for (int i = 0; i < 3; i++) { /* a few at a time */
        assert_int_equal(run_forget(store, &plan, 28, &gone), 0);
        assert_int_equal(gone, 0);
    }
    assert_int_equal(count_of("select count(*) from page"), 3);
    assert_int_equal(count_of("select count(*) from page where run in (3, 27, 28)"), 3);
    assert_int_equal(count_of("select count(*) from run"), 28);
}

/* What a start says of the run that stands unfinished. */
static void what_stands_unfinished_is_told(void **state)
{
    (void)state;
    struct run_standing told;
    const struct text scheme = TEXT("shop-to-material"), hash = TEXT("h1"), any = TEXT("");
    assert_int_equal(run_standing(store, scheme, hash, any, &told), ERR_NOT_FOUND);
    struct run run = begin("h1", 1);
    assert_int_equal(run_standing(store, scheme, hash, any, &told), 0);
    assert_true(told.id == run.id && told.rows_done == 0 && told.pages_done == 0 && told.pages == 1);
    struct page page = claim_one(run.id, "me");
    finish(&page, 7, 1, 300, 2, -1);
    assert_int_equal(run_standing(store, scheme, TEXT("h2"), TEXT("sid"), &told), 0);
    assert_true(told.rows_done == 7 && told.pages_done == 1 && told.pages == 3 && !told.same_scheme);
    assert_int_equal(run_standing(store, scheme, hash, TEXT("another"), &told), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_ack_without_outcomes_closes_nothing),
        CASE(a_run_opens_the_first_page_of_each_slice),
        CASE(an_unfinished_run_is_resumed_unless_told_otherwise),
        CASE(the_next_run_is_told),
        CASE(what_stands_unfinished_is_told),
        CASE(extractors_share_one_schedule),
        CASE(a_run_being_read_is_not_abandoned_for_another_scheme),
        CASE(claims_never_overlap_and_end_with_their_lease),
        CASE(processes_never_claim_the_same_page),
        CASE(what_comes_late_matches_nothing),
        CASE(a_told_total_opens_all_pages_at_once),
        CASE(a_page_that_repeats_another_is_noticed),
        CASE(runs_are_kept_for_their_time_and_for_their_rejects),
        CASE(pages_are_kept_shorter_than_runs),
    };
    /* PostgreSQL chooses by what the tables hold. */
    const struct CMUnitTest plans[] = {CASE(hot_queries_use_their_indexes)};
    int failed = cmocka_run_group_tests_name("plans of sqlite", plans, NULL, NULL);
    return failed + RUN_ON_EVERY_STORE(tests);
}
