#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/link_door.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/parcel.h"

enum {
    OUT_PAUSE_MIN = 20,      /* ms before a NACK's batch goes out again, at least */
    OUT_PAUSE_FAILED = 250,  /* the same where the worker can't */
    OUT_PAUSE_MAX = 3600000, /* and at most, whatever was asked for */
};

struct out_peer {
    uint32_t id; /* the flow's */
    size_t routing_size;
    char routing[255];
    int fd;
    int64_t heard, said;
    bool announced; /* said BYE or DRAIN, or fell silent: no sign that a batch killed it */
    bool ending;    /* gets nothing more; closed once all that it sent has been read */
    const char *why;
    char name[WIRE_NAME_MAX + 32], store_id[WIRE_NAME_MAX + 1];
    struct link_key key; /* "" in plain text */
};

struct link_out {
    struct loop *loop;
    struct peering_socket socket;
    struct link_door door;
    struct peering_self self;
    struct link_out_events events;
    void *user;
    struct flow *flow;
    struct out_peer *peers[FLOW_PEERS_MAX];
    size_t peer_count;
    struct loop_timer tick, soon, wake;
    bool draining, news;
    char address[LINK_ADDRESS_MAX];
    bool working; /* its owner makes the next batch just now */
    int64_t ticked;
    struct metric *in_flight, *credit, *oldest, *stalled, *idle, *peer_gauge, *batches, *ignored;
    struct metric *redelivered_gone, *redelivered_busy, *redelivered_failed, *redelivered_drain;
};

static struct text routing_of(const struct out_peer *peer)
{
    return (struct text){peer->routing, peer->routing_size};
}

/* What is the case now, for those who look from outside. */
static void account(struct link_out *link)
{
    struct flow_state state;
    flow_look(link->flow, &state);
    metric_run(link->stalled, state.queued_batches > state.delayed_batches && state.credit <= 0);
    metric_run(link->idle, state.queued_batches == 0 && state.credit > 0 && !link->working);
    metric_set(link->in_flight, (int64_t)state.out_rows);
    metric_set(link->credit, state.credit);
    metric_set(link->oldest, state.oldest == INT64_MAX ? 0 : (loop_now(link->loop) - state.oldest) * 1000);
}

void link_out_working(struct link_out *link, bool working)
{
    link->working = working;
    account(link);
}

/* ---- peers ---- */

static struct out_peer *peer_by_routing(struct link_out *link, struct text routing)
{
    for (size_t i = 0; i < link->peer_count; i++) {
        if (text_equal(routing_of(link->peers[i]), routing)) {
            return link->peers[i];
        }
    }
    return NULL;
}

/* From here on it gets nothing; it is closed at the end of a turn. The first reason stands. */
static void peer_end(struct link_out *link, struct out_peer *peer, bool announced, const char *why)
{
    if (!peer->ending) {
        peer->ending = true;
        peer->why = why;
        flow_draining(link->flow, peer->id);
        loop_set_timer(link->loop, &link->soon, loop_now(link->loop));
    }
    peer->announced = peer->announced || announced;
}

static int peer_tell(struct link_out *link, struct out_peer *peer, const struct wire_message *message)
{
    int error = peering_send(&link->socket, routing_of(peer), message);
    if (error) {
        peer_end(link, peer, error == ERR_BUSY, "its connection is gone");
    }
    peer->said = loop_now(link->loop);
    return error;
}

static void peer_free(struct link_out *link, size_t at)
{
    struct out_peer *peer = link->peers[at];
    struct flow_state before, after;
    flow_look(link->flow, &before);
    flow_leave(link->flow, peer->id, peer->announced);
    flow_look(link->flow, &after);
    size_t back = before.out_batches - after.out_batches;
    metric_add(link->redelivered_gone, (int64_t)back);
    metric_add(link->peer_gauge, -1);
    log_line(LOG_INFO, "link.peer_gone", "%s is gone (%s); %zu batches go to others", peer->name, peer->why, back);
    free(peer);
    link->peer_count--;
    memmove(&link->peers[at], &link->peers[at + 1], (link->peer_count - at) * sizeof(struct out_peer *));
    link->news = true;
}

