#include "common/link/downstream.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log/log.h"
#include "common/observe/metrics.h"

enum {
    PAUSE_MIN = 20,      /* ms before a NACK's batch goes out again, at least */
    PAUSE_FAILED = 250,  /* the same where the worker can't */
    PAUSE_MAX = 3600000, /* and at most, whatever was asked for */
};

struct downstream *downstream_find(struct link_out *link, struct text routing)
{
    for (size_t i = 0; i < link->downstream_count; i++) {
        if (text_equal(downstream_routing(link->downstreams[i]), routing)) {
            return link->downstreams[i];
        }
    }
    return NULL;
}

void downstream_end(struct link_out *link, struct downstream *peer, bool announced, const char *why)
{
    if (!peer->ending) {
        peer->ending = true;
        peer->why = why;
        flow_draining(link->flow, peer->id);
        loop_set_after(link->loop, &link->soon, 0);
    }
    peer->announced = peer->announced || announced;
}

int downstream_tell(struct link_out *link, struct downstream *peer, const struct wire_message *message)
{
    int error = link_socket_send(&link->door->socket, downstream_routing(peer), message);
    if (error) {
        downstream_end(link, peer, error == ERR_BUSY, "its connection is gone");
    }
    peer->said = loop_now(link->loop);
    return error;
}

void downstream_ban(struct link_out *link, struct downstream *peer, const char *why)
{
    (void)!downstream_tell(link, peer, &(struct wire_message){.type = WIRE_BYE});
    downstream_end(link, peer, true, why);
    peer->banned = true;
}

void downstream_remove(struct link_out *link, struct downstream *peer)
{
    struct connections *connections = &link->door->admission.connections;
    size_t at = 0;
    while (link->downstreams[at] != peer) {
        at++;
    }
    bool alone = true; /* the descriptor of one that has ended may serve another by now */
    for (size_t k = 0; k < link->door->link_count; k++) {
        const struct link_out *other = link->door->links[k];
        for (size_t i = 0; i < other->downstream_count; i++) {
            alone = alone && (other->downstreams[i] == peer || other->downstreams[i]->fd != peer->fd);
        }
    }
    if (alone) {
        connections_dismiss(connections, peer->fd, loop_now(link->loop));
    }
    if (alone && peer->banned) {
        connections_cut(connections, peer->fd);
    }
    struct flow_state before, after;
    flow_look(link->flow, &before);
    flow_leave(link->flow, peer->id, peer->announced);
    flow_look(link->flow, &after);
    size_t back = before.out_batches - after.out_batches;
    metric_add(link->redelivered_gone, (int64_t)back);
    metric_add(link->peers, -1);
    if (admission_may_log(&link->door->admission)) {
        log_line(EVENT_LINK_PEER_GONE, "%s is gone (%s); %zu batches go to others", peer->name, peer->why, back);
    }
    free(peer);
    link->downstream_count--;
    memmove(&link->downstreams[at], &link->downstreams[at + 1],
            (link->downstream_count - at) * sizeof(struct downstream *));
    link->news = true;
}

void downstream_refuse(struct link_out *link, struct text routing, const struct cause *ours, const struct cause *theirs)
{
    admission_tell(&link->door->admission, ours);
    struct wire_message message = {.type = WIRE_ERROR, .note = text_of(theirs->text)};
    /* Where it is gone already, nobody is left to be told. */
    (void)!link_socket_send(&link->door->socket, routing, &message);
}

