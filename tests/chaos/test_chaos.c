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

#include "common/store/store.h"
#include "tests/chaos/campaign.h"
#include "tests/unit/store_place.h"

/* Sanitizers watch a short campaign, one each. */
#if defined(__SANITIZE_ADDRESS__)
enum { WATCHED = 1, FIRST = 0, CASES = 1, NAMED = 1 };
#elif defined(__SANITIZE_THREAD__)
enum { WATCHED = 1, FIRST = 1, CASES = 1, NAMED = 1 };
#else
enum { WATCHED = 0, FIRST = 0, CASES = 6, NAMED = 7 /* run where they are named, too */ };
#endif

static const char *program;

struct chaos {
    const char *name;
    int workers[CAMPAIGN_STAGES];
    int seconds;       /* of strikes, in `make test` */
    int shops;         /* of a round */
    bool postgres;     /* on a PostgreSQL store, whose server crashes now and then */
    int refused_every; /* shops that the target refuses */
    bool lossy;        /* 2 % of the COMMITs get no reply, 2 % never arrive */
    bool rival;        /* another scheme writes the same shops into the same account */
    bool storm;        /* campaign.h */
};

static const struct chaos cases[] = {
    {.name = "one of each stage", .workers = {1, 1, 1}, .seconds = 30, .shops = 3000},
    {.name = "two transformers, two loaders", .workers = {1, 2, 2}, .seconds = 12, .shops = 3000},
    {.name = "two of each on PostgreSQL, its server crashes",
     .workers = {2, 2, 2},
     .seconds = 15,
     .shops = 3000,
     .postgres = true},
    {.name = "two loaders, one shop in twenty is refused",
     .workers = {1, 1, 2},
     .seconds = 10,
     .shops = 2000,
     .refused_every = 20},
    {.name = "four loaders on PostgreSQL, one shop in twenty is refused, COMMITs get lost",
     .workers = {2, 2, 4},
     .seconds = 15,
     .shops = 2000,
     .postgres = true,
     .refused_every = 20,
     .lossy = true},
    {.name = "two schemes into one account on PostgreSQL, four loaders, refusals, COMMITs get lost",
     .workers = {2, 2, 4},
     .seconds = 15,
     .shops = 800,
     .postgres = true,
     .refused_every = 20,
     .lossy = true,
     .rival = true},
    {.name = "storm: 60000 shops, kills alone", .workers = {1, 2, 2}, .seconds = 45, .shops = 60000, .storm = true},
};

