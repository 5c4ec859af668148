/* A run that has gone wrong is stopped: exit 1 and one line; what is finished stays, and after the fix it goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

enum { SHOPS_MANY = 2000, WORKERS = 2, CALLS = 4, BATCH = 50, ROW = 100 };

static int64_t kept(struct world *w)
{
    cJSON *tree = world_json(COMMAND(w, 0, "status", "--json"));
    int64_t n = rig_number(tree, "rejects_open");
    cJSON_Delete(tree);
    return n;
}

/* The line must be the only one that tells of it, and name the bound. */
static void assert_stopped(char *text, const char *bound)
{
    const char *line = strstr(text, "is stopped");
    if (line == NULL || strstr(line, bound) == NULL || strstr(line, "dianchen rejects list") == NULL ||
        strstr(line + 1, "is stopped") != NULL) {
        fail_msg("not one line about %s: %s", bound, text);
    }
    free(text);
}

static int64_t run_of(struct world *w, const char *state)
{
    int code = strcmp(state, "failed") == 0 ? 1 : 3;
    cJSON *tree = world_json(COMMAND(w, code, "report", "--json"));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "state")), state);
    int64_t run = rig_number(tree, "run");
    cJSON_Delete(tree);
    return run;
}

/* Every row is refused, by both loaders. */
static void the_target_refuses_everything(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(2000), ((const char *[]){"--reject_every", "1", NULL}));
    assert_stopped(COMPLAINT(&w, 1, "run", "--loaders", "2", "--transformers", "2"), "budget.consecutive");
    int64_t run = run_of(&w, "failed");
    int64_t refused = kept(&w);
    /* The row, and what was on the wire or in a commit at that moment. */
    if (refused < ROW || refused > ROW + 2 * WORKERS * CALLS * BATCH) {
        fail_msg("%d records were refused before the run stopped", (int)refused);
    }
    assert_int_equal(target_number(&w, "materials"), 0);

    /* Mended, the same run goes on; what was refused in it stays so until it is replayed. */
    free(rig_ask(w.target, "set?reject_every=0", ""));
    free(COMMAND(&w, 3, "run"));
    assert_int_equal(run_of(&w, "complete"), run);
    assert_int_equal(kept(&w), refused);
    assert_int_equal(target_number(&w, "materials"), SHOPS_MANY - refused);
    free(COMMAND(&w, 0, "rejects", "replay", "--all"));
    assert_int_equal(target_number(&w, "materials"), SHOPS_MANY);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    assert_int_equal(kept(&w), 0);
    rig_close(&w.rig);
}

struct bound {
    const char *name, *budget;
    const char *refused; /* by the target */
    bool mapping;        /* every record fails in the mapping */
    const char *total;
    bool stops;
    const char *tells;
};
static const struct bound bounds[] = {
    {"three where three may be", "\"rejects\": 3", "S000003,S000110,S000299", false, "first", false, NULL},
    {"four where three may be", "\"rejects\": 3", "S000003,S000110,S000250,S000299", false, "first", true,
     "budget.rejects"},
    {"one percent of the total", "\"percent\": 1", "S000003,S000110,S000299", false, "first", false, NULL},
    {"more than one percent of the total", "\"percent\": 1", "S000003,S000110,S000250,S000299", false, "first", true,
     "budget.percent"},
    {"one percent of a thousand where no total is told", "\"percent\": 1", "S000003,S000110,S000250,S000299", false,
     "never", false, NULL},
    {"refused by the mapping", "\"rejects\": 50", "", true, "first", true, "budget.rejects"},
    {"refused by the mapping, and no bound for that", "\"consecutive\": 10", "", true, "first", false, NULL},
};

static void replace(struct world *w, const char *from, const char *to)
{
    char path[400];
    snprintf(path, sizeof path, "%s/schemes/shop-to-material.json", w->rig.folder);
    char *text = rig_read(path);
    const char *at = strstr(text, from);
    assert_non_null(at);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    fclose(file);
    free(text);
}

static void one_bound(void **state)
{
    const struct bound *bound = *state;
    struct world w;
    world_open(&w, program, ((const char *[]){"--shops", "300", "--total", bound->total, NULL}),
               ((const char *[]){"--reject_numbers", bound->refused, NULL}));
    char budget[200];
    snprintf(budget, sizeof budget, "\"budget\": { %s }, \"schedule\":", bound->budget);
    replace(&w, "\"schedule\":", budget);
    if (bound->mapping) {
        replace(&w, "\"issale\": true", "\"issale\": \"{{shop_name}}\"");
    }
    if (bound->stops) {
        assert_stopped(COMPLAINT(&w, 1, "run"), bound->tells);
        (void)run_of(&w, "failed");
    } else {
        free(COMMAND(&w, 3, "run"));
        (void)run_of(&w, "complete");
    }
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    enum { BOUNDS = sizeof bounds / sizeof *bounds };
    struct CMUnitTest tests[BOUNDS + 1] = {cmocka_unit_test(the_target_refuses_everything)};
    for (size_t i = 0; i < BOUNDS; i++) {
        tests[1 + i] = (struct CMUnitTest){
            .name = bounds[i].name, .test_func = one_bound, .initial_state = (void *)(uintptr_t)&bounds[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
