/* A source that changes while its pages are read, or whose pages are wrong: the report says how it ended, and what the source
 * holds at the end is in the target exactly once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

enum { WORDS = 12 };

struct drift {
    const char *name;
    const char *source[WORDS];  /* switches of the source */
    const char *changes[WORDS]; /* control calls, made once the pages told were read */
    int64_t pages;
    int64_t runs;    /* at least: follow-ups included */
    bool incomplete; /* the source's word can't be kept: the report says so */
};

static const struct drift drifts[] = {
    {.name = "rows inserted in front while pages are read",
     .source = {"--shops", "2000", "--slow_ms", "60"},
     .changes = {"add?n=7&at=front"},
     .pages = 6,
     .runs = 2},
    {.name = "rows removed in front: others move to pages that were read",
     .source = {"--shops", "2000", "--slow_ms", "60"},
     .changes = {"remove?shop_no=S000001", "remove?shop_no=S000002", "remove?shop_no=S000003"},
     .pages = 6,
     .runs = 2},
    {.name = "rows moved: removed in front, added at the end, the total stays",
     .source = {"--shops", "2000", "--slow_ms", "60"},
     .changes = {"remove?shop_no=S000001", "remove?shop_no=S000002", "add?n=2&at=end"},
     .pages = 6,
     .runs = 2},
    {.name = "rows inserted and no total told",
     .source = {"--shops", "900", "--slow_ms", "60", "--total", "never"},
     .changes = {"add?n=5&at=end"},
     .pages = 4,
     .runs = 1},
    {.name = "a row changes while pages are read",
     .source = {"--shops", "1200", "--slow_ms", "60"},
     .changes = {"edit?shop_no=S000700&shop_name=%E6%94%B9%E5%90%8D%E4%BA%86"},
     .pages = 3,
     .runs = 1},
    {.name = "a page that repeats the one before",
     .source = {"--shops", "1000", "--repeat_page", "4"},
     .runs = 3,
     .incomplete = true},
    {.name = "endless pages, no total",
     .source = {"--shops", "950", "--endless", "1", "--total", "never"},
     .runs = 1,
     .incomplete = true},
    {.name = "endless pages, a total", .source = {"--shops", "1000", "--endless", "1"}, .runs = 1},
};

/* Every shop that the source shows now has one material, and no number has two. */
static void check_all_there(struct world *w)
{
    char *shops = rig_ask(w->source, "numbers", NULL);
    char *materials = rig_ask(w->target, "numbers", NULL);
    size_t missing = 0;
    char *rest = NULL;
    for (char *number = strtok_r(shops, "\n", &rest); number; number = strtok_r(NULL, "\n", &rest)) {
        char line[100];
        snprintf(line, sizeof line, "%s ", number);
        const char *at = strstr(materials, line);
        missing += at == NULL || (at != materials && at[-1] != '\n');
    }
    assert_int_equal(missing, 0);
    assert_int_equal(target_number(w, "doubled_numbers"), 0);
    free(shops);
    free(materials);
}

static void check_drift(void **state)
{
    const struct drift *d = *state;
    struct world w;
    world_open(&w, program, d->source, (const char *[]){"--duplicates", "take", NULL});
    struct rig_process *run = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    if (d->changes[0]) {
        await_source(&w, "pages", d->pages);
    }
    for (size_t i = 0; d->changes[i]; i++) {
        free(rig_ask(w.source, d->changes[i], ""));
    }
    cJSON *report = world_json(world_wait(&w, run, d->incomplete ? 4 : 0, 120));
    char *text = cJSON_PrintUnformatted(report);
    print_message("%s: %s\n", d->name, text);
    free(text);
    assert_true(rig_number(report, "run") >= d->runs);
    assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")), !d->incomplete);
    int64_t sum = 0;
    static const char *const parts[] = {"created", "updated", "unchanged", "filtered", "rejected", "repeated"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        sum += rig_number(report, parts[i]);
    }
    assert_int_equal(sum, rig_number(report, "seen"));
    cJSON_Delete(report);
    if (!d->incomplete) {
        check_all_there(&w);
    }
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    program = argv[0];
    enum { COUNT = sizeof drifts / sizeof *drifts };
    struct CMUnitTest tests[COUNT];
    size_t n = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (argc < 2 || strstr(drifts[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = drifts[i].name, .test_func = check_drift, .initial_state = (void *)(uintptr_t)&drifts[i]};
        }
    }
    return _cmocka_run_group_tests("drift", tests, n, NULL, NULL);
}
