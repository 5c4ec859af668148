/* A record on its way through the loader. Everything that befalls it is one row_step(): begin.c, save.c, ask/ and
 * outcomes.c report steps and know nothing of one another; rows.c decides what follows. */
#ifndef DIANCHEN_LOADER_ROW_H
#define DIANCHEN_LOADER_ROW_H

#include "common/ledger/ledger.h"

struct batch;

enum row_step {
    STEP_BEGUN, /* T1 is in the store: row->facts say what is to be done */
    /* of a save */
    STEP_SAVED,     /* row->target_id, if the reply says it */
    STEP_REFUSED,   /* by the target, for code and message */
    STEP_EXISTS,    /* a create: number or name is taken */
    STEP_GONE,      /* an update: its id is not there */
    STEP_UNCLEAR,   /* saved in part: this one too? */
    STEP_UNKNOWN,   /* nobody knows: the claim stays */
    STEP_UNSENT,    /* let go; certainly not executed */
    STEP_OVERTAKEN, /* another has its claim */
    STEP_WORN_OUT,  /* sent as often as may be */
    /* of a look-up */
    STEP_FOUND,      /* row->found is its id */
    STEP_ABSENT,     /* certainly not there */
    STEP_UNANSWERED, /* not understood */
    STEP_DOUBTFUL,   /* not there, but row->found is, whose number reads alike */
    /* of waiting aside */
    STEP_DUE,  /* its moment has come: row->then */
    STEP_LEFT, /* it waits no longer: nothing more is begun */
    /* of an outcome */
    STEP_WRITTEN,  /* T2 is in the store */
    STEP_RELEASED, /* its claim is given back */
    STEP_STALE,    /* the claim was not ours any more: nothing was written */
};

enum seek {              /* what a look-up is for */
            SEEK_SETTLE, /* a create of before: did it land? */
            SEEK_UPDATE, /* to be updated, under which id? */
            SEEK_PART,   /* a create in a batch that was saved in part: this one too? */
            SEEK_EXISTS, /* a create refused because the number or name is taken: by what? */
            SEEK_GONE,   /* an update refused because its id is not there: is it elsewhere? */
            SEEK_FIRST,  /* to be created: does it stand there? */
            SEEK_LOST,   /* a create of this loader whose reply is lost or unreadable: did it land? */
};

enum row_then {             /* what a row that waits aside waits for */
                THEN_ASK,   /* to be looked up again */
                THEN_BEGIN, /* T1 anew: another has, or had, its claim */
                THEN_SEND,  /* an update whose end nobody knows: to be sent again */
};

struct row { /* belongs to its batch */
    struct row *next;
    struct batch *batch;
    struct ledger_row *facts; /* as the ledger told at its last T1 */
    int64_t claim;
    struct loop_ms send_by; /* the body's last bytes leave before */
    struct store_ms until;  /* the claim's time is over */
    enum claim_op op;
    bool reclaim;          /* a fresh claim is due before the next save */
    bool adopted;          /* it stood in the target before us */
    bool landed;           /* its claim is of a create that was found: let go, the ledger would forget it */
    bool again;            /* after its release: T1 anew */
    int sends;             /* saves that were judged */
    struct text target_id; /* empty = not known */
    enum seek seek;
    struct loop_ms sure;       /* "not found" counts from then; STEP_UNKNOWN: the call had its time then */
    int asked;                 /* times, for this */
    struct text asked_as;      /* the number that is asked for: in one spelling or another */
    int spelled;               /* enum spelling_way */
    bool counts;               /* "not found" of the question under way counts */
    int unclear;               /* look-ups in a row that were not understood */
    int turns;                 /* times that another had its claim */
    enum row_then then;        /* while it waits aside, */
    struct loop_ms due;        /* until then */
    struct text found;         /* STEP_FOUND */
    bool alike;                /* STEP_FOUND: the target spells its number in another way */
    struct text code, message; /* of the last refusal */
    struct text saved;         /* STEP_UNCLEAR: ids that the reply called saved, each between line ends */
};

struct queue { /* of rows */
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

/* The number of this row, and the one under which the target may have it: the ledger's while that is what is looked for. */
static inline struct text row_number(const struct row *row)
{
    return row->facts->in.number.size > 0 ? row->facts->in.number : row->facts->in.key;
}
static inline struct text row_known_number(const struct row *row)
{
    bool known = (row->seek == SEEK_SETTLE || row->seek == SEEK_UPDATE) && row->facts->known_number.size > 0;
    return known ? row->facts->known_number : row_number(row);
}

#endif
