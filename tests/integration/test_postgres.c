/* The programs on a PostgreSQL store: several workers, a server that crashes under them, a store that moves there, a run
 * that is only tried. */
#include <fcntl.h>

#include "common/store/store.h"
#include "tests/integration/rig_secrets.h"
#include "tests/integration/stages.h"
#include "tests/integration/world.h"
#include "tests/unit/store_place.h"

enum { FULL = 200 /* connections, more than the server gives */ };

static const char *program;
static struct world world;
static struct place place;

static int make(void **state)
{
    (void)state;
    return place_make(&place);
}

static int unmake(void **state)
{
    (void)state;
    rig_close(&world.rig);
    return place_remove(&place);
}

/* On PostgreSQL, with short times for what may come late. */
static void open_world(const char *const *source, const char *const *target)
{
    world_open(&world, program, source, target);
    rig_set(&world.rig, "DIANCHEN_STORE", place.url);
    rig_set(&world.rig, "TARGET_TIMEOUT", "1s");
    rig_set(&world.rig, "TARGET_LATE", "500ms");
    rig_set(&world.rig, "TARGET_VISIBLE", "200ms");
}

static void expect_all_once(cJSON *report, int64_t shops)
{
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")));
    assert_int_equal(rig_number(report, "seen"), shops);
    assert_int_equal(rig_number(report, "created"), shops);
    assert_int_equal(target_number(&world, "materials"), shops);
    assert_int_equal(target_number(&world, "distinct_numbers"), shops);
}

static bool said(const struct rig_process *process, const char *what)
{
    char *text = rig_read(process->err);
    bool found = strstr(text, what) != NULL;
    free(text);
    return found;
}

static void several_workers_share_it(void **state)
{
    (void)state;
    open_world(SHOPS(1500), (const char *[]){"--duplicates", "take", NULL});
    static const char *const words[] = {"run", "--json", "--extractors", "2", "--transformers", "2", "--loaders",
                                        "2",   NULL};
    cJSON *report = world_json(world_command(&world, 0, false, words));
    expect_all_once(report, 1500);
    cJSON_Delete(report);
    report = world_json(world_command(&world, 0, false, words));
    assert_int_equal(rig_number(report, "unchanged"), 1500);
    cJSON_Delete(report);
    char *told = COMMAND(&world, 0, "status");
    assert_null(strstr(told, "postgresql://"));
    free(told);
}

static void a_server_that_crashes_loses_and_doubles_nothing(void **state)
{
    enum { CRASHES = 3, PART = 400 };
    (void)state;
    open_world(SHOPS(2000), (const char *[]){"--duplicates", "take", "--slow_ms", "30", NULL});
    struct rig_process *run = rig_start(&world.rig, "dianchen",
                                        (const char *[]){"run", "--json", "--extractors", "2", "--loaders", "2", NULL});
    for (int crash = 1; crash <= CRASHES; crash++) {
        await_target(&world, "materials", (int64_t)crash * PART);
        place_crash();
    }
    cJSON *report = world_json(world_wait(&world, run, 0, 240));
    expect_all_once(report, 2000);
    cJSON_Delete(report);
}

static int sqlite_write(const char *url, const char *text)
{
    struct store *store = NULL;
    struct cause cause;
    assert_int_equal(store_open(url, &store, &cause), 0);
    assert_int_equal(store_begin(store, true), 0);
    int error = store_end(store, store_run(store, text, NULL, 0, NULL));
    store_close(&store);
    return error;
}

static int64_t alerts_held(const char *url)
{
    struct store *store = NULL;
    struct cause cause;
    int64_t held = -1;
    assert_int_equal(store_open_reader(url, &store, &cause), 0);
    assert_int_equal(store_begin(store, false), 0);
    assert_int_equal(store_integers(store, "select held from alert where cause = 'a trouble'", NULL, 0, &held, 1), 0);
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
    return held;
}

