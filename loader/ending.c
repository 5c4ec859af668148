#include "loader/ending.h"

#include <stdlib.h>

#include "common/budget.h"
#include "common/rule.h"
#include "loader/load.h"

enum { ROOM = 256, ARENA_MAX = 32 << 20, ARENA_KEPT = 1 << 16, STALE_WAIT = 500 /* ms: another has the claim */ };

struct ending {
    struct ending *next;     /* spare */
    struct ending *all_next; /* every one */
    struct loader *loader;
    struct arena arena;
    struct row *rows[ROOM];
    struct ledger_result results[ROOM];
    size_t count;
    int64_t begun; /* page_clock */
    bool past;     /* the run's budget is overspent */
    struct store_job job;
};

static int end_work(struct store *store, struct store_job *job)
{
    struct ending *ending = (struct ending *)((char *)job - offsetof(struct ending, job));
    int error = ledger_end(store, ending->results, ending->count);
    return error ? error
                 : budget_results(store, &ending->loader->stage.scheme->budget, ending->results, ending->count,
                                  &ending->past);
}

static void end_one(struct loader *loader, struct row *row, const struct ledger_result *result)
{
    if (result->stale) {
        load_wait(row, store_now(loader->stage.store) + STALE_WAIT);
        return;
    }
    if (result->verdict == VERDICT_RELEASED) {
        (row->again ? load_again : load_released)(row);
        return;
    }
    if (result->verdict == VERDICT_REFUSED) {
        loader_count(loader, OUTCOME_REJECTED);
    } else {
        loader_count(loader, result->op == OP_CREATE && !result->adopted ? OUTCOME_CREATED : OUTCOME_UPDATED);
    }
    load_final(row);
}

static void end_done(struct store_job *job, int error)
{
    struct ending *ending = (struct ending *)((char *)job - offsetof(struct ending, job));
    struct loader *loader = ending->loader;
    if (!loader_done(loader)) {
        return;
    }
    if (error == ERR_BUSY) {
        loader_submit(loader, job);
        return;
    }
    if (error) {
        struct cause cause;
        cause_set(&cause, error,
                  "store: outcomes can't be written: %s: %s; they will be settled with the target at the next start",
                  error_text(error), store_why(loader->stage.store));
        loader_fatal(loader, &cause, EXIT_REFUSED);
        return;
    }
    int64_t took = page_clock() - ending->begun;
    for (size_t i = 0; i < ending->count; i++) {
        ending->rows[i]->load->last = took;
    }
    for (size_t i = 0; ending->past && i < ending->count; i++) {
        load_stop_run(loader, ending->results[i].run);
    }
    for (size_t i = 0; i < ending->count; i++) {
        end_one(loader, ending->rows[i], &ending->results[i]);
    }
    ending->count = 0;
    arena_reset(&ending->arena, ARENA_KEPT);
    ending->next = loader->spare_endings;
    loader->spare_endings = ending;
    loader_settle(loader);
}

void ending_flush(struct loader *loader)
{
    struct ending *ending = loader->ending;
    if (!ending || ending->count == 0) {
        return;
    }
    loader->ending = NULL;
    ending->job.work = end_work;
    ending->job.done = end_done;
    ending->begun = page_clock();
    loader_submit(loader, &ending->job);
}

static struct ending *ending_take(struct loader *loader)
{
    if (loader->ending && loader->ending->count == ROOM) {
        ending_flush(loader);
    }
    if (!loader->ending && loader->spare_endings) {
        loader->ending = loader->spare_endings;
        loader->spare_endings = loader->ending->next;
    }
    if (!loader->ending) {
        struct ending *ending = calloc(1, sizeof *ending);
        if (!ending) {
            return NULL;
        }
        arena_init(&ending->arena, ARENA_MAX);
        ending->loader = loader;
        ending->all_next = loader->endings;
        loader->endings = loader->ending = ending;
    }
    return loader->ending;
}

static struct text keep(struct arena *arena, struct text t)
{
    struct text copy = arena_text(arena, t);
    return copy.data ? copy : (struct text){"", 0};
}

static struct ledger_result *add(struct row *row, enum verdict verdict, struct arena **arena)
{
    struct loader *loader = row->load->loader;
    struct ending *ending = ending_take(loader);
    if (!ending) { /* the claim stays: the row is settled when its time is over */
        load_wait(row, row->until);
        return NULL;
    }
    const struct ledger_row *facts = row->facts;
    struct ledger_result *result = &ending->results[ending->count];
    ending->rows[ending->count++] = row;
    *result = (struct ledger_result){.id = facts->id,
                                     .claim = row->claim,
                                     .run = row->load->page.run,
                                     .verdict = verdict,
                                     .op = row->op,
                                     .adopted = row->adopted,
                                     .hash = facts->hash,
                                     .number = load_number(row),
                                     .target_id = keep(&ending->arena, row->target_id),
                                     .key = facts->key,
                                     .payload = facts->payload,
                                     .source = facts->source,
                                     .form = load_form(loader)};
    *arena = &ending->arena;
    return result;
}

void ending_saved(struct row *row, const uint8_t *hash)
{
    struct arena *arena;
    struct ledger_result *result = add(row, VERDICT_SAVED, &arena);
    if (result) {
        result->hash = hash;
    }
}

void ending_refused(struct row *row, struct text class, struct text code, struct text message)
{
    struct arena *arena;
    struct ledger_result *result = add(row, VERDICT_REFUSED, &arena);
    if (result) {
        result->refusal = (struct refusal){class, keep(arena, code), keep(arena, message)};
    }
}

void ending_released(struct row *row)
{
    struct arena *arena;
    if (row->landed && !rule_off(RULE_KEPT)) { /* the claim stays: it is settled again when its time is over */
        load_wait(row, row->until);
        return;
    }
    (void)add(row, VERDICT_RELEASED, &arena);
}

void ending_free_all(struct loader *loader)
{
    while (loader->endings) {
        struct ending *next = loader->endings->all_next;
        arena_fini(&loader->endings->arena);
        free(loader->endings);
        loader->endings = next;
    }
    loader->ending = loader->spare_endings = NULL;
}
