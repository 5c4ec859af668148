/* make bench: N shops through one worker of each stage, store on disk, calls unlimited. For a first load and
 * for a second run that finds nothing changed: CPU of each process by the system's own accounting, wall
 * time from the extractor's start to its end, peak memory. The doubles run beside, on the same cores. With `scrape` a
 * process asks each stage for its metrics once a second, as a Prometheus would.
 *
 * Then, where valgrind is installed, the instructions a record of each stage, in user space: a busy machine does not move them.
 * They are the difference between two jobs of different size, so what a program does once is not in them. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/integration/rig.h"

enum { STAGES = 3, FEW = 1000, MANY = 11000 /* shops under valgrind */ };
#define VALGRIND "/usr/bin/valgrind"
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

struct job {
    int64_t shops;
    bool scrape, counted;        /* counted: under valgrind */
    double instructions[STAGES]; /* of counted ones */
};

static struct rig_process *start(struct rig *rig, int stage, const struct job *job)
{
    char bind[STAGES][400], program[400];
    for (int i = 0; i < STAGES; i++) {
        snprintf(bind[i], sizeof bind[i], "ipc://%s/%s.socket", rig->folder, stages[i]);
    }
    const char *words[16];
    size_t n = 0;
    if (job->counted) {
        snprintf(program, sizeof program, "%s/bin/%s", rig->build, stages[stage]);
        words[n++] = "--tool=callgrind";
        words[n++] = "--callgrind-out-file=/dev/null";
        words[n++] = program;
    }
    words[n++] = "--metrics";
    words[n++] = job->scrape ? "127.0.0.1:0" : "off";
    words[n++] = "--log";
    words[n++] = "info";
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
    words[n] = NULL;
    return rig_start(rig, job->counted ? VALGRIND : stages[stage], words);
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

/* What valgrind says at the end of a program. */
static double instructions_of(const struct rig_process *process)
{
    static const char mark[] = "Collected : ";
    char *log = rig_read(process->err);
    const char *at = strstr(log, mark);
    if (!at) {
        rig_fail("%s did not run under valgrind:\n%s", process->name, log);
    }
    double n = strtod(at + strlen(mark), NULL);
    free(log);
    return n;
}

static void print_times(struct rig_process *const *processes, const char *what, int64_t shops, double seconds)
{
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

static void measure(struct rig *rig, const char *what, const char *outcome, struct job *job)
{
    struct rig_process *processes[STAGES];
    for (int i = STAGES - 1; i > 0; i--) {
        processes[i] = start(rig, i, job);
    }
    double began = now();
    processes[0] = start(rig, 0, job);
    pid_t scraper = job->scrape ? start_scraper(processes) : 0;
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
    if (rig_number(report, outcome) != job->shops) {
        rig_fail("%s: not all %s: %s", what, outcome, text);
    }
    cJSON_Delete(report);
    free(text);
    if (!job->counted) {
        print_times(processes, what, job->shops, seconds);
        return;
    }
    for (int i = 0; i < STAGES; i++) {
        job->instructions[i] = instructions_of(processes[i]);
    }
}

/* A first load, then a run that finds nothing changed. */
static void measure_both(const char *program, struct job *first, struct job *again)
{
    struct rig rig;
    char count[24], source[300], target[300];
    rig_open(&rig, program);
    snprintf(count, sizeof count, "%" PRId64, first->shops);
    rig_double(&rig, "wdt-double", (const char *[]){"--shops", count, NULL}, source, sizeof source);
    rig_double(&rig, "xingchen-double", (const char *[]){NULL}, target, sizeof target);
    rig_credentials(&rig, source, target);
    rig_scheme(&rig, NULL, NULL);
    rig_store(&rig, "bench.db");
    measure(&rig, "first load", "created", first);
    measure(&rig, "unchanged", "unchanged", again);
    rig_close(&rig);
}

static void print_instructions(const char *what, const struct job *few, const struct job *many)
{
    double all = 0;
    printf("%s: instructions a record:", what);
    for (int i = 0; i < STAGES; i++) {
        double n = (many->instructions[i] - few->instructions[i]) / (double)(many->shops - few->shops);
        printf(" %s %.0f,", stages[i], n);
        all += n;
    }
    printf(" all stages %.0f\n", all);
}

static void count_instructions(const char *program)
{
    if (access(VALGRIND, X_OK) != 0) {
        printf("no instructions a record: valgrind is not installed\n");
        return;
    }
    struct job few[2] = {{.shops = FEW, .counted = true}, {.shops = FEW, .counted = true}};
    struct job many[2] = {{.shops = MANY, .counted = true}, {.shops = MANY, .counted = true}};
    measure_both(program, &few[0], &few[1]);
    measure_both(program, &many[0], &many[1]);
    print_instructions("first load", &few[0], &many[0]);
    print_instructions("unchanged", &few[1], &many[1]);
}

int main(int argc, char **argv)
{
    int64_t shops = argc > 1 ? strtoll(argv[1], NULL, 10) : 200000;
    bool scrape = argc > 2 && strcmp(argv[2], "scrape") == 0;
    bool counts = argc > 1 && strcmp(argv[1], "instructions") == 0;
    if ((shops <= 0 && !counts) || argc > 3 || (argc == 3 && !scrape)) {
        fprintf(stderr, "usage: bench [SHOPS [scrape]] | bench instructions\n");
        return 2;
    }
    struct job job = {.shops = shops, .scrape = scrape}, again = job;
    if (!counts) {
        measure_both(argv[0], &job, &again);
    }
    count_instructions(argv[0]);
    return 0;
}
