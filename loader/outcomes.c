#include "loader/outcomes.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/container.h"
#include "common/json/json.h"
#include "common/ledger/budget.h"
#include "common/log/log.h"
#include "common/run/report.h"
#include "loader/begin.h"
#include "loader/step.h"

enum { ROOM = 256, ARENA_MAX = 32 << 20, ARENA_KEPT = 1 << 16 };

struct outcomes {
    struct outcomes *next;     /* spare */
    struct outcomes *all_next; /* every one */
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
    struct outcomes *outcomes = CONTAINER_OF(job, struct outcomes, job);
    int error = ledger_end(store, outcomes->results, outcomes->count);
    return error ? error
                 : budget_results(store, &outcomes->loader->stage.scheme->budget, outcomes->results, outcomes->count,
                                  &outcomes->past);
}

static void end_one(struct loader *loader, struct row *row, const struct ledger_result *result)
{
    if (result->stale) {
        loader->step(row, STEP_STALE);
    } else if (result->verdict == VERDICT_RELEASED) {
        loader->step(row, STEP_RELEASED);
    } else {
        step_count(row, result->verdict == VERDICT_REFUSED ? STATE_REFUSED : STATE_DONE);
        if (!row->again) { /* else it counts when its steps are done */
            loader_count(loader, result->verdict == VERDICT_REFUSED   ? OUTCOME_REJECTED
                                 : result->verdict == VERDICT_SKIPPED ? OUTCOME_UNCHANGED
                                 : result->op == OP_STEP              ? result->outcome
                                 : ledger_created(result)             ? OUTCOME_CREATED
                                                                      : OUTCOME_UPDATED);
        }
        loader->step(row, STEP_WRITTEN);
    }
}

