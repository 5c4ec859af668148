/* The decision of the ledger, pure: no clock, no store. From the stored state of a record it decides what to do with a
 * new version. */
#ifndef DIANCHEN_COMMON_LEDGER_DECIDE_H
#define DIANCHEN_COMMON_LEDGER_DECIDE_H

#include "common/base/clock.h"
#include "common/base/rule.h"
#include "common/run/outcome.h"
#include "common/wire/mapped.h"

enum claim_op {
    OP_NONE = 0,
    OP_CREATE = 1,
    OP_UPDATE = 2,
    OP_STEP = 3, /* a follow-up of what is saved, like its audit (step/step.h) */
};

/* Does the target have a material of this record, with the contents of `hash`? HELD_OTHER: it has one with other or
 * unknown contents (an update under way, a refusal), so the next payload is sent. */
enum holding { HELD_NOT = 0, HELD_SAME = 1, HELD_OTHER = 2 };

/* The ledger's row as ledger_decide sees it. While claimed, a create has HELD_NOT, an update HELD_OTHER and a step
 * HELD_SAME, so that nothing is lost when the claim is given up. */
struct record {
    int64_t id;           /* 0 = absent */
    int64_t run;          /* last run that saw it */
    enum outcome outcome; /* in that run */
    enum holding held;
    uint8_t hash[HASH_SIZE]; /* HELD_SAME: of what the target holds; OUTCOME_REJECTED: of what was refused */
    bool excused;            /* the refusal does not count any more: the scheme changed since, or a replay */
    bool adopted;            /* the target had it before dianchen */
    int64_t claim;           /* 0 = none */
    enum claim_op op;
    uint8_t pend[HASH_SIZE]; /* what the claim's POST carries */
    struct store_ms until;
    struct text target_id; /* empty = not known */
    struct text number;    /* that the last claim carried */
    size_t step;           /* where the target holds the new version: the step that is due, from 1; 0 = none is */
    bool stepped;          /* some step of it was sent, and may be done */
};

enum ledger_action {
    ACTION_FINAL, /* it has its outcome in this run: nothing to do */
    ACTION_STAMP, /* final now, without a POST (unchanged, filtered, rejected again) */
    ACTION_BUSY,  /* another POST may be under way: come back at `until` */
    ACTION_CLAIM, /* POST it: op says create or update */
    /* A create, or a step, was sent and its result is unknown. A step: ledger_reclaim takes the claim over; ask the target
     * whether it is done, then SAVED, or ledger_reclaim and POST again. A create: ledger_reclaim takes the claim over (hash NULL); look up by `known_number`:
     *   found                    → SAVED, op create, hash = row.pend: that is what landed. Where row.hash differs an
     *                              update is due: ledger_reclaim to OP_UPDATE with row.hash and the id, POST, end.
     *   not found, number equal  → ledger_reclaim with row.hash, POST the create, end.
     *   not found, else          → RELEASED, then begin the row again (known_number differs from row.number). */
    ACTION_SETTLE,
};

struct ledger_row {
    struct mapped in; /* from the transformer; its texts live as long as the batch. The ledger fills in.refusal for what
                         it refuses itself (number_clash, exists) */
    bool lost; /* the source has it no more (run/vanished.h): it is updated where the target holds it, never created */
    struct text answers; /* of its look-ups, as JSON: [["unit","the key","the id"],…]; empty = it has none */
    /* out */
    enum ledger_action action;
    enum outcome outcome; /* for FINAL and STAMP; OP_STEP: that the record has when its steps are done */
    enum claim_op op;     /* for CLAIM and SETTLE */
    size_t step;          /* OP_STEP: which, an index of ledger_batch.steps */
    bool locked;          /* CLAIM, update: a step may be done, so ask first: then it can't be changed (step/step.h) */
    bool adopted;         /* it stood in the target before us: the outcome is updated, not created */
    bool ask;             /* CLAIM, create: look it up first, another number resembles this one (alike.h) */
    struct text alike;    /* with `ask`: the key of that record; empty = a material from before us */
    bool repeated;        /* the same key stood earlier in this batch */
    int64_t id;           /* ledger row */
    int64_t claim;        /* fresh per POST */
    struct store_ms send_by;  /* the body's last bytes leave before */
    struct store_ms until;    /* BUSY, SETTLE: when the claim's time is over */
    struct text target_id;    /* for updates; empty = look up by known_number first. Lives in the batch's arena */
    struct text known_number; /* CLAIM, SETTLE: the number the target has it under, if it has it */
    uint8_t pend[HASH_SIZE];  /* SETTLE: what the create carried */
};

struct ledger_times { /* ms: S, D, V of docs/delivery.md */
    int64_t send;     /* TARGET_TIMEOUT + 5 s */
    int64_t late;     /* TARGET_LATE */
    int64_t visible;  /* TARGET_VISIBLE */
};

/* When the claim of a POST ends, if its body leaves by `send_by`. Both on the store's clock. */
static inline struct store_ms ledger_until(const struct ledger_times *times, struct store_ms send_by)
{
    return store_after(send_by, rule_off(RULE_LATE) ? 0 : times->late + times->visible);
}

/* Reads kind and hash of `row` and sets its action, op and outcome. Stubs never need the target: they are stamped even
 * if a claim has expired; that claim is kept (under a fresh id), and the next payload settles it. */
void ledger_decide(const struct record *record, int64_t run, struct store_ms now, struct ledger_row *row);

#endif
