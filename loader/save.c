#include "loader/save.h"

#include <stdlib.h>

#include "common/base/container.h"
#include "common/base/rule.h"
#include "common/log/log.h"
#include "loader/batch.h"
#include "loader/outcomes.h"
#include "loader/step.h"

enum {
    CUT = 50,               /* ms that the first row of a batch waits for more */
    PAYLOADS_MAX = 4 << 20, /* bytes of one body, but for a single larger row */
    BODY_MAX = 24 << 20,
    ARENA_MAX = 16 << 20,
};

struct save {
    struct save *all_next;
    struct loader *loader;
    enum { SAVE_SPARE, SAVE_QUEUED, SAVE_CALLING, SAVE_CLAIMING, SAVE_PAUSED } state;
    struct row **rows;
    size_t count;
    size_t place; /* of its rows in loader->ready: 0 = a save, else a step */
    int64_t born; /* order among queued ones */
    int attempt;  /* failures without an execution, in a row */
    struct client_call call;
    struct loop_timer pause;
    struct store_job job;
    struct ledger_reclaim *claims;
    struct judge_row *judged;
    struct arena arena;
};

static bool save_ready(struct client_call *call);
static void save_done(struct client_call *call, const struct answer *answer);

/* ---- saves are used again ---- */

/* Rows of the largest call. */
static size_t rows_most(const struct loader *loader)
{
    size_t most = 0;
    for (size_t place = 0; place <= loader->stage.scheme->target.step_count; place++) {
        most = step_most(loader, place) > most ? step_most(loader, place) : most;
    }
    return most;
}

static struct save *save_take(struct loader *loader)
{
    size_t most = rows_most(loader);
    for (struct save *save = loader->saves; save; save = save->all_next) {
        if (save->state == SAVE_SPARE) {
            return save;
        }
    }
    struct save *save = calloc(1, sizeof *save);
    if (!save) {
        return NULL;
    }
    save->rows = calloc(most, sizeof(struct row *));
    save->claims = calloc(most, sizeof *save->claims);
    save->judged = calloc(most, sizeof *save->judged);
    arena_init(&save->arena, ARENA_MAX);
    save->loader = loader;
    save->all_next = loader->saves;
    loader->saves = save;
    if (!save->rows || !save->claims || !save->judged) {
        save->state = SAVE_PAUSED; /* never used */
        return NULL;
    }
    return save;
}

static void save_give(struct save *save)
{
    struct loader *loader = save->loader;
    if (save->state != SAVE_QUEUED) {
        loader->calls--;
        loader_pump(loader); /* who waits for the call may go */
    }
    save->state = SAVE_SPARE;
    save->count = 0;
    arena_reset(&save->arena, 1 << 16);
    target_call_fini(&save->call.wire);
}

void save_free_all(struct loader *loader)
{
    while (loader->saves) {
        struct save *next = loader->saves->all_next;
        target_call_fini(&loader->saves->call.wire);
        arena_fini(&loader->saves->arena);
        free(loader->saves->rows);
        free(loader->saves->claims);
        free(loader->saves->judged);
        free(loader->saves);
        loader->saves = next;
    }
}

/* ---- rows come in ---- */

int save_sends(int64_t batch)
{
    int n = 2;
    for (int64_t size = 1; size < batch; size *= 2) {
        n++;
    }
    return n;
}

/* Sent as often as may be, or in a dry run, which pretends that it was saved without an id: not to be sent. */
static bool ended(struct row *row)
{
    struct loader *loader = row->batch->loader;
    if (loader->dry) {
        if (row->op != OP_STEP) {
            outcomes_change(loader, row);
        }
        loader->step(row, STEP_SAVED);
        return true;
    }
    if (row->sends < save_sends((int64_t)step_most(loader, step_place(row)))) {
        return false;
    }
    loader->step(row, STEP_WORN_OUT);
    return true;
}

