/* One upstream address of a link_in, and its peering. Each peering has a new socket.
 *
 *   resting ──time──▶ connecting ──handshake──▶ greeting (HELLO sent) ──WELCOME──▶ live
 *      ▲                   │                          │                             │
 *      └───────────────────┴── refused, silent, gone ─┴─────────────────────────────┘ (batches: gone())
 *
 * in.c decides about all of them together: window, names, time. */
#ifndef DIANCHEN_COMMON_LINK_UPSTREAM_H
#define DIANCHEN_COMMON_LINK_UPSTREAM_H

#include "common/link/dns.h"
#include "common/link/hello.h"
#include "common/link/keys.h"
#include "common/link/socket.h"

enum {
    UPSTREAMS_MAX = 256,
    UPSTREAM_PAUSE_MIN = 50,    /* ms before the next connect; doubles each time, up to */
    UPSTREAM_PAUSE_MAX = 2000,  /* this; half of it is jitter */
    UPSTREAM_PAUSE_SLOW = 5000, /* after a refusal */
    UPSTREAM_GRACE = 2000,      /* ms: stages start in any order, so a missing upstream is logged only after this */
    UPSTREAM_GRACE_NAME = 2 * DNS_AGAIN, /* the same for an address of a DNS name, which may have vanished */
    UPSTREAM_PROVEN = 1000,              /* ms of life after which the pause is short again */
};

struct in_hand {                /* a batch in hand */
    struct link_in_batch batch; /* first, so that the receiver's pointer is a pointer to this */
    struct in_hand *next, *prev;
    struct upstream *upstream;
    zmq_msg_t frame;
    struct loop_ms moved;   /* arrival or the last touch */
    struct loop_ms touched; /* arrival or the last TOUCH that was sent */
};

struct upstream {
    struct link_in *link;
    struct link_address address;
    size_t name; /* index of its ADDRESS_NAME, or SIZE_MAX */
    enum upstream_state { UPSTREAM_RESTING, UPSTREAM_CONNECTING, UPSTREAM_GREETING, UPSTREAM_LIVE } state;
    struct link_socket socket;
    bool curve;            /* it wants CURVE */
    bool shaken;           /* while connecting: the handshake is done, HELLO may go */
    bool over;             /* ends as soon as all that it sent has been read */
    bool refused;          /* ended for a reason that a person must fix: UPSTREAM_PAUSE_SLOW follows */
    bool goodbye;          /* BYE was sent */
    bool leaving;          /* its address vanished from DNS: freed once nothing is in hand */
    bool drained;          /* it has no new work and gets no share of the window */
    bool told;             /* "can't be reached" was logged */
    struct loop_ms missed; /* since when it can't be reached; .ms 0 = it can, or was not tried yet */
    const char *why;
    struct loop_ms since; /* of the state */
    struct loop_ms heard, said, again_at;
    int64_t pause;
    int64_t unused; /* records granted to it and not used; below zero after a batch above them */
    struct in_hand *first, *last;
    size_t batches; /* in hand */
    char peer[WIRE_NAME_MAX + 32];
    char refusal[WIRE_NOTE_MAX + 1]; /* the last one logged */
};

struct link_in {
    struct loop *loop;
    void *zmq;
    struct hello_self self; /* a transformer's store_id is that of its live upstreams */
    bool own_store;
    enum link_security security;
    struct link_client client; /* keys, where any address wants CURVE */
    struct link_in_events events;
    void *user;
    struct flow_window window;
    struct upstream *upstreams[UPSTREAMS_MAX];
    size_t upstream_count;
    struct dns *names;
    size_t name_count;
    bool name_told[DNS_NAMES_MAX]; /* "can't be resolved" was logged */
    char name_hosts[DNS_NAMES_MAX][256];
    struct loop_timer tick, soon;
    bool draining;
    size_t batches_in_hand;
    int64_t stuck; /* ms */
    struct metric *in_flight, *credit, *idle, *oldest, *peers, *batches, *seconds, *ignored;
};

struct upstream *upstream_new(struct link_in *link, const struct link_address *address,
                              size_t name);    /* NULL: no memory */
void upstream_free(struct upstream *upstream); /* says BYE; drops the batches in hand without gone() */
/* Takes what its socket holds, then ends the peering where it is over. */
void upstream_turn(struct upstream *upstream);
/* Connects again, pings, ends a silent peering. `late`: ms that this process stood still. */
void upstream_tick(struct upstream *upstream, struct loop_ms now, int64_t late);
/* Sends a message; where that fails, the peering is over at the end of the turn. */
void upstream_tell(struct upstream *upstream, const struct wire_message *message);
/* Ends the peering on our side: sends BYE first. `why` is static. */
void upstream_leave(struct upstream *upstream, const char *why);
/* Frees a batch that was acked or nacked. */
void upstream_release(struct in_hand *in_hand);
/* Does it take grants? */
bool upstream_takes(const struct upstream *upstream);

#endif
