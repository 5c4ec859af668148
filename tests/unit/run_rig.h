/* A temporary store in a transaction, on a clock that the test moves; runs, claims and reports in one line each. */
#ifndef DIANCHEN_TESTS_UNIT_RUN_RIG_H
#define DIANCHEN_TESTS_UNIT_RUN_RIG_H

#include "common/json/json.h"
#include "common/run/run.h"
#include "tests/unit/store_place.h"

static struct place place;
static struct store *store;
static int64_t now;

static inline int64_t clock_now(void *user)
{
    (void)user;
    return now;
}

static inline int store_make(void **state)
{
    struct cause cause;
    (void)state;
    if (place_make(&place) || store_open(place.url, &store, &cause)) {
        return -1;
    }
    now = 1000000;
    store_set_clock(store, clock_now, NULL);
    return store_begin(store, true);
}

static inline int store_remove(void **state)
{
    (void)state;
    int error = store_end(store, 0);
    store_close(&store);
    return place_remove(&place) ? -1 : error;
}

static inline int64_t number_of(const char *text)
{
    int64_t n = -1;
    assert_int_equal(store_integers(store, text, NULL, 0, &n, 1), 0);
    return n;
}

static inline void write_text(const char *text)
{
    struct sql_call call = {.text = text, .rows = 1};
    assert_int_equal(store_many(store, &call), 0);
}

static inline struct run_plan plan_of(const char *hash, int slices)
{
    return (struct run_plan){.scheme = TEXT("shop-to-material"),
                             .scheme_hash = text_of(hash),
                             .source = TEXT("sid"),
                             .api = TEXT("wdt.shop.query"),
                             .slices = slices};
}

static inline struct run begin(const char *hash, int slices)
{
    struct run_plan plan = plan_of(hash, slices);
    struct run run;
    assert_int_equal(run_begin(store, &plan, &run), 0);
    return run;
}

static inline size_t claim(int64_t run, const char *owner, size_t want, struct page *pages)
{
    size_t count = 999;
    assert_int_equal(page_claim(store, run, text_of(owner), want, pages, &count), 0);
    assert_true(count <= want);
    return count;
}

static inline struct page claim_one(int64_t run, const char *owner)
{
    struct page page;
    assert_int_equal(claim(run, owner, 1, &page), 1);
    return page;
}

/* Fetched and done; what it opens. */
static inline void finish_with(const struct page *page, const struct page_facts *facts, int64_t last, int64_t next)
{
    int64_t twin;
    assert_int_equal(page_fetched(store, page, facts, last, &twin), 0);
    if (facts->rows > 0) {
        assert_int_equal(page_settled(store, page), 0);
    }
    assert_int_equal(page_done(store, page, next), 0);
}

/* The same: `rows` records, the digest's first byte, the told total. */
static inline void finish(const struct page *page, int64_t rows, uint8_t digest, int64_t total, int64_t last,
                          int64_t next)
{
    struct page_facts facts = {.rows = rows, .came = rows, .digest = {digest}, .total = total};
    finish_with(page, &facts, last, next);
}

struct report {
    struct buffer text;
    struct arena arena;
    const cJSON *tree;
};

static inline void report_parse(struct report *report)
{
    struct cause cause;
    assert_int_equal(
        json_parse(&report->arena, buffer_text(&report->text), 1 << 20, JSON_STRICT, &report->tree, &cause), 0);
}

static inline void report_init(struct report *report)
{
    buffer_init(&report->text, 1 << 20);
    arena_init(&report->arena, 1 << 20);
}

static inline void report_fini(struct report *report)
{
    buffer_fini(&report->text);
    arena_fini(&report->arena);
}

static inline void report_read(struct report *report, int64_t run)
{
    report_init(report);
    assert_int_equal(run_report(store, run, &report->text), 0);
    report_parse(report);
}

static inline void assert_state(int64_t run, const char *expected)
{
    struct report report;
    report_read(&report, run);
    struct text got = json_text(json_get(report.tree, "state"));
    if (!text_equal(got, text_of(expected))) {
        fail_msg("run %d is \"%.*s\", not \"%s\"", (int)run, TEXT_ARG(got), expected);
    }
    report_fini(&report);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, store_make, store_remove)

#endif