static void refuse(struct link_out *link, struct text routing, const struct cause *ours, const struct cause *theirs)
{
    link_door_tell(&link->door, ours);
    struct wire_message message = {.type = WIRE_ERROR, .note = text_of(theirs->text)};
    /* Where it is gone already, nobody is left to be told. */
    (void)!peering_send(&link->socket, routing, &message);
}

static void peer_join(struct link_out *link, struct text routing, zmq_msg_t *frame, const struct wire_hello *hello)
{
    struct cause ours, theirs;
    if (peering_check(&link->self, hello, &ours, &theirs)) {
        refuse(link, routing, &ours, &theirs);
        return;
    }
    struct out_peer *peer = calloc(1, sizeof *peer);
    uint32_t id = peer && routing.size <= sizeof peer->routing ? flow_join(link->flow) : 0;
    if (!id) {
        free(peer);
        cause_set(&ours, ERR_LIMIT, "%d workers are linked already: the next are refused; start another %s for them",
                  FLOW_PEERS_MAX, peering_role(link->self.role));
        refuse(link, routing, &ours, &ours);
        return;
    }
    *peer = (struct out_peer){
        .id = id, .routing_size = routing.size, .fd = zmq_msg_get(frame, ZMQ_SRCFD), .heard = loop_now(link->loop)};
    const char *key = zmq_msg_gets(frame, "User-Id");
    peering_copy(peer->key.z85, sizeof peer->key.z85, text_of(key));
    memcpy(peer->routing, routing.data, routing.size);
    char name[WIRE_NAME_MAX + 1];
    peering_copy(name, sizeof name, hello->peer_name);
    (void)snprintf(peer->name, sizeof peer->name, "%s %s", peering_role(hello->role), name);
    peering_copy(peer->store_id, sizeof peer->store_id, hello->store_id);
    link->peers[link->peer_count++] = peer;
    metric_add(link->peer_gauge, 1);
    link->news = true;
    log_line(LOG_INFO, "link.peer_joined", "%s is linked", peer->name);
    struct wire_message welcome = peering_hello(&link->self, WIRE_WELCOME);
    if (peer_tell(link, peer, &welcome) == 0 && link->draining) {
        (void)!peer_tell(link, peer, &(struct wire_message){.type = WIRE_DRAIN});
    }
}

/* ---- batches ---- */

static void parcel_drop(void *user, struct flow_batch *batch)
{
    (void)user;
    parcel_free(batch->message);
}

static int parcel_send(struct link_out *link, struct out_peer *peer, struct parcel *parcel)
{
    int error = parcel_ready(parcel);
    if (!error) {
        error = peering_send_frame(&link->socket, routing_of(peer), &parcel->frame);
        peer->said = loop_now(link->loop);
    }
    return error;
}

static void pump(struct link_out *link)
{
    uint32_t id;
    struct flow_batch *batch;
    int64_t now = loop_now(link->loop);
    while ((batch = flow_next(link->flow, now, &id)) != NULL) {
        struct out_peer *peer = NULL;
        for (size_t i = 0; i < link->peer_count; i++) {
            if (link->peers[i]->id == id) {
                peer = link->peers[i];
            }
        }
        assert(peer);
        int error = parcel_send(link, peer, batch->message);
        if (error) {
            flow_unsend(link->flow, batch);
            if (error == ERR_MEMORY) {
                break; /* again at the next tick */
            }
            peer_end(link, peer, error == ERR_BUSY, "its connection is gone");
        }
    }
    int64_t wake = flow_wake(link->flow);
    if (wake != INT64_MAX) {
        loop_set_timer(link->loop, &link->wake, wake);
    } else {
        loop_clear_timer(link->loop, &link->wake);
    }
    account(link);
}

static void take_ack(struct link_out *link, struct out_peer *peer, const struct wire_message *message)
{
    struct flow_batch *batch = flow_ack(link->flow, peer->id, &message->page);
    if (batch) {
        struct parcel *parcel = batch->message;
        metric_add(link->batches, 1);
        link->events.acked(link->user, parcel->tag, &parcel->batch.page, &message->times);
        parcel_free(parcel);
    }
}

