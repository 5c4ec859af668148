#include "common/link/socket.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/random.h>

uint64_t link_random(uint64_t limit)
{
    uint64_t n = 0;
    while (getrandom(&n, sizeof n, 0) != (ssize_t)sizeof n) {
    }
    return n % limit;
}

/* ---- sockets ---- */

static bool set_option(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

/* Options of both ends. No ZMQ_HEARTBEAT_*: it aborts the process at a full queue (libzmq issue 3937). TCP's own keepalive
 * only clears away what a vanished host left behind; silence is judged above. */
static bool set_options(void *socket, int type, bool v6)
{
    static const struct {
        int option, value;
    } both[] = {{ZMQ_LINGER, 0},
                {ZMQ_SNDHWM, LINK_HWM},
                {ZMQ_RCVHWM, LINK_HWM},
                {ZMQ_IMMEDIATE, 1},
                {ZMQ_HANDSHAKE_IVL, LINK_SILENCE},
                {ZMQ_TCP_KEEPALIVE, 1},
                {ZMQ_TCP_KEEPALIVE_IDLE, 10},
                {ZMQ_TCP_KEEPALIVE_INTVL, 5},
                {ZMQ_TCP_KEEPALIVE_CNT, 3}};
    bool done = true;
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        done = done && set_option(socket, both[i].option, both[i].value);
    }
    /* Upstream there are no records: HELLO, credit and answers are small, and nothing larger may fill memory. */
    int64_t frame_max = type == ZMQ_ROUTER ? WIRE_CONTROL_MAX : WIRE_FRAME_MAX;
    done = done && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0;
    if (v6) {
        done = done && set_option(socket, ZMQ_IPV6, 1);
    }
    if (type == ZMQ_ROUTER) {
        /* Without handover libzmq keeps the second connection of a routing id, and all that it sends, unread and for ever. */
        return done && set_option(socket, ZMQ_RCVHWM, LINK_ROUTER_HWM) && set_option(socket, ZMQ_ROUTER_MANDATORY, 1) &&
               set_option(socket, ZMQ_ROUTER_HANDOVER, 1);
    }
    unsigned char id[16];
    while (getrandom(id, sizeof id, 0) != (ssize_t)sizeof id) {
    }
    id[0] |= 0x80; /* ids that begin with zero are libzmq's own */
    return done && set_option(socket, ZMQ_RECONNECT_IVL, -1) &&
           zmq_setsockopt(socket, ZMQ_ROUTING_ID, id, sizeof id) == 0;
}

int link_socket_open(void *context, int type, bool v6, struct link_socket *out)
{
    static _Atomic unsigned long names;
    static const int events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED |
                              ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    struct link_socket socket = {.zmq = zmq_socket(context, type), .monitor = zmq_socket(context, ZMQ_PAIR)};
    char name[64];
    (void)snprintf(name, sizeof name, "inproc://link-monitor-%lu", atomic_fetch_add(&names, 1));
    /* The monitor's queue has no bound: at a bound libzmq's I/O thread would wait for us. It grows with connections. */
    if (socket.zmq && socket.monitor && set_options(socket.zmq, type, v6) &&
        set_option(socket.monitor, ZMQ_RCVHWM, 0) && set_option(socket.monitor, ZMQ_LINGER, 0) &&
        zmq_socket_monitor(socket.zmq, name, events) == 0 && zmq_connect(socket.monitor, name) == 0) {
        *out = socket;
        return 0;
    }
    int error = errno == ENOMEM || errno == EMFILE ? ERR_MEMORY : ERR_IO;
    link_socket_close(NULL, &socket, 0);
    return error;
}

int link_socket_watch(struct loop *loop, struct link_socket *socket, loop_zmq_fn *fn, void *user)
{
    socket->monitor_watch = loop_watch_zmq(loop, socket->monitor, fn, user);
    socket->zmq_watch = loop_watch_zmq(loop, socket->zmq, fn, user);
    return socket->zmq_watch && socket->monitor_watch ? 0 : ERR_MEMORY;
}

