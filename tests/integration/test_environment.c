/* What a program finds where it starts: few files that may be open, a folder for temporary files with any name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

/* The program with at most `files` open: its exit code; *said is its stderr, to be freed. */
static int run_with_files(struct world *w, const char *name, const char *word, int files, char **said)
{
    char command[900];
    int size = snprintf(command, sizeof command, "ulimit -n %d; exec %s/bin/%s %s", files, w->rig.build, name, word);
    assert_in_range(size, 1, sizeof command - 1);
    struct rig_process *process = NULL;
    int code = rig_run(&w->rig, "/bin/sh", (const char *[]){"-c", command, NULL}, &process);
    *said = rig_read(process->err);
    return code;
}

/* libzmq aborts where it can open no file more: so it does not come to that. */
static void too_few_files_are_told(void **state)
{
    static const struct {
        const char *name, *word;
        int files;
    } rows[] = {{"dianchen", "run --json", 12},
                {"dianchen", "run --json", 16},
                {"dianchen", "run --json", 20},
                {"dianchen", "run --json", 63},
                {"extractor", "--once", 16},
                {"extractor", "--once", 63},
                {"loader", "", 16},
                {"transformer", "", 16}};
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(30), PLAIN);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *said = NULL;
        int code = run_with_files(&w, rows[i].name, rows[i].word, rows[i].files, &said);
        if (code != 2 || !strstr(said, "ulimit -n") || !strstr(said, "64 are needed")) {
            fail_msg("%s, %d files: exit code %d: %s", rows[i].name, rows[i].files, code, said);
        }
        free(said);
    }
    assert_int_equal(source_number(&w, "calls"), 0);
    rig_close(&w.rig);
}

static void as_many_files_as_are_needed_are_enough(void **state)
{
    (void)state;
    struct world w;
    char *said = NULL;
    world_open(&w, program, SHOPS(30), PLAIN);
    int code = run_with_files(&w, "dianchen", "run --json", 64, &said);
    if (code != 0) {
        fail_msg("exit code %d: %s", code, said);
    }
    free(said);
    assert_int_equal(target_number(&w, "materials"), 30);
    rig_close(&w.rig);
}

static void a_folder_for_temporary_files_may_have_any_name(void **state)
{
    static const char *const names[] = {"a,b", "it's \"here\"", "店 铺", "$(x)%s;&", "-n", "a\\b\tc"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct world w;
        char folder[sizeof w.rig.folder + 40];
        world_open(&w, program, SHOPS(30), PLAIN);
        assert_in_range(snprintf(folder, sizeof folder, "%s/%s", w.rig.folder, names[i]), 1, sizeof folder - 1);
        assert_int_equal(mkdir(folder, 0700), 0);
        rig_set(&w.rig, "TMPDIR", folder);
        free(world_wait(&w, rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL}), 0, 60));
        assert_int_equal(target_number(&w, "materials"), 30);
        assert_int_equal(rmdir(folder), 0); /* nothing was left in it */
        rig_close(&w.rig);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_few_files_are_told),
        cmocka_unit_test(as_many_files_as_are_needed_are_enough),
        cmocka_unit_test(a_folder_for_temporary_files_may_have_any_name),
    };
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
