/* Every rule of docs/delivery.md is taken out once (common/base/rule.h), and some seed of the simulation must break for it; where
 * no execution of the whole can show it, because another rule stands before it, a unit test must fail. Built by `make rules`. */
#ifndef DIANCHEN_RULES
#define DIANCHEN_RULES /* for who reads this file alone */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/rule.h"
#include "run.h"

/* The rarest, KEPT, breaks in one of some thousand seeds. */
enum { SEEDS = 30000 };

static const struct {
    const char *name, *sentence;
} rules[] = {[RULE_NONE] = {"", ""},
#define RULE(name, sentence) [RULE_##name] = {#name, sentence},
             RULES(RULE)
#undef RULE
};

/* Rules that stand behind another: no execution of the whole gets past that one. */
static const char *const units[RULE_COUNT] = {
    [RULE_RUN_GUARD] = "test_ledger",     /* one run at a time is open, and rows of a closed one are not begun */
    [RULE_GATE] = "test_ledger",          /* rows of a page that another took over are decided like any other */
    [RULE_OTHERS] = "test_ledger_others", /* one scheme plays */
    [RULE_POISON_ALONE] = "test_flow",    /* two losses send a page out alone anyway */
};

static char programs[300]; /* the folder of tests */

static void a_unit_fails(enum rule rule)
{
    char command[400], line[400], failed[400] = "";
    snprintf(command, sizeof command, "%s/unit/%s", programs, units[rule]);
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        setenv("DIANCHEN_RULE_OUT", rules[rule].name, 1);
        execl(command, command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    assert_non_null(said);
    while (fgets(line, sizeof line, said)) {
        if (!failed[0] && strncmp(line, "[  FAILED  ]", 12) == 0) {
            snprintf(failed, sizeof failed, "%s", line + 13);
        }
    }
    fclose(said);
    assert_int_equal(waitpid(child, &status, 0), child);
    printf("  %s fails in %s", units[rule], failed);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 127 || !failed[0]) {
        fail_msg("%s passes without it, or could not be run", command);
    }
}

static void something_breaks(void **state)
{
    enum rule rule = *(const enum rule *)*state;
    printf("without %s:\n", rules[rule].name);
    if (units[rule]) {
        a_unit_fails(rule);
        return;
    }
    struct tally tally;
    rule_out = rule;
    seeds_run(1, 1 + SEEDS, true, &tally);
    if (tally.failed == 0) {
        fail_msg("%d seeds hold without it", SEEDS);
    }
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[RULE_COUNT];
    static enum rule each[RULE_COUNT];
    size_t count = 0;
    const char *slash = strrchr(argv[0], '/');
    snprintf(programs, sizeof programs, "%.*s/..", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
    plot_prepare();
    for (int rule = RULE_NONE + 1; rule < RULE_COUNT; rule++) {
        if (argc > 1 && strcmp(argv[1], rules[rule].name) != 0) {
            continue;
        }
        each[count] = (enum rule)rule;
        tests[count] = (struct CMUnitTest){
            .name = rules[rule].sentence, .test_func = something_breaks, .initial_state = &each[count]};
        count++;
    }
    return _cmocka_run_group_tests("rules", tests, count, NULL, NULL);
}
