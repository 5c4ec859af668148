/* make bench: N shops through one worker of each stage, store on disk, calls unlimited. For a first load and
 * for a second run that finds nothing changed: CPU of each process by the system's own accounting, wall
 * time from the extractor's start to its end, peak memory. The doubles run beside, on the same cores. With `scrape` a
 * process asks each stage for its metrics once a second, as a Prometheus would. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static struct rig_process *start(struct rig *rig, int stage, bool scrape)
{
    char bind[STAGES][400];
    for (int i = 0; i < STAGES; i++) {
        snprintf(bind[i], sizeof bind[i], "ipc://%s/%s.socket", rig->folder, stages[i]);
    }
    const char *words[12] = {"--metrics", scrape ? "127.0.0.1:0" : "off", "--log", "info"};
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

/* The URL of a stage's metrics, once its log tells it. */
static void find_page(const struct rig_process *process, char *url, size_t room)
{
    static const char mark[] = "http://";
    for (int i = 0; i < 2000; i++) {
        char *log = rig_read(process->err);
        const char *at = strstr(log, mark);
        if (at) {
            snprintf(url, room, "%.*s", (int)strcspn(at, "\" \n"), at);
            free(log);
            return;
        }
        free(log);
        rig_pause(5);
    }
    rig_fail("%s never told where its metrics are", process->name);
}

static pid_t start_scraper(struct rig_process *const *processes)
{
    char urls[STAGES][200];
    for (int i = 0; i < STAGES; i++) {
        find_page(processes[i], urls[i], sizeof urls[i]);
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    for (;;) { /* until it is killed, or a stage has gone */
        for (int i = 0; i < STAGES; i++) {
            free(rig_http(urls[i], NULL));
        }
        rig_pause(1000);
    }
}

static void measure(struct rig *rig, const char *what, int64_t shops, const char *outcome, bool scrape)
{
    struct rig_process *processes[STAGES];
    for (int i = STAGES - 1; i > 0; i--) {
        processes[i] = start(rig, i, scrape);
    }
    double began = now();
    processes[0] = start(rig, 0, scrape);
    pid_t scraper = scrape ? start_scraper(processes) : 0;
    int code = rig_wait(rig, processes[0], 900);
    double seconds = now() - began;
    if (scraper > 0) {
        kill(scraper, SIGKILL);
        waitpid(scraper, NULL, 0);
    }
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
    bool scrape = argc > 2 && strcmp(argv[2], "scrape") == 0;
    if (shops <= 0 || argc > 3 || (argc == 3 && !scrape)) {
        fprintf(stderr, "usage: bench [SHOPS [scrape]]\n");
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
    measure(&rig, "first load", shops, "created", scrape);
    measure(&rig, "unchanged", shops, "unchanged", scrape);
    rig_close(&rig);
    return 0;
}
