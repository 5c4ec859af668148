/* Which peers are let in, what garbage does, and which addresses may be used. */
#include <sys/stat.h>

#include "tests/unit/link_rig.h"

static void test_strangers_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum wire_role role;
        int64_t protocol;
        const char *scheme, *store, *sentence; /* NULL = welcome */
    } cases[] = {
        {ROLE_TRANSFORMER, WIRE_PROTOCOL, "abcd", "", NULL},
        {ROLE_TRANSFORMER, WIRE_PROTOCOL, "abcd", "s1", NULL},
        {ROLE_TRANSFORMER, WIRE_PROTOCOL, "12345678ef", "", "runs another scheme (abcd…, ours 12345678…)"},
        {ROLE_TRANSFORMER, WIRE_PROTOCOL, "abcd", "s2", "uses another store (s1…, ours s2…)"},
        {ROLE_TRANSFORMER, 9, "abcd", "", "we speak 9: run the same version"},
        {ROLE_TRANSFORMER, WIRE_PROTOCOL - 1, "abcd", "", "speaks protocol 4, we speak 3: run the same version"},
        {ROLE_LOADER, WIRE_PROTOCOL, "abcd", "s1", "can't be linked with loader"},
        {ROLE_EXTRACTOR, WIRE_PROTOCOL, "abcd", "s1", "can't be linked with extractor"},
    };
    struct stand *s = stand_new();
    open_out(s, extractor);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire_message hello = hello_of(cases[i].role, cases[i].scheme, cases[i].store);
        hello.hello.protocol = cases[i].protocol;
        raw_open(s);
        raw_say(s, &hello);
        until(s, cases[i].sentence ? hears_error : hears_welcome);
        assert_int_equal(look(s).peers, cases[i].sentence == NULL);
        if (cases[i].sentence) {
            assert_non_null(strstr(s->note, cases[i].sentence));
        }
        raw_say(s, &(struct wire_message){.type = WIRE_BYE});
        until(s, none_linked);
    }
    stand_free(s);
}

static void test_workers_say_why_they_are_refused(void **state)
{
    (void)state;
    struct link_identity other = transformer;
    other.scheme_hash = TEXT("ffff");
    struct stand *s = stand_new();
    open_out(s, extractor);
    open_in(s, other);
    until(s, in_refused);
    assert_non_null(strstr(s->in->upstreams[0]->refusal, "extractor "));
    assert_non_null(
        strstr(s->in->upstreams[0]->refusal, "runs another scheme (abcd…, ours ffff…): start both with the same"));
    assert_int_equal(loop_since(s->in->upstreams[0]->again_at, s->in->upstreams[0]->since), UPSTREAM_PAUSE_SLOW);
    assert_int_equal(look(s).peers, 0);
    stand_free(s);
}

static void test_store_ids_pass_through_a_transformer(void **state)
{
    (void)state;
    struct link_identity other = loader;
    other.store_id = TEXT("s2");
    struct stand *s = stand_new();
    open_out(s, transformer);
    open_in(s, other); /* nothing is known against it yet */
    until(s, both_linked);
    link_out_store_id(s->out, TEXT("s1"));
    until(s, in_refused);
    assert_non_null(strstr(s->in->upstreams[0]->refusal, "uses another store"));
    until(s, none_linked);
    until(s, in_freed);
    open_in(s, loader);
    until(s, both_linked);
    stand_free(s);
}

static bool somebody_refused(struct stand *s)
{
    return counted(s, FAMILY_REFUSED_CONNECTIONS, NULL) > 0;
}

