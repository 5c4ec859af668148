/* The network: what common/link/socket.h does with ZeroMQ's sockets, in their place. A connection delivers in order, late, until
 * it ends; what a process had sent before it died may or may not arrive. The sockets' own names are wrapped by the linker. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/link/address.h"
#include "common/link/socket.h"
#include "sim.h"

enum { EVENTS_MAX = 256, LATENCY = 3, LATENCY_MOST = 300, ROUTING = 16 };
enum side { DEALER, ROUTER };

struct message {
    struct message *next;
    struct connection *connection;
    size_t size;
    char bytes[];
};

struct socket {
    struct socket *next;
    struct process *process;
    uint32_t life;
    int type;
    bool open;
    char address[LINK_ADDRESS_MAX];
    loop_zmq_fn *fn;
    void *user;
    struct message *first, *last; /* come in, not yet read */
    int events[EVENTS_MAX][2];
    size_t event_at, event_count;
    char monitor; /* its address stands for the PAIR */
};

struct connection {
    struct connection *next;
    struct socket *ends[2];
    char routing[ROUTING];
    int fd;
    int64_t arrives[2]; /* the last message to that side */
    bool made;          /* both know of it */
    bool open[2];       /* that side's socket is */
    bool ended[2];      /* that side was told of the end */
    bool lost[2];       /* what is under way to that side never comes */
    bool hole;
};

static struct connection *connections; /* all that ever were, as the sockets: a seed is short */
static struct socket *sockets;
static int last_fd, read_fd;

static enum side side_of(const struct connection *connection, const struct socket *socket)
{
    return connection->ends[ROUTER] == socket ? ROUTER : DEALER;
}

/* ---- what comes in ---- */

static void wake(struct socket *socket)
{
    while (socket->open && socket->fn && socket->event_at < socket->event_count) {
        socket->fn(socket->user, &socket->monitor);
    }
    while (socket->open && socket->fn && socket->first) {
        socket->fn(socket->user, socket);
    }
}

static void tell(struct socket *socket, int event, int fd)
{
    if (socket->event_at == socket->event_count) {
        socket->event_at = socket->event_count = 0;
    }
    assert(socket->event_count < EVENTS_MAX);
    socket->events[socket->event_count][0] = event;
    socket->events[socket->event_count++][1] = fd;
}

static void arrive(struct event *event)
{
    struct message *message = event->a;
    struct connection *connection = message->connection;
    enum side to = (enum side)event->n;
    struct socket *socket = connection->ends[to];
    if (!connection->open[to] || connection->hole || connection->lost[to]) {
        free(message);
        return;
    }
    message->next = NULL;
    *(socket->first ? &socket->last->next : &socket->first) = message;
    socket->last = message;
    wake(socket);
}

static void ended(struct event *event)
{
    struct connection *connection = event->a;
    enum side side = (enum side)event->n;
    struct socket *socket = connection->ends[side];
    if (connection->open[side] && !connection->ended[side] && !connection->hole) {
        connection->ended[side] = true;
        connection->open[side] = socket->type == ZMQ_ROUTER ? false : connection->open[side];
        sim_note("a connection of it ended (%s)", connection->ends[!side]->process->name);
        tell(socket, ZMQ_EVENT_DISCONNECTED, connection->fd);
        wake(socket);
    }
}

/* That side hears of the end behind all that is under way to it. */
static void end_later(struct connection *connection, enum side side)
{
    struct process *process = connection->ends[side]->process;
    int64_t at = sim.now + sim_delay(LATENCY, LATENCY_MOST);
    at = at > connection->arrives[side] ? at : connection->arrives[side];
    if (connection->ends[side]->life == process->life) {
        sim_at(at, process, ended, connection, NULL, side);
    }
}

static void leave(struct connection *connection, enum side side)
{
    if (connection->open[side]) {
        connection->open[side] = false;
        if (connection->made) {
            end_later(connection, !side);
        }
    }
}

/* ---- connecting ---- */

static struct socket *listener(const char *address)
{
    struct socket *socket = sockets;
    while (socket && !(socket->open && socket->type == ZMQ_ROUTER && strcmp(socket->address, address) == 0)) {
        socket = socket->next;
    }
    return socket;
}

static void refused(struct event *event)
{
    struct socket *socket = event->a;
    if (socket->open) {
        tell(socket, ZMQ_EVENT_CLOSED, -1);
        wake(socket);
    }
}

static void shaken(struct event *event)
{
    struct connection *connection = event->a;
    if (connection->open[DEALER]) {
        tell(connection->ends[DEALER], ZMQ_EVENT_HANDSHAKE_SUCCEEDED, connection->fd);
        wake(connection->ends[DEALER]);
    }
}

static void accepted(struct event *event)
{
    struct connection *connection = event->a;
    struct socket *dealer = connection->ends[DEALER];
    if (connection->ends[ROUTER]->open && connection->open[DEALER]) {
        connection->made = connection->open[ROUTER] = true;
        sim_at(sim.now + sim_delay(LATENCY, LATENCY_MOST), dealer->process, shaken, connection, NULL, 0);
    }
}

