#include "loader/load.h"

#include <stdlib.h>

#include "common/budget.h"
#include "common/log.h"
#include "loader/post.h"
#include "loader/quest.h"

enum {
    BYTES_KEPT = 1 << 20,
    ARENA_KEPT = 1 << 18,
    ARENA_MAX = 64 << 20,
    WAIT_LEAST = 100, /* ms before a page may come again */
    WAIT_BUSY = 1000, /* ms before rows that another POST has are looked at again */
    MALFORMED_WAIT = 3000,
};

static void begin(struct load *load);

/* ---- memory: loads are used again ---- */

static struct load *load_take(struct loader *loader, size_t rows)
{
    struct load *load = loader->spare_loads;
    if (load) {
        loader->spare_loads = load->next;
    } else {
        load = calloc(1, sizeof *load);
        if (!load) {
            return NULL;
        }
        buffer_init(&load->bytes, WIRE_FRAME_MAX);
        arena_init(&load->arena, ARENA_MAX);
        arena_init(&load->notes, ARENA_MAX);
    }
    if (rows > load->room) {
        free(load->rows);
        free(load->facts);
        free(load->turn);
        free(load->turn_rows);
        load->rows = calloc(rows, sizeof *load->rows);
        load->facts = calloc(rows, sizeof *load->facts);
        load->turn = calloc(rows, sizeof *load->turn);
        load->turn_rows = calloc(rows, sizeof(struct row *));
        load->room = load->rows && load->facts && load->turn && load->turn_rows ? rows : 0;
        if (load->room == 0) {
            load->next = loader->spare_loads;
            loader->spare_loads = load;
            return NULL;
        }
    }
    load->loader = loader;
    load->count = load->open = load->turn_count = 0;
    load->first = load->last = load->calls = 0;
    load->wait = 0;
    load->stale = load->released = load->beginning = false;
    queue_init(&load->again);
    load->next = loader->loads;
    loader->loads = load;
    return load;
}

static void load_give(struct load *load)
{
    struct loader *loader = load->loader;
    struct load **at = &loader->loads;
    while (*at != load) {
        at = &(*at)->next;
    }
    *at = load->next;
    load->batch = NULL;
    buffer_clear(&load->bytes, BYTES_KEPT);
    arena_reset(&load->arena, ARENA_KEPT);
    arena_reset(&load->notes, ARENA_KEPT);
    load->next = loader->spare_loads;
    loader->spare_loads = load;
}

static void free_list(struct load *load)
{
    while (load) {
        struct load *next = load->next;
        buffer_fini(&load->bytes);
        arena_fini(&load->arena);
        arena_fini(&load->notes);
        free(load->rows);
        free(load->facts);
        free(load->turn);
        free(load->turn_rows);
        free(load);
        load = next;
    }
}

void load_free_all(struct loader *loader)
{
    free_list(loader->loads);
    free_list(loader->spare_loads);
    loader->loads = loader->spare_loads = NULL;
}

/* ---- the end of rows and pages ---- */

static void finish(struct load *load)
{
    if (load->open > 0 || load->beginning || load->again.first) {
        return;
    }
    struct loader *loader = load->loader;
    if (load->batch) {
        int64_t wait = load->wait - store_now(loader->stage.store);
        if (load->stale) {
            link_in_nack(loader->link, load->batch, NACK_STALE, 0);
        } else if (load->released) {
            link_in_nack(loader->link, load->batch, loader->draining ? NACK_DRAIN : NACK_BUSY,
                         loader->draining ? 0 : WAIT_LEAST);
        } else if (load->wait > 0) {
            link_in_nack(loader->link, load->batch, NACK_BUSY, wait > WAIT_LEAST ? wait : WAIT_LEAST);
        } else {
            struct page_times *times = &load->batch->times;
            times->commit = page_span(load->first + load->last);
            times->write = page_span(page_clock() - load->batch->came - times->commit);
            times->calls = load->calls;
            link_in_ack(loader->link, load->batch);
        }
    }
    load_give(load);
    loader_settle(loader);
}

static void end_row(struct row *row)
{
    struct load *load = row->load;
    load->open--;
    finish(load);
}

void load_touch(const struct row *row)
{
    if (row->load->batch) {
        link_in_touch(row->load->loader->link, row->load->batch);
    }
}

void load_final(struct row *row)
{
    end_row(row);
}

void load_wait(struct row *row, int64_t until)
{
    if (until < 1) {
        until = 1;
    }
    row->load->wait = until > row->load->wait ? until : row->load->wait;
    end_row(row);
}

