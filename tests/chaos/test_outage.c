/* The target goes away for a while, in the midst of a run, and comes back: extraction pauses, no process grows, and the
 * pipeline is soon as fast as before. 8 s in `make test`, 60 s with CHAOS_MINUTES. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/chaos/stand.h"

static const char *program;

/* A target of 100 ms: it sets the pace, not the machine. */
enum {
    SHOPS = 60000,
    SAMPLE = 250 /* ms */,
    FILL = 4000,
    GROWTH = 2048 /* KiB */,
    SOON = 20000 /* ms: 5 s on a quiet machine */
};

static int64_t resident_kib(const struct rig_process *process)
{
    char path[60];
    snprintf(path, sizeof path, "/proc/%d/status", (int)process->pid);
    char *text = rig_read(path);
    const char *at = strstr(text, "VmRSS:");
    int64_t kib = at ? strtoll(at + 6, NULL, 10) : -1;
    free(text);
    assert_true(kib > 0);
    return kib;
}

/* Materials made within the next `ms`, by second. */
static int64_t speed(const struct stand *s, int64_t ms)
{
    int64_t had = stand_target(s, "materials");
    int64_t began = stand_now();
    rig_pause((long)ms);
    return (stand_target(s, "materials") - had) * 1000 / (stand_now() - began);
}

static void test_target_down(void **state)
{
    (void)state;
    const char *minutes = getenv("CHAOS_MINUTES");
    int64_t outage = minutes != NULL && *minutes != '\0' ? 60000 : 8000;
    struct stand s;
    char shops[16];
    snprintf(shops, sizeof shops, "%d", SHOPS);
    stand_open(&s, program, (const char *[]){"--shops", shops, NULL},
               (const char *[]){"--duplicates", "take", "--slow_ms", "100", NULL}, NULL, NULL);
    stand_start_all(&s);
    rig_await(s.target, "materials", 4000);
    int64_t before = speed(&s, 3000);

    free(rig_ask(s.target, "set?down=1", ""));
    int64_t down_at = stand_now();
    rig_pause(FILL); /* what the window allows is fetched and waits */
    int64_t pages = stand_source(&s, "pages");
    int64_t first[STAND_STAGES];
    int64_t most[STAND_STAGES];
    for (int i = 0; i < STAND_STAGES; i++) {
        first[i] = most[i] = resident_kib(s.stages[i]);
    }
    while (stand_now() - down_at < outage) {
        rig_pause(SAMPLE);
        for (int i = 0; i < STAND_STAGES; i++) {
            int64_t kib = resident_kib(s.stages[i]);
            most[i] = kib > most[i] ? kib : most[i];
        }
    }
    assert_int_equal(stand_source(&s, "pages"), pages); /* extraction paused */
    for (int i = 0; i < STAND_STAGES; i++) {
        print_message("%s: %d KiB, at most %d KiB more while the target was down\n", s.stages[i]->name, (int)first[i],
                      (int)(most[i] - first[i]));
        assert_true(most[i] - first[i] <= GROWTH);
    }

    free(rig_ask(s.target, "set?down=0", ""));
    int64_t up_at = stand_now();
    int64_t after = 0;
    int64_t took = 0;
    while (after * 10 < before * 8 && took < 60000) {
        after = speed(&s, 500);
        took = stand_now() - up_at;
    }
    print_message("%d materials/s before; %d materials/s %d ms after the target came back\n", (int)before, (int)after,
                  (int)took);
    assert_true(took <= SOON);
    free(rig_ask(s.target, "set?slow_ms=0", ""));
    assert_int_equal(stand_end(&s, 240), 0);
    stand_expect(&s, SHOPS);
    stand_close(&s);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_target_down)};
    return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