void save_add(struct row *row)
{
    struct loader *loader = row->batch->loader;
    if (ended(row)) {
        return;
    }
    struct ready *ready = &loader->ready[step_place(row)];
    if (!ready->rows.first) {
        ready->since = loop_now(loader->stage.loop);
    }
    queue_add(&ready->rows, row);
    loader_pump(loader);
}

/* An update that has a call of its own. */
static bool is_alone(const struct row *row)
{
    return row->op == OP_UPDATE && row->target_id.size > 0 && row->batch->loader->form->update.size > 0;
}

static struct save *save_queue(struct loader *loader, struct row **rows, size_t count)
{
    struct save *save = count > 0 ? save_take(loader) : NULL;
    if (!save) {
        for (size_t i = 0; i < count; i++) { /* out of memory: nothing was executed under these claims */
            loader->step(rows[i], STEP_UNSENT);
        }
        return NULL;
    }
    static int64_t order;
    for (size_t i = 0; i < count; i++) {
        save->rows[i] = rows[i];
    }
    save->count = count;
    save->place = step_place(rows[0]);
    save->attempt = 0;
    save->born = ++order;
    save->state = SAVE_QUEUED;
    save->call = (struct client_call){.save = true, .ready = save_ready, .done = save_done, .user = save};
    save->call.path = is_alone(rows[0]) ? loader->form->update.data : step_path(loader, save->place);
    loader_pump(loader);
    return save;
}

void save_alone(struct row *row)
{
    if (!ended(row)) {
        (void)save_queue(row->batch->loader, &row, 1);
    }
}

/* ---- sending ---- */

/* Rows whose page is gone, or all of them in a drain, are let go: nothing was executed under their claims. */
static void sift(struct save *save)
{
    size_t kept = 0;
    for (size_t i = 0; i < save->count; i++) {
        if (batch_wanted(save->rows[i])) {
            save->rows[kept++] = save->rows[i];
        } else {
            save->loader->step(save->rows[i], STEP_UNSENT);
        }
    }
    save->count = kept;
}

static int claim_work(struct store *store, struct store_job *job)
{
    struct save *save = CONTAINER_OF(job, struct save, job);
    return ledger_reclaim(store, &save->loader->times, save->claims, save->count);
}

static void claim_done(struct store_job *job, int error)
{
    struct save *save = CONTAINER_OF(job, struct save, job);
    struct loader *loader = save->loader;
    if (!loader_done_or_again(loader, job, error)) {
        return;
    }
    if (error) {
        struct cause cause;
        cause_set(&cause, error, "store: records can't be claimed: %s: %s", error_text(error),
                  store_why(loader->stage.store));
        loader_fatal(loader, &cause, EXIT_REFUSED);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < save->count; i++) {
        struct row *row = save->rows[i];
        const struct ledger_reclaim *claim = &save->claims[i];
        if (claim->stale) {
            loader->step(row, STEP_OVERTAKEN);
            continue;
        }
        row->claim = claim->fresh;
        row->send_by = store_deadline(loader->stage.store, claim->send_by);
        row->until = claim->until;
        row->reclaim = row->landed = false;
        save->rows[kept++] = row;
    }
    save->count = kept;
    save->state = SAVE_CALLING;
    client_start(loader->client, &save->call);
    loader_pump(loader);
}

static void claim_afresh(struct save *save)
{
    for (size_t i = 0; i < save->count; i++) {
        const struct row *row = save->rows[i];
        save->claims[i] =
            (struct ledger_reclaim){.id = row->facts->id,
                                    .claim = row->claim,
                                    .op = row->op,
                                    .hash = row->facts->in.hash,
                                    .target_id = row->op == OP_UPDATE ? row->target_id : (struct text){NULL, 0},
                                    .adopted = row->adopted};
    }
    save->state = SAVE_CLAIMING;
    save->job.work = claim_work;
    save->job.done = claim_done;
    loader_submit(save->loader, &save->job);
}

