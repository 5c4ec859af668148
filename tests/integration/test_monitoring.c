/* What the workers tell a real Prometheus: exact sums under load, the dashboard's queries, and planted bottlenecks that
 * both `dianchen top` and the rules must name. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "tests/integration/world.h"

static const char *program;

enum { STAGES = 3, CROWD = 3, PATIENCE = 120 /* s that an event may take */, TEXT_ROOM = 1000 };
static const char *const names[STAGES] = {"extractor", "transformer", "loader"};

struct scene {
    struct world world;
    int counts[STAGES];
    struct rig_process *workers[STAGES][CROWD];
    char at[STAGES][CROWD][60]; /* where each serves its metrics */
    char prometheus[80];        /* URL */
};

/* ---- the workers ---- */

/* What stands between `mark` and the next `end` in a process's stderr, once it is there. */
static void await_told(const struct rig_process *process, const char *event, const char *mark, char end, char *out,
                       size_t room)
{
    for (int i = 0; i < PATIENCE * 20; i++) {
        char *log = rig_read(process->err);
        const char *line = strstr(log, event);
        const char *from = line ? strstr(line, mark) : NULL;
        const char *to = from ? strchr(from + strlen(mark), end) : NULL;
        if (to) {
            snprintf(out, room, "%.*s", (int)(to - from - (int)strlen(mark)), from + strlen(mark));
            free(log);
            return;
        }
        free(log);
        rig_pause(50);
    }
    fail_msg("%s never told: %s", process->name, event);
}

static void list_addresses(const struct scene *scene, int stage, char *out, size_t room)
{
    out[0] = '\0';
    for (int i = 0; i < scene->counts[stage]; i++) {
        size_t used = strlen(out);
        snprintf(out + used, room - used, "%sipc://%s/%s%d", i ? "," : "", scene->world.rig.folder, names[stage], i);
    }
}

static void start_workers(struct scene *scene, int extractors, int transformers, int loaders)
{
    scene->counts[0] = extractors;
    scene->counts[1] = transformers;
    scene->counts[2] = loaders;
    for (int stage = STAGES - 1; stage >= 0; stage--) {
        for (int i = 0; i < scene->counts[stage]; i++) {
            char up[TEXT_ROOM], bind[TEXT_ROOM];
            const char *words[10] = {"--metrics", "127.0.0.1:0"};
            size_t n = 2;
            if (stage > 0) {
                list_addresses(scene, stage - 1, up, sizeof up);
                words[n++] = "--upstream";
                words[n++] = up;
            }
            if (stage < STAGES - 1) {
                snprintf(bind, sizeof bind, "ipc://%s/%s%d", scene->world.rig.folder, names[stage], i);
                words[n++] = "--bind";
                words[n++] = bind;
            }
            scene->workers[stage][i] = rig_start(&scene->world.rig, names[stage], words);
        }
    }
    for (int stage = 0; stage < STAGES; stage++) {
        for (int i = 0; i < scene->counts[stage]; i++) {
            await_told(scene->workers[stage][i], "metrics.listening", "\"address\":\"", '"', scene->at[stage][i],
                       sizeof scene->at[stage][i]);
        }
    }
}

/* ---- Prometheus ---- */

/* The shipped rules look at the last minute; here a window of seconds gives the same verdicts sooner. */
#define WINDOW "4s"

static char *replaced(const char *text, const char *from, const char *to)
{
    char *out = NULL;
    size_t room = 0;
    FILE *memory = open_memstream(&out, &room);
    assert_non_null(memory);
    for (const char *at = strstr(text, from); at; at = strstr(text, from)) {
        fprintf(memory, "%.*s%s", (int)(at - text), text, to);
        text = at + strlen(from);
    }
    fputs(text, memory);
    fclose(memory);
    return out;
}

static void write_rules(const struct scene *scene, const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "deploy/prometheus/%s", name);
    char *shipped = rig_read(path);
    char *rules = replaced(shipped, "[1m]", "[" WINDOW "]");
    snprintf(path, sizeof path, "%s/%s", scene->world.rig.folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(rules, file);
    fclose(file);
    free(shipped);
    free(rules);
}

