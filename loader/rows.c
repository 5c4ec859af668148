#include "loader/rows.h"

#include <stdio.h>

#include "common/base/rule.h"
#include "common/ledger/spelling.h"
#include "loader/aside.h"
#include "loader/ask/asked.h"
#include "loader/begin.h"
#include "loader/outcomes.h"
#include "loader/save.h"
#include "loader/step.h"

enum {
    WAIT_BUSY = 1000, /* ms before rows that another save has are looked at again, the first time, */
    WAIT_MOST = 4000, /* and at most: it may be done long before its claim's time is over */
    WAIT_CLAIM = 500, /* ms: another has the claim */
    UNCLEAR_MOST = 3, /* look-ups that are not understood before the row is refused for it */
};

static struct loop_ms soon(const struct loader *loader, int64_t ms)
{
    return loop_after(loop_now(loader->stage.loop), ms);
}

/* What was posted a moment ago must show when `visible` is over. */
static struct loop_ms shown(const struct loader *loader)
{
    return soon(loader, loader->times.visible);
}

static void unasked(struct row *row);

static void look_up(struct row *row, enum seek seek, struct loop_ms sure)
{
    row->seek = seek;
    row->unclear = 0;
    if (loader_mute(row->batch->loader)) {
        unasked(row);
    } else {
        asked_add(row->batch->loader, row, sure);
    }
}

/* ---- T1 is done ---- */

static void busy(struct row *row)
{
    const struct loader *loader = row->batch->loader;
    int64_t pause = row->turns < 2 ? (int64_t)WAIT_BUSY << row->turns : WAIT_MOST;
    row->turns++;
    aside_add(row, THEN_BEGIN,
              loop_earlier(store_deadline(loader->stage.store, row->facts->until), soon(loader, pause)));
}

/* Where no reply has told the record's id the target is asked for it first. */
static void step_begin(struct row *row)
{
    const struct loader *loader = row->batch->loader;
    if (row->target_id.size == 0 && !step_of(row)->by_number && !loader->dry) {
        look_up(row, SEEK_STEP, shown(loader));
    } else {
        save_add(row);
    }
}

static void begun(struct row *row)
{
    struct loader *loader = row->batch->loader;
    const struct ledger_row *facts = row->facts;
    row->claim = facts->claim;
    row->send_by = loop_after(row->batch->epoch, facts->send_by.ms);
    row->until = facts->until;
    row->op = facts->op;
    row->adopted = facts->adopted;
    row->target_id = facts->target_id;
    row->reclaim = row->landed = row->again = false;
    switch (facts->action) {
    case ACTION_STAMP:
        loader_count(loader, facts->outcome);
        batch_final(row);
        break;
    case ACTION_FINAL:
        batch_final(row);
        break;
    case ACTION_BUSY:
        busy(row);
        break;
    case ACTION_CLAIM:
        if (facts->locked) {
            look_up(row, SEEK_LOCKED, shown(loader)); /* one that was done a moment ago may not show yet */
        } else if (row->op == OP_STEP) {
            step_begin(row);
        } else if (facts->ask) {
            look_up(row, SEEK_FIRST, shown(loader)); /* what another one made a moment ago may not show yet */
        } else if (row->op == OP_UPDATE && row->target_id.size == 0 && !loader->dry) {
            look_up(row, SEEK_UPDATE, shown(loader));
        } else {
            save_add(row);
        }
        break;
    case ACTION_SETTLE:
        look_up(row, row->op == OP_STEP ? SEEK_STEP : SEEK_SETTLE, (struct loop_ms){0});
        break;
    }
}

/* ---- a look-up is answered ---- */

static void update_under(struct row *row, struct text id, bool fresh_claim)
{
    row->target_id = id;
    row->op = OP_UPDATE;
    row->reclaim = row->reclaim || fresh_claim;
    save_add(row);
}

static void create(struct row *row)
{
    if (row->facts->lost) { /* nothing stands there that could be disabled */
        outcomes_skipped(row);
        return;
    }
    row->op = OP_CREATE;
    row->adopted = false;
    row->target_id = (struct text){NULL, 0};
    row->reclaim = true;
    save_add(row);
}

