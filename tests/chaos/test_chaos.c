/* Stages killed, frozen and told to stop at random while they work, against doubles that lose replies and execute late:
 * what is in the target in the end. CHAOS_SEED, CHAOS_MINUTES, CHAOS_KILLS and CHAOS_STORE ask for other campaigns. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/store.h"
#include "tests/chaos/campaign.h"
#include "tests/unit/store_place.h"

/* Sanitizers watch a short campaign, one each. */
#if defined(__SANITIZE_ADDRESS__)
enum { WATCHED = 1, FIRST = 0, CASES = 1 };
#elif defined(__SANITIZE_THREAD__)
enum { WATCHED = 1, FIRST = 1, CASES = 1 };
#else
enum { WATCHED = 0, FIRST = 0, CASES = 3 };
#endif

static const char *program;

struct chaos {
    const char *name;
    int workers[CAMPAIGN_STAGES];
    int seconds;   /* of strikes, in `make test` */
    int shops;     /* of a round */
    bool postgres; /* on a PostgreSQL store, whose server crashes now and then */
};

static const struct chaos cases[] = {
    {"one of each stage", {1, 1, 1}, 30, 3000, false},
    {"two transformers, two loaders", {1, 2, 2}, 12, 3000, false},
    {"two of each on PostgreSQL, its server crashes", {2, 2, 2}, 15, 3000, true},
};

static int64_t setting(const char *name, int64_t fallback)
{
    const char *text = getenv(name);
    if (text == NULL || *text == '\0') {
        return fallback;
    }
    char *end = NULL;
    int64_t n = strtoll(text, &end, 10);
    if (*end != '\0' || n < 0) {
        rig_fail("%s=%s: a whole number is wanted", name, text);
    }
    return n;
}

static int sound(void *user, int columns, char **values, char **names)
{
    (void)columns, (void)names;
    *(bool *)user = strcmp(values[0], "ok") == 0;
    return 0;
}

static void check_file(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    bool whole = false;
    assert_int_equal(sqlite3_exec(db, "pragma integrity_check", sound, &whole, NULL), SQLITE_OK);
    assert_true(whole);
    sqlite3_close(db);
}

/* Nothing is left half done. */
static void check_store(const char *url, int64_t shops)
{
    static const char *const none[] = {
        "select count(*) from record where outcome is null or outcome = 0",
        "select count(*) from record where claim <> 0",
        "select count(*) from run where state <> 2",
        "select count(*) from page where state <> 2",
        "select count(*) from reject",
    };
    struct store *store = NULL;
    struct cause cause;
    int64_t n = -1;
    if (store_open_reader(url, &store, &cause) != 0) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(store_begin(store, false), 0);
    assert_int_equal(store_integers(store, "select count(*) from record", NULL, 0, &n, 1), 0);
    assert_int_equal(n, shops);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(store_integers(store, none[i], NULL, 0, &n, 1), 0);
        assert_int_equal(n, 0);
    }
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
}

/* A process that crashes the server every few seconds, until it is told to stop. */
static pid_t crashes_start(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            rig_pause(5000);
            place_crash();
        }
    }
    assert_true(child > 0);
    return child;
}

static void crashes_stop(pid_t child)
{
    int status = 0;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* it did not end by itself: the server was crashed as it should */
}

static void check_chaos(void **state)
{
    const struct chaos *chaos = *state;
    int64_t minutes = setting("CHAOS_MINUTES", 0);
    const char *store = getenv("CHAOS_STORE");
    struct campaign_plan plan = {
        .workers = {chaos->workers[0], chaos->workers[1], chaos->workers[2]},
        .shops = chaos->shops,
        .millis = minutes > 0 ? minutes * 60000
                  : WATCHED   ? 8000
                              : (int64_t)chaos->seconds * 1000,
        .kills = (int)setting("CHAOS_KILLS", 0),
        .seed = (uint64_t)setting("CHAOS_SEED", 1 + time(NULL) % 1000000),
        .store = store != NULL && *store != '\0' ? store : NULL,
    };
    print_message("%s: seed %" PRIu64 "\n", chaos->name, plan.seed);
    struct place place = {.folder = ""};
    place_postgres = true;
    if (chaos->postgres) {
        assert_int_equal(place_make(&place), 0);
        plan.store = place.url;
    }
    struct rig rig;
    rig_open(&rig, program);
    rig_scheme(&rig,
               "\"pagination\": { \"pageSize\": 100, \"startPage\": 0 },\n"
               "    \"limits\": { \"callsPerMinute\": 60, \"concurrency\": 4 }",
               "\"pagination\": { \"pageSize\": 20, \"startPage\": 0 },\n"
               "    \"limits\": { \"callsPerMinute\": 60, \"concurrency\": 2 }");
    struct campaign_count n;
    pid_t crashes = chaos->postgres ? crashes_start() : 0;
    campaign_run(&rig, &plan, &n);
    if (crashes > 0) {
        crashes_stop(crashes);
    }
    print_message("%s: %d kills, %d freezes, %d stops; %d rounds, %d runs, %" PRId64 " shops, %" PRId64 " renamed\n",
                  chaos->name, n.kills, n.freezes, n.stops, n.rounds, n.runs, n.shops, n.renamed);
    print_message("kills that hit records in flight: extractor %d of %d, transformer %d of %d, loader %d of %d\n",
                  n.lively[0], n.killed[0], n.lively[1], n.killed[1], n.lively[2], n.killed[2]);
    char url[400];
    snprintf(url, sizeof url, "sqlite:%.300s/dianchen.db", rig.folder);
    if (plan.store == NULL) {
        check_file(url + strlen("sqlite:"));
    }
    check_store(plan.store != NULL ? plan.store : url, n.shops);
    /* A campaign that struck idle stages proves nothing. */
    int lively = n.lively[0] + n.lively[1] + n.lively[2];
    assert_true(n.kills > 0 && lively * CAMPAIGN_LIVELY >= n.kills);
    rig_close(&rig);
    if (chaos->postgres) {
        assert_int_equal(place_remove(&place), 0);
    }
}

int main(int argc, char **argv)
{
    program = argv[0];
    struct CMUnitTest tests[CASES];
    size_t n = 0;
    for (size_t i = FIRST; i < FIRST + CASES; i++) {
        if (argc < 2 || strstr(cases[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = cases[i].name, .test_func = check_chaos, .initial_state = (void *)(uintptr_t)&cases[i]};
        }
    }
    return _cmocka_run_group_tests("chaos", tests, n, NULL, NULL);
}
