#include "common/ledger.h"

#include <assert.h>

#include "common/ledger_begin.h"
#include "common/reject.h"
#include "common/rule.h"

enum { ENDS_AT_ONCE = 256 };

void ledger_decide(const struct record *record, int64_t run, int64_t now, struct ledger_row *row)
{
    bool known = record->id != 0;
    bool same = known && memcmp(record->hash, row->hash, HASH_SIZE) == 0;
    row->outcome = OUTCOME_PENDING;
    row->op = OP_NONE;
    if (known && ((record->run > run && !rule_off(RULE_RUN_GUARD)) ||
                  (record->run == run && record->outcome != OUTCOME_PENDING))) {
        row->action = ACTION_FINAL;
        row->outcome = record->outcome;
    } else if (known && record->claim != 0 && now < record->until && !rule_off(RULE_UNTIL)) {
        row->action = ACTION_BUSY;
    } else if (row->kind != RECORD_PAYLOAD) {
        row->action = ACTION_STAMP;
        row->outcome = row->kind == RECORD_FILTERED ? OUTCOME_FILTERED : OUTCOME_REJECTED;
    } else if (known && record->claim != 0) {
        row->action = record->op == OP_CREATE && !rule_off(RULE_SETTLE) ? ACTION_SETTLE : ACTION_CLAIM;
        row->op = record->op;
    } else if (same && record->held == HELD_SAME) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_UNCHANGED;
    } else if (same && record->outcome == OUTCOME_REJECTED && !record->excused && !rule_off(RULE_REFUSED)) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_REJECTED;
    } else {
        row->action = ACTION_CLAIM;
        row->op = known && record->held != HELD_NOT ? OP_UPDATE : OP_CREATE;
    }
}

/* One verdict's share of a chunk of results. */
struct share {
    struct ledger_result *results;
    size_t pick[ENDS_AT_ONCE];
    size_t count;
};

static void share_changed(void *user, size_t row, int64_t changes)
{
    struct share *share = user;
    share->results[share->pick[row]].stale = changes == 0;
}

static enum outcome outcome_saved(const struct ledger_result *result)
{
    return result->op == OP_CREATE && !result->adopted ? OUTCOME_CREATED : OUTCOME_UPDATED;
}

static void saved_bind(void *user, size_t row, struct sql_value *params)
{
    const struct share *share = user;
    const struct ledger_result *r = &share->results[share->pick[row]];
    params[0] = SQL_INTEGER(r->run);
    params[1] = SQL_INTEGER(outcome_saved(r));
    params[2] = SQL_BYTES(((struct text){(const char *)r->hash, HASH_SIZE}));
    params[3] = r->target_id.size > 0 ? SQL_STRING(r->target_id) : SQL_NOTHING;
    params[4] = SQL_INTEGER(r->id);
    params[5] = SQL_INTEGER(r->claim);
}

/* Results whose ids and claims follow one another, and that say the same, are written as one stretch of the ledger: what
 * was saved is what the claim says was sent (pend). */
enum { STRETCH_LEAST = 4 };

static bool stretches(const struct ledger_result *a, const struct ledger_result *b)
{
    return b->id == a->id + 1 && b->claim == a->claim + 1 && b->run == a->run && b->target_id.size == 0 &&
           outcome_saved(a) == outcome_saved(b);
}

/* False when one of them is not our claim any more: then nothing was written, and each is looked at by itself. */
static int end_stretch(struct store *store, const struct ledger_result *first, size_t count, bool *written)
{
    int64_t last = first->id + (int64_t)count - 1, ours = 0;
    const struct sql_value claims[] = {SQL_INTEGER(first->id), SQL_INTEGER(last),
                                       SQL_INTEGER(first->claim - first->id)};
    int error = store_integers(
        store,
        "SELECT COUNT(*) FROM (SELECT id FROM record WHERE id >= $1 AND id <= $2 AND claim = id + $3 AND pend IS NOT "
        "NULL " SQL_FOR_UPDATE ") ours",
        claims, 3, &ours, 1);
    if (error || ours != (int64_t)count) {
        return error;
    }
    const struct sql_value saved[] = {SQL_INTEGER(first->run), SQL_INTEGER(outcome_saved(first)),
                                      SQL_INTEGER(first->id), SQL_INTEGER(last)};
    error =
        store_run(store,
                  "UPDATE record SET run = $1, outcome = $2, held = 1, hash = pend, claim = 0, op = 0, pend = NULL, "
                  "until = 0 WHERE id >= $3 AND id <= $4",
                  saved, 4, NULL);
    *written = error == 0;
    return error;
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
    size_t count = 0;
    struct share all = *share;
    int error = end_stretches(store, share);
    if (error) {
        return error;
    }
    struct sql_call call = {
        .text = "UPDATE record SET run = $1, outcome = $2, held = 1, hash = $3, target_id = COALESCE($4, target_id), "
                "claim = 0, op = 0, pend = NULL, until = 0 WHERE id = $5 AND claim = $6",
        .rows = share->count,
        .params = 6,
        .bind = saved_bind,
        .changed = share_changed,
        .user = share};
    error = share->count > 0 ? store_many(store, &call) : 0;
    if (error) {
        return error;
    }
    for (size_t i = 0; i < all.count; i++) {
        const struct ledger_result *r = &all.results[all.pick[i]];
        if (!r->stale) {
            written[count++] = r->id;
        }
    }
    return reject_clear(store, written, count);
}

