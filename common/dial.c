#include "common/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/metrics.h"
#include "common/rule.h"

static void soon(struct link_in *link)
{
    loop_set_timer(link->loop, &link->soon, loop_now(link->loop));
}

static void set_over(struct dial *dial, const char *why)
{
    if (!dial->over) {
        dial->over = true;
        dial->why = why;
        soon(dial->link);
    }
}

bool dial_takes(const struct dial *dial)
{
    return dial->state == DIAL_LIVE && !dial->over && !dial->leaving && !dial->drained && !dial->link->draining;
}

void dial_tell(struct dial *dial, const struct wire_message *message)
{
    if (dial->state == DIAL_RESTING || dial->over) {
        return;
    }
    if (peering_send(&dial->socket, (struct text){0}, message)) {
        set_over(dial, "it takes nothing more");
        return;
    }
    dial->said = loop_now(dial->link->loop);
}

void dial_leave(struct dial *dial, const char *why)
{
    if (dial->state == DIAL_RESTING) {
        return;
    }
    if (dial->state == DIAL_LIVE && !dial->over) {
        dial_tell(dial, &(struct wire_message){.type = WIRE_BYE});
        dial->goodbye = true;
    }
    set_over(dial, why);
}

/* ---- batches in hand ---- */

static void held_take_off(struct dial *dial, struct held *held)
{
    if (dial->first == dial->last) {
        dial->first = dial->last = NULL;
    } else if (dial->first == held) {
        dial->first = held->next;
        dial->first->prev = NULL;
    } else if (dial->last == held) {
        dial->last = held->prev;
        dial->last->next = NULL;
    } else {
        held->prev->next = held->next;
        held->next->prev = held->prev;
    }
    dial->batches--;
    dial->link->held--;
    dial->link->window.in_hand -= (int64_t)held->batch.rows;
}

static struct held *held_first(struct dial *dial)
{
    struct held *held = dial->first;
    if (held) {
        held_take_off(dial, held);
    }
    return held;
}

static void held_free(struct held *held)
{
    zmq_msg_close(&held->frame);
    free(held);
}

void dial_release(struct held *held)
{
    held_take_off(held->dial, held);
    soon(held->dial->link);
    held_free(held);
}

static void take_batch(struct dial *dial, const struct wire_message *message, zmq_msg_t *frame)
{
    struct link_in *link = dial->link;
    if (dial->unused <= 0 || dial->batches >= FLOW_OUT_MAX) {
        dial->refused = true;
        dial_leave(dial, "it sent more than was granted");
        return;
    }
    dial->unused -= (int64_t)message->rows;
    link->window.granted -= (int64_t)message->rows;
    struct held *held = link->draining || dial->leaving ? NULL : calloc(1, sizeof *held);
    if (!held) { /* another worker takes it */
        struct wire_message nack = {.type = WIRE_NACK, .page = message->page, .reason = NACK_DRAIN};
        dial_tell(dial, &nack);
        soon(link);
        return;
    }
    zmq_msg_init(&held->frame);
    zmq_msg_move(&held->frame, frame);
    size_t records_at =
        peering_text(&held->frame).size - message->records.size; /* a small frame moves with its struct */
    held->batch = (struct link_in_batch){
        .page = message->page,
        .attempt = message->attempt,
        .rows = message->rows,
        .records = {peering_text(&held->frame).data + records_at, message->records.size},
        .arrived = loop_now(link->loop),
        .came = page_clock(),
    };
    held->moved = held->batch.arrived;
    held->dial = dial;
    held->prev = dial->last;
    *(dial->last ? &dial->last->next : &dial->first) = held;
    dial->last = held;
    dial->batches++;
    link->held++;
    link->window.in_hand += (int64_t)message->rows;
    soon(link);
    link->events.batch(link->user, &held->batch);
}

/* ---- frames ---- */

static size_t live_count(const struct link_in *link)
{
    size_t live = 0;
    for (size_t i = 0; i < link->dial_count; i++) {
        live += link->dials[i]->state == DIAL_LIVE;
    }
    return live;
}