static void a_store_moves_there_and_leaves_nothing_behind(void **state)
{
    (void)state;
    open_world(SHOPS(320), PLAIN);
    rig_store(&world.rig, "dianchen.db");
    char old[400];
    snprintf(old, sizeof old, "sqlite:%s/dianchen.db", world.rig.folder);
    cJSON *report = world_json(COMMAND(&world, 0, "run", "--json", "--limit", "220"));
    assert_int_equal(rig_number(report, "created"), 220);
    cJSON_Delete(report);

    assert_int_equal(sqlite_write(old, "insert into alert (cause, until, held) values ('a trouble', 9, 4)"), 0);
    free(COMMAND(&world, 0, "console", "token", "new", "--name", "before")); /* stands in the audit */
    free(COMMAND(&world, 0, "fetch", "S000001", "--later"));                 /* waits in the inbox */
    free(COMPLAINT(&world, 2, "store", "copy", place.url, old));             /* not that way */
    char *told = COMMAND(&world, 0, "store", "copy", old, place.url);
    assert_non_null(strstr(told, "is retired"));
    free(told);
    told = COMPLAINT(&world, 2, "run");
    assert_non_null(strstr(told, "it was retired, its rows are in postgresql://"));
    free(told);
    free(COMPLAINT(&world, 2, "store", "copy", old, place.url)); /* and not twice */

    rig_set(&world.rig, "DIANCHEN_STORE", place.url);
    free(COMMAND(&world, 0, "console", "token", "new", "--name", "after")); /* ids go on behind those that came */
    free(COMMAND(&world, 0, "fetch", "S000002", "--later"));
    assert_int_equal(alerts_held(place.url), 4); /* who was told of what moves, too */
    report = world_json(COMMAND(&world, 0, "report", "--json"));
    assert_int_equal(rig_number(report, "created"), 220);
    cJSON_Delete(report);
    report = world_json(COMMAND(&world, 0, "run", "--json"));
    assert_int_equal(rig_number(report, "unchanged"), 220);
    assert_int_equal(rig_number(report, "created"), 100);
    assert_int_equal(rig_number(report, "run"), 2);
    cJSON_Delete(report);
    assert_int_equal(target_number(&world, "materials"), 320);
    report = world_json(COMMAND(&world, 0, "fetch", "--json"));
    assert_int_equal(rig_number(report, "unchanged"), 2); /* both that wait */
    cJSON_Delete(report);
}

static void an_open_run_does_not_move(void **state)
{
    (void)state;
    open_world(SHOPS(500), (const char *[]){"--slow_ms", "100", NULL});
    rig_store(&world.rig, "dianchen.db");
    char old[400];
    snprintf(old, sizeof old, "sqlite:%s/dianchen.db", world.rig.folder);
    struct rig_process *run = rig_start(&world.rig, "dianchen", (const char *[]){"run", NULL});
    await_target(&world, "materials", 50);
    rig_stop(&world.rig, run, SIGTERM);
    char *told = COMPLAINT(&world, 2, "store", "copy", old, place.url);
    assert_non_null(strstr(told, "a run is open; finish it first"));
    free(told);
    cJSON *report = world_json(COMMAND(&world, 0, "run", "--json"));
    assert_int_equal(rig_number(report, "created"), 500);
    cJSON_Delete(report);
}

static void a_dry_run_leaves_it_as_it_was(void **state)
{
    (void)state;
    open_world(SHOPS(150), PLAIN);
    free(COMMAND(&world, 0, "run", "--limit", "60"));
    free(rig_ask(world.target, "reset_counters", ""));
    cJSON *report = world_json(COMMAND(&world, 0, "run", "--json", "--dry-run"));
    assert_int_equal(rig_number(report, "created"), 90);
    assert_int_equal(rig_number(report, "unchanged"), 60);
    cJSON_Delete(report);
    assert_int_equal(target_number(&world, "saves"), 0);
    report = world_json(COMMAND(&world, 0, "report", "--json"));
    assert_int_equal(rig_number(report, "run"), 1);
    cJSON_Delete(report);
    /* Neither takes the store for one that was put back. */
    char *said = COMPLAINT(&world, 0, "run", "--dry-run");
    assert_null(strstr(said, "store.restored"));
    free(said);
    said = COMPLAINT(&world, 0, "run");
    assert_null(strstr(said, "store.restored"));
    free(said);
    report = world_json(COMMAND(&world, 0, "report", "--json"));
    assert_int_equal(rig_number(report, "created"), 90);
    cJSON_Delete(report);
}

