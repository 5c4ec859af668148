#include "loader/ask/asked.h"

#include <string.h>

#include "common/base/rule.h"
#include "common/ledger/spelling.h"
#include "loader/aside.h"
#include "loader/batch.h"

/* ---- answers ---- */

/* Asked a second time when what was executed must show, and a last time when "not found" counts. */
static void ask_later(struct loader *loader, struct row *row)
{
    struct loop_ms shown = loop_after(loop_now(loader->stage.loop), loader->times.visible);
    aside_add(row, THEN_ASK, row->asked < 2 ? loop_earlier(shown, row->sure) : row->sure);
}

static void know(struct loader *loader, struct text number, struct loop_ms since)
{
    struct witness *witness = &loader->witness;
    if (number.size > 0 && number.size <= sizeof witness->number) {
        memcpy(witness->number, number.data, number.size);
        witness->size = number.size;
        witness->since = since;
    }
}

void asked_saved(struct loader *loader, const struct row *row)
{
    if (loader->witness.size == 0) {
        know(loader, row_number(row), loop_after(loop_now(loader->stage.loop), loader->times.visible));
    }
}

/* Was it asked for before, in one of the ways before this one? */
static bool was_asked(struct row *row, struct text number, struct text as)
{
    struct text other;
    bool was = false;
    for (int way = SPELLING_SENT; way < row->spelled && !was; way++) {
        was = spelling_write(&row->batch->notes, number, (enum spelling_way)way, &other) != 0 || text_equal(other, as);
    }
    return was;
}

/* The next way in which a target may have spelled the number when it stored it. */
static bool spell_otherwise(struct row *row)
{
    struct text number = row_known_number(row), other;
    while (++row->spelled < SPELLING_WAYS) {
        int error = spelling_write(&row->batch->notes, number, (enum spelling_way)row->spelled, &other);
        if (!error && other.size > 0 && !was_asked(row, number, other)) {
            row->asked_as = other;
            return true;
        }
    }
    return false;
}

void asked_absent(struct loader *loader, struct row *row)
{
    row->spelled = SPELLING_SENT;
    row->asked_as = row_known_number(row);
    if (row->counts) {
        loader->step(row, STEP_ABSENT);
    } else {
        ask_later(loader, row);
    }
}

/* Only a create of ours that may have landed may be there as the target has spelled it. */
static bool may_be_spelled(const struct row *row)
{
    return row->counts && (row->seek == SEEK_SETTLE || row->seek == SEEK_LOST || row->seek == SEEK_PART);
}

void asked_not_found(struct loader *loader, struct row *row)
{
    if (may_be_spelled(row) && spell_otherwise(row)) {
        queue_add(&loader->asked, row);
    } else {
        asked_absent(loader, row);
    }
}

void asked_conclude(struct loader *loader, struct row *row, enum target_told told, struct text id)
{
    bool found = told == TOLD_FOUND || told == TOLD_ALIKE;
    row->found = found ? batch_keep(row, id) : (struct text){"", 0};
    if (told == TOLD_ABSENT) {
        asked_not_found(loader, row);
    } else if (row->found.size == 0) {
        loader->step(row, STEP_UNANSWERED);
    } else if (row->spelled != SPELLING_SENT) {
        loader->step(row, STEP_DOUBTFUL);
    } else {
        row->alike = told == TOLD_ALIKE;
        if (!row->alike && loader->witness.size == 0) {
            know(loader, row->asked_as, loop_now(loader->stage.loop));
        }
        loader->step(row, STEP_FOUND);
    }
}

/* ---- rows that are to be asked for ---- */

void asked_put_back(struct loader *loader, struct row *row)
{
    queue_add(&loader->asked, row);
}

void asked_again(struct loader *loader, struct row *row)
{
    if (!loader->asked.first) {
        loader->asked_since = loop_now(loader->stage.loop);
    }
    asked_put_back(loader, row);
    loader_pump(loader);
}

void asked_add(struct loader *loader, struct row *row, struct loop_ms sure)
{
    row->sure = sure;
    row->asked = 0;
    row->asked_as = row_known_number(row);
    row->spelled = SPELLING_SENT;
    asked_again(loader, row);
}

/* Whether "not found" counts is settled before the question leaves: the answer may be long on its way. */
struct row *asked_next(struct loader *loader)
{
    struct row *row = queue_take(&loader->asked);
    row->asked++;
    row->counts = !loop_before(loop_now(loader->stage.loop), row->sure) || rule_off(RULE_VISIBLE);
    return row;
}
