/* One downstream worker of a link_out: it said HELLO and was let in, takes batches against its credit, and goes.
 *
 *   HELLO ──check──▶ joined ──▶ ending ──▶ freed (what it holds goes back to the front of the queue)
 *                      its connection ends, BYE, 5 s of silence, another store, its key is gone
 *
 * out.c decides about all of them together: which batch goes where, time, what its owner is told. */
#ifndef DIANCHEN_COMMON_LINK_DOWNSTREAM_H
#define DIANCHEN_COMMON_LINK_DOWNSTREAM_H

#include "common/link/door.h"
#include "common/link/hello.h"
#include "common/link/outgoing.h"

struct downstream {
    uint32_t id; /* the flow's */
    size_t routing_size;
    char routing[255]; /* how the ROUTER addresses it */
    int fd;            /* of its connection, -1 once that has ended */
    struct loop_ms heard, said;
    bool announced; /* said BYE or DRAIN, or fell silent: its end is not blamed on a batch */
    bool ending;    /* gets nothing more; freed once all that it sent has been read */
    bool banned;    /* its connection is shut down with it */
    const char *why;
    char name[WIRE_NAME_MAX + 32], store_id[WIRE_NAME_MAX + 1];
    struct link_key key; /* "" in plain text */
};

struct link_out {
    struct loop *loop;
    struct door *door;
    struct scope *scope; /* in which it was made; its events are called in it */
    struct hello_self self;
    struct link_out_events events;
    void *user;
    struct flow *flow;
    struct downstream *downstreams[FLOW_PEERS_MAX];
    size_t downstream_count;
    struct loop_timer tick, soon, wake;
    int64_t overdue; /* ms */
    bool draining;
    bool news;    /* call events.credit at the end of the turn: there may be more room */
    bool working; /* the owner makes the next batch just now */
    struct loop_ms ticked;
    struct metric *in_flight, *credit, *oldest, *stalled, *idle, *peers, *batches, *ignored;
    struct metric *redelivered_gone, *redelivered_busy, *redelivered_failed, *redelivered_drain;
};

static inline struct text downstream_routing(const struct downstream *peer)
{
    return (struct text){peer->routing, peer->routing_size};
}
/* The worker behind a routing id, or NULL. */
struct downstream *downstream_find(struct link_out *link, struct text routing);
/* A HELLO from a routing id that is not known: the worker joins and gets WELCOME, or is refused with ERROR. `frame` is the
 * HELLO itself: its properties tell the connection and the key. */
void downstream_join(struct link_out *link, struct text routing, zmq_msg_t *frame, const struct wire_hello *hello);
/* ERROR to a routing id, and a line in our log. */
void downstream_refuse(struct link_out *link, struct text routing, const struct cause *ours,
                       const struct cause *theirs);
/* A message of a worker that has joined. */
void downstream_take(struct link_out *link, struct downstream *peer, const struct wire_message *message);
/* Sends it a message; where that fails, the worker is ending. */
int downstream_tell(struct link_out *link, struct downstream *peer, const struct wire_message *message) WARN_UNUSED;
/* From here on it gets nothing; out.c frees it at the end of a turn. The first `why` stands (static). */
void downstream_end(struct link_out *link, struct downstream *peer, bool announced, const char *why);
/* The same, with BYE; its connection is shut down when it is removed. */
void downstream_ban(struct link_out *link, struct downstream *peer, const char *why);
/* Frees it; its batches go back to the front of the queue. */
void downstream_remove(struct link_out *link, struct downstream *peer);

#endif
