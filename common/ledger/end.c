/* T2: what came of a POST goes into the ledger, everything WHERE claim = mine. */
#include <assert.h>

#include "common/ledger/claim.h"
#include "common/ledger/ledger.h"
#include "common/ledger/others.h"
#include "common/ledger/reject.h"
#include "common/ledger/step/step.h"

enum {
    ENDS_AT_ONCE = 256,
    SAVED_PARAMS = 9,
    REFUSED_PARAMS = 8,
    RELEASED_PARAMS = 7,
    SKIPPED_PARAMS = 7,
    RECLAIM_PARAMS = 11
};

/* One verdict's share of a chunk of results. */
struct share {
    struct ledger_result *results;
    size_t pick[ENDS_AT_ONCE];
    size_t count;
    struct sql_value values[ENDS_AT_ONCE * SAVED_PARAMS];
};

/* One statement for each result of the share; what changes nothing is not our claim any more. */
static int share_write(struct store *store, struct share *share, const char *text, size_t params)
{
    int64_t changes[ENDS_AT_ONCE];
    int error = store_many(
        store, &(struct sql_call){
                   .text = text, .values = share->values, .params = params, .rows = share->count, .changes = changes});
    for (size_t i = 0; !error && i < share->count; i++) {
        share->results[share->pick[i]].stale = changes[i] == 0;
    }
    return error;
}

/* An id that a store would change counts as none: the material is looked up before it is updated. */
static struct sql_value id_value(struct text id)
{
    return id.size > 0 && text_is_storable(id) ? SQL_STRING(id) : SQL_NOTHING;
}

static struct sql_value hash_value(const uint8_t *hash)
{
    return SQL_BYTES(((struct text){(const char *)hash, HASH_SIZE}));
}

static enum outcome outcome_saved(const struct ledger_result *result)
{
    return result->op == OP_STEP ? result->outcome : ledger_created(result) ? OUTCOME_CREATED : OUTCOME_UPDATED;
}

static void saved_values(const struct ledger_result *r, struct sql_value *values)
{
    values[0] = SQL_INTEGER(r->run);
    values[1] = SQL_INTEGER(outcome_saved(r));
    values[2] = SQL_INTEGER(HELD_SAME);
    values[3] = hash_value(r->hash);
    values[4] = id_value(r->target_id);
    values[5] = SQL_INTEGER(r->id);
    values[6] = SQL_INTEGER(r->claim);
    values[7] = SQL_INTEGER(OP_NONE);
    values[8] = SQL_NOTHING;
}

/* Results whose ids and claims follow one another, and that say the same, are written as one stretch of the ledger: what
 * was saved is what the claim says was sent (pend). */
enum { STRETCH_LEAST = 4 };

static bool stretches(const struct ledger_result *a, const struct ledger_result *b)
{
    return b->id == a->id + 1 && b->claim == a->claim + 1 && b->run == a->run && b->target_id.size == 0 &&
           outcome_saved(a) == outcome_saved(b);
}

/* *written stays false when one of them is not our claim any more: then each is looked at by itself. */
static int end_stretch(struct store *store, const struct ledger_result *first, size_t count, bool *written)
{
    const struct sql_value saved[] = {SQL_INTEGER(first->run),
                                      SQL_INTEGER(outcome_saved(first)),
                                      SQL_INTEGER(first->id),
                                      SQL_INTEGER(first->id + (int64_t)count - 1),
                                      SQL_INTEGER(HELD_SAME),
                                      SQL_INTEGER(OP_NONE),
                                      SQL_INTEGER(first->claim - first->id),
                                      SQL_INTEGER(count)};
    int64_t changed = 0;
    int error = store_run(
        store,
        SQL_BY_INDEX
        "UPDATE record SET run = $1, outcome = $2, held = $5, hash = pend, claim = 0, op = $6, pend = NULL, "
        "until = 0 WHERE id >= $3 AND id <= $4 AND claim = id + $7 AND pend IS NOT NULL AND (SELECT COUNT(*) FROM "
        "record all_of WHERE all_of.id >= $3 AND all_of.id <= $4 AND all_of.claim = all_of.id + $7 AND "
        "all_of.pend IS NOT NULL) = $8",
        saved, 8, &changed);
    *written = error == 0 && changed > 0;
    /* Some of them only: a claim was taken over just now. All of it again. */
    return error || changed == 0 || changed == (int64_t)count ? error : ERR_BUSY;
}

/* Takes what can be written in stretches; the rest stays in the share. */
static int end_stretches(struct store *store, struct share *share)
{
    size_t rest = 0;
    int error = 0;
    for (size_t from = 0, past; !error && from < share->count; from = past) {
        const struct ledger_result *first = &share->results[share->pick[from]];
        for (past = from + 1; past < share->count && first->target_id.size == 0 &&
                              stretches(&share->results[share->pick[past - 1]], &share->results[share->pick[past]]);
             past++) {
        }
        bool written = false;
        if (past - from >= STRETCH_LEAST) {
            error = end_stretch(store, first, past - from, &written);
        }
        for (size_t i = from; !written && i < past; i++) {
            share->pick[rest++] = share->pick[i];
        }
    }
    share->count = rest;
    return error;
}