static void take_nack(struct link_out *link, struct out_peer *peer, const struct wire_message *message)
{
    int64_t pause = message->retry_after < OUT_PAUSE_MAX ? message->retry_after : OUT_PAUSE_MAX;
    int64_t least = 0;
    struct metric *counter = NULL;
    switch (message->reason) {
    case NACK_STALE: {
        struct flow_batch *batch = flow_give_up(link->flow, peer->id, &message->page);
        if (batch) {
            struct parcel *parcel = batch->message;
            link->events.stale(link->user, parcel->tag, &parcel->batch.page);
            parcel_free(parcel);
        }
        return;
    }
    case NACK_BUSY:
        counter = link->redelivered_busy;
        least = OUT_PAUSE_MIN;
        break;
    case NACK_FAILED:
        counter = link->redelivered_failed;
        least = OUT_PAUSE_FAILED;
        break;
    case NACK_DRAIN:
        counter = link->redelivered_drain;
        pause = 0;
        break;
    }
    pause = pause > least ? pause : least;
    if (flow_delay(link->flow, peer->id, &message->page, loop_now(link->loop) + pause)) {
        metric_add(counter, 1);
        if (message->note.size > 0) {
            log_line(LOG_DEBUG, "link.nack", "%s gave a batch back: %.*s", peer->name, TEXT_ARG(message->note));
        }
    }
}

/* ---- what comes in ---- */

static void read_events(struct link_out *link)
{
    int event, fd;
    while (peering_event(&link->socket, &event, &fd)) {
        link_door_event(&link->door, event, fd);
        for (size_t i = 0; event == ZMQ_EVENT_DISCONNECTED && i < link->peer_count; i++) {
            if (link->peers[i]->fd == fd) {
                peer_end(link, link->peers[i], false, "its connection ended");
                link->peers[i]->fd = -1; /* the number may serve another connection from now on */
            }
        }
    }
}

static void take_frame(struct link_out *link, struct text routing, zmq_msg_t *frame)
{
    struct wire_message message;
    struct out_peer *peer = peer_by_routing(link, routing);
    if (wire_read(peering_text(frame), &message) || !peer == (message.type != WIRE_HELLO)) {
        metric_add(link->ignored, 1);
        return;
    }
    if (!peer) {
        /* The end of whoever had this descriptor before lies in the monitor's queue already: read it first. */
        read_events(link);
        peer_join(link, routing, frame, &message.hello);
        return;
    }
    peer->heard = loop_now(link->loop);
    switch (message.type) {
    case WIRE_ACK:
        take_ack(link, peer, &message);
        break;
    case WIRE_NACK:
        take_nack(link, peer, &message);
        break;
    case WIRE_CREDIT:
        flow_grant(link->flow, peer->id, message.credit);
        link->news = true;
        break;
    case WIRE_DRAIN:
        flow_draining(link->flow, peer->id);
        peer->announced = true;
        link->news = true;
        break;
    case WIRE_BYE:
        peer_end(link, peer, true, "it said goodbye");
        break;
    case WIRE_PING:
        break;
    case WIRE_HELLO:
    case WIRE_WELCOME:
    case WIRE_BATCH:
    case WIRE_ERROR:
        metric_add(link->ignored, 1);
        break;
    }
}

/* Up to `most` messages; true when none is left. */
static bool read_messages(struct link_out *link, size_t most)
{
    while (most-- > 0) {
        zmq_msg_t parts[2];
        int error = peering_receive(link->socket.zmq, parts, 2);
        if (error == ERR_BUSY) {
            return true;
        }
        if (error) {
            metric_add(link->ignored, 1);
            continue;
        }
        take_frame(link, peering_text(&parts[0]), &parts[1]);
        zmq_msg_close(&parts[0]);
        zmq_msg_close(&parts[1]);
    }
    return false;
}

/* First who has ended, then what they had sent before, then their end: an ACK or BYE still in the queue counts. */
static void turn(struct link_out *link, bool events)
{
    bool ending = false;
    if (events) {
        read_events(link);
    }
    (void)read_messages(link, PEERING_TURN);
    for (size_t i = 0; i < link->peer_count; i++) {
        ending = ending || link->peers[i]->ending;
    }
    if (ending) {
        (void)read_messages(link, PEERING_REST);
        for (size_t i = link->peer_count; i-- > 0;) {
            if (link->peers[i]->ending) {
                peer_free(link, i);
            }
        }
        struct flow_batch *batch;
        while ((batch = flow_poisoned(link->flow)) != NULL) {
            struct parcel *parcel = batch->message;
            log_event(LOG_WARN, "link.poison", "a page killed workers that held nothing else", LOG_PAGE(&batch->page),
                      "workers", LOG_INT(batch->deaths), NULL);
            link->events.poisoned(link->user, parcel->tag, &batch->page, batch->rows, parcel_records(parcel));
            parcel_free(parcel);
        }
    }
    pump(link);
    if (link->news) {
        link->news = false;
        link->events.credit(link->user);
    }
}

