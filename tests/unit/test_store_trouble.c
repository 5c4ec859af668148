/* A PostgreSQL server, or the way to it, that fails at the wrong moment. */
#include "common/ledger/budget.h"
#include "tests/unit/ledger_rig.h"
#include "tests/unit/postgres_proxy.h"

static struct proxy proxy;
static char url[500];

static int trouble_open(void **state)
{
    if (rig_open(state) || proxy_start(&proxy)) {
        return -1;
    }
    proxy_url(&proxy, ((const struct rig *)*state)->place.url, url, sizeof url);
    return 0;
}

static int trouble_close(void **state)
{
    proxy_stop(&proxy);
    return rig_close(state);
}

/* Whatever step of opening the server's end falls into, it is waited for. */
static void a_start_while_the_server_goes_away_waits_for_it(void **state)
{
    (void)state;
    for (int step = 1; step <= 6; step++) {
        struct store *store = NULL;
        struct cause cause = {""};
        atomic_store(&proxy.orders->cut_after, step);
        atomic_store(&proxy.orders->cut_first, 1);
        if (store_open(url, &store, &cause)) {
            fail_msg("step %d: %s", step, cause.text);
        }
        assert_int_equal(atomic_load(&proxy.orders->cut_first), 0);
        store_close(&store);
    }
}

/* After a failover the timeline is another: what the standby had not received is lost, so nothing may be created until the
 * target was read anew. The life that the store remembers is changed in its stead. */
static void a_store_that_lost_commits_is_noticed(void **state)
{
    const struct rig *rig = *state;
    struct store *store = NULL;
    struct cause cause;
    char text[200];
    assert_int_equal(store_open(url, &store, &cause), 0);
    assert_int_equal(rig_ask((struct rig *)rig, "SELECT COUNT(*) FROM existing_reading WHERE state = 1"), 2);
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 1) {
            snprintf(text, sizeof text,
                     "update %s.meta set value = regexp_replace(value, ' [0-9A-F]{8}/', ' 0000000F/') "
                     "where name = 'life'",
                     rig->place.schema);
            place_tell(text);
        }
        place_tell("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dianchen'");
        int error = ERR_BUSY;
        for (int i = 0; i < 50 && error == ERR_BUSY; i++) {
            error = store_begin(store, true);
        }
        assert_int_equal(error, 0);
        assert_int_equal(store_end(store, ERR_STALE),
                         ERR_STALE); /* the work that follows is rolled back, what was noticed is not */
        int64_t read[2];
        assert_int_equal(store_begin(store, true), 0);
        assert_int_equal(store_integers(store,
                                        "SELECT COUNT(*) FILTER (WHERE state = 1), COUNT(*) FILTER (WHERE since > 0) "
                                        "FROM existing_reading",
                                        NULL, 0, read, 2),
                         0);
        assert_int_equal(store_end(store, 0), 0);
        assert_int_equal(read[0], turn == 0 ? 2 : 0); /* a connection that was merely lost has lost nothing */
        assert_int_equal(read[1], turn == 0 ? 0 : 2);
    }
    store_close(&store);
}

/* A role that may do nothing but use its own tables is told as much of a store's life as it may see. */
static void a_plain_role_may_open_it(void **state)
{
    const struct rig *rig = *state;
    char text[400], plain[500];
    snprintf(text, sizeof text,
             "drop role if exists plain; create role plain login; grant usage, create on schema %s to "
             "plain; grant all on all tables in schema %s to plain; grant all on all sequences in schema %s to plain",
             rig->place.schema, rig->place.schema, rig->place.schema);
    place_tell(text);
    const char *at = strstr(url, "postgres@");
    assert_non_null(at);
    snprintf(plain, sizeof plain, "%.*splain@%s", (int)(at - url), url, at + strlen("postgres@"));
    struct store *store = NULL;
    struct cause cause = {""};
    if (store_open(plain, &store, &cause)) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(store_begin(store, true), 0);
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
    snprintf(text, sizeof text, "drop owned by plain; drop role plain");
    place_tell(text);
}

/* ---- a server that says nothing ---- */

struct asking {
    struct store_job job;
    struct loop *loop;
    int error;
};

static int ask_work(struct store *store, struct store_job *job)
{
    int64_t one;
    (void)job;
    return store_integers(store, "select 1", NULL, 0, &one, 1);
}