void link_socket_close(struct loop *loop, struct link_socket *socket, int linger)
{
    if (loop) {
        loop_unwatch(loop, &socket->zmq_watch);
        loop_unwatch(loop, &socket->monitor_watch);
    }
    if (socket->zmq) {
        (void)zmq_socket_monitor(socket->zmq, NULL, 0);
        (void)set_option(socket->zmq, ZMQ_LINGER, linger);
        (void)zmq_close(socket->zmq);
    }
    if (socket->monitor) {
        (void)zmq_close(socket->monitor);
    }
    *socket = (struct link_socket){0};
}

bool link_socket_event(const struct link_socket *socket, int *event, int *value)
{
    zmq_msg_t parts[2];
    if (link_socket_receive(socket->monitor, parts, 2)) {
        return false;
    }
    /* First part: 16 bits of event, 32 of value, in host order; second: the address. */
    const unsigned char *data = zmq_msg_data(&parts[0]);
    bool whole = zmq_msg_size(&parts[0]) >= 6;
    if (whole) {
        uint16_t number;
        int32_t detail;
        memcpy(&number, data, sizeof number);
        memcpy(&detail, data + 2, sizeof detail);
        *event = number;
        *value = detail;
    }
    zmq_msg_close(&parts[0]);
    zmq_msg_close(&parts[1]);
    return whole;
}

int link_socket_receive(void *zmq, zmq_msg_t *parts, size_t count)
{
    size_t got = 0;
    bool more = true, odd = false;
    while (more) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, zmq, ZMQ_DONTWAIT) < 0) {
            if (errno == EINTR) {
                continue;
            }
            zmq_msg_close(&part);
            break; /* between messages only: libzmq hands over whole ones */
        }
        more = zmq_msg_more(&part) != 0;
        if (got < count) {
            zmq_msg_init(&parts[got]);
            zmq_msg_move(&parts[got++], &part);
        } else {
            odd = true;
        }
        zmq_msg_close(&part);
    }
    if (got == count && !odd) {
        return 0;
    }
    bool none = got == 0;
    while (got > 0) {
        zmq_msg_close(&parts[--got]);
    }
    return none ? ERR_BUSY : ERR_SYNTAX;
}

static int send_part(void *socket, const void *data, size_t size, int flags)
{
    while (zmq_send(socket, data, size, flags | ZMQ_DONTWAIT) < 0) {
        if (errno != EINTR) {
            return errno == EAGAIN ? ERR_BUSY : ERR_NOT_FOUND;
        }
    }
    return 0;
}

int link_socket_send(const struct link_socket *socket, struct text routing, const struct wire_message *message)
{
    struct buffer frame;
    buffer_init(&frame, WIRE_FRAME_MAX);
    wire_write(&frame, message);
    int error = frame.failed ? ERR_MEMORY : 0;
    if (!error && routing.size > 0) {
        error = send_part(socket->zmq, routing.data, routing.size, ZMQ_SNDMORE);
    }
    if (!error) {
        error = send_part(socket->zmq, frame.data, frame.size, 0);
    }
    buffer_fini(&frame);
    return error;
}

int link_socket_send_frame(const struct link_socket *socket, struct text routing, zmq_msg_t *frame)
{
    zmq_msg_t copy;
    int error = routing.size > 0 ? send_part(socket->zmq, routing.data, routing.size, ZMQ_SNDMORE) : 0;
    if (error) {
        return error;
    }
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, frame);
    while (zmq_msg_send(&copy, socket->zmq, ZMQ_DONTWAIT) < 0) {
        if (errno != EINTR) {
            error = errno == EAGAIN ? ERR_BUSY : ERR_NOT_FOUND;
            zmq_msg_close(&copy);
            return error;
        }
    }
    return 0;
}
