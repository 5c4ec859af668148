/* A mixed attack beside runs: strangers, floods, half messages, handshakes that never end, forged frames, slow requests. What
 * is copied is exact, no process grows, no log fills, and a run has most of its speed.
 *
 * A round is one run of all shops into an empty store and target, by stages that are linked already; its time is the run's own.
 * Rounds are calm, attacked, attacked, calm …, so that what else the machine does hits both alike; medians are compared.
 * ATTACK_SECONDS (`make attack MINUTES=10`) is how long rounds go on, and the speed is judged then. Without it two rounds of
 * fewer shops tell it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/attacker.h"
#include "tests/integration/stages.h"
#include "tests/integration/stranger.h"

static const char *program;

enum {
    SHOPS = 20000,
    SHOPS_FEW = 4000,
    STAGES = 3,
    ROUNDS = 2000,      /* at most, of each kind */
    MEMORY_MOST = 64,   /* MiB of a stage */
    LOG_MOST = 1 << 20, /* bytes */
    SPEED_LEAST = 80,   /* % of calm rounds */
    /* What must have been done, and have arrived: a third of what a busy machine showed. */
    CONNECTS_LEAST = 200, /* a second */
    FRAMES_LEAST = 800,   /* a second */
    REFUSED_LEAST = 50,   /* connections by each stage that others link to, in a round */
    IGNORED_LEAST = 50,   /* frames of strangers by each of them, in a round; CURVE lets none through */
};

struct round {
    bool curve, attacked;
    int shops;
    double seconds, cpu; /* of the run; of all stages */
    struct attack_sum attack;
};

struct world {
    struct stages s;
    struct rig_process *stages[STAGES]; /* extractor, transformer, loader */
    char links[ATTACK_LINKS][STAGES_ADDRESS];
    int ports[ATTACK_PORTS];
};

static void check_process(const struct rig_process *process, bool shown)
{
    int64_t kib = rig_peak_kib(process);
    char *err = rig_read(process->err);
    if (shown) {
        print_message("    %s: peak %lld KiB, log %zu bytes\n", process->name, (long long)kib, strlen(err));
    }
    assert_true(kib > 0 && (!rig_is_weighed(program) || kib <= (int64_t)MEMORY_MOST * 1024));
    if (strlen(err) > LOG_MOST) {
        rig_fail("%s said too much: %.2000s", process->name, err);
    }
    free(err);
}

/* The last report of the store. */
static cJSON *report(struct rig *rig)
{
    struct rig_process *teller = NULL;
    (void)rig_run(rig, "dianchen", (const char *[]){"report", "--json", NULL}, &teller);
    char *text = rig_read(teller->out);
    cJSON *json = cJSON_Parse(text);
    free(text);
    return json;
}

/* Waits for a complete run that created so many; its seconds. */
static double await_run(struct rig *rig, int64_t created)
{
    for (double end = attack_now() + 300; attack_now() < end; rig_pause(100)) {
        cJSON *json = report(rig);
        bool over =
            json && cJSON_IsTrue(cJSON_GetObjectItem(json, "complete")) && rig_number(json, "created") == created;
        double seconds = over ? cJSON_GetObjectItem(json, "seconds")->valuedouble : 0;
        cJSON_Delete(json);
        if (over) {
            return seconds;
        }
    }
    rig_fail("no run created %lld within 5 minutes", (long long)created);
}

/* The stages, linked and at rest: their first run saw an empty source. */
static void open_world(struct world *w, bool curve)
{
    char keys[400], pages[STAGES][STAGES_ADDRESS];
    stages_open(&w->s, program, "0");
    snprintf(keys, sizeof keys, "%s/keys", w->s.rig.folder);
    assert_int_equal(rig_run(&w->s.rig, "dianchen", (const char *[]){"keys", "new", keys, NULL}, NULL), 0);
    rig_set(&w->s.rig, "LINK_KEY_DIR", keys);
    rig_set(&w->s.rig, "LINK_SECURITY", curve ? "curve" : "none");
    rig_set(&w->s.rig, "SOURCE_CALLS_PER_MINUTE", "0");
    rig_set(&w->s.rig, "TARGET_CALLS_PER_MINUTE", "0");
    rig_set(&w->s.rig, "METRICS_BIND", "127.0.0.1:0");
    w->stages[0] = rig_start(&w->s.rig, "extractor", (const char *[]){"--bind", "tcp://127.0.0.1:*", NULL});
    stages_await(w->stages[0], "waiting for transformers\",\"address\":\"", w->links[0], STAGES_ADDRESS);
    w->stages[1] = stages_transformer(&w->s, w->links[0], w->links[1]);
    w->stages[2] = rig_start(&w->s.rig, "loader", (const char *[]){"--upstream", w->links[1], NULL});
    for (int i = 0; i < STAGES; i++) {
        stages_await(w->stages[i], "metrics.listening\"", NULL, 0);
        stages_await(w->stages[i], "\"address\":\"", pages[i], STAGES_ADDRESS);
        w->ports[ATTACK_LINKS + i] = stranger_port(pages[i]);
    }
    for (int i = 0; i < ATTACK_LINKS; i++) {
        w->ports[i] = stranger_port(w->links[i]);
    }
    (void)await_run(&w->s.rig, 0);
    for (int i = 0; i < 2; i++) { /* who is linked downstream of the first two */
        while (rig_series(w->stages[i], "dianchen_peers") < 1) {
            rig_pause(20);
        }
    }
}

