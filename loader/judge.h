/* Which row of a POSTed batch was saved, refused, or can't be told from the reply. Pure. Never guesses:
 * what the reply does not say beyond doubt becomes UNCLEAR or UNKNOWN. The forms: tests/unit/test_judge.c. */
#ifndef DIANCHEN_LOADER_JUDGE_H
#define DIANCHEN_LOADER_JUDGE_H

#include "common/ledger.h"
#include "loader/answer.h"

enum judgement {
    JUDGE_UNKNOWN,  /* may or may not have been executed: leave the claim */
    JUDGE_RELEASED, /* certainly not executed, for no fault of the row: send again */
    JUDGE_AGAIN,    /* not saved, and not named as the cause: send again in a smaller POST */
    JUDGE_SAVED,    /* id empty = saved under an id that the reply does not assign */
    JUDGE_REFUSED,  /* this row, for the reason in code and message */
    JUDGE_EXISTS,   /* a create: the number (or name) is taken */
    JUDGE_GONE,     /* an update: its id is not there */
    JUDGE_UNCLEAR,  /* executed in part: ask the target (create), or send alone (update) */
};

struct judge_row {
    struct text number, target_id;
    enum claim_op op;
    enum judgement judgement;  /* out */
    struct text id;            /* out: SAVED */
    struct text code, message; /* out: REFUSED, EXISTS, GONE, AGAIN; live in the arena or the answer's */
};

void judge_save(struct arena *arena, const struct answer *answer, struct judge_row *rows, size_t count);

#endif
