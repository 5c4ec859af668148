/* What the system shows of a running stage: no setting of another program in its environment, no core dump, no reader. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/stages.h"

static const char *program;

/* The bytes of /proc/PID/NAME, NULs as line ends. */
static char *read_proc(pid_t pid, const char *name)
{
    char path[64];
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t size = fread(text, 1, (1 << 16) - 1, file);
    (void)fclose(file);
    for (size_t i = 0; i < size; i++) {
        text[i] = text[i] ? text[i] : '\n';
    }
    return text;
}

/* Does the process `pid` run the program `name`? */
static bool runs(long pid, const char *name)
{
    char path[64], line[64] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    bool same =
        file && fgets(line, sizeof line, file) && strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == '\n';
    if (file) {
        (void)fclose(file);
    }
    return same;
}

/* The child of `parent` whose program is `name`, waited for. */
static pid_t child_of(pid_t parent, const char *name)
{
    char path[64], line[4096];
    (void)snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
    for (int turn = 0; turn < 600; turn++) {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        line[0] = '\0';
        (void)!fgets(line, sizeof line, file);
        (void)fclose(file);
        char *end = line;
        for (long pid = strtol(line, &end, 10); pid > 0; pid = strtol(end, &end, 10)) {
            if (runs(pid, name)) {
                return (pid_t)pid;
            }
        }
        usleep(50000);
    }
    fail_msg("no %s was started", name);
    return 0;
}

static void expect_no_core(pid_t pid)
{
    char *limits = read_proc(pid, "limits");
    const char *core = strstr(limits, "Max core file size");
    assert_non_null(core);
    assert_memory_equal(core + strlen("Max core file size        "), "0 ", 2);
    free(limits);
}

static void test_a_stage_started_alone_leaves_no_core(void **state)
{
    (void)state;
    struct stages s;
    char up[STAGES_ADDRESS], down[STAGES_ADDRESS];
    assert_int_equal(setrlimit(RLIMIT_CORE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
    stages_open(&s, program, "10");
    struct rig_process *extractor = stages_extractor(&s, up);
    struct rig_process *transformer = stages_transformer(&s, up, down);
    expect_no_core(extractor->pid);
    expect_no_core(transformer->pid);
    struct rig_process *loader = rig_start(&s.rig, "loader", (const char *[]){"--upstream", down, NULL});
    stages_await(loader, "link.up", NULL, 0);
    expect_no_core(loader->pid);
    rig_close(&s.rig);
}

static void test_each_child_has_its_own_settings(void **state)
{
    (void)state;
    static const struct {
        const char *stage, *has, *lacks[4];
    } cases[] = {
        {"extractor", "WDT_APP_SECRET=", {"XINGCHEN_CLIENT_SECRET=", "XINGCHEN_PASSWORD="}},
        {"transformer", "XINGCHEN_UNIT_ID=", {"WDT_APP_SECRET=", "XINGCHEN_CLIENT_SECRET=", "DIANCHEN_STORE="}},
        {"loader", "XINGCHEN_CLIENT_SECRET=", {"WDT_APP_SECRET=", "WDT_SID="}},
    };
    struct stages s;
    stages_open(&s, program, "20000");
    free(rig_ask(s.target, "set?slow_ms=1000", "")); /* no stage ends before it was looked at */
    rig_set(&s.rig, "XINGCHEN_UNIT_ID", "1");
    struct rig_process *run = rig_start(&s.rig, "dianchen", (const char *[]){"run", NULL});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pid_t pid = child_of(run->pid, cases[i].stage);
        usleep(200000); /* between fork and exec it has ours */
        char *environment = read_proc(pid, "environ");
        print_message("  %s\n", cases[i].stage);
        assert_non_null(strstr(environment, cases[i].has));
        for (size_t k = 0; k < 4 && cases[i].lacks[k]; k++) {
            if (strstr(environment, cases[i].lacks[k])) {
                rig_fail("%s has %s in its environment", cases[i].stage, cases[i].lacks[k]);
            }
        }
        free(environment);
        expect_no_core(pid);
    }
    (void)rig_stop(&s.rig, run, SIGTERM);
    rig_close(&s.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_stage_started_alone_leaves_no_core),
                                       cmocka_unit_test(test_each_child_has_its_own_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
