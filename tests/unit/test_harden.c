/* What a program that holds secrets denies to others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/harden.h"

/* AddressSanitizer's leak check reads the process as a debugger does. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { READABLE = 1 };
#else
enum { READABLE = 0 };
#endif

/* In a child: what is denied is denied for good. */
static void no_dumps_and_no_readers(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1, 1};
        harden();
        bool no_core = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
        _exit(no_core && prctl(PR_GET_DUMPABLE) == READABLE ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_dumps_and_no_readers)};
    return cmocka_run_group_tests_name("harden", tests, NULL, NULL);
}
