/* A worker that is told to stop in the moment it is started: the end is told, and known as asked for. */
#include "ctl/children/group.h"

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"

enum { STARTS = 100, WAIT = 10 /* s; far more than an end takes */ };

static const char *self; /* the name of this program: it stands beside itself */

static void no_line(void *user, const char *stage, struct text line)
{
    (void)user;
    print_message("%s: %.*s\n", stage, (int)line.size, line.data);
}

static void on_signal(int signal)
{
    (void)signal;
}

static void end_of(struct children *children, struct child_exit *end)
{
    int64_t until = clock_ms() + WAIT * 1000L;
    while (!children_poll(children, 10, end)) {
        assert_true(clock_ms() < until);
    }
}

/* Between fork and exec a child still has the handlers of its parent: a signal that they took would be lost. */
static void stopped_at_once(void **state)
{
    (void)state;
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    for (int i = 0; i < STARTS; i++) {
        struct children *children = NULL;
        struct cause cause;
        assert_int_equal(children_new(no_line, NULL, &children, &cause), 0);
        assert_int_equal(children_start(children, self, (const char *const[]){"wait", NULL}, NULL, true, &cause), 0);
        children_signal(children, self, SIGTERM);
        struct child_exit end;
        end_of(children, &end);
        assert_int_equal(end.exit_code, -1);
        assert_int_equal(end.signal, SIGTERM);
        assert_true(end.asked);
        children_free(&children);
    }
}

static void killed_by_another(void **state)
{
    (void)state;
    struct children *children = NULL;
    struct cause cause;
    assert_int_equal(children_new(no_line, NULL, &children, &cause), 0);
    assert_int_equal(children_start(children, self, (const char *const[]){"abort", NULL}, NULL, false, &cause), 0);
    struct child_exit end;
    end_of(children, &end);
    assert_int_equal(end.exit_code, -1);
    assert_int_equal(end.signal, SIGKILL);
    assert_false(end.asked);
    children_free(&children);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        if (strcmp(argv[1], "abort") == 0) {
            raise(SIGKILL);
        }
        sleep(WAIT * 2);
        return 0;
    }
    const char *slash = strrchr(argv[0], '/');
    self = slash != NULL ? slash + 1 : argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_at_once),
        cmocka_unit_test(killed_by_another),
    };
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
