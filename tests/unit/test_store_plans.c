/* How the stores carry out what the programs ask for, over and over, when the tables are large: by index, each time. The plans
 * of PostgreSQL are those of the statements that run (auto_explain), as the server's log has them; SQLite counts the rows that
 * a statement has stepped over. And what is written again and
 * again finds room on its own page of the table (HOT), so neither table nor indexes grow. */
#include <ctype.h>
#include <sqlite3.h>

#include "common/alert/alert.h"
#include "common/ledger/budget.h"
#include "common/ledger/reject.h"
#include "common/ledger/settle.h"
#include "common/ledger/sibling.h"
#include "common/pace/shared_api.h"
#include "tests/unit/ledger_rig.h"

enum { ROWS = 100, LOG_MAX = 64 << 20 };

/* As SQLite says it; in PostgreSQL's words where the two differ. */
#define SERIES(count, sqlite, postgres)                                                                                \
    (place_postgres ? postgres " FROM generate_series(1, " #count ") n"                                                \
                    : "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < " #count ") " sqlite   \
                      " FROM n")

static struct rig rig;
static char *server_log;

static void tell(struct rig *of, const char *text)
{
    rig_write(of, text);
}

/* Large tables: records of two ledgers of the account, pages and rejects of runs that are over. */
static void fill(void)
{
#define SAME(count, text) SERIES(count, text, text)
    const char *const texts[] = {
        "INSERT INTO pair(id, source, target, scheme) VALUES(1, 'sid', 'A1', 'shops'), (2, 'sid', 'A1', 'others') ON "
        "CONFLICT DO NOTHING",
        SERIES(
            60000,
            "INSERT INTO record(id, pair, key, held, hash, run, outcome) SELECT 5000000 + n, 1 + n % 2, 'K' || n, 1, "
            "CAST(n AS BLOB), 0, 1",
            "INSERT INTO record(id, pair, key, held, hash, run, outcome) SELECT 5000000 + n, 1 + n % 2, 'K' || n, 1, "
            "decode(md5(n::text), 'hex'), 0, 1"),
        SAME(200, "INSERT INTO run(id, scheme, scheme_hash, source, state, slices, started, ended) SELECT 1000 + n, "
                  "'shops', 'aa', 'sid', 2, 1, n, n"),
        SAME(40000, "INSERT INTO page(run, slice, no, state, fence, rows) SELECT 1000 + n % 200, 0, n, 2, 1, 100"),
        "INSERT INTO reject(record, run, class, code, message, first, last) SELECT id, 1000, 'target', 'E', 'no', 1, 1 "
        "FROM record WHERE id > 5000000 AND id % 10 = 0",
        SAME(20000, "INSERT INTO existing(account, number, target_id) SELECT 'A1', 'X' || n, CAST(n AS text)"),
        SAME(20000, "INSERT INTO run_key(run, slice, key) SELECT 1000 + n % 200, n, 'K' || n"),
        "INSERT INTO note(record, run, notes) SELECT id, 1000, 1 FROM record WHERE id > 5000000",
        "INSERT INTO answer(record, answers) SELECT id, '[]' FROM record WHERE id > 5000000",
    };
#undef SAME
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tell(&rig, texts[i]);
    }
}

static int open_empty(void **state)
{
    struct cause cause;
    char url[600];
    place_postgres = *state == NULL;
    rig = (struct rig){.now = 1000000};
    if (place_make(&rig.place)) {
        return -1;
    }
    snprintf(url, sizeof url, "%s", rig.place.url);
    if (place_postgres) {
        snprintf(url, sizeof url,
                 "%s%%20-csession_preload_libraries%%3Dauto_explain%%20-cauto_explain.log_min_duration%%3D0%%20"
                 "-cauto_explain.log_nested_statements%%3Don",
                 rig.place.url);
    }
    if (store_open(url, &rig.store, &cause)) {
        print_error("%s\n", cause.text);
        return -1;
    }
    store_set_clock(rig.store, rig_now, &rig);
    arena_init(&rig.arena, 8 << 20);
    rig_run(&rig, 1);
    tell(&rig, "INSERT INTO existing_reading(account, scheme, state) VALUES('A1', 'shops', 1)");
    return 0;
}

