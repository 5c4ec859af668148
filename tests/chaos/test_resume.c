/* An extractor that is killed, at any page: what was finished is not fetched again. A loader that is killed while it logs
 * in or reads the book keeps the next one waiting for a lease, not for the longest call. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/chaos/stand.h"

static const char *program;

#if defined(__SANITIZE_ADDRESS__)
enum { KILLS = 2 }; /* each costs a lease */
#else
enum { KILLS = 6 };
#endif
enum { PAGES = 40, SHOPS = PAGES * 25 };

/* How often the source answered each page with shops. */
static void calls_of_pages(const struct stand *s, int calls[PAGES])
{
    memset(calls, 0, PAGES * sizeof *calls);
    char *text = rig_ask(s->source, "pages", NULL);
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char *end = NULL;
        long page = strtol(line, &end, 10);
        if (end != line && page >= 0 && page < PAGES) {
            calls[page] += (int)strtol(end, NULL, 10);
        }
    }
    free(text);
}

/* The extractor stands still meanwhile; what is on its way back from the loader finishes after it is dead or not at all. */
static void pages_done(const struct stand *s, bool done[PAGES])
{
    char question[120];
    for (int i = 0; i < PAGES; i++) {
        snprintf(question, sizeof question, "select count(*) from page where run = 1 and no = %d and state = 2", i);
        done[i] = stand_ask(s, question) == 1;
    }
}

static void test_finished_pages(void **state)
{
    (void)state;
    struct stand s;
    char shops[16];
    snprintf(shops, sizeof shops, "%d", SHOPS);
    stand_open(&s, program, (const char *[]){"--shops", shops, "--slow_ms", "10", NULL},
               (const char *[]){"--duplicates", "take", "--slow_ms", "40", NULL}, "\"pageSize\": 100",
               "\"pageSize\": 25");
    stand_start_all(&s);
    int finished_calls[KILLS][PAGES];
    bool finished[KILLS][PAGES];
    int kills = 0;
    for (; kills < KILLS; kills++) {
        int64_t wanted = 3 + kills * (PAGES - 8) / KILLS;
        while (
            !rig_ended(s.stages[STAND_EXTRACTOR]) &&
            (stand_source(&s, "pages") == 0 || stand_ask(&s, "select count(*) from page where state = 2") < wanted)) {
            rig_pause(2);
        }
        assert_int_not_equal(s.stages[STAND_EXTRACTOR]->pid, 0);
        kill(s.stages[STAND_EXTRACTOR]->pid, SIGSTOP);
        pages_done(&s, finished[kills]);
        calls_of_pages(&s, finished_calls[kills]);
        assert_int_equal(rig_stop(&s.rig, s.stages[STAND_EXTRACTOR], SIGKILL), 128 + SIGKILL);
        stand_start(&s, STAND_EXTRACTOR);
    }
    assert_int_equal(stand_end(&s, 240), 0);
    stand_expect(&s, SHOPS);
    int calls[PAGES];
    calls_of_pages(&s, calls);
    int done = 0;
    for (int k = 0; k < kills; k++) {
        for (int page = 0; page < PAGES; page++) {
            int most = finished_calls[k][page] + (page == 0); /* the closing look at page 0 */
            if (finished[k][page] && calls[page] > most) {
                fail_msg("page %d was finished at kill %d after %d calls, and was fetched again: %d calls", page, k,
                         finished_calls[k][page], calls[page]);
            }
            done += finished[k][page];
        }
    }
    assert_true(done >= KILLS * 2); /* there was something to fetch again */
    print_message("%d kills; %d pages were fetched by %d calls\n", kills, PAGES, (int)stand_source(&s, "pages"));
    stand_close(&s);
}

/* Which call hangs when the first loader dies: the login, or a page of the book. */
static void die_and_wait(struct stand *s, const char *hung)
{
    struct rig_process *first = s->stages[STAND_LOADER];
    assert_int_equal(stand_ask(s, hung), 1);
    assert_int_equal(rig_stop(&s->rig, first, SIGKILL), 128 + SIGKILL);
    free(rig_ask(s->target, "set?slow_ms=0", ""));
    stand_start(s, STAND_LOADER);
    int64_t began = stand_now();
    stand_start(s, STAND_TRANSFORMER);
    stand_start(s, STAND_EXTRACTOR);
    assert_int_equal(stand_end(s, 120), 0);
    int64_t took = stand_now() - began;
    print_message("the next loader was done after %d ms\n", (int)took);
    assert_true(took < 30000); /* a lease is 5 s; the call was to hang for minutes */
    stand_expect(s, 30);
    stand_close(s);
}

static void test_death_at_login(void **state)
{
    (void)state;
    struct stand s;
    stand_open(&s, program, (const char *[]){"--shops", "30", NULL}, (const char *[]){"--slow_ms", "300000", NULL},
               NULL, NULL);
    rig_set(&s.rig, "TARGET_TIMEOUT", "8m");
    stand_start(&s, STAND_LOADER);
    rig_await(s.target, "calls", 1);
    die_and_wait(&s, "select count(*) from api where owner is not null");
}

static void test_death_at_book(void **state)
{
    (void)state;
    struct stand s;
    stand_open(&s, program, (const char *[]){"--shops", "30", NULL},
               (const char *[]){"--book", "30", "--slow_ms", "1500", NULL}, "\"existing\": \"reject\"",
               "\"existing\": \"adopt\"");
    rig_set(&s.rig, "TARGET_TIMEOUT", "8m");
    stand_start(&s, STAND_LOADER);
    rig_await(s.target, "lists", 2); /* the first is that of the units */
    die_and_wait(&s, "select count(*) from existing_reading where owner is not null and state = 0");
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished_pages),
        cmocka_unit_test(test_death_at_login),
        cmocka_unit_test(test_death_at_book),
    };
    return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
