#include "common/link/upstream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/rule.h"
#include "common/log/log.h"
#include "common/observe/metrics.h"

static void soon(struct link_in *link)
{
    loop_set_after(link->loop, &link->soon, 0);
}

static void set_over(struct upstream *upstream, const char *why)
{
    if (!upstream->over) {
        upstream->over = true;
        upstream->why = why;
        soon(upstream->link);
    }
}

bool upstream_takes(const struct upstream *upstream)
{
    return upstream->state == UPSTREAM_LIVE && !upstream->over && !upstream->leaving && !upstream->drained &&
           !upstream->link->draining;
}

void upstream_tell(struct upstream *upstream, const struct wire_message *message)
{
    if (upstream->state == UPSTREAM_RESTING || upstream->over) {
        return;
    }
    if (link_socket_send(&upstream->socket, (struct text){0}, message)) {
        set_over(upstream, "it takes nothing more");
        return;
    }
    upstream->said = loop_now(upstream->link->loop);
}

void upstream_leave(struct upstream *upstream, const char *why)
{
    if (upstream->state == UPSTREAM_RESTING) {
        return;
    }
    if (upstream->state == UPSTREAM_LIVE && !upstream->over) {
        upstream_tell(upstream, &(struct wire_message){.type = WIRE_BYE});
        upstream->goodbye = true;
    }
    set_over(upstream, why);
}

/* ---- batches in hand ---- */

static void in_hand_remove(struct upstream *upstream, struct in_hand *in_hand)
{
    if (upstream->first == upstream->last) {
        upstream->first = upstream->last = NULL;
    } else if (upstream->first == in_hand) {
        upstream->first = in_hand->next;
        upstream->first->prev = NULL;
    } else if (upstream->last == in_hand) {
        upstream->last = in_hand->prev;
        upstream->last->next = NULL;
    } else {
        in_hand->prev->next = in_hand->next;
        in_hand->next->prev = in_hand->prev;
    }
    upstream->batches--;
    upstream->link->batches_in_hand--;
    upstream->link->window.in_hand -= (int64_t)in_hand->batch.rows;
}

static struct in_hand *in_hand_take(struct upstream *upstream)
{
    struct in_hand *in_hand = upstream->first;
    if (in_hand) {
        in_hand_remove(upstream, in_hand);
    }
    return in_hand;
}

static void in_hand_free(struct in_hand *in_hand)
{
    zmq_msg_close(&in_hand->frame);
    free(in_hand);
}

void upstream_release(struct in_hand *in_hand)
{
    in_hand_remove(in_hand->upstream, in_hand);
    soon(in_hand->upstream->link);
    in_hand_free(in_hand);
}

static void take_batch(struct upstream *upstream, const struct wire_message *message, zmq_msg_t *frame)
{
    struct link_in *link = upstream->link;
    if (upstream->unused <= 0 || upstream->batches >= FLOW_OUT_MAX) {
        upstream->refused = true;
        upstream_leave(upstream, "it sent more than was granted");
        return;
    }
    upstream->unused -= (int64_t)message->rows;
    link->window.granted -= (int64_t)message->rows;
    struct in_hand *in_hand = link->draining || upstream->leaving ? NULL : calloc(1, sizeof *in_hand);
    if (!in_hand) { /* another worker takes it */
        struct wire_message nack = {.type = WIRE_NACK, .page = message->page, .reason = NACK_DRAIN};
        upstream_tell(upstream, &nack);
        soon(link);
        return;
    }
    zmq_msg_init(&in_hand->frame);
    zmq_msg_move(&in_hand->frame, frame);
    size_t records_at =
        link_frame_text(&in_hand->frame).size - message->records.size; /* a small frame moves with its struct */
    in_hand->batch = (struct link_in_batch){
        .page = message->page,
        .attempt = message->attempt,
        .rows = message->rows,
        .records = {link_frame_text(&in_hand->frame).data + records_at, message->records.size},
        .arrived = loop_now(link->loop),
        .came = page_clock(),
    };
    in_hand->moved = in_hand->touched = in_hand->batch.arrived;
    in_hand->upstream = upstream;
    in_hand->prev = upstream->last;
    *(upstream->last ? &upstream->last->next : &upstream->first) = in_hand;
    upstream->last = in_hand;
    upstream->batches++;
    link->batches_in_hand++;
    link->window.in_hand += (int64_t)message->rows;
    soon(link);
    link->events.arrived(link->user, &in_hand->batch);
}