static void log_refusal(struct dial *dial, const char *sentence)
{
    if (strcmp(dial->refusal, sentence) != 0) {
        peering_copy(dial->refusal, sizeof dial->refusal, text_of(sentence));
        log_event(LOG_WARN, "link.refused", dial->refusal, "upstream", LOG_STR(dial->address.endpoint), NULL);
    }
    dial->refused = true;
    dial->told = true;
}

static void take_welcome(struct dial *dial, const struct wire_hello *hello)
{
    struct link_in *link = dial->link;
    struct cause ours, theirs;
    if (dial->state != DIAL_GREETING) {
        metric_add(link->ignored, 1);
        return;
    }
    if (peering_check(&link->self, hello, &ours, &theirs)) {
        log_refusal(dial, ours.text);
        dial_tell(dial, &(struct wire_message){.type = WIRE_ERROR, .note = text_of(theirs.text)});
        dial->goodbye = true;
        set_over(dial, "we don't fit");
        return;
    }
    char name[WIRE_NAME_MAX + 1];
    peering_copy(name, sizeof name, hello->peer_name);
    (void)snprintf(dial->peer, sizeof dial->peer, "%s %s", peering_role(hello->role), name);
    dial->state = DIAL_LIVE;
    dial->since = loop_now(link->loop);
    dial->told = false;
    dial->missed = 0;
    dial->refusal[0] = 0;
    metric_add(link->peers, 1);
    soon(link);
    log_line(LOG_INFO, "link.up", "%s at %s is linked", dial->peer, dial->address.endpoint);
    if (!link->own_store && hello->store_id.size > 0 && !text_equal(hello->store_id, text_of(link->self.store_id))) {
        peering_copy(link->self.store_id, sizeof link->self.store_id, hello->store_id);
        if (link->events.store_id) {
            link->events.store_id(link->user, text_of(link->self.store_id));
        }
    }
}

static void take_frame(struct dial *dial, zmq_msg_t *frame)
{
    struct wire_message message;
    int error = wire_read(peering_text(frame), &message);
    if (error == ERR_REFUSED) {
        log_refusal(dial, "upstream speaks another version of the protocol: run the same version of all stages");
        set_over(dial, "another version");
        return;
    }
    bool live = dial->state == DIAL_LIVE;
    bool early = !error && (message.type == WIRE_WELCOME || message.type == WIRE_ERROR || message.type == WIRE_BYE);
    if (error || (!live && !early)) {
        metric_add(dial->link->ignored, 1);
        if (live) { /* it may have been a batch: nobody would ever ack it */
            dial->refused = true;
            dial_leave(dial, "it sent a frame that is none");
        }
        return;
    }
    dial->heard = loop_now(dial->link->loop);
    switch (message.type) {
    case WIRE_WELCOME:
        take_welcome(dial, &message.hello);
        break;
    case WIRE_BATCH:
        if (!dial->over) { /* else it goes back with the others */
            take_batch(dial, &message, frame);
        }
        break;
    case WIRE_ERROR: {
        char note[WIRE_NOTE_MAX + 1];
        peering_copy(note, sizeof note, message.note);
        log_refusal(dial, note);
        set_over(dial, "it refused us");
        break;
    }
    case WIRE_BYE:
        set_over(dial, "it said goodbye");
        break;
    case WIRE_DRAIN:
        dial->drained = true;
        soon(dial->link);
        break;
    case WIRE_PING:
        break;
    case WIRE_HELLO:
    case WIRE_CREDIT:
    case WIRE_ACK:
    case WIRE_NACK:
        metric_add(dial->link->ignored, 1);
        break;
    }
}

/* ---- states ---- */