static int end_saved(struct store *store, struct share *share)
{
    int64_t written[ENDS_AT_ONCE];
    size_t picked[ENDS_AT_ONCE], all = share->count, count = 0;
    memcpy(picked, share->pick, all * sizeof *picked);
    int error = end_stretches(store, share);
    for (size_t i = 0; i < share->count; i++) {
        saved_values(&share->results[share->pick[i]], &share->values[i * SAVED_PARAMS]);
    }
    error = error ? error
                  : share_write(store, share,
                                SQL_BY_INDEX
                                "UPDATE record SET run = $1, outcome = $2, held = $3, hash = $4, "
                                "target_id = COALESCE($5, target_id), claim = 0, op = $8, pend = $9, until = 0 "
                                "WHERE id = $6 AND claim = $7",
                                SAVED_PARAMS);
    for (size_t i = 0; !error && i < all; i++) {
        const struct ledger_result *r = &share->results[picked[i]];
        if (!r->stale) {
            written[count++] = r->id;
        }
    }
    return error ? error : reject_clear(store, written, count);
}

static void refused_values(const struct ledger_result *r, struct sql_value *values)
{
    values[0] = SQL_INTEGER(r->run);
    values[1] = SQL_INTEGER(OUTCOME_REJECTED);
    values[2] = hash_value(r->hash);
    values[3] = SQL_INTEGER(r->id);
    values[4] = SQL_INTEGER(r->claim);
    values[5] = SQL_INTEGER(OP_NONE);
    values[6] = SQL_NOTHING;
    values[7] = SQL_INTEGER(r->kept);
}

/* What the target held before a refused update it still holds: held stays HELD_OTHER, as the claim left it. */
static int end_refused(struct store *store, struct share *share)
{
    for (size_t i = 0; i < share->count; i++) {
        refused_values(&share->results[share->pick[i]], &share->values[i * REFUSED_PARAMS]);
    }
    int error = share_write(store, share,
                            SQL_BY_INDEX
                            "UPDATE record SET run = $1, outcome = $2, hash = $3, "
                            "claim = CASE WHEN $8 = 1 THEN claim ELSE 0 END, op = CASE WHEN $8 = 1 THEN op ELSE $6 "
                            "END, pend = CASE WHEN $8 = 1 THEN pend ELSE $7 END, "
                            "until = CASE WHEN $8 = 1 THEN until ELSE 0 END WHERE id = $4 AND claim = $5",
                            REFUSED_PARAMS);
    if (error) {
        return error;
    }
    struct reject_entry entries[ENDS_AT_ONCE];
    size_t count = 0;
    for (size_t i = 0; i < share->count; i++) {
        const struct ledger_result *r = &share->results[share->pick[i]];
        if (!r->stale) {
            entries[count++] = (struct reject_entry){.record = r->id,
                                                     .run = r->run,
                                                     .refusal = r->refusal,
                                                     .source = r->source,
                                                     .payload = r->payload,
                                                     .form = r->form};
        }
    }
    return reject_put(store, entries, count);
}

/* Held by us is nothing: what stands there belongs to somebody else. The next run meets it in the same way. */
static int end_skipped(struct store *store, struct share *share)
{
    int64_t written[ENDS_AT_ONCE];
    size_t count = 0;
    for (size_t i = 0; i < share->count; i++) {
        const struct ledger_result *r = &share->results[share->pick[i]];
        const struct sql_value values[SKIPPED_PARAMS] = {
            SQL_INTEGER(r->run),  SQL_INTEGER(OUTCOME_UNCHANGED), SQL_INTEGER(r->id), SQL_INTEGER(r->claim),
            SQL_INTEGER(OP_NONE), SQL_INTEGER(HELD_NOT),          SQL_NOTHING};
        memcpy(&share->values[i * SKIPPED_PARAMS], values, sizeof values);
    }
    int error = share_write(
        store, share,
        SQL_BY_INDEX "UPDATE record SET run = $1, outcome = $2, held = $6, hash = $7, target_id = NULL, claim = 0, "
                     "op = $5, pend = $7, until = 0 WHERE id = $3 AND claim = $4",
        SKIPPED_PARAMS);
    for (size_t i = 0; !error && i < share->count; i++) {
        const struct ledger_result *r = &share->results[share->pick[i]];
        if (!r->stale) {
            written[count++] = r->id;
        }
    }
    return error ? error : reject_clear(store, written, count);
}

