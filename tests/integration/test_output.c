/* What commands print: texts of shops and of the target can't touch a terminal or forge a line, output that is lost is an
 * error, and a reader that has seen enough is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

/* Clears the screen, rings, forges a line, turns the direction. */
#define HOSTILE "bad\x1b[2J\x07\r\nS000011               target        FORGED\xe2\x80\xae\xc2\x9b\xe2\x80\xac"

static void open_hostile(struct world *w)
{
    world_open(w, program, ((const char *[]){"--shops", "30", "--controls", "1", NULL}),
               ((const char *[]){"--reject_numbers", "S000003", "--reject_words", HOSTILE, NULL}));
    rig_store(&w->rig, "dianchen.db");
}

static void expect_harmless(const char *what, const char *text)
{
    assert_true(text[0] != '\0');
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool bidi = c == 0xe2 && (unsigned char)at[1] == 0x80 && (unsigned char)at[2] == 0xae,
             c1 = c == 0xc2 && (unsigned char)at[1] < 0xa0;
        if ((c < ' ' && c != '\n') || c == 0x7f || bidi || c1) {
            fail_msg("%s: byte %02x at %zu of: %s", what, c, (size_t)(at - text), text);
        }
        if (c == '\n' && strncmp(at + 1, "S000011 ", 8) == 0) {
            fail_msg("%s: a forged line: %s", what, text);
        }
    }
}

static void texts_from_outside_are_harmless(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        int exit_code;
    } rows[] = {
        {{"check"}, 0},
        {{"preview"}, 0},
        {{"preview", "--json"}, 0},
        {{"run"}, 3},
        {{"report"}, 3},
        {{"report", "--json"}, 3},
        {{"rejects", "list"}, 0},
        {{"rejects", "list", "--json"}, 0},
        {{"rejects", "show", "S000003"}, 0},
        {{"rejects", "show", "S000003", "--json"}, 0},
        {{"explain", "S000003"}, 0},
        {{"explain", "S000003", "--json"}, 0},
        {{"explain", "S000001"}, 0},
        {{"lookup", "materials"}, 0},
        {{"lookup", "materials", "--json"}, 0},
    };
    struct world w;
    open_hostile(&w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = world_command(&w, rows[i].exit_code, false, rows[i].words);
        expect_harmless(rows[i].words[0], text);
        if (strncmp(text, "{", 1) == 0) {
            cJSON_Delete(world_json(text));
        } else {
            free(text);
        }
    }
    /* Nothing is lost: the bytes are there, as escapes, and as themselves in JSON. */
    char *text = COMMAND(&w, 0, "rejects", "show", "S000003");
    assert_non_null(strstr(text, "bad\\x1b[2J\\x07"));
    free(text);
    cJSON *json = world_json(COMMAND(&w, 0, "rejects", "show", "S000003", "--json"));
    assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(json, "message")), "\x1b[2J"));
    cJSON_Delete(json);
    rig_close(&w.rig);
}

/* A line of sh; the exit code, and what stderr holds, to be freed. */
static int shell(struct world *w, const char *line, char **err)
{
    struct rig_process *p = rig_start(&w->rig, "/bin/sh", (const char *[]){"-c", line, "sh", w->rig.build, NULL});
    int code = rig_wait(&w->rig, p, 60);
    *err = rig_read(p->err);
    return code;
}

static void lost_output_is_an_error(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "dianchen run --json",
        "dianchen run",
        "dianchen report",
        "dianchen report --json",
        "dianchen report --html",
        "dianchen status",
        "dianchen status --json",
        "dianchen rejects list",
        "dianchen rejects list --json",
        "dianchen rejects show S000003",
        "dianchen explain S000001",
        "dianchen explain S000001 --json",
        "dianchen check",
        "dianchen lookup units",
        "dianchen preview",
        "dianchen preview --json",
        "dianchen lint \"$DIANCHEN_SCHEME\"",
        "dianchen settings",
        "dianchen --help",
        "dianchen run --help",
        "dianchen --version",
        "extractor --check",
        "extractor --sample 3",
        "transformer --check",
        "loader --check",
        "loader --lookup materials --json",
    };
    struct world w;
    open_hostile(&w);
    rig_scheme(&w.rig, NULL, NULL);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[200];
        char *err = NULL;
        snprintf(line, sizeof line, "exec \"$1\"/bin/%s > /dev/full", lines[i]);
        int code = shell(&w, line, &err);
        if (code != 1 || !strstr(err, "standard output can't be written: No space left on device")) {
            fail_msg("%s: exit code %d: %s", lines[i], code, err);
        }
        free(err);
    }
    rig_close(&w.rig);
}

static void a_reader_that_has_gone_is_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "dianchen run",          "dianchen rejects list", "dianchen explain S000001", "dianchen lookup materials",
        "dianchen preview",      "dianchen settings",     "dianchen report --html",   "dianchen check",
        "extractor --sample 30",
    };
    struct world w;
    open_hostile(&w);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[200];
        char *err = NULL;
        snprintf(line, sizeof line, "\"$1\"/bin/%s | true", lines[i]);
        int code = shell(&w, line, &err);
        if (code != 0 || err[0] != '\0') {
            fail_msg("%s: exit code %d: %s", lines[i], code, err);
        }
        free(err);
    }
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_from_outside_are_harmless),
        cmocka_unit_test(lost_output_is_an_error),
        cmocka_unit_test(a_reader_that_has_gone_is_none),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
