/* make bench-weather: what is left of the speed when the target fails some of its calls.
 *   Table: records/s that reach the target in the middle of a run (from 20 % to 80 % of the records), for shares of failing calls ×
 *   times a call takes × loaders, beside the same without failures in the same sitting.
 *   Row: one line of it, to look at closely.
 *   Whole: one run from its start to its end, with a fifth of the calls failing, beside the time that it needs at least.
 * Failing calls, in parts of 24: 8 replies lost, 4 cut in the middle, 4 gateway errors, 2 dropped unread, 2 executed a second late,
 * 2 HTTP 519, 2 HTTP 429. The target takes duplicates: at the end of the whole run none may be there. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/integration/rig.h"

enum { LOADERS_MOST = 4, PARTS = 24, PLACE = 500, SECONDS = 3 /* of a healthy run in the table */ };

/* Of the default settings: what is sent must be executed, and shown, by then. */
enum { LATE_AND_VISIBLE = 12 /* s */ };

static const struct {
    const char *name;
    int parts;
} faults[] = {{"lost", 8},       {"truncate", 4}, {"http502", 2}, {"status_rate", 2},
              {"unexecuted", 2}, {"late", 2},     {"http519", 2}, {"throttle", 2}};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct bed {
    struct rig rig;
    char target[300];
    struct rig_process *extractor, *transformer, *loaders[LOADERS_MOST];
    int loader_count;
    int64_t shops;
    double began;
};

static int64_t number_of(const struct bed *bed, const char *name)
{
    cJSON *report = rig_ask_json(bed->target, "report");
    int64_t n = rig_number(report, name);
    cJSON_Delete(report);
    return n;
}

static struct rig_process *start(struct bed *bed, const char *stage, const char *upstream, const char *bind)
{
    char up[PLACE], down[PLACE];
    const char *words[12] = {"--metrics", "off", "--log", "warn"};
    size_t n = 4;
    if (upstream) {
        (void)snprintf(up, sizeof up, "ipc://%.300s/%.20s", bed->rig.folder, upstream);
        words[n++] = "--upstream";
        words[n++] = up;
    }
    if (bind) {
        (void)snprintf(down, sizeof down, "ipc://%.300s/%.20s", bed->rig.folder, bind);
        words[n++] = "--bind";
        words[n++] = down;
    }
    if (!upstream) {
        words[n++] = "--once";
    }
    return rig_start(&bed->rig, stage, words);
}

/* `share` in % of the calls fails. */
static void open_bed(struct bed *bed, const char *program, int64_t shops, int loaders, int latency, int share)
{
    char source[300], count[24], slow[24], rates[8][24];
    const char *words[40] = {"--duplicates", "take",          "--slow_ms", slow,          "--faults_on",
                             "saves",        "--retry_after", "0",         "--status_on", "saves"};
    size_t n = 10;
    char flags[8][32];
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        (void)snprintf(flags[i], sizeof flags[i], "--%s", faults[i].name);
        (void)snprintf(rates[i], sizeof rates[i], "%.5f", share / 100.0 * faults[i].parts / PARTS);
        words[n++] = flags[i];
        words[n++] = rates[i];
    }
    (void)snprintf(count, sizeof count, "%" PRId64, shops);
    (void)snprintf(slow, sizeof slow, "%d", latency);
    rig_open(&bed->rig, program);
    rig_double(&bed->rig, "wdt-double", (const char *[]){"--shops", count, NULL}, source, sizeof source);
    rig_double(&bed->rig, "xingchen-double", words, bed->target, sizeof bed->target);
    rig_credentials(&bed->rig, source, bed->target);
    rig_scheme(&bed->rig, NULL, NULL);
    rig_store(&bed->rig, "bench.db");
    bed->shops = shops;
    bed->loader_count = loaders;
    bed->transformer = start(bed, "transformer", "up", "down");
    for (int i = 0; i < loaders; i++) {
        bed->loaders[i] = start(bed, "loader", "down", NULL);
    }
    bed->began = now();
    bed->extractor = start(bed, "extractor", NULL, "up");
}

static void close_bed(struct bed *bed)
{
    rig_close(&bed->rig);
}