/* A create is let go where nothing is held, though the claim may be that of an update which found nothing. */
static int end_released(struct store *store, struct share *share)
{
    for (size_t i = 0; i < share->count; i++) {
        const struct ledger_result *r = &share->results[share->pick[i]];
        const struct sql_value values[RELEASED_PARAMS] = {
            SQL_INTEGER(r->op),   SQL_INTEGER(OP_CREATE), SQL_INTEGER(r->id), SQL_INTEGER(r->claim),
            SQL_INTEGER(OP_NONE), SQL_INTEGER(HELD_NOT),  SQL_NOTHING};
        memcpy(&share->values[i * RELEASED_PARAMS], values, sizeof values);
    }
    return share_write(store, share,
                       SQL_BY_INDEX
                       "UPDATE record SET claim = 0, op = $5, pend = $7, until = 0, "
                       "held = CASE WHEN $1 = $2 THEN $6 ELSE held END, "
                       "target_id = CASE WHEN $1 = $2 THEN NULL ELSE target_id END WHERE id = $3 AND claim = $4",
                       RELEASED_PARAMS);
}

int ledger_end(struct store *store, struct ledger_result *results, size_t count)
{
    static int (*const ends[])(struct store *, struct share *) = {[VERDICT_SAVED] = end_saved,
                                                                  [VERDICT_REFUSED] = end_refused,
                                                                  [VERDICT_SKIPPED] = end_skipped,
                                                                  [VERDICT_RELEASED] = end_released};
    for (size_t i = 0; i < count; i++) {
        results[i].stale = 0;
        results[i].elsewhere = false;
    }
    int counted = others_counted(store, results, count);
    if (counted) {
        return counted;
    }
    for (size_t from = 0; from < count; from += ENDS_AT_ONCE) {
        size_t past = count - from < ENDS_AT_ONCE ? count : from + ENDS_AT_ONCE;
        for (enum verdict verdict = VERDICT_SAVED; verdict < VERDICT_UNKNOWN; verdict++) {
            struct share share;
            share.results = results;
            share.count = 0;
            for (size_t i = from; i < past; i++) {
                if (results[i].verdict == verdict) {
                    share.pick[share.count++] = i;
                }
            }
            int error = share.count > 0 ? ends[verdict](store, &share) : 0;
            if (error) {
                return error;
            }
        }
    }
    return steps_end(store, results, count);
}

static void reclaim_values(const struct ledger_reclaim *r, struct sql_value *values)
{
    values[0] = SQL_INTEGER(r->fresh);
    values[1] = SQL_INTEGER(r->op);
    values[2] = r->hash ? hash_value(r->hash) : SQL_NOTHING;
    values[3] = SQL_INTEGER(r->until.ms);
    values[4] = SQL_INTEGER(r->op == OP_CREATE ? HELD_NOT : r->op == OP_STEP ? HELD_SAME : HELD_OTHER);
    values[5] = r->op == OP_UPDATE ? id_value(r->target_id) : SQL_NOTHING;
    values[6] = SQL_INTEGER(r->op == OP_UPDATE && r->adopted);
    values[7] = SQL_INTEGER(r->id);
    values[8] = SQL_INTEGER(r->claim);
    values[9] = r->page ? SQL_INTEGER(r->page->slice) : SQL_NOTHING;
    values[10] = r->page ? SQL_INTEGER(r->page->no) : SQL_NOTHING;
}

static int reclaim_some(struct store *store, struct ledger_reclaim *rows, size_t count)
{
    struct sql_value values[ENDS_AT_ONCE * RECLAIM_PARAMS];
    int64_t changes[ENDS_AT_ONCE];
    size_t pick[ENDS_AT_ONCE] = {0}, picked = 0;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].stale) {
            reclaim_values(&rows[i], &values[picked * RECLAIM_PARAMS]);
            pick[picked++] = i;
        }
    }
    int error = store_many(
        store,
        &(struct sql_call){.text = SQL_BY_INDEX
                           "UPDATE record SET claim = $1, op = $2, pend = COALESCE($3, pend), until = $4, held = $5, "
                           "target_id = CASE WHEN $5 = 0 THEN NULL ELSE COALESCE($6, target_id) END, "
                           "adopted = CASE WHEN $5 = 0 THEN 0 WHEN $7 = 1 THEN 1 ELSE adopted END, "
                           "slice = COALESCE($10, slice), page = COALESCE($11, page) WHERE id = $8 AND claim = $9",
                           .values = values,
                           .params = RECLAIM_PARAMS,
                           .rows = picked,
                           .changes = changes});
    for (size_t p = 0; !error && p < picked; p++) {
        rows[pick[p]].stale = changes[p] == 0;
    }
    return error;
}

int ledger_reclaim(struct store *store, const struct ledger_times *times, struct ledger_reclaim *rows, size_t count)
{
    struct store_ms now = store_now(store);
    int64_t fresh;
    int error = ledger_claims(count, &fresh);
    for (size_t i = 0; !error && i < count; i++) {
        assert(rows[i].op != OP_NONE);
        rows[i].fresh = fresh + (int64_t)i;
        rows[i].send_by = store_after(now, times->send);
        rows[i].until = ledger_until(times, rows[i].send_by);
        rows[i].stale = 0;
    }
    error = error ? error : others_forbid(store, rows, count);
    for (size_t from = 0; !error && from < count; from += ENDS_AT_ONCE) {
        error = reclaim_some(store, rows + from, count - from < ENDS_AT_ONCE ? count - from : ENDS_AT_ONCE);
    }
    return error;
}