static bool write_call(struct save *save, struct target_call *call)
{
    struct loader *loader = save->loader;
    target_call_clear(call, BODY_MAX, 0);
    if (save->place > 0) {
        step_body(&call->body, step_of(save->rows[0]), save->rows, save->count);
        return !call->body.failed;
    }
    struct target_item *items = arena_take(&save->arena, save->count * sizeof *items);
    for (size_t i = 0; items && i < save->count; i++) {
        const struct row *row = save->rows[i];
        items[i] = (struct target_item){row->facts->in.payload,
                                        row->op == OP_UPDATE ? row->target_id : (struct text){NULL, 0}};
    }
    if (items) {
        loader->driver->save_call(call, loader->form, items, save->count);
    }
    return items && !call->body.failed && !call->address.failed;
}

/* Login and slot are in hand. The claims must have time enough left for a whole call. */
static bool save_ready(struct client_call *call)
{
    struct save *save = call->user;
    struct loader *loader = save->loader;
    sift(save);
    if (save->count == 0) {
        (void)client_withdraw(loader->client, call);
        save_give(save);
        return false;
    }
    struct loop_ms send_by = LOOP_NEVER;
    bool afresh = false;
    for (size_t i = 0; i < save->count; i++) {
        afresh = afresh || save->rows[i]->reclaim;
        send_by = loop_earlier(save->rows[i]->send_by, send_by);
    }
    if (afresh || loop_since(send_by, loop_now(loader->stage.loop)) < loader->times.send / 4) {
        claim_afresh(save);
        return false;
    }
    if (!write_call(save, &call->wire)) {
        for (size_t i = 0; i < save->count; i++) {
            loader->step(save->rows[i], STEP_UNSENT);
        }
        (void)client_withdraw(loader->client, call);
        save_give(save);
        return false;
    }
    call->send_by = send_by;
    if (rule_off(RULE_SEND_BY)) {
        call->send_by.ms = 0;
    }
    save->rows[0]->batch->calls++;
    return true;
}

static struct save *oldest_queued(const struct loader *loader)
{
    struct save *best = NULL;
    for (struct save *save = loader->saves; save; save = save->all_next) {
        if (save->state == SAVE_QUEUED && (!best || save->born < best->born)) {
            best = save;
        }
    }
    return best;
}

/* The next batch out of the rows that are ready at this place; NULL while it is worth waiting for more. */
static struct save *cut_at(struct loader *loader, size_t place)
{
    struct ready *ready = &loader->ready[place];
    size_t most = step_most(loader, place);
    struct loop_ms now = loop_now(loader->stage.loop);
    if (!ready->rows.first) {
        return NULL;
    }
    if (ready->rows.count < most && loop_since(now, ready->since) < CUT && !loader->draining) {
        loader_pump_after(loader, loop_since(loop_after(ready->since, CUT), now));
        return NULL;
    }
    struct row *first = queue_take(&ready->rows);
    struct save *save = save_queue(loader, &first, 1);
    size_t bytes = first->facts->in.payload.size;
    while (save && !is_alone(first) && save->count < most && ready->rows.first && !is_alone(ready->rows.first)) {
        bytes += place == 0 ? ready->rows.first->facts->in.payload.size : 0;
        if (bytes > PAYLOADS_MAX) {
            break;
        }
        save->rows[save->count++] = queue_take(&ready->rows);
    }
    ready->since = now;
    return save;
}

/* Steps first: each ends a row that is open already. */
static struct save *cut(struct loader *loader)
{
    struct save *save = NULL;
    for (size_t place = loader->stage.scheme->target.step_count + 1; !save && place-- > 0;) {
        save = cut_at(loader, place);
    }
    return save;
}

static bool any_ready(const struct loader *loader)
{
    bool any = false;
    for (size_t place = 0; place <= loader->stage.scheme->target.step_count; place++) {
        any = any || loader->ready[place].rows.first;
    }
    return any;
}

