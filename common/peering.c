#include "common/peering.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/log.h"

void peering_copy(char *out, size_t room, struct text t)
{
    size_t size = text_cut(t, room - 1);
    for (size_t i = 0; i < size; i++) {
        out[i] = (unsigned char)t.data[i] < ' ' || t.data[i] == 0x7f ? ' ' : t.data[i];
    }
    out[size] = 0;
}

void peering_self_init(struct peering_self *self, const struct link_identity *identity)
{
    char host[64] = "";
    self->role = identity->role;
    peering_copy(self->scheme_hash, sizeof self->scheme_hash, identity->scheme_hash);
    peering_copy(self->store_id, sizeof self->store_id, identity->store_id);
    if (gethostname(host, sizeof host - 1) != 0) {
        (void)snprintf(host, sizeof host, "?");
    }
    (void)snprintf(self->peer_name, sizeof self->peer_name, "%s:%ld", host, (long)getpid());
}

const char *peering_role(enum wire_role role)
{
    static const char *const names[] = {
        [ROLE_EXTRACTOR] = "extractor", [ROLE_TRANSFORMER] = "transformer", [ROLE_LOADER] = "loader"};
    return names[role];
}

struct wire_message peering_hello(const struct peering_self *self, enum wire_type type)
{
    return (struct wire_message){.type = type,
                                 .hello = {.role = self->role,
                                           .protocol = WIRE_PROTOCOL,
                                           .scheme_hash = text_of(self->scheme_hash),
                                           .store_id = text_of(self->store_id),
                                           .peer_name = text_of(self->peer_name)}};
}

/* Both sentences of a mismatch: `what` with the two values, and the cure. */
static int refuse(const struct peering_self *self, const char *peer, const char *what, struct text mine,
                  struct text yours, const char *cure, struct cause *ours, struct cause *theirs)
{
    int m = (int)text_cut(mine, 8), y = (int)text_cut(yours, 8);
    cause_set(ours, ERR_REFUSED, "%s %s (%.*s…, ours %.*s…): %s", peer, what, y, yours.data, m, mine.data, cure);
    return cause_set(theirs, ERR_REFUSED, "%s %s %s (%.*s…, ours %.*s…): %s", peering_role(self->role), self->peer_name,
                     what, m, mine.data, y, yours.data, cure);
}

int peering_check(const struct peering_self *self, const struct wire_hello *hello, struct cause *ours,
                  struct cause *theirs)
{
    char name[WIRE_NAME_MAX + 1], peer[WIRE_NAME_MAX + 32];
    peering_copy(name, sizeof name, hello->peer_name);
    (void)snprintf(peer, sizeof peer, "%s %s", peering_role(hello->role), name);
    if (hello->protocol != WIRE_PROTOCOL) {
        cause_set(ours, ERR_REFUSED, "%s speaks protocol %lld, we speak %d: run the same version of all stages", peer,
                  (long long)hello->protocol, WIRE_PROTOCOL);
        return cause_set(theirs, ERR_REFUSED,
                         "%s %s speaks protocol %d, we speak %lld: run the same version of all stages",
                         peering_role(self->role), self->peer_name, WIRE_PROTOCOL, (long long)hello->protocol);
    }
    int apart = (int)hello->role - (int)self->role;
    if (apart != 1 && apart != -1) {
        const char *cure = "the way is extractor, transformer, loader: mend the upstream address";
        cause_set(ours, ERR_REFUSED, "%s can't be linked with %s %s: %s", peer,
                  self->role == ROLE_EXTRACTOR ? "an" : "a", peering_role(self->role), cure);
        return cause_set(theirs, ERR_REFUSED, "%s %s can't be linked with %s: %s", peering_role(self->role),
                         self->peer_name, peering_role(hello->role), cure);
    }
    struct text scheme = text_of(self->scheme_hash);
    if (!text_equal(hello->scheme_hash, scheme)) {
        return refuse(self, peer, "runs another scheme", scheme, hello->scheme_hash,
                      "start both with the same scheme files", ours, theirs);
    }
    struct text store = text_of(self->store_id);
    if (store.size > 0 && hello->store_id.size > 0 && !text_equal(hello->store_id, store)) {
        return refuse(self, peer, "uses another store", store, hello->store_id,
                      "start both with the same DIANCHEN_STORE", ours, theirs);
    }
    return 0;
}

uint64_t peering_random(uint64_t limit)
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
                {ZMQ_SNDHWM, PEERING_HWM},
                {ZMQ_RCVHWM, PEERING_HWM},
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
    int64_t frame_max = WIRE_FRAME_MAX;
    done = done && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0;
    if (v6) {
        done = done && set_option(socket, ZMQ_IPV6, 1);
    }
    if (type == ZMQ_ROUTER) {
        return done && set_option(socket, ZMQ_ROUTER_MANDATORY, 1) && set_option(socket, ZMQ_ROUTER_HANDOVER, 0);
    }
    unsigned char id[16];
    while (getrandom(id, sizeof id, 0) != (ssize_t)sizeof id) {
    }
    id[0] |= 0x80; /* ids that begin with zero are libzmq's own */
    return done && set_option(socket, ZMQ_RECONNECT_IVL, -1) &&
           zmq_setsockopt(socket, ZMQ_ROUTING_ID, id, sizeof id) == 0;
}

int peering_open(void *context, int type, bool v6, struct peering_socket *out)
{
    static _Atomic unsigned long names;
    static const int events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED |
                              ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    struct peering_socket socket = {.zmq = zmq_socket(context, type), .monitor = zmq_socket(context, ZMQ_PAIR)};
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
    peering_close(NULL, &socket, 0);
    return error;
}

int peering_watch(struct loop *loop, struct peering_socket *socket, loop_zmq_fn *fn, void *user)
{
    socket->monitor_watch = loop_watch_zmq(loop, socket->monitor, fn, user);
    socket->zmq_watch = loop_watch_zmq(loop, socket->zmq, fn, user);
    return socket->zmq_watch && socket->monitor_watch ? 0 : ERR_MEMORY;
}

void peering_close(struct loop *loop, struct peering_socket *socket, int linger)
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
    *socket = (struct peering_socket){0};
}

bool peering_event(const struct peering_socket *socket, int *event, int *value)
{
    zmq_msg_t parts[2];
    if (peering_receive(socket->monitor, parts, 2)) {
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

int peering_receive(void *zmq, zmq_msg_t *parts, size_t count)
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

int peering_send(const struct peering_socket *socket, struct text routing, const struct wire_message *message)
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

int peering_send_frame(const struct peering_socket *socket, struct text routing, zmq_msg_t *frame)
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