/* ---- frames ---- */

static size_t live_count(const struct link_in *link)
{
    size_t live = 0;
    for (size_t i = 0; i < link->upstream_count; i++) {
        live += link->upstreams[i]->state == UPSTREAM_LIVE;
    }
    return live;
}

static void log_refusal(struct upstream *upstream, const char *sentence)
{
    if (strcmp(upstream->refusal, sentence) != 0) {
        link_copy(upstream->refusal, sizeof upstream->refusal, text_of(sentence));
        log_event(EVENT_LINK_REFUSED, upstream->refusal, "upstream", LOG_STR(upstream->address.endpoint), NULL);
    }
    upstream->refused = true;
    upstream->told = true;
}

static void take_welcome(struct upstream *upstream, const struct wire_hello *hello)
{
    struct link_in *link = upstream->link;
    struct cause ours, theirs;
    if (upstream->state != UPSTREAM_GREETING) {
        metric_add(link->ignored, 1);
        return;
    }
    if (hello_check(&link->self, hello, &ours, &theirs)) {
        log_refusal(upstream, ours.text);
        upstream_tell(upstream, &(struct wire_message){.type = WIRE_ERROR, .note = text_of(theirs.text)});
        upstream->goodbye = true;
        set_over(upstream, "we don't fit");
        return;
    }
    char name[WIRE_NAME_MAX + 1];
    link_copy(name, sizeof name, hello->peer_name);
    (void)snprintf(upstream->peer, sizeof upstream->peer, "%s %s", hello_role(hello->role), name);
    upstream->state = UPSTREAM_LIVE;
    upstream->since = loop_now(link->loop);
    upstream->told = false;
    upstream->missed.ms = 0;
    upstream->refusal[0] = 0;
    metric_add(link->peers, 1);
    soon(link);
    log_line(EVENT_LINK_UP, "%s at %s is linked", upstream->peer, upstream->address.endpoint);
    if (!link->own_store && hello->store_id.size > 0 && !text_equal(hello->store_id, text_of(link->self.store_id))) {
        link_copy(link->self.store_id, sizeof link->self.store_id, hello->store_id);
        if (link->events.store_told) {
            link->events.store_told(link->user, text_of(link->self.store_id));
        }
    }
}

static void take_frame(struct upstream *upstream, zmq_msg_t *frame)
{
    struct wire_message message;
    int error = wire_read(link_frame_text(frame), &message);
    if (error == ERR_REFUSED) {
        log_refusal(upstream, "upstream speaks another version of the protocol: run the same version of all stages");
        set_over(upstream, "another version");
        return;
    }
    bool live = upstream->state == UPSTREAM_LIVE;
    bool early = !error && (message.type == WIRE_WELCOME || message.type == WIRE_ERROR || message.type == WIRE_BYE);
    if (error || (!live && !early)) {
        metric_add(upstream->link->ignored, 1);
        if (live) { /* it may have been a batch: nobody would ever ack it */
            upstream->refused = true;
            upstream_leave(upstream, "it sent a frame that is none");
        }
        return;
    }
    upstream->heard = loop_now(upstream->link->loop);
    switch (message.type) {
    case WIRE_WELCOME:
        take_welcome(upstream, &message.hello);
        break;
    case WIRE_BATCH:
        if (!upstream->over) { /* else it goes back with the others */
            take_batch(upstream, &message, frame);
        }
        break;
    case WIRE_ERROR: {
        char note[WIRE_NOTE_MAX + 1];
        link_copy(note, sizeof note, message.note);
        log_refusal(upstream, note);
        set_over(upstream, "it refused us");
        break;
    }
    case WIRE_BYE:
        set_over(upstream, "it said goodbye");
        break;
    case WIRE_DRAIN:
        upstream->drained = true;
        soon(upstream->link);
        break;
    case WIRE_PING:
        break;
    case WIRE_HELLO:
    case WIRE_CREDIT:
    case WIRE_ACK:
    case WIRE_NACK:
    case WIRE_TOUCH:
        metric_add(upstream->link->ignored, 1);
        break;
    }
}

/* ---- states ---- */

