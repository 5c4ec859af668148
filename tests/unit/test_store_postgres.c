/* Locks that several writers of PostgreSQL need, and one writer of SQLite does not: same records, numbers, pages. */
#include <sys/wait.h>

#include "common/ledger/budget.h"
#include "tests/unit/ledger_rig.h"

enum { WORKERS = 4, KEYS = 60, ROUNDS = 3 };

/* One worker's T1 of a page until it goes through; the other order in every second worker. How many rows it claimed. */
static int claims_of(const struct rig *rig, int64_t page, int worker, bool one_number)
{
    struct rig own = *rig;
    struct ledger_row rows[KEYS];
    char keys[KEYS][16];
    struct cause cause;
    if (store_open(rig->place.url, &own.store, &cause)) {
        return -1;
    }
    store_set_clock(own.store, rig_now, &own);
    arena_init(&own.arena, 8 << 20);
    int error = 0;
    do {
        for (int i = 0; i < KEYS; i++) {
            int n = worker % 2 ? KEYS - 1 - i : i;
            snprintf(keys[i], sizeof keys[i], "K%d-%03d", one_number ? worker : 0, n);
            rows[i] = rig_row(keys[i], 'a');
            rows[i].in.number = one_number ? TEXT("N") : (struct text){0};
        }
        struct ledger_batch batch = rig_batch(&own, 1, rows, one_number ? 1 : KEYS);
        batch.page.no = page;
        error = store_begin(own.store, true);
        error = error ? error : store_end(own.store, ledger_begin(own.store, &batch));
    } while (error == ERR_BUSY);
    int claimed = 0;
    for (int i = 0; i < (one_number ? 1 : KEYS); i++) {
        claimed += rows[i].action == ACTION_CLAIM;
    }
    store_close(&own.store);
    arena_fini(&own.arena);
    return error ? -1 : claimed;
}

/* Claims of all workers together, which start at the same moment. */
static int claims_at_once(struct rig *rig, bool one_number)
{
    int start[2], told[2], sum = 0;
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(told), 0);
    for (int w = 0; w < WORKERS; w++) {
        if (fork() == 0) {
            char byte;
            close(start[1]);
            (void)!read(start[0], &byte, 1);
            int claimed = claims_of(rig, w, w, one_number);
            _exit(write(told[1], &claimed, sizeof claimed) == sizeof claimed ? 0 : 1);
        }
    }
    close(start[0]);
    close(start[1]);
    close(told[1]);
    for (int claimed = 0; read(told[0], &claimed, sizeof claimed) == sizeof claimed;) {
        assert_true(claimed >= 0);
        sum += claimed;
    }
    close(told[0]);
    while (wait(NULL) > 0) {
    }
    return sum;
}

static void the_same_keys_are_claimed_once(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(claims_at_once(rig, false), KEYS);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record"), KEYS);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(DISTINCT claim) FROM record WHERE claim <> 0"), KEYS);
}

static void one_number_goes_to_one_record(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(claims_at_once(rig, true), 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject WHERE class = 'number_clash'"), WORKERS - 1);
}

/* A T1 keeps its run open; the budget writes into the same row. With both in one transaction each loader waited for the
 * other's end, and no page went through. */
static void budgets_do_not_wait_for_claims(void **state)
{
    struct rig *rig = *state;
    struct rig other = *rig;
    struct cause cause;
    bool past = false;
    const struct scheme_budget budget = {.rejects = 1000, .consecutive = 100};
    const struct budget_spent spent = {.refused = 3, .streak = 3};
    struct ledger_row one = rig_row("K1", 'a'), two = rig_row("K2", 'a'), three = rig_row("K3", 'a');
    rig_begin(rig, 1, &three, 1); /* the run has its account, its account its ledger */
    assert_int_equal(store_open(rig->place.url, &other.store, &cause), 0);
    store_set_clock(other.store, rig_now, &other);
    arena_init(&other.arena, 8 << 20);
    struct ledger_batch first = rig_batch(rig, 1, &one, 1), second = rig_batch(&other, 1, &two, 1);
    second.page.no = 1;
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_begin(other.store, true), 0);
    assert_int_equal(ledger_begin(rig->store, &first), 0);
    assert_int_equal(ledger_begin(other.store, &second), 0);
    assert_int_equal(budget_spend(rig->store, &budget, 1, &spent, &past), 0);
    assert_int_equal(store_end(rig->store, 0), 0);
    assert_int_equal(budget_spend(other.store, &budget, 1, &spent, &past), 0);
    assert_int_equal(store_end(other.store, 0), 0);
    assert_int_equal(rig_ask(rig, "SELECT refused FROM run WHERE id = 1"), 6);
    store_close(&other.store);
    arena_fini(&other.arena);
}