/* Work that the target does not take yet: as many calls as may be are under way or wait for their turn, or it is away. */
static bool stalled(const struct loader *loader)
{
    bool held =
        loader->calls >= (size_t)loader->at_once.now || loop_before(loop_now(loader->stage.loop), loader->brake);
    return held && (any_ready(loader) || oldest_queued(loader));
}

/* The target is away: one call at a time tries it, and what has to be asked goes first, which leaves nothing unknown. */
static bool braked(struct loader *loader)
{
    int64_t pause = loop_since(loader->brake, loop_now(loader->stage.loop));
    if (loader->draining || !loader_away(loader)) {
        return false;
    }
    if (loader->lookup_count > 0 || loader->asked.first) {
        return true;
    }
    if (pause <= 0) {
        return false;
    }
    loader_pump_after(loader, pause);
    return true;
}

void save_run(struct loader *loader)
{
    while (loader->calls < (size_t)loader->at_once.now && !loader->stopped && !braked(loader)) {
        struct save *save = oldest_queued(loader);
        if (!save) {
            save = cut(loader);
        }
        if (!save) {
            break;
        }
        save->state = SAVE_CALLING;
        loader->calls++;
        client_start(loader->client, &save->call);
    }
    metric_run(loader->stalled, stalled(loader));
}

void save_touch(struct loader *loader)
{
    for (size_t place = 0; place <= loader->stage.scheme->target.step_count; place++) {
        for (const struct row *row = loader->ready[place].rows.first; row; row = row->next) {
            batch_touch(row);
        }
    }
    for (const struct save *save = loader->saves; save; save = save->all_next) {
        for (size_t i = 0; i < save->count; i++) {
            batch_touch(save->rows[i]);
        }
    }
}

static void unpause(void *user)
{
    struct save *save = user;
    if (!save->loader->stopped) {
        save->state = SAVE_CALLING;
        client_start(save->loader->client, &save->call);
    }
}

/* Nothing was executed: the same rows again, under fresh claims. */
static void send_again(struct save *save, const struct answer *answer)
{
    struct loader *loader = save->loader;
    if (loader->draining) {
        sift(save);
        save_give(save);
        return;
    }
    for (size_t i = 0; i < save->count; i++) {
        save->rows[i]->reclaim = true;
    }
    if (answer->class != REPLY_RETRY) { /* limit and login make it wait as long as is due */
        client_start(loader->client, &save->call);
        return;
    }
    if (loader_away(loader)) { /* one call at a time, in order: save_run */
        save->state = SAVE_QUEUED;
        loader->calls--;
        loader_pump(loader);
        return;
    }
    save->state = SAVE_PAUSED;
    save->pause = (struct loop_timer){.fn = unpause, .user = save};
    loop_set_after(loader->stage.loop, &save->pause, retry_pause(save->attempt++));
}

/* ---- what the reply means ---- */

static void note_refusal(struct row *row, const struct judge_row *judged)
{
    row->code = batch_keep(row, judged->code);
    row->message = batch_keep(row, judged->message);
}

/* One row, unless it is to be sent again with others (JUDGE_AGAIN). */
static void judged_row(struct row *row, const struct judge_row *judged, struct text saved)
{
    struct loader *loader = row->batch->loader;
    row->sends++;
    switch (judged->judgement) {
    case JUDGE_SAVED:
        if (judged->id.size > 0 && row->op != OP_STEP) {
            row->target_id = batch_keep(row, judged->id);
        }
        loader->step(row, STEP_SAVED);
        break;
    case JUDGE_REFUSED:
        note_refusal(row, judged);
        loader->step(row, STEP_REFUSED);
        break;
    case JUDGE_EXISTS:
        note_refusal(row, judged);
        loader->step(row, STEP_EXISTS);
        break;
    case JUDGE_GONE:
        note_refusal(row, judged);
        loader->step(row, STEP_GONE);
        break;
    case JUDGE_UNCLEAR:
        row->saved = row->op == OP_CREATE ? batch_keep(row, saved) : (struct text){NULL, 0};
        loader->step(row, STEP_UNCLEAR);
        break;
    case JUDGE_UNKNOWN:
    case JUDGE_RELEASED:
    case JUDGE_AGAIN:
        row->sends--; /* the target has said nothing of it */
        row->reclaim = true;
        loader->step(row, STEP_UNKNOWN);
        break;
    }
}