static void refused_bind(void *user, size_t row, struct sql_value *params)
{
    const struct share *share = user;
    const struct ledger_result *r = &share->results[share->pick[row]];
    params[0] = SQL_INTEGER(r->run);
    params[1] = SQL_BYTES(((struct text){(const char *)r->hash, HASH_SIZE}));
    params[2] = SQL_INTEGER(r->id);
    params[3] = SQL_INTEGER(r->claim);
}

/* What the target held before a refused update it still holds: held stays HELD_OTHER, as the claim left it. */
static int end_refused(struct store *store, struct share *share)
{
    struct sql_call call = {.text =
                                "UPDATE record SET run = $1, outcome = 5, hash = $2, claim = 0, op = 0, pend = NULL, "
                                "until = 0 WHERE id = $3 AND claim = $4",
                            .rows = share->count,
                            .params = 4,
                            .bind = refused_bind,
                            .changed = share_changed,
                            .user = share};
    int error = store_many(store, &call);
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

static void released_bind(void *user, size_t row, struct sql_value *params)
{
    const struct share *share = user;
    const struct ledger_result *r = &share->results[share->pick[row]];
    params[0] = SQL_INTEGER(r->op == OP_CREATE);
    params[1] = SQL_INTEGER(r->id);
    params[2] = SQL_INTEGER(r->claim);
}

/* A create is let go where nothing is held, though the claim may be that of an update which found nothing. */
static int end_released(struct store *store, struct share *share)
{
    struct sql_call call = {
        .text = "UPDATE record SET claim = 0, op = 0, pend = NULL, until = 0, "
                "held = CASE WHEN $1 = 1 THEN 0 ELSE held END, "
                "target_id = CASE WHEN $1 = 1 THEN NULL ELSE target_id END WHERE id = $2 AND claim = $3",
        .rows = share->count,
        .params = 3,
        .bind = released_bind,
        .changed = share_changed,
        .user = share};
    return store_many(store, &call);
}

int ledger_end(struct store *store, struct ledger_result *results, size_t count)
{
    static int (*const ends[])(struct store *, struct share *) = {
        [VERDICT_SAVED] = end_saved, [VERDICT_REFUSED] = end_refused, [VERDICT_RELEASED] = end_released};
    for (size_t from = 0; from < count; from += ENDS_AT_ONCE) {
        size_t past = count - from < ENDS_AT_ONCE ? count : from + ENDS_AT_ONCE;
        for (size_t i = from; i < past; i++) {
            results[i].stale = 0;
        }
        for (enum verdict verdict = VERDICT_SAVED; verdict < VERDICT_UNKNOWN; verdict++) {
            struct share share = {.results = results};
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
    return 0;
}

static void reclaim_bind(void *user, size_t row, struct sql_value *params)
{
    const struct ledger_reclaim *r = (const struct ledger_reclaim *)user + row;
    params[0] = SQL_INTEGER(r->fresh);
    params[1] = SQL_INTEGER(r->op);
    params[2] = r->hash ? SQL_BYTES(((struct text){(const char *)r->hash, HASH_SIZE})) : SQL_NOTHING;
    params[3] = SQL_INTEGER(r->until);
    params[4] = SQL_INTEGER(r->op == OP_CREATE ? HELD_NOT : HELD_OTHER);
    params[5] = r->op == OP_UPDATE && r->target_id.size > 0 ? SQL_STRING(r->target_id) : SQL_NOTHING;
    params[6] = SQL_INTEGER(r->op == OP_UPDATE && r->adopted);
    params[7] = SQL_INTEGER(r->id);
    params[8] = SQL_INTEGER(r->claim);
}

static void reclaim_changed(void *user, size_t row, int64_t changes)
{
    struct ledger_reclaim *r = (struct ledger_reclaim *)user + row;
    r->stale = changes == 0;
}

int ledger_reclaim(struct store *store, const struct ledger_times *times, struct ledger_reclaim *rows, size_t count)
{
    int64_t now = store_now(store);
    int64_t fresh;
    int error = ledger_claims(count, &fresh);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < count; i++) {
        assert(rows[i].op == OP_CREATE || rows[i].op == OP_UPDATE);
        rows[i].fresh = fresh + (int64_t)i;
        rows[i].send_by = now + times->send;
        rows[i].until = rows[i].send_by + (rule_off(RULE_LATE) ? 0 : times->late + times->visible);
    }
    struct sql_call call = {
        .text = "UPDATE record SET claim = $1, op = $2, pend = COALESCE($3, pend), until = $4, held = $5, "
                "target_id = CASE WHEN $5 = 0 THEN NULL ELSE COALESCE($6, target_id) END, "
                "adopted = CASE WHEN $5 = 0 THEN 0 WHEN $7 = 1 THEN 1 ELSE adopted END WHERE id = $8 AND claim = $9",
        .rows = count,
        .params = 9,
        .bind = reclaim_bind,
        .changed = reclaim_changed,
        .user = rows};
    return count > 0 ? store_many(store, &call) : 0;
}