static void on_socket(void *user, void *socket)
{
    struct link_out *link = user;
    turn(link, socket == link->socket.monitor);
}

static void on_timer(void *user)
{
    turn(user, false);
}

/* Who was let in by a key that has been taken off clients.allow goes. */
static void judge_keys(struct link_out *link)
{
    if (!link->door.zap || !zap_look(link->door.zap)) {
        return;
    }
    for (size_t i = 0; i < link->peer_count; i++) {
        struct out_peer *peer = link->peers[i];
        if (!zap_allows(link->door.zap, peer->key.z85)) {
            (void)!peer_tell(link, peer, &(struct wire_message){.type = WIRE_BYE});
            peer_end(link, peer, true, "its key is no longer in clients.allow");
        }
    }
}

static void on_tick(void *user)
{
    struct link_out *link = user;
    int64_t now = loop_now(link->loop);
    int64_t late = now - link->ticked - PEERING_TICK;
    link->ticked = now;
    judge_keys(link);
    turn(link, true); /* what lies in the sockets counts as heard */
    for (size_t i = 0; i < link->peer_count; i++) {
        struct out_peer *peer = link->peers[i];
        peer->heard += late > PEERING_LATE ? late : 0;
        if (now - peer->heard > LINK_SILENCE) {
            (void)!peer_tell(link, peer, &(struct wire_message){.type = WIRE_BYE});
            peer_end(link, peer, true, "5 s without a word");
        } else if (now - peer->said >= LINK_PING) {
            (void)!peer_tell(link, peer, &(struct wire_message){.type = WIRE_PING});
        }
    }
    loop_set_timer(link->loop, &link->tick, now + PEERING_TICK);
}

/* ---- life ---- */

static void out_metrics(struct link_out *link, struct metrics *metrics)
{
    if (!metrics) {
        return;
    }
    link->in_flight = metrics_add(metrics, METRIC_GAUGE, "in_flight_records", NULL, LINK_IN_FLIGHT_HELP);
    link->credit = metrics_add(metrics, METRIC_GAUGE, "credit_records", NULL, LINK_CREDIT_HELP);
    link->oldest = metrics_add(metrics, METRIC_GAUGE, "oldest_batch_seconds", NULL, LINK_OLDEST_HELP);
    link->stalled = metrics_add(metrics, METRIC_COUNTER, "stalled_seconds_total", NULL, LINK_STALLED_HELP);
    link->idle = metrics_add(metrics, METRIC_COUNTER, "idle_seconds_total", NULL, LINK_IDLE_HELP);
    link->peer_gauge = metrics_add(metrics, METRIC_GAUGE, "peers", NULL, LINK_PEERS_HELP);
    link->ignored = metrics_add(metrics, METRIC_COUNTER, "ignored_frames_total", NULL, LINK_IGNORED_HELP);
    if (link->self.role == ROLE_EXTRACTOR) {
        link->batches = metrics_add(metrics, METRIC_COUNTER, "batches_total", NULL, LINK_BATCHES_HELP);
    }
    static const char *const help = "Batches that were sent and came back, by reason.";
    const struct {
        struct metric **metric;
        const char *label;
    } reasons[] = {{&link->redelivered_gone, "reason=\"peer_gone\""},
                   {&link->redelivered_busy, "reason=\"busy\""},
                   {&link->redelivered_failed, "reason=\"failed\""},
                   {&link->redelivered_drain, "reason=\"drain\""}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        *reasons[i].metric = metrics_add(metrics, METRIC_COUNTER, "redelivered_total", reasons[i].label, help);
    }
}

