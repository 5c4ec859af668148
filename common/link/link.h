/* The link between two stages. The upstream stage binds a ROUTER (link_out). The downstream stage connects one DEALER to
 * each upstream address (link_in). A peering lives as long as one connection: nothing reconnects by itself. When it ends,
 * all grants of it are void, and a new socket with a new random id says HELLO. docs/delivery.md, "Link".
 * Every function runs on the loop's thread and never blocks. */
#ifndef DIANCHEN_COMMON_LINK_LINK_H
#define DIANCHEN_COMMON_LINK_LINK_H

#include "common/base/buffer.h"
#include "common/link/flow.h"
#include "common/loop/loop.h"
#include "common/wire/wire.h"

struct metrics;

enum {
    LINK_SILENCE = 5000, /* ms without a frame: the peering is over */
    LINK_PING = 1000,    /* ms without another frame before a PING goes */
    LINK_TOUCH = 60000,  /* ms at least between two TOUCHes of a batch */
    LINK_OVERDUE =
        FLOW_STUCK + LINK_TOUCH, /* ms: the upstream end cuts off a worker that neither acks nor touches a batch */
};

/* What the links of one process share that serves several schemes: the address to which their link_outs are bound. Zero but for the
 * metrics at first; it lives longer than the links. */
enum { LINK_SCHEMES = 32 };
struct link_shared {
    struct door *door;       /* the links' own */
    struct metrics *metrics; /* for what belongs to no scheme */
};
struct link_identity { /* copied; texts <= WIRE_NAME_MAX */
    enum wire_role role;
    struct text scheme_hash;
    struct text store_id; /* "" in a transformer, until link_out_store_id; if both ends have one, it must be the same */
    const char *security; /* LINK_SECURITY: "curve", "none", or NULL = none on loopback and ipc, curve elsewhere */
    const char *key_dir;  /* LINK_KEY_DIR: the folder of keys (keys.h); needed only for CURVE */
    /* NULL = none. Of a transformer, in_flight_records, credit_records, oldest_batch_seconds and idle_seconds_total tell
     * of its link_out, batches_total of its link_in. */
    struct metrics *metrics;
    struct link_shared *shared; /* NULL = this link has an address of its own */
};

/* ---- upstream end: sends batches ---- */
struct link_out;
struct link_out_events {
    /* Each batch of link_out_send ends with exactly one of acked, stale and poisoned, unless it is cancelled or the link is
     * freed. Events are never called from inside a link_out_ function; they may call any of these but link_out_free. */
    void (*acked)(void *user, void *tag, const struct page *page, const struct page_times *times);
    void (*stale)(void *user, void *tag, const struct page *page); /* another claim of the page is valid now: drop it */
    /* The page (or, where rows == 1, this record of it) ended FLOW_POISON workers. `records` are its bytes, valid during
     * the call. The caller sends the page again record by record, or the record as a reject: one link_out_send of the
     * same page after the ack of the one before. */
    void (*poisoned)(void *user, void *tag, const struct page *page, size_t rows, struct text records);
    void (*credit)(void *user); /* link_out_room may have changed: credit came, or a peer came or went */
};
/* Where self->shared is set, all links of it are bound to the address of the first: a worker gets the link of its scheme. */
int link_out_new(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self,
                 const struct link_out_events *events, void *user, struct link_out **out,
                 struct cause *cause) WARN_UNUSED; /* ERR_INPUT: the address is taken or none; ERR_MEMORY, ERR_IO */
/* Says BYE, drops every batch without an event, closes. zmq_ctx_term then waits up to LINK_LINGER for the last frames. */
void link_out_free(struct link_out **link);
/* Queues one batch: copies `records` (bytes of `rows` records, wire.h) and empties it; the buffer stays the caller's.
 * ERR_BUSY: a batch of this page is still here. ERR_LIMIT: above WIRE_ROWS_MAX or WIRE_FRAME_MAX. ERR_MEMORY. On an error
 * `records` is untouched. */
