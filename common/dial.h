/* One upstream address of a link_in: dialled, greeted, live, over; then dialled again with a new socket.
 *
 *   resting ──time──▶ connecting ──handshake──▶ greeting (HELLO sent) ──WELCOME──▶ live
 *      ▲                   │                          │                             │
 *      └───────────────────┴── refused, silent, gone ─┴─────────────────────────────┘ (batches: gone())
 *
 * link_in.c decides about all of them together: window, names, time. */
#ifndef DIANCHEN_COMMON_DIAL_H
#define DIANCHEN_COMMON_DIAL_H

#include "common/link_keys.h"
#include "common/link_names.h"
#include "common/peering.h"

enum {
    DIALS_MAX = 256,
    DIAL_PAUSE_MIN = 50,               /* ms before a redial, doubled up to */
    DIAL_PAUSE_MAX = 2000,             /* this, half of it jitter */
    DIAL_PAUSE_SLOW = 5000,            /* after a refusal */
    DIAL_GRACE = 2000,                 /* stages start in any order: only later a missing upstream is worth a line */
    DIAL_GRACE_NAME = 2 * NAMES_AGAIN, /* the same for an address of a name, which may be there no more */
    DIAL_PROVEN = 1000,                /* ms of life after which the pause begins anew */
};

struct held {                   /* a batch in hand */
    struct link_in_batch batch; /* first: the receiver's pointer is ours */
    struct held *next, *prev;
    struct dial *dial;
    zmq_msg_t frame;
    int64_t moved; /* arrival or the last touch */
};

struct dial {
    struct link_in *link;
    struct link_address address;
    size_t name; /* index of its ADDRESS_NAME, or SIZE_MAX */
    enum dial_state { DIAL_RESTING, DIAL_CONNECTING, DIAL_GREETING, DIAL_LIVE } state;
    struct peering_socket socket;
    bool curve;     /* spoken in CURVE */
    bool shaken;    /* connecting: the handshake is done, HELLO may go */
    bool over;      /* to be ended once what it sent has been read */
    bool refused;   /* over for a cause that a person must mend: slowly again */
    bool goodbye;   /* BYE was sent */
    bool leaving;   /* its address vanished from DNS: ended and forgotten once nothing is in hand */
    bool drained;   /* upstream has no new work: it gets no share of the window */
    bool told;      /* that it can't be reached was logged */
    int64_t missed; /* since when it can't be reached; 0 = it can, or was not tried yet */
    const char *why;
    int64_t since; /* of the state */
    int64_t heard, said, redial_at, pause;
    int64_t unused; /* of the records granted to it; below zero after a batch above them */
    struct held *first, *last;
    size_t batches; /* in hand */
    char peer[WIRE_NAME_MAX + 32];
    char refusal[WIRE_NOTE_MAX + 1]; /* the last one logged */
};

struct link_in {
    struct loop *loop;
    void *zmq;
    struct peering_self self; /* a transformer's store_id is that of its live upstreams */
    bool own_store;
    enum link_security security;
    struct link_client client; /* keys, where any address wants CURVE */
    struct link_in_events events;
    void *user;
    struct flow_window window;
    struct dial *dials[DIALS_MAX];
    size_t dial_count;
    struct names *names;
    size_t name_count;
    bool name_told[NAMES_MAX]; /* that it can't be resolved was logged */
    char name_hosts[NAMES_MAX][256];
    struct loop_timer tick, soon;
    bool draining;
    size_t held;
    int64_t stuck, ticked;
    struct metric *in_flight, *credit, *idle, *oldest, *peers, *batches, *seconds, *ignored;
};

struct dial *dial_new(struct link_in *link, const struct link_address *address, size_t name); /* NULL: no memory */
void dial_free(struct dial *dial); /* says BYE; batches in hand are dropped without gone() */
/* Takes what its socket holds; ends the peering when it is over. */
void dial_turn(struct dial *dial);
/* Redials, pings, judges silence. `late` = ms that this process stood still. */
void dial_tick(struct dial *dial, int64_t now, int64_t late);
/* To the upstream; on failure the peering is over soon. */
void dial_tell(struct dial *dial, const struct wire_message *message);
/* Over soon, for a reason of ours: BYE first. */
void dial_leave(struct dial *dial, const char *why);
/* The batch is acked or nacked: out of hand. */
void dial_release(struct held *held);
/* May records be granted to it? */
bool dial_takes(const struct dial *dial);

#endif