static void dial_greet(struct dial *dial)
{
    struct link_in *link = dial->link;
    int events = 0;
    size_t size = sizeof events;
    /* Makes libzmq take note of the new connection; sending alone may not. */
    (void)zmq_getsockopt(dial->socket.zmq, ZMQ_EVENTS, &events, &size);
    if (!link->own_store && live_count(link) == 0) {
        link->self.store_id[0] = 0; /* what former upstreams told binds nobody any more */
    }
    struct wire_message hello = peering_hello(&link->self, WIRE_HELLO);
    if (peering_send(&dial->socket, (struct text){0}, &hello) == 0) {
        dial->state = DIAL_GREETING;
        dial->said = loop_now(link->loop);
    } /* else again at the next tick, until the time for it is over */
}

/* A handshake that failed for a reason which a person must mend: told at once. */
static void take_failure(struct dial *dial, int event, int reason)
{
    char sentence[WIRE_NOTE_MAX];
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        (void)snprintf(sentence, sizeof sentence,
                       "the upstream does not let our key (%.8s…) in: add our client.public to its clients.allow",
                       dial->link->client.public.z85);
    } else if (reason == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
        (void)snprintf(sentence, sizeof sentence,
                       "the upstream speaks %s, this %s speaks %s: set LINK_SECURITY alike on both sides",
                       dial->curve ? "plain text" : "CURVE", peering_role(dial->link->self.role),
                       dial->curve ? "CURVE" : "plain text");
    } else {
        (void)snprintf(sentence, sizeof sentence, "what answers there is no %s: mend the upstream address",
                       peering_role(dial->link->self.role - 1));
    }
    log_refusal(dial, sentence);
    set_over(dial, "it refused us");
}

static void read_events(struct dial *dial)
{
    int event, value;
    while (peering_event(&dial->socket, &event, &value)) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            dial->shaken = true;
        } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH || event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
            take_failure(dial, event, value);
        } else {
            set_over(dial, dial->state == DIAL_LIVE    ? "its connection ended"
                           : event == ZMQ_EVENT_CLOSED ? "nobody listens there"
                           : dial->curve && !dial->shaken
                               ? "it ended the handshake: server.public here must belong to server.secret there"
                               : "it closed the connection");
        }
    }
    if (dial->shaken && dial->state == DIAL_CONNECTING && !dial->over) {
        dial_greet(dial);
    }
}

static bool read_messages(struct dial *dial, size_t most)
{
    while (most-- > 0) {
        zmq_msg_t frame;
        int error = peering_receive(dial->socket.zmq, &frame, 1);
        if (error == ERR_BUSY) {
            return true;
        }
        if (error) {
            metric_add(dial->link->ignored, 1);
            continue;
        }
        take_frame(dial, &frame);
        zmq_msg_close(&frame);
    }
    return false;
}

static void dial_rest(struct dial *dial, int64_t pause)
{
    dial->state = DIAL_RESTING;
    dial->since = loop_now(dial->link->loop);
    dial->redial_at = dial->since + pause;
}

static int64_t next_pause(struct dial *dial)
{
    if (dial->refused) {
        return DIAL_PAUSE_SLOW;
    }
    int64_t half = dial->pause / 2;
    int64_t pause = half + (int64_t)peering_random((uint64_t)half + 1);
    dial->pause = dial->pause * 2 < DIAL_PAUSE_MAX ? dial->pause * 2 : DIAL_PAUSE_MAX;
    return pause;
}

static void dial_end(struct dial *dial)
{
    struct link_in *link = dial->link;
    int64_t now = loop_now(link->loop);
    size_t back = 0;
    bool lived = dial->state == DIAL_LIVE;
    peering_close(link->loop, &dial->socket, dial->goodbye ? PEERING_LINGER : 0);
    if (lived && now - dial->since >= DIAL_PROVEN) {
        dial->pause = DIAL_PAUSE_MIN;
    }
    metric_add(link->peers, lived ? -1 : 0);
    dial_rest(dial, next_pause(dial));
    if (!rule_off(RULE_GRANTS)) {
        link->window.granted -= dial->unused;
        dial->unused = 0;
    }
    for (struct held *held; (held = held_first(dial)) != NULL;) {
        link->events.gone(link->user, &held->batch);
        held_free(held);
        back++;
    }
    if (lived) {
        log_line(LOG_INFO, "link.down", "%s at %s is gone (%s); %zu batches go back to it", dial->peer,
                 dial->address.endpoint, dial->why, back);
    } else if (dial->missed == 0) {
        dial->missed = now;
    } else if (!dial->told && now - dial->missed >= (dial->name == SIZE_MAX ? DIAL_GRACE : DIAL_GRACE_NAME)) {
        dial->told = true;
        log_line(LOG_WARN, "link.unreachable", "%s can't be reached (%s); tried again until it answers",
                 dial->address.endpoint, dial->why);
    }
    soon(link);
}