static void start_prometheus(struct scene *scene)
{
    char path[400], storage[420];
    write_rules(scene, "rules.yml");
    write_rules(scene, "alerts.yml");
    snprintf(path, sizeof path, "%s/prometheus.yml", scene->world.rig.folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}\n"
                  "rule_files: [rules.yml, alerts.yml]\nscrape_configs:\n");
    for (int stage = 0; stage < STAGES; stage++) {
        fprintf(file, "- job_name: %s\n  static_configs: [{targets: [", names[stage]);
        for (int i = 0; i < scene->counts[stage]; i++) {
            fprintf(file, "%s\"%s\"", i ? ", " : "", scene->at[stage][i]);
        }
        fprintf(file, "]}]\n");
    }
    fclose(file);
    char config[420], address[60];
    snprintf(config, sizeof config, "--config.file=%s", path);
    snprintf(storage, sizeof storage, "--storage.tsdb.path=%s/tsdb", scene->world.rig.folder);
    struct rig_process *process =
        rig_start(&scene->world.rig, "/usr/bin/prometheus",
                  (const char *[]){config, storage, "--web.listen-address=127.0.0.1:0", NULL});
    await_told(process, "msg=\"Listening on\"", "address=", '\n', address, sizeof address);
    address[strcspn(address, " ")] = '\0';
    snprintf(scene->prometheus, sizeof scene->prometheus, "http://%s", address);
    snprintf(path, sizeof path, "%s/-/ready", scene->prometheus);
    bool ready = false;
    for (int i = 0; i < PATIENCE * 20 && !ready; i++) {
        char *text = rig_http_any(path);
        ready = strstr(text, "is Ready") != NULL;
        free(text);
        rig_pause(50);
    }
    assert_true(ready);
}

/* The result list of an instant query; `tree` is to be deleted. A query that is wrong fails the test. */
static const cJSON *query(const struct scene *scene, const char *expression, cJSON **tree)
{
    char *escaped = curl_easy_escape(NULL, expression, 0);
    char *url = NULL;
    size_t room = 0;
    FILE *memory = open_memstream(&url, &room);
    assert_non_null(memory);
    fprintf(memory, "%s/api/v1/query?query=%s", scene->prometheus, escaped);
    fclose(memory);
    *tree = world_json(rig_http(url, NULL));
    curl_free(escaped);
    free(url);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(*tree, "data");
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(data, "result");
    assert_true(cJSON_IsArray(result));
    return result;
}

/* The only value of a query, or -1 where it has none. */
static double value(const struct scene *scene, const char *expression)
{
    cJSON *tree = NULL;
    const cJSON *result = query(scene, expression, &tree);
    assert_true(cJSON_GetArraySize(result) <= 1);
    const cJSON *pair = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(result, 0), "value");
    const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 1));
    double number = text ? strtod(text, NULL) : -1;
    cJSON_Delete(tree);
    return number;
}

static size_t series_of(const struct scene *scene, const char *expression)
{
    cJSON *tree = NULL;
    size_t count = (size_t)cJSON_GetArraySize(query(scene, expression, &tree));
    cJSON_Delete(tree);
    return count;
}

/* ---- sums ---- */

/* Waits for a value that Prometheus can have only after its next scrapes. */
static void await_value(const struct scene *scene, const char *expression, double wanted)
{
    double got = -1;
    for (int i = 0; i < PATIENCE * 5; i++) {
        got = value(scene, expression);
        if (got >= wanted) {
            break;
        }
        rig_pause(200);
    }
    if (got < wanted || got > wanted) {
        print_error("%s = %.0f, not %.0f\n", expression, got, wanted);
    }
    assert_true(got >= wanted && got <= wanted);
}

static cJSON *await_report(struct scene *scene)
{
    for (int i = 0; i < PATIENCE * 5; i++) {
        struct rig_process *process = NULL;
        (void)rig_run(&scene->world.rig, "dianchen", (const char *[]){"report", "1", "--json", NULL}, &process);
        char *text = rig_read(process->out);
        cJSON *report = cJSON_Parse(text);
        free(text);
        const char *state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report, "state"));
        if (state && strcmp(state, "open") != 0) {
            return report;
        }
        cJSON_Delete(report);
        rig_pause(200);
    }
    fail_msg("the run never ended");
    return NULL;
}