int link_out_new(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self,
                 const struct link_out_events *events, void *user, struct link_out **out, struct cause *cause)
{
    struct link_address address;
    int error = link_address_read(text_of(bind), true, &address, cause);
    if (error) {
        return error;
    }
    struct link_out *link = calloc(1, sizeof *link);
    if (!link) {
        return cause_set(cause, ERR_MEMORY, "out of memory for the link");
    }
    link->loop = loop;
    link->events = *events;
    link->user = user;
    link->ticked = loop_now(loop);
    link->tick = (struct loop_timer){.fn = on_tick, .user = link};
    link->soon = link->wake = (struct loop_timer){.fn = on_timer, .user = link};
    peering_self_init(&link->self, self);
    out_metrics(link, self->metrics);
    error = flow_new(&link->flow);
    if (!error) {
        error = peering_open(zmq, ZMQ_ROUTER, strchr(address.endpoint, '[') != NULL, &link->socket);
    }
    if (error) {
        cause_set(cause, error, "%s: no socket for it (%s)", bind, error_text(error));
    } else {
        error = link_door_open(&link->door, zmq, link->socket.zmq, loop, self, &address, cause);
    }
    if (!error) {
        error = link_address_bind(link->socket.zmq, bind, &address, link->address, cause);
    }
    if (!error && peering_watch(loop, &link->socket, on_socket, link)) {
        error = cause_set(cause, ERR_MEMORY, "out of memory for the link");
    }
    if (error) {
        link_out_free(&link);
        return error;
    }
    loop_set_timer(loop, &link->tick, link->ticked + PEERING_TICK);
    *out = link;
    return 0;
}

void link_out_free(struct link_out **link)
{
    struct link_out *l = *link;
    *link = NULL;
    if (!l) {
        return;
    }
    loop_clear_timer(l->loop, &l->tick);
    loop_clear_timer(l->loop, &l->soon);
    loop_clear_timer(l->loop, &l->wake);
    for (size_t i = 0; i < l->peer_count; i++) {
        (void)!peering_send(&l->socket, routing_of(l->peers[i]), &(struct wire_message){.type = WIRE_BYE});
        metric_add(l->peer_gauge, -1);
        free(l->peers[i]);
    }
    peering_close(l->loop, &l->socket, PEERING_LINGER);
    link_door_close(&l->door);
    flow_free(&l->flow, parcel_drop, NULL);
    free(l);
}

int link_out_send(struct link_out *link, const struct page *page, size_t rows, struct buffer *records, void *tag)
{
    if (rows > WIRE_ROWS_MAX || records->failed) {
        return ERR_LIMIT;
    }
    if (flow_find(link->flow, page)) {
        return ERR_BUSY;
    }
    struct parcel *parcel = NULL;
    int error = parcel_new(page, rows, buffer_text(records), tag, &parcel);
    if (error) {
        return error;
    }
    buffer_clear(records, records->room);
    flow_push(link->flow, &parcel->batch, loop_now(link->loop));
    pump(link);
    return 0;
}

void link_out_cancel(struct link_out *link, const struct page *page)
{
    struct flow_batch *batch = flow_cancel(link->flow, page);
    if (batch) {
        parcel_free(batch->message);
        account(link);
    }
}

int64_t link_out_room(const struct link_out *link)
{
    struct flow_state state;
    flow_look(link->flow, &state);
    return state.credit - (int64_t)state.queued_rows;
}

void link_out_state(const struct link_out *link, struct flow_state *out)
{
    flow_look(link->flow, out);
}

void link_out_drain(struct link_out *link)
{
    link->draining = true;
    for (size_t i = 0; i < link->peer_count; i++) {
        (void)!peer_tell(link, link->peers[i], &(struct wire_message){.type = WIRE_DRAIN});
    }
}

const char *link_out_address(const struct link_out *link)
{
    return link->address;
}

void link_out_store_id(struct link_out *link, struct text id)
{
    peering_copy(link->self.store_id, sizeof link->self.store_id, id);
    for (size_t i = 0; i < link->peer_count; i++) {
        struct out_peer *peer = link->peers[i];
        if (peer->store_id[0] && id.size > 0 && strcmp(peer->store_id, link->self.store_id) != 0) {
            struct cause cause;
            cause_set(&cause, ERR_REFUSED,
                      "%s uses another store than this %s: start both with the same DIANCHEN_STORE", peer->name,
                      peering_role(link->self.role));
            refuse(link, routing_of(peer), &cause, &cause);
            peer_end(link, peer, true, "it uses another store");
        }
    }
}
