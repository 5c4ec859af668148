/* make bench: N shops through one worker of each stage, store on disk, calls unlimited. For a first load and
 * for a second run that finds nothing changed: CPU of each process by the system's own accounting, wall
 * time from the extractor's start to its end, peak memory. The doubles run beside, on the same cores. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/integration/rig.h"

enum { STAGES = 3 };
static const char *const stages[STAGES] = {"extractor", "transformer", "loader"};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static struct rig_process *start(struct rig *rig, int stage)
{
    char bind[STAGES][400];
    for (int i = 0; i < STAGES; i++) {
        snprintf(bind[i], sizeof bind[i], "ipc://%s/%s.socket", rig->folder, stages[i]);
    }
    const char *words[12] = {"--metrics", "off", "--log", "warn"};
    size_t n = 4;
    if (stage > 0) {
        words[n++] = "--upstream";
        words[n++] = bind[stage - 1];
    }
    if (stage < STAGES - 1) {
        words[n++] = "--bind";
        words[n++] = bind[stage];
    }
    if (stage == 0) {
        words[n++] = "--once";
    }
    return rig_start(rig, stages[stage], words);
}

static void measure(struct rig *rig, const char *what, int64_t shops, const char *outcome)
{
    struct rig_process *processes[STAGES];
    for (int i = STAGES - 1; i > 0; i--) {
        processes[i] = start(rig, i);
    }
    double began = now();
    processes[0] = start(rig, 0);
    int code = rig_wait(rig, processes[0], 900);
    double seconds = now() - began;
    for (int i = 1; i < STAGES; i++) {
        rig_stop(rig, processes[i], SIGTERM);
    }
    struct rig_process *teller = NULL;
    if (code != 0 || rig_run(rig, "dianchen", (const char *[]){"report", "--json", NULL}, &teller) != 0) {
        rig_fail("%s: the extractor ended with %d:\n%s", what, code, rig_read(processes[0]->err));
    }
    char *text = rig_read(teller->out);
    cJSON *report = cJSON_Parse(text);
    if (rig_number(report, outcome) != shops) {
        rig_fail("%s: not all %s: %s", what, outcome, text);
    }
    cJSON_Delete(report);
    free(text);

    printf("%s: %" PRId64 " records in %.2f s = %.0f records/s\n", what, shops, seconds, (double)shops / seconds);
    double all = 0;
    for (int i = 0; i < STAGES; i++) {
        const struct rusage *u = &processes[i]->usage;
        all += cpu(u);
        printf("  %-12s %6.2f us CPU a record (user %.2f, system %.2f)   peak %5.1f MiB\n", stages[i],
               cpu(u) / (double)shops, ((double)u->ru_utime.tv_sec * 1e6 + (double)u->ru_utime.tv_usec) / (double)shops,
               ((double)u->ru_stime.tv_sec * 1e6 + (double)u->ru_stime.tv_usec) / (double)shops,
               (double)u->ru_maxrss / 1024);
    }
    printf("  %-12s %6.2f us CPU a record\n", "all stages", all / (double)shops);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int64_t shops = argc > 1 ? strtoll(argv[1], NULL, 10) : 200000;
    if (shops <= 0) {
        fprintf(stderr, "usage: bench [SHOPS]\n");
        return 2;
    }
    struct rig rig;
    rig_open(&rig, argv[0]);
    char count[24];
    snprintf(count, sizeof count, "%" PRId64, shops);
    char source[300];
    char target[300];
    rig_double(&rig, "wdt-double", (const char *[]){"--shops", count, NULL}, source, sizeof source);
    rig_double(&rig, "xingchen-double", (const char *[]){NULL}, target, sizeof target);
    rig_credentials(&rig, source, target);
    rig_scheme(&rig, NULL, NULL);
    rig_store(&rig, "bench.db");
    measure(&rig, "first load", shops, "created");
    measure(&rig, "unchanged", shops, "unchanged");
    rig_close(&rig);
    return 0;
}