static void end_done(struct store_job *job, int error)
{
    struct outcomes *outcomes = CONTAINER_OF(job, struct outcomes, job);
    struct loader *loader = outcomes->loader;
    if (!loader_done_or_again(loader, job, error)) {
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
    int64_t took = page_clock() - outcomes->begun;
    for (size_t i = 0; i < outcomes->count; i++) {
        outcomes->rows[i]->batch->last = took;
    }
    for (size_t i = 0; outcomes->past && i < outcomes->count; i++) {
        batch_stop_run(loader, outcomes->results[i].run);
    }
    for (size_t i = 0; i < outcomes->count; i++) {
        end_one(loader, outcomes->rows[i], &outcomes->results[i]);
    }
    outcomes->count = 0;
    arena_reset(&outcomes->arena, ARENA_KEPT);
    outcomes->next = loader->spare_outcomes;
    loader->spare_outcomes = outcomes;
    loader_pump(loader);
}

void outcomes_run(struct loader *loader)
{
    struct outcomes *outcomes = loader->outcomes;
    if (!outcomes || outcomes->count == 0) {
        return;
    }
    loader->outcomes = NULL;
    outcomes->job.work = end_work;
    outcomes->job.done = end_done;
    outcomes->begun = page_clock();
    loader_submit(loader, &outcomes->job);
}

static struct outcomes *take(struct loader *loader)
{
    if (loader->outcomes && loader->outcomes->count == ROOM) {
        outcomes_run(loader);
    }
    if (!loader->outcomes && loader->spare_outcomes) {
        loader->outcomes = loader->spare_outcomes;
        loader->spare_outcomes = loader->outcomes->next;
    }
    if (!loader->outcomes) {
        struct outcomes *outcomes = calloc(1, sizeof *outcomes);
        if (!outcomes) {
            return NULL;
        }
        arena_init(&outcomes->arena, ARENA_MAX);
        outcomes->loader = loader;
        outcomes->all_next = loader->all_outcomes;
        loader->all_outcomes = loader->outcomes = outcomes;
    }
    return loader->outcomes;
}

static struct text keep(struct arena *arena, struct text t)
{
    struct text copy = arena_text(arena, t);
    return copy.data ? copy : (struct text){"", 0};
}

static struct ledger_result *add(struct row *row, enum verdict verdict, struct text class)
{
    struct loader *loader = row->batch->loader;
    struct outcomes *outcomes = take(loader);
    if (!outcomes) {
        loader->step(row, STEP_LEFT);
        return NULL;
    }
    const struct ledger_row *facts = row->facts;
    const struct scheme *scheme = loader->stage.scheme;
    struct arena *arena = &outcomes->arena;
    struct ledger_result *result = &outcomes->results[outcomes->count];
    outcomes->rows[outcomes->count++] = row;
    *result = (struct ledger_result){.id = facts->id,
                                     .claim = row->claim,
                                     .run = row->batch->page.run,
                                     .verdict = verdict,
                                     .op = row->op,
                                     .adopted = row->adopted,
                                     .step = row->op == OP_STEP ? step_of(row)->name : TEXT(""),
                                     .outcome = facts->outcome,
                                     .stepped = facts->locked,
                                     .hash = facts->in.hash,
                                     .number = row_number(row),
                                     .target_id = keep(arena, row->target_id),
                                     .key = facts->in.key,
                                     .payload = facts->in.payload,
                                     .source = facts->in.source,
                                     .form = {scheme->slots, scheme->slot_count}};
    /* Rows of a batch that was refused as a whole come one by one, and of several batches together: only a page of which
     * nothing is saved says that the target saves nothing. */
    result->among_saved = row->batch->saved;
    /* Nobody else had a claim on what T1 gave one to be created at once, as long as that holds. */
    if (row->claim == facts->claim && facts->action == ACTION_CLAIM) {
        result->alone = facts->send_by;
    }
    row->batch->saved = row->batch->saved || verdict == VERDICT_SAVED;
    if (verdict == VERDICT_REFUSED) {
        result->refusal = (struct refusal){class, keep(arena, row->code), keep(arena, row->message)};
    }
    loader_pump(loader);
    return result;
}

void outcomes_saved(struct row *row)
{
    row->again = step_follows(row);
    (void)add(row, VERDICT_SAVED, TEXT(""));
}

void outcomes_refused(struct row *row, struct text class)
{
    (void)add(row, VERDICT_REFUSED, class);
}

void outcomes_unclear(struct row *row, bool keep_claim)
{
    struct ledger_result *result = add(row, VERDICT_REFUSED, TEXT("unclear"));
    if (result) {
        result->kept = keep_claim;
    }
}

void outcomes_skipped(struct row *row)
{
    (void)add(row, VERDICT_SKIPPED, TEXT(""));
}

void outcomes_released(struct row *row)
{
    (void)add(row, VERDICT_RELEASED, TEXT(""));
}

void outcomes_free_all(struct loader *loader)
{
    while (loader->all_outcomes) {
        struct outcomes *next = loader->all_outcomes->all_next;
        arena_fini(&loader->all_outcomes->arena);
        free(loader->all_outcomes);
        loader->all_outcomes = next;
    }
    loader->outcomes = loader->spare_outcomes = NULL;
}

/* ---- what a dry run would change ---- */

enum { LINE_LIMIT = 8 << 20 };

void outcomes_change(struct loader *loader, const struct row *row)
{
    char path[PATH_MAX];
    bool create = row->op == OP_CREATE;
    if (!loader->settings.changes || (create && loader->creates_noted == CREATES_NOTED)) {
        return;
    }
    loader->creates_noted += create;
    int size = snprintf(path, sizeof path, "%s%s", loader->settings.changes, create ? CREATES_FILE : "");
    int fd =
        size > 0 && size < PATH_MAX ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (fd < 0) {
        return;
    }
    struct buffer line;
    bool first = true;
    buffer_init(&line, LINE_LIMIT);
    buffer_add_char(&line, '{');
    json_put_member(&line, &first, TEXT("number"));
    json_put_text(&line, row->facts->known_number.size > 0 ? row->facts->known_number : row->facts->in.number);
    json_put_member(&line, &first, TEXT("payload"));
    buffer_add_text(&line, row->facts->in.payload);
    buffer_add_text(&line, TEXT("}\n"));
    /* One write: lines of several loaders do not mix. */
    if (line.failed || write(fd, line.data, line.size) != (ssize_t)line.size) {
        log_line(EVENT_DRY_CHANGES, "a change that a dry run would make could not be noted");
    }
    buffer_fini(&line);
    (void)close(fd);
}
