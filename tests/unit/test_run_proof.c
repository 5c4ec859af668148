/* How it is known that a run has read everything: by a total, by empty pages, or not at all. */
#include "common/run/proof.h"
#include "tests/unit/run_rig.h"

static void put_records(int64_t run, int64_t count)
{
    static int64_t key;
    struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(key), SQL_INTEGER(key + count)};
    key += count;
    if (count > 0) {
        assert_int_equal(store_run(store,
                                   "insert into record (pair, key, run, outcome) with recursive n (no) as (select"
                                   " cast($2 as bigint) union all select no + 1 from n where no < $3 - 1)"
                                   " select 0, cast(no as text), cast($1 as bigint), 1 from n where true",
                                   values, 3, NULL),
                         0);
    }
}

/* A run of pages: "100:1 99:2/ 0 70=30:3" = rows and digest of each, in the order of their numbers; / = it was cut; = so many
 * records were split into the rows. */
static struct run read_run(const char *pages, int64_t total, int64_t limit, int64_t size)
{
    struct run_plan plan = plan_of("h", 1);
    struct run run;
    plan.limit = limit;
    assert_int_equal(run_begin(store, &plan, &run), 0);
    for (const char *at = pages; *at; at += strcspn(at, " "), at += *at == ' ') {
        char *colon;
        int rows = (int)strtol(at, &colon, 10);
        int records = *colon == '=' ? (int)strtol(colon + 1, &colon, 10) : rows;
        int digest = *colon == ':' ? (int)strtol(colon + 1, &colon, 10) : 0;
        struct page page;
        if (claim(run.id, "me", 1, &page) == 0) {
            int64_t last = number_of("select max(no) from page where run = (select max(id) from run)");
            assert_int_equal(page_open(store, run.id, 0, last + 1, last + 1), 0);
            page = claim_one(run.id, "me");
        }
        struct page_facts facts = {.rows = rows, .came = records, .digest = {(uint8_t)digest}, .cut = *colon == '/'};
        facts.total = page.no == 0 ? total : -1;
        facts.size = size;
        finish_with(&page, &facts, -1, -1);
    }
    return run;
}