/* Waits until the page answers: connections of the attack may still hold it. */
static int64_t series(const struct rig_process *stage, const char *name)
{
    int64_t value = -1;
    for (int i = 0; i < 200 && value < 0; i++) {
        value = rig_series(stage, name);
    }
    return value;
}

/* It came to each port: what was refused and ignored has grown there. */
static void expect_arrival(const struct world *w, const struct round *round)
{
    const struct attack_sum *sum = &round->attack;
    for (int i = 0; i < ATTACK_LINKS; i++) {
        int64_t refused = series(w->stages[i], "dianchen_refused_connections_total");
        int64_t ignored = series(w->stages[i], "dianchen_ignored_frames_total");
        print_message("    %s: %lld connections refused, %lld frames ignored\n", w->stages[i]->name, (long long)refused,
                      (long long)ignored);
        assert_true(refused >= REFUSED_LEAST);
        assert_true(round->curve || ignored >= IGNORED_LEAST);
    }
    print_message("    attacker: %.0f connects, %.0f frames, %.0f KiB a second, %.2f s of CPU in %.1f s\n",
                  sum->connects, sum->frames, sum->bytes / 1024, attack_cpu(&sum->usage), sum->seconds);
    assert_true(sum->connects >= CONNECTS_LEAST);
    assert_true(sum->frames >= FRAMES_LEAST);
}

static void run_round(struct round *round)
{
    struct world w;
    struct attacker attacker;
    char path[40];
    open_world(&w, round->curve);
    snprintf(path, sizeof path, "add?n=%d", round->shops);
    free(rig_ask(w.s.source, path, ""));
    if (round->attacked) {
        attacker_start(&attacker, w.ports, w.links);
    }
    assert_int_equal(rig_run(&w.s.rig, "dianchen", (const char *[]){"start", NULL}, NULL), 0);
    rig_await(w.s.target, "materials", round->shops);
    round->seconds = await_run(&w.s.rig, round->shops);
    if (round->attacked) {
        attacker_end(&attacker, &round->attack);
        expect_arrival(&w, round);
    }
    for (int i = 0; i < STAGES; i++) {
        check_process(w.stages[i], round->attacked);
        assert_int_equal(rig_stop(&w.s.rig, w.stages[i], SIGTERM), 0);
        round->cpu += attack_cpu(&w.stages[i]->usage);
    }
    stages_expect(&w.s, round->shops);
    rig_close(&w.s.rig);
    print_message("  %s, %s: %d records in %.3f s, %.2f s of CPU\n", round->curve ? "curve" : "plain",
                  round->attacked ? "attacked" : "calm", round->shops, round->seconds, round->cpu);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void measure(bool curve)
{
    static double seconds[2][ROUNDS], cpu[2][ROUNDS];
    const char *word = getenv("ATTACK_SECONDS");
    double end = attack_now() + (word ? strtod(word, NULL) : 0);
    size_t count[2] = {0}, turn = 0;
    do {
        for (int half = 0; half < 2; half++, turn++) {
            bool attacked = turn % 4 == 1 || turn % 4 == 2;
            struct round round = {.curve = curve, .attacked = attacked, .shops = word ? SHOPS : SHOPS_FEW};
            run_round(&round);
            seconds[attacked][count[attacked]] = round.seconds;
            cpu[attacked][count[attacked]++] = round.cpu;
        }
    } while (attack_now() < end && turn < (size_t)2 * ROUNDS);
    double calm = median(seconds[0], count[0]), attacked = median(seconds[1], count[1]);
    double speed = 100 * calm / attacked;
    print_message(
        "  %s: %zu rounds of each kind, medians: %.3f s calm, %.3f s attacked: %.0f %% of the speed; CPU of the "
        "stages %.2f s calm, %.2f s attacked\n",
        curve ? "curve" : "plain", count[0], calm, attacked, speed, median(cpu[0], count[0]), median(cpu[1], count[1]));
    assert_true(!word || speed >= SPEED_LEAST);
}

static void plain_links(void **state)
{
    (void)state;
    measure(false);
}

static void curve_links(void **state)
{
    (void)state;
    measure(true);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_links), cmocka_unit_test(curve_links)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