/* From when a call whose end nobody knows is certainly executed or never will be, and its materials show. */
static struct loop_ms time_over(const struct save *save, const struct row *row, const struct answer *answer)
{
    const struct loader *loader = save->loader;
    int64_t late = answer->whole || rule_off(RULE_LATE) ? 0 : loader->times.late;
    return loop_earlier(loop_after(loop_now(loader->stage.loop), late + loader->times.visible),
                        store_deadline(loader->stage.store, row->until));
}

/* Rows of a batch of which nothing was saved: two smaller ones, each under fresh claims. */
static void halve(struct loader *loader, struct row **rows, size_t count)
{
    size_t half = count > 1 ? (count + 1) / 2 : count;
    (void)save_queue(loader, rows, half);
    (void)save_queue(loader, rows + half, count - half);
}

static void save_judge(struct save *save, const struct answer *answer)
{
    struct loader *loader = save->loader;
    for (size_t i = 0; i < save->count; i++) {
        const struct row *row = save->rows[i];
        save->judged[i] =
            (struct judge_row){.op = row->op,
                               .number = row_number(row),
                               .target_id = row->op != OP_CREATE ? row->target_id : (struct text){NULL, 0}};
    }
    loader->driver->judge(&save->arena, step_form(loader, save->place), answer, save->judged, save->count);
    if (save->judged[0].judgement == JUDGE_RELEASED) { /* always all of them */
        send_again(save, answer);
        return;
    }
    struct buffer saved;
    buffer_init(&saved, 1 << 20);
    if (save->judged[0].judgement != JUDGE_UNKNOWN) {
        loader->driver->saved_ids(&save->arena, loader->form, answer, &saved);
    } else {
        log_event(EVENT_POST_UNKNOWN,
                  "a batch went out and nobody can tell what became of it: the target will be asked",
                  LOG_PAGE(&save->rows[0]->batch->page), "records", LOG_INT(save->count), "status",
                  LOG_INT(answer->status), "why", LOG_TEXT(answer->message), (const char *)NULL);
    }
    size_t again = 0;
    for (size_t i = 0; i < save->count; i++) {
        struct row *row = save->rows[i];
        if (save->judged[i].judgement != JUDGE_SAVED) {
            row->sure = time_over(save, row, answer);
        }
        if (save->judged[i].judgement == JUDGE_AGAIN) {
            note_refusal(row, &save->judged[i]);
            row->sends++;
            row->reclaim = true;
            save->rows[again++] = row;
        } else {
            judged_row(row, &save->judged[i], buffer_text(&saved));
        }
    }
    buffer_fini(&saved);
    halve(loader, save->rows, again);
    save_give(save);
}

static void save_done(struct client_call *call, const struct answer *answer)
{
    struct save *save = call->user;
    loader_answered(save->loader, answer);
    if (answer->absent && save->place > 0) {
        step_absent(save->loader, save->place);
    }
    save_judge(save, answer);
}

void save_drain(struct loader *loader)
{
    for (size_t place = 0; place <= loader->stage.scheme->target.step_count; place++) {
        struct queue *rows = &loader->ready[place].rows;
        for (struct row *row = queue_take(rows); row; row = queue_take(rows)) {
            loader->step(row, STEP_UNSENT);
        }
    }
    for (struct save *save = loader->saves; save; save = save->all_next) {
        bool mine = save->state == SAVE_QUEUED || save->state == SAVE_PAUSED ||
                    (save->state == SAVE_CALLING && client_withdraw(loader->client, &save->call));
        if (mine && save->count > 0) {
            loop_clear_timer(loader->stage.loop, &save->pause);
            sift(save);
            save_give(save);
        }
    }
}