static void upstream_greet(struct upstream *upstream)
{
    struct link_in *link = upstream->link;
    int events = 0;
    size_t size = sizeof events;
    /* Makes libzmq take note of the new connection; sending alone may not. */
    (void)zmq_getsockopt(upstream->socket.zmq, ZMQ_EVENTS, &events, &size);
    if (!link->own_store && live_count(link) == 0) {
        link->self.store_id[0] = 0; /* what former upstreams told binds nobody any more */
    }
    struct wire_message hello = hello_message(&link->self, WIRE_HELLO);
    if (link_socket_send(&upstream->socket, (struct text){0}, &hello) == 0) {
        upstream->state = UPSTREAM_GREETING;
        upstream->said = loop_now(link->loop);
    } /* else again at the next tick, until the time for it is over */
}

/* A handshake that failed for a reason which a person must mend: told at once. */
static void take_failure(struct upstream *upstream, int event, int reason)
{
    char sentence[WIRE_NOTE_MAX];
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        (void)snprintf(sentence, sizeof sentence,
                       "the upstream does not let our key (%.8s…) in: add our client.public to its clients.allow",
                       upstream->link->client.public.z85);
    } else if (reason == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
        (void)snprintf(sentence, sizeof sentence,
                       "the upstream speaks %s, this %s speaks %s: set LINK_SECURITY alike on both sides",
                       upstream->curve ? "plain text" : "CURVE", hello_role(upstream->link->self.role),
                       upstream->curve ? "CURVE" : "plain text");
    } else {
        (void)snprintf(sentence, sizeof sentence, "what answers there is no %s: mend the upstream address",
                       hello_role(upstream->link->self.role - 1));
    }
    log_refusal(upstream, sentence);
    set_over(upstream, "it refused us");
}

static void read_events(struct upstream *upstream)
{
    int event, value;
    while (link_socket_event(&upstream->socket, &event, &value)) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            upstream->shaken = true;
        } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH || event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
            take_failure(upstream, event, value);
        } else {
            set_over(upstream, upstream->state == UPSTREAM_LIVE ? "its connection ended"
                               : event == ZMQ_EVENT_CLOSED      ? "nobody listens there"
                               : upstream->curve && !upstream->shaken
                                   ? "it ended the handshake: server.public here must belong to server.secret there"
                                   : "it closed the connection");
        }
    }
    if (upstream->shaken && upstream->state == UPSTREAM_CONNECTING && !upstream->over) {
        upstream_greet(upstream);
    }
}

static bool read_messages(struct upstream *upstream, size_t most)
{
    while (most-- > 0) {
        zmq_msg_t frame;
        int error = link_socket_receive(upstream->socket.zmq, &frame, 1);
        if (error == ERR_BUSY) {
            return true;
        }
        if (error) {
            metric_add(upstream->link->ignored, 1);
            continue;
        }
        take_frame(upstream, &frame);
        zmq_msg_close(&frame);
    }
    return false;
}

static void upstream_rest(struct upstream *upstream, int64_t pause)
{
    upstream->state = UPSTREAM_RESTING;
    upstream->since = loop_now(upstream->link->loop);
    upstream->again_at = loop_after(upstream->since, pause);
}

static int64_t next_pause(struct upstream *upstream)
{
    if (upstream->refused) {
        return UPSTREAM_PAUSE_SLOW;
    }
    int64_t half = upstream->pause / 2;
    int64_t pause = half + (int64_t)link_random((uint64_t)half + 1);
    upstream->pause = upstream->pause * 2 < UPSTREAM_PAUSE_MAX ? upstream->pause * 2 : UPSTREAM_PAUSE_MAX;
    return pause;
}

static void upstream_end(struct upstream *upstream)
{
    struct link_in *link = upstream->link;
    struct loop_ms now = loop_now(link->loop);
    size_t back = 0;
    bool lived = upstream->state == UPSTREAM_LIVE;
    link_socket_close(link->loop, &upstream->socket, upstream->goodbye ? LINK_LINGER : 0);
    if (lived && loop_since(now, upstream->since) >= UPSTREAM_PROVEN) {
        upstream->pause = UPSTREAM_PAUSE_MIN;
    }
    metric_add(link->peers, lived ? -1 : 0);
    upstream_rest(upstream, next_pause(upstream));
    if (!rule_off(RULE_GRANTS)) {
        link->window.granted -= upstream->unused;
        upstream->unused = 0;
    }
    for (struct in_hand *in_hand; (in_hand = in_hand_take(upstream)) != NULL;) {
        link->events.gone(link->user, &in_hand->batch);
        in_hand_free(in_hand);
        back++;
    }
    if (lived) {
        log_line(EVENT_LINK_DOWN, "%s at %s is gone (%s); %zu batches go back to it", upstream->peer,
                 upstream->address.endpoint, upstream->why, back);
    } else if (upstream->missed.ms == 0) {
        upstream->missed = now;
    } else if (!upstream->told && loop_since(now, upstream->missed) >=
                                      (upstream->name == SIZE_MAX ? UPSTREAM_GRACE : UPSTREAM_GRACE_NAME)) {
        upstream->told = true;
        log_line(EVENT_LINK_UNREACHABLE, "%s can't be reached (%s); tried again until it answers",
                 upstream->address.endpoint, upstream->why);
    }
    soon(link);
}