/* `promtool check metrics`, which knows Prometheus's own rules for names, help and types. */
static void check_page(struct scene *scene, const char *at)
{
    char url[100], path[400], line[500];
    snprintf(url, sizeof url, "http://%s/metrics", at);
    snprintf(path, sizeof path, "%s/page.txt", scene->world.rig.folder);
    char *page = rig_http(url, NULL);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(page, file);
    fclose(file);
    assert_null(strstr(page, "demo_target_secret"));
    assert_null(strstr(page, "S000003")); /* no key is ever a label */
    free(page);
    snprintf(line, sizeof line, "exec promtool check metrics <%s", path);
    struct rig_process *process = NULL;
    int code = rig_run(&scene->world.rig, "/bin/sh", (const char *[]){"-c", line, NULL}, &process);
    char *told = rig_read(process->err), *out = rig_read(process->out);
    if (code != 0 || told[0] || out[0]) {
        print_error("promtool check metrics of %s: %d\n%s%s\n", at, code, told, out);
    }
    assert_true(code == 0 && !told[0] && !out[0]);
    free(told);
    free(out);
}

static void test_sums(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct world *w = &scene.world;
    world_open(w, program, (const char *[]){"--shops", "12000", "--disabled", "700", "--show_disabled", "1", NULL},
               (const char *[]){"--reject_numbers", "S000003,S000110,S011999", "--slow_ms", "10", NULL});
    rig_scheme(&w->rig, "\"every\": \"60s\"", "\"every\": \"6h\"");
    start_workers(&scene, 2, 3, 2);
    start_prometheus(&scene);
    cJSON *report = await_report(&scene);
    assert_int_equal(rig_number(report, "created"), 11997);
    assert_int_equal(rig_number(report, "filtered"), 700);
    assert_int_equal(rig_number(report, "rejected"), 3);
    static const char *const outcomes[] = {"created", "updated", "unchanged", "filtered", "rejected"};
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        char expression[200];
        snprintf(expression, sizeof expression, "sum(dianchen_records_total{job=\"loader\",outcome=\"%s\"})",
                 outcomes[i]);
        await_value(&scene, expression, (double)rig_number(report, outcomes[i]));
    }
    double seen = (double)rig_number(report, "seen");
    await_value(&scene, "sum(dianchen_records_total{job=\"loader\"})", seen);
    await_value(&scene, "sum(dianchen_records_total{job=\"transformer\"})", seen);
    await_value(&scene, "sum(dianchen_records_total{job=\"extractor\"})", seen);
    await_value(&scene, "max(dianchen_run_source_total)", (double)rig_number(report, "source_total"));
    await_value(&scene, "max(dianchen_rejects_open)", (double)rig_number(report, "rejected"));
    await_value(&scene, "max(dianchen_run_pages{state=\"done\"})", (double)rig_number(report, "pages"));
    await_value(&scene, "sum(dianchen_runs_total{result=\"complete\"})", 1);
    await_value(&scene, "sum(dianchen_in_flight_records) or vector(0)", 0);
    await_value(&scene, "sum(dianchen_ready)", 7);
    await_value(&scene, "sum(up)", 7);
    assert_true(value(&scene, "sum(dianchen_redelivered_total)") <= 0);
    for (int stage = 0; stage < STAGES; stage++) {
        for (int i = 0; i < scene.counts[stage]; i++) {
            check_page(&scene, scene.at[stage][i]);
        }
    }
    cJSON_Delete(report);
    rig_close(&w->rig);
}

/* ---- readiness ---- */

static void await_ready(const char *at, const char *reason)
{
    char url[100];
    snprintf(url, sizeof url, "http://%s/readyz", at);
    char *text = NULL;
    for (int i = 0; i < PATIENCE * 10; i++) {
        free(text);
        text = rig_http_any(url);
        if (strcmp(text, reason) == 0) {
            break;
        }
        rig_pause(100);
    }
    assert_string_equal(text, reason);
    free(text);
}

static struct rig_process *start(struct world *w, const char *name, const char *up, const char *bind, char at[60])
{
    const char *words[10] = {"--metrics", "127.0.0.1:0"};
    size_t n = 2;
    if (up) {
        words[n++] = "--upstream";
        words[n++] = up;
    }
    if (bind) {
        words[n++] = "--bind";
        words[n++] = bind;
    }
    struct rig_process *process = rig_start(&w->rig, name, words);
    await_told(process, "metrics.listening", "\"address\":\"", '"', at, 60);
    return process;
}

