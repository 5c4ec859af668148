/* What the target holds, and the one POST per record that may be under way. The guarantee lives here:
 * read delivery.md and run ledger_model.py before changing a line.
 *
 *            begin                     POST …                    end
 *   absent ─────────▶ pending, claim c, op, until ─────────▶ created | updated | rejected
 *                          │  until passes, reply lost                 (only WHERE claim = c)
 *                          └────▶ settle: take over the claim, ask the target, found → created, else POST again
 *
 * ledger_decide is pure: no clock, no store. */
#ifndef DIANCHEN_COMMON_LEDGER_H
#define DIANCHEN_COMMON_LEDGER_H

#include "common/arena.h"
#include "common/run.h"
#include "common/store.h"

enum outcome {
    OUTCOME_PENDING = 0,
    OUTCOME_CREATED = 1,
    OUTCOME_UPDATED = 2,
    OUTCOME_UNCHANGED = 3,
    OUTCOME_FILTERED = 4,
    OUTCOME_REJECTED = 5
};
enum record_kind {
    RECORD_PAYLOAD = 0,
    RECORD_FILTERED = 1,
    RECORD_UNMAPPABLE = 2 /* mapping refused it; keyless too */
};
enum claim_op { OP_NONE = 0, OP_CREATE = 1, OP_UPDATE = 2 };
enum { HASH_SIZE = 16, KEY_MAX = 200 /* bytes of a key or number */ };

/* Why a record was refused. Class is one of a fixed few (metrics label): "mapping", "keyless", "number_clash",
 * "exists", "target", "poison". */
struct refusal {
    struct text class;
    struct text code;    /* the target's errorCode, or "" */
    struct text message; /* for a person; no secrets */
};

/* The ledger's row as decide() sees it. */
struct record {
    int64_t id;              /* 0 = absent */
    int64_t run;             /* last run that saw it */
    enum outcome outcome;    /* in that run */
    bool held;               /* the target holds it: it was created, updated or adopted at some time */
    uint8_t hash[HASH_SIZE]; /* of what the target holds, or of what was refused when outcome is REJECTED */
    int64_t claim;           /* 0 = none */
    enum claim_op op;
    uint8_t pend[HASH_SIZE];
    int64_t until;         /* store clock */
    struct text target_id; /* empty = not known */
    struct text number;
};

enum ledger_action {
    ACTION_FINAL,  /* has its outcome in this run: nothing to do */
    ACTION_STAMP,  /* final now, without a POST (unchanged, filtered, rejected again) */
    ACTION_BUSY,   /* another POST may be under way: come back at `until` */
    ACTION_CLAIM,  /* POST it: op says create or update */
    ACTION_SETTLE, /* a create went out and nobody knows: take the claim over, ask the target */
};

struct ledger_row {
    /* in: from the transformer; texts live as long as the batch */
    enum record_kind kind;
    struct text key;
    struct text number;
    uint8_t hash[HASH_SIZE]; /* of the payload and of what identifies it; of the source for stubs */
    struct text payload;     /* JSON object text without "id"; empty for stubs */
    struct text source;      /* the record as it left the extractor (wire.h record), kept for rejects */
    struct refusal refusal;  /* for RECORD_UNMAPPABLE */
    /* out */
    enum ledger_action action;
    enum outcome outcome;  /* for FINAL and STAMP */
    enum claim_op op;      /* for CLAIM and SETTLE */
    int64_t id;            /* ledger row */
    int64_t claim;         /* fresh per POST */
    int64_t send_by;       /* store clock: the body's last bytes leave before */
    int64_t until;         /* BUSY, SETTLE: when the claim's time is over */
    struct text target_id; /* for updates; empty = look up first. Lives in the batch's arena */
    bool adopted;          /* the book held it before us: the outcome is updated, not created */
    bool repeated;         /* the same key stood earlier in this batch */
};

struct ledger_times { /* ms: S, D, V of delivery.md */
    int64_t send;     /* TARGET_TIMEOUT + 5 s */
    int64_t late;     /* TARGET_LATE */
    int64_t visible;  /* TARGET_VISIBLE */
};

/* The pure rule. `same` = incoming hash equals what counts. Sets action, op and outcome of `row`. */
void ledger_decide(const struct record *record, int64_t run, int64_t now, struct ledger_row *row);

struct ledger_batch {
    struct page page;    /* run, slice, no, fence */
    struct text account; /* the loader's target account: bound to the run by the first batch */
    bool adopt;          /* existing: adopt (true) or reject */
    struct ledger_times times;
    struct arena *arena;
    struct ledger_row *rows;
    size_t count;
    int64_t retry_after; /* out: ms until the last BUSY row may be asked again; 0 = none busy */
    char mismatch[200];  /* out with ERR_REFUSED: the run writes into another account; the sentence for the log */
};
/* T1. ERR_STALE when the run is closed or the page's fence is not this one: NACK stale. ERR_REFUSED: see mismatch.
 * All final rows are stamped, all POSTs claimed; same transaction. */
int ledger_begin(struct store *store, struct ledger_batch *batch) WARN_UNUSED;

enum verdict {
    VERDICT_SAVED,
    VERDICT_REFUSED,
    VERDICT_RELEASED /* certainly not executed */,
    VERDICT_UNKNOWN /* leave the claim: it will be settled */
};
struct ledger_result {
    int64_t id, claim;
    int64_t run;
    enum verdict verdict;
    enum claim_op op;
    bool adopted;
    const uint8_t *hash; /* what was sent */
    struct text number;
    struct text target_id;  /* may be empty */
    struct refusal refusal; /* with payload and source below, for the reject */
    struct text key, payload, source;
    int stale; /* out: 1 = not our claim any more, nothing was written */
};
/* T2: everything WHERE claim = mine. */
int ledger_end(struct store *store, struct ledger_result *results, size_t count) WARN_UNUSED;

/* A fresh claim in place of `claim`, by compare-and-swap: before another POST of the same row (halving,
 * adopting after "already there", settling). ERR_STALE per row through `stale`. `until` and send_by anew. */
struct ledger_reclaim {
    int64_t id, claim;
    enum claim_op op;
    int64_t fresh, send_by, until; /* out */
    int stale;                     /* out */
};
int ledger_reclaim(struct store *store, const struct ledger_times *times, struct ledger_reclaim *rows,
                   size_t count) WARN_UNUSED;

/* Everything known of one key, as JSON: state, target id, last run, reject. ERR_NOT_FOUND. */
int ledger_explain(struct store *store, struct text key, struct buffer *json) WARN_UNUSED;

#endif
