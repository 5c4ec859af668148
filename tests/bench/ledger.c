/* make bench-ledger: the ledger alone. LOADERS processes share RECORDS new records; the store's thread of each takes WINDOW
 * pages at a time, as a busy loader has them: T1 for a page, T2 for each batch of it, both group-committed; then a second
 * run in which nothing has changed. No network, no mapping. Arguments: RECORDS URL LOADERS, the URL of an empty store. With
 * the word "read" behind them (make bench-size) there are RUNS runs, somebody reads the whole ledger all the time, the largest
 * WAL of a file is told, and how long the end of each run takes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <signal.h>

#include "common/base/container.h"
#include "common/ledger/ledger.h"

enum { PAGE = 100, BATCH = 50, ENDS = PAGE / BATCH, WINDOW = 16, KEY_ROOM = 24, RUNS = 20 };

struct bench;
struct page_load {
    struct bench *bench;
    struct store_job begin;
    struct ledger_batch batch;
    struct ledger_row rows[PAGE];
    char keys[PAGE][KEY_ROOM];
    struct arena arena;
    struct end {
        struct store_job job;
        struct page_load *load;
        struct ledger_result results[BATCH];
        size_t count;
    } ends[ENDS];
    size_t open; /* ends under way */
};

struct bench {
    struct loop *loop;
    struct store *store;
    int64_t run, records, next, left;
    struct page_load loads[WINDOW];
    int claims; /* rows that a T1 claimed */
};