static void proves_or_not(void **state)
{
    static const struct {
        const char *name, *pages;
        int64_t total, limit, records;
        enum run_proof proof;
        bool complete;
    } rows[] = {
        {"not told, an empty page", "100:1 50:2 0", -1, 0, 150, PROOF_EMPTY, true},
        {"not told, a short page in the middle", "99:1 100:2 50:3 0", -1, 0, 249, PROOF_EMPTY, true},
        {"not told, no empty page", "100:1 50:2", -1, 0, 150, PROOF_NONE, false},
        {"not told, an empty page, but not as the last", "100:1 0 50:2", -1, 0, 150, PROOF_NONE, false},
        {"told, and a page in the middle is empty", "100:1 0 50:2 0", 250, 0, 150, PROOF_NONE, false},
        {"told, an empty page, then the rest", "100:1 0 50:2", 150, 0, 150, PROOF_TOTAL, true},
        {"not told, a page came twice", "100:1 100:1 50:2 0", -1, 0, 150, PROOF_NONE, false},
        {"not told, a page was cut", "100:1 50:2/ 0", -1, 0, 150, PROOF_EMPTY, true},
        {"not told, a page was cut, and a record came twice", "100:1 50:2/ 0", -1, 0, 149, PROOF_NONE, false},
        {"not told, no page was cut, and a record came twice", "100:1 50:2 0", -1, 0, 149, PROOF_EMPTY, true},
        {"told, a page was cut, a record came twice, all is there", "100:1 51:2/", 150, 0, 150, PROOF_TOTAL, true},
        {"not told, nothing there", "0", -1, 0, 0, PROOF_EMPTY, true},
        {"told", "100:1 50:2", 150, 0, 150, PROOF_TOTAL, true},
        {"told, a page came twice, all is there", "100:1 100:1 50:2", 150, 0, 150, PROOF_TOTAL, true},
        {"told too many, read to the end", "100:1 50:2 0", 151, 0, 150, PROOF_NONE, false},
        {"told too few", "100:1 50:2 0", 120, 0, 150, PROOF_NONE, false},
        {"a limit was reached, nothing told", "10:1", -1, 10, 10, PROOF_TOTAL, true},
        {"split, as many records as told", "250=100:1 120=50:2", 150, 0, 370, PROOF_TOTAL, true},
        {"split, as many rows as told, and records are missing", "100=60:1 50=30:2 0", 150, 0, 150, PROOF_NONE, false},
        {"split, a page came twice, all is there", "250=100:1 250=100:1 120=50:2", 150, 0, 370, PROOF_TOTAL, true},
        {"split, rows came twice", "250=100:1 120=50:2", 150, 0, 369, PROOF_NONE, false},
        {"split, a limit was reached", "25=10:1", -1, 10, 25, PROOF_TOTAL, true},
        {"a limit above what there is", "10:1 0", -1, 20, 10, PROOF_EMPTY, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run run = read_run(rows[i].pages, rows[i].total, rows[i].limit, 100);
        struct run_sums sums, again;
        put_records(run.id, rows[i].records);
        assert_int_equal(run_close(store, run.id, rows[i].total, &sums), 0);
        if (sums.proof != rows[i].proof || sums.complete != rows[i].complete) {
            fail_msg("%s: proof %s, complete %d", rows[i].name, run_proof_text(sums.proof), sums.complete);
        }
        assert_int_equal(run_sums(store, run.id, &again), 0);
        assert_int_equal(again.proof, rows[i].proof);
    }
}

/* A total that is always off: the second run of a chain believes its own eyes, if nothing came twice. */
static void a_total_that_is_always_wrong(void **state)
{
    static const struct {
        const char *name, *first, *second;
        int64_t size, first_total, second_total, first_records, second_records;
        bool complete;
    } rows[] = {
        {"always one too many", "30:1 0", "30:1 0", 100, 31, 31, 30, 30, true},
        {"always too few", "30:1 0", "30:1 0", 100, 20, 20, 30, 30, true},
        {"always one too many, of full pages", "30:1 0", "30:1 0", 30, 31, 31, 30, 30, true},
        {"always fewer than a page too many", "30:1 20:2 0", "30:1 20:2 0", 30, 60, 60, 50, 50, true},
        {"what its pages lack, and the last may, too", "30:1 20:2 0", "30:1 20:2 0", 30, 89, 89, 50, 50, true},
        {"a page too many", "30:1 20:2 0", "30:1 20:2 0", 30, 90, 90, 50, 50, false},
        {"all pages lack rows", "20:1 20:2 10:3 0", "20:1 20:2 10:3 0", 30, 90, 90, 50, 50, true},
        {"it ends early", "30:1 30:2 0 0 0", "30:1 30:2 0 0 0", 30, 130, 130, 60, 60, false},
        {"the first page is empty", "0", "0", 30, 10, 10, 0, 0, false},
        {"a page in the middle is empty", "100:1 0 50:2 0", "100:1 0 50:2 0", 100, 250, 250, 150, 150, false},
        {"a page in the middle is empty, one is missing", "1:1 0 1:2 0", "1:1 0 1:2 0", 1, 3, 3, 2, 2, false},
        {"another total", "30:1 0", "30:1 0", 100, 31, 32, 30, 30, false},
        {"another number of records", "30:1 0", "29:1 0", 100, 31, 31, 30, 29, false},
        {"other records", "30:1 0", "30:2 0", 100, 31, 31, 30, 30, false},
        {"a page more", "30:1 0", "20:1 10:2 0", 100, 31, 31, 30, 30, false},
        {"one came twice, so another may be missing", "30:1 0", "30:1 0", 100, 30, 30, 29, 29, false},
        {"not read to an empty page", "30:1", "30:1", 100, 31, 31, 30, 30, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run_plan plan = plan_of("h", 1);
        struct run first = read_run(rows[i].first, rows[i].first_total, 0, rows[i].size), second;
        struct run_sums sums;
        put_records(first.id, rows[i].first_records);
        assert_int_equal(run_close(store, first.id, rows[i].first_total, &sums), 0);
        assert_false(sums.complete);
        assert_int_equal(run_follow(store, &plan, &first, &second), 0);
        second = read_run(rows[i].second, rows[i].second_total, 0, rows[i].size);
        put_records(second.id, rows[i].second_records);
        assert_int_equal(run_close(store, second.id, rows[i].second_total, &sums), 0);
        if (sums.complete != rows[i].complete) {
            fail_msg("%s: complete %d", rows[i].name, sums.complete);
        }
        assert_int_equal(sums.proof, rows[i].complete ? PROOF_EMPTY : PROOF_NONE);
    }
}

static void reads_on_behind_the_total(void **state)
{
    static const struct {
        const char *name, *pages;
        int64_t total, opened;
    } rows[] = {
        {"all is there", "100:1 50:2", 150, 0},
        {"a server that gives 40 where 100 were asked for", "40:1 40:2 40:3", 250, 4},
        {"one is missing", "100:1 49:2", 150, 1},
        {"one is missing, an empty page was behind", "100:1 49:2 0", 150, 0},
        {"more came than were told", "100:1 50:2", 120, 1},
        {"the same again and again", "50:1 50:1 50:1 50:1", 1000, 0},
        {"nothing came", "0", 50, 0},
        {"no total", "100:1 50:2", -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run run = read_run(rows[i].pages, rows[i].total, 0, 100);
        int64_t opened = -1, again = -1;
        assert_int_equal(run_reach(store, run.id, &opened), 0);
        if (opened != rows[i].opened) {
            fail_msg("%s: %lld pages", rows[i].name, (long long)opened);
        }
        struct page pages[10];
        assert_int_equal(claim(run.id, "me", 10, pages), (size_t)opened);
        for (int64_t k = 0; k < opened; k++) {
            finish(&pages[k], 0, 0, -1, -1, -1);
        }
        assert_int_equal(run_reach(store, run.id, &again), 0); /* what came is empty: that is the end */
        assert_int_equal(again, 0);
        assert_int_equal(run_close(store, run.id, -1, NULL), 0);
        assert_int_equal(run_reach(store, run.id, &again), ERR_STALE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(proves_or_not),
        CASE(a_total_that_is_always_wrong),
        CASE(reads_on_behind_the_total),
    };
    return RUN_ON_EVERY_STORE(tests);
}
