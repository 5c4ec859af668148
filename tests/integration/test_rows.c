/* What becomes of single rows: the guilty ones among many are found by halving and kept with all that a person needs;
 * a replay writes them and no other. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

enum { MANY = 10000, SENDS_MOST = 8 /* ceil(log2(50)) + 2 */ };

static const char guilty[] = "S000003,S005000,S009999";

static int64_t kept(struct world *w)
{
    cJSON *tree = world_json(COMMAND(w, 0, "rejects", "list", "--json"));
    int64_t n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tree, "rejects"));
    cJSON_Delete(tree);
    return n;
}

static const char *word(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    if (text == NULL) {
        char *shown = cJSON_PrintUnformatted(object);
        fail_msg("no text %s in %s", name, shown);
    }
    return text;
}

/* How a batch with guilty rows is answered. */
struct form {
    const char *error_id, *reply;
};
static const struct form forms[] = {
    {"position", "object"}, {"number", "object"}, {"nothing", "object"},
    {"position", "list"},   {"number", "list"},   {"nothing", "list"},
};

static void three_among_many(void **state)
{
    const struct form *form = *state;
    struct world w;
    world_open(
        &w, program, SHOPS(10000),
        ((const char *[]){"--reject_numbers", guilty, "--error_id", form->error_id, "--reply", form->reply, NULL}));
    cJSON *tree = world_json(COMMAND(&w, 3, "run", "--json"));
    assert_int_equal(rig_number(tree, "created"), MANY - 3);
    assert_int_equal(rig_number(tree, "rejected"), 3);
    assert_int_equal(rig_number(tree, "seen"), MANY);
    cJSON_Delete(tree);
    assert_int_equal(kept(&w), 3);
    assert_int_equal(target_number(&w, "materials"), MANY - 3);
    assert_int_equal(target_number(&w, "distinct_numbers"), MANY - 3);
    int64_t sends = target_number(&w, "max_row_sends");
    if (sends > SENDS_MOST) {
        fail_msg("a row was sent %d times", (int)sends);
    }

    tree = world_json(COMMAND(&w, 0, "rejects", "show", "S005000", "--json"));
    assert_string_equal(word(tree, "class"), "target");
    assert_true(word(tree, "code")[0] != '\0' && word(tree, "message")[0] != '\0');
    assert_string_equal(word(cJSON_GetObjectItemCaseSensitive(tree, "source"), "shop_no"), "S005000");
    assert_string_equal(word(cJSON_GetObjectItemCaseSensitive(tree, "payload"), "number"), "S005000");
    assert_int_equal(rig_number(tree, "attempts"), 1);
    cJSON_Delete(tree);

    /* Mended, they are written, and nothing else goes over the wire. */
    free(rig_ask(w.target, "set?reject_numbers=", ""));
    free(rig_ask(w.target, "reset_counters", ""));
    free(rig_ask(w.source, "reset_counters", ""));
    tree = world_json(COMMAND(&w, 0, "rejects", "replay", "--all", "--json"));
    assert_string_equal(word(tree, "kind"), "replay");
    assert_int_equal(rig_number(tree, "created"), 3);
    assert_int_equal(rig_number(tree, "seen"), 3);
    assert_int_equal(rig_number(tree, "gone"), 0);
    cJSON_Delete(tree);
    assert_int_equal(target_number(&w, "rows"), 3);
    assert_int_equal(target_number(&w, "materials"), MANY);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    tree = rig_ask_json(w.source, "report");
    assert_int_equal(rig_number(tree, "calls"), 3);
    assert_int_equal(rig_number(tree, "rows"), 3);
    cJSON_Delete(tree);
    assert_int_equal(kept(&w), 0);
    rig_close(&w.rig);
}