enum { QUIET_MOST = 150000 /* ms that a run may need after the last kill of a storm */ };

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
static void check_store(const char *url, int64_t schemes, int64_t shops, int64_t refused)
{
    static const char *const none[] = {
        "select count(*) from record where outcome is null or outcome = 0",
        "select count(*) from record where claim <> 0",
        "select count(*) from run where state <> 2",
        "select count(*) from page where state <> 2",
    };
    struct store *store = NULL;
    struct cause cause;
    int64_t n = -1;
    if (store_open_reader(url, &store, &cause) != 0) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(store_begin(store, false), 0);
    assert_int_equal(store_integers(store, "select count(*) from record", NULL, 0, &n, 1), 0);
    assert_int_equal(n, schemes * shops);
    assert_int_equal(store_integers(store, "select count(*) from reject", NULL, 0, &n, 1), 0);
    assert_int_equal(n, schemes * refused);
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

/* The way to the case's schema through a double that loses COMMITs. */
static struct rig_process *between(struct rig *rig, const struct place *place, uint64_t seed, char url[500])
{
    char way[200], text[24];
    const char *folder = getenv("TEST_POSTGRES_FOLDER");
    snprintf(text, sizeof text, "%" PRIu64, seed);
    struct rig_process *process = rig_double(
        rig, "postgres-double",
        (const char *[]){"--server", folder ? folder : "", "--lose", "0.02", "--cut", "0.02", "--seed", text, NULL},
        way, sizeof way);
    snprintf(url, 500, "%s&options=-csearch_path%%3D%s", way, place->schema);
    return process;
}

/* The number behind a word of what the double says at its end. */
static int64_t number_behind(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    assert_non_null(at);
    return strtoll(at + strlen(word), NULL, 10);
}

/* A campaign in which none got lost proves nothing of them. */
static void check_losses(struct rig *rig, struct rig_process *process)
{
    (void)rig_stop(rig, process, SIGTERM);
    char *text = rig_read(process->out);
    int64_t lost = number_behind(text, "replies lost "), cut = number_behind(text, "cut before ");
    print_message("of %" PRId64 " COMMITs %" PRId64 " lost their reply, %" PRId64 " never arrived\n",
                  number_behind(text, "commits "), lost, cut);
    free(text);
    assert_true(lost > 0 && cut > 0);
}

/* Both adopt what the other made; the second has another name. */
static void rival_make(struct rig *rig, char path[400])
{
    char command[1200];
    snprintf(path, 400, "%.300s/schemes/rival.json", rig->folder);
    snprintf(
        command, sizeof command,
        "cd '%.300s/schemes' && sed -i 's/\"existing\": \"[a-z]*\"/\"existing\": \"adopt\"/' shop-to-material.json && "
        "sed 's/^  \"name\": \"[^\"]*\"/  \"name\": \"rival\"/' shop-to-material.json >rival.json",
        rig->folder);
    assert_int_equal(rig_run(rig, "/bin/sh", (const char *[]){"-c", command, NULL}, NULL), 0);
}

static void check_chaos(void **state)
{
    const struct chaos *chaos = *state;
    int64_t minutes = setting("CHAOS_MINUTES", 0);
    const char *store = getenv("CHAOS_STORE");
    struct campaign_plan plan = {
        .workers = {chaos->workers[0], chaos->workers[1], chaos->workers[2]},
        .storm = chaos->storm,
        .shops = chaos->shops,
        .millis = minutes > 0 ? minutes * 60000
                  : WATCHED   ? 8000
                              : (int64_t)chaos->seconds * 1000,
        .kills = (int)setting("CHAOS_KILLS", 0),
        .refused_every = chaos->refused_every,
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
    char through[500];
    rig_open(&rig, program);
    struct rig_process *lossy = NULL;
    if (chaos->lossy) {
        lossy = between(&rig, &place, plan.seed, through);
        plan.store = through;
    }
    rig_scheme(&rig,
               chaos->storm ? NULL
                            : "\"pagination\": { \"pageSize\": 100, \"startPage\": 0 },\n"
                              "    \"limits\": { \"callsPerMinute\": 60, \"concurrency\": 4 }",
               "\"pagination\": { \"pageSize\": 20, \"startPage\": 0 },\n"
               "    \"limits\": { \"callsPerMinute\": 60, \"concurrency\": 2 }");
    char rival[400];
    if (chaos->rival) {
        rival_make(&rig, rival);
        plan.rival = rival;
        memcpy(plan.rivals, (const int[]){1, 1, 2}, sizeof plan.rivals);
    }
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
    if (lossy != NULL) {
        check_losses(&rig, lossy);
    }
    char url[400];
    snprintf(url, sizeof url, "sqlite:%.300s/dianchen.db", rig.folder);
    if (plan.store == NULL) {
        check_file(url + strlen("sqlite:"));
    }
    check_store(plan.store != NULL ? place.schema[0] != '\0' ? place.url : plan.store : url, chaos->rival ? 2 : 1,
                n.shops, n.refused);
    if (chaos->storm) {
        print_message("%s: over %" PRId64 " ms after the last kill\n", chaos->name, n.quiet);
        assert_true(n.kills > chaos->seconds && n.quiet <= QUIET_MOST);
        rig_close(&rig);
        return;
    }
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
    struct CMUnitTest tests[NAMED];
    size_t n = 0;
    for (size_t i = FIRST; i < FIRST + (argc < 2 ? CASES : NAMED); i++) {
        if (argc < 2 || strstr(cases[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = cases[i].name, .test_func = check_chaos, .initial_state = (void *)(uintptr_t)&cases[i]};
        }
    }
    return _cmocka_run_group_tests("chaos", tests, n, NULL, NULL);
}