static void asked(struct store_job *job, int error)
{
    struct asking *asking = (struct asking *)job;
    asking->error = error;
    loop_stop(asking->loop, 1);
}

/* Whoever has to end gets his answer in time, and so does the end itself. */
static void a_silent_server_is_not_waited_for_too_long(void **state)
{
    enum { HURRY = 400, MOST = 20000 /* ms */ };
    (void)state;
    struct store *store = NULL;
    struct cause cause;
    struct asking asking = {.job = {.work = ask_work, .done = asked}};
    assert_int_equal(store_open(url, &store, &cause), 0);
    assert_int_equal(loop_new(&asking.loop), 0);
    assert_int_equal(store_start(store, asking.loop, NULL), 0);
    assert_false(store_hangs(store));
    atomic_store(&proxy.orders->deaf, 1);
    int64_t began = clock_ms();
    store_submit(store, &asking.job);
    store_hurry(store, HURRY);
    (void)loop_run(asking.loop);
    assert_int_equal(asking.error, ERR_BUSY);
    store_submit(store, &asking.job); /* and the next one fails at once */
    (void)loop_run(asking.loop);
    assert_int_equal(asking.error, ERR_BUSY);
    store_close(&store);
    assert_true(clock_ms() - began < MOST);
    loop_free(&asking.loop);
}

/* The pooler takes the connection, but has no session of the server left: that is trouble which passes. */
static void a_full_pooler_is_not_waited_for_without_end(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct cause cause = {""};
    int before = atomic_load(&proxy.orders->connections);
    atomic_store(&proxy.orders->full, 1);
    pid_t pooler = fork(); /* has a session again once somebody has asked anew */
    if (pooler == 0) {
        while (atomic_load(&proxy.orders->connections) < before + 2) {
            usleep(10000);
        }
        atomic_store(&proxy.orders->full, 0);
        _exit(0);
    }
    assert_true(pooler > 0);
    assert_int_equal(store_open(url, &store, &cause), 0);
    store_close(&store);
    assert_int_equal(waitpid(pooler, NULL, 0), pooler);
}

/* Without an end, and whatever language the server speaks (lc_messages). */
static void a_full_server_is_waited_for_in_its_language(void **state)
{
    static const char *const words[] = {"sorry, too many clients already", "对不起, 已经有太多的客户",
                                        "由角色\"dianchen\"发起的连接太多了"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct store *store = NULL;
        struct cause cause = {""};
        atomic_store(&proxy.orders->words, words[i]);
        atomic_store(&proxy.orders->crowded, 20);
        if (store_open(url, &store, &cause)) {
            fail_msg("%s: %s", words[i], cause.text);
        }
        assert_int_equal(atomic_load(&proxy.orders->crowded), 0);
        store_close(&store);
    }
}

/* What holds no Chinese is refused at once; bytes of any encoding are fine. */
static void databases_of_other_encodings(void **state)
{
    static const struct {
        const char *encoding, *refused;
    } rows[] = {{"LATIN1", "the database's encoding is LATIN1"},
                {"EUC_CN", "the database's encoding is EUC_CN"},
                {"SQL_ASCII", NULL}};
    (void)state;
    const char *at = strstr(url, "/postgres?");
    assert_non_null(at);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char other[500], text[200];
        snprintf(text, sizeof text, "create database other encoding '%s' locale 'C' template template0",
                 rows[i].encoding);
        place_tell(text);
        const char *words = at + strlen("/postgres?"); /* but not the schema, which is not there */
        snprintf(other, sizeof other, "%.*s/other?%.*s", (int)(at - url), url, (int)strcspn(words, "&"), words);
        struct store *store = NULL;
        struct cause cause = {""};
        assert_int_equal(store_open(other, &store, &cause), rows[i].refused ? ERR_INPUT : 0);
        if (rows[i].refused && !strstr(cause.text, rows[i].refused)) {
            fail_msg("%s: %s", rows[i].encoding, cause.text);
        }
        if (!rows[i].refused) {
            struct sql_rows found;
            assert_int_equal(store_begin(store, true), 0);
            assert_int_equal(store_run(store, "insert into meta (name, value) values ('shop', '店铺')", NULL, 0, NULL),
                             0);
            store_ask(store, "select value from meta where name = 'shop'", NULL, 0, &found);
            assert_true(store_next(&found));
            assert_true(text_equal(found.columns[0].text, TEXT("店铺")));
            assert_int_equal(store_found(&found), 0);
            assert_int_equal(store_end(store, 0), 0);
        }
        store_close(&store);
        place_tell("drop database other");
    }
}

