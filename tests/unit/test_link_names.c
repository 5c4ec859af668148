/* A name with several addresses, as an orchestrator gives one: all are linked, what is new is found when the name is asked
 * again, what is gone is let go once nothing of it is in hand. The resolver of one name is this file's. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>

#include "tests/unit/link_rig.h"

enum { HOSTS = 3, OURS = 0x40000000 /* ai_flags of what this file gave */ };

/* What the name means now: 127.0.0.1, .2, .3 by bit. */
static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned zone;

static void zone_set(unsigned hosts)
{
    pthread_mutex_lock(&zone_lock);
    zone = hosts;
    pthread_mutex_unlock(&zone_lock);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *req, struct addrinfo **pai)
{
    if (!name || strcmp(name, "extractor.test") != 0) { /* libzmq reads numbers with it */
        typedef int real_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);
        real_fn *real;
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        return real(name, service, req, pai);
    }
    struct addrinfo *list = NULL;
    pthread_mutex_lock(&zone_lock);
    for (unsigned i = 0; i < HOSTS; i++) {
        if (zone & 1U << i) {
            struct addrinfo *one = calloc(1, sizeof *one + sizeof(struct sockaddr_in));
            struct sockaddr_in *address = (struct sockaddr_in *)(one + 1);
            *address = (struct sockaddr_in){.sin_family = AF_INET,
                                            .sin_port = htons((uint16_t)strtoul(service, NULL, 10)),
                                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK + i)};
            *one = (struct addrinfo){.ai_flags = OURS,
                                     .ai_family = AF_INET,
                                     .ai_addrlen = sizeof *address,
                                     .ai_addr = (struct sockaddr *)address,
                                     .ai_next = list};
            list = one;
        }
    }
    pthread_mutex_unlock(&zone_lock);
    *pai = list;
    return list ? 0 : EAI_AGAIN;
}

void freeaddrinfo(struct addrinfo *ai)
{
    if (ai && ai->ai_flags != OURS) {
        void (*real)(struct addrinfo *);
        *(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
        real(ai);
        return;
    }
    while (ai) {
        struct addrinfo *next = ai->ai_next;
        free(ai);
        ai = next;
    }
}

struct farm {
    struct stand *stand;
    struct link_out *outs[HOSTS];
    char upstream[64];
};

static size_t peers_of(const struct link_out *out)
{
    struct flow_state state;
    link_out_state(out, &state);
    return state.peers;
}

static struct farm *farm; /* of the case that runs */

/* The first gets any port, the others the same one on their own loopback address. */
static void farm_open(void)
{
    struct cause cause;
    farm = calloc(1, sizeof *farm);
    farm->stand = stand_new();
    const char *port = "*";
    for (int i = 0; i < HOSTS; i++) {
        char bind[64];
        (void)snprintf(bind, sizeof bind, "tcp://127.0.0.%d:%s", 1 + i, port);
        if (link_out_new(farm->stand->zmq, farm->stand->loop, bind, &extractor, &out_events, farm->stand,
                         &farm->outs[i], &cause)) {
            fail_msg("%s", cause.text);
        }
        port = strrchr(link_out_address(farm->outs[0]), ':') + 1;
    }
    (void)snprintf(farm->upstream, sizeof farm->upstream, "tcp://extractor.test:%s", port);
}

static void farm_close(void)
{
    link_in_free(&farm->stand->in);
    for (int i = 0; i < HOSTS; i++) {
        link_out_free(&farm->outs[i]);
    }
    stand_free(farm->stand);
    free(farm);
}

static void farm_send(int host, int64_t no)
{
    farm->stand->out = farm->outs[host];
    send_page(farm->stand, no, 1);
    farm->stand->out = NULL;
}

static unsigned linked(void)
{
    unsigned hosts = 0;
    for (unsigned i = 0; i < HOSTS; i++) {
        hosts |= peers_of(farm->outs[i]) == 1 ? 1U << i : 0;
    }
    return hosts;
}

static bool zone_is_linked(struct stand *s)
{
    (void)s;
    return linked() == zone;
}

static void upstream_name(void)
{
    struct stand *s = farm->stand;
    struct link_identity self = transformer;
    struct cause cause;
    self.security = "none"; /* a name may mean any host */
    assert_int_equal(link_in_new(s->zmq, s->loop, farm->upstream, &self, &in_events, s, &s->in, &cause), 0);
}

static bool one_leaves(struct stand *s)
{
    for (size_t i = 0; i < s->in->upstream_count; i++) {
        if (s->in->upstreams[i]->leaving) {
            return true;
        }
    }
    return false;
}

static void test_all_addresses_are_followed(void **state)
{
    (void)state;
    farm_open();
    struct stand *s = farm->stand;
    zone_set(3);
    upstream_name();
    s->hold = true;
    link_in_window(s->in, 10, 0);
    until(s, zone_is_linked); /* both at once, not only the first */
    farm_send(0, 1);
    s->goal = 1;
    until(s, all_held);

    zone_set(6); /* the first went, the third came */
    until(s, one_leaves);
    farm_send(0, 2); /* new work of the one that went stays there */
    farm_send(1, 3);
    farm_send(2, 4);
    s->goal = 3;
    until(s, all_held);
    assert_int_equal(linked(), 7); /* a batch of the first is still in hand */
    assert_int_equal(s->gone, 0);
    assert_int_equal(s->held[0]->page.no, 1);
    link_in_ack(s->in, s->held[0]);
    until(s, zone_is_linked);
    assert_int_equal(s->acked, 1);
    struct flow_state left;
    link_out_state(farm->outs[0], &left);
    assert_int_equal(left.queued_batches, 1);
    farm_close();
}

static bool unresolved(struct stand *s)
{
    return s->in->name_told[0];
}

/* A name server that fails says nothing about the hosts. */
static void test_no_answer_changes_nothing(void **state)
{
    (void)state;
    farm_open();
    struct stand *s = farm->stand;
    zone_set(1);
    upstream_name();
    until(s, zone_is_linked);
    zone_set(0);
    until(s, unresolved);
    link_in_window(s->in, 1, 0);
    farm_send(0, 1);
    s->goal = 1;
    until(s, all_acked);
    assert_int_equal(linked(), 1);
    farm_close();
}

int main(void)
{
    struct cause cause;
    if (log_open("test_link_names", "error", &cause)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_addresses_are_followed),
        cmocka_unit_test(test_no_answer_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