/* Each stage tells what it lacks, and when it has it. */
static void test_readiness(void **state)
{
    (void)state;
    struct world w;
    char up[TEXT_ROOM], down[TEXT_ROOM], extractor_at[60], transformer_at[60], loader_at[60];
    world_open(&w, program, SHOPS(300), PLAIN);
    free(rig_ask(w.source, "set?http502=1", ""));
    free(rig_ask(w.target, "set?down=1", ""));
    snprintf(up, sizeof up, "ipc://%s/up", w.rig.folder);
    snprintf(down, sizeof down, "ipc://%s/down", w.rig.folder);
    struct rig_process *transformer = start(&w, "transformer", up, down, transformer_at);
    await_ready(transformer_at, "no extractor is connected\n");
    struct rig_process *extractor = start(&w, "extractor", NULL, up, extractor_at);
    await_ready(transformer_at, "no loader is connected\n");
    await_ready(extractor_at, "the source does not answer\n");
    free(rig_ask(w.source, "set?http502=0", ""));
    await_ready(extractor_at, "ok\n");
    struct rig_process *loader = start(&w, "loader", down, NULL, loader_at);
    await_ready(transformer_at, "ok\n");
    await_ready(loader_at, "not logged in to the target, or its book is not read\n");
    free(rig_ask(w.target, "set?down=0", ""));
    await_ready(loader_at, "ok\n");
    assert_int_equal(rig_stop(&w.rig, transformer, SIGTERM), 0);
    await_ready(extractor_at, "no transformer is connected\n");
    await_ready(loader_at, "no transformer is connected\n");
    assert_int_equal(rig_stop(&w.rig, loader, SIGTERM), 0);
    assert_int_equal(rig_stop(&w.rig, extractor, SIGTERM), 0);
    rig_close(&w.rig);
}

/* ---- bottlenecks ---- */

/* A filter that compares each record with thousands of numbers: what a costly mapping is to the transformer. */
static void make_costly(struct rig *rig)
{
    enum { LISTS = 49, NUMBERS = 190 };
    char *text = NULL;
    size_t room = 0;
    FILE *memory = open_memstream(&text, &room);
    assert_non_null(memory);
    fputs("\"filter\": [", memory);
    for (int i = 0; i < LISTS; i++) {
        fputs("{ \"field\": \"shop_no\", \"op\": \"not_in\", \"value\": [\"\"", memory);
        for (int k = 0; k < NUMBERS; k++) {
            fprintf(memory, ",\"S9%05d\"", k);
        }
        fputs("] },\n", memory);
    }
    fclose(memory);
    rig_scheme(rig, "\"filter\": [", text);
    free(text);
}

struct bottleneck {
    const char *name, *what, *why;
    const char *source[5], *target[5];
    bool costly, dashboard;
    const char *pace; /* TARGET_CALLS_PER_MINUTE; NULL = no limit */
};

static const struct bottleneck bottlenecks[] = {
    {"slow source", "source", "slow", {"--shops", "200000", "--slow_ms", "400"}, {NULL}, false, false, NULL},
    {"costly mapping", "transformer", "busy", {"--shops", "3000000"}, {NULL}, true, false, NULL},
    {"slow target", "target", "slow", {"--shops", "200000"}, {"--slow_ms", "400"}, false, true, NULL},
    {"throttled target", "target", "throttled", {"--shops", "200000"}, {"--throttle", "0.3"}, false, false, NULL},
    {"throttled source", "source", "throttled", {"--shops", "200000", "--wdt1012", "0.4"}, {NULL}, false, false, NULL},
    {"paced target", "target", "paced", {"--shops", "200000"}, {NULL}, false, false, "120"},
};