/* ---- the reply to a commit is lost ---- */

static void commits(struct store *store, int (*work)(struct store *store, void *user), void *user, int lost)
{
    assert_int_equal(store_begin(store, true), 0); /* what is looked at once, is */
    assert_int_equal(store_end(store, 0), 0);
    atomic_store(&proxy.orders->lose, lost);
    int error = ERR_BUSY;
    for (int turn = 0; turn < 50 && error == ERR_BUSY; turn++) {
        error = store_begin(store, true);
        error = error ? error : store_end(store, work(store, user));
    }
    assert_int_equal(error, 0);
    assert_int_equal(atomic_load(&proxy.orders->lose), 0);
}

struct closing {
    int64_t run;
    bool ours;
    int closes;
};

static int close_once(struct store *store, void *user)
{
    struct closing *closing = user;
    int error = run_close(store, closing->run, -1, NULL);
    if (error == ERR_STALE) {
        return run_was_closed_by(store, closing->run, TEXT("me"), &closing->ours);
    }
    closing->closes++;
    return error ? error : run_closed_by(store, closing->run, TEXT("me"));
}

static void the_end_of_a_run_is_known_by_who_closed_it(void **state)
{
    struct rig *rig = *state;
    struct store *store = NULL;
    struct cause cause;
    struct closing closing = {.run = 1};
    assert_int_equal(store_open(url, &store, &cause), 0);
    rig_write(rig, "UPDATE page SET state = 2 WHERE run = 1");
    commits(store, close_once, &closing, 1);
    assert_true(closing.ours);
    assert_int_equal(closing.closes, 1);
    bool other = true;
    assert_int_equal(store_begin(store, true), 0);
    assert_int_equal(run_was_closed_by(store, 1, TEXT("you"), &other), 0);
    assert_int_equal(store_end(store, 0), 0);
    assert_false(other);
    store_close(&store);
}

struct refusing {
    struct rig *rig;
    struct ledger_row row;
    struct ledger_result result;
};

static int refuse_begin(struct store *store, void *user)
{
    struct refusing *refusing = user;
    struct ledger_batch batch = rig_batch(refusing->rig, 1, &refusing->row, 1);
    return ledger_begin(store, &batch);
}

static int refuse_end(struct store *store, void *user)
{
    struct refusing *refusing = user;
    const struct scheme_budget budget = {.rejects = 1000};
    bool past = false;
    int error = ledger_end(store, &refusing->result, 1);
    return error ? error : budget_results(store, &budget, &refusing->result, 1, &past);
}

/* Done once, whether the answer comes or not: the reject's attempts and the budget too. */
static void a_lost_reply_counts_a_refusal_once(void **state)
{
    struct rig *rig = *state;
    struct store *store = NULL;
    struct cause cause;
    struct refusing refusing = {.rig = rig, .row = rig_row("K1", 'a')};
    assert_int_equal(store_open(url, &store, &cause), 0);
    store_set_clock(store, rig_now, rig);
    commits(store, refuse_begin, &refusing, 0);
    assert_int_equal(refusing.row.action, ACTION_CLAIM);
    refusing.result = rig_result(&refusing.row, 1, VERDICT_REFUSED, "");
    commits(store, refuse_end, &refusing, 1);
    assert_int_equal(rig_ask(rig, "SELECT attempts FROM reject"), 1);
    assert_int_equal(rig_ask(rig, "SELECT refused FROM run WHERE id = 1"), 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE outcome = 5 AND claim = 0"), 1);
    store_close(&store);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, trouble_open, trouble_close)

int main(void)
{
    place_postgres = true;
    const struct CMUnitTest tests[] = {
        CASE(a_start_while_the_server_goes_away_waits_for_it),
        CASE(a_store_that_lost_commits_is_noticed),
        CASE(a_plain_role_may_open_it),
        CASE(a_silent_server_is_not_waited_for_too_long),
        CASE(a_full_pooler_is_not_waited_for_without_end),
        CASE(a_full_server_is_waited_for_in_its_language),
        CASE(databases_of_other_encodings),
        CASE(the_end_of_a_run_is_known_by_who_closed_it),
        CASE(a_lost_reply_counts_a_refusal_once),
    };
    return cmocka_run_group_tests_name("a server in trouble", tests, NULL, NULL);
}
