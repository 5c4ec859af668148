/* A record in the loader. Everything that happens to it is reported as one row_step(): begin.c, save.c, ask/ and outcomes.c report
 * steps and know nothing of one another; rows.c decides what comes next. On the loop's thread. */
#ifndef DIANCHEN_LOADER_ROW_H
#define DIANCHEN_LOADER_ROW_H

#include "common/ledger/ledger.h"

struct batch;

enum row_step {
    STEP_BEGUN, /* T1 is in the store: row->facts say what is to be done */
    /* of a save */
    STEP_SAVED,     /* row->target_id, if the reply says it */
    STEP_REFUSED,   /* by the target, for code and message */
    STEP_EXISTS,    /* a create: number or name is taken; a step: it is done already */
    STEP_GONE,      /* an update: its id is not there */
    STEP_UNCLEAR,   /* saved in part: this one too? */
    STEP_UNKNOWN,   /* nobody knows: the claim stays */
    STEP_UNSENT,    /* not sent, or certainly not executed */
    STEP_OVERTAKEN, /* another loader has its claim */
    STEP_WORN_OUT,  /* sent as often as permitted (save_sends) */
    /* of a look-up */
    STEP_FOUND,      /* row->found is its id */
    STEP_ABSENT,     /* certainly not there */
    STEP_UNANSWERED, /* the answer is not understood */
    STEP_DOUBTFUL,   /* not there, but row->found is: a record whose number reads alike */
    /* of waiting aside */
    STEP_DUE,  /* its time has come: do row->then */
    STEP_LEFT, /* it waits no longer, and nothing more is begun for it */
    /* of an outcome */
    STEP_WRITTEN,  /* T2 is in the store */
    STEP_RELEASED, /* its claim was given back */
    STEP_STALE,    /* its claim was no longer ours: nothing was written */
};

enum seek {              /* what a look-up is for */
            SEEK_SETTLE, /* a create that was claimed earlier: did it land? */
            SEEK_UPDATE, /* to be updated, under which id? */
            SEEK_PART,   /* a create in a batch that was saved in part: this one too? */
            SEEK_EXISTS, /* a create refused because the number or name is taken: by what? */
            SEEK_GONE,   /* an update refused because its id is not there: is it elsewhere? */
            SEEK_FIRST,  /* to be created: does it stand there? */
            SEEK_LOST,   /* a create of this loader whose reply is lost or unreadable: did it land? */
            SEEK_STEP,   /* a step that may have been executed, or whose record has no id: is it done? */
            SEEK_SAID,   /* a step that was refused because it is done already: is it? */
            SEEK_LOCKED, /* to be updated: is a step of it done, so that it can't be? */
};

enum row_then {             /* what a row that waits aside waits for */
                THEN_ASK,   /* to be looked up again */
                THEN_BEGIN, /* T1 anew: another has, or had, its claim */
                THEN_SEND,  /* an update whose end nobody knows: to be sent again */
};

struct row { /* belongs to its batch */
    struct row *next;
    struct batch *batch;
    struct ledger_row *facts; /* what the ledger said at its last T1 */
    int64_t claim;
    struct loop_ms send_by; /* the body's last bytes leave before */
    struct store_ms until;  /* end of the claim */
    enum claim_op op;
    bool reclaim;          /* a fresh claim is due before the next save */
    bool adopted;          /* it stood in the target before us */
    bool landed;           /* its claim is of a create that was found: releasing it would make the ledger forget that */
    bool again;            /* after its release, or its outcome: T1 anew */
    int sends;             /* saves that were judged */
    struct text target_id; /* empty = not known */
    enum seek seek;
    struct loop_ms sure;       /* "not found" counts from then on; STEP_UNKNOWN: the call can't be executed after it */
    int asked;                 /* how often, for this `seek` */
    struct text asked_as;      /* the number as it is asked for, in one spelling or another */
    int spelled;               /* enum spelling_way */
    bool counts;               /* "not found" counts for the question under way */
    int unclear;               /* look-ups in a row that were not understood */
    int turns;                 /* how often another loader had its claim */
    enum row_then then;        /* aside: what to do */
    struct loop_ms due;        /* aside: and when */
    struct text found;         /* STEP_FOUND, STEP_DOUBTFUL: id in the target */
    bool alike;                /* STEP_FOUND: the target spells its number in another way */
    struct text code, message; /* of the last refusal */
    struct text saved;         /* STEP_UNCLEAR: ids that the reply called saved, each between line ends */
};

struct queue { /* of rows, which it does not own; queue_take returns NULL when it is empty */
    struct row *first, **last;
    size_t count;
};
static inline void queue_init(struct queue *queue)
{
    *queue = (struct queue){NULL, &queue->first, 0};
}
static inline void queue_add(struct queue *queue, struct row *row)
{
    row->next = NULL;
    *queue->last = row;
    queue->last = &row->next;
    queue->count++;
}
static inline struct row *queue_take(struct queue *queue)
{
    struct row *row = queue->first;
    if (row) {
        queue->first = row->next;
        queue->count--;
        if (!queue->first) {
            queue->last = &queue->first;
        }
    }
    return row;
}

/* row_number: the number of this row. row_known_number: the number to ask the target for; while a create is settled, or what stands
 * there is to be updated, it is the one that the ledger knows. Both live as long as the row. */
static inline struct text row_number(const struct row *row)
{
    return row->facts->in.number.size > 0 ? row->facts->in.number : row->facts->in.key;
}
static inline struct text row_known_number(const struct row *row)
{
    bool stands = row->seek == SEEK_SETTLE || row->seek == SEEK_UPDATE || row->seek == SEEK_LOCKED;
    return stands && row->facts->known_number.size > 0 ? row->facts->known_number : row_number(row);
}

#endif