static void a_bad_place_is_told_without_the_password(void **state)
{
    static const struct {
        const char *url, *told;
    } rows[] = {
        {"postgresql://me:hunter2-secret@127.0.0.1:1/nothing", "Connection refused"},
        {"postgresql://me:hunter2-secret@[::1/nothing", "write postgresql://USER@HOST:PORT/DATABASE"},
        {"postgresql://me:hunter2-secret/more@127.0.0.1/x", "%2F for a /"},
    };
    (void)state;
    open_world(SHOPS(1), PLAIN);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig_set(&world.rig, "DIANCHEN_STORE", rows[i].url);
        char *told = COMPLAINT(&world, 2, "run");
        if (!strstr(told, rows[i].told) || strstr(told, "hunter2")) {
            fail_msg("%s: told \"%s\"", rows[i].url, told);
        }
        free(told);
    }
    rig_set(&world.rig, "DIANCHEN_STORE", place.url);
}

/* All connections of the server. */
static size_t fill(PGconn *held[static FULL])
{
    size_t count = 0;
    while (count < FULL) {
        held[count] = PQconnectdb(place_server());
        if (PQstatus(held[count]) != CONNECTION_OK) {
            PQfinish(held[count]);
            break;
        }
        count++;
    }
    assert_in_range(count, 1, FULL - 1);
    return count;
}

/* Its clock runs ahead of the test's by this many seconds from now on; where the file is new, for programs to come. */
static void boot_clock_set(int64_t seconds)
{
    char path[400], library[400];
    snprintf(path, sizeof path, "%s/clock", world.rig.folder);
    snprintf(library, sizeof library, "%s/tests/preload/clock.so", world.rig.build);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(pwrite(fd, &seconds, sizeof seconds, 0), sizeof seconds);
    close(fd);
    rig_set(&world.rig, "PRELOAD_CLOCK", path);
    rig_set(&world.rig, "PRELOAD_BOOT", "1");
    rig_set(&world.rig, "LD_PRELOAD", library);
    rig_set(&world.rig, "ASAN_OPTIONS", "verify_asan_link_order=0");
}