int zmq_in_connect(void *zmq, const char *endpoint) WRAPS(zmq_connect);
int zmq_in_connect(void *zmq, const char *endpoint)
{
    struct socket *socket = zmq, *router = listener(endpoint);
    if (!router) {
        sim_at(sim.now + sim_delay(LATENCY, LATENCY_MOST), socket->process, refused, socket, NULL, 0);
        return 0;
    }
    struct connection *connection = calloc(1, sizeof *connection);
    assert(connection);
    connection->ends[DEALER] = socket;
    connection->ends[ROUTER] = router;
    connection->fd = ++last_fd;
    snprintf(connection->routing, ROUTING, "peer%d", connection->fd);
    connection->open[DEALER] = true;
    connection->next = connections;
    connections = connection;
    sim_at(sim.now + sim_delay(LATENCY, LATENCY_MOST), router->process, accepted, connection, NULL, 0);
    return 0;
}

int link_address_in_bind(void *zmq, const char *bind, const struct link_address *address, char bound[LINK_ADDRESS_MAX],
                         struct cause *cause) WRAPS(link_address_bind);
int link_address_in_bind(void *zmq, const char *bind, const struct link_address *address, char bound[LINK_ADDRESS_MAX],
                         struct cause *cause)
{
    (void)bind;
    (void)cause;
    struct socket *socket = zmq;
    memcpy(socket->address, address->endpoint, sizeof socket->address);
    memcpy(bound, address->endpoint, LINK_ADDRESS_MAX);
    return 0;
}

/* ---- common/link/socket.h ---- */

int link_socket_in_open(void *context, int type, bool v6, struct link_socket *out) WRAPS(link_socket_open);
int link_socket_in_open(void *context, int type, bool v6, struct link_socket *out)
{
    (void)v6;
    struct process *process = context;
    struct socket *socket = calloc(1, sizeof *socket);
    assert(socket);
    *socket = (struct socket){.next = sockets, .process = process, .life = process->life, .type = type, .open = true};
    sockets = socket;
    *out = (struct link_socket){.zmq = socket, .monitor = &socket->monitor};
    return 0;
}

int link_socket_in_watch(struct loop *loop, struct link_socket *socket, loop_zmq_fn *fn, void *user)
    WRAPS(link_socket_watch);
int link_socket_in_watch(struct loop *loop, struct link_socket *socket, loop_zmq_fn *fn, void *user)
{
    (void)loop;
    struct socket *it = socket->zmq;
    it->fn = fn;
    it->user = user;
    return 0;
}

static void socket_close(struct socket *socket, bool lose)
{
    socket->open = false;
    for (struct message *next; socket->first; socket->first = next) {
        next = socket->first->next;
        free(socket->first);
    }
    for (struct connection *c = connections; c; c = c->next) {
        if (c->ends[DEALER] == socket || c->ends[ROUTER] == socket) {
            enum side side = side_of(c, socket);
            c->lost[!side] = c->lost[!side] || lose;
            leave(c, side);
        }
    }
}

void link_socket_in_close(struct loop *loop, struct link_socket *socket, int linger) WRAPS(link_socket_close);
void link_socket_in_close(struct loop *loop, struct link_socket *socket, int linger)
{
    (void)loop;
    if (socket->zmq) {
        socket_close(socket->zmq, linger == 0 && sim_chance(500));
    }
    *socket = (struct link_socket){0};
}

bool link_socket_in_event(const struct link_socket *socket, int *event, int *fd) WRAPS(link_socket_event);
bool link_socket_in_event(const struct link_socket *socket, int *event, int *fd)
{
    struct socket *it = socket->zmq;
    if (it->event_at == it->event_count) {
        return false;
    }
    *event = it->events[it->event_at][0];
    *fd = it->events[it->event_at++][1];
    return true;
}

static void part_set(zmq_msg_t *part, const void *data, size_t size)
{
    int error = zmq_msg_init_size(part, size);
    assert(error == 0);
    (void)error;
    memcpy(zmq_msg_data(part), data, size);
}

int link_socket_in_receive(void *zmq, zmq_msg_t *parts, size_t count) WRAPS(link_socket_receive);
int link_socket_in_receive(void *zmq, zmq_msg_t *parts, size_t count)
{
    struct socket *socket = zmq;
    struct message *message = socket->first;
    if (!message) {
        return ERR_BUSY;
    }
    socket->first = message->next;
    read_fd = message->connection->fd;
    if (count == 2) {
        part_set(&parts[0], message->connection->routing, strlen(message->connection->routing));
    }
    part_set(&parts[count - 1], message->bytes, message->size);
    free(message);
    return 0;
}

int zmq_in_msg_get(const zmq_msg_t *frame, int property) WRAPS(zmq_msg_get);
int zmq_in_msg_get(const zmq_msg_t *frame, int property)
{
    (void)frame;
    assert(property == ZMQ_SRCFD);
    return property == ZMQ_SRCFD ? read_fd : -1;
}

int zmq_in_getsockopt(void *zmq, int option, void *value, size_t *size) WRAPS(zmq_getsockopt);
int zmq_in_getsockopt(void *zmq, int option, void *value, size_t *size)
{
    (void)zmq;
    (void)option;
    memset(value, 0, *size);
    return 0;
}