/* By key and by code; refused again; gone at the source; disabled there. */
static void replay_one_by_one(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(120),
               ((const char *[]){"--reject_numbers", "S000003,S000007,S000110,S000120", NULL}));
    char *text = COMPLAINT(&w, 2, "rejects", "replay");
    assert_non_null(strstr(text, "which?"));
    free(text);
    text = COMMAND(&w, 0, "rejects", "replay", "--all"); /* nothing has run yet */
    assert_non_null(strstr(text, "nothing is refused"));
    free(text);
    rig_scheme(&w.rig, "\"id\": \"shop_no\"", "\"id\": \"shop_id\""); /* by which no single shop can be asked for */
    text = COMPLAINT(&w, 2, "rejects", "replay", "--all");
    assert_non_null(strstr(text, "no request parameter that asks for a single shop_id"));
    free(text);
    rig_scheme(&w.rig, NULL, NULL);
    free(COMMAND(&w, 3, "run"));
    text = COMPLAINT(&w, 2, "rejects", "replay", "S000003", "S000004");
    assert_non_null(strstr(text, "S000004"));
    free(text);
    assert_int_equal(kept(&w), 4);

    free(rig_ask(w.target, "set?reject_numbers=S000007", ""));
    free(rig_ask(w.target, "reset_counters", ""));
    cJSON *tree = world_json(COMMAND(&w, 0, "rejects", "replay", "S000003", "--json"));
    assert_int_equal(rig_number(tree, "created"), 1);
    cJSON_Delete(tree);
    assert_int_equal(target_number(&w, "rows"), 1);
    assert_int_equal(kept(&w), 3);

    tree = world_json(COMMAND(&w, 0, "explain", "S000003", "--json"));
    const cJSON *record = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(tree, "records"), 0);
    assert_string_equal(word(record, "outcome"), "created");
    assert_int_equal(rig_number(record, "run"), 2);
    assert_non_null(cJSON_GetObjectItemCaseSensitive(record, "page"));
    assert_null(cJSON_GetObjectItemCaseSensitive(record, "reject"));
    const cJSON *asked = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(tree, "replays"), 0);
    assert_int_equal(rig_number(asked, "run"), 2);
    assert_string_equal(word(asked, "state"), "finished");
    cJSON_Delete(tree);

    /* Refused again: it stays, with one attempt more. */
    tree = world_json(COMMAND(&w, 3, "rejects", "replay", "S000007", "--json"));
    assert_int_equal(rig_number(tree, "rejected"), 1);
    cJSON_Delete(tree);
    tree = world_json(COMMAND(&w, 0, "rejects", "show", "S000007", "--json"));
    assert_int_equal(rig_number(tree, "attempts"), 2);
    char code[100];
    snprintf(code, sizeof code, "%s", word(tree, "code"));
    cJSON_Delete(tree);

    /* One is removed at the source: its reject ends, and the report says so. */
    free(rig_ask(w.source, "remove?shop_no=S000110", ""));
    free(rig_ask(w.target, "set?reject_numbers=", ""));
    free(rig_ask(w.target, "reset_counters", ""));
    text = COMMAND(&w, 0, "rejects", "replay", "--class", "none such");
    assert_non_null(strstr(text, "nothing is refused"));
    free(text);
    tree = world_json(COMMAND(&w, 0, "rejects", "replay", "--code", code, "--json"));
    assert_int_equal(rig_number(tree, "created"), 2);
    assert_int_equal(rig_number(tree, "gone"), 1);
    assert_int_equal(rig_number(tree, "seen"), 2);
    cJSON_Delete(tree);
    assert_int_equal(target_number(&w, "rows"), 2);
    assert_int_equal(kept(&w), 0);
    text = COMMAND(&w, 0, "report");
    assert_non_null(strstr(text, "a replay"));
    assert_non_null(strstr(text, "not at the source any more"));
    free(text);
    tree = world_json(COMMAND(&w, 0, "run", "--json"));
    assert_int_equal(rig_number(tree, "unchanged"), 119);
    cJSON_Delete(tree);
    rig_close(&w.rig);
}

/* Starts a command while the source does not answer, and stops it when it has called. */
static void cut_off(struct world *w, const char *const *words)
{
    free(rig_ask(w->source, "set?hang=1", ""));
    free(rig_ask(w->source, "reset_counters", ""));
    struct rig_process *process = rig_start(&w->rig, "dianchen", words);
    await_source(w, "calls", 1);
    assert_int_equal(rig_stop(&w->rig, process, SIGTERM), 4);
    free(rig_ask(w->source, "set?hang=0", ""));
}

