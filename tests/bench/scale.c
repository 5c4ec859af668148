/* make bench-scale: what more workers bring.
 *   Mapping: one and two transformers, each on a CPU of its own, whose mapping costs hundreds of microseconds a record
 *   (slow_map.c). Wanted: two do 1.8 times the work of one.
 *   Slow target: 1, 2 and 4 loaders against one that answers after 40 ms. Wanted: on average 95 % of the calls that the scheme
 *   permits at once are under way.
 * Both are read off the middle of a run (from 20 % to 80 % of the records). Exit code 1 when less came of it. */
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/integration/rig.h"

enum {
    WORKERS = 4, /* of a stage at most */
    SLOW_MS = 40,
    TURNS = 3,
    CONCURRENCY = 4, /* the scheme's */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- CPUs ---- */

/* Processes started from now on run there: on CPU `one`, or, -1, on all but the first `taken`. */
static void pin(int one, int taken)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;
    CPU_ZERO(&set);
    for (long i = 0; i < cpus; i++) {
        if (one >= 0 ? i == one : i >= taken || taken >= cpus) {
            CPU_SET((size_t)i, &set);
        }
    }
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        rig_fail("CPUs can't be chosen");
    }
}

/* ---- the pipeline ---- */

struct bed {
    struct rig *rig;
    const char *target; /* the double's URL */
    int64_t shops;
    int transformers, loaders;
    bool costly; /* mapping */
};

struct seen { /* between two moments of a run */
    double seconds;
    double in_flight;      /* calls under way, on average */
    double transformer_us; /* CPU of all transformers a record, over the whole run */
};

enum { PLACE = 500 };

static const char *place(const struct bed *bed, const char *name, int i, char out[PLACE])
{
    (void)snprintf(out, PLACE, "ipc://%.300s/%.20s%d", bed->rig->folder, name, i);
    return out;
}

static struct rig_process *start(const struct bed *bed, const char *stage, const char *upstream, const char *bind)
{
    const char *words[12] = {"--metrics", "off", "--log", "warn"};
    size_t n = 4;
    if (upstream) {
        words[n++] = "--upstream";
        words[n++] = upstream;
    }
    if (bind) {
        words[n++] = "--bind";
        words[n++] = bind;
    }
    if (!upstream) {
        words[n++] = "--once";
    }
    return rig_start(bed->rig, stage, words);
}

static int64_t target_number(const struct bed *bed, const char *name)
{
    cJSON *report = rig_ask_json(bed->target, "report");
    int64_t n = rig_number(report, name);
    cJSON_Delete(report);
    return n;
}

/* Looks at the target every few ms from 20 % to 80 % of the records. */
static void watch(const struct bed *bed, struct seen *seen)
{
    int64_t from = bed->shops / 5, to = bed->shops * 4 / 5, first = 0, last = 0, creates;
    double began = 0, ended = 0, looked = 0, area = 0;
    do {
        cJSON *report = rig_ask_json(bed->target, "report");
        double t = now();
        creates = rig_number(report, "creates");
        int64_t in_flight = rig_number(report, "in_flight");
        cJSON_Delete(report);
        if (creates >= from && began == 0) {
            began = looked = t;
            first = creates;
        }
        if (began > 0) {
            area += (double)in_flight * (t - looked);
            looked = ended = t;
            last = creates;
        }
        rig_pause(3);
    } while (creates < to);
    if (last <= first) {
        rig_fail("the run was over before anybody looked: give more SHOPS");
    }
    seen->in_flight = area / (ended - began);
    seen->seconds = (ended - began) * (double)bed->shops / (double)(last - first);
}

