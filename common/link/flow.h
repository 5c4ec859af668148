/* The pure core of the link: which peer gets which batch, and what becomes of a batch when its peer goes. It knows no socket,
 * no clock and no store: events and time go in, decisions come out. So the whole pipeline can be simulated on virtual time.
 * One thread.
 *
 *   queue ──(peer with credit)──▶ out ──ack──▶ gone
 *     ▲  ▲                         │
 *     │  └──── delay heap ◀──nack──┤
 *     └────────── front ◀──peer gone (all of its batches; poison counted) ──┘
 *
 * Credit counts records and ends with the peering. A peer with credit > 0 may be sent a batch, even one larger than its
 * credit, which is negative then. So a window smaller than a page still works.
 *
 * A peer may hold FLOW_FIRST batches, and two more for each ack: a peer that grants much credit and never acks gets few
 * batches.
 *
 * A suspect batch was with FLOW_LOSSES peers that died unannounced, or with one that held nothing else. It is sent before
 * the queue, but only to a peer that holds nothing, and alone. If no peer is empty, the one with the fewest records gets
 * nothing more until it is. So a batch that kills its workers is soon alone, and identified. */
#ifndef DIANCHEN_COMMON_LINK_FLOW_H
#define DIANCHEN_COMMON_LINK_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/wire/page.h"

enum {
    FLOW_PEERS_MAX = 256,
    FLOW_POISON = 3,            /* unannounced deaths of peers that held it alone, after which a batch is poison */
    FLOW_LOSSES = 2,            /* deaths after which a batch is suspect */
    FLOW_FIRST = 8,             /* batches that a peer may hold before its first ack; each ack permits two more */
    FLOW_OUT_MAX = 1000,        /* batches out with one peer; well below LINK_HWM */
    FLOW_CREDIT_MAX = 10000000, /* records; more credit of one peer is not counted */
    FLOW_STUCK = 600000         /* ms: a worker ends itself when a batch of it does not move for that long */
};

struct flow_batch { /* the caller's memory; zero at first */
    struct flow_batch *next, *prev;
    struct page page;
    size_t rows;
    int64_t attempt;           /* 1 on the first sending */
    int deaths;                /* unannounced deaths of a peer that held it alone */
    int losses;                /* unannounced deaths of a peer that held it, alone or not */
    struct loop_ms not_before; /* in the delay heap until then */
    uint32_t peer;             /* the peer that has it; 0 = none */
    struct loop_ms born;       /* when flow_push got it */
    struct loop_ms moved;      /* while out: when it was sent or touched last */
    void *message;             /* the caller's */
    /* flow's own */
    enum flow_place { FLOW_NOWHERE, FLOW_QUEUED, FLOW_SUSPECT, FLOW_OUT, FLOW_DELAYED, FLOW_POISONED } place;
    struct flow_batch *child;                 /* delay heap */
    struct flow_batch *same_hash;             /* page map */
    struct flow_batch *born_next, *born_prev; /* all batches, oldest first */
};

struct flow;
/* ERR_MEMORY. Freed by flow_free. */
int flow_new(struct flow **out) WARN_UNUSED;
/* Calls `drop` (may be NULL) with every batch that is left. */
void flow_free(struct flow **flow, void (*drop)(void *user, struct flow_batch *batch), void *user);

/* A new peering. Its id, never used again by this flow; 0 where there are FLOW_PEERS_MAX. */
uint32_t flow_join(struct flow *flow);
/* The peering ended; `announced`: it said BYE or DRAIN before. Its batches go to the front of the queue in their old order.
 * If it died unannounced, `losses` of its batches grow, and `deaths` of a batch that it held alone. */
void flow_leave(struct flow *flow, uint32_t id, bool announced);
void flow_grant(struct flow *flow, uint32_t id, int64_t records);
void flow_draining(struct flow *flow, uint32_t id); /* it gets no new batch; it keeps those that it has */

/* To the back of the queue. The caller sets page, rows and message. No batch of the same page may be here (flow_find). */
void flow_push(struct flow *flow, struct flow_batch *batch, struct loop_ms now);
/* The batch of that page (run, slice, no and fence), wherever it stands; or NULL. */
struct flow_batch *flow_find(const struct flow *flow, const struct page *page);
/* The next batch to send, with its peer in *id, or NULL. The batch is out from now on; credit and attempt are counted. */
struct flow_batch *flow_next(struct flow *flow, struct loop_ms now, uint32_t *id);
/* Undoes flow_next, when the socket did not take the batch: it goes back to the front. */
void flow_unsend(struct flow *flow, struct flow_batch *batch);
/* Peer `id` acks a batch, or drops it (NACK_STALE): the batch is returned and is the caller's again. NULL if that peer does
 * not have it: a late, double or foreign answer, to be ignored. */
struct flow_batch *flow_ack(struct flow *flow, uint32_t id, const struct page *page);
struct flow_batch *flow_give_up(struct flow *flow, uint32_t id, const struct page *page);
/* Peer `id` gives a batch back (NACK_BUSY, NACK_FAILED, NACK_DRAIN); it is sent again from `until` on. False as above. */
bool flow_delay(struct flow *flow, uint32_t id, const struct page *page, struct loop_ms until);
/* Peer `id` still works at a batch. Ignored where it does not have it. */
void flow_touch(struct flow *flow, uint32_t id, const struct page *page, struct loop_ms now);
/* A batch that has been out for more than `ms` without a touch, or NULL. It stays out: end the peer that has it. */
struct flow_batch *flow_overdue(struct flow *flow, struct loop_ms now, int64_t ms);
/* Removes a batch wherever it is; the caller's again. NULL when unknown. A later ack of it is ignored. */
struct flow_batch *flow_cancel(struct flow *flow, const struct page *page);
/* A batch with deaths >= FLOW_POISON, which is the caller's again; or NULL. It is not sent any more. */
struct flow_batch *flow_poisoned(struct flow *flow);

/* When to call flow_next again although nothing happened: the earliest not_before, or LOOP_NEVER. A delayed batch then goes
 * to the back of the queue. */
struct loop_ms flow_wake(const struct flow *flow);

struct flow_state {
    size_t peers;
    size_t queued_batches, queued_rows; /* in the queue, delayed or poisoned */
    size_t delayed_batches;             /* of these, waiting for their time */
    size_t out_batches, out_rows;
    int64_t credit;        /* that peers may use now, of all that take batches; a peer below zero counts as 0 */
    struct loop_ms oldest; /* born of the oldest batch, LOOP_NEVER when none */
};
void flow_look(const struct flow *flow, struct flow_state *out);

/* The granting end: a worker's window of records over all its upstreams. */
struct flow_window {
    int64_t size;    /* records that may be granted or in hand at once, without those that wait */
    int64_t in_hand; /* records received, not yet acked or nacked */
    int64_t waiting; /* of these, how many take no part: the next stage has them, or they wait aside */
    int64_t granted; /* granted and not used, over all upstreams */
};
/* Records to grant now to one of `upstreams` live upstreams, which has `unused` records of its grant left (negative after a
 * batch larger than that). The result is never negative. The window is shared evenly; less than a quarter of a share is not
 * granted, to save messages. A grant can't be taken back, so an upstream with nothing left gets a quarter share even when
 * idle upstreams hold the whole window: records in hand stay below size + the grants of the idle ones. */
int64_t flow_window_grant(const struct flow_window *window, int64_t unused, size_t upstreams);

#endif
