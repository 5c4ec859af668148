/* A ZeroMQ socket that never waits, with the PAIR socket on which libzmq reports its connections. Both ends of a link use it.
 * On the loop's thread. */
#ifndef DIANCHEN_COMMON_LINK_SOCKET_H
#define DIANCHEN_COMMON_LINK_SOCKET_H

#include <zmq.h>

#include "common/link/link.h"

enum {
    LINK_TICK = 250,          /* ms between looks at silence, pings, gauges */
    LINK_LATE = 1000,         /* ms: a tick that late means that this process stood still, not its peers */
    LINK_LINGER = 200,        /* ms for BYE and the last acks to leave */
    LINK_HWM = 10000,         /* messages that a socket holds; flow keeps well below */
    LINK_ROUTER_HWM = 2000,   /* messages of one worker that a ROUTER holds; more than FLOW_OUT_MAX acks */
    LINK_TURN = 64,           /* messages taken in one turn of the loop */
    LINK_REST = 2 * LINK_HWM, /* messages taken at most before an ended peering is closed */
};

struct link_socket {
    void *zmq, *monitor;
    struct loop_watch *zmq_watch, *monitor_watch;
};
/* Makes a ROUTER or DEALER (`type`) with the options of both ends. ERR_MEMORY, also without descriptors; ERR_IO. */
int link_socket_open(void *context, int type, bool v6, struct link_socket *out) WARN_UNUSED;
/* Calls `fn` when either of the two can be read. ERR_MEMORY. */
int link_socket_watch(struct loop *loop, struct link_socket *socket, loop_zmq_fn *fn, void *user) WARN_UNUSED;
/* Closes both; unsent messages have `linger` ms to leave. The struct is all zero afterwards; closing that does nothing. */
void link_socket_close(struct loop *loop, struct link_socket *socket, int linger);
/* The next event of libzmq's monitor, false when there is none. *value is the connection's descriptor; of a handshake
 * that failed, the reason. */
bool link_socket_event(const struct link_socket *socket, int *event, int *value);
/* Takes one message of exactly `count` parts. At 0 the parts are the caller's to close. ERR_BUSY: there is none.
 * ERR_SYNTAX: one of another form was dropped. */
int link_socket_receive(void *zmq, zmq_msg_t *parts, size_t count) WARN_UNUSED;
/* Sends one message, on a ROUTER to `routing`. ERR_BUSY: its queue is full. ERR_NOT_FOUND: the peer is not there.
 * ERR_MEMORY. */
int link_socket_send(const struct link_socket *socket, struct text routing,
                     const struct wire_message *message) WARN_UNUSED;
/* The same for a frame that is ready. libzmq shares its bytes; the frame stays the caller's. */
int link_socket_send_frame(const struct link_socket *socket, struct text routing, zmq_msg_t *frame) WARN_UNUSED;

static inline struct text link_frame_text(zmq_msg_t *frame)
{
    return (struct text){zmq_msg_data(frame), zmq_msg_size(frame)};
}

/* Uniform below `limit`, from the kernel's generator: for routing ids and jitter. */
uint64_t link_random(uint64_t limit);

#endif