/* Records a second, in the middle. */
static double goodput(const char *program, int64_t shops, int loaders, int latency, int share)
{
    struct bed bed;
    open_bed(&bed, program, shops, loaders, latency, share);
    int64_t from = shops / 5, to = shops * 4 / 5, had, first = 0;
    double began = 0, t;
    do {
        had = number_of(&bed, "creates");
        t = now();
        if (had >= from && began == 0) {
            began = t;
            first = had;
        }
        rig_pause(5);
    } while (had < to);
    double speed = (double)(had - first) / (t - began);
    close_bed(&bed);
    return speed;
}

/* One line of the table; `shops` 0: as many as some seconds of the healthy run take. */
static void table_row(const char *program, int loaders, int latency, int64_t shops)
{
    static const int shares[] = {0, 5, 10, 20, 40};
    if (shops == 0) { /* what four calls of 50 records at once may reach */
        int64_t calls = latency > 0 ? 4 * 1000 / latency : 400;
        shops = calls * loaders * 50 * SECONDS;
        shops = shops < 60000 ? shops : 60000;
    }
    double healthy = 0;
    printf("%7d  %9d", loaders, latency);
    for (int s = 0; s < 5; s++) {
        double speed = goodput(program, shops, loaders, latency, shares[s]);
        healthy = s == 0 ? speed : healthy;
        printf("  %6.0f %5.2f", speed, speed / healthy);
        fflush(stdout);
    }
    printf("\n");
}

static void table_head(void)
{
    printf("records/s, and their ratio to the healthy run, with so many %% of the calls failing\n"
           "loaders  ms a call       0 %%            5 %%           10 %%           20 %%           40 %%\n");
}

static void table(const char *program)
{
    static const int loaders[] = {1, 2, 4}, latencies[] = {0, 50, 200};
    table_head();
    for (int l = 0; l < 3; l++) {
        for (int ms = 0; ms < 3; ms++) {
            table_row(program, loaders[l], latencies[ms], 0);
        }
    }
}

static double whole(const char *program, int64_t shops, int share)
{
    struct bed bed;
    open_bed(&bed, program, shops, 1, 50, share);
    int code = rig_wait(&bed.rig, bed.extractor, 900);
    double seconds = now() - bed.began;
    int64_t materials = number_of(&bed, "materials"), doubled = number_of(&bed, "doubled_numbers");
    if (code != 0 || materials != shops || doubled != 0) {
        rig_fail("exit code %d, %" PRId64 " materials, %" PRId64 " doubled:\n%s", code, materials, doubled,
                 rig_read(bed.extractor->err));
    }
    close_bed(&bed);
    return seconds;
}

static bool whole_run(const char *program, int64_t shops)
{
    double healthy = whole(program, shops, 0), stormy = whole(program, shops, PARTS);
    double least = healthy * 100 / (100 - PARTS) + LATE_AND_VISIBLE;
    bool good = stormy <= 1.3 * least;
    printf("%" PRId64
           " records, 50 ms a call, %d %% failing: %.1f s; healthy %.1f s, at least %.1f s: %.2f times as long: %s\n",
           shops, PARTS, stormy, healthy, least, stormy / least, good ? "ok" : "MORE THAN 1.3");
    fflush(stdout);
    return good;
}

int main(int argc, char **argv)
{
    bool short_form = argc > 1 && strcmp(argv[1], "whole") == 0;
    bool one_row = argc > 3 && strcmp(argv[1], "row") == 0;
    int64_t shops = argc > 2 && !one_row ? strtoll(argv[2], NULL, 10) : 40000;
    if (shops <= 0 || argc > (one_row ? 5 : 3) || (argc > 1 && !short_form && !one_row)) {
        fprintf(stderr, "usage: weather [whole [SHOPS] | row LOADERS MS [SHOPS]]\n");
        return 2;
    }
    if (one_row) {
        int loaders = (int)strtol(argv[2], NULL, 10);
        table_head();
        table_row(argv[0], loaders < 1 || loaders > LOADERS_MOST ? 1 : loaders, (int)strtol(argv[3], NULL, 10),
                  argc > 4 ? strtoll(argv[4], NULL, 10) : 0);
        return 0;
    }
    bool good = whole_run(argv[0], shops);
    if (!short_form) {
        table(argv[0]);
    }
    return good ? 0 : 1;
}
