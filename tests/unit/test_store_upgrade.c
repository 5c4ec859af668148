/* Stores of every version before this one, with rows in them, are brought up to date and lose none, on both kinds. */
#include "common/store/open.h"
#include "common/store/schema.h"
#include "tests/unit/store_ask.h"
#include "tests/unit/store_place.h"

/* What every version can hold. */
static const char rows[] =
    "insert into pair (id, source, target, scheme) values (3, 's', 't', 'x');"
    "insert into run (id, scheme, scheme_hash, source, target, pair, state, slices, started) values (7, 'x', 'h', 's', "
    "'t', 3, "
    "1, 1, 5);"
    "insert into page (run, slice, no, state, fence) values (7, 0, 0, 2, 1), (7, 0, 1, 1, 1);"
    "insert into record (id, pair, key, number, target_id, held, run, outcome) values (5, 3, 'K1', 'N1', '4711', 1, 7, "
    "1), (6, "
    "3, 'K2', null, null, 0, 7, 5);"
    "insert into reject (record, run, class, code, message, first, last) values (6, 7, 'target', 'E7', 'no', 5, 6);"
    "insert into api (name, next, interval) values ('an api', 9, 8);";

static void make_version(const struct place *place, int version)
{
    const struct sql_driver *driver = store_driver(place->url);
    struct sql *sql = NULL;
    struct cause cause = {""};
    char facts[200];
    if (driver->open(place->url, SQL_WRITER, &sql, &cause)) {
        fail_msg("%s", cause.text);
    }
    snprintf(
        facts, sizeof facts,
        "insert into meta values ('schema', '%d'); insert into meta values ('id', '00112233445566778899aabbccddeeff')",
        version);
    assert_true(driver->begin(sql, true) >= 0);
    assert_int_equal(driver->script(sql, "create table meta (name text primary key, value text)"), 0);
    for (int i = 0; i < version; i++) {
        assert_int_equal(driver->script(sql, store_schema_steps[i]), 0);
    }
    assert_int_equal(driver->script(sql, rows), 0);
    assert_int_equal(driver->script(sql, facts), 0);
    assert_int_equal(driver->commit(sql), 0);
    driver->close(&sql);
}

static void every_version_is_brought_up_to_date(void **state)
{
    static const struct {
        const char *question;
        int64_t answer;
    } facts[] = {
        {"select cast(value as bigint) from meta where name = 'schema'", STORE_SCHEMA},
        {"select id from pair where source = 's' and target = 't' and scheme = 'x'", 3},
        {"select id + kind + refused + streak + window_from from run where state = 1 and request is null and api is "
         "null",
         7},
        {"select cast(sum(no + settled + ranges) as bigint) from page where came is null", 1},
        {"select id from record where number = 'N1' and target_id = '4711' and held = 1 and slice is null", 5},
        {"select id from record where number is null and outcome = 5", 6},
        {"select attempts from reject where record = 6 and code = 'E7'", 1},
        {"select next + interval + cut from api where name = 'an api'", 17},
        {"select count(*) from existing_reading", 0},
        {"select count(*) from answer", 0},
        {"select count(*) from step", 0},
    };
    (void)state;
    for (int version = 1; version < STORE_SCHEMA; version++) {
        struct place place;
        assert_int_equal(place_make(&place), 0);
        make_version(&place, version);
        struct store *store = store_at(place.url);
        assert_string_equal(store_id(store), "00112233445566778899aabbccddeeff");
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
            int64_t answer = number_of(store, facts[i].question);
            if (answer != facts[i].answer) {
                fail_msg("schema %d: %s: %lld", version, facts[i].question, (long long)answer);
            }
        }
        store_close(&store);
        assert_int_equal(place_remove(&place), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_version_is_brought_up_to_date)};
    return RUN_ON_EVERY_STORE(tests);
}