static int open_large(void **state)
{
    if (open_empty(state)) {
        return -1;
    }
    fill();
    if (place_postgres) {
        tell(&rig, "ANALYZE");
    }
    return 0;
}

static int close_large(void **state)
{
    (void)state;
    store_close(&rig.store);
    arena_fini(&rig.arena);
    free(server_log);
    server_log = NULL;
    return place_remove(&rig.place);
}

/* What the server has logged since `from`. */
static const char *log_read(long from, long *past)
{
    char path[200];
    const char *folder = getenv("TEST_POSTGRES_FOLDER");
    snprintf(path, sizeof path, "%.150s/server.log", folder ? folder : "");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *past = ftell(file);
    assert_true(*past - from < LOG_MAX);
    free(server_log);
    server_log = calloc(1, (size_t)(*past - from) + 1);
    assert_non_null(server_log);
    assert_int_equal(fseek(file, from, SEEK_SET), 0);
    assert_int_equal(fread(server_log, 1, (size_t)(*past - from), file), *past - from);
    fclose(file);
    return server_log;
}

static void begin_rows(struct ledger_row *rows, char keys[][24], const char *head, char content)
{
    for (int i = 0; i < ROWS; i++) {
        snprintf(keys[i], 24, "%s%05d", head, i);
        rows[i] = rig_row(keys[i], content);
    }
}

/* A page's way through the ledger: new, unchanged, changed, refused; keys in order, and keys without any. */
static void a_page(const char *head, char content, enum verdict verdict)
{
    static const struct scheme_budget budget = {.consecutive = 1000, .percent = 50};
    static struct ledger_row rows[ROWS];
    static char keys[ROWS][24];
    static struct ledger_result results[ROWS];
    static struct ledger_reclaim claims[ROWS];
    static const struct ledger_times times = {RIG_SEND, RIG_LATE, RIG_VISIBLE};
    size_t count = 0;
    bool past = false;
    begin_rows(rows, keys, head, content);
    for (int i = 0; i < ROWS; i += 7) {
        rows[i].in.number = text_of(keys[ROWS - 1 - i]);
        rows[i].in.notes = 1;
        rows[i].answers = TEXT("[]");
    }
    arena_reset(&rig.arena, 1 << 20);
    struct ledger_batch batch = rig_batch(&rig, 1, rows, ROWS);
    assert_int_equal(rig_begin_batch(&rig, &batch), 0);
    assert_int_equal(store_begin(rig.store, true), 0);
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].action == ACTION_CLAIM) {
            claims[count] = (struct ledger_reclaim){
                .id = rows[i].id, .claim = rows[i].claim, .op = rows[i].op, .hash = rows[i].in.hash};
            results[count++] = rig_result(&rows[i], 1, verdict, content == 'a' ? "" : "7");
        }
    }
    int error = ledger_reclaim(rig.store, &times, claims, count);
    for (size_t i = 0; i < count; i++) {
        results[i].claim = claims[i].fresh;
    }
    error = error ? error : ledger_end(rig.store, results, count);
    error = error ? error : budget_results(rig.store, &budget, results, count, &past);
    assert_int_equal(store_end(rig.store, error), 0);
}

