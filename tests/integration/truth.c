#include "tests/integration/truth.h"

#include "tests/unit/store_place.h"

static const char *program;
static const char *const short_times[][2] = {
    {"TARGET_TIMEOUT", "1s"}, {"TARGET_LATE", "500ms"}, {"TARGET_VISIBLE", "300ms"}};

static void expect(const cJSON *report, const char *name, int64_t wanted, const struct truth *t)
{
    int64_t got = rig_number(report, name);
    if (got != wanted) {
        char *text = cJSON_PrintUnformatted(report);
        print_error("%s: %s is %lld, not %lld, in %s\n", t->name, name, (long long)got, (long long)wanted, text);
        free(text);
    }
    assert_int_equal(got, wanted);
}

/* seen is the sum of the outcomes, and complete is what the case says. */
static void check_report(const cJSON *report, const struct truth *t)
{
    static const char *const parts[] = {"created", "updated", "unchanged", "filtered", "rejected", "repeated"};
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        sum += rig_number(report, parts[i]);
    }
    expect(report, "seen", sum, t);
    expect(report, "created", t->created, t);
    expect(report, "updated", t->updated, t);
    expect(report, "rejected", t->rejected, t);
    if (t->proof != NULL) {
        const char *proof = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report, "proof"));
        assert_string_equal(proof ? proof : "(none)", t->proof);
    }
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")) == t->open) {
        print_error("%s: the run counts as %scomplete\n", t->name, t->open ? "" : "not ");
        fail();
    }
}

static void check_target(struct world *w, const struct truth *t)
{
    cJSON *report = rig_ask_json(w->target, "report");
    expect(report, "materials", t->materials > 0 ? t->materials : t->created + t->updated, t);
    expect(report, "doubled_numbers", 0, t);
    expect(report, "secrets_seen", 0, t);
    cJSON_Delete(report);
}

void truth_check(void **state)
{
    const struct truth *t = *state;
    struct world w;
    struct place place;
    char shops[16];
    const char *source[TRUTH_WORDS + 3] = {"--shops", shops};
    snprintf(shops, sizeof shops, "%d", t->shops);
    memcpy(source + 2, t->source, sizeof t->source);
    assert_int_equal(place_make(&place), 0);
    world_open(&w, program, source, t->target);
    rig_scheme(&w.rig, t->scheme[0], t->scheme[1]);
    rig_set(&w.rig, "DIANCHEN_STORE", place.url);
    for (size_t i = 0; i < sizeof short_times / sizeof *short_times; i++) {
        rig_set(&w.rig, short_times[i][0], short_times[i][1]);
    }
    for (size_t i = 0; i < sizeof t->edits / sizeof *t->edits && t->edits[i] != NULL; i++) {
        free(rig_ask(w.source, t->edits[i], ""));
    }
    struct rig_process *run = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    char *out = world_wait(&w, run, t->exit_code, 60);
    char *err = rig_read(run->err);
    if (t->says != NULL && strstr(err, t->says) == NULL) {
        print_error("%s: nothing says %s:\n%s\n", t->name, t->says, err);
        fail();
    }
    const char *said = t->once && t->says != NULL ? strstr(err, t->says) : NULL;
    if (said != NULL && strstr(said + 1, t->says) != NULL) {
        print_error("%s: it is said again and again: %s\n", t->name, err);
        fail();
    }
    cJSON *report = t->aborted ? NULL : world_json(strdup(out));
    if (report != NULL) {
        check_report(report, t);
    }
    check_target(&w, t);
    if (t->also != NULL) {
        t->also(&w, report);
    }
    cJSON_Delete(report);
    free(out);
    free(err);
    rig_close(&w.rig);
    assert_int_equal(place_remove(&place), 0);
}

int truth_run(int argc, char **argv, const struct truth *cases, size_t count)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    size_t n = 0;
    program = argv[0];
    for (size_t i = 0; tests != NULL && i < count; i++) {
        if (argc < 2 || strstr(cases[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = cases[i].name, .test_func = truth_check, .initial_state = (void *)(uintptr_t)&cases[i]};
        }
    }
    int failed = place_run(tests, n);
    free(tests);
    return failed;
}
