/* What is learned from refusals, against servers that count in different ways, on virtual time: how much of what they
 * permit is used, and how often they must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/pace/pace.h"

enum { PERMITTED = 600 /* a minute */, LATENCY = 40 /* ms */, HISTORY = 4096, WARM_UP = 10 * PACE_MINUTE };

enum counting { SLIDING, FIXED, BUCKET };
struct server {
    enum counting counting;
    int64_t window, most;  /* ms; calls within it */
    int64_t came[HISTORY]; /* ring: times of the calls that went well */
    size_t count;
    int64_t tokens, filled; /* BUCKET: thousandths */
    int64_t ban, banned;    /* ms told with a refusal; until */
};

static bool server_takes(struct server *s, int64_t now)
{
    if (now < s->banned) {
        return false;
    }
    bool takes = true;
    if (s->counting == BUCKET) {
        s->tokens += (now - s->filled) * s->most * 1000 / s->window;
        s->tokens = s->tokens > s->most * 1000 ? s->most * 1000 : s->tokens;
        s->filled = now;
        takes = s->tokens >= 1000;
        s->tokens -= takes ? 1000 : 0;
    } else if ((int64_t)s->count >= s->most) {
        int64_t nth = s->came[(s->count - (size_t)s->most) % HISTORY];
        takes = s->counting == SLIDING ? nth <= now - s->window : nth / s->window != now / s->window;
    }
    if (takes) {
        s->came[s->count++ % HISTORY] = now;
    } else {
        s->banned = now + s->ban;
    }
    return takes;
}

struct outcome {
    int64_t well, refused, bans;
    int64_t free_ms; /* time outside pauses and bans */
};

/* Calls as fast as the pace lets them, for so long; what happened after the warm-up. Refusals come with the reply. */
static struct outcome play(struct server *server, int64_t base, int64_t length)
{
    struct pace pace = {0};
    struct outcome out = {0};
    struct {
        int64_t at;
        bool well;
    } flying[64];
    size_t first = 0, next = 0;
    int64_t slot = 0 /* µs */, pause_until = 0, pauses = 0;
    unsigned dice = 7;
    for (int64_t now = 0; now < length; now++) {
        bool counts = now >= WARM_UP;
        out.free_ms += counts && now >= pause_until;
        for (; first < next && flying[first % 64].at <= now; first++) {
            if (flying[first % 64].well) {
                pace_count(&pace, (struct store_ms){now}, 1);
                out.well += counts;
                pauses = 0;
                continue;
            }
            out.refused += counts;
            if (now >= pause_until) {
                dice = dice * 1103515245U + 12345U;
                int64_t most = (int64_t)1000 << (pauses < 6 ? pauses : 6);
                pauses++;
                pace_refused(&pace, (struct store_ms){now}, server->ban, base);
                pause_until = now + (server->ban ? server->ban : (int64_t)(dice >> 8) % most + 1);
                out.bans += counts;
            }
        }
        int64_t interval = pace_interval(&pace, base);
        int64_t most = interval ? 64 : 4; /* calls at once, where nothing else holds them */
        while (now >= pause_until && (int64_t)(next - first) < most && slot <= now * 1000) {
            flying[next % 64].at = now + LATENCY;
            flying[next++ % 64].well = server_takes(server, now);
            slot = interval ? (slot < (now - 1000) * 1000 ? now * 1000 : slot) + interval : 0;
            if (!interval && next - first >= 4) {
                break;
            }
        }
        if (now < pause_until) {
            slot = pause_until * 1000;
        }
    }
    return out;
}

static void what_is_permitted_is_found_and_used(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct server server;
        int64_t base; /* calls a minute of the scheme */
    } rows[] = {
        {"a sliding minute, no limit of ours", {.counting = SLIDING, .window = 60000, .most = PERMITTED}, 0},
        {"a sliding minute, too high a limit", {.counting = SLIDING, .window = 60000, .most = PERMITTED}, 6000},
        {"the right limit", {.counting = SLIDING, .window = 60000, .most = PERMITTED}, PERMITTED},
        {"a minute of the clock", {.counting = FIXED, .window = 60000, .most = PERMITTED}, 0},
        {"a second of the clock", {.counting = FIXED, .window = 1000, .most = PERMITTED / 60}, 0},
        {"a sliding second", {.counting = SLIDING, .window = 1000, .most = PERMITTED / 60}, 0},
        {"a bucket", {.counting = BUCKET, .window = 60000, .most = PERMITTED}, 0},
        {"bans of 30 s", {.counting = SLIDING, .window = 60000, .most = PERMITTED, .ban = 30000}, 0},
        {"bans of 30 s, too high a limit",
         {.counting = SLIDING, .window = 60000, .most = PERMITTED, .ban = 30000},
         900},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server = rows[i].server;
        struct outcome out = play(&server, rows[i].base ? 60000000 / rows[i].base : 0, (int64_t)70 * PACE_MINUTE);
        double share = (double)out.well * PACE_MINUTE / (double)out.free_ms / PERMITTED;
        double refused = out.bans ? (double)out.refused / (double)out.bans : 0;
        print_message("%-36s %5.1f %% of the permitted calls used outside bans, %lld bans, %.1f refusals each\n",
                      rows[i].name, 100 * share, (long long)out.bans, refused);
        assert_true(share >= 0.95);
        assert_true(refused <= 4);
    }
}

/* Refused for another cause (a ban by hand, another program that used the account): the pace comes back. */
static void a_wrong_lesson_is_forgotten(void **state)
{
    (void)state;
    struct pace pace = {0};
    for (int64_t now = 0; now < 60000; now += 1000) {
        pace_count(&pace, (struct store_ms){now}, 1);
    }
    for (int i = 0; i < 10; i++) { /* one halves the pace at most */
        int64_t before = pace_interval(&pace, 10000);
        pace_refused(&pace, (struct store_ms){60000}, 0, 10000);
        assert_in_range(pace_interval(&pace, 10000), before, before * 2 * 105 / 100);
    }
    assert_true(pace_interval(&pace, 10000) > 900000);
    int64_t now = 60000;
    while (pace_interval(&pace, 10000) > 10000 && now < 3600000) {
        now += pace_interval(&pace, 10000) / 1000;
        pace_count(&pace, (struct store_ms){now}, 1);
    }
    assert_true(now / 30 < PACE_MINUTE);
    assert_int_equal(pace_interval(&pace, 10000), 10000);
}

static void bounds(void **state)
{
    (void)state;
    struct pace pace = {0};
    assert_int_equal(pace_interval(&pace, 0), 0);
    assert_int_equal(pace_interval(&pace, 70000000), 70000000);
    for (int64_t i = 0; i < 10000; i++) { /* an API that takes one call a day */
        pace_count(&pace, (struct store_ms){i * 86400000}, 1);
        pace_refused(&pace, (struct store_ms){i * 86400000 + 5000}, i % 2 ? 0 : 1000000, 0);
        assert_in_range(pace_interval(&pace, 0), 1000, PACE_SLOWEST);
    }
    pace_refused(&pace, (struct store_ms){0}, 0, 70000000); /* the clock went back: nothing breaks */
    assert_int_equal(pace_interval(&pace, 70000000), 70000000);
    pace_count(&pace, (struct store_ms){0}, -5); /* refused, but counted by another worker */
    assert_int_equal(pace.minute, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_permitted_is_found_and_used),
        cmocka_unit_test(a_wrong_lesson_is_forgotten),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
