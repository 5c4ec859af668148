/* A folder of schemes on one set of stages: one extractor, one transformer, one loader. Judged by what stands in the target, by the
 * runs in the store, by metrics and log, and by what is said where a stage can't serve a folder. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/stages.h"
#include "tests/integration/world.h"

enum { PATH_ROOM = 600, SCHEMES = 3, PATIENCE = 60 /* s */, STEP = 50 /* ms */ };

static const char *program;
static const char *const names[SCHEMES] = {"shop-to-customer", "warehouse-to-store", "shop-to-material"};

struct set {
    struct world w;
    char folder[PATH_ROOM], extracted[PATH_ROOM], transformed[PATH_ROOM]; /* of schemes; addresses */
    struct rig_process *extractor, *transformer, *loader;
};

/* Each scheme begins a run every second. */
static void set_open(struct set *s, const char *records)
{
    world_open_folder(&s->w, program, records);
    for (size_t i = 0; i < SCHEMES; i++) {
        world_scheme_edit(&s->w, names[i], i < 2 ? "\"every\": \"10m\"" : "\"every\": \"60s\"", "\"every\": \"1s\"");
    }
    snprintf(s->folder, sizeof s->folder, "%s/schemes", s->w.rig.folder);
    snprintf(s->extracted, sizeof s->extracted, "ipc://%s/e", s->w.rig.folder);
    snprintf(s->transformed, sizeof s->transformed, "ipc://%s/t", s->w.rig.folder);
    rig_set(&s->w.rig, "DIANCHEN_SCHEME", s->folder);
    rig_set(&s->w.rig, "METRICS_BIND", "127.0.0.1:0");
    rig_set(&s->w.rig, "SOURCE_CALLS_PER_MINUTE", "0");
    rig_set(&s->w.rig, "TARGET_CALLS_PER_MINUTE", "0");
    rig_set(&s->w.rig, "TARGET_TIMEOUT", "1s");
    rig_set(&s->w.rig, "TARGET_LATE", "500ms");
    rig_set(&s->w.rig, "TARGET_VISIBLE", "500ms");
}

static void start_extractor(struct set *s)
{
    s->extractor = rig_start(&s->w.rig, "extractor", (const char *[]){"--bind", s->extracted, NULL});
}

static void start_transformer(struct set *s)
{
    s->transformer = rig_start(&s->w.rig, "transformer",
                               (const char *[]){"--upstream", s->extracted, "--bind", s->transformed, NULL});
}

static void start_loader(struct set *s)
{
    s->loader = rig_start(&s->w.rig, "loader", (const char *[]){"--upstream", s->transformed, NULL});
}

static void start_all(struct set *s)
{
    start_extractor(s);
    start_transformer(s);
    start_loader(s);
}

static int64_t series(const struct rig_process *stage, const char *series_name, const char *labels, const char *scheme)
{
    char name[PATH_ROOM];
    snprintf(name, sizeof name, "%s{%s%sscheme=\"%s\"}", series_name, labels, labels[0] ? "," : "", scheme);
    return rig_series(stage, name);
}

static int64_t complete_runs(const struct set *s, const char *scheme)
{
    return series(s->extractor, "dianchen_runs_total", "result=\"complete\"", scheme);
}

/* Until this extractor has ended so many complete runs of the scheme. */
static void await_runs(struct set *s, const char *scheme, int64_t wanted)
{
    int64_t seen = -1;
    for (int waited = 0; waited < PATIENCE * 1000 && (seen = complete_runs(s, scheme)) < wanted; waited += STEP) {
        rig_pause(STEP);
    }
    if (seen < wanted) {
        char *err = rig_read(s->extractor->err);
        fail_msg("%s: %lld complete runs, not %lld:\n%s", scheme, (long long)seen, (long long)wanted, err);
    }
}

static void expect_target(struct set *s, int64_t records)
{
    assert_int_equal(target_number(&s->w, "customers"), records);
    assert_int_equal(target_number(&s->w, "materials"), records);
    assert_int_equal(target_number(&s->w, "stores"), records - records / 10);
    assert_int_equal(target_number(&s->w, "doubled_numbers"), 0);
}

static int64_t written(const struct set *s, const char *scheme, const char *outcome)
{
    char label[60];
    snprintf(label, sizeof label, "outcome=\"%s\"", outcome);
    return series(s->loader, "dianchen_records_total", label, scheme);
}

