/* Thousands of seeds of the whole pipeline on virtual time (sim.h), each in a child of its own: it begins from one state,
 * and what crashes takes nothing with it.
 *
 *   test_simulation              all of it, as cases
 *   test_simulation seed N       plays one with its trace
 *   test_simulation seeds A B    from A to before B: how many, how fast, what they did */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SEEDS = 500 };
#else
enum { SEEDS = 5000 };
#endif

static void every_seed_holds(void **state)
{
    (void)state;
    struct tally tally;
    seeds_run(1, 1 + SEEDS, true, &tally);
    seeds_print(&tally);
    if (tally.failed > 0) {
        fail_msg("seed %llu: %s\n  replay it: make simulate SEED=%llu", (unsigned long long)tally.first, tally.why,
                 (unsigned long long)tally.first);
    }
    assert_int_equal(tally.played, SEEDS);
    /* That they did what they are for. */
    const struct coverage *count = &tally.count;
    assert_true(count->kills > SEEDS / 2 && count->freezes > SEEDS / 2 && count->drains > SEEDS / 10);
    assert_true(count->cuts > SEEDS / 4 && count->holes > SEEDS / 4 && count->stalls > SEEDS / 4);
    assert_true(count->lost_replies > SEEDS / 4 && count->late > SEEDS / 2 && count->refusals > SEEDS / 2);
    assert_true(count->forgotten > SEEDS / 10 && count->list_pages > SEEDS / 2 && count->garbled > SEEDS / 10);
    assert_true(count->waiting > SEEDS / 500);
    assert_true(count->audits > SEEDS && count->audits_refused > SEEDS / 10 && count->audits_undone > SEEDS / 100);
    assert_true(count->torn > SEEDS / 10 && count->too_large > SEEDS / 10 && count->unread > SEEDS / 50);
    assert_true(count->vanished > SEEDS / 10);
    assert_true(count->windows > SEEDS && count->shown_late > SEEDS / 2 && count->parts > SEEDS);
    assert_true(count->unsent > SEEDS / 100 && count->drifts > SEEDS && count->settles > SEEDS);
}

static char *trace_of(uint64_t seed, size_t *size)
{
    char path[] = "/tmp/trace-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stdout);
        dup2(fd, STDOUT_FILENO);
        (void)plot_play(seed, true);
        fflush(stdout);
        _exit(0);
    }
    int status;
    assert_true(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    off_t end = lseek(fd, 0, SEEK_END);
    assert_true(end > 5000);
    char *text = calloc(1, (size_t)end + 1);
    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)end, 0), end);
    close(fd);
    *size = (size_t)end;
    return text;
}

static void a_seed_is_one_execution(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        size_t size, other;
        char *first = trace_of(seed, &size), *second = trace_of(seed, &other);
        assert_int_equal(size, other);
        assert_memory_equal(first, second, size);
        free(first);
        free(second);
    }
}

#ifdef __SANITIZE_ADDRESS__
/* What the model takes lives as long as its process. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif

int main(int argc, char **argv)
{
    plot_prepare();
    if (argc == 3 && strcmp(argv[1], "seed") == 0) {
        bool held = plot_play(strtoull(argv[2], NULL, 10), true);
        printf("%s\n", held ? "the guarantee holds" : sim.broken);
        return held ? 0 : 1;
    }
    if (argc == 4 && strcmp(argv[1], "seeds") == 0) {
        struct tally tally;
        seeds_run(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), false, &tally);
        seeds_print(&tally);
        return tally.failed > 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_seed_holds), cmocka_unit_test(a_seed_is_one_execution)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