/* Every query of every panel is answered, and with something. */
static void check_panels(const struct scene *scene)
{
    cJSON *dashboard = world_json(rig_read("deploy/grafana/dianchen.json"));
    const cJSON *panel = NULL, *target = NULL;
    size_t asked = 0;
    cJSON_ArrayForEach(panel, cJSON_GetObjectItemCaseSensitive(dashboard, "panels"))
    {
        cJSON_ArrayForEach(target, cJSON_GetObjectItemCaseSensitive(panel, "targets"))
        {
            char *expression = replaced(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(target, "expr")),
                                        "$__rate_interval", WINDOW);
            assert_null(strchr(expression, '$'));
            if (series_of(scene, expression) == 0) {
                print_error("%s: nothing: %s\n", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(panel, "title")),
                            expression);
            }
            assert_true(series_of(scene, expression) > 0);
            free(expression);
            asked++;
        }
    }
    assert_true(asked > 30);
    cJSON_Delete(dashboard);
}

static void await_series(const struct scene *scene, const char *expression)
{
    for (int i = 0; i < PATIENCE * 5; i++) {
        if (series_of(scene, expression) > 0) {
            return;
        }
        rig_pause(200);
    }
    cJSON *tree = NULL;
    char *text = cJSON_PrintUnformatted(query(scene, "dianchen:utilisation:ratio", &tree));
    print_error("Prometheus never had %s; utilisation: %s\n", expression, text);
    free(text);
    cJSON_Delete(tree);
    fail();
}

/* A look of `top` is one second: beside other tests the disk may be what limits in that one, and `top` is right to say so. */
static void await_top(struct world *w, const struct bottleneck *b, const char *at)
{
    char *text = NULL;
    for (int i = 0; i < PATIENCE; i++) {
        free(text);
        text = COMMAND(w, 0, "top", "--once", "--json", "--every", "1s", "--at", at);
        cJSON *top = cJSON_Parse(text);
        const cJSON *limiting = cJSON_GetObjectItemCaseSensitive(top, "limiting");
        const char *what = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(limiting, "what"));
        const char *why = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(limiting, "why"));
        bool same = what && why && strcmp(what, b->what) == 0 && strcmp(why, b->why) == 0;
        cJSON_Delete(top);
        if (same) {
            free(text);
            return;
        }
    }
    print_error("%s: the last that top said: %s\n", b->name, text);
    free(text);
    fail();
}

static void test_bottleneck(void **state)
{
    const struct bottleneck *b = *state;
    struct scene scene = {0};
    struct world *w = &scene.world;
    world_open(w, program, b->source, b->target);
    if (b->costly) {
        make_costly(&w->rig);
    }
    if (b->pace) {
        rig_set(&w->rig, "TARGET_CALLS_PER_MINUTE", b->pace);
    }
    start_workers(&scene, 1, 1, 1);
    start_prometheus(&scene);
    char expression[300], at[200];
    snprintf(expression, sizeof expression, "dianchen:limiting:ratio{what=\"%s\",why=\"%s\"}", b->what, b->why);
    await_series(&scene, expression);
    snprintf(expression, sizeof expression, "ALERTS{alertname=\"DianchenLimited\",what=\"%s\",why=\"%s\"}", b->what,
             b->why);
    await_series(&scene, expression);
    if (b->dashboard) {
        check_panels(&scene);
    }
    snprintf(at, sizeof at, "%s,%s,%s", scene.at[0][0], scene.at[1][0], scene.at[2][0]);
    await_top(w, b, at);
    char *text = COMMAND(w, 0, "top", "--once", "--every", "500ms", "--at", at);
    assert_non_null(strstr(text, "limiting "));
    free(text);
    rig_close(&w->rig);
}

int main(int argc, char **argv)
{
    program = argv[0];
    enum { SCENES = sizeof bottlenecks / sizeof *bottlenecks, OTHERS = 2 };
    static const struct CMUnitTest others[OTHERS] = {cmocka_unit_test(test_sums), cmocka_unit_test(test_readiness)};
    struct CMUnitTest tests[SCENES + OTHERS];
    size_t n = 0;
    for (size_t i = 0; i < SCENES + OTHERS; i++) {
        struct CMUnitTest test =
            i < OTHERS ? others[i]
                       : (struct CMUnitTest){.name = bottlenecks[i - OTHERS].name,
                                             .test_func = test_bottleneck,
                                             .initial_state = (void *)(uintptr_t)&bottlenecks[i - OTHERS]};
        if (argc < 2 || strstr(test.name, argv[1]) != NULL) {
            tests[n++] = test;
        }
    }
    return _cmocka_run_group_tests("monitoring", tests, n, NULL, NULL);
}
