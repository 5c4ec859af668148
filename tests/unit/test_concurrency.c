/* How many calls run at once, against different kinds of servers, on virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/pace/concurrency.h"

enum { CALLS_MAX = 64 };

/* A server of `hands` that work side by side, each `takes` ms on a call; the others queue. */
struct server {
    int64_t hands, takes;
    int64_t free_at[CALLS_MAX];
    int64_t fails; /* so many of 1,000 calls, by chance */
    int64_t room;  /* calls at once; those above fail. 0 = any number */
    uint64_t chance;
};

static bool server_fails(struct server *s, int64_t flying)
{
    s->chance = s->chance * 6364136223846793005U + 1442695040888963407U;
    return (s->room > 0 && flying >= s->room) || (int64_t)(s->chance >> 33) % 1000 < s->fails;
}

static int64_t server_ends(struct server *s, int64_t now)
{
    int64_t best = 0;
    for (int64_t i = 1; i < s->hands; i++) {
        best = s->free_at[i] < s->free_at[best] ? i : best;
    }
    int64_t start = s->free_at[best] > now ? s->free_at[best] : now;
    s->free_at[best] = start + s->takes;
    return s->free_at[best];
}

struct played {
    int64_t calls;   /* that ended well */
    int64_t at_once; /* summed over ms */
};

/* Fails between `down` and `up` (answers that come at once). */
static struct played play(struct server *server, struct concurrency *c, int64_t length, int64_t down, int64_t up)
{
    struct {
        int64_t began, ends;
        bool well;
    } flying[CALLS_MAX] = {0};
    struct played played = {0};
    int64_t count = 0;
    for (int64_t now = 1; now <= length; now++) {
        for (int64_t i = 0; i < count; i++) {
            if (flying[i].ends <= now) {
                (void)concurrency_note(c, (struct loop_ms){now}, now - flying[i].began, flying[i].well);
                played.calls += flying[i].well;
                flying[i--] = flying[--count];
            }
        }
        bool fails = now >= down && now < up;
        for (; count < c->now; count++) {
            bool spoiled = server_fails(server, count);
            flying[count].began = now;
            flying[count].well = !fails && !spoiled;
            flying[count].ends = fails ? now + 5 : server_ends(server, now);
        }
        played.at_once += c->now;
    }
    return played;
}

static void a_steady_server_gets_all_that_is_permitted(void **state)
{
    (void)state;
    static const int64_t takes[] = {1, 40, 900, 5000};
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++) {
        struct server server = {.hands = 64, .takes = takes[i]};
        struct concurrency c;
        concurrency_init(&c, 4);
        struct played played = play(&server, &c, 300000, 0, 0);
        assert_int_equal(played.at_once, 4 * 300000);
        assert_true(played.calls >= 4 * (300000 / (takes[i] + 1)) - 8);
    }
}

/* One hand, 200 ms a call: 16 calls at once wait 3.2 s each and gain nothing. */
static void a_server_that_only_queues_gets_fewer(void **state)
{
    (void)state;
    struct server server = {.hands = 1, .takes = 200};
    struct concurrency c;
    concurrency_init(&c, 16);
    struct played played = play(&server, &c, 300000, 0, 0);
    assert_true(played.at_once / 300000 <= 6);
    assert_true(played.calls >= 300000 / 200 * 95 / 100);
}

static void a_failing_server_is_spared_and_full_speed_is_back_soon(void **state)
{
    (void)state;
    struct server server = {.hands = 8, .takes = 40};
    struct concurrency c;
    concurrency_init(&c, 8);
    (void)play(&server, &c, 20000, 10000, 20000);
    assert_int_equal(c.now, 1);
    server = (struct server){.hands = 8, .takes = 40};
    (void)play(&server, &c, 2000, 0, 0);
    assert_int_equal(c.now, 8);
}

/* Calls that were all under way for long, and fail together, say that it is away. */
static void calls_under_way_fail_together(void **state)
{
    (void)state;
    struct concurrency c;
    concurrency_init(&c, 8);
    for (int i = 0; i < 8; i++) {
        assert_true(concurrency_note(&c, (struct loop_ms){20000}, 15000, false) == (i == 3));
    }
    assert_true(c.away);
    assert_int_equal(c.now, 1);
    assert_true(concurrency_note(&c, (struct loop_ms){20001}, 10, true));
    assert_false(c.away);
    assert_int_equal(c.now, 8);
    concurrency_init(&c, 1);
    assert_false(concurrency_note(&c, (struct loop_ms){20000}, 15000, false));
    assert_int_equal(c.now, 1);
}

/* Failures that come whatever the number of calls cost their share and hardly more. */
static void a_share_that_fails_costs_its_share(void **state)
{
    (void)state;
    static const int64_t most[] = {1, 4, 16}, takes[] = {50, 200}, fails[] = {50, 200, 400};
    for (size_t i = 0; i < 18; i++) {
        struct server server = {.hands = 64, .takes = takes[i % 2], .fails = fails[i / 2 % 3], .chance = i + 1};
        struct concurrency c;
        concurrency_init(&c, most[i / 6]);
        struct played played = play(&server, &c, 600000, 0, 0);
        int64_t all = most[i / 6] * (600000 / server.takes), share = all * (1000 - server.fails) / 1000;
        if (played.calls * 100 < share * 90) {
            fail_msg("%d at once, %d ms, %d of 1,000 fail: %d of %d calls went well", (int)most[i / 6],
                     (int)server.takes, (int)server.fails, (int)played.calls, (int)share);
        }
    }
}

/* A server that answers two at once and fails the rest: eight calls do no more than two. */
static void failures_of_too_many_calls_bring_fewer(void **state)
{
    (void)state;
    struct server server = {.hands = 64, .takes = 50, .room = 2};
    struct concurrency c;
    concurrency_init(&c, 8);
    struct played played = play(&server, &c, 600000, 0, 0);
    assert_true(played.at_once / 600000 <= 4);
    assert_true(played.calls >= 2 * (600000 / 50) * 80 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_server_gets_all_that_is_permitted),
        cmocka_unit_test(a_server_that_only_queues_gets_fewer),
        cmocka_unit_test(a_failing_server_is_spared_and_full_speed_is_back_soon),
        cmocka_unit_test(calls_under_way_fail_together),
        cmocka_unit_test(a_share_that_fails_costs_its_share),
        cmocka_unit_test(failures_of_too_many_calls_bring_fewer),
    };
    return cmocka_run_group_tests_name("concurrency", tests, NULL, NULL);
}
