#include "loader/begin.h"

#include "common/base/container.h"
#include "common/ledger/budget.h"
#include "common/log/log.h"
#include "loader/aside.h"
#include "loader/ask/existing.h"
#include "loader/ask/questions.h"

enum {
    WAIT_LEAST = 100, /* ms before a page may come again */
    MALFORMED_WAIT = 3000,
    UNREAD_AGAIN = 500, /* ms until a page is tried again while the target is read */
};

/* ---- the end of rows and pages ---- */

static void give(struct batch *batch)
{
    batch->link = NULL;
    aside_weigh(batch);
    batch_give(batch);
}

static void finish(struct batch *batch)
{
    struct loader *loader = batch->loader;
    if (batch->link) {
        int64_t wait = loop_since(batch->wait, loop_now(loader->stage.loop));
        if (batch->stale) {
            link_in_nack(loader->link, batch->link, NACK_STALE, 0);
        } else if (batch->released) {
            link_in_nack(loader->link, batch->link, loader->draining ? NACK_DRAIN : NACK_BUSY,
                         loader->draining ? 0 : WAIT_LEAST);
        } else if (batch->wait.ms > 0) {
            link_in_nack(loader->link, batch->link, NACK_BUSY, wait > WAIT_LEAST ? wait : WAIT_LEAST);
        } else {
            struct page_times *times = &batch->link->times;
            times->commit = page_span(batch->first + batch->last);
            times->write = page_span(page_clock() - batch->link->came - times->commit);
            times->calls = batch->calls;
            link_in_ack(loader->link, batch->link);
        }
    }
    give(batch);
}

static void end_row(struct row *row)
{
    struct batch *batch = row->batch;
    batch->open--;
    aside_weigh(batch);
    if (batch->open == 0) {
        loader_pump(batch->loader);
    }
}

void batch_final(struct row *row)
{
    end_row(row);
}

void batch_wait(struct row *row, struct store_ms until)
{
    const struct stage *stage = &row->batch->loader->stage;
    int64_t wait = store_since(until, store_now(stage->store));
    row->batch->wait = loop_later(row->batch->wait, loop_after(loop_now(stage->loop), wait > 1 ? wait : 1));
    end_row(row);
}

void batch_released(struct row *row)
{
    row->batch->released = true;
    end_row(row);
}

void batch_again(struct row *row)
{
    if (!batch_wanted(row)) {
        batch_released(row);
        return;
    }
    queue_add(&row->batch->again, row);
    loader_pump(row->batch->loader);
}

void batch_stop_run(struct loader *loader, int64_t run)
{
    for (struct batch *batch = loader->batches; batch; batch = batch->next) {
        if (batch->page.run == run) {
            batch->stale = true;
            aside_leave(loader, batch, false);
        }
    }
}

/* ---- T1 ---- */

