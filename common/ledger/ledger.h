/* What the target holds, and the one POST per record that may be under way. The guarantee lives here:
 * read docs/delivery.md before changing a line.
 *
 *            begin                     POST …                    end
 *   absent ─────────▶ pending, claim c, op, until ─────────▶ created | updated | rejected
 *                          │  until passes, reply lost                 (only WHERE claim = c)
 *                          └────▶ settle: take over the claim, ask the target, found → created, else POST again
 */
#ifndef DIANCHEN_COMMON_LEDGER_LEDGER_H
#define DIANCHEN_COMMON_LEDGER_LEDGER_H

#include "common/base/arena.h"
#include "common/ledger/decide.h"
#include "common/run/run.h"
#include "common/scheme/model.h"
#include "common/store/store.h"

enum { LEDGER_ROWS_MAX = 1000 /* of a batch */ };

struct ledger_batch {
    struct page page;    /* run, slice, no, fence */
    struct text account; /* the loader's target account: bound to the run by the first batch */
    enum scheme_existing existing;
    bool asks;                       /* each create is looked up first, so the existing materials need not be read */
    const struct scheme_step *steps; /* of the scheme, in their order */
    size_t step_count;
    struct ledger_times times;
    struct source_form form;
    struct arena *arena;
    struct ledger_row *rows;
    size_t count;
    size_t refused;      /* out: rows that were refused anew, without the target */
    int64_t retry_after; /* out: ms until the last BUSY row may be asked again; 0 = none busy */
    char mismatch[200];  /* out with ERR_REFUSED: the run writes into another account; the sentence for the log */
};
/* T1, in a write transaction: all final rows are stamped, all POSTs claimed. ERR_STALE when the run is closed or the
 * page's fence is not this one: NACK stale. ERR_NOT_FOUND: a record is to be created, but what stands in the account is
 * not known, or the run's source is new to the scheme: read it first (existing.h). ERR_REFUSED: see mismatch. ERR_LIMIT
 * for a key or number over KEY_MAX or a batch over LEDGER_ROWS_MAX. May be called again after a rollback. */
int ledger_begin(struct store *store, struct ledger_batch *batch) WARN_UNUSED;
/* Does some row have a number that is not its key, or may a target spell it otherwise? Then the ledger lets no other
 * batch of the run work beside it, and its job goes first in its transaction (docs/delivery.md, Locks). */
bool ledger_is_numbered(const struct ledger_row *rows, size_t count);

enum verdict {
    VERDICT_SAVED,
    VERDICT_REFUSED,
    VERDICT_SKIPPED, /* the target had it before dianchen, and it is left as it is: unchanged */
    VERDICT_RELEASED /* certainly not executed; with OP_CREATE the target certainly holds nothing */,
    VERDICT_UNKNOWN /* leave the claim: it will be settled */
};
struct ledger_result {
    int64_t id, claim;
    int64_t run;
    enum verdict verdict;
    enum claim_op op;
    bool adopted;
    struct text step;     /* OP_STEP: its name. SAVED: it is done; REFUSED: the record stays saved */
    enum outcome outcome; /* OP_STEP: of the record, when it is done */
    bool stepped;         /* SAVED, no step: some step of it was sent before, for what stood there then */
    const uint8_t *hash;  /* of what was sent, or of what was found in the target */
    struct text number;
    struct text target_id;  /* may be empty */
    struct refusal refusal; /* with payload and source below, for the reject */
    struct text key, payload, source;
    struct source_form form; /* of source */
    bool kept;               /* REFUSED: the claim stays, for the next payload to settle */
    bool among_saved; /* REFUSED: the target saved other rows of its page, so it is not one in a row (budget.h) */
    struct store_ms
        alone; /* SAVED, a create: until then no other ledger has it; .ms 0 = another may have counted it already */
    int stale; /* out: 1 = not our claim any more, nothing was written */
    bool elsewhere; /* out: another ledger of the account has counted it as created, so this one does not */
};
/* Is it counted as created here, and not as updated? */
static inline bool ledger_created(const struct ledger_result *result)
{
    return result->op == OP_CREATE && !result->adopted && !result->elsewhere;
}
/* T2: writes the results, each only WHERE claim = mine. In a write transaction. */
int ledger_end(struct store *store, struct ledger_result *results, size_t count) WARN_UNUSED;

/* Replaces `claim` by a fresh one, by compare-and-swap, before another POST of the same row (halving, adopting after
 * "already there", creating after "gone", settling, a step again). Sets `until` and `send_by` anew. `stale`: the claim is not ours
 * any more, and nothing is written. Also `stale`: a create that another ledger of the account has made, or may be about
 * to make (others.h). Nothing of it is under way; if a POST was to follow, its claim is given up. In a write
 * transaction. */
struct ledger_reclaim {
    int64_t id, claim;
    enum claim_op op;
    const uint8_t *hash;            /* what the POST will carry; NULL = what the claim says already */
    struct text target_id;          /* OP_UPDATE: as the look-up told; empty = as it is */
    bool adopted;                   /* it stood there before us */
    const struct page *page;        /* that brings the record now; NULL = as the claim says */
    int64_t fresh;                  /* out */
    struct store_ms send_by, until; /* out */
    int stale;                      /* out */
};
int ledger_reclaim(struct store *store, const struct ledger_times *times, struct ledger_reclaim *rows,
                   size_t count) WARN_UNUSED;

/* Everything known of one key, as one line of JSON: {"key","records":[{"source","target","scheme","number","target_id",
 * "outcome","run","held","adopted","notes":[…]?,"lookups":[[name,key,id],…]?,"claim":{"op","expires_in_ms"}?,"steps":[{"step","state","run"},…]?,"reject":{…}?}]},
 * one record for each pair of accounts that has it;
 * "replays":[{"run","state","started","returned"}] where some asked the source for it. ERR_NOT_FOUND. */
int ledger_explain(struct store *store, struct text key, struct buffer *json) WARN_UNUSED;

#endif
