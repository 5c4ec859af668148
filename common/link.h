/* The link between two stages. Upstream binds a ROUTER (link_out), downstream connects one DEALER per
 * upstream address (link_in). A peering lives as long as one TCP connection: no automatic reconnect; when
 * it ends all grants are void, and a new socket with a new random id says HELLO. delivery.md, "Link".
 * Everything on the loop's thread. Never blocks. */
#ifndef DIANCHEN_COMMON_LINK_H
#define DIANCHEN_COMMON_LINK_H

#include "common/buffer.h"
#include "common/flow.h"
#include "common/loop.h"
#include "common/wire.h"

struct metrics;

struct link_identity {
    enum wire_role role;
    struct text scheme_hash;
    struct text
        store_id; /* "" from a transformer; two non-empty ones must be equal (the transformer passes its extractor's on) */
    const char *security; /* LINK_SECURITY: "none", or NULL = none on loopback and ipc, refused elsewhere */
    struct metrics *
        metrics; /* in_flight_records credit_records stalled_seconds_total idle_seconds_total redelivered_total{reason} peers batches_total batch_seconds */
};

/* ---- upstream end: hands out batches ---- */
struct link_out;
struct link_out_events {
    /* Exactly once per batch given to link_out_send, unless cancelled or the link is freed. */
    void (*acked)(void *user, void *tag, const struct page *page);
    void (*stale)(void *user, void *tag,
                  const struct page *page); /* downstream says the page is not ours any more: drop it */
    /* A page (or a single record of it, when rows == 1) kills its workers. The record's bytes are in `records`; the caller
     * sends it on as a reject, or split. Return is by a later link_out_send of the same page. */
    void (*poisoned)(void *user, void *tag, const struct page *page, size_t rows, struct text records);
    void (*credit)(void *user); /* there may be room for more; also when a peer came or went */
};
int link_out_new(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self,
                 const struct link_out_events *events, void *user, struct link_out **out,
                 struct cause *cause) WARN_UNUSED; /* ERR_INPUT: port taken, bad address */
void link_out_free(struct link_out **link);        /* at once; linger 0 */
/* Queues one batch. `records` (bytes of `rows` records, wire.h) is taken over and emptied. */
int link_out_send(struct link_out *link, const struct page *page, size_t rows, struct buffer *records,
                  void *tag) WARN_UNUSED;
void link_out_cancel(struct link_out *link, const struct page *page); /* forget it wherever it is; no event */
/* Records that may be sent on top of what is queued: credit of all peers less the queue; may be negative. */
int64_t link_out_room(const struct link_out *link);
void link_out_state(const struct link_out *link, struct flow_state *out);
void link_out_drain(struct link_out *link);                /* says DRAIN to all: no new work will come */
const char *link_out_address(const struct link_out *link); /* as bound, a wildcard port resolved */

/* ---- downstream end: takes batches ---- */
struct link_in;
struct link_in_batch {
    struct page page;
    int64_t attempt;
    size_t rows;
    struct text records; /* lives until link_in_ack/_nack or gone() */
    int64_t arrived;     /* loop ms */
};
struct link_in_events {
    void (*batch)(void *user, struct link_in_batch *batch);
    void (*gone)(
        void *user,
        struct link_in_batch *
            batch); /* its peering ended: upstream gives it to another; forget it, don't ack. The handle is invalid after the call */
    void (*store_id)(void *user, struct text id); /* an upstream told its store (for a transformer to pass on) */
};
/* `upstreams`: comma list of tcp://host:port or ipc://path; a DNS name means all its addresses, asked again every 5 s. */
int link_in_new(void *zmq, struct loop *loop, const char *upstreams, const struct link_identity *self,
                const struct link_in_events *events, void *user, struct link_in **out, struct cause *cause) WARN_UNUSED;
void link_in_free(struct link_in **link); /* says BYE */
void link_in_window(struct link_in *link,
                    int64_t records); /* how much may be granted or in hand; may change at any time */
void link_in_ack(struct link_in *link, struct link_in_batch *batch); /* frees the handle */
void link_in_nack(struct link_in *link, struct link_in_batch *batch, enum wire_nack reason, int64_t retry_after_ms);
void link_in_drain(struct link_in *link);         /* takes no more; what is in hand may still be acked */
size_t link_in_peers(const struct link_in *link); /* live peerings */
size_t link_in_held(const struct link_in *link);  /* batches in hand */

#endif