/* Is the id among those that the reply called saved? Without any such list what stands there is ours. */
static bool ours(const struct row *row, struct text id)
{
    for (size_t at = 0; at + id.size + 2 <= row->saved.size; at++) {
        if (row->saved.data[at] == '\n' && memcmp(row->saved.data + at + 1, id.data, id.size) == 0 &&
            row->saved.data[at + 1 + id.size] == '\n') {
            return true;
        }
    }
    return row->saved.size <= 1;
}

/* Another row of the page whose number the target takes for this one's: the material may be of that. */
static struct text twin(const struct row *row)
{
    const struct batch *batch = row->batch;
    for (size_t i = 0; i < batch->count && row->alike; i++) {
        const struct row *other = &batch->rows[i];
        if (other != row && !text_equal(other->facts->in.key, row->facts->in.key) &&
            spelling_alike(row_number(other), row_number(row))) {
            return other->facts->in.key;
        }
    }
    return TEXT("");
}

/* Two keys that fall on one number in the target: one of them is refused, naming the other. */
static void refuse_twin(struct row *row, struct text other)
{
    char text[700];
    (void)snprintf(
        text, sizeof text,
        "the target takes its number and that of %.*s for one: they differ in blanks, capitals or full-width "
        "forms alone; give the two different numbers",
        TEXT_ARG(other));
    row->message = batch_keep(row, text_of(text));
    outcomes_refused(row, TEXT("number_clash"));
}

/* It stood there before us, or is another key's: what is spelled in another way is never adopted, nor what another key made. */
static void adopt(struct row *row, struct text id)
{
    struct text other = row->facts->alike.size > 0 ? row->facts->alike : twin(row);
    if (other.size > 0) {
        refuse_twin(row, other);
        return;
    }
    if (row->alike) {
        char text[300];
        (void)snprintf(
            text, sizeof text,
            "the target takes the number of another material for this one (id %.*s), which it spells in another "
            "way: blanks, capitals or full-width forms; give the two different numbers",
            TEXT_ARG(id));
        row->message = batch_keep(row, text_of(text));
        outcomes_refused(row, TEXT("exists"));
        return;
    }
    enum scheme_existing existing = row->batch->loader->stage.scheme->target.existing;
    if (existing == EXISTING_SKIP) {
        outcomes_skipped(row);
        return;
    }
    if (existing == EXISTING_REJECT) {
        if (row->message.size == 0) {
            row->message = TEXT("the target has this number already");
        }
        outcomes_refused(row, TEXT("exists"));
        return;
    }
    row->adopted = true;
    update_under(row, id, true);
}

/* A reject that names the step: the record stays as it is saved. */
static void refuse_step(struct row *row)
{
    char text[1000];
    const struct scheme_step *step = step_of(row);
    (void)snprintf(text, sizeof text, "step %.*s (%.*s): %.*s; the record itself is saved", TEXT_ARG(step->name),
                   TEXT_ARG(step->label), (int)text_cut(row->message, 700), row->message.data);
    row->message = batch_keep(row, text_of(text));
    outcomes_refused(row, TEXT("step"));
}

/* A step of it is done, so the target changes it no more. */
static void refuse_locked(struct row *row)
{
    char text[700];
    (void)snprintf(
        text, sizeof text,
        "it has changed at the source, but its step %.*s is done, so it can't be changed in the target: undo that "
        "there and replay it (dianchen rejects replay), or change it there by hand",
        TEXT_ARG(row->code));
    row->message = batch_keep(row, text_of(text));
    outcomes_refused(row, TEXT("locked"));
}

