/* Servers as they are: roles and databases with settings and rights of their own. */
#include "tests/unit/ledger_rig.h"

static char url[900];

/* The case's URL with these words for the session ("-cdatestyle=german -c…", URL-encoded by hand). */
static const char *with(const struct rig *rig, const char *options)
{
    snprintf(url, sizeof url, "%.399s%.450s", rig->place.url, options);
    return url;
}

/* The same as another role. */
static const char *as_role(const struct rig *rig, const char *role)
{
    const char *at = strstr(rig->place.url, "postgres@");
    assert_non_null(at);
    snprintf(url, sizeof url, "%.*s%s@%s", (int)(at - rig->place.url), rig->place.url, role, at + strlen("postgres@"));
    return url;
}

static struct store *store_at(const char *at)
{
    struct store *store = NULL;
    struct cause cause = {""};
    if (store_open(at, &store, &cause)) {
        fail_msg("%s", cause.text);
    }
    return store;
}

/* A record's way through the ledger, in a session of these settings. */
static void works(struct rig *rig, const char *at)
{
    struct rig other = *rig;
    struct ledger_row row = rig_row("K1", 'a');
    row.in.hash[3] = '\\';
    row.in.hash[4] = '\0';
    other.store = store_at(at);
    arena_init(&other.arena, 8 << 20);
    int64_t before = clock_wall();
    assert_int_equal(store_begin(other.store, true), 0);
    int64_t told = store_now(other.store).ms;
    assert_int_equal(store_end(other.store, 0), 0);
    assert_in_range(told, before - 10000, clock_wall());
    store_set_clock(other.store, rig_now, &other);
    rig_begin(&other, 1, &row, 1);
    assert_int_equal(row.action, ACTION_CLAIM);
    assert_int_equal(rig_end(&other, &row, 1, VERDICT_SAVED, "4711"), 0);
    rig_begin(&other, 1, &row, 1);
    assert_int_equal(row.action, ACTION_FINAL);
    store_close(&other.store);
    arena_fini(&other.arena);
}

static void settings_of_others_change_nothing(void **state)
{
    works(*state,
          with(*state, "%20-cdatestyle%3Dgerman,dmy%20-ctimezone%3DAsia/Kathmandu%20-cintervalstyle%3Dsql_standard"
                       "%20-cbytea_output%3Descape%20-cextra_float_digits%3D0%20-cstandard_conforming_strings%3Doff"
                       "%20-cdefault_transaction_isolation%3Dserializable%20-csynchronous_commit%3Doff"
                       "%20-cclient_min_messages%3Ddebug1%20-cplan_cache_mode%3Dforce_generic_plan"));
}

/* Also the one that throws old plans away, whatever isolation a transaction has by itself here. */
static void every_transaction_begins(void **state)
{
    enum { TRANSACTIONS = 600 };
    const struct rig *rig = *state;
    struct store *store = store_at(with(rig, "%20-cdefault_transaction_isolation%3Dserializable"));
    for (int i = 0; i < TRANSACTIONS; i++) {
        int64_t one = 0;
        int error = store_begin(store, i % 3 == 0);
        error = error ? error : store_integers(store, "select 1", NULL, 0, &one, 1);
        if (store_end(store, error) != 0) {
            fail_msg("transaction %d: %s", i, store_why(store));
        }
    }
    store_close(&store);
}

/* A transaction may pause longer than a server lets others idle. */
static void a_transaction_may_pause(void **state)
{
    const struct rig *rig = *state;
    struct store *store = store_at(with(rig, "%20-cidle_in_transaction_session_timeout%3D50%20-clock_timeout%3D1"));
    int64_t one = 0;
    assert_int_equal(store_begin(store, true), 0);
    usleep(300000);
    assert_int_equal(store_integers(store, "select 1", NULL, 0, &one, 1), 0);
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
}

/* Not one store's tables in another schema's place. */
static void the_search_path_says_where_the_tables_are(void **state)
{
    const struct rig *rig = *state;
    struct store *store = NULL;
    struct cause cause = {""};
    snprintf(url, sizeof url, "%s&options=-csearch_path%%3D", place_server());
    assert_int_equal(store_open(url, &store, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "no schema has been selected"));
    snprintf(url, sizeof url, "%s&options=-csearch_path%%3Dnowhere,%s", place_server(), rig->place.schema);
    store = store_at(url);
    assert_string_equal(store_id(store), store_id(rig->store));
    store_close(&store);
}

/* Named as the case's schema: several tests may use one server. */
static void role_make(const struct rig *rig)
{
    char text[300];
    const char *name = rig->place.schema;
    snprintf(text, sizeof text, "create role %s login; grant usage on schema %s to %s", name, name, name);
    place_tell(text);
}

static void role_drop(const struct rig *rig)
{
    char text[300];
    snprintf(text, sizeof text, "drop owned by %s; drop role %s", rig->place.schema, rig->place.schema);
    place_tell(text);
}

/* It needs no more than the rows, once the tables are there. */
static void a_role_without_create_works_in_tables_that_are_there(void **state)
{
    struct rig *rig = *state;
    const char *name = rig->place.schema;
    char text[500];
    role_make(rig);
    snprintf(
        text, sizeof text,
        "grant select, insert, update, delete on all tables in schema %s to %s; grant usage, update, select on all "
        "sequences in schema %s to %s",
        name, name, name, name);
    place_tell(text);
    works(rig, as_role(rig, name));
    role_drop(rig);
}

static void a_role_that_may_not_create_tables_is_told(void **state)
{
    const struct rig *rig = *state;
    struct store *store = NULL;
    struct cause cause = {""};
    const char *name = rig->place.schema;
    char text[400];
    role_make(rig);
    snprintf(
        text, sizeof text,
        "set client_min_messages = warning; drop schema %s cascade; create schema %s; grant usage on schema %s to %s",
        name, name, name, name);
    place_tell(text);
    assert_int_equal(store_open(as_role(rig, name), &store, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "permission denied for schema"));
    role_drop(rig);
}

/* What takes no writes is read, and refused to who would write. */
static void a_server_that_only_reads_is_told(void **state)
{
    const struct rig *rig = *state;
    struct store *store = NULL;
    struct cause cause = {""};
    const char *at = with(rig, "%20-cdefault_transaction_read_only%3Don");
    assert_int_equal(store_open(at, &store, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "session is read-only; name the server that takes writes"));
    assert_int_equal(store_open_reader(at, &store, &cause), 0);
    assert_string_equal(store_id(store), store_id(rig->store));
    store_close(&store);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    place_postgres = true;
    const struct CMUnitTest tests[] = {
        CASE(settings_of_others_change_nothing),
        CASE(every_transaction_begins),
        CASE(a_transaction_may_pause),
        CASE(the_search_path_says_where_the_tables_are),
        CASE(a_role_without_create_works_in_tables_that_are_there),
        CASE(a_role_that_may_not_create_tables_is_told),
        CASE(a_server_that_only_reads_is_told),
    };
    return cmocka_run_group_tests_name("servers as they are", tests, NULL, NULL);
}