/* A page looks at its own keys: another page's records between them stay free for their own loader. */
static void a_stretch_locks_its_own_keys_only(void **state)
{
    enum { MANY = 20 };
    struct rig *rig = *state;
    struct rig other = *rig;
    struct cause cause;
    struct ledger_row all[2][MANY], bound = rig_row("A", 'a');
    static char keys[2][MANY][8];
    assert_int_equal(store_open(rig->place.url, &other.store, &cause), 0);
    store_set_clock(other.store, rig_now, &other);
    arena_init(&other.arena, 8 << 20);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < MANY; i++) { /* even and odd: each page's range is the other's */
            snprintf(keys[turn][i], sizeof keys[turn][i], "K%03d", 2 * i + turn);
            all[turn][i] = rig_row(keys[turn][i], 'a');
        }
        rig_begin(rig, 1, all[turn], MANY);
        for (int i = 0; i < MANY; i++) {
            assert_int_equal(rig_end(rig, &all[turn][i], 1, VERDICT_SAVED, ""), 0);
        }
    }
    rig_run(rig, 2);
    rig_begin(rig, 2, &bound, 1); /* the run has its account */
    struct ledger_batch even = rig_batch(rig, 2, all[0], MANY), odd = rig_batch(&other, 2, all[1], MANY);
    odd.page.no = 1;
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_begin(other.store, true), 0);
    assert_int_equal(store_run(other.store, "set local lock_timeout = '1s'", NULL, 0, NULL), 0);
    assert_int_equal(ledger_begin(rig->store, &even), 0);
    assert_int_equal(ledger_begin(other.store, &odd), 0);
    assert_int_equal(store_end(rig->store, 0), 0);
    assert_int_equal(store_end(other.store, 0), 0);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(all[0][i].outcome, OUTCOME_UNCHANGED);
        assert_int_equal(all[1][i].outcome, OUTCOME_UNCHANGED);
    }
    store_close(&other.store);
    arena_fini(&other.arena);
}

static void its_clock_is_the_servers(void **state)
{
    const struct rig *rig = *state;
    store_set_clock(rig->store, NULL, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t server = 0;
        assert_int_equal(store_begin(rig->store, true), 0);
        int64_t before = store_now(rig->store).ms;
        assert_int_equal(store_integers(rig->store, "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint",
                                        NULL, 0, &server, 1),
                         0);
        assert_int_equal(store_end(rig->store, 0), 0);
        assert_true(before <= server); /* what is over by our clock is over by the server's */
        assert_true(store_deadline(rig->store, (struct store_ms){server}).ms <=
                    store_deadline(rig->store, (struct store_ms){server + 1000}).ms - 900);
    }
}

static void a_crash_between_two_transactions_is_lived_through(void **state)
{
    const struct rig *rig = *state;
    assert_int_equal(store_begin(rig->store, true), 0);
    place_crash();
    int64_t id = 0;
    int error = store_ids(rig->store, 1, &id);
    assert_int_equal(error, ERR_BUSY);
    assert_int_equal(store_end(rig->store, error), ERR_BUSY);
    do {
        error = store_begin(rig->store, true);
    } while (error == ERR_BUSY);
    assert_int_equal(error, 0);
    assert_int_equal(store_ids(rig->store, 1, &id), 0);
    assert_int_equal(store_end(rig->store, 0), 0);
}

static void risk_read(struct store *store, char out[STORE_RISK_MAX])
{
    assert_int_equal(store_begin(store, false), 0);
    assert_int_equal(store_end(store, store_risk(store, out)), 0);
}

/* What follows the server's log without being waited for may take over, and lack the last commits. */
static void an_asynchronous_standby_is_told(void **state)
{
    const struct rig *rig = *state;
    char risk[STORE_RISK_MAX], url[500], start[80];
    risk_read(rig->store, risk);
    assert_string_equal(risk, "");
    snprintf(url, sizeof url, "%s&replication=true&application_name=standby", place_server());
    PGconn *standby = PQconnectdb(url);
    PGresult *system = PQexec(standby, "IDENTIFY_SYSTEM");
    assert_int_equal(PQresultStatus(system), PGRES_TUPLES_OK);
    snprintf(start, sizeof start, "START_REPLICATION %s", PQgetvalue(system, 0, 2));
    PQclear(system);
    PGresult *following = PQexec(standby, start);
    assert_int_equal(PQresultStatus(following), PGRES_COPY_BOTH);
    PQclear(following);
    for (int i = 0; i < 500 && risk[0] == '\0'; i++) {
        risk_read(rig->store, risk);
        usleep(10000);
    }
    assert_non_null(strstr(risk, "set synchronous_standby_names"));
    PQfinish(standby);
}

/* A time-out that a server or a role sets is for others' statements. */
static void a_statement_may_take_its_time(void **state)
{
    const struct rig *rig = *state;
    struct store *store = NULL;
    struct cause cause;
    char url[500];
    int64_t one = 0;
    snprintf(url, sizeof url, "%s%%20-cstatement_timeout%%3D50", rig->place.url);
    assert_int_equal(store_open(url, &store, &cause), 0);
    assert_int_equal(store_begin(store, true), 0);
    assert_int_equal(store_integers(store, "select 1 from pg_sleep(0.3)", NULL, 0, &one, 1), 0);
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
}

/* A pooler in transaction mode gives the next transaction another session: that is told, and not tried without end. */
static void lost_statements_are_told(void **state)
{
    static const char again[] = "select 1";
    const struct rig *rig = *state;
    int64_t one = 0;
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_integers(rig->store, again, NULL, 0, &one, 1), 0);
    assert_int_equal(store_run(rig->store, "deallocate all", NULL, 0, NULL), 0);
    assert_int_equal(store_integers(rig->store, again, NULL, 0, &one, 1), ERR_IO);
    assert_non_null(strstr(store_why(rig->store), "a pooler in transaction mode is in between"));
    assert_int_equal(store_end(rig->store, ERR_IO), ERR_IO);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    place_postgres = true;
    const struct CMUnitTest tests[] = {
        CASE(the_same_keys_are_claimed_once),
        CASE(one_number_goes_to_one_record),
        CASE(budgets_do_not_wait_for_claims),
        CASE(a_stretch_locks_its_own_keys_only),
        CASE(an_asynchronous_standby_is_told),
        CASE(a_statement_may_take_its_time),
        CASE(lost_statements_are_told),
        CASE(its_clock_is_the_servers),
        CASE(a_crash_between_two_transactions_is_lived_through),
    };
    return cmocka_run_group_tests_name("several writers", tests, NULL, NULL);
}