static void found(struct row *row)
{
    const struct ledger_row *facts = row->facts;
    struct text id = row->found;
    switch (row->seek) {
    case SEEK_SETTLE:
        row->op = OP_CREATE;
        row->target_id = id;
        if (memcmp(facts->in.hash, facts->pend, HASH_SIZE) == 0 || rule_off(RULE_LANDED)) {
            outcomes_saved(row);
        } else {
            row->landed = true;
            update_under(row, id, true);
        }
        break;
    case SEEK_LOST: /* what this loader sent last */
        row->target_id = id;
        outcomes_saved(row);
        break;
    case SEEK_UPDATE:
        /* Where the number changes the id must be in the ledger first: nobody would find it by the old one again. */
        update_under(row, id, !text_equal(row_known_number(row), row_number(row)) && !rule_off(RULE_ID_FIRST));
        break;
    case SEEK_PART:
        if (ours(row, id)) {
            row->target_id = id;
            outcomes_saved(row);
        } else {
            adopt(row, id);
        }
        break;
    case SEEK_EXISTS:
    case SEEK_FIRST:
        adopt(row, id);
        break;
    case SEEK_STEP:
    case SEEK_SAID:
        outcomes_saved(row);
        break;
    case SEEK_LOCKED:
        refuse_locked(row);
        break;
    case SEEK_GONE:
        if (text_equal(id, row->target_id)) { /* it is there: something else was missing */
            outcomes_refused(row, TEXT("target"));
        } else {
            adopt(row, id);
        }
        break;
    }
}

/* Not done. */
static void step_again(struct row *row)
{
    row->reclaim = true;
    if (row->target_id.size == 0 && !step_of(row)->by_number) {
        row->message = TEXT("the target has no record of its number any more");
        refuse_step(row);
    } else {
        save_add(row);
    }
}

/* Has the ledger another number than what would be created? */
static bool is_renamed(const struct row *row)
{
    struct text known = row->facts->known_number;
    return known.size > 0 && !text_equal(known, row_number(row));
}

static void absent(struct row *row)
{
    switch (row->seek) {
    case SEEK_SETTLE:
    case SEEK_UPDATE:
    case SEEK_GONE:
        if (is_renamed(row)) { /* the ledger must know the other number before it is sent */
            row->op = OP_CREATE;
            row->again = true;
            outcomes_released(row);
        } else {
            create(row);
        }
        break;
    case SEEK_LOST:
    case SEEK_FIRST:
        create(row);
        break;
    case SEEK_PART:
        row->reclaim = true;
        save_alone(row);
        break;
    case SEEK_EXISTS:
        outcomes_refused(row, TEXT("exists"));
        break;
    case SEEK_STEP:
        step_again(row);
        break;
    case SEEK_SAID:
        refuse_step(row);
        break;
    case SEEK_LOCKED: /* not done, or not there any more: the save tells */
        if (row->target_id.size == 0) {
            look_up(row, SEEK_UPDATE, shown(row->batch->loader));
        } else {
            save_add(row);
        }
        break;
    }
}

/* The target does not say. A refused create leaves nothing open; where a create may have landed the claim stays, and the next run
 * asks first. */
static void untold(struct row *row, const char *why)
{
    if (row->seek == SEEK_EXISTS) {
        outcomes_refused(row, TEXT("exists"));
    } else if (row->seek == SEEK_SAID) {
        outcomes_saved(row);
    } else if (row->seek == SEEK_GONE) {
        outcomes_refused(row, TEXT("target"));
    } else {
        row->message = text_of(why);
        row->code = TEXT("");
        outcomes_unclear(row, row->seek != SEEK_UPDATE && row->seek != SEEK_FIRST && row->seek != SEEK_LOCKED);
    }
}

/* Asked again with growing pauses, then refused: nothing waits without end. */
static void unanswered(struct row *row)
{
    struct loader *loader = row->batch->loader;
    if (row->seek != SEEK_EXISTS && row->seek != SEEK_SAID && ++row->unclear < UNCLEAR_MOST) {
        aside_add(row, THEN_ASK, soon(loader, loader->times.visible << (2 * row->unclear - 2)));
        return;
    }
    untold(row,
           step_asks(row)
               ? "the target does not say whether a step of this record is done; it is asked again with the next run"
               : "the target does not say whether it has this number; it is asked again with the next run");
}

/* There is nothing to ask by: what was never sent is sent, and of the rest a person must say what became of it. */
static void unasked(struct row *row)
{
    if (row->seek == SEEK_FIRST) {
        create(row);
        return;
    }
    untold(row,
           "nobody can tell whether the target has it, for its API file has neither find nor list; look there, and "
           "say it by dianchen rejects settle");
}