/* However long: a service that gave up would stay down. */
static void a_server_without_a_connection_to_spare_is_waited_for(void **state)
{
    static PGconn *held[FULL];
    (void)state;
    open_world(SHOPS(40), PLAIN);
    size_t count = fill(held);
    boot_clock_set(0);
    struct rig_process *run = rig_start(&world.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    for (int i = 0; i < 600 && !said(run, "waiting for a connection"); i++) {
        rig_pause(50);
    }
    assert_true(said(run, "waiting for a connection"));
    boot_clock_set(3600);
    rig_pause(1500); /* it looks every 0.2 s */
    assert_false(rig_ended(run));
    for (size_t i = 0; i < count; i++) {
        PQfinish(held[i]);
    }
    cJSON *report = world_json(world_wait(&world, run, 0, 60));
    assert_int_equal(rig_number(report, "created"), 40);
    cJSON_Delete(report);
}

/* ---- a server whose clock is set ---- */

/* What the server takes for its clock is a function of the case's own, which goes by this. */
static void server_clock_make(void)
{
    char text[600];
    (void)snprintf(text, sizeof text,
                   "create table %s.clock_set (ahead interval); insert into %s.clock_set values ('0'); create function "
                   "%s.clock_timestamp() returns timestamptz language sql volatile as "
                   "'select pg_catalog.clock_timestamp() + ahead from %s.clock_set'",
                   place.schema, place.schema, place.schema, place.schema);
    place_tell(text);
    (void)snprintf(text, sizeof text, "%.300s&options=-csearch_path%%3D%s,pg_catalog", place_server(), place.schema);
    rig_set(&world.rig, "DIANCHEN_STORE", text);
}

static void server_clock_set(const char *ahead)
{
    char text[200];
    (void)snprintf(text, sizeof text, "update %s.clock_set set ahead = '%s'", place.schema, ahead);
    place_tell(text);
}

/* An hour on, and two back, while a loader has died with records under way: nobody waits for the hours, nothing is doubled. */
static void a_server_whose_clock_is_set_is_followed(void **state)
{
    (void)state;
    open_world(SHOPS(3000), (const char *[]){"--duplicates", "take", "--slow_ms", "100", "--lost", "0.05", NULL});
    server_clock_make();
    struct rig_process *run = rig_start(&world.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    static const char *const sets[] = {"1 hour", "-1 hour"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        await_target(&world, "materials", 400 + 600 * (int64_t)i);
        assert_int_equal(i == 0 ? 1 : rig_kill_children(run->pid, "loader"), 1);
        server_clock_set(sets[i]);
        stages_await(run, "store.clock", NULL, 0);
    }
    cJSON *report = world_json(world_wait(&world, run, 0, 240));
    expect_all_once(report, 3000);
    cJSON_Delete(report);
}

/* A server of another host must prove who it is, unless a word says that it need not. 0.0.0.0 leads to this host, but looks like
 * another. */
static void another_host_is_verified(void **state)
{
    (void)state;
    char way[200], url[500];
    const char *folder = getenv("TEST_POSTGRES_FOLDER");
    open_world(SHOPS(20), PLAIN);
    rig_double(&world.rig, "postgres-double", (const char *[]){"--server", folder ? folder : "", NULL}, way,
               sizeof way);
    int port = (int)strtol(strstr(way, "127.0.0.1:") + strlen("127.0.0.1:"), NULL, 10);
    (void)snprintf(url, sizeof url,
                   "postgresql://postgres@0.0.0.0:%d/postgres?gssencmode=disable&options=-csearch_path%%3D%s", port,
                   place.schema);
    rig_set(&world.rig, "DIANCHEN_STORE", url);
    char *told = COMPLAINT(&world, 2, "run");
    assert_non_null(strstr(told, "?sslmode=disable where the network itself is private"));
    free(told);
    assert_int_equal(target_number(&world, "materials"), 0);
    (void)snprintf(url + strlen(url), sizeof url - strlen(url), "&sslmode=disable");
    rig_set(&world.rig, "DIANCHEN_STORE", url);
    struct rig_process *run = rig_start(&world.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    cJSON *report = world_json(world_wait(&world, run, 0, 60));
    expect_all_once(report, 20);
    cJSON_Delete(report);
    assert_true(said(run, "store.unverified"));
}

/* ---- a way to the server that is not kind ---- */

/* From now on the store is behind a double, which loses the replies to so many COMMITs of transactions with this text. */
static struct rig_process *go_by_double(const char *lose, const char *behind)
{
    char way[200], url[500];
    const char *folder = getenv("TEST_POSTGRES_FOLDER");
    const char *const words[] = {"--server", folder ? folder : "", "--lose", lose, "--behind", behind, NULL};
    struct rig_process *process = rig_double(&world.rig, "postgres-double", words, way, sizeof way);
    (void)snprintf(url, sizeof url, "%s&options=-csearch_path%%3D%s", way, place.schema);
    rig_set(&world.rig, "DIANCHEN_STORE", url);
    return process;
}

static size_t times_said(const struct rig_process *process, const char *what)
{
    size_t count = 0;
    char *text = rig_read(process->err);
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) {
        count++;
    }
    free(text);
    return count;
}

/* The end of that; the double has lost so many. */
static void go_straight(struct rig_process *between, const char *lost)
{
    (void)rig_stop(&world.rig, between, SIGTERM);
    char *told = rig_read(between->out);
    if (!strstr(told, lost)) {
        fail_msg("no '%s' in: %s", lost, told);
    }
    free(told);
    rig_set(&world.rig, "DIANCHEN_STORE", place.url);
}

static void expect_runs(int count)
{
    cJSON *runs = world_json(COMMAND(&world, 0, "runs", "--json"));
    const cJSON *list = cJSON_IsArray(runs) ? runs : cJSON_GetObjectItem(runs, "runs");
    assert_int_equal(cJSON_GetArraySize(list), count);
    cJSON_Delete(runs);
}

static void an_end_whose_reply_is_lost_is_told_once(void **state)
{
    enum { RUNS = 3 };
    (void)state;
    open_world(SHOPS(20), PLAIN);
    rig_set(&world.rig, "DIANCHEN_LOG", "info");
    struct rig_process *between = go_by_double("1", "set closer");
    for (int i = 0; i < RUNS; i++) {
        struct rig_process *run = rig_start(&world.rig, "dianchen", (const char *[]){"run", "--json", NULL});
        cJSON *report = world_json(world_wait(&world, run, 0, 60));
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")));
        assert_int_equal(rig_number(report, i == 0 ? "created" : "unchanged"), 20);
        cJSON_Delete(report);
        assert_int_equal(times_said(run, "\"run.finished\""), 1);
    }
    go_straight(between, "replies lost 3");
    expect_runs(RUNS);
}

static void what_a_command_writes_counts_once(void **state)
{
    const char *const losing[] = {"--number_stored", "lower", "--duplicates", "take", "--lost_next", "1", NULL};
    (void)state;
    open_world(SHOPS(2), losing);
    free(COMMAND(&world, 3, "run", "--json"));
    free(rig_ask(world.target, "remove?number=s000001", ""));

    struct rig_process *between = go_by_double("1", "op = $3, pend = $5");
    int code = 1;
    for (int i = 0; i < 240 && code == 1; i++) { /* as long as the lost call may be under way */
        struct rig_process *settle = NULL;
        code = rig_run(&world.rig, "dianchen", (const char *[]){"rejects", "settle", "S000001", "--absent", NULL},
                       &settle);
        assert_true(code == 0 || said(settle, "may still be under way"));
        rig_pause(code == 0 ? 0 : 500);
    }
    assert_int_equal(code, 0);
    go_straight(between, "replies lost 1");

    between = go_by_double("1", "INSERT INTO run(scheme");
    cJSON *report = world_json(COMMAND(&world, 0, "fetch", "S000001", "--json"));
    assert_int_equal(rig_number(report, "created"), 1);
    cJSON_Delete(report);
    report = world_json(COMMAND(&world, 3, "rejects", "replay", "--all", "--json"));
    assert_int_equal(rig_number(report, "rejected"), 1);
    cJSON_Delete(report);
    go_straight(between, "replies lost 2");
    expect_runs(3);
    assert_int_equal(target_number(&world, "creates"), 3); /* one of them was taken away */
    assert_int_equal(target_number(&world, "doubled_numbers"), 0);
}

/* ---- a server that is silent ---- */

/* The three stages as services, and what tells of them. */
struct service {
    struct rig_process *processes[3], *between;
    char ready[3][100]; /* addresses of /readyz */
    char robot[300];
};

/* A frozen process takes connections and bytes, and answers nothing. */
static void service_open(struct service *service)
{
    char url[500], up[400], down[400], at[60];
    struct rig *rig = &world.rig;
    service->between = go_by_double("0", "set closer");
    rig_double(rig, "robot-double", PLAIN, service->robot, sizeof service->robot);
    (void)snprintf(url, sizeof url, "%s/robot/send?access_token=" RIG_ROBOT_KEY, service->robot);
    rig_set(rig, "ALERT_URL", url);
    rig_set(rig, "ALERT_FORM", "dingtalk");
    rig_set(rig, "ALERT_AFTER", "2s");
    (void)snprintf(up, sizeof up, "ipc://%s/up", rig->folder);
    (void)snprintf(down, sizeof down, "ipc://%s/down", rig->folder);
    const char *const words[3][7] = {{"--metrics", "127.0.0.1:0", "--bind", up},
                                     {"--metrics", "127.0.0.1:0", "--upstream", up, "--bind", down},
                                     {"--metrics", "127.0.0.1:0", "--upstream", down}};
    static const char *const names[] = {"extractor", "transformer", "loader"};
    for (int i = 0; i < 3; i++) {
        service->processes[i] = rig_start(rig, names[i], words[i]);
        stages_await(service->processes[i], "\"address\":\"", at, sizeof at);
        (void)snprintf(service->ready[i], sizeof service->ready[i], "http://%s/readyz", at);
    }
}

static void await_ready(const struct service *service, int stage, const char *reason)
{
    char *text = rig_http_any(service->ready[stage]);
    for (int i = 0; i < 1200 && strcmp(text, reason) != 0; i++) {
        rig_pause(50);
        free(text);
        text = rig_http_any(service->ready[stage]);
    }
    assert_string_equal(text, reason);
    free(text);
}

static int64_t messages_with(const struct service *service, const char *words)
{
    cJSON *report = rig_ask_json(service->robot, "report");
    const cJSON *message;
    int64_t count = 0;
    cJSON_ArrayForEach(message, cJSON_GetObjectItemCaseSensitive(report, "messages"))
    {
        count += strstr(cJSON_GetStringValue(message), words) != NULL;
    }
    cJSON_Delete(report);
    return count;
}

/* While a commit gets no answer both stages that use the store say so: to the balancer, in the log, to the robot. They go on
 * when the server does; and who is told to end meanwhile does not wait for it. */
static void a_silent_server_is_told_and_not_waited_for_at_the_end(void **state)
{
    static const int with_store[] = {0, 2};
    (void)state;
    struct service service;
    open_world(SHOPS(20000), (const char *[]){"--slow_ms", "100", NULL});
    service_open(&service);
    for (int turn = 0; turn < 2; turn++) {
        await_target(&world, "materials", target_number(&world, "materials") + 50);
        assert_int_equal(kill(service.between->pid, SIGSTOP), 0);
        for (size_t i = 0; i < 2; i++) {
            await_ready(&service, with_store[i], "the store takes no commits\n");
            stages_await(service.processes[with_store[i]], "the store has not answered for 10 s", NULL, 0);
        }
        if (turn == 0) {
            for (int i = 0; i < 1200 && messages_with(&service, "the store takes no commit") < 2; i++) {
                rig_pause(50);
            }
            assert_true(messages_with(&service, "the store takes no commit") >= 2);
            assert_int_equal(kill(service.between->pid, SIGCONT), 0);
            await_ready(&service, 0, "ok\n");
            await_ready(&service, 2, "ok\n");
            stages_await(service.processes[2], "the store answers again", NULL, 0);
        }
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kill(service.processes[i]->pid, SIGTERM), 0);
    }
    for (int i = 0; i < 3; i++) {
        int code = rig_wait(&world.rig, service.processes[i], 20); /* the promise is 8; machines are slow */
        assert_in_range(code, 0, 4);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(int argc, char **argv)
{
    (void)argc;
    place_postgres = true;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        CASE(several_workers_share_it),
        CASE(a_server_that_crashes_loses_and_doubles_nothing),
        CASE(a_server_without_a_connection_to_spare_is_waited_for),
        CASE(a_server_whose_clock_is_set_is_followed),
        CASE(an_end_whose_reply_is_lost_is_told_once),
        CASE(what_a_command_writes_counts_once),
        CASE(a_silent_server_is_told_and_not_waited_for_at_the_end),
        CASE(a_store_moves_there_and_leaves_nothing_behind),
        CASE(an_open_run_does_not_move),
        CASE(a_dry_run_leaves_it_as_it_was),
        CASE(a_bad_place_is_told_without_the_password),
        CASE(another_host_is_verified),
    };
    return cmocka_run_group_tests_name("postgresql", tests, NULL, NULL);
}
