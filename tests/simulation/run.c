#include "run.h"

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 2, SEED_SECONDS = 20 /* of a CPU for one seed: thousand times what it needs */ };

struct shared { /* with the children */
    _Atomic uint64_t next, failed, played;
    struct tally of[WORKERS];
    char broken[WORKERS][400];
    struct coverage count[WORKERS];
};

/* ---- memory ---- */

enum { AREAS = 64, AREA_MOST = 16 << 20 /* bytes */ };

/* The writable memory of this process, which a child writes to nearly all of. */
static struct area {
    unsigned long from, to;
} areas[AREAS];
static size_t area_count;

static void areas_find(void)
{
    char line[300];
    FILE *maps = fopen("/proc/self/maps", "re");
    area_count = 0;
    while (maps && area_count < AREAS && fgets(line, sizeof line, maps)) {
        char *end = line;
        struct area area = {.from = strtoul(line, &end, 16)};
        area.to = strtoul(end + 1, &end, 16);
        if (strncmp(end, " rw-p", 5) == 0 && area.to - area.from <= AREA_MOST) {
            areas[area_count++] = area;
        }
    }
    if (maps) {
        fclose(maps);
    }
}

/* Copies what the parent shares with this child in a few calls: page by page, each first write would be a fault, and on some
 * machines these take longer than all else. Where the kernel can't, they are. */
static void areas_take(void)
{
    for (size_t i = 0; i < area_count; i++) {
        (void)madvise((void *)areas[i].from, areas[i].to - areas[i].from, MADV_POPULATE_WRITE);
    }
}

static void counts_add(struct coverage *to, const struct coverage *from)
{
    uint64_t sum[sizeof *to / sizeof(uint64_t)], more[sizeof *to / sizeof(uint64_t)];
    memcpy(sum, to, sizeof sum);
    memcpy(more, from, sizeof more);
    for (size_t i = 0; i < sizeof sum / sizeof *sum; i++) {
        sum[i] += more[i];
    }
    memcpy(to, sum, sizeof sum);
}

static void seed_play(struct shared *shared, size_t worker, uint64_t seed)
{
    struct tally *tally = &shared->of[worker];
    shared->broken[worker][0] = '\0';
    pid_t child = fork();
    if (child == 0) {
        static const int faults[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}; /* not cmocka's: the child ends */
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
            signal(faults[i], SIG_DFL);
        }
        areas_take();
        setrlimit(RLIMIT_CPU, &(struct rlimit){SEED_SECONDS, SEED_SECONDS});
        bool held = plot_play(seed, false);
        memcpy(shared->broken[worker], sim.broken, sizeof sim.broken);
        shared->count[worker] = sim.count;
        _exit(held ? 0 : 1);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        abort();
    }
    tally->played++;
    if (status == 0) {
        counts_add(&tally->count, &shared->count[worker]);
        return;
    }
    shared->failed++;
    tally->failed++;
    if (WIFSIGNALED(status) || !shared->broken[worker][0]) {
        snprintf(shared->broken[worker], sizeof shared->broken[worker], "crashed: signal %d, exit %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFEXITED(status) ? WEXITSTATUS(status) : 0);
    }
    printf("  seed %" PRIu64 ": %s\n", seed, shared->broken[worker]);
    fflush(stdout);
    if (tally->failed == 1 || seed < tally->first) {
        tally->first = seed;
        memcpy(tally->why, shared->broken[worker], sizeof tally->why);
    }
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void seeds_run(uint64_t from, uint64_t past, bool stop, struct tally *out)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        abort();
    }
    double start = seconds_now();
    shared->next = from;
    fflush(stdout);
    areas_find();
    for (size_t worker = 0; worker < WORKERS; worker++) {
        pid_t child = fork();
        if (child < 0) {
            abort();
        }
        if (child == 0) {
            for (uint64_t seed; (seed = shared->next++) < past && !(stop && shared->failed > 0);) {
                seed_play(shared, worker, seed);
            }
            _exit(0);
        }
    }
    for (size_t worker = 0; worker < WORKERS; worker++) {
        (void)wait(NULL);
    }
    *out = (struct tally){.seconds = seconds_now() - start};
    for (size_t worker = 0; worker < WORKERS; worker++) {
        const struct tally *tally = &shared->of[worker];
        out->played += tally->played;
        if (tally->failed > 0 && (out->failed == 0 || tally->first < out->first)) {
            out->first = tally->first;
            memcpy(out->why, tally->why, sizeof out->why);
        }
        out->failed += tally->failed;
        counts_add(&out->count, &tally->count);
    }
    munmap(shared, sizeof *shared);
}

void seeds_print(const struct tally *tally)
{
    const struct coverage *c = &tally->count;
    printf("%" PRIu64 " seeds in %.1f s, %" PRIu64 " failed; %" PRIu64 " events\n"
           "  %" PRIu64 " kills, %" PRIu64 " freezes, %" PRIu64 " drains, %" PRIu64 " connections broken, %" PRIu64
           " gone deaf, %" PRIu64 " stalls of the store\n"
           "  %" PRIu64 " moves of the source; %" PRIu64 " runs, %" PRIu64 " pages, %" PRIu64 " rows (%" PRIu64
           " repeated, %" PRIu64 " filtered, %" PRIu64 " rejected, %" PRIu64 " unchanged)\n"
           "  %" PRIu64 " POSTs, %" PRIu64 " creates, %" PRIu64 " updates, %" PRIu64 " rows refused; %" PRIu64
           " executed late, %" PRIu64 " replies lost, %" PRIu64 " not sent in time, %" PRIu64 " look-ups, %" PRIu64
           " logins forgotten, %" PRIu64 " pages of lists, %" PRIu64 " records wait for a unit\n"
           "  pages of the source: %" PRIu64 " cut off, %" PRIu64 " too large; %" PRIu64
           " records of the last runs can't be read; %" PRIu64 " have vanished\n"
           "  %" PRIu64 " audits, %" PRIu64 " refused, %" PRIu64 " undone by hand; %" PRIu64 " windows, %" PRIu64
           " changes shown late; %" PRIu64 " parts of records\n",
           tally->played, tally->seconds, tally->failed, c->events, c->kills, c->freezes, c->drains, c->cuts, c->holes,
           c->stalls, c->drifts, c->runs, c->pages, c->rows, c->repeated, c->filtered, c->rejected, c->unchanged,
           c->posts, c->creates, c->updates, c->refusals, c->late, c->lost_replies, c->unsent, c->settles, c->forgotten,
           c->list_pages, c->waiting, c->torn, c->too_large, c->unread, c->vanished, c->audits, c->audits_refused,
           c->audits_undone, c->windows, c->shown_late, c->parts);
    if (tally->failed > 0) {
        printf("  seed %" PRIu64 ": %s\n  replay it: make simulate SEED=%" PRIu64 "\n", tally->first, tally->why,
               tally->first);
    }
    fflush(stdout);
}