void load_released(struct row *row)
{
    row->load->released = true;
    end_row(row);
}

void load_again(struct row *row)
{
    struct load *load = row->load;
    if (!load_wanted(row) || load->stale) {
        load_released(row);
        return;
    }
    queue_add(&load->again, row);
    if (!load->beginning) {
        begin(load);
    }
}

void load_stop_run(struct loader *loader, int64_t run)
{
    for (struct load *load = loader->loads; load; load = load->next) {
        load->stale = load->stale || load->page.run == run;
    }
}

/* ---- T1 ---- */

/* A create whose fate nobody knows is taken over at once, in the same transaction. */
static int take_over(struct store *store, struct load *load)
{
    struct ledger_batch *batch = &load->begin;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        count += batch->rows[i].action == ACTION_SETTLE;
    }
    if (count == 0) {
        return 0;
    }
    struct ledger_reclaim *claims = arena_take(&load->arena, count * sizeof *claims);
    if (!claims) {
        return ERR_MEMORY;
    }
    size_t n = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->rows[i].action == ACTION_SETTLE) {
            claims[n++] = (struct ledger_reclaim){.id = batch->rows[i].id,
                                                  .claim = batch->rows[i].claim,
                                                  .op = OP_CREATE,
                                                  .adopted = batch->rows[i].adopted};
        }
    }
    int error = ledger_reclaim(store, &batch->times, claims, count);
    n = 0;
    for (size_t i = 0; i < batch->count && !error; i++) {
        struct ledger_row *row = &batch->rows[i];
        if (row->action == ACTION_SETTLE) {
            const struct ledger_reclaim *claim = &claims[n++];
            row->claim = claim->fresh;
            row->send_by = claim->send_by;
            row->until = claim->until;
            row->action = claim->stale ? ACTION_BUSY : ACTION_SETTLE;
        }
    }
    return error;
}

static int begin_work(struct store *store, struct store_job *job)
{
    struct load *load = (struct load *)((char *)job - offsetof(struct load, job));
    int error = ledger_begin(store, &load->begin);
    load->past = false;
    if (!error && load->begin.refused > 0) {
        const struct budget_spent spent = {.refused = (int64_t)load->begin.refused};
        error = budget_spend(store, &load->loader->stage.scheme->budget, load->page.run, &spent, &load->past);
    }
    return error ? error : take_over(store, load);
}

/* Another has the row: it may be done long before its claim's time is over. */
static int64_t busy_until(const struct loader *loader, int64_t until)
{
    int64_t soon = store_now(loader->stage.store) + WAIT_BUSY;
    return until < soon ? until : soon;
}

static void row_begun(struct row *row)
{
    struct loader *loader = row->load->loader;
    const struct ledger_row *facts = row->facts;
    row->claim = facts->claim;
    row->send_by = store_deadline(loader->stage.store, facts->send_by);
    row->until = facts->until;
    row->op = facts->op;
    row->adopted = facts->adopted;
    row->target_id = facts->target_id;
    row->reclaim = row->landed = row->again = false;
    switch (facts->action) {
    case ACTION_STAMP:
        loader_count(loader, facts->outcome);
        load_final(row);
        break;
    case ACTION_FINAL:
        load_final(row);
        break;
    case ACTION_BUSY:
        load_wait(row, busy_until(loader, facts->until));
        break;
    case ACTION_CLAIM:
        if (row->op == OP_UPDATE && row->target_id.size == 0 && !loader->dry) {
            quest_add(loader, row, SEEK_UPDATE, store_now(loader->stage.store) + loader->times.visible);
        } else {
            post_add(loader, row);
        }
        break;
    case ACTION_SETTLE:
        quest_add(loader, row, SEEK_SETTLE, 0);
        break;
    }
}

/* The T1 failed: nothing of it is in the store. */
static void begin_failed(struct load *load, int error)
{
    struct loader *loader = load->loader;
    struct cause cause;
    if (error == ERR_BUSY) {
        load->begun = page_clock();
        load->beginning = true;
        loader_submit(loader, &load->job);
        return;
    }
    if (error == ERR_STALE) {
        load->stale = true;
        for (size_t i = 0; i < load->turn_count; i++) {
            load->open--;
        }
        while (queue_take(&load->again)) {
            load->open--;
        }
        finish(load);
        return;
    }
    if (error == ERR_REFUSED) {
        cause_set(&cause, error, "store: %s", load->begin.mismatch);
    } else {
        cause_set(&cause, error, "store: records can't be claimed: %s: %s", error_text(error),
                  store_why(loader->stage.store));
    }
    loader_fatal(loader, &cause, EXIT_REFUSED);
}

