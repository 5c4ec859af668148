/* The wall clock of the stages jumps while they work, hours forward and back: leases, claims, pauses and tokens follow the
 * clock that counts from boot, so a run goes on as if nothing had happened. Only the timestamp of a signature follows the
 * wall clock: where it is wrong the source says so, and the message names the cure. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/chaos/stand.h"

static const char *program;

/* Programs that are started from now on have the wall clock of this file. */
static void clock_use(struct stand *s, const char *path)
{
    char library[400];
    snprintf(library, sizeof library, "%s/tests/preload/clock.so", s->rig.build);
    if (access(library, R_OK) != 0) {
        rig_fail("%s is missing; build it with make", library);
    }
    rig_set(&s->rig, "PRELOAD_CLOCK", path);
    rig_set(&s->rig, "LD_PRELOAD", library);
    /* A sanitizer would rather be the first library. */
    const char *options = getenv("ASAN_OPTIONS");
    char with[500];
    snprintf(with, sizeof with, "%s%sverify_asan_link_order=0", options ? options : "", options ? ":" : "");
    rig_set(&s->rig, "ASAN_OPTIONS", with);
}

static void clock_set(const char *path, int64_t seconds)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(pwrite(fd, &seconds, sizeof seconds, 0), sizeof seconds);
    close(fd);
}

static int64_t lines_with(const struct rig_process *process, const char *what)
{
    char *text = rig_read(process->err);
    int64_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        n++;
    }
    free(text);
    return n;
}

/* The source permits 10 minutes to either side, so that is how far the extractor's clock jumps; the others' by days. */
static void test_jumps(void **state)
{
    (void)state;
    enum { SHOPS = 6000 };
    static const int64_t near[] = {500, -500, 400, -30, 500};
    static const int64_t far[] = {2592000, -2592000, 400, -86400, 3600};
    enum { JUMPS = sizeof near / sizeof *near };
    struct stand s;
    stand_open(&s, program, (const char *[]){"--shops", "6000", NULL},
               (const char *[]){"--duplicates", "take", "--slow_ms", "40", "--lost", "0.02", NULL}, NULL, NULL);
    char extractors[400];
    char others[400];
    snprintf(extractors, sizeof extractors, "%s/clock-1", s.rig.folder);
    snprintf(others, sizeof others, "%s/clock-2", s.rig.folder);
    clock_set(extractors, 0);
    clock_set(others, 0);
    clock_use(&s, others);
    stand_start(&s, STAND_LOADER);
    stand_start(&s, STAND_TRANSFORMER);
    clock_use(&s, extractors);
    stand_start(&s, STAND_EXTRACTOR);
    const struct rig_process *extractor = s.stages[STAND_EXTRACTOR];
    for (int i = 0; i < JUMPS; i++) {
        rig_await(s.target, "materials", 200 + i * (SHOPS - 1500) / JUMPS);
        clock_set(extractors, near[i]);
        clock_set(others, far[i]);
    }
    assert_int_equal(stand_end(&s, 120), 0);
    stand_expect(&s, SHOPS);
    assert_int_equal(stand_target(&s, "logins"), 1);              /* no token was thought old */
    assert_int_equal(lines_with(extractor, "link.peer_gone"), 0); /* no peer was thought silent */
    assert_int_equal(lines_with(s.stages[STAND_LOADER], "link.down"), 0);
    assert_int_equal(stand_ask(&s, "select max(fence) from page"), 1); /* no lease was thought over */
    stand_close(&s);
}

static void test_wrong_clock(void **state)
{
    (void)state;
    struct stand s;
    stand_open(&s, program, (const char *[]){"--shops", "50", NULL}, (const char *[]){NULL}, NULL, NULL);
    char clock[400];
    snprintf(clock, sizeof clock, "%s/clock", s.rig.folder);
    clock_use(&s, clock);
    for (int i = 0; i < 2; i++) {
        clock_set(clock, i == 0 ? 3600 : -3600);
        struct rig_process *run = NULL;
        assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", NULL}, &run), 1);
        assert_true(lines_with(run, "clock") > 0);
    }
    clock_set(clock, 0);
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", NULL}, NULL), 0);
    stand_expect(&s, 50);
    stand_close(&s);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_wrong_clock),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