int link_out_send(struct link_out *link, const struct page *page, size_t rows, struct buffer *records,
                  void *tag) WARN_UNUSED;
/* Forgets the batch; no event follows. `part`: it holds only some of the page's records. An ack names the page alone, so while
 * a worker still has a part, the page can't be sent again (ERR_BUSY): the ack of the part would be taken for that of all. */
void link_out_cancel(struct link_out *link, const struct page *page, bool part);
/* Records that may be sent on top of what is queued: the credit of all peers minus the queue. May be negative. */
int64_t link_out_room(const struct link_out *link);
/* The owner begins or stops making the next batch; meanwhile idle_seconds_total does not count. */
void link_out_working(struct link_out *link, bool working);
void link_out_state(const struct link_out *link, struct flow_state *out);
void link_out_drain(struct link_out *link);                /* tells all peers (DRAIN) that no new work will come */
void link_out_overdue(struct link_out *link, int64_t ms);  /* another time than LINK_OVERDUE */
const char *link_out_address(const struct link_out *link); /* as bound, a wildcard port resolved; lives with the link */
/* For a transformer, after link_in_events.store_told: from now on this end refuses peers with another store. */
void link_out_store_id(struct link_out *link, struct text id);

/* ---- downstream end: takes batches ---- */
struct link_in;
struct link_in_batch { /* the link's; valid until it is acked, nacked or gone */
    struct page page;
    int64_t attempt; /* 1 = sent for the first time */
    size_t rows;
    struct text records; /* as long as the batch */
    struct loop_ms arrived;
    int64_t came;            /* page_clock */
    struct page_times times; /* the receiver fills it; the ack carries it upstream */
    void *user;              /* the receiver's own; NULL at first */
};
/* No event is called from inside a link_in_ function. An event may call any of them but link_in_free. */
struct link_in_events {
    void (*arrived)(void *user, struct link_in_batch *batch); /* may ack or nack it at once */
    /* The peering ended, and another worker gets the batch: forget it, don't ack. The handle is invalid after the call. */
    void (*gone)(void *user, struct link_in_batch *batch);
    void (*store_told)(void *user, struct text id); /* an upstream's store; NULL = not wanted */
};
/* `upstreams` is a comma list of tcp://HOST:PORT and ipc://PATH; a DNS name stands for all its addresses, which are asked for
 * again every DNS_AGAIN ms. ERR_INPUT with the cure; ERR_MEMORY.
 * A batch that nobody touches for FLOW_STUCK ends the process with EXIT_UNFINISHED. */
int link_in_new(void *zmq, struct loop *loop, const char *upstreams, const struct link_identity *self,
                const struct link_in_events *events, void *user, struct link_in **out, struct cause *cause) WARN_UNUSED;
/* Says BYE; the upstream gives the batches in hand to others. All handles become invalid; no gone() follows. */
void link_in_free(struct link_in **link);
/* How many records may be granted or in hand at once. `waiting` of those in hand don't count: they come on top. Both may change at
 * any time. */
void link_in_window(struct link_in *link, int64_t records, int64_t waiting);
/* Both end the batch: its handle is invalid after the call. */
void link_in_ack(struct link_in *link, struct link_in_batch *batch);
void link_in_nack(struct link_in *link, struct link_in_batch *batch, enum wire_nack reason, int64_t retry_after_ms);
/* The batch still makes progress (it waits in a queue of the receiver, a retry is set): FLOW_STUCK begins anew, and so does
 * LINK_OVERDUE at the other end, which is notified at most every LINK_TOUCH. */
void link_in_touch(struct link_in *link, struct link_in_batch *batch);
void link_in_stuck(struct link_in *link, int64_t ms); /* another time than FLOW_STUCK */
void link_in_drain(struct link_in *link);             /* takes no more; what is in hand may still be acked */
size_t link_in_peers(const struct link_in *link);     /* live peerings */
size_t link_in_batches(const struct link_in *link);   /* batches in hand */

#endif
