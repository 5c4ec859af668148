/* What the stages log while much goes wrong: JSON lines with what docs/events.md promises, the summary of the run, and
 * nothing of what the records hold. */
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

enum { MARKED = 40 /* shops whose fields have the mark */ };
#define MARK "ZQXMARK"

static bool is_event_of_page(const char *event)
{
    static const char *const prefixes[] = {"page.", "record.", "post.", "lookup.", "reject."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(event, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static const char *member(const cJSON *line, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, name));
    if (!text) {
        char *shown = cJSON_PrintUnformatted(line);
        print_error("no %s in %s\n", name, shown);
        cJSON_free(shown);
    }
    assert_non_null(text);
    return text;
}

/* Every line of a stage's stderr; the summaries' sum of `rejected`, and how many there were. */
static size_t lines_read(const struct rig_process *process, const char *stage, size_t *summaries, int64_t *rejected)
{
    char *log = rig_read(process->err);
    size_t count = 0;
    assert_null(strstr(log, MARK));
    for (char *at = log, *end; *at; at = end + 1) {
        end = strchr(at, '\n');
        assert_non_null(end); /* lines are whole */
        *end = '\0';
        cJSON *line = cJSON_Parse(at);
        if (!line) {
            print_error("no JSON: %s\n", at);
        }
        assert_non_null(line);
        assert_int_equal(strlen(member(line, "time")), strlen("2024-01-02T03:04:05.678Z"));
        assert_string_equal(member(line, "program"), stage);
        assert_non_null(strstr("debug info warn error", member(line, "level")));
        assert_true(strlen(member(line, "message")) > 0);
        const char *event = member(line, "event");
        if (is_event_of_page(event) && !cJSON_HasObjectItem(line, "repeated")) {
            static const char *const ids[] = {"run", "slice", "page", "fence"};
            for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
                (void)rig_number(line, ids[i]);
            }
        }
        if (strncmp(event, "run.", 4) == 0 || strcmp(event, "source.down") == 0) {
            assert_true(rig_number(line, "run") > 0);
        }
        if (strcmp(event, "run.finished") == 0) {
            ++*summaries;
            *rejected += rig_number(line, "rejected");
            assert_string_equal(member(line, "state"), "complete");
            assert_int_equal(rig_number(line, "seen"), 300);
            assert_int_equal(rig_number(line, "created") + rig_number(line, "rejected"), 300);
            assert_true(rig_number(line, "milliseconds") > 0);
        }
        count++;
        cJSON_Delete(line);
    }
    free(log);
    return count;
}

static void test_lines(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(300),
               ((const char *[]){"--reject_numbers", "S000001,S000002,S000003", "--lost", "0.2", NULL}));
    rig_set(&w.rig, "TARGET_TIMEOUT", "2s");
    rig_set(&w.rig, "TARGET_LATE", "100ms");
    rig_set(&w.rig, "TARGET_VISIBLE", "100ms");
    for (int i = 1; i <= MARKED; i++) {
        char edit[200];
        (void)snprintf(edit, sizeof edit, "edit?shop_no=S%06d&shop_name=" MARK "%d&address=" MARK "-%d", i, i, i);
        free(rig_ask(w.source, edit, ""));
    }
    free(rig_ask(w.source, "set?http502=0.3&reset=0.1", ""));
    char up[400], down[400];
    (void)snprintf(up, sizeof up, "ipc://%s/up", w.rig.folder);
    (void)snprintf(down, sizeof down, "ipc://%s/down", w.rig.folder);
#define METRICS "--metrics", "127.0.0.1:0"
    struct rig_process *loader = rig_start(&w.rig, "loader", (const char *[]){"--upstream", down, METRICS, NULL});
    struct rig_process *transformer =
        rig_start(&w.rig, "transformer", (const char *[]){"--upstream", up, "--bind", down, METRICS, NULL});
    struct rig_process *extractor =
        rig_start(&w.rig, "extractor", (const char *[]){"--once", "--bind", up, METRICS, NULL});
    assert_int_equal(rig_wait(&w.rig, extractor, 120), 3);
    assert_int_equal(rig_stop(&w.rig, transformer, SIGTERM), 0);
    assert_int_equal(rig_stop(&w.rig, loader, SIGTERM), 0);
    size_t summaries = 0;
    int64_t rejected = 0;
    assert_true(lines_read(loader, "loader", &summaries, &rejected) > 3);
    assert_true(lines_read(transformer, "transformer", &summaries, &rejected) > 2);
    assert_int_equal(summaries, 0);
    assert_true(lines_read(extractor, "extractor", &summaries, &rejected) > 2);
    assert_int_equal(summaries, 1); /* one line a run */
    assert_int_equal(rejected, 3);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};
    return cmocka_run_group_tests_name("log lines", tests, NULL, NULL);
}
