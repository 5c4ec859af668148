/* The pure core of the link: who may get which batch, what is out, what comes back. No socket, no clock,
 * no store: events and time in, decisions out, so the whole pipeline can be simulated on virtual time.
 *
 *   queue ──(peer with credit)──▶ out ──ack──▶ gone
 *     ▲  ▲                         │
 *     │  └──── delay heap ◀──nack──┤
 *     └────────── front ◀──peer gone (all of its batches; poison counted) ──┘
 *
 * Credit is in records. A batch may be sent to a peer whose credit is > 0; the credit may go below zero by
 * that one batch (so a window smaller than a page still flows). Credit dies with the peering. */
#ifndef DIANCHEN_COMMON_FLOW_H
#define DIANCHEN_COMMON_FLOW_H

#include "common/run.h"
#include "common/wire.h"

enum {
    FLOW_PEERS_MAX = 256,
    FLOW_POISON = 3,
    FLOW_STUCK = 600000 /* ms: a worker whose oldest batch stands that long kills itself */
};

struct flow_batch {
    struct flow_batch *next, *prev;
    struct page page;
    size_t rows;
    int64_t attempt;    /* 1 on the first sending */
    int deaths;         /* unannounced deaths of a peer that held it alone */
    int64_t not_before; /* in the delay heap until then */
    uint32_t peer;      /* while out: whom it was sent to; 0 = nobody */
    int64_t born;       /* when it was given to flow_push */
    void *message;      /* the caller's: the frame, what to ack… */
};

struct flow;
int flow_new(struct flow **out) WARN_UNUSED;
void flow_free(struct flow **flow, void (*drop)(void *user, struct flow_batch *batch), void *user);

/* A new peering; its id (never 0, never used again by this flow). 0 past FLOW_PEERS_MAX. */
uint32_t flow_join(struct flow *flow);
/* The peering ended. announced = it said BYE or DRAIN first. Its batches go to the front in their old order;
 * when it died unannounced holding exactly one batch, that batch's deaths grow. */
void flow_leave(struct flow *flow, uint32_t peer, bool announced);
void flow_grant(struct flow *flow, uint32_t peer, int64_t records);
void flow_draining(struct flow *flow, uint32_t peer); /* sends it nothing more; what it holds stays out */

void flow_push(struct flow *flow, struct flow_batch *batch, int64_t now); /* to the back of the queue */
/* The next sending, if any is possible now: takes it off the queue, marks it out, counts credit and attempt. */
struct flow_batch *flow_next(struct flow *flow, int64_t now, uint32_t *peer);
/* The batch that `peer` acks or nacks; NULL when it does not hold it (late, double, foreign: ignore).
 * After flow_ack and flow_give_up the batch is the caller's again. */
struct flow_batch *flow_ack(struct flow *flow, uint32_t peer, const struct page *page);
struct flow_batch *flow_give_up(struct flow *flow, uint32_t peer, const struct page *page); /* NACK_STALE */
bool flow_delay(struct flow *flow, uint32_t peer, const struct page *page,
                int64_t until); /* NACK_BUSY, NACK_FAILED, NACK_DRAIN (until = now); false = not held */
/* Takes a batch out wherever it stands (its own upstream is gone); NULL when unknown. An ack that still comes is ignored. */
struct flow_batch *flow_cancel(struct flow *flow, const struct page *page);
/* A batch with deaths >= FLOW_POISON waits here instead of in the queue until the caller takes and splits it. */
struct flow_batch *flow_poisoned(struct flow *flow);

/* When flow_next may have something new without an event: the earliest not_before, or INT64_MAX. */
int64_t flow_wake(const struct flow *flow);

struct flow_state {
    size_t peers, queued_batches, queued_rows, out_batches, out_rows;
    int64_t credit; /* over all peers that take batches, never counted below 0 per peer */
    int64_t oldest; /* born of the oldest batch, INT64_MAX when none */
};
void flow_look(const struct flow *flow, struct flow_state *out);

/* The granting end, per downstream worker: a window of records over all its upstreams. */
struct flow_window {
    int64_t size;    /* records that may be granted or in hand at once */
    int64_t in_hand; /* records received, not yet acked or nacked */
    int64_t granted; /* granted, not yet used, over all upstreams */
};
/* How many records to grant now to an upstream that has `unused` of its grant left, with `upstreams` live ones:
 * never less than 0; spreads the window evenly; small top-ups wait until a quarter of the share is free. */
int64_t flow_window_grant(const struct flow_window *window, int64_t unused, size_t upstreams);

#endif
