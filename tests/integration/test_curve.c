/* The three programs, each started by itself, speaking CURVE; strangers, and workers with the wrong keys, beside them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/stages.h"

static const char *program;

enum { PATH = 700 };

struct world {
    struct stages stages;
    struct rig *rig;
    char ours[PATH / 2], theirs[PATH / 2]; /* folders of keys */
};

static void make_keys(struct world *w, const char *dir)
{
    struct rig_process *process = NULL;
    assert_int_equal(rig_run(w->rig, "dianchen", (const char *[]){"keys", "new", dir, NULL}, &process), 0);
    char *text = rig_read(process->out);
    char *line = strchr(text, '\n');
    assert_non_null(strstr(text, dir));
    assert_true(line && strchr(line + 1, '\n') == text + strlen(text) - 1); /* two lines */
    free(text);
    assert_int_equal(rig_run(w->rig, "dianchen", (const char *[]){"keys", "new", dir, NULL}, NULL), 2);
}

static void open_world(struct world *w, const char *shops)
{
    stages_open(&w->stages, program, shops);
    w->rig = &w->stages.rig;
    snprintf(w->ours, sizeof w->ours, "%s/ours", w->rig->folder);
    snprintf(w->theirs, sizeof w->theirs, "%s/theirs", w->rig->folder);
    make_keys(w, w->ours);
    make_keys(w, w->theirs);
    rig_set(w->rig, "LINK_SECURITY", "curve");
    rig_set(w->rig, "LINK_KEY_DIR", w->ours);
}

static void copy_key(const char *from, const char *to, const char *name)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", from, name);
    char *text = rig_read(path);
    snprintf(path, sizeof path, "%s/%s", to, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(text);
}

static void test_run_with_several_workers(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "1500");
    assert_int_equal(
        rig_run(w.rig, "dianchen",
                (const char *[]){"run", "--extractors", "2", "--transformers", "3", "--loaders", "2", NULL}, NULL),
        0);
    stages_expect(&w.stages, 1500);
    rig_close(w.rig);
}

/* One loader of each wrong kind, told on both sides; the fourth has a key of its own that is then let in. */
static void test_workers_with_wrong_keys(void **state)
{
    (void)state;
    struct world w;
    char up[STAGES_ADDRESS], first[STAGES_ADDRESS], second[STAGES_ADDRESS], both[2 * STAGES_ADDRESS + 1];
    open_world(&w, "1000");
    struct rig_process *extractor = stages_extractor(&w.stages, up);
    struct rig_process *one = stages_transformer(&w.stages, up, first);
    struct rig_process *two = stages_transformer(&w.stages, up, second);
    snprintf(both, sizeof both, "%s,%s", first, second);
    const char *words[] = {"--upstream", both, NULL};

    rig_set(w.rig, "LINK_SECURITY", "none");
    struct rig_process *plain = rig_start(w.rig, "loader", words);
    stages_await(plain, "the upstream speaks CURVE, this loader speaks plain text", NULL, 0);
    stages_await(one, "a client at 127.0.0.1 speaks plain text, this transformer speaks CURVE", NULL, 0);
    stages_await(two, "a client at 127.0.0.1 speaks plain text, this transformer speaks CURVE", NULL, 0);

    rig_set(w.rig, "LINK_SECURITY", "curve");
    rig_set(w.rig, "LINK_KEY_DIR", w.theirs);
    struct rig_process *other = rig_start(w.rig, "loader", words);
    stages_await(other, "server.public here must belong to server.secret there", NULL, 0);
    stages_await(one, "a client at 127.0.0.1 knows another server key", NULL, 0);
    assert_int_equal(rig_stop(w.rig, other, SIGTERM), 0);

    copy_key(w.ours, w.theirs, "server.public");
    struct rig_process *unknown = rig_start(w.rig, "loader", words);
    stages_await(unknown, "the upstream does not let our key", NULL, 0);
    stages_await(one, "that is not let in here", NULL, 0);
    stages_expect(&w.stages, 0);
    copy_key(w.theirs, w.ours, "clients.allow"); /* its key is the only one let in now: the transformers must go */
    stages_await(extractor, "its key is no longer in clients.allow", NULL, 0);
    char path[PATH];
    snprintf(path, sizeof path, "%s/client.public", w.theirs);
    char *theirs = rig_read(path);
    snprintf(path, sizeof path, "%s/client.public", w.ours);
    char *ours = rig_read(path);
    snprintf(path, sizeof path, "%s/clients.allow", w.ours);
    FILE *allow = fopen(path, "we");
    assert_non_null(allow);
    fprintf(allow, "# both\n%s%s", ours, theirs);
    fclose(allow);
    free(ours);
    free(theirs);
    assert_int_equal(rig_wait(w.rig, extractor, 120), 0);
    stages_expect(&w.stages, 1000);
    assert_int_equal(rig_stop(w.rig, plain, SIGTERM), 0);
    rig_close(w.rig);
}

static void test_missing_keys(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words[4], *missing;
    } cases[] = {
        {"extractor", {"--bind", "tcp://*:*"}, "server.secret is missing: make keys with `dianchen keys new`"},
        {"transformer", {"--bind", "tcp://*:*"}, "server.secret is missing: make keys"},
        {"transformer", {"--upstream", "tcp://a-host:1", NULL}, "server.public is missing: make keys"},
        {"loader", {"--upstream", "tcp://a-host:1", NULL}, "server.public is missing: make keys"},
    };
    struct world w;
    open_world(&w, "10");
    char none[PATH];
    snprintf(none, sizeof none, "%s/none", w.rig->folder);
    rig_set(w.rig, "LINK_SECURITY", "");
    rig_set(w.rig, "EXTRACTOR_BIND", "tcp://127.0.0.1:*");
    rig_set(w.rig, "TRANSFORMER_BIND", "tcp://127.0.0.1:*");
    rig_set(w.rig, "LINK_KEY_DIR", none);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig_process *process = NULL;
        assert_int_equal(rig_run(w.rig, cases[i].name, cases[i].words, &process), 2);
        char *err = rig_read(process->err);
        print_message("  %s", err);
        assert_non_null(strstr(err, cases[i].missing));
        free(err);
    }
    rig_close(w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_with_several_workers),
        cmocka_unit_test(test_workers_with_wrong_keys),
        cmocka_unit_test(test_missing_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