/* A create, or step, whose fate nobody knows is taken over at once, in the same transaction. */
static int take_over(struct store *store, struct batch *batch)
{
    struct ledger_batch *begin = &batch->begin;
    size_t count = 0;
    for (size_t i = 0; i < begin->count; i++) {
        count += begin->rows[i].action == ACTION_SETTLE;
    }
    if (count == 0) {
        return 0;
    }
    struct ledger_reclaim *claims = arena_take(&batch->arena, count * sizeof *claims);
    if (!claims) {
        return ERR_MEMORY;
    }
    size_t n = 0;
    for (size_t i = 0; i < begin->count; i++) {
        if (begin->rows[i].action == ACTION_SETTLE) {
            claims[n++] = (struct ledger_reclaim){.id = begin->rows[i].id,
                                                  .claim = begin->rows[i].claim,
                                                  .op = begin->rows[i].op,
                                                  .page = &batch->page,
                                                  .adopted = begin->rows[i].adopted};
        }
    }
    int error = ledger_reclaim(store, &begin->times, claims, count);
    n = 0;
    for (size_t i = 0; i < begin->count && !error; i++) {
        struct ledger_row *row = &begin->rows[i];
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

/* A page whose every row is final with its T1 needs no word of its own. */
static bool is_final(const struct batch *batch)
{
    const struct ledger_batch *begin = &batch->begin;
    size_t n = 0;
    while (n < begin->count && (begin->rows[n].action == ACTION_FINAL || begin->rows[n].action == ACTION_STAMP)) {
        n++;
    }
    return begin->rows == batch->facts && n == begin->count;
}

static int begin_work(struct store *store, struct store_job *job)
{
    struct batch *batch = CONTAINER_OF(job, struct batch, job);
    int error = ledger_begin(store, &batch->begin);
    batch->past = batch->settled = false;
    if (!error && is_final(batch)) {
        error = page_settled(store, &batch->page);
        batch->settled = !error;
    }
    if (!error && batch->begin.refused > 0) {
        const struct budget_spent spent = {.refused = (int64_t)batch->begin.refused};
        error = budget_spend(store, &batch->loader->stage.scheme->budget, batch->page.run, &spent, &batch->past);
    }
    return error ? error : take_over(store, batch);
}

/* The T1 failed: nothing of it is in the store. */
static void begin_failed(struct batch *batch, int error)
{
    struct loader *loader = batch->loader;
    struct cause cause;
    if (error == ERR_BUSY) {
        batch->begun = page_clock();
        batch->beginning = true;
        loader_submit(loader, &batch->job);
        return;
    }
    if (error == ERR_STALE) {
        batch->stale = true;
        batch->open -= batch->turn_count + batch->again.count;
        queue_init(&batch->again);
        aside_leave(loader, batch, false);
        loader_pump(loader);
        return;
    }
    if (error == ERR_REFUSED) {
        cause_set(&cause, error, "store: %s", batch->begin.mismatch);
    } else {
        cause_set(&cause, error, "store: records can't be claimed: %s: %s", error_text(error),
                  store_why(loader->stage.store));
    }
    loader_fatal(loader, &cause, EXIT_REFUSED);
}

/* Nothing may be created until what stands in the target was read anew: the rows come again in a while. */
static void begin_unread(struct batch *batch)
{
    struct store_ms again = store_after(store_now(batch->loader->stage.store), UNREAD_AGAIN);
    for (size_t i = 0; i < batch->begin.count; i++) {
        batch->begin.rows[i].action = ACTION_BUSY;
        batch->begin.rows[i].until = again;
    }
    existing_again(batch->loader, batch->page.run);
}

static void begin_done(struct store_job *job, int error)
{
    struct batch *batch = CONTAINER_OF(job, struct batch, job);
    struct loader *loader = batch->loader;
    batch->beginning = false;
    batch->first += page_clock() - batch->begun;
    if (!loader_done(loader)) {
        return;
    }
    if (error == ERR_NOT_FOUND) {
        begin_unread(batch);
    } else if (error) {
        begin_failed(batch, error);
        return;
    }
    if (batch->past) {
        batch_stop_run(loader, batch->page.run);
    }
    bool first = batch->begin.rows == batch->facts;
    batch->epoch = store_deadline(loader->stage.store, (struct store_ms){0});
    for (size_t i = 0; i < batch->begin.count; i++) {
        struct row *row = first ? &batch->rows[i] : batch->turn_rows[i];
        if (!first) {
            *row->facts = batch->turn[i];
        }
        loader->step(row, STEP_BEGUN);
    }
    loader_pump(loader);
}

/* Next T1: all rows the first time, later those that wait in `again`. */
static void begin(struct batch *batch)
{
    struct loader *loader = batch->loader;
    batch->turn_count = 0;
    struct ledger_row *rows = batch->facts;
    size_t count = batch->count;
    if (batch->again.first) {
        for (struct row *row = queue_take(&batch->again); row; row = queue_take(&batch->again)) {
            batch->turn_rows[batch->turn_count] = row;
            batch->turn[batch->turn_count++] = *row->facts;
        }
        rows = batch->turn;
        count = batch->turn_count;
    } else {
        batch->turn_count = count;
    }
    batch->begin = (struct ledger_batch){.page = batch->page,
                                         .account = loader->account,
                                         .existing = loader->stage.scheme->target.existing,
                                         .asks = loader->ask_first,
                                         .steps = loader->stage.scheme->target.steps,
                                         .step_count = loader->stage.scheme->target.step_count,
                                         .times = loader->times,
                                         .form = {loader->stage.scheme->slots, loader->stage.scheme->slot_count},
                                         .arena = &batch->arena,
                                         .rows = rows,
                                         .count = count};
    batch->job.work = begin_work;
    batch->job.done = begin_done;
    batch->job.first = ledger_is_numbered(rows, count);
    batch->begun = page_clock();
    batch->beginning = true;
    aside_weigh(batch);
    loader_submit(loader, &batch->job);
}

void batch_begin(struct batch *batch)
{
    begin(batch);
}

static int settle_work(struct store *store, struct store_job *job)
{
    const struct batch *batch = CONTAINER_OF(job, struct batch, job);
    return page_settled(store, &batch->page);
}

static void settle_done(struct store_job *job, int error)
{
    struct batch *batch = CONTAINER_OF(job, struct batch, job);
    batch->beginning = false;
    if (!loader_done(batch->loader)) {
        return;
    }
    batch->settled = !error;
    if (error && error != ERR_BUSY) {
        batch->stale = true; /* the page is another's, or its run is over; all its rows are written */
    }
    loader_pump(batch->loader);
}

/* All rows have an outcome; the extractor takes no ack before the store knows that. */
static bool settle(struct batch *batch)
{
    if (!batch->link || batch->stale || batch->released || batch->wait.ms > 0 || batch->settled) {
        return false;
    }
    batch->job.work = settle_work;
    batch->job.first = false;
    batch->job.done = settle_done;
    batch->beginning = true;
    loader_submit(batch->loader, &batch->job);
    return true;
}

void batch_run(struct loader *loader)
{
    struct batch *next;
    for (struct batch *batch = loader->batches; batch; batch = next) {
        next = batch->next;
        if (batch->beginning || batch->asking) {
            continue;
        }
        if (batch->again.first) {
            begin(batch);
        } else if (batch->open == 0 && !settle(batch)) {
            finish(batch);
        }
    }
}

/* ---- the link ---- */

static void check_row(struct ledger_row *row)
{
    if (row->in.kind > RECORD_UNMAPPABLE || row->in.key.size > KEY_MAX || row->in.number.size > KEY_MAX ||
        (row->in.kind == RECORD_PAYLOAD && (row->in.payload.size < 2 || row->in.payload.data[0] != '{'))) {
        row->in.refusal = (struct refusal){
            TEXT("mapping"), TEXT(""), TEXT("its key or number is longer than 200 bytes, or its payload is no object")};
        row->in.kind = RECORD_UNMAPPABLE;
        row->in.key = row->in.key.size > KEY_MAX ? (struct text){"", 0} : row->in.key;
        row->in.number = row->in.number.size > KEY_MAX ? (struct text){"", 0} : row->in.number;
    }
}

static bool read_rows(struct batch *batch, struct text records, size_t rows)
{
    buffer_add_text(&batch->bytes, records);
    struct text rest = buffer_text(&batch->bytes);
    if (batch->bytes.failed) {
        return false;
    }
    for (size_t i = 0; i < rows; i++) {
        batch->facts[i] = (struct ledger_row){0};
        if (wire_take_mapped(&rest, &batch->facts[i].in) != 0) {
            return false;
        }
        check_row(&batch->facts[i]);
        batch->rows[i] = (struct row){.batch = batch, .facts = &batch->facts[i]};
    }
    batch->count = batch->open = rows;
    return rest.size == 0;
}

static void batch_came(void *user, struct link_in_batch *link)
{
    struct loader *loader = user;
    struct batch *batch = link->rows <= WIRE_ROWS_MAX ? batch_take(loader, link->rows > 0 ? link->rows : 1) : NULL;
    if (batch && !read_rows(batch, link->records, link->rows)) {
        give(batch);
        batch = NULL;
    }
    if (!batch) {
        log_event(EVENT_PAGE_MALFORMED,
                  "a page can't be read: out of memory, or its sender is no transformer of this version",
                  LOG_PAGE(&link->page), (const char *)NULL);
        link_in_nack(loader->link, link, NACK_FAILED, MALFORMED_WAIT);
        return;
    }
    batch->link = link;
    batch->page = link->page;
    if (loader->questions && !questions_answer(batch)) {
        batch->asking = true;
        return;
    }
    begin(batch);
}

static void batch_gone(void *user, struct link_in_batch *link)
{
    struct loader *loader = user;
    for (struct batch *batch = loader->batches; batch; batch = batch->next) {
        if (batch->link == link) {
            batch->link = NULL;
            aside_weigh(batch);
            aside_leave(loader, batch, true);
        }
    }
}

const struct link_in_events batch_events = {batch_came, batch_gone, NULL};
