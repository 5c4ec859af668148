/* The pure core of the link: who may get which batch, what is out, what comes back. No socket, no clock,
 * no store: events and time in, decisions out, so the whole pipeline can be simulated on virtual time.
 *
 *   queue ──(peer with credit)──▶ out ──ack──▶ gone
 *     ▲  ▲                         │
 *     │  └──── delay heap ◀──nack──┤
 *     └────────── front ◀──peer gone (all of its batches; poison counted) ──┘
 *
 * Credit is in records. A batch may be sent to a peer whose credit is > 0; the credit may go below zero by
 * that one batch (so a window smaller than a page still flows). Credit dies with the peering.
 *
 * A batch that saw FLOW_WARY unannounced deaths of its holders, or one while it was alone with its holder, is wary:
 * it goes before the queue, but only to a peer that holds nothing, and that peer gets nothing beside it. Where no
 * peer is empty, the one that holds least gets nothing until it is. So whoever kills is found, and soon alone. */
#ifndef DIANCHEN_COMMON_FLOW_H
#define DIANCHEN_COMMON_FLOW_H

#include "common/run.h"
#include "common/wire.h"

enum {
    FLOW_PEERS_MAX = 256,
    FLOW_POISON = 3,
    FLOW_WARY = 2,
    FLOW_OUT_MAX = 1000,        /* batches with one peer: well below the sockets' high-water marks */
    FLOW_CREDIT_MAX = 10000000, /* records; what a peer grants on top is not counted */
    FLOW_STUCK = 600000         /* ms: a worker whose oldest batch stands that long kills itself */
};

struct flow_batch {
    struct flow_batch *next, *prev;
    struct page page;
    size_t rows;
    int64_t attempt;    /* 1 on the first sending */
    int deaths;         /* unannounced deaths of a peer that held it alone */
    int losses;         /* unannounced deaths of a peer that held it, alone or not */
    int64_t not_before; /* in the delay heap until then */
    uint32_t peer;      /* while out: whom it was sent to; 0 = nobody */
    int64_t born;       /* when it was given to flow_push */
    void *message;      /* the caller's: the frame, what to ack… */
    /* flow's own */
    enum flow_place { FLOW_NOWHERE, FLOW_QUEUED, FLOW_WARILY, FLOW_OUT, FLOW_DELAYED, FLOW_POISONED } place;
    struct flow_batch *child;                 /* delay heap */
    struct flow_batch *same_hash;             /* page map */
    struct flow_batch *born_next, *born_prev; /* all batches, oldest first */
};

struct flow;
int flow_new(struct flow **out) WARN_UNUSED;
/* `drop` gets every batch that is left, wherever it stands. */
void flow_free(struct flow **flow, void (*drop)(void *user, struct flow_batch *batch), void *user);

/* A new peering; its id (never 0, never used again by this flow). 0 past FLOW_PEERS_MAX. */
uint32_t flow_join(struct flow *flow);
/* The peering ended. announced = it said BYE or DRAIN first. Its batches go to the front in their old order;
 * when it died unannounced holding exactly one batch, that batch's deaths grow. */
void flow_leave(struct flow *flow, uint32_t id, bool announced);
void flow_grant(struct flow *flow, uint32_t id, int64_t records);
void flow_draining(struct flow *flow, uint32_t id); /* sends it nothing more; what it holds stays out */

/* To the back of the queue. The caller sets page, rows and message; no batch of the same page may be here (flow_find). */
void flow_push(struct flow *flow, struct flow_batch *batch, int64_t now);
/* The batch of that page (run, slice, no and fence), wherever it stands; or NULL. */
struct flow_batch *flow_find(const struct flow *flow, const struct page *page);
/* The next sending, if any is possible now: takes it off the queue, marks it out, counts credit and attempt. */
struct flow_batch *flow_next(struct flow *flow, int64_t now, uint32_t *id);
/* What flow_next gave could not even be handed to the socket: back to the front, as if never taken. */
void flow_unsend(struct flow *flow, struct flow_batch *batch);
/* The batch that peer `id` acks or nacks; NULL when it does not hold it (late, double, foreign: ignore).
 * After flow_ack and flow_give_up the batch is the caller's again. */
struct flow_batch *flow_ack(struct flow *flow, uint32_t id, const struct page *page);
struct flow_batch *flow_give_up(struct flow *flow, uint32_t id, const struct page *page); /* NACK_STALE */
bool flow_delay(struct flow *flow, uint32_t id, const struct page *page,
                int64_t until); /* NACK_BUSY, NACK_FAILED, NACK_DRAIN (until = now); false = not held */
/* Takes a batch out wherever it stands (its own upstream is gone); NULL when unknown. An ack that still comes is ignored. */
struct flow_batch *flow_cancel(struct flow *flow, const struct page *page);
/* A batch with deaths >= FLOW_POISON waits here instead of in the queue until the caller takes and splits it. */
struct flow_batch *flow_poisoned(struct flow *flow);

/* When flow_next may have something new without an event: the earliest not_before, or INT64_MAX. A batch whose time
 * has come goes to the back of the queue. */
int64_t flow_wake(const struct flow *flow);

struct flow_state {
    size_t peers;
    size_t queued_batches, queued_rows; /* here: in the queue, delayed or poisoned */
    size_t delayed_batches;             /* of these, waiting for their time */
    size_t out_batches, out_rows;
    int64_t credit; /* over all peers that take batches, never counted below 0 per peer */
    int64_t oldest; /* born of the oldest batch, INT64_MAX when none */
};
void flow_look(const struct flow *flow, struct flow_state *out);

/* The granting end, per downstream worker: a window of records over all its upstreams. */
struct flow_window {
    int64_t size;    /* records that may be granted or in hand at once */
    int64_t in_hand; /* records received, not yet acked or nacked */
    int64_t granted; /* granted, not yet used, over all upstreams (less where a batch went below zero) */
};
/* How many records to grant now to an upstream that has `unused` of its grant left (below zero after a batch larger
 * than it), with `upstreams` live ones: never less than 0; spreads the window evenly; small top-ups wait until a
 * quarter of the share is free. Grants can't be called back, so one that has nothing left gets that quarter even
 * where idle ones still hold the whole window: records in hand then stay below size + what the idle ones hold. */
int64_t flow_window_grant(const struct flow_window *window, int64_t unused, size_t upstreams);

#endif