static void die(const char *what, int error, const char *why)
{
    fprintf(stderr, "bench-ledger: %s: %s: %s\n", what, error_text(error), why);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void page_next(struct page_load *load);

static void page_over(struct page_load *load)
{
    struct bench *bench = load->bench;
    bench->left -= PAGE;
    if (bench->next < bench->records) {
        page_next(load);
    } else if (bench->left == 0) {
        loop_stop(bench->loop, 1);
    }
}

static int end_work(struct store *store, struct store_job *job)
{
    struct end *end = CONTAINER_OF(job, struct end, job);
    return ledger_end(store, end->results, end->count);
}

static void end_done(struct store_job *job, int error)
{
    struct end *end = CONTAINER_OF(job, struct end, job);
    if (error) {
        die("T2", error, store_why(end->load->bench->store));
    }
    if (--end->load->open == 0) {
        page_over(end->load);
    }
}

static int begin_work(struct store *store, struct store_job *job)
{
    struct page_load *load = CONTAINER_OF(job, struct page_load, begin);
    return ledger_begin(store, &load->batch);
}

static void begin_done(struct store_job *job, int error)
{
    struct page_load *load = CONTAINER_OF(job, struct page_load, begin);
    struct bench *bench = load->bench;
    if (error) {
        die("T1", error, store_why(bench->store));
    }
    for (size_t e = 0; e < ENDS; e++) {
        struct end *end = &load->ends[e];
        end->count = 0;
        for (size_t i = e * BATCH; i < (e + 1) * BATCH; i++) {
            const struct ledger_row *row = &load->rows[i];
            if (row->action == ACTION_CLAIM) {
                end->results[end->count++] = (struct ledger_result){.id = row->id,
                                                                    .claim = row->claim,
                                                                    .alone = row->send_by,
                                                                    .run = bench->run,
                                                                    .verdict = VERDICT_SAVED,
                                                                    .op = row->op,
                                                                    .hash = row->in.hash,
                                                                    .number = row->in.number,
                                                                    .key = row->in.key};
            }
        }
        bench->claims += (int)end->count;
        load->open += end->count > 0;
    }
    size_t open = load->open;
    for (size_t e = 0; e < ENDS; e++) {
        if (load->ends[e].count > 0) {
            load->ends[e].job = (struct store_job){.work = end_work, .done = end_done};
            load->ends[e].load = load;
            store_submit(bench->store, &load->ends[e].job);
        }
    }
    if (open == 0) {
        page_over(load);
    }
}

static void page_next(struct page_load *load)
{
    struct bench *bench = load->bench;
    arena_reset(&load->arena, 1 << 20);
    for (size_t i = 0; i < PAGE; i++) {
        int size = snprintf(load->keys[i], KEY_ROOM, "S%010" PRId64, bench->next + (int64_t)i);
        load->rows[i] = (struct ledger_row){.in.key = {load->keys[i], (size_t)size},
                                            .in.payload = TEXT("{\"number\":\"S\",\"name\":\"a shop\"}"),
                                            .in.source = TEXT("source")};
        memset(load->rows[i].in.hash, (int)(bench->next % 251), HASH_SIZE);
    }
    bench->next += PAGE;
    load->batch = (struct ledger_batch){.page = {.run = bench->run, .fence = 0},
                                        .account = TEXT("A1"),
                                        .existing = EXISTING_ADOPT,
                                        .times = {20000, 10000, 2000},
                                        .arena = &load->arena,
                                        .rows = load->rows,
                                        .count = PAGE};
    load->begin = (struct store_job){.work = begin_work, .done = begin_done};
    store_submit(bench->store, &load->begin);
}

/* A new run whose one page is open under fence 0: all batches come as that page's. */
static int64_t run_open(struct store *store)
{
    struct run_plan plan = {.scheme = TEXT("bench"), .scheme_hash = TEXT("h"), .source = TEXT("sid"), .slices = 1};
    plan.abandon = true;
    struct run run;
    int error = store_begin(store, true);
    error = error ? error : run_begin(store, &plan, &run);
    error = error ? error
                  : store_run(store,
                              "insert into existing_reading (account, scheme, state) values ('A1', 'bench', 1)"
                              " on conflict (account, scheme) do nothing",
                              NULL, 0, NULL);
    error = error ? error : store_end(store, 0);
    if (error) {
        die("run", error, store_why(store));
    }
    return run.id;
}

/* One loader, a process: records from `from` to `past`. */
static void load(const char *url, int64_t run, int64_t from, int64_t past, bool claimed)
{
    static struct bench bench;
    struct cause cause;
    int error = store_open(url, &bench.store, &cause);
    if (error || loop_new(&bench.loop) != 0) {
        die("store", error, cause.text);
    }
    bench.run = run;
    bench.records = past;
    bench.left = past - from;
    bench.next = from;
    if (store_start(bench.store, bench.loop, NULL) != 0) {
        die("store", ERR_IO, "its thread can't be started");
    }
    for (size_t w = 0; w < WINDOW && bench.next < past; w++) {
        bench.loads[w].bench = &bench;
        arena_init(&bench.loads[w].arena, 64 << 20);
        page_next(&bench.loads[w]);
    }
    loop_run(bench.loop);
    if ((bench.claims == past - from) != claimed) {
        die(claimed ? "first load" : "unchanged", ERR_STALE, "the ledger decided otherwise");
    }
    store_close(&bench.store);
}

static void measure(const char *url, int64_t records, int64_t loaders, const char *what, bool claimed)
{
    struct store *store = NULL;
    struct cause cause;
    int error = store_open(url, &store, &cause);
    if (error) {
        die("store", error, cause.text);
    }
    int64_t run = run_open(store), share = records / loaders / PAGE * PAGE;
    store_close(&store);
    double began = now();
    for (int64_t i = 0; i < loaders; i++) {
        pid_t child = fork();
        if (child < 0) {
            die("loaders", ERR_MEMORY, "no more processes");
        }
        if (child == 0) {
            load(url, run, i * share, (i + 1) * share, claimed);
            _exit(0);
        }
    }
    for (int64_t i = 0; i < loaders; i++) { /* a reader ends before them only when it has failed */
        int status = 1;
        if (wait(&status) < 0 || status != 0) {
            die(what, ERR_IO, "a loader has failed");
        }
    }
    double seconds = now() - began;
    printf("%" PRId64 " loader%s  %-10s %8" PRId64 " records in %6.2f s = %6.0f records/s\n", loaders,
           loaders > 1 ? "s" : " ", what, share * loaders, seconds, (double)(share * loaders) / seconds);
    fflush(stdout);
}

static volatile sig_atomic_t enough;

static void on_term(int signal)
{
    (void)signal;
    enough = 1;
}

/* Reads the whole ledger, again and again; a process. */
static void read_on(const char *url)
{
    struct store *store = NULL;
    struct cause cause;
    char wal[4096];
    long reads = 0;
    int64_t largest = 0, count = 0;
    (void)signal(SIGTERM, on_term);
    (void)snprintf(wal, sizeof wal, "%s-wal", strncmp(url, "sqlite:", 7) == 0 ? url + 7 : url);
    int error = store_open(url, &store, &cause);
    if (error) {
        die("reader", error, cause.text);
    }
    for (; !enough; reads++) {
        struct stat is;
        error = store_begin(store, false);
        error = error ? error
                      : store_integers(store, "select count(*) from record where outcome <> 99", NULL, 0, &count, 1);
        error = store_end(store, error);
        largest = stat(wal, &is) == 0 && is.st_size > largest ? (int64_t)is.st_size : largest;
        if (error) {
            die("reader", error, store_why(store));
        }
    }
    store_close(&store);
    printf("a reader: %ld times all records, %" PRId64 " at last; largest WAL %" PRId64 " MiB\n", reads, count,
           largest >> 20);
    fflush(stdout);
}

/* Ends the run of the last measure; says in how many seconds. */
static double close_run(const char *url)
{
    struct store *store = NULL;
    struct cause cause;
    int64_t run = 0;
    int error = store_open(url, &store, &cause);
    error = error ? error : store_begin(store, true);
    error = error ? error : store_integers(store, "select max(id) from run", NULL, 0, &run, 1);
    const struct sql_value id = SQL_INTEGER(run);
    error = error ? error : store_run(store, "update page set state = 2 where run = $1", &id, 1, NULL);
    double began = now();
    error = error ? error : run_close(store, run, -1, NULL);
    error = error ? error : store_end(store, 0);
    if (error) {
        die("end of the run", error, store ? store_why(store) : cause.text);
    }
    double seconds = now() - began;
    store_close(&store);
    return seconds;
}

int main(int argc, char **argv)
{
    bool all = argc == 4 || argc == 5, read = argc == 5 && strcmp(argv[4], "read") == 0;
    int64_t records = all ? strtoll(argv[1], NULL, 10) : 0, loaders = all ? strtoll(argv[3], NULL, 10) : 0;
    if ((argc == 5 && !read) || loaders < 1 || records / loaders < (int64_t)PAGE * WINDOW) {
        fprintf(stderr, "usage: ledger RECORDS URL LOADERS\n");
        return 2;
    }
    pid_t reader = read ? fork() : 0;
    if (read && reader == 0) {
        read_on(argv[2]);
        _exit(0);
    }
    double longest = 0;
    measure(argv[2], records, loaders, "first load", true);
    for (int run = 2; run <= (read ? RUNS : 2); run++) {
        double seconds = read ? close_run(argv[2]) : 0;
        longest = seconds > longest ? seconds : longest;
        measure(argv[2], records, loaders, "unchanged", false);
    }
    if (read) {
        int status = 1;
        kill(reader, SIGTERM);
        if (waitpid(reader, &status, 0) != reader || status != 0) {
            die("reader", ERR_IO, "it has failed");
        }
        double seconds = close_run(argv[2]);
        printf("of %d runs the last ends in %.2f s, none in more than %.2f s\n", (int)RUNS, seconds,
               seconds > longest ? seconds : longest);
    }
    return 0;
}