static void test_garbage_harms_nobody(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    uint32_t seed = 7;
    open_out(s, extractor);
    open_in(s, transformer);
    link_in_window(s->in, ROWS, 0);
    raw_open(s);
    struct wire_message early = {.type = WIRE_CREDIT, .credit = 1000};
    raw_say(s, &early); /* credit of one that never said HELLO */
    for (int i = 0; i < 2000; i++) {
        unsigned char bytes[64];
        seed = seed * 1664525 + 1013904223;
        size_t size = seed >> 8 & 63;
        for (size_t k = 0; k < size; k++) {
            seed = seed * 1664525 + 1013904223;
            bytes[k] = (unsigned char)(seed >> 16);
        }
        if (size > 2 && i % 2) {
            bytes[0] = 0x97;
            bytes[1] = WIRE_VERSION;
        }
        assert_int_equal(zmq_send(s->raw, bytes, size, i % 5 == 0 && i < 1999 ? ZMQ_SNDMORE : 0), (int)size);
    }
    for (int64_t i = 0; i < 20; i++) {
        send_page(s, i, ROWS);
    }
    s->goal = 20;
    until(s, all_acked);
    struct wire_message hello = hello_of(ROLE_TRANSFORMER, "abcd", "");
    raw_open(s); /* the first was cut off: it did not say HELLO first */
    raw_say(s, &hello);
    until(s, hears_welcome);
    assert_true(counted(s, FAMILY_IGNORED_FRAMES, NULL) > 0);
    until(s, somebody_refused); /* strangers are looked at every 20 ms */
    raw_say(s, &hello);         /* a second HELLO of the same peering is ignored */
    raw_say(s, &(struct wire_message){.type = WIRE_CREDIT, .credit = INT64_MAX});
    raw_say(s, &(struct wire_message){.type = WIRE_CREDIT, .credit = INT64_MAX});
    until(s, richly_granted);
    send_page(s, 20, 1);
    until(s, hears_batch);
    assert_int_equal(look(s).peers, 2);
    stand_free(s);
}

static void test_connections_come_and_go(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    s->hold = true;
    open_out(s, extractor);
    open_in(s, transformer);
    link_in_window(s->in, ROWS, 0);
    send_page(s, 0, ROWS);
    s->goal = 1;
    until(s, all_held);
    for (int i = 0; i < 100; i++) { /* descriptors are used again and again, the living peer stays */
        struct wire_message hello = hello_of(ROLE_TRANSFORMER, "abcd", "");
        raw_open(s);
        raw_say(s, &hello);
        if (i % 3 == 0) {
            until(s, hears_welcome);
        }
        if (i % 2 == 0) {
            raw_say(s, &(struct wire_message){.type = WIRE_BYE});
        }
    }
    zmq_close(s->raw);
    s->raw = NULL;
    until(s, both_linked);
    assert_int_equal(s->gone, 0);
    link_in_ack(s->in, s->held[--s->held_count]);
    s->goal = 1;
    until(s, all_acked);
    stand_free(s);
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        bool bind;
        const char *address, *security, *cause; /* NULL = allowed */
    } cases[] = {
        {true, "tcp://127.0.0.1:*", NULL, NULL},
        {true, "tcp://localhost:0", NULL, NULL},
        {true, "ipc:///tmp/dianchen-test-address", NULL, NULL},
        {true, "tcp://*:*", "none", NULL},
        {true, "tcp://0.0.0.0:*", NULL, "LINK_KEY_DIR: no folder of keys is named"},
        {true, "tcp://*:5701", NULL, "LINK_KEY_DIR: no"},
        {true, "tcp://127.0.0.1:*", "curve", "LINK_KEY_DIR: no"},
        {true, "tcp://127.0.0.1:*", "tls", "LINK_SECURITY=tls: not known; write curve or none"},
        {true, "tcp://127.0.0.1:99999", NULL, "port of 1 to 65535"},
        {true, "127.0.0.1:5701", NULL, "not an address; write tcp://HOST:PORT"},
        {true, "tcp://192.0.2.1:5701", "none", "no address of this host"},
        {true, "ipc:///no/such/folder/x", NULL, "can't be bound"},
        {false, "tcp://127.0.0.1:5701, tcp://[::1]:5701,", NULL, NULL},
        {false, "tcp://extractor:5701", "none", NULL},
        {false, "tcp://extractor:5701", NULL, "LINK_KEY_DIR: no folder"},
        {false, "tcp://192.0.2.1:5701", NULL, "LINK_KEY_DIR: no"},
        {false, "tcp://127.0.0.1:5701", "curve", "LINK_KEY_DIR: no"},
        {false, "tcp://127.0.0.1:5701", "on", "LINK_SECURITY=on: not known"},
        {false, "tcp://127.0.0.1:*", NULL, "port of 1 to 65535"},
        {false, "tcp://:5701", NULL, "not an address"},
        {false, "tcp://a b:5701", "none", "no such host"},
        {false, "tcp://[::1:5701", NULL, "no such host"},
        {false, "http://x", NULL, "not an address"},
        {false, " , ", NULL, "no upstream is given"},
    };
    struct stand *s = stand_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cause cause = {""};
        struct link_identity self = transformer;
        self.security = cases[i].security;
        int error = cases[i].bind
                        ? link_out_new(s->zmq, s->loop, cases[i].address, &self, &out_events, s, &s->out, &cause)
                        : link_in_new(s->zmq, s->loop, cases[i].address, &self, &in_events, s, &s->in, &cause);
        print_message("  %s: %s\n", cases[i].address, cause.text);
        assert_int_equal(error, cases[i].cause ? ERR_INPUT : 0);
        assert_non_null(strstr(cause.text, cases[i].cause ? cases[i].cause : ""));
        if (s->out && strncmp(cases[i].address, "ipc", 3) == 0) {
            struct link_out *second = NULL;
            assert_int_equal(link_out_new(s->zmq, s->loop, cases[i].address, &self, &out_events, s, &second, &cause),
                             ERR_INPUT);
            assert_non_null(strstr(cause.text, "is taken"));
        }
        link_out_free(&s->out);
        link_in_free(&s->in);
    }
    open_out(s, extractor);
    struct cause cause;
    struct link_out *second = NULL;
    assert_int_equal(
        link_out_new(s->zmq, s->loop, link_out_address(s->out), &extractor, &out_events, s, &second, &cause),
        ERR_INPUT);
    assert_non_null(strstr(cause.text, "is taken: stop the program that has it, or choose another with --bind"));
    stand_free(s);
}

