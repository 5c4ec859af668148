/* Where a page's time went: noted with its end, found by the key of a record, and by an older store too. */
#include "tests/unit/run_rig.h"

#include "common/ledger/ledger.h"
#include "common/store/schema.h"

static void load(struct arena *arena, const struct page *page, const char *key)
{
    struct ledger_row row = {.in.key = text_of(key), .in.payload = TEXT("{}"), .in.source = TEXT("src")};
    struct ledger_batch batch = {
        .page = *page, .account = TEXT("A1"), .times = {20000, 10000, 2000}, .arena = arena, .rows = &row, .count = 1};
    assert_int_equal(ledger_begin(store, &batch), 0);
}

static void explained(const char *key, const char *expected)
{
    struct buffer json;
    buffer_init(&json, 8192);
    assert_int_equal(ledger_explain(store, text_of(key), &json), 0);
    buffer_add_char(&json, '\0');
    const char *at = strstr(json.data, "\"page\":");
    if (!expected) {
        assert_null(at);
    } else {
        assert_non_null(at);
        assert_string_equal(at, expected);
    }
    buffer_fini(&json);
}

static void a_record_leads_to_its_page(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct run run = begin("h", 2);
    struct page pages[2];
    static const char known[] =
        "insert into existing_reading (account, scheme, state) values ('A1', 'shop-to-material', 1)";
    assert_int_equal(store_run(store, known, NULL, 0, NULL), 0);
    assert_int_equal(claim(run.id, "me", 2, pages), 2);
    struct page_facts facts = {.rows = 1, .came = 1, .digest = {1}, .total = -1};
    struct page_times times = {1, 2, 3, 4, 5, 6, 7};
    int64_t twin;
    load(&arena, &pages[1], "K");
    explained("K", "\"page\":{\"slice\":1,\"page\":0,\"rows\":0,\"claims\":1,\"done\":false}}]}");
    assert_int_equal(page_fetched(store, &pages[1], &facts, -1, &twin), 0);
    assert_int_equal(page_timed(store, &pages[1], &times), 0);
    assert_int_equal(page_settled(store, &pages[1]), 0);
    assert_int_equal(page_done(store, &pages[1], -1), 0);
    int64_t ended = number_of("select ended from page where slice = 1");
    assert_true(ended > INT64_C(1600000000000)); /* unix ms */
    char expected[400];
    (void)snprintf(expected, sizeof expected,
                   "\"page\":{\"slice\":1,\"page\":0,\"rows\":1,\"claims\":1,\"done\":true,\"ended\":%lld,"
                   "\"microseconds\":{\"fetch\":1,\"queue\":2,\"map\":3,\"wait\":4,\"write\":5,\"commit\":6},"
                   "\"saves\":7}}]}",
                   (long long)ended);
    explained("K", expected);
    /* Seen again on another page, with nothing new to say: it moves there. */
    load(&arena, &pages[0], "L");
    explained("L", "\"page\":{\"slice\":0,\"page\":0,\"rows\":0,\"claims\":1,\"done\":false}}]}");
    arena_fini(&arena);
}

/* A store of schema 1 with a page and a record, as the first version left it. */
static int old_store_make(void **state)
{
    (void)state;
    struct cause cause;
    const struct sql_driver *driver = place_postgres ? &postgres_driver : &sqlite_driver;
    struct sql *sql;
    if (place_make(&place) || driver->open(place.url, SQL_WRITER, &sql, &cause) || driver->begin(sql, true) ||
        driver->script(sql, "create table meta (name text primary key, value text not null) without rowid;") ||
        driver->script(sql, store_schema_steps[0]) ||
        driver->script(sql, "insert into meta values ('schema', '1'), ('id', '0123456789abcdef0123456789abcdef');"
                            "insert into pair values (1, 'sid', 'A1', 'shops');"
                            "insert into page (run, slice, no, state, rows) values (1, 0, 0, 2, 1);"
                            "insert into record (id, pair, key, run, outcome) values (1, 1, 'K', 1, 1);") ||
        driver->commit(sql)) {
        return -1;
    }
    driver->close(&sql);
    if (store_open(place.url, &store, &cause)) {
        print_error("%s\n", cause.text);
        return -1;
    }
    return store_begin(store, true);
}

static void an_older_store_learns_it(void **state)
{
    (void)state;
    assert_int_equal(number_of("select count(*) from page where ended is null and calls is null"), 1);
    explained("K", NULL); /* nobody noted where it stood */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_leads_to_its_page, store_make, store_remove),
        cmocka_unit_test_setup_teardown(an_older_store_learns_it, old_store_make, store_remove),
    };
    return RUN_ON_EVERY_STORE(tests);
}