static void begin_done(struct store_job *job, int error)
{
    struct load *load = (struct load *)((char *)job - offsetof(struct load, job));
    struct loader *loader = load->loader;
    load->beginning = false;
    load->first += page_clock() - load->begun;
    if (!loader_done(loader)) {
        return;
    }
    if (error) {
        begin_failed(load, error);
        return;
    }
    if (load->past) {
        load_stop_run(loader, load->page.run);
    }
    bool first = load->begin.rows == load->facts;
    size_t count = load->begin.count;
    load->open++; /* so that the load outlives the walk */
    for (size_t i = 0; i < count; i++) {
        struct row *row = first ? &load->rows[i] : load->turn_rows[i];
        if (!first) {
            *row->facts = load->turn[i];
        }
        row_begun(row);
    }
    load->open--;
    if (load->again.first && !load->beginning) {
        begin(load);
    }
    post_run(loader);
    quest_run(loader);
    finish(load);
}

/* Next T1: all rows the first time, later those that wait in `again`. */
static void begin(struct load *load)
{
    struct loader *loader = load->loader;
    load->turn_count = 0;
    struct ledger_row *rows = load->facts;
    size_t count = load->count;
    if (load->again.first) {
        for (struct row *row = queue_take(&load->again); row; row = queue_take(&load->again)) {
            load->turn_rows[load->turn_count] = row;
            load->turn[load->turn_count++] = *row->facts;
        }
        rows = load->turn;
        count = load->turn_count;
    } else {
        load->turn_count = count;
    }
    load->begin = (struct ledger_batch){.page = load->page,
                                        .account = loader->account,
                                        .adopt = loader->stage.scheme->target.adopt,
                                        .times = loader->times,
                                        .form = load_form(loader),
                                        .arena = &load->arena,
                                        .rows = rows,
                                        .count = count};
    load->job.work = begin_work;
    load->job.done = begin_done;
    load->begun = page_clock();
    load->beginning = true;
    loader_submit(loader, &load->job);
}

/* ---- the link ---- */

/* What no ledger takes becomes a reject of its own. */
static void check_row(struct ledger_row *row)
{
    if (row->kind > RECORD_UNMAPPABLE || row->key.size > KEY_MAX || row->number.size > KEY_MAX ||
        (row->kind == RECORD_PAYLOAD && (row->payload.size < 2 || row->payload.data[0] != '{'))) {
        row->refusal = (struct refusal){
            TEXT("mapping"), TEXT(""), TEXT("its key or number is longer than 200 bytes, or its payload is no object")};
        row->kind = RECORD_UNMAPPABLE;
        row->key = row->key.size > KEY_MAX ? (struct text){"", 0} : row->key;
        row->number = row->number.size > KEY_MAX ? (struct text){"", 0} : row->number;
    }
}

static bool read_rows(struct load *load, struct text records, size_t rows)
{
    buffer_add_text(&load->bytes, records);
    struct text rest = buffer_text(&load->bytes);
    if (load->bytes.failed) {
        return false;
    }
    for (size_t i = 0; i < rows; i++) {
        load->facts[i] = (struct ledger_row){0};
        if (wire_take_mapped(&rest, &load->facts[i]) != 0) {
            return false;
        }
        check_row(&load->facts[i]);
        load->rows[i] = (struct row){.load = load, .facts = &load->facts[i]};
    }
    load->count = load->open = rows;
    return rest.size == 0;
}

static void batch_came(void *user, struct link_in_batch *batch)
{
    struct loader *loader = user;
    struct load *load = batch->rows <= WIRE_ROWS_MAX ? load_take(loader, batch->rows > 0 ? batch->rows : 1) : NULL;
    if (load && !read_rows(load, batch->records, batch->rows)) {
        load_give(load);
        load = NULL;
    }
    if (!load) {
        log_event(LOG_ERROR, "page.malformed",
                  "a page can't be read: out of memory, or its sender is no transformer of this version",
                  LOG_PAGE(&batch->page), (const char *)NULL);
        link_in_nack(loader->link, batch, NACK_FAILED, MALFORMED_WAIT);
        return;
    }
    load->batch = batch;
    load->page = batch->page;
    begin(load);
}

static void batch_gone(void *user, struct link_in_batch *batch)
{
    struct loader *loader = user;
    for (struct load *load = loader->loads; load; load = load->next) {
        if (load->batch == batch) {
            load->batch = NULL;
        }
    }
}

const struct link_in_events load_events = {batch_came, batch_gone, NULL};
