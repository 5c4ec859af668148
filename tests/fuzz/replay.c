/* The main of a target without libFuzzer: every input of its corpus, as one case. test_fuzz_NAME reads corpus/NAME. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static char folder[400];

static void replay(const char *path)
{
    FILE *file = fopen(path, "re");
    uint8_t *bytes = malloc(INPUT_MAX);
    assert_non_null(file);
    assert_non_null(bytes);
    size_t size = fread(bytes, 1, INPUT_MAX, file);
    (void)fclose(file);
    uint8_t *exact = malloc(size + (size == 0)); /* so that a sanitizer sees a byte read beyond the end */
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    free(bytes);
    assert_int_equal(LLVMFuzzerTestOneInput(exact, size), 0);
    free(exact);
}

static void test_corpus(void **state)
{
    (void)state;
    DIR *inputs = opendir(folder);
    if (inputs == NULL) {
        fail_msg("%s: no such folder here", folder);
        return;
    }
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(inputs)) != NULL;) {
        char path[700];
        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        print_message("  %s\n", path);
        replay(path);
        count++;
    }
    (void)closedir(inputs);
    assert_true(count > 10);
}

int main(int argc, char **argv)
{
    (void)argc;
    const char *name = strstr(argv[0], "test_fuzz_");
    (void)snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name ? name + strlen("test_fuzz_") : argv[0]);
    const struct CMUnitTest tests[] = {{.name = folder, .test_func = test_corpus}};
    return _cmocka_run_group_tests("fuzz", tests, 1, NULL, NULL);
}