void downstream_join(struct link_out *link, struct text routing, zmq_msg_t *frame, const struct wire_hello *hello)
{
    struct cause ours, theirs;
    struct link_key key;
    link_copy(key.z85, sizeof key.z85, text_of(zmq_msg_gets(frame, "User-Id")));
    if (link->door->admission.zap) {
        (void)zap_look(link->door->admission.zap); /* its key may have been taken off the list since it connected */
    }
    if (link->door->admission.zap && !zap_allows(link->door->admission.zap, key.z85)) {
        cause_set(&ours, ERR_REFUSED, "the key (%.8s…) of a client is no longer in clients.allow of this %s", key.z85,
                  hello_role(link->self.role));
        downstream_refuse(link, routing, &ours, &ours);
        connections_cut(&link->door->admission.connections, zmq_msg_get(frame, ZMQ_SRCFD));
        return;
    }
    if (hello_check(&link->self, hello, &ours, &theirs)) {
        downstream_refuse(link, routing, &ours, &theirs);
        connections_strike(&link->door->admission.connections, zmq_msg_get(frame, ZMQ_SRCFD));
        return;
    }
    struct downstream *peer = calloc(1, sizeof *peer);
    uint32_t id = peer && routing.size <= sizeof peer->routing ? flow_join(link->flow) : 0;
    if (!id) {
        free(peer);
        cause_set(&ours, ERR_LIMIT, "%d workers are linked already: the next are refused; start another %s for them",
                  FLOW_PEERS_MAX, hello_role(link->self.role));
        downstream_refuse(link, routing, &ours, &ours);
        return;
    }
    *peer = (struct downstream){
        .id = id, .routing_size = routing.size, .fd = zmq_msg_get(frame, ZMQ_SRCFD), .heard = loop_now(link->loop)};
    peer->key = key;
    memcpy(peer->routing, routing.data, routing.size);
    char name[WIRE_NAME_MAX + 1];
    link_copy(name, sizeof name, hello->peer_name);
    (void)snprintf(peer->name, sizeof peer->name, "%s %s", hello_role(hello->role), name);
    link_copy(peer->store_id, sizeof peer->store_id, hello->store_id);
    link->downstreams[link->downstream_count++] = peer;
    metric_add(link->peers, 1);
    link->news = true;
    connections_admit(&link->door->admission.connections, peer->fd);
    if (admission_may_log(&link->door->admission)) {
        log_line(EVENT_LINK_PEER_JOINED, "%s is linked", peer->name);
    }
    struct wire_message welcome = hello_message(&link->self, WIRE_WELCOME);
    if (downstream_tell(link, peer, &welcome) == 0 && link->draining) {
        (void)!downstream_tell(link, peer, &(struct wire_message){.type = WIRE_DRAIN});
    }
}

/* ---- what it sends ---- */

static void take_ack(struct link_out *link, struct downstream *peer, const struct wire_message *message)
{
    struct flow_batch *batch = flow_ack(link->flow, peer->id, &message->page);
    if (batch) {
        struct outgoing *outgoing = batch->message;
        metric_add(link->batches, 1);
        if (!outgoing->cancelled) {
            link->events.acked(link->user, outgoing->tag, &outgoing->batch.page, &message->times);
        }
        outgoing_free(outgoing);
    }
}

static void take_nack(struct link_out *link, struct downstream *peer, const struct wire_message *message)
{
    int64_t pause = message->retry_after < PAUSE_MAX ? message->retry_after : PAUSE_MAX;
    int64_t least = 0;
    struct metric *counter = NULL;
    switch (message->reason) {
    case NACK_STALE: {
        struct flow_batch *batch = flow_give_up(link->flow, peer->id, &message->page);
        if (batch) {
            struct outgoing *outgoing = batch->message;
            if (!outgoing->cancelled) {
                link->events.stale(link->user, outgoing->tag, &outgoing->batch.page);
            }
            outgoing_free(outgoing);
        }
        return;
    }
    case NACK_BUSY:
        counter = link->redelivered_busy;
        least = PAUSE_MIN;
        break;
    case NACK_FAILED:
        counter = link->redelivered_failed;
        least = PAUSE_FAILED;
        break;
    case NACK_DRAIN:
        counter = link->redelivered_drain;
        pause = 0;
        break;
    }
    pause = pause > least ? pause : least;
    if (flow_delay(link->flow, peer->id, &message->page, loop_after(loop_now(link->loop), pause))) {
        metric_add(counter, 1);
        if (message->note.size > 0) {
            log_line(EVENT_LINK_NACK, "%s gave a batch back: %.*s", peer->name, TEXT_ARG(message->note));
        }
    }
}

void downstream_take(struct link_out *link, struct downstream *peer, const struct wire_message *message)
{
    peer->heard = loop_now(link->loop);
    switch (message->type) {
    case WIRE_ACK:
        take_ack(link, peer, message);
        break;
    case WIRE_NACK:
        take_nack(link, peer, message);
        break;
    case WIRE_CREDIT:
        flow_grant(link->flow, peer->id, message->credit);
        link->news = true;
        break;
    case WIRE_DRAIN:
        flow_draining(link->flow, peer->id);
        peer->announced = true;
        link->news = true;
        break;
    case WIRE_BYE:
        downstream_end(link, peer, true, "it said goodbye");
        break;
    case WIRE_TOUCH:
        flow_touch(link->flow, peer->id, &message->page, loop_now(link->loop));
        break;
    case WIRE_PING:
        break;
    case WIRE_HELLO:
    case WIRE_WELCOME:
    case WIRE_BATCH:
    case WIRE_ERROR:
        metric_add(link->ignored, 1);
        connections_strike(&link->door->admission.connections, peer->fd);
        break;
    }
}
