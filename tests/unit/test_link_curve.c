/* CURVE on the link: keys and their files, who is let in, what each side is told. */
#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/link_rig.h"

#include "common/link/connection.h"
#include "common/link/keys.h"

enum { PATH = 400 };
static char root[PATH / 4], ours[PATH / 2], theirs[PATH / 2]; /* two key sets, made anew for each case */

static const char *in_folder(const char *folder, const char *name)
{
    static char path[PATH];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    FILE *file = fopen(in_folder(folder, name), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void read_file(const char *folder, const char *name, char out[200])
{
    FILE *file = fopen(in_folder(folder, name), "re");
    assert_non_null(file);
    size_t size = fread(out, 1, 199, file);
    out[size] = '\0';
    (void)fclose(file);
}

static int make_sets(void **state)
{
    (void)state;
    struct cause cause;
    (void)snprintf(root, sizeof root, "/tmp/dianchen-curve-XXXXXX");
    if (!mkdtemp(root)) {
        return -1;
    }
    (void)snprintf(ours, sizeof ours, "%s/a/ours", root);
    (void)snprintf(theirs, sizeof theirs, "%s/theirs", root);
    return link_keys_new(ours, &cause) || link_keys_new(theirs, &cause) ? -1 : 0;
}

static int remove_sets(void **state)
{
    (void)state;
    static const char *const names[] = {"server.secret", "server.public", "client.secret", "client.public",
                                        "clients.allow"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)unlink(in_folder(ours, names[i]));
        (void)unlink(in_folder(theirs, names[i]));
    }
    (void)rmdir(ours);
    (void)rmdir(theirs);
    (void)rmdir(in_folder(root, "a"));
    return rmdir(root);
}

static struct link_identity with(struct link_identity self, const char *security, const char *key_dir)
{
    self.security = security;
    self.key_dir = key_dir;
    return self;
}

static bool refused_and_counted(struct stand *s)
{
    return in_refused(s) && counted(s, FAMILY_REFUSED_CONNECTIONS, NULL) > 0;
}

/* Opens both ends, and expects that the worker is told why it is not let in. */
static void expect_refusal(struct stand *s, struct link_identity out, struct link_identity in, const char *sentence)
{
    open_out(s, out);
    open_in(s, in);
    until(s, refused_and_counted);
    print_message("  %s\n", s->in->upstreams[0]->refusal);
    assert_non_null(strstr(s->in->upstreams[0]->refusal, sentence));
    assert_int_equal(look(s).peers, 0);
}

static void expect_work(struct stand *s)
{
    link_in_window(s->in, ROWS, 0);
    until(s, both_linked);
    for (int64_t i = 0; i < 20; i++) {
        send_page(s, i, ROWS);
    }
    s->acked = 0;
    s->goal = 20;
    until(s, all_acked);
}

static void test_key_files(void **state)
{
    (void)state;
    struct stat status;
    struct cause cause = {""};
    char before[200], after[200];
    assert_int_equal(stat(in_folder(ours, ""), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(in_folder(ours, "server.secret"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(stat(in_folder(ours, "client.secret"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    read_file(ours, "server.secret", before);
    assert_int_equal(link_keys_new(ours, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "server.secret stands there already; nothing was changed"));
    read_file(ours, "server.secret", after);
    assert_string_equal(before, after);
    /* One of five is enough to refuse, and then none of the other four is made. */
    assert_int_equal(unlink(in_folder(ours, "server.secret")), 0);
    assert_int_equal(link_keys_new(ours, &cause), ERR_INPUT);
    assert_int_equal(stat(in_folder(ours, "server.secret"), &status), -1);
    write_file(root, "file", "");
    assert_int_equal(link_keys_new(in_folder(root, "file/keys"), &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "file/keys: Not a directory"));
    assert_int_equal(unlink(in_folder(root, "file")), 0);
}

static void test_allow_list(void **state)
{
    (void)state;
    static const char key[] = "9}xrN?7TYO[1h6XCkT!h^wT$hqF7g(w9K!E>4P[q";
    static const struct {
        const char *format;
        size_t count;
        const char *cause;
    } cases[] = {
        {"", 0, "clients.allow: lets nobody in"},
        {"# a comment\n\n", 0, "clients.allow: lets nobody in"},
        {"%s", 1, NULL},
        {"%s # transformer on host b\r\n\t%s\t\n", 2, NULL},
        {"%.39s\n", 0, "clients.allow:1: not a key of 40 characters"},
        {"# one\n%.39s~\n", 0, "clients.allow:2: not a key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct link_key *keys = NULL;
        size_t count = 0;
        struct cause cause = {""};
        char text[400];
        const char *rest = cases[i].format;
        size_t size = 0;
        for (const char *at; (at = strchr(rest, '%')) != NULL; rest = strchr(at, 's') + 1) {
            int width = at[1] == '.' ? 39 : LINK_KEY;
            size += (size_t)snprintf(text + size, sizeof text - size, "%.*s%.*s", (int)(at - rest), rest, width, key);
        }
        (void)snprintf(text + size, sizeof text - size, "%s", rest);
        write_file(ours, "clients.allow", text);
        int error = link_keys_allowed(ours, &keys, &count, &cause);
        assert_int_equal(error, cases[i].cause ? ERR_INPUT : 0);
        assert_int_equal(count, cases[i].count);
        assert_non_null(strstr(cause.text, cases[i].cause ? cases[i].cause : ""));
        for (size_t k = 0; k < count; k++) {
            assert_string_equal(keys[k].z85, key);
        }
        free(keys);
    }
}

static void test_faults_of_the_folder(void **state)
{
    (void)state;
    static const struct {
        bool server;
        const char *remove, *write; /* a file that is missing, or holds nonsense */
        const char *cause;
    } cases[] = {
        {true, "server.secret", NULL, "server.secret is missing: make keys with `dianchen keys new`"},
        {true, NULL, "server.secret", "server.secret: holds no key of 40 characters"},
        {true, "clients.allow", NULL, "clients.allow is missing"},
        {true, NULL, "clients.allow", "clients.allow:1: not a key"},
        {false, "server.public", NULL, "server.public is missing"},
        {false, "client.secret", NULL, "client.secret is missing"},
        {false, NULL, "client.secret", "client.secret: holds no key"},
    };
    struct stand *s = stand_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cause cause = {""};
        char kept[200];
        const char *name = cases[i].remove ? cases[i].remove : cases[i].write;
        read_file(ours, name, kept);
        if (cases[i].remove) {
            assert_int_equal(unlink(in_folder(ours, name)), 0);
        } else {
            write_file(ours, name, "nonsense\n");
        }
        struct link_identity self = with(cases[i].server ? extractor : transformer, NULL, ours);
        assert_int_equal(
            cases[i].server
                ? link_out_new(s->zmq, s->loop, "tcp://*:*", &self, &out_events, s, &s->out, &cause)
                : link_in_new(s->zmq, s->loop, "tcp://192.0.2.1:5701", &self, &in_events, s, &s->in, &cause),
            ERR_INPUT);
        print_message("  %s\n", cause.text);
        assert_non_null(strstr(cause.text, cases[i].cause));
        write_file(ours, name, kept);
    }
    struct cause cause = {""};
    struct link_identity self = with(extractor, NULL, in_folder(root, "none"));
    assert_int_equal(link_out_new(s->zmq, s->loop, "tcp://*:*", &self, &out_events, s, &s->out, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "none/server.secret is missing"));
    stand_free(s);
}

static void test_curve_links(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, with(extractor, "curve", ours));
    open_in(s, with(transformer, "curve", ours));
    expect_work(s);
    assert_int_equal(counted(s, FAMILY_REFUSED_CONNECTIONS, NULL), 0);
    stand_free(s);
}

/* Every wrong pair is told on both sides, and one that fits works on beside it. */
static void test_wrong_pairs(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    expect_refusal(s, with(extractor, "curve", ours), with(transformer, "none", NULL),
                   "speaks CURVE, this transformer");
    link_in_free(&s->in);
    open_in(s, with(transformer, "curve", ours));
    expect_work(s);
    stand_free(s);

    s = stand_new();
    expect_refusal(s, with(extractor, "none", NULL), with(transformer, "curve", ours), "speaks plain text, this");
    link_in_free(&s->in);
    open_in(s, transformer);
    expect_work(s);
    stand_free(s);

    char key[200];
    s = stand_new();
    read_file(ours, "server.public", key);
    write_file(theirs, "server.public", key);
    expect_refusal(s, with(extractor, "curve", ours), with(transformer, "curve", theirs), "does not let our key");
    stand_free(s);
}

static bool knows_another_server(struct stand *s)
{
    return s->in->upstreams[0]->told && counted(s, FAMILY_REFUSED_CONNECTIONS, NULL) > 0;
}

static void test_another_server_key(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, with(extractor, "curve", ours));
    open_in(s, with(transformer, "curve", theirs));
    until(s, knows_another_server);
    assert_non_null(strstr(s->in->upstreams[0]->why, "server.public here must belong to server.secret there"));
    assert_int_equal(look(s).peers, 0);
    stand_free(s);
}

static void test_allow_list_changes(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    char mine[200], other[200];
    read_file(ours, "clients.allow", mine);
    read_file(theirs, "client.public", other);
    write_file(ours, "clients.allow", other);
    expect_refusal(s, with(extractor, "curve", ours), with(transformer, "curve", ours), "does not let our key");
    link_in_window(s->in, ROWS, 0);
    s->hold = true;
    write_file(ours, "clients.allow", mine); /* let in without a restart */
    until(s, both_linked);
    send_page(s, 0, ROWS);
    s->goal = 1;
    until(s, all_held);
    write_file(ours, "clients.allow", "nonsense\n"); /* the former keys stand */
    write_file(ours, "clients.allow", other);        /* shut out, and its page goes to others */
    until(s, none_linked);
    until(s, in_refused);
    assert_int_equal(s->gone, 1);
    assert_int_equal(look(s).out_batches, 0);
    assert_int_equal(look(s).queued_batches, 1);
    stand_free(s);
}

/* Where the connection is gone, nothing is sent. */
static void raw_try(struct stand *s, const struct wire_message *message)
{
    struct buffer frame;
    buffer_init(&frame, WIRE_FRAME_MAX);
    wire_write(&frame, message);
    (void)zmq_send(s->raw, frame.data, frame.size, ZMQ_DONTWAIT);
    buffer_fini(&frame);
}

static bool half_a_second_later(struct stand *s)
{
    return loop_now(s->loop).ms > s->attempt;
}

static void *raw_monitor;

/* Connects with the keys of `dir`, as a worker would, and tells through raw_monitor when the handshake is done and when the
 * connection ends. */
static void raw_connect(struct stand *s, const char *dir)
{
    struct link_client client;
    struct cause cause;
    static int count;
    char place[40];
    snprintf(place, sizeof place, "inproc://raw-%d", ++count);
    assert_int_equal(link_client_read(dir, &client, &cause), 0);
    s->raw = zmq_socket(s->zmq, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(s->raw, ZMQ_LINGER, &(int){0}, sizeof(int)), 0);
    assert_int_equal(zmq_setsockopt(s->raw, ZMQ_RECONNECT_IVL, &(int){-1}, sizeof(int)), 0);
    assert_int_equal(link_client_apply(s->raw, &client), 0);
    static const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED;
    assert_int_equal(zmq_socket_monitor(s->raw, place, events), 0);
    raw_monitor = zmq_socket(s->zmq, ZMQ_PAIR);
    assert_int_equal(zmq_connect(raw_monitor, place), 0);
    assert_int_equal(zmq_connect(s->raw, link_out_address(s->out)), 0);
}

/* The handshake is over: let in or refused; or, of one that was let in, the connection is. */
static bool raw_told(struct stand *s)
{
    (void)s;
    char event[6];
    bool told = zmq_recv(raw_monitor, event, sizeof event, ZMQ_DONTWAIT) > 0;
    if (told) {
        (void)zmq_recv(raw_monitor, event, sizeof event, 0); /* the address */
    }
    return told;
}

/* It is shut down at once, not as a stranger whose time is over. */
static void expect_out(struct stand *s)
{
    struct loop_ms begun = loop_now(s->loop);
    until(s, raw_told);
    assert_true(loop_since(loop_now(s->loop), begun) < CONNECTION_TIME - 1000);
    assert_int_equal(look(s).peers, 0);
}

/* Its key is taken off the list while it is linked. It says HELLO again on the connection that it has: nobody serves it. */
static void test_a_revoked_key_says_hello_again(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    struct wire_message hello = hello_of(ROLE_TRANSFORMER, "abcd", "");
    char other[200];
    read_file(theirs, "client.public", other);
    open_out(s, with(extractor, "curve", ours));
    raw_connect(s, ours);
    until(s, raw_told);
    raw_say(s, &hello);
    until(s, hears_welcome);
    write_file(ours, "clients.allow", other);
    until(s, none_linked);
    expect_out(s);
    raw_try(s, &hello);
    raw_try(s, &(struct wire_message){.type = WIRE_CREDIT, .credit = ROWS});
    send_page(s, 0, ROWS);
    s->attempt = loop_now(s->loop).ms + 500;
    until(s, half_a_second_later);
    assert_int_equal(look(s).peers, 0);
    assert_int_equal(look(s).queued_batches, 1);
    assert_false(raw_hears(s, WIRE_BATCH));
    zmq_close(raw_monitor);
    stand_free(s);
}

/* Connected while its key was on the list, it says its first HELLO when the key has just gone. */
static void test_a_first_hello_after_the_key_has_gone(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    struct wire_message hello = hello_of(ROLE_TRANSFORMER, "abcd", "");
    char other[200];
    read_file(theirs, "client.public", other);
    open_out(s, with(extractor, "curve", ours));
    raw_connect(s, ours);
    until(s, raw_told);
    write_file(ours, "clients.allow", other);
    raw_try(s, &hello); /* read before the next look at the list */
    expect_out(s);
    assert_false(raw_hears(s, WIRE_WELCOME));
    zmq_close(raw_monitor);
    stand_free(s);
}

/* The changed list is read for another client that connects, before the stage looks at it by itself. */
static void test_a_list_read_for_another_client(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    char other[200];
    read_file(theirs, "client.public", other);
    open_out(s, with(extractor, "curve", ours));
    open_in(s, with(transformer, "curve", ours));
    until(s, both_linked);
    write_file(ours, "clients.allow", other);
    raw_connect(s, ours); /* refused by now */
    until(s, raw_told);
    until(s, none_linked);
    zmq_close(raw_monitor);
    stand_free(s);
}

int main(void)
{
    struct cause cause;
    if (log_open("test_link_curve", "error", &cause)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_key_files, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_allow_list, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_faults_of_the_folder, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_curve_links, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_wrong_pairs, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_another_server_key, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_allow_list_changes, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_a_revoked_key_says_hello_again, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_a_first_hello_after_the_key_has_gone, make_sets, remove_sets),
        cmocka_unit_test_setup_teardown(test_a_list_read_for_another_client, make_sets, remove_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