static void the_extractor(void)
{
    struct page pages[2];
    size_t count = 0;
    int64_t twin;
    struct store_ms at;
    const struct page_facts facts = {.rows = 100, .digest = "digest", .total = 400};
    assert_int_equal(store_begin(rig.store, true), 0);
    assert_int_equal(page_claim(rig.store, 1, TEXT("me"), 2, pages, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(page_renew(rig.store, 1, TEXT("me")), 0);
    assert_int_equal(page_fetched(rig.store, &pages[0], &facts, 3, &twin), 0);
    assert_int_equal(page_settled(rig.store, &pages[0]), 0);
    assert_int_equal(page_done(rig.store, &pages[0], -1), 0);
    assert_int_equal(run_close(rig.store, 1, -1, NULL), ERR_BUSY);
    assert_int_equal(api_pace(rig.store, TEXT("source"), 1000, 2, &at), 0);
    assert_int_equal(store_end(rig.store, 0), 0);
}

/* Records of another ledger, what a person decides, and runs that are old enough to go. */
static void the_rest(void)
{
    struct sibling siblings[ROWS];
    const struct sibling_id id = {.record = 5000001, .number = TEXT("K1"), .id = TEXT("7")};
    struct ledger_word word = {.scheme = TEXT("others"), .key = TEXT("K101"), .found = TEXT("7")};
    const struct run_plan plan = {.scheme = TEXT("shops"), .source = TEXT("sid"), .keep = 1};
    int64_t gone = 0;
    for (int i = 0; i < ROWS; i++) {
        siblings[i] = (struct sibling){.account = TEXT("A1"), .scheme = TEXT("others"), .key = TEXT("K101")};
    }
    assert_int_equal(store_begin(rig.store, true), 0);
    assert_int_equal(siblings_find(rig.store, 1, siblings, ROWS, &rig.arena), 0);
    assert_int_equal(siblings[0].state, SIBLING_HELD);
    assert_int_equal(siblings_note(rig.store, &id, 1), 0);
    assert_int_equal(ledger_settle(rig.store, &word), ERR_NOT_FOUND);
    assert_int_equal(run_forget(rig.store, &plan, 5000, &gone), 0);
    assert_true(gone > 0);
    assert_int_equal(store_end(rig.store, 0), 0);
}

/* The statement that a plan is of, for the message. */
static const char *query_before(const char *log, const char *at)
{
    static const char head[] = "Query Text: ";
    const char *query = log;
    for (const char *next = strstr(log, head); next && next < at; next = strstr(next + 1, head)) {
        query = next;
    }
    return query;
}

/* Pages of every kind. Records of the other ledger have the numbers of the last one. */
static void all_pages(const char *head)
{
    a_page(head, 'a', VERDICT_SAVED);
    a_page(head, 'a', VERDICT_SAVED);
    a_page(head, 'b', VERDICT_REFUSED);
    a_page("K1", 'a', VERDICT_RELEASED);
}

static void no_table_is_read_whole(const char *log)
{
    static const char *const tables[] = {"record", "page", "existing", "reject", "run_key", "note", "answer"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char scan[60];
        snprintf(scan, sizeof scan, "Seq Scan on %s", tables[i]);
        const char *at = strstr(log, scan);
        while (at && (isalnum((unsigned char)at[strlen(scan)]) || at[strlen(scan)] == '_')) {
            at = strstr(at + 1, scan);
        }
        if (at) {
            const char *query = query_before(log, at);
            fail_msg("%s: %.*s", scan, (int)(strlen(query) > 1500 ? 1500 : strlen(query)), query);
        }
    }
}

static void hot_statements_go_by_index(void **state)
{
    (void)state;
    long from, past;
    (void)log_read(0, &from);
    all_pages("N");
    the_extractor();
    the_rest();
    const char *log = log_read(from, &past);
    assert_non_null(strstr(log, "Index Scan using record_key"));
    no_table_is_read_whole(log);
}

/* Every plan of the statement that holds `part` uses the index. */
static void goes_by(const char *log, const char *part, const char *index)
{
    static const char head[] = "Query Text: ";
    int plans = 0;
    for (const char *at = strstr(log, part); at; at = strstr(at, part)) {
        const char *past = strstr(at, head), *found = strstr(at, index);
        assert_non_null(found);
        assert_true(!past || found < past);
        at = past ? past : found;
        plans++;
    }
    assert_true(plans > 0);
}

/* What is planned once was perhaps planned while there was nothing yet. */
static void a_plan_made_in_an_empty_store_does_for_a_full_one(void **state)
{
    (void)state;
    long from, past;
    all_pages("N");
    int64_t custom = rig_ask(&rig, "SELECT SUM(custom_plans)::bigint FROM pg_prepared_statements WHERE statement LIKE "
                                   "'/* by index */%'");
    int64_t once = rig_ask(&rig, "SELECT SUM(generic_plans)::bigint FROM pg_prepared_statements WHERE statement LIKE "
                                 "'/* by index */%'");
    assert_int_equal(custom, 0);
    assert_true(once > 300); /* rows that are written or looked for one by one among them */
    fill();
    (void)log_read(0, &from);
    all_pages("M");
    const char *log = log_read(from, &past);
    no_table_is_read_whole(log);
    goes_by(log, "SELECT r.state, p.state", "record_number");
    goes_by(log, "AND number = $6)", "record_number");
    goes_by(log, "string_to_array", "record_key");
    goes_by(log, "all_of", "record_pkey");
}

/* A record is written twice a run: the second time, and in the next run, on its own page of the table. */
static void what_is_written_again_stays_on_its_page(void **state)
{
    (void)state;
    int64_t before = rig_ask(&rig, "SELECT pg_relation_size('record')");
    tell(&rig, "UPDATE record SET run = 1, outcome = 3 WHERE id <= 5020000");
    int64_t after = rig_ask(&rig, "SELECT pg_relation_size('record')");
    assert_true(after < before + before / 10);
    assert_true(rig_ask(&rig, "SELECT COUNT(*) FROM pg_class WHERE relname = 'record' AND "
                              "reloptions::text LIKE '%fillfactor%'") > 0);
}

/* ---- SQLite ---- */

enum { STEPS_MOST = 2000 /* rows that a statement may step over; the large tables have ten times as many */ };
static char whole[4000]; /* statements that stepped over more */

static int finished(unsigned what, void *user, void *statement, void *took)
{
    int steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
    size_t used = strlen(whole);
    (void)what;
    (void)user;
    (void)took;
    if (steps > STEPS_MOST) {
        snprintf(whole + used, sizeof whole - used, "%d steps: %s\n", steps, sqlite3_sql(statement));
    }
    return 0;
}

static int watch(sqlite3 *database, char **why, const void *routines)
{
    (void)why;
    (void)routines;
    return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, finished, NULL);
}

static int open_watched(void **state)
{
    *state = &rig; /* a file */
    sqlite3_auto_extension((void (*)(void))watch);
    int error = open_large(state);
    whole[0] = '\0'; /* what filled it */
    return error;
}

static int close_watched(void **state)
{
    sqlite3_cancel_auto_extension((void (*)(void))watch);
    return close_large(state);
}

/* A person's questions, too: one record, one reject. */
static void no_statement_reads_a_table_whole(void **state)
{
    (void)state;
    struct buffer told;
    int64_t closed = 0;
    const struct reject_closing which = {TEXT(""), TEXT("K10"), TEXT(""), TEXT(""), 0, 0};
    all_pages("N");
    the_extractor();
    the_rest();
    buffer_init(&told, 1 << 20);
    assert_int_equal(ledger_explain(rig.store, TEXT("K101"), &told), 0);
    assert_true(told.size > 100);
    assert_int_equal(store_begin(rig.store, true), 0);
    assert_int_equal(reject_close(rig.store, &which, &closed), 0);
    assert_int_equal(store_end(rig.store, 0), 0);
    buffer_fini(&told);
    if (whole[0]) {
        fail_msg("tables are read whole:\n%s", whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_statement_reads_a_table_whole, open_watched, close_watched),
        cmocka_unit_test_setup_teardown(hot_statements_go_by_index, open_large, close_large),
        cmocka_unit_test_setup_teardown(what_is_written_again_stays_on_its_page, open_large, close_large),
        cmocka_unit_test_setup_teardown(a_plan_made_in_an_empty_store_does_for_a_full_one, open_empty, close_large),
    };
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
