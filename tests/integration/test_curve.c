/* The three programs, each started by itself, speaking CURVE; strangers, and workers with the wrong keys, beside them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/rig.h"

static const char *program;

enum { URL = 300, ADDRESS = 100, PATIENCE = 60 /* s, for what comes at once on an idle machine */, PATH = 700 };

struct world {
    struct rig rig;
    char source[URL], target[URL];
    char ours[PATH / 2], theirs[PATH / 2]; /* folders of keys */
};

static void make_keys(struct world *w, const char *dir)
{
    struct rig_process *process = NULL;
    assert_int_equal(rig_run(&w->rig, "dianchen", (const char *[]){"keys", "new", dir, NULL}, &process), 0);
    char *text = rig_read(process->out);
    char *line = strchr(text, '\n');
    assert_non_null(strstr(text, dir));
    assert_true(line && strchr(line + 1, '\n') == text + strlen(text) - 1); /* two lines */
    free(text);
    assert_int_equal(rig_run(&w->rig, "dianchen", (const char *[]){"keys", "new", dir, NULL}, NULL), 2);
}

static void open_world(struct world *w, const char *shops)
{
    rig_open(&w->rig, program);
    rig_double(&w->rig, "wdt-double", (const char *[]){"--shops", shops, NULL}, w->source, sizeof w->source);
    rig_double(&w->rig, "xingchen-double", (const char *[]){"--duplicates", "take", NULL}, w->target, sizeof w->target);
    rig_credentials(&w->rig, w->source, w->target);
    rig_scheme(&w->rig, NULL, NULL);
    rig_store(&w->rig, "dianchen.db");
    snprintf(w->ours, sizeof w->ours, "%s/ours", w->rig.folder);
    snprintf(w->theirs, sizeof w->theirs, "%s/theirs", w->rig.folder);
    make_keys(w, w->ours);
    make_keys(w, w->theirs);
    rig_set(&w->rig, "LINK_SECURITY", "curve");
    rig_set(&w->rig, "LINK_KEY_DIR", w->ours);
    rig_set(&w->rig, "METRICS_BIND", "off");
}

/* Waits until a process has said this on stderr; what follows it, up to a quote. */
static void await_line(const struct rig_process *process, const char *text, char *rest, size_t room)
{
    time_t end = time(NULL) + PATIENCE;
    for (;;) {
        char *err = rig_read(process->err);
        const char *at = strstr(err, text);
        if (at != NULL) {
            if (rest != NULL) {
                at += strlen(text);
                snprintf(rest, room, "%.*s", (int)strcspn(at, "\""), at);
            }
            free(err);
            return;
        }
        if (time(NULL) > end) {
            rig_fail("%s did not say '%s':\n%s", process->name, text, err);
        }
        free(err);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static struct rig_process *start_extractor(struct world *w, char address[ADDRESS])
{
    struct rig_process *extractor =
        rig_start(&w->rig, "extractor", (const char *[]){"--once", "--bind", "tcp://127.0.0.1:*", NULL});
    await_line(extractor, "\"address\":\"", address, ADDRESS);
    return extractor;
}

static struct rig_process *start_transformer(struct world *w, const char *upstream, char address[ADDRESS])
{
    struct rig_process *transformer = rig_start(
        &w->rig, "transformer", (const char *[]){"--upstream", upstream, "--bind", "tcp://127.0.0.1:*", NULL});
    await_line(transformer, "\"address\":\"", address, ADDRESS);
    return transformer;
}

static void copy_key(const struct world *w, const char *from, const char *to, const char *name)
{
    (void)w;
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

static void expect_target(struct world *w, int64_t materials)
{
    cJSON *report = rig_ask_json(w->target, "report");
    assert_int_equal(rig_number(report, "materials"), materials);
    assert_int_equal(rig_number(report, "distinct_numbers"), materials);
    assert_int_equal(rig_number(report, "secrets_seen"), 0);
    cJSON_Delete(report);
}

static void test_run_with_several_workers(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "1500");
    assert_int_equal(
        rig_run(&w.rig, "dianchen",
                (const char *[]){"run", "--extractors", "2", "--transformers", "3", "--loaders", "2", NULL}, NULL),
        0);
    expect_target(&w, 1500);
    rig_close(&w.rig);
}

/* One loader of each wrong kind, told on both sides; the fourth has a key of its own that is then let in. */
static void test_workers_with_wrong_keys(void **state)
{
    (void)state;
    struct world w;
    char up[ADDRESS], first[ADDRESS], second[ADDRESS], both[2 * ADDRESS + 1];
    open_world(&w, "1000");
    struct rig_process *extractor = start_extractor(&w, up);
    struct rig_process *one = start_transformer(&w, up, first);
    struct rig_process *two = start_transformer(&w, up, second);
    snprintf(both, sizeof both, "%s,%s", first, second);
    const char *words[] = {"--upstream", both, NULL};

    rig_set(&w.rig, "LINK_SECURITY", "none");
    struct rig_process *plain = rig_start(&w.rig, "loader", words);
    await_line(plain, "the upstream speaks CURVE, this loader speaks plain text", NULL, 0);
    await_line(one, "a client at 127.0.0.1 speaks plain text, this transformer speaks CURVE", NULL, 0);
    await_line(two, "a client at 127.0.0.1 speaks plain text, this transformer speaks CURVE", NULL, 0);

    rig_set(&w.rig, "LINK_SECURITY", "curve");
    rig_set(&w.rig, "LINK_KEY_DIR", w.theirs);
    struct rig_process *other = rig_start(&w.rig, "loader", words);
    await_line(other, "server.public here must belong to server.secret there", NULL, 0);
    await_line(one, "a client at 127.0.0.1 knows another server key", NULL, 0);
    assert_int_equal(rig_stop(&w.rig, other, SIGTERM), 0);

    copy_key(&w, w.ours, w.theirs, "server.public");
    struct rig_process *unknown = rig_start(&w.rig, "loader", words);
    await_line(unknown, "the upstream does not let our key", NULL, 0);
    await_line(one, "that is not let in here", NULL, 0);
    expect_target(&w, 0);
    copy_key(&w, w.theirs, w.ours, "clients.allow"); /* its key is the only one let in now: the transformers must go */
    await_line(extractor, "its key is no longer in clients.allow", NULL, 0);
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
    assert_int_equal(rig_wait(&w.rig, extractor, 120), 0);
    expect_target(&w, 1000);
    assert_int_equal(rig_stop(&w.rig, plain, SIGTERM), 0);
    rig_close(&w.rig);
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
    snprintf(none, sizeof none, "%s/none", w.rig.folder);
    rig_set(&w.rig, "LINK_SECURITY", "");
    rig_set(&w.rig, "EXTRACTOR_BIND", "tcp://127.0.0.1:*");
    rig_set(&w.rig, "TRANSFORMER_BIND", "tcp://127.0.0.1:*");
    rig_set(&w.rig, "LINK_KEY_DIR", none);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig_process *process = NULL;
        assert_int_equal(rig_run(&w.rig, cases[i].name, cases[i].words, &process), 2);
        char *err = rig_read(process->err);
        print_message("  %s", err);
        assert_non_null(strstr(err, cases[i].missing));
        free(err);
    }
    rig_close(&w.rig);
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
