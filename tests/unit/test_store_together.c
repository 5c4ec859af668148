/* Programs that start at one moment on a store that is not there yet, as a set of stages does: each finds it whole, and none
 * takes what another has just written for a store that was put back. */
#include <fcntl.h>
#include <sys/wait.h>

#include "common/log/log.h"
#include "common/store/store.h"
#include "tests/unit/store_place.h"

enum { PROGRAMS = 8, ROUNDS = 40, SAID = 1 << 16 };

/* A program's start: it waits for all, opens the store, and writes. Never returns. */
static void start(const struct place *place, int gate, const char *log)
{
    struct store *store = NULL;
    struct cause cause = {""};
    char byte;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || log_open("test", "warn", &cause) || read(gate, &byte, 1) != 0) {
        _exit(3);
    }
    int error = store_open(place->url, &store, &cause);
    error = error ? error : store_begin(store, true);
    error = error ? error : store_end(store, store_run(store, "update api set ban = 0", NULL, 0, NULL));
    store_close(&store);
    _exit(error ? 4 : 0);
}

static void one_round(void)
{
    struct place place;
    char log[100], said[SAID];
    int gate[2];
    pid_t pids[PROGRAMS];
    assert_int_equal(place_make(&place), 0);
    snprintf(log, sizeof log, "%s/log", place.folder);
    assert_int_equal(pipe(gate), 0);
    for (size_t i = 0; i < PROGRAMS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            close(gate[1]);
            start(&place, gate[0], log);
        }
    }
    close(gate[0]);
    close(gate[1]); /* go */
    bool well = true;
    for (size_t i = 0; i < PROGRAMS; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    FILE *file = fopen(log, "re");
    assert_non_null(file);
    size_t size = fread(said, 1, sizeof said - 1, file);
    said[size] = '\0';
    fclose(file);
    if (!well || strstr(said, "store.restored")) {
        fail_msg("not all %d started well together:\n%s", PROGRAMS, said);
    }
    assert_int_equal(place_remove(&place), 0);
}

static void all_at_once(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        one_round();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_at_once)};
    return RUN_ON_EVERY_STORE(tests);
}