/* ---- all steps ---- */

/* Saved in part: an update is sent again alone, a create or step is looked for. */
static void unclear(struct row *row)
{
    struct loader *loader = row->batch->loader;
    row->reclaim = true;
    if (row->op == OP_UPDATE) {
        save_alone(row);
    } else {
        look_up(row, row->op == OP_STEP ? SEEK_STEP : SEEK_PART, shown(loader));
    }
}

/* The material may be this create's, as the target has spelled its number, or another's: a person must say. */
static void doubtful(struct row *row)
{
    char text[400];
    (void)snprintf(
        text, sizeof text,
        "it may be saved or not: the target has nothing of its number, but a material whose number reads alike (id "
        "%.*s); look whose it is, and let the scheme write "
        "numbers as the target keeps them",
        TEXT_ARG(row->found));
    row->code = TEXT("");
    row->message = batch_keep(row, text_of(text));
    outcomes_unclear(row, true);
}

/* Nobody knows what came of its call. A create or step is looked for at once, and found it is settled; an update goes out again
 * when the call can't be executed any more. */
static void unknown(struct row *row)
{
    if (row->op == OP_UPDATE || (row->op == OP_STEP && rule_off(RULE_STEP_ASKED))) {
        row->reclaim = true;
        aside_add(row, THEN_SEND, row->sure);
    } else {
        look_up(row, row->op == OP_STEP ? SEEK_STEP : SEEK_LOST, row->sure);
    }
}

/* Its moment has come. */
static void due(struct row *row)
{
    switch (row->then) {
    case THEN_ASK:
        asked_again(row->batch->loader, row);
        break;
    case THEN_BEGIN:
        batch_again(row);
        break;
    case THEN_SEND:
        save_add(row);
        break;
    }
}

static void refuse(struct row *row)
{
    if (row->op == OP_STEP) {
        refuse_step(row);
    } else {
        outcomes_refused(row, TEXT("target"));
    }
}

/* What was not executed goes back. A create that landed keeps its claim: it is settled again when its time is over. */
static void let_go(struct row *row)
{
    if (row->landed && !rule_off(RULE_KEPT)) {
        batch_wait(row, row->until);
    } else {
        outcomes_released(row);
    }
}

void row_step(struct row *row, enum row_step step)
{
    struct loader *loader = row->batch->loader;
    switch (step) {
    case STEP_BEGUN:
        begun(row);
        break;
    case STEP_SAVED:
        asked_saved(loader, row);
        outcomes_saved(row);
        break;
    case STEP_REFUSED:
        refuse(row);
        break;
    case STEP_EXISTS:
        look_up(row, row->op == OP_STEP ? SEEK_SAID : SEEK_EXISTS, shown(loader));
        break;
    case STEP_GONE:
        look_up(row, SEEK_GONE, shown(loader));
        break;
    case STEP_UNCLEAR:
        unclear(row);
        break;
    case STEP_UNSENT:
        let_go(row);
        break;
    case STEP_WORN_OUT: /* the last refusal stands */
        if (row->message.size == 0) {
            row->message = TEXT("the target never says clearly whether it saved this record");
        }
        refuse(row);
        break;
    case STEP_FOUND:
        found(row);
        break;
    case STEP_ABSENT:
        absent(row);
        break;
    case STEP_UNANSWERED:
        unanswered(row);
        break;
    case STEP_DOUBTFUL:
        doubtful(row);
        break;
    case STEP_UNKNOWN:
        unknown(row);
        break;
    case STEP_DUE:
        due(row);
        break;
    case STEP_LEFT:
        batch_wait(row, row->until);
        break;
    case STEP_WRITTEN:
        row->sends = 0; /* of its save; a step has its own */
        (row->again ? batch_again : batch_final)(row);
        break;
    case STEP_RELEASED:
        (row->again ? batch_again : batch_released)(row);
        break;
    case STEP_OVERTAKEN:
    case STEP_STALE:
        aside_add(row, THEN_BEGIN, soon(loader, WAIT_CLAIM));
        break;
    }
}
