/* make bench-ledger: the ledger alone. One loader's store thread takes pages of RECORDS new records, WINDOW pages at a
 * time as a busy loader has them: T1 for a page, T2 for each batch of it, both group-committed; then a second run in
 * which nothing has changed. No network, no mapping. Arguments: RECORDS URL, the URL of an empty store. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/ledger.h"

enum { PAGE = 100, BATCH = 50, ENDS = PAGE / BATCH, WINDOW = 16, KEY_ROOM = 24 };

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
    struct end *end = (struct end *)((char *)job - offsetof(struct end, job));
    return ledger_end(store, end->results, end->count);
}

static void end_done(struct store_job *job, int error)
{
    struct end *end = (struct end *)((char *)job - offsetof(struct end, job));
    if (error) {
        die("T2", error, store_why(end->load->bench->store));
    }
    if (--end->load->open == 0) {
        page_over(end->load);
    }
}

static int begin_work(struct store *store, struct store_job *job)
{
    struct page_load *load = (struct page_load *)((char *)job - offsetof(struct page_load, begin));
    return ledger_begin(store, &load->batch);
}

static void begin_done(struct store_job *job, int error)
{
    struct page_load *load = (struct page_load *)((char *)job - offsetof(struct page_load, begin));
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
                                                                    .run = bench->run,
                                                                    .verdict = VERDICT_SAVED,
                                                                    .op = row->op,
                                                                    .hash = row->hash,
                                                                    .number = row->number,
                                                                    .key = row->key};
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
        load->rows[i] = (struct ledger_row){.key = {load->keys[i], (size_t)size},
                                            .payload = TEXT("{\"number\":\"S\",\"name\":\"a shop\"}"),
                                            .source = TEXT("source")};
        memset(load->rows[i].hash, (int)(bench->next % 251), HASH_SIZE);
    }
    bench->next += PAGE;
    load->batch = (struct ledger_batch){.page = {.run = bench->run, .fence = 0},
                                        .account = TEXT("A1"),
                                        .adopt = true,
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
    error = error ? error : store_end(store, run_begin(store, &plan, &run));
    if (error) {
        die("run", error, store_why(store));
    }
    return run.id;
}

static void measure(const char *url, int64_t records, const char *what, bool claimed)
{
    static struct bench bench;
    struct cause cause;
    int error = store_open(url, &bench.store, &cause);
    if (error || loop_new(&bench.loop) != 0) {
        die("store", error, cause.text);
    }
    bench.run = run_open(bench.store);
    bench.records = bench.left = records;
    bench.next = 0;
    bench.claims = 0;
    if (store_start(bench.store, bench.loop, NULL) != 0) {
        die("store", ERR_IO, "its thread can't be started");
    }
    double began = now();
    for (size_t w = 0; w < WINDOW && bench.next < records; w++) {
        bench.loads[w].bench = &bench;
        bench.loads[w].open = 0;
        arena_init(&bench.loads[w].arena, 64 << 20);
        page_next(&bench.loads[w]);
    }
    loop_run(bench.loop);
    double seconds = now() - began;
    if ((bench.claims == records) != claimed) {
        die(what, ERR_STALE, "the ledger decided otherwise");
    }
    printf("%-10s %8" PRId64 " records in %6.2f s = %6.0f records/s\n", what, records, seconds,
           (double)records / seconds);
    fflush(stdout);
    store_close(&bench.store);
    loop_free(&bench.loop);
    for (size_t w = 0; w < WINDOW; w++) {
        arena_fini(&bench.loads[w].arena);
    }
}

int main(int argc, char **argv)
{
    int64_t records = argc == 3 ? strtoll(argv[1], NULL, 10) / PAGE * PAGE : 0;
    if (records < (int64_t)PAGE * WINDOW) {
        fprintf(stderr, "usage: ledger RECORDS URL\n");
        return 2;
    }
    measure(argv[2], records, "first load", true);
    measure(argv[2], records, "unchanged", false);
    return 0;
}
