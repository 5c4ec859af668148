/* What both ends of a link share: who we are, whom we accept, a socket with its monitor, control frames. */
#ifndef DIANCHEN_COMMON_PEERING_H
#define DIANCHEN_COMMON_PEERING_H

#include <zmq.h>

#include "common/link.h"

enum {
    PEERING_TICK = 250,             /* ms between looks at silence, pings, gauges */
    PEERING_LATE = 1000,            /* ms: a tick that late means that we stood still, not the others */
    PEERING_LINGER = 200,           /* ms for BYE and the last acks to leave */
    PEERING_HWM = 10000,            /* messages a socket holds; flow keeps well below */
    PEERING_TURN = 64,              /* messages taken in one turn of the loop */
    PEERING_REST = 2 * PEERING_HWM, /* messages taken at most before an ended peering is closed */
};

/* Both ends tell these, each in its stages. */
#define LINK_IN_FLIGHT_HELP "Records taken on and not yet acknowledged."
#define LINK_CREDIT_HELP "Records granted and not yet sent."
#define LINK_OLDEST_HELP "Age of the oldest batch in hand; 0 = none."
#define LINK_STALLED_HELP "Time with work and no credit: what comes after holds it up."
#define LINK_IDLE_HELP "Time with credit and no work: what comes before holds it up."
#define LINK_PEERS_HELP "Live peerings, of both ends."
#define LINK_BATCHES_HELP "Batches acknowledged."
#define LINK_IGNORED_HELP "Frames of strangers, or that are no message here."

struct peering_self {
    enum wire_role role;
    char scheme_hash[WIRE_NAME_MAX + 1], store_id[WIRE_NAME_MAX + 1], peer_name[WIRE_NAME_MAX + 1]; /* host:pid */
};
void peering_self_init(struct peering_self *self, const struct link_identity *identity);
const char *peering_role(enum wire_role role);
/* A hello of ours; texts point into `self`. */
struct wire_message peering_hello(const struct peering_self *self, enum wire_type type);
/* Do we fit? ERR_REFUSED: `ours` is the sentence for our log, `theirs` the same seen from the other side, for ERROR. */
int peering_check(const struct peering_self *self, const struct wire_hello *hello, struct cause *ours,
                  struct cause *theirs) WARN_UNUSED;
/* Copies for a log: cut at `room`, NUL-terminated, control characters out. */
void peering_copy(char *out, size_t room, struct text t);

/* A socket that never waits, and the PAIR on which libzmq tells its events. ERR_MEMORY or ERR_IO. */
struct peering_socket {
    void *zmq, *monitor;
    struct loop_watch *zmq_watch, *monitor_watch;
};
int peering_open(void *context, int type, bool v6, struct peering_socket *out) WARN_UNUSED;
/* Calls `fn` when either can be read. */
int peering_watch(struct loop *loop, struct peering_socket *socket, loop_zmq_fn *fn, void *user) WARN_UNUSED;
void peering_close(struct loop *loop, struct peering_socket *socket, int linger);
/* The next event, false when there is none; *value is the connection's descriptor, of a failed handshake the reason. */
bool peering_event(const struct peering_socket *socket, int *event, int *value);
/* One message of exactly `count` parts; the parts are initialised and the caller's when it returns 0.
 * ERR_BUSY: none there. ERR_SYNTAX: one of another form was dropped. */
int peering_receive(void *zmq, zmq_msg_t *parts, size_t count) WARN_UNUSED;
/* One frame; to `routing` on a ROUTER. ERR_BUSY: its queue is full; ERR_NOT_FOUND: the peer is not there. */
int peering_send(const struct peering_socket *socket, struct text routing,
                 const struct wire_message *message) WARN_UNUSED;
/* The same for a ready frame, which is copied by reference. */
int peering_send_frame(const struct peering_socket *socket, struct text routing, zmq_msg_t *frame) WARN_UNUSED;

static inline struct text peering_text(zmq_msg_t *frame)
{
    return (struct text){zmq_msg_data(frame), zmq_msg_size(frame)};
}

/* Uniform below `limit`; quality for routing ids and jitter. */
uint64_t peering_random(uint64_t limit);

#endif