/* A replay that was cut off is finished by whatever runs next; another run that stands open is not disturbed. */
static void replay_and_other_runs(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(120), ((const char *[]){"--reject_numbers", "S000003,S000007", NULL}));
    free(COMMAND(&w, 3, "run"));
    free(rig_ask(w.target, "set?reject_numbers=S000100", ""));
    cut_off(&w, (const char *[]){"rejects", "replay", "--all", NULL});
    free(rig_ask(w.target, "reset_counters", ""));
    char *text = COMPLAINT(&w, 0, "rejects", "replay", "S000003"); /* as run would: the one that stands open first */
    assert_non_null(strstr(text, "is finished first"));
    free(text);
    assert_int_equal(target_number(&w, "creates"), 2);
    assert_int_equal(target_number(&w, "rows"), 2);

    free(rig_ask(w.source, "edit?shop_no=S000100&shop_name=new", ""));
    free(COMMAND(&w, 3, "run"));
    cut_off(&w, (const char *[]){"rejects", "replay", "--all", NULL});
    cJSON *tree = world_json(COMMAND(&w, 3, "run", "--json")); /* the replay, then the run that was asked for */
    assert_int_equal(rig_number(tree, "run"), 5);
    assert_int_equal(rig_number(tree, "seen"), 120);
    cJSON_Delete(tree);
    tree = world_json(COMMAND(&w, 3, "report", "4", "--json"));
    assert_string_equal(word(tree, "kind"), "replay");
    assert_int_equal(rig_number(tree, "rejected"), 1);
    cJSON_Delete(tree);

    /* One run and no other: a finished one has its code, whatever has begun since. */
    const char *one[] = {"--once", "--run", "1", "--bind", "tcp://127.0.0.1:*", "--metrics", "off", NULL};
    assert_int_equal(rig_run(&w.rig, "extractor", one, NULL), 3);
    one[2] = "2";
    assert_int_equal(rig_run(&w.rig, "extractor", one, NULL), 0);
    one[2] = "99";
    assert_int_equal(rig_run(&w.rig, "extractor", one, NULL), 2);

    cut_off(&w, (const char *[]){"run", NULL});
    text = COMPLAINT(&w, 4, "rejects", "replay", "--all");
    assert_non_null(strstr(text, "is unfinished"));
    free(text);
    assert_int_equal(kept(&w), 1);
    rig_close(&w.rig);
}

/* Closed: not listed, not replayed with all, not sent; a replay by key sends it. Changed and refused again, it is open again. */
static void closed_and_open_again(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(120), ((const char *[]){"--reject_numbers", "S000003,S000007,S000110", NULL}));
    free(COMMAND(&w, 3, "run"));
    char *text = COMPLAINT(&w, 2, "rejects", "close");
    assert_non_null(strstr(text, "which?"));
    free(text);
    text = COMPLAINT(&w, 2, "rejects", "close", "S000003", "S000004"); /* the first is closed, the second is told */
    assert_non_null(strstr(text, "nothing open is refused of S000004"));
    free(text);
    assert_int_equal(kept(&w), 2);
    cJSON *tree = world_json(COMMAND(&w, 0, "rejects", "close", "--class", "target", "--json"));
    assert_int_equal(rig_number(tree, "closed"), 2);
    cJSON_Delete(tree);
    assert_int_equal(kept(&w), 0);
    tree = world_json(COMMAND(&w, 0, "rejects", "list", "--closed", "--json"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tree, "rejects")), 3);
    cJSON_Delete(tree);
    tree = world_json(COMMAND(&w, 0, "status", "--json"));
    assert_int_equal(rig_number(tree, "rejects_open"), 0);
    cJSON_Delete(tree);

    free(rig_ask(w.target, "reset_counters", ""));
    text = COMMAND(&w, 0, "rejects", "replay", "--all");
    assert_non_null(strstr(text, "nothing is refused"));
    free(text);
    free(COMMAND(&w, 3, "run")); /* a run still tells the truth: three are not in the target */
    assert_int_equal(target_number(&w, "rows"), 0);
    assert_int_equal(kept(&w), 0);

    free(rig_ask(w.source, "edit?shop_no=S000007&shop_name=changed", ""));
    free(COMMAND(&w, 3, "run"));
    assert_int_equal(kept(&w), 1);
    free(rig_ask(w.target, "set?reject_numbers=none", ""));
    tree = world_json(COMMAND(&w, 0, "rejects", "replay", "S000003", "--json"));
    assert_int_equal(rig_number(tree, "created"), 1);
    cJSON_Delete(tree);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    struct CMUnitTest tests[sizeof forms / sizeof *forms + 3] = {
        cmocka_unit_test(replay_one_by_one),
        cmocka_unit_test(replay_and_other_runs),
        cmocka_unit_test(closed_and_open_again),
    };
    static char names[sizeof forms / sizeof *forms][60];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(names[i], sizeof names[i], "three among many: %s, %s", forms[i].error_id, forms[i].reply);
        tests[3 + i] = (struct CMUnitTest){
            .name = names[i], .test_func = three_among_many, .initial_state = (void *)(uintptr_t)&forms[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