/* Each line about a run names the scheme that it is of. */
static void lines_name_schemes(const struct rig_process *process, const char *event)
{
    char *err = rig_read(process->err);
    char mark[PATH_ROOM];
    bool told[SCHEMES] = {false};
    snprintf(mark, sizeof mark, "\"event\":\"%s\"", event);
    char *rest = NULL;
    for (char *line = strtok_r(err, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        bool named = strstr(line, mark) == NULL;
        for (size_t i = 0; i < SCHEMES; i++) {
            char field[PATH_ROOM];
            snprintf(field, sizeof field, "\"scheme\":\"%s\"", names[i]);
            told[i] = told[i] || (strstr(line, mark) && strstr(line, field));
            named = named || strstr(line, field);
        }
        if (!named) {
            fail_msg("no scheme in: %s", line);
        }
    }
    assert_true(told[0] && told[1] && told[2]);
    free(err);
}

/* Where the first line about this event of a scheme begins in the log. */
static size_t first_line(const char *log, const char *event, const char *scheme)
{
    char mark[60], field[100];
    snprintf(mark, sizeof mark, "\"event\":\"%s\"", event);
    snprintf(field, sizeof field, "\"scheme\":\"%s\"", scheme);
    for (const char *line = log; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        const char *at = strstr(line, mark), *of = strstr(line, field), *end = strchr(line, '\n');
        if (at && of && end && at < end && of < end) {
            return (size_t)(line - log);
        }
    }
    fail_msg("no %s of %s in:\n%s", event, scheme, log);
    return 0;
}

/* Each scheme's first run begins when that of the scheme before it is over, and says what it waits for. */
static void in_their_order(struct set *s)
{
    char *log = rig_read(s->extractor->err);
    for (size_t i = 1; i < SCHEMES; i++) {
        assert_true(first_line(log, "run.finished", names[i - 1]) < first_line(log, "run.started", names[i]));
        assert_true(first_line(log, "run.waits", names[i]) < first_line(log, "run.started", names[i]));
    }
    free(log);
}

static void one_set_serves_all(void **state)
{
    (void)state;
    struct set s;
    set_open(&s, "130");
    start_all(&s);
    for (size_t i = 0; i < SCHEMES; i++) {
        await_runs(&s, names[i], 1);
    }
    expect_target(&s, 130);
    in_their_order(&s);
    assert_int_equal(series(s.loader, "dianchen_ready", "", "shop-to-customer"), 1);

    /* Further runs find all as it is. */
    for (size_t i = 0; i < SCHEMES; i++) {
        int64_t made = i == 1 ? 117 : 130;
        await_runs(&s, names[i], 3);
        assert_int_equal(written(&s, names[i], "created"), made);
        assert_int_equal(written(&s, names[i], "updated"), 0);
        assert_true(written(&s, names[i], "unchanged") >= 2 * made);
    }
    expect_target(&s, 130);
    lines_name_schemes(s.extractor, "run.started");
    lines_name_schemes(s.loader, "loader.ready");

    /* All of it ends at one signal each, with nothing in hand. */
    assert_int_equal(rig_stop(&s.w.rig, s.extractor, SIGTERM), 0);
    assert_int_equal(rig_stop(&s.w.rig, s.transformer, SIGTERM), 0);
    assert_int_equal(rig_stop(&s.w.rig, s.loader, SIGTERM), 0);
    rig_close(&s.w.rig);
}

/* Each of the three is killed again and again while all three schemes are read. */
static void exact_under_kills(void **state)
{
    (void)state;
    enum { KILLS = 12, RECORDS = 3000 };
    struct set s;
    set_open(&s, "3000");
    start_all(&s);
    for (int i = 0; i < KILLS; i++) {
        rig_pause(250);
        struct rig_process *const stages[] = {s.loader, s.transformer, s.extractor};
        void (*const starts[])(struct set *) = {start_loader, start_transformer, start_extractor};
        (void)rig_stop(&s.w.rig, stages[i % 3], SIGKILL);
        starts[i % 3](&s);
    }
    for (size_t i = 0; i < SCHEMES; i++) {
        await_runs(&s, names[i], 2);
    }
    expect_target(&s, RECORDS);
    rig_close(&s.w.rig);
}

/* One scheme gives up, in the extractor or in the loader: the others go on, and the process says that it will end. */
static void others_go_on(void **state)
{
    (void)state;
    struct set s;
    set_open(&s, "130");
    world_scheme_edit(&s.w, "shop-to-material", "\"after\": [\"warehouse-to-store\"], ", "");
    world_scheme_edit(&s.w, "warehouse-to-store", "\"=TRIM(name)\"",
                      "\"=IF(zip = \\\"none has it\\\", name, \\\"\\\")\"");
    world_scheme_edit(&s.w, "warehouse-to-store", "\"tests\"", "\"budget\": { \"rejects\": 1 }, \"tests\"");
    rig_set(&s.w.rig, "XINGCHEN_UNIT_ID", "404404");
    start_all(&s);
    stages_await(s.extractor, "\"event\":\"stage.gave_up\"", NULL, 0);
    stages_await(s.loader, "loader: shop-to-material: ", NULL, 0);
    stages_await(s.loader, "\"event\":\"stage.gave_up\"", NULL, 0);
    int64_t before = complete_runs(&s, "shop-to-customer");
    await_runs(&s, "shop-to-customer", before + 2);
    assert_int_equal(target_number(&s.w, "customers"), 130);
    assert_int_equal(target_number(&s.w, "stores"), 0);
    assert_int_equal(target_number(&s.w, "materials"), 0);
    assert_int_equal(series(s.loader, "dianchen_ready", "", "shop-to-material"), 0);
    assert_int_equal(rig_stop(&s.w.rig, s.extractor, SIGTERM), 1);
    assert_int_equal(rig_stop(&s.w.rig, s.transformer, SIGTERM), 0);
    assert_int_not_equal(rig_stop(&s.w.rig, s.loader, SIGTERM), 0);
    rig_close(&s.w.rig);
}

/* A stage of one scheme works with stages of the folder that holds it; one of another scheme is refused. */
static void one_scheme_beside(void **state)
{
    (void)state;
    struct set s;
    char one[PATH_ROOM + 40];
    set_open(&s, "130");
    start_extractor(&s);
    snprintf(one, sizeof one, "%s/shop-to-customer.json", s.folder);
    s.transformer =
        rig_start(&s.w.rig, "transformer",
                  (const char *[]){"--scheme", one, "--upstream", s.extracted, "--bind", s.transformed, NULL});
    s.loader = rig_start(&s.w.rig, "loader", (const char *[]){"--upstream", s.transformed, NULL});
    await_runs(&s, "shop-to-customer", 2);
    assert_int_equal(target_number(&s.w, "customers"), 130);
    assert_int_equal(target_number(&s.w, "materials"), 0);
    stages_await(s.transformer, "runs another scheme", NULL, 0); /* the loader's two others */
    rig_close(&s.w.rig);
}

static void refused(struct set *s, const char *stage, const char *const *words, const char *said)
{
    struct rig_process *process = NULL;
    assert_int_equal(rig_run(&s->w.rig, stage, words, &process), 2);
    char *err = rig_read(process->err), *out = rig_read(process->out);
    if (!strstr(err, said) && !strstr(out, said)) {
        fail_msg("%s does not say '%s':\n%s%s", stage, said, err, out);
    }
    free(err);
    free(out);
}

static void said_plainly(void **state)
{
    (void)state;
    struct set s;
    set_open(&s, "130");
    refused(&s, "extractor", (const char *[]){"--once", NULL}, "is a folder");
    refused(&s, "extractor", (const char *[]){"--check", NULL}, "is a folder");
    refused(&s, "loader", (const char *[]){"--check", NULL}, "is a folder");
    refused(&s, "transformer", (const char *[]){"--check", NULL}, "is a folder");
    refused(&s, "dianchen", (const char *[]){"run", NULL}, "is a folder");
    char *said = COMMAND(&s.w, 0, "check");
    for (size_t i = 0; i < SCHEMES; i++) {
        char line[100];
        snprintf(line, sizeof line, "ok    scheme: %s: ", names[i]);
        assert_non_null(strstr(said, line));
    }
    free(said);
    world_scheme_edit(&s.w, "shop-to-customer", "\"schedule\"", "\"after\": [\"shop-to-material\"], \"schedule\"");
    refused(&s, "extractor", (const char *[]){NULL}, "waits for itself");
    refused(&s, "transformer", (const char *[]){NULL}, "waits for itself");
    world_scheme_edit(&s.w, "shop-to-customer", "\"after\": [\"shop-to-material\"], ", "");
    world_scheme_edit(&s.w, "shop-to-customer", "\"name\": \"shop-to-customer\"", "\"name\": \"shop-to-material\"");
    refused(&s, "loader", (const char *[]){NULL}, "has the name shop-to-material, too");
    rig_close(&s.w.rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_set_serves_all), cmocka_unit_test(exact_under_kills), cmocka_unit_test(others_go_on),
        cmocka_unit_test(one_scheme_beside),  cmocka_unit_test(said_plainly),
    };
    (void)argc;
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