/* The folder of an ipc path: made for its owner alone, refused where others could put a socket of theirs into it. */
static void test_folder_of_a_path(void **state)
{
    (void)state;
    char root[] = "/tmp/dianchen-folder-XXXXXX", before[400];
    struct stat status;
    struct cause cause = {""};
    struct stand *s = stand_new();
    assert_non_null(getcwd(before, sizeof before));
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    mode_t mask = umask(0);
    assert_int_equal(
        link_out_new(s->zmq, s->loop, "ipc://var/link/extractor", &extractor, &out_events, s, &s->out, &cause), 0);
    assert_int_equal(stat("var/link", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat("var", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(
        link_in_new(s->zmq, s->loop, "ipc://var/link/extractor", &transformer, &in_events, s, &s->in, &cause), 0);
    until(s, both_linked);
    link_in_free(&s->in);
    link_out_free(&s->out);
    assert_int_equal(chmod("var/link", 0777), 0);
    assert_int_equal(
        link_out_new(s->zmq, s->loop, "ipc://var/link/extractor", &extractor, &out_events, s, &s->out, &cause),
        ERR_INPUT);
    print_message("  %s\n", cause.text);
    assert_non_null(strstr(cause.text, "others may write to the folder var/link and take its place: chmod 700"));
    stand_free(s);
    umask(mask);
    (void)unlink("var/link/extractor");
    assert_int_equal(rmdir("var/link"), 0);
    assert_int_equal(rmdir("var"), 0);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(rmdir(root), 0);
}

static void on_names(void *user, size_t index, const struct link_address *addresses, size_t count, const char *why)
{
    struct stand *s = user;
    s->goal |= 1 << index;
    assert_int_equal(count > 0, index == 0);
    assert_int_equal(*why != 0, index == 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(addresses[i].private);
        assert_int_equal(addresses[i].kind, ADDRESS_NUMBER);
        assert_non_null(strstr(addresses[i].endpoint, ":5701"));
    }
}
static bool both_named(struct stand *s)
{
    return s->goal == 3;
}

static void test_names(void **state)
{
    (void)state;
    static const struct link_address hosts[] = {{.kind = ADDRESS_NAME, .host = "localhost", .port = "5701"},
                                                {.kind = ADDRESS_NAME, .host = "no-such-host.invalid", .port = "1"}};
    struct stand *s = stand_new();
    struct dns *names = NULL;
    assert_int_equal(dns_new(s->loop, hosts, 2, on_names, s, &names), 0);
    until(s, both_named);
    dns_free(&names);
    assert_null(names);
    stand_free(s);
}

int main(void)
{
    struct cause cause;
    if (log_open("test_link_strangers", "error", &cause)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_are_refused),
        cmocka_unit_test(test_workers_say_why_they_are_refused),
        cmocka_unit_test(test_store_ids_pass_through_a_transformer),
        cmocka_unit_test(test_garbage_harms_nobody),
        cmocka_unit_test(test_connections_come_and_go),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_folder_of_a_path),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
