/* The link between two stages. Upstream binds a ROUTER (link_out), downstream connects one DEALER per
 * upstream address (link_in). A peering lives as long as one TCP connection: no automatic reconnect; when
 * it ends all grants are void, and a new socket with a new random id says HELLO. docs/delivery.md, "Link".
 * Everything on the loop's thread. Never blocks. */
#ifndef DIANCHEN_COMMON_LINK_H
#define DIANCHEN_COMMON_LINK_H

#include "common/buffer.h"
#include "common/flow.h"
#include "common/loop.h"
#include "common/wire.h"

struct metrics;

enum {
    LINK_SILENCE = 5000, /* ms without a frame: the peering is over */
    LINK_PING = 1000,    /* ms without another frame before a PING goes */
};

struct link_identity { /* copied; texts <= WIRE_NAME_MAX */
    enum wire_role role;
    struct text scheme_hash;
    struct text store_id; /* "" from a transformer, until link_out_store_id; two non-empty ones must be equal */
    const char *security; /* LINK_SECURITY: "curve", "none", or NULL = none on loopback and ipc, curve elsewhere */
    const char *key_dir;  /* LINK_KEY_DIR: where the keys stand (link_keys.h); needed only for curve */
    /* in_flight_records, credit_records, oldest_batch_seconds, idle_seconds_total, batches_total, peers (of both ends),
     * ignored_frames_total; at the upstream end stalled_seconds_total, redelivered_total{reason}; at the downstream end
     * batch_seconds. NULL = none. In a transformer the first four tell of its upstream end, batches_total of its
     * downstream end. */
    struct metrics *metrics;
};

/* ---- upstream end: hands out batches ---- */
struct link_out;
struct link_out_events {
    /* One of acked, stale and poisoned, exactly once per batch given to link_out_send, unless it is cancelled or the
     * link is freed. None of them, nor credit, is called from inside a link_out_ function; they may call any but link_out_free. */
    void (*acked)(void *user, void *tag, const struct page *page, const struct page_times *times);
    void (*stale)(void *user, void *tag,
                  const struct page *page); /* downstream says the page is not ours any more: drop it */
    /* A page (or a single record of it, when rows == 1) kills its workers. The records' bytes are in `records`, valid
     * during the call; the caller sends it on as a reject, or record by record: a later link_out_send of the same page
     * each time, the next one after the ack of the one before. */
    void (*poisoned)(void *user, void *tag, const struct page *page, size_t rows, struct text records);
    void (*credit)(void *user); /* there may be room for more; also when a peer came or went */
};
int link_out_new(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self,
                 const struct link_out_events *events, void *user, struct link_out **out,
                 struct cause *cause) WARN_UNUSED; /* ERR_INPUT: port taken, bad address */
/* Says BYE, drops what is queued or out, closes. Up to 200 ms of the frames on the wire are left to zmq_ctx_term. */
void link_out_free(struct link_out **link);
/* Queues one batch. `records` (bytes of `rows` records, wire.h) is emptied, its memory stays with the caller. ERR_BUSY when a
 * batch of this very page is still here, ERR_LIMIT over WIRE_ROWS_MAX or WIRE_FRAME_MAX, ERR_MEMORY: records untouched. */
int link_out_send(struct link_out *link, const struct page *page, size_t rows, struct buffer *records,
                  void *tag) WARN_UNUSED;
void link_out_cancel(struct link_out *link, const struct page *page); /* forget it wherever it is; no event */
/* Records that may be sent on top of what is queued: credit of all peers less the queue; may be negative. */
int64_t link_out_room(const struct link_out *link);
/* The owner is at work on the next batch, or not any more: with credit it is busy then, not idle. */
void link_out_working(struct link_out *link, bool working);
void link_out_state(const struct link_out *link, struct flow_state *out);
void link_out_drain(struct link_out *link);                /* says DRAIN to all: no new work will come */
const char *link_out_address(const struct link_out *link); /* as bound, a wildcard port resolved */
/* What link_in_events.store_id told: from now on this end has that store. Peers that have another are refused. */
void link_out_store_id(struct link_out *link, struct text id);

/* ---- downstream end: takes batches ---- */
struct link_in;
struct link_in_batch {
    struct page page;
    int64_t attempt;
    size_t rows;
    struct text records;     /* lives until link_in_ack/_nack or gone() */
    int64_t arrived;         /* loop ms */
    int64_t came;            /* page_clock */
    struct page_times times; /* the receiver's, zero at first: goes upstream with the ack */
    void *user;              /* the receiver's own; NULL at first */
};
/* None of these is called from inside a link_in_ function; they may call any but link_in_free. */
struct link_in_events {
    void (*batch)(void *user, struct link_in_batch *batch); /* may ack or nack it at once */
    void (*gone)(
        void *user,
        struct link_in_batch *
            batch); /* its peering ended: upstream gives it to another; forget it, don't ack. The handle is invalid after the call */
    void (*store_id)(void *user, struct text id); /* an upstream told its store (for a transformer to pass on) */
};
/* `upstreams`: comma list of tcp://host:port or ipc://path; a DNS name means all its addresses, asked again every 5 s.
 * A batch that stands for FLOW_STUCK without link_in_touch ends the process with EXIT_UNFINISHED. */
int link_in_new(void *zmq, struct loop *loop, const char *upstreams, const struct link_identity *self,
                const struct link_in_events *events, void *user, struct link_in **out, struct cause *cause) WARN_UNUSED;
/* Says BYE: upstream gives to others what is still in hand. No gone() for those; their handles are invalid. */
void link_in_free(struct link_in **link);
void link_in_window(struct link_in *link,
                    int64_t records); /* how much may be granted or in hand; may change at any time */
void link_in_ack(struct link_in *link, struct link_in_batch *batch); /* frees the handle */
void link_in_nack(struct link_in *link, struct link_in_batch *batch, enum wire_nack reason, int64_t retry_after_ms);
/* The batch moves, though slowly (it waits in a queue of ours, a retry is set): its FLOW_STUCK begins anew. */
void link_in_touch(struct link_in *link, struct link_in_batch *batch);
void link_in_stuck(struct link_in *link, int64_t ms); /* another time than FLOW_STUCK */
void link_in_drain(struct link_in *link);             /* takes no more; what is in hand may still be acked */
size_t link_in_peers(const struct link_in *link);     /* live peerings */
size_t link_in_held(const struct link_in *link);      /* batches in hand */

#endif
