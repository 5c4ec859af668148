/* What the target holds, and the one POST per record that may be under way. The guarantee lives here:
 * read docs/delivery.md before changing a line.
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
enum { HASH_SIZE = 16, KEY_MAX = 200 /* bytes of a key or number */, LEDGER_ROWS_MAX = 1000 /* of a batch */ };

/* Why a record was refused. Class is one of a fixed few (metrics label): "mapping", "keyless", "number_clash",
 * "exists", "target", "poison". */
struct refusal {
    struct text class;
    struct text code;    /* the target's errorCode, or "" */
    struct text message; /* for a person; no secrets */
};

/* Does the target hold a material of this record, and is it what `hash` says? Whatever may have changed the
 * target without our knowing (an update on the wire, a refusal) leaves HELD_OTHER: the next payload is sent. */
enum holding { HELD_NOT = 0, HELD_SAME = 1, HELD_OTHER = 2 };

/* The ledger's row as decide() sees it. While claimed, op create goes with HELD_NOT and op update with HELD_OTHER,
 * so that a claim which is let go forgets nothing. */
struct record {
    int64_t id;           /* 0 = absent */
    int64_t run;          /* last run that saw it */
    enum outcome outcome; /* in that run */
    enum holding held;
    uint8_t hash[HASH_SIZE]; /* HELD_SAME: of what the target holds; OUTCOME_REJECTED: of what was refused */
    bool excused;            /* a refusal that counts no more: the scheme changed since, or a replay */
    bool adopted;            /* it stood in the target before us */
    int64_t claim;           /* 0 = none */
    enum claim_op op;
    uint8_t pend[HASH_SIZE]; /* what the claim's POST carries */
    int64_t until;           /* store clock */
    struct text target_id;   /* empty = not known */
    struct text number;      /* that the last claim carried */
};

enum ledger_action {
    ACTION_FINAL, /* has its outcome in this run: nothing to do */
    ACTION_STAMP, /* final now, without a POST (unchanged, filtered, rejected again) */
    ACTION_BUSY,  /* another POST may be under way: come back at `until` */
    ACTION_CLAIM, /* POST it: op says create or update */
    /* A create went out and nobody knows. ledger_reclaim takes the claim over (hash NULL); look up by `known_number`:
     *   found                    → SAVED, op create, hash = row.pend: that is what landed. Where row.hash differs an
     *                              update is due: ledger_reclaim to OP_UPDATE with row.hash and the id, POST, end.
     *   not found, number equal  → ledger_reclaim with row.hash, POST the create, end.
     *   not found, else          → RELEASED, then begin the row again (known_number differs from row.number). */
    ACTION_SETTLE,
};

struct ledger_row {
    /* in: from the transformer; texts live as long as the batch */
    enum record_kind kind;
    struct text key;         /* <= KEY_MAX; empty = keyless: kept as rejected under a key made of its hash */
    struct text number;      /* <= KEY_MAX; empty = the key */
    uint8_t hash[HASH_SIZE]; /* of the payload and of what identifies it; of the source for stubs */
    struct text payload;     /* JSON object text without "id"; empty for stubs */
    struct text source;      /* the record as it left the extractor (wire.h record), kept for rejects */
    struct refusal refusal;  /* for RECORD_UNMAPPABLE; out for what the ledger itself refuses (number_clash, exists) */
    /* out */
    enum ledger_action action;
    enum outcome outcome;     /* for FINAL and STAMP */
    enum claim_op op;         /* for CLAIM and SETTLE */
    bool adopted;             /* it stood in the target before us: the outcome is updated, not created */
    bool repeated;            /* the same key stood earlier in this batch */
    int64_t id;               /* ledger row */
    int64_t claim;            /* fresh per POST */
    int64_t send_by;          /* store clock: the body's last bytes leave before */
    int64_t until;            /* BUSY, SETTLE: when the claim's time is over */
    struct text target_id;    /* for updates; empty = look up by known_number first. Lives in the batch's arena */
    struct text known_number; /* CLAIM, SETTLE: the number the target has it under, if it has it */
    uint8_t pend[HASH_SIZE];  /* SETTLE: what the create carried */
};

/* Names of a source record's slots (scheme->slots): with them a reject keeps the record as JSON. count 0 = as it is. */
struct source_form {
    const struct text *names;
    size_t count;
};

struct ledger_times { /* ms: S, D, V of docs/delivery.md */
    int64_t send;     /* TARGET_TIMEOUT + 5 s */
    int64_t late;     /* TARGET_LATE */
    int64_t visible;  /* TARGET_VISIBLE */
};

/* The pure rule: reads kind and hash of `row`, sets its action, op and outcome. Stubs never need the target: over a
 * claim whose time is past they are stamped, and the claim is kept (under a fresh id) for the next payload to settle. */
void ledger_decide(const struct record *record, int64_t run, int64_t now, struct ledger_row *row);

struct ledger_batch {
    struct page page;    /* run, slice, no, fence */
    struct text account; /* the loader's target account: bound to the run by the first batch */
    bool adopt;          /* existing: adopt (true) or reject */
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
 * page's fence is not this one: NACK stale. ERR_REFUSED: see mismatch. ERR_LIMIT for a key or number over KEY_MAX or
 * a batch over LEDGER_ROWS_MAX. May be called again after a rollback. */
int ledger_begin(struct store *store, struct ledger_batch *batch) WARN_UNUSED;

enum verdict {
    VERDICT_SAVED,
    VERDICT_REFUSED,
    VERDICT_RELEASED /* certainly not executed; with OP_CREATE the target certainly holds nothing */,
    VERDICT_UNKNOWN /* leave the claim: it will be settled */
};
struct ledger_result {
    int64_t id, claim;
    int64_t run;
    enum verdict verdict;
    enum claim_op op;
    bool adopted;
    const uint8_t *hash; /* what was sent, or what was found to have landed */
    struct text number;
    struct text target_id;  /* may be empty */
    struct refusal refusal; /* with payload and source below, for the reject */
    struct text key, payload, source;
    struct source_form form; /* of source */
    int stale;               /* out: 1 = not our claim any more, nothing was written */
};
/* T2: everything WHERE claim = mine. */
int ledger_end(struct store *store, struct ledger_result *results, size_t count) WARN_UNUSED;

/* A fresh claim in place of `claim`, by compare-and-swap: before another POST of the same row (halving,
 * adopting after "already there", creating after "gone", settling). Not ours any more: `stale`, nothing written.
 * until and send_by anew. */
struct ledger_reclaim {
    int64_t id, claim;
    enum claim_op op;
    const uint8_t *hash;           /* what the POST will carry; NULL = what the claim says already */
    struct text target_id;         /* OP_UPDATE: as the look-up told; empty = as it is */
    bool adopted;                  /* it stood there before us */
    int64_t fresh, send_by, until; /* out */
    int stale;                     /* out */
};
int ledger_reclaim(struct store *store, const struct ledger_times *times, struct ledger_reclaim *rows,
                   size_t count) WARN_UNUSED;

/* Everything known of one key, as one line of JSON: {"key","records":[{"source","target","scheme","number","target_id",
 * "outcome","run","held","adopted","claim":{"op","expires_in_ms"}?,"reject":{…}?}]}, one record for each pair of accounts
 * that has it;
 * "replays":[{"run","state","started","returned"}] where some asked the source for it. ERR_NOT_FOUND. */
int ledger_explain(struct store *store, struct text key, struct buffer *json) WARN_UNUSED;

#endif