static struct seen run(const struct bed *bed)
{
    struct rig_process *transformers[WORKERS], *loaders[WORKERS];
    char up[PLACE], down[PLACE], downs[WORKERS * PLACE] = "";
    struct seen seen = {0};
    (void)place(bed, "up", 0, up);
    for (int i = 0; i < bed->transformers; i++) {
        pin(i, 0);
        transformers[i] =
            start(bed, bed->costly ? "tests/bench/slow-transformer" : "transformer", up, place(bed, "down", i, down));
        size_t used = strlen(downs);
        (void)snprintf(downs + used, sizeof downs - used, "%s%s", i ? "," : "", down);
    }
    pin(-1, bed->transformers);
    for (int i = 0; i < bed->loaders; i++) {
        loaders[i] = start(bed, "loader", downs, NULL);
    }
    struct rig_process *extractor = start(bed, "extractor", NULL, up);
    watch(bed, &seen);
    int code = rig_wait(bed->rig, extractor, 600);
    for (int i = 0; i < bed->transformers; i++) {
        rig_stop(bed->rig, transformers[i], SIGTERM);
        const struct rusage *u = &transformers[i]->usage;
        seen.transformer_us += ((double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e6 +
                                (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec)) /
                               (double)bed->shops;
    }
    for (int i = 0; i < bed->loaders; i++) {
        rig_stop(bed->rig, loaders[i], SIGTERM);
    }
    if (code != 0 || target_number(bed, "materials") != bed->shops) {
        rig_fail("the extractor ended with %d:\n%s", code, rig_read(extractor->err));
    }
    return seen;
}

/* A rig of its own for each run: nothing stands in the store or the target. */
static struct seen fresh_run(const char *program, int64_t shops, int transformers, int loaders, const char *slow_ms,
                             bool costly)
{
    struct rig rig;
    char source[300], target[300], count[24];
    (void)snprintf(count, sizeof count, "%" PRId64, shops);
    rig_open(&rig, program);
    pin(-1, transformers);
    rig_double(&rig, "wdt-double", (const char *[]){"--shops", count, NULL}, source, sizeof source);
    rig_double(&rig, "xingchen-double", (const char *[]){"--slow_ms", slow_ms, "--faults_on", "saves", NULL}, target,
               sizeof target);
    rig_credentials(&rig, source, target);
    rig_scheme(&rig, NULL, NULL);
    rig_store(&rig, "bench.db");
    const struct bed bed = {.rig = &rig,
                            .target = target,
                            .shops = shops,
                            .transformers = transformers,
                            .loaders = loaders,
                            .costly = costly};
    struct seen seen = run(&bed);
    rig_close(&rig);
    return seen;
}

/* ---- the two questions ---- */

static bool transformers_scale(const char *program, int64_t shops)
{
    struct seen best[2] = {{.seconds = 1e9}, {.seconds = 1e9}};
    for (int turn = 0; turn < TURNS; turn++) { /* in turns, so that what else the machine does falls on both */
        for (int i = 0; i < 2; i++) {
            struct seen seen = fresh_run(program, shops, i + 1, 1, "0", true);
            best[i] = seen.seconds < best[i].seconds ? seen : best[i];
        }
    }
    printf("mapping, %" PRId64 " records, best of %d:\n", shops, TURNS);
    for (int i = 0; i < 2; i++) {
        printf("  %d transformer%s  %7.0f records/s   %4.0f us CPU of transformers a record\n", i + 1, i ? "s" : " ",
               (double)shops / best[i].seconds, best[i].transformer_us);
    }
    double times = best[0].seconds / best[1].seconds;
    printf("  two do %.2f times the work of one: %s\n", times, times >= 1.8 ? "ok" : "LESS THAN 1.8");
    fflush(stdout);
    return times >= 1.8;
}

static bool slow_target_is_kept_busy(const char *program, int64_t shops)
{
    bool all = true;
    printf("slow target, %d ms a call:\n", SLOW_MS);
    for (int loaders = 1; loaders <= WORKERS; loaders *= 2) {
        struct seen seen = fresh_run(program, shops * loaders, 1, loaders, "40", false);
        double share = seen.in_flight / (CONCURRENCY * loaders);
        bool good = share >= 0.95;
        all = all && good;
        printf("  %d loader%s  %7.0f records/s   %5.2f of %d permitted calls under way = %.1f %%: %s\n", loaders,
               loaders > 1 ? "s" : " ", (double)(shops * loaders) / seen.seconds, seen.in_flight, CONCURRENCY * loaders,
               100 * share, good ? "ok" : "LESS THAN 95 %");
        fflush(stdout);
    }
    return all;
}

int main(int argc, char **argv)
{
    int64_t shops = argc > 1 ? strtoll(argv[1], NULL, 10) : 12000;
    if (shops <= 0) {
        fprintf(stderr, "usage: scale [SHOPS]\n");
        return 2;
    }
    bool good = transformers_scale(argv[0], shops);
    good = slow_target_is_kept_busy(argv[0], shops) && good;
    return good ? 0 : 1;
}