static void dealer_turn(struct upstream *upstream, bool events)
{
    if (upstream->state == UPSTREAM_RESTING) {
        return;
    }
    if (events) {
        read_events(upstream);
    }
    (void)read_messages(upstream, LINK_TURN);
    if (upstream->over) {
        (void)read_messages(upstream, LINK_REST);
        upstream_end(upstream);
    }
}

void upstream_turn(struct upstream *upstream)
{
    dealer_turn(upstream, true);
}

static void on_socket(void *user, void *socket)
{
    struct upstream *upstream = user;
    dealer_turn(upstream, socket == upstream->socket.monitor);
}

static void upstream_start(struct upstream *upstream)
{
    struct link_in *link = upstream->link;
    upstream->shaken = upstream->over = upstream->refused = upstream->goodbye = upstream->drained = false;
    upstream->since = upstream->heard = upstream->said = loop_now(link->loop);
    int error =
        link_socket_open(link->zmq, ZMQ_DEALER, strchr(upstream->address.endpoint, '[') != NULL, &upstream->socket);
    if (!error) {
        upstream->state = UPSTREAM_CONNECTING;
        error = link_socket_watch(link->loop, &upstream->socket, on_socket, upstream);
    }
    if (!error && upstream->curve) {
        error = link_client_apply(upstream->socket.zmq, &link->client);
    }
    if (!error && zmq_connect(upstream->socket.zmq, upstream->address.endpoint) != 0) {
        error = ERR_IO;
    }
    if (error) {
        upstream->why = error == ERR_MEMORY ? "no memory or descriptor for a socket" : zmq_strerror(errno);
        upstream_end(upstream);
    }
}

void upstream_tick(struct upstream *upstream, struct loop_ms now, int64_t late)
{
    upstream_turn(upstream);
    upstream->heard = loop_after(upstream->heard, late);
    switch (upstream->state) {
    case UPSTREAM_RESTING:
        if (!loop_before(now, upstream->again_at) && !upstream->leaving && !upstream->link->draining) {
            upstream_start(upstream);
        }
        break;
    case UPSTREAM_CONNECTING:
    case UPSTREAM_GREETING:
        if (loop_since(now, upstream->since) > LINK_SILENCE + late) {
            set_over(upstream, "no answer within 5 s");
        }
        break;
    case UPSTREAM_LIVE:
        if (loop_since(now, upstream->heard) > LINK_SILENCE) {
            upstream_leave(upstream, "5 s without a word");
        } else if (upstream->leaving && !upstream->first) {
            upstream_leave(upstream, "its address is no longer in use");
        } else if (loop_since(now, upstream->said) >= LINK_PING) {
            upstream_tell(upstream, &(struct wire_message){.type = WIRE_PING});
        }
        break;
    }
}

struct upstream *upstream_new(struct link_in *link, const struct link_address *address, size_t name)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (upstream) {
        *upstream = (struct upstream){.link = link, .address = *address, .name = name, .pause = UPSTREAM_PAUSE_MIN};
        /* A name leaves this host for all we know, whatever it stands for today. */
        upstream->curve =
            name != SIZE_MAX ? link->security != SECURITY_NONE : link_security_curve(link->security, address);
        upstream_rest(upstream, 0);
    }
    return upstream;
}

void upstream_free(struct upstream *upstream)
{
    struct link_in *link = upstream->link;
    if (upstream->state == UPSTREAM_LIVE) {
        upstream_leave(upstream, "we stop");
        metric_add(link->peers, -1);
    }
    link_socket_close(link->loop, &upstream->socket, upstream->goodbye ? LINK_LINGER : 0);
    link->window.granted -= upstream->unused;
    for (struct in_hand *in_hand; (in_hand = in_hand_take(upstream)) != NULL;) {
        in_hand_free(in_hand);
    }
    free(upstream);
}
