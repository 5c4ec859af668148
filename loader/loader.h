/* What the parts of the loader share. A record's way:
 *
 *   link ─▶ load ──T1──┬─ final, unchanged ───────────────────────────────▶ acked with its page
 *                      ├─ busy ──▶ the page is nacked until then
 *                      ├─ claimed ──▶ post ──judge──┬─ saved, refused ──▶ ending ──T2──▶ acked
 *                      │               ▲  ▲  halves │ unclear, exists, gone
 *                      │               │  └─────────┤
 *                      └─ settle ──▶ quest ◀────────┘ unknown: the claim stays, the page is nacked
 *
 * load.c: pages and their rows. post.c: rows in POSTs. quest.c: questions to the target. ending.c: outcomes into
 * the store. All on the loop's thread; only work() of a job runs elsewhere, on what its owner leaves alone meanwhile. */
#ifndef DIANCHEN_LOADER_LOADER_H
#define DIANCHEN_LOADER_LOADER_H

#include "common/concurrency.h"
#include "common/stage.h"
#include "loader/options.h"
#include "loader/xingchen.h"

struct load;
struct post;
struct quest;
struct ending;
struct reading;

enum seek {
    SEEK_SETTLE, /* a create of before: did it land? */
    SEEK_UPDATE, /* to be updated, under which id? */
    SEEK_PART,   /* a create in a batch that was saved in part: this one too? */
    SEEK_EXISTS, /* a create refused because the number or name is taken: by what? */
    SEEK_GONE,   /* an update refused because its id is not there: is it elsewhere? */
};

struct row { /* a record on its way; belongs to its load */
    struct row *next;
    struct load *load;
    struct ledger_row *facts; /* as the ledger told at its last T1 */
    int64_t claim;
    int64_t send_by; /* loop clock */
    int64_t until;   /* store clock */
    enum claim_op op;
    bool reclaim;          /* a fresh claim is due before the next POST */
    bool adopted;          /* it stood in the target before us */
    bool landed;           /* its claim is of a create that was found: let go, the ledger would forget it */
    bool again;            /* after its end: T1 anew */
    int sends;             /* POSTs that were judged */
    struct text target_id; /* empty = not known */
    enum seek seek;
    int64_t sure;              /* store clock: "not found" counts from then */
    bool asked;                /* once for this; if not found then, again at `sure` */
    struct text code, message; /* of the last refusal */
    struct text saved;         /* SEEK_PART: ids that the reply called saved, each between line ends */
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

/* So many saves in a row unanswered: the target is away. What is sent to it then has to be settled later, so it is tried
 * with one row at a time and growing pauses. */
enum { LOADER_FAILING = 2 };

struct loader {
    struct stage stage;
    struct options options;
    struct ledger_times times;
    struct text account;
    char api[160]; /* of the saves */
    struct xingchen *target;
    struct link_in *link;
    struct alert *alert;
    int exit_code; /* of a loader that gave up and still tells so */
    bool dry, draining, stopped;
    size_t jobs; /* in the store, not yet done */
    struct load *loads, *spare_loads;
    struct post *posts; /* all that were ever made */
    struct queue ready; /* rows to be POSTed */
    int64_t ready_since;
    struct loop_timer cut;
    size_t calls; /* POSTs under way, waiting for login and slot included */
    struct concurrency at_once;
    int failures;       /* saves in a row that nobody answered */
    int64_t brake;      /* loop clock ms: no save before */
    struct queue asked; /* rows to be asked for */
    struct loop_timer ask;
    struct quest *quests;
    size_t quest_count;
    bool no_many; /* the target does not look up several numbers at once */
    struct ending *ending, *spare_endings, *endings;
    struct reading *reading;
    struct metric *outcomes[OUTCOME_REJECTED + 1], *rejects_open, *permitted, *stalled;
    struct store_job rejects_job;
    struct loop_timer rejects_timer, pulse, deadline, look;
    int64_t rejects_count;
    bool rejects_due, rejects_busy;
};

/* Everything but the link: store, client. 0, or the cause. */
int loader_open(struct loader *loader, struct cause *cause) WARN_UNUSED;
/* Gives up: one line, then the loop ends with the exit code. */
void loader_fatal(struct loader *loader, const struct cause *cause, int exit_code);
/* SIGTERM: takes no more, ends what is on the wire, and the loop, within 8 s. */
void loader_drain(void *user); /* struct loader * */
/* After each step of a drain: ends the loop when nothing is left. */
void loader_settle(struct loader *loader);
void loader_submit(struct loader *loader, struct store_job *job); /* counted: see loader_done */
/* First line of every done(): false when the loader has given up and nothing may go on. */
bool loader_done(struct loader *loader);
void loader_count(struct loader *loader, enum outcome outcome);
/* A save was answered, or was not: how many may be under way, and how much the window lets in, follow from it. */
void loader_answered(struct loader *loader, const struct answer *answer);
void loader_close(struct loader *loader);

#endif