static struct connection *connection_of(const struct socket *socket, struct text routing)
{
    for (struct connection *c = connections; c; c = c->next) {
        if (c->made && (c->ends[DEALER] == socket || (c->ends[ROUTER] == socket && routing.size == strlen(c->routing) &&
                                                      memcmp(routing.data, c->routing, routing.size) == 0))) {
            return c;
        }
    }
    return NULL;
}

static void note_frame(const struct connection *connection, enum side to, struct text frame)
{
    static const char *const names[] = {"?",    "HELLO", "WELCOME", "CREDIT", "BATCH", "ACK",
                                        "NACK", "PING",  "DRAIN",   "BYE",    "ERROR"};
    struct wire_message m;
    if (!sim.trace || wire_read(frame, &m) || m.type == WIRE_PING) {
        return;
    }
    const char *peer = connection->ends[to]->process->name;
    switch (m.type) {
    case WIRE_BATCH:
    case WIRE_ACK:
    case WIRE_NACK:
        sim_note("%s page %lld.%d.%lld#%lld to %s (reason %d, after %lld)", names[m.type], (long long)m.page.run,
                 (int)m.page.slice, (long long)m.page.no, (long long)m.page.fence, peer, (int)m.reason,
                 (long long)m.retry_after);
        break;
    case WIRE_CREDIT:
        sim_note("CREDIT of %lld to %s", (long long)m.credit, peer);
        break;
    default:
        sim_note("%s to %s", names[m.type], peer);
        break;
    }
}

static int send_bytes(const struct socket *socket, struct text routing, struct text bytes)
{
    struct connection *connection = connection_of(socket, routing);
    if (!socket->process->alive || !connection) {
        return ERR_NOT_FOUND;
    }
    enum side to = !side_of(connection, socket);
    if (!connection->open[!to] || connection->ended[!to]) {
        return ERR_NOT_FOUND;
    }
    note_frame(connection, to, bytes);
    if (!connection->open[to] || connection->hole) {
        return 0;
    }
    struct message *message = malloc(sizeof *message + bytes.size);
    assert(message);
    *message = (struct message){.connection = connection, .size = bytes.size};
    memcpy(message->bytes, bytes.data, bytes.size);
    int64_t at = sim.now + sim_delay(LATENCY, LATENCY_MOST);
    connection->arrives[to] = at > connection->arrives[to] ? at : connection->arrives[to];
    sim_at(connection->arrives[to], connection->ends[to]->process, arrive, message, NULL, to);
    return 0;
}

int link_socket_in_send(const struct link_socket *socket, struct text routing, const struct wire_message *message)
    WRAPS(link_socket_send);
int link_socket_in_send(const struct link_socket *socket, struct text routing, const struct wire_message *message)
{
    struct buffer frame;
    buffer_init(&frame, WIRE_FRAME_MAX);
    wire_write(&frame, message);
    int error = frame.failed ? ERR_MEMORY : send_bytes(socket->zmq, routing, buffer_text(&frame));
    buffer_fini(&frame);
    return error;
}

int link_socket_in_send_frame(const struct link_socket *socket, struct text routing, zmq_msg_t *frame)
    WRAPS(link_socket_send_frame);
int link_socket_in_send_frame(const struct link_socket *socket, struct text routing, zmq_msg_t *frame)
{
    return send_bytes(socket->zmq, routing, link_frame_text(frame));
}

uint64_t link_in_random_number(uint64_t limit) WRAPS(link_random);
uint64_t link_in_random_number(uint64_t limit)
{
    return sim_dice(limit);
}

/* ---- harm ---- */

void net_kill(struct process *process, bool lose)
{
    for (struct connection *c = connections; c; c = c->next) {
        if (c->ends[DEALER]->process == process && c->open[DEALER] && c->open[ROUTER]) {
            c->ends[ROUTER]->process->bereaved++;
        }
    }
    for (struct socket *socket = sockets; socket; socket = socket->next) {
        if (socket->process == process && socket->open) {
            socket_close(socket, lose);
        }
    }
}

bool net_harm(bool hole)
{
    size_t live = 0;
    for (const struct connection *c = connections; c; c = c->next) {
        live += c->open[DEALER] && c->open[ROUTER] && !c->hole;
    }
    size_t pick = live > 0 ? (size_t)sim_dice(live) : 0;
    for (struct connection *c = connections; c && live > 0; c = c->next) {
        if (!(c->open[DEALER] && c->open[ROUTER] && !c->hole) || pick-- > 0) {
            continue;
        }
        sim_note("the connection of %s and %s %s", c->ends[DEALER]->process->name, c->ends[ROUTER]->process->name,
                 hole ? "swallows everything" : "breaks");
        c->hole = hole;
        if (!hole) {
            c->ends[ROUTER]->process->bereaved++;
            c->lost[DEALER] = c->lost[ROUTER] = sim_chance(500);
            end_later(c, DEALER);
            end_later(c, ROUTER);
        }
        return true;
    }
    return false;
}