static void turn(struct dial *dial, bool events)
{
    if (dial->state == DIAL_RESTING) {
        return;
    }
    if (events) {
        read_events(dial);
    }
    (void)read_messages(dial, PEERING_TURN);
    if (dial->over) {
        (void)read_messages(dial, PEERING_REST);
        dial_end(dial);
    }
}

void dial_turn(struct dial *dial)
{
    turn(dial, true);
}

static void on_socket(void *user, void *socket)
{
    struct dial *dial = user;
    turn(dial, socket == dial->socket.monitor);
}

static void dial_start(struct dial *dial)
{
    struct link_in *link = dial->link;
    dial->shaken = dial->over = dial->refused = dial->goodbye = dial->drained = false;
    dial->since = dial->heard = dial->said = loop_now(link->loop);
    int error = peering_open(link->zmq, ZMQ_DEALER, strchr(dial->address.endpoint, '[') != NULL, &dial->socket);
    if (!error) {
        dial->state = DIAL_CONNECTING;
        error = peering_watch(link->loop, &dial->socket, on_socket, dial);
    }
    if (!error && dial->curve) {
        error = link_client_dress(dial->socket.zmq, &link->client);
    }
    if (!error && zmq_connect(dial->socket.zmq, dial->address.endpoint) != 0) {
        error = ERR_IO;
    }
    if (error) {
        dial->why = error == ERR_MEMORY ? "no memory or descriptor for a socket" : zmq_strerror(errno);
        dial_end(dial);
    }
}

void dial_tick(struct dial *dial, int64_t now, int64_t late)
{
    dial_turn(dial);
    dial->heard += late;
    switch (dial->state) {
    case DIAL_RESTING:
        if (now >= dial->redial_at && !dial->leaving && !dial->link->draining) {
            dial_start(dial);
        }
        break;
    case DIAL_CONNECTING:
    case DIAL_GREETING:
        if (now - dial->since > LINK_SILENCE + late) {
            set_over(dial, "no answer within 5 s");
        }
        break;
    case DIAL_LIVE:
        if (now - dial->heard > LINK_SILENCE) {
            dial_leave(dial, "5 s without a word");
        } else if (dial->leaving && !dial->first) {
            dial_leave(dial, "its address is no longer in use");
        } else if (now - dial->said >= LINK_PING) {
            dial_tell(dial, &(struct wire_message){.type = WIRE_PING});
        }
        break;
    }
}

struct dial *dial_new(struct link_in *link, const struct link_address *address, size_t name)
{
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial) {
        *dial = (struct dial){.link = link, .address = *address, .name = name, .pause = DIAL_PAUSE_MIN};
        /* A name leaves this host for all we know, whatever it stands for today. */
        dial->curve = name != SIZE_MAX ? link->security != SECURITY_NONE : link_security_curve(link->security, address);
        dial_rest(dial, 0);
    }
    return dial;
}

void dial_free(struct dial *dial)
{
    struct link_in *link = dial->link;
    if (dial->state == DIAL_LIVE) {
        dial_leave(dial, "we stop");
        metric_add(link->peers, -1);
    }
    peering_close(link->loop, &dial->socket, dial->goodbye ? PEERING_LINGER : 0);
    link->window.granted -= dial->unused;
    for (struct held *held; (held = held_first(dial)) != NULL;) {
        held_free(held);
    }
    free(dial);
}
