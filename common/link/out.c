#include <assert.h>
#include <stdlib.h>

#include "common/link/downstream.h"
#include "common/log/log.h"
#include "common/observe/metrics.h"

/* What is the case now, for those who look from outside. */
static void account(struct link_out *link)
{
    struct flow_state state;
    flow_look(link->flow, &state);
    metric_run(link->stalled, state.queued_batches > state.delayed_batches && state.credit <= 0);
    metric_run(link->idle, state.queued_batches == 0 && state.credit > 0 && !link->working);
    metric_set(link->in_flight, (int64_t)state.out_rows);
    metric_set(link->credit, state.credit);
    metric_set(link->oldest, state.oldest.ms == INT64_MAX ? 0 : loop_since(loop_now(link->loop), state.oldest) * 1000);
}

void link_out_working(struct link_out *link, bool working)
{
    link->working = working;
    account(link);
}

/* ---- batches ---- */

static void outgoing_drop(void *user, struct flow_batch *batch)
{
    (void)user;
    outgoing_free(batch->message);
}

/* One that was cancelled, and that no peer has any more. */
static bool drop_cancelled(struct link_out *link, struct flow_batch *batch)
{
    struct outgoing *outgoing = batch->message;
    bool over = outgoing->cancelled && batch->place != FLOW_OUT;
    if (over) {
        (void)flow_cancel(link->flow, &batch->page);
        outgoing_free(outgoing);
    }
    return over;
}

static int outgoing_send(struct link_out *link, struct downstream *peer, struct outgoing *outgoing)
{
    int error = outgoing_ready(outgoing);
    if (!error) {
        error = link_socket_send_frame(&link->door->socket, downstream_routing(peer), &outgoing->frame);
        peer->said = loop_now(link->loop);
    }
    return error;
}

static void pump(struct link_out *link)
{
    uint32_t id;
    struct flow_batch *batch;
    struct loop_ms now = loop_now(link->loop);
    while ((batch = flow_next(link->flow, now, &id)) != NULL) {
        struct downstream *peer = NULL;
        if (((struct outgoing *)batch->message)->cancelled) { /* whoever had it has gone */
            flow_unsend(link->flow, batch);
            (void)drop_cancelled(link, batch);
            continue;
        }
        for (size_t i = 0; i < link->downstream_count; i++) {
            if (link->downstreams[i]->id == id) {
                peer = link->downstreams[i];
            }
        }
        assert(peer);
        int error = outgoing_send(link, peer, batch->message);
        if (error) {
            flow_unsend(link->flow, batch);
            if (error == ERR_MEMORY) {
                break; /* again at the next tick */
            }
            downstream_end(link, peer, error == ERR_BUSY, "its connection is gone");
        }
    }
    struct loop_ms wake = flow_wake(link->flow);
    if (wake.ms != INT64_MAX) {
        loop_set_timer(link->loop, &link->wake, wake);
    } else {
        loop_clear_timer(link->loop, &link->wake);
    }
    account(link);
}

/* ---- what comes in ---- */

static void read_events(struct door *door)
{
    int event, fd;
    while (link_socket_event(&door->socket, &event, &fd)) {
        admission_event(&door->admission, event, fd);
        for (size_t k = 0; event == ZMQ_EVENT_DISCONNECTED && k < door->link_count; k++) {
            struct link_out *link = door->links[k];
            for (size_t i = 0; i < link->downstream_count; i++) {
                if (link->downstreams[i]->fd == fd) {
                    struct scope *before = scope_enter(link->scope);
                    downstream_end(link, link->downstreams[i], false, "its connection ended");
                    link->downstreams[i]->fd = -1; /* the number may serve another connection from now on */
                    scope_now = before;
                }
            }
        }
    }
    if (admission_has_strangers(&door->admission) && !door->look.slot) {
        loop_set_after(door->loop, &door->look, CONNECTION_LOOK);
    }
}

/* The worker behind a routing id, and its link; NULL: none. */
static struct downstream *find(const struct door *door, struct text routing, struct link_out **link)
{
    for (size_t k = 0; k < door->link_count; k++) {
        struct downstream *peer = downstream_find(door->links[k], routing);
        if (peer) {
            *link = door->links[k];
            return peer;
        }
    }
    return NULL;
}

/* The link of the scheme that a HELLO names, whose scope is entered; where there is none, the first says so, in no scope. */
static struct link_out *link_for(const struct door *door, const struct wire_hello *hello)
{
    for (size_t k = 0; k < door->link_count; k++) {
        struct link_out *link = door->links[k];
        if (text_equal(hello->scheme_hash, text_of(link->self.scheme_hash))) {
            scope_now = link->scope;
            return link;
        }
    }
    scope_now = NULL;
    return door->links[0];
}

static void take_frame(struct door *door, struct text routing, zmq_msg_t *frame)
{
    struct wire_message message;
    struct link_out *link = NULL;
    struct downstream *peer = find(door, routing, &link);
    int fd = zmq_msg_get(frame, ZMQ_SRCFD);
    bool is_message = wire_read(link_frame_text(frame), &message) == 0;
    bool hello = is_message && message.type == WIRE_HELLO;
    connections_read(&door->admission.connections, fd);
    if (peer && is_message && (!hello || fd == peer->fd)) {
        scope_now = link->scope;
        downstream_take(link, peer, &message);
        return;
    }
    if (!hello) {
        metric_add(door->ignored, 1);
        connections_strike(&door->admission.connections, fd);
        return;
    }
    /* The end of whoever had this descriptor before lies in the monitor's queue already: read it first. */
    read_events(door);
    if (peer) { /* another connection has taken its routing id over: what it had been sent is lost */
        scope_now = link->scope;
        downstream_end(link, peer, true, "another connection took its place");
        downstream_remove(link, peer);
    }
    downstream_join(link_for(door, &message.hello), routing, frame, &message.hello);
}

/* Up to `most` messages; true when none is left. */
static bool read_messages(struct door *door, size_t most)
{
    while (most-- > 0) {
        zmq_msg_t parts[2];
        int error = link_socket_receive(door->socket.zmq, parts, 2);
        if (error == ERR_BUSY) {
            return true;
        }
        if (error) {
            metric_add(door->ignored, 1);
            continue;
        }
        struct scope *before = scope_now;
        take_frame(door, link_frame_text(&parts[0]), &parts[1]);
        scope_now = before;
        zmq_msg_close(&parts[0]);
        zmq_msg_close(&parts[1]);
    }
    return false;
}

static bool any_ending(const struct link_out *link)
{
    for (size_t i = 0; i < link->downstream_count; i++) {
        if (link->downstreams[i]->ending) {
            return true;
        }
    }
    return false;
}

/* Those that have ended, and what they leave. */
static void remove_ended(struct link_out *link)
{
    for (size_t i = link->downstream_count; i-- > 0;) {
        if (link->downstreams[i]->ending) {
            downstream_remove(link, link->downstreams[i]);
        }
    }
    struct flow_batch *batch;
    while ((batch = flow_poisoned(link->flow)) != NULL) {
        struct outgoing *outgoing = batch->message;
        log_event(EVENT_LINK_POISON, "a page killed workers that held nothing else", LOG_PAGE(&batch->page), "workers",
                  LOG_INT(batch->deaths), NULL);
        if (!outgoing->cancelled) {
            link->events.poisoned(link->user, outgoing->tag, &batch->page, batch->rows, outgoing_records(outgoing));
        }
        outgoing_free(outgoing);
    }
}

/* First who has ended, then what they had sent before, then their end: an ACK or BYE still in the queue counts. */
static void door_turn(struct door *door, bool events)
{
    bool ending = false;
    if (events) {
        read_events(door);
    }
    (void)read_messages(door, LINK_TURN);
    for (size_t k = 0; k < door->link_count; k++) {
        ending = ending || any_ending(door->links[k]);
    }
    if (ending) {
        (void)read_messages(door, LINK_REST);
    }
    struct scope *before = scope_now;
    for (size_t k = 0; k < door->link_count; k++) {
        struct link_out *link = door->links[k];
        scope_now = link->scope;
        if (ending) {
            remove_ended(link);
        }
        pump(link);
        if (link->news) {
            link->news = false;
            link->events.credit(link->user);
        }
    }
    scope_now = before;
}

static void on_socket(void *user, void *socket)
{
    struct door *door = user;
    door_turn(door, socket == door->socket.monitor);
}

static void on_timer(void *user)
{
    struct link_out *link = user;
    door_turn(link->door, false);
}

static void on_look(void *user)
{
    struct door *door = user;
    admission_look(&door->admission);
    if (admission_has_strangers(&door->admission)) {
        loop_set_after(door->loop, &door->look, CONNECTION_LOOK);
    }
}

/* Who was let in by a key that has been taken off clients.allow goes. All are looked at each time: a client that has just
 * connected may have been the one for whom the changed list was read. */
static void judge_keys(struct link_out *link)
{
    if (!link->door->admission.zap) {
        return;
    }
    (void)zap_look(link->door->admission.zap);
    for (size_t i = 0; i < link->downstream_count; i++) {
        struct downstream *peer = link->downstreams[i];
        if (!zap_allows(link->door->admission.zap, peer->key.z85)) {
            downstream_ban(link, peer, "its key is no longer in clients.allow");
        }
    }
}

/* A worker that has not moved a batch for that long, and has not ended itself for it, gets no second chance here. */
static void judge_overdue(struct link_out *link, struct loop_ms now)
{
    struct flow_batch *batch;
    while ((batch = flow_overdue(link->flow, now, link->overdue)) != NULL) {
        struct downstream *peer = NULL;
        for (size_t i = 0; i < link->downstream_count; i++) {
            peer = link->downstreams[i]->id == batch->peer ? link->downstreams[i] : peer;
        }
        assert(peer);
        log_event(EVENT_LINK_OVERDUE, "a worker does not move its page: others get it", LOG_PAGE(&batch->page),
                  "worker", LOG_STR(peer->name), NULL);
        downstream_ban(link, peer, "it does not move its page");
        downstream_remove(link, peer);
    }
}

static void on_tick(void *user)
{
    struct link_out *link = user;
    struct loop_ms now = loop_now(link->loop);
    int64_t late = loop_since(now, link->ticked) - LINK_TICK;
    link->ticked = now;
    judge_keys(link);
    judge_overdue(link, late > LINK_LATE ? loop_after(now, -late) : now);
    admission_look(&link->door->admission);
    door_turn(link->door, true); /* what lies in the sockets counts as heard */
    for (size_t i = 0; i < link->downstream_count; i++) {
        struct downstream *peer = link->downstreams[i];
        peer->heard = loop_after(peer->heard, late > LINK_LATE ? late : 0);
        if (loop_since(now, peer->heard) > LINK_SILENCE) {
            (void)!downstream_tell(link, peer, &(struct wire_message){.type = WIRE_BYE});
            downstream_end(link, peer, true, "5 s without a word");
        } else if (loop_since(now, peer->said) >= LINK_PING) {
            (void)!downstream_tell(link, peer, &(struct wire_message){.type = WIRE_PING});
        }
    }
    loop_set_after(link->loop, &link->tick, LINK_TICK);
}

/* ---- life ---- */

static void out_metrics(struct link_out *link, struct metrics *metrics)
{
    if (!metrics) {
        return;
    }
    link->in_flight = metrics_add(metrics, FAMILY_IN_FLIGHT, NULL);
    link->credit = metrics_add(metrics, FAMILY_CREDIT, NULL);
    link->oldest = metrics_add(metrics, FAMILY_OLDEST_BATCH, NULL);
    link->stalled = metrics_add(metrics, FAMILY_STALLED, NULL);
    link->idle = metrics_add(metrics, FAMILY_IDLE, NULL);
    link->peers = metrics_add(metrics, FAMILY_PEERS, NULL);
    link->ignored = metrics_add(metrics, FAMILY_IGNORED_FRAMES, NULL);
    if (link->self.role == ROLE_EXTRACTOR) {
        link->batches = metrics_add(metrics, FAMILY_BATCHES, NULL);
    }
    const struct {
        struct metric **metric;
        const char *label;
    } reasons[] = {{&link->redelivered_gone, "reason=\"peer_gone\""},
                   {&link->redelivered_busy, "reason=\"busy\""},
                   {&link->redelivered_failed, "reason=\"failed\""},
                   {&link->redelivered_drain, "reason=\"drain\""}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        *reasons[i].metric = metrics_add(metrics, FAMILY_REDELIVERED, reasons[i].label);
    }
}

int link_out_new(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self,
                 const struct link_out_events *events, void *user, struct link_out **out, struct cause *cause)
{
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
    link->scope = scope_now;
    link->overdue = LINK_OVERDUE;
    hello_self_init(&link->self, self);
    out_metrics(link, self->metrics);
    int error = flow_new(&link->flow);
    if (error) {
        cause_set(cause, error, "out of memory for the link");
    } else {
        error = door_enter(zmq, loop, bind, self, link, on_socket, on_look, &link->door, cause);
    }
    if (error) {
        link_out_free(&link);
        return error;
    }
    loop_set_after(loop, &link->tick, LINK_TICK);
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
    for (size_t i = 0; i < l->downstream_count; i++) {
        (void)!link_socket_send(&l->door->socket, downstream_routing(l->downstreams[i]),
                                &(struct wire_message){.type = WIRE_BYE});
        metric_add(l->peers, -1);
        free(l->downstreams[i]);
    }
    if (l->door) {
        door_leave(l->door, l);
    }
    flow_free(&l->flow, outgoing_drop, NULL);
    free(l);
}

int link_out_send(struct link_out *link, const struct page *page, size_t rows, struct buffer *records, void *tag)
{
    if (rows > WIRE_ROWS_MAX || records->failed) {
        return ERR_LIMIT;
    }
    struct flow_batch *old = flow_find(link->flow, page);
    if (old && !drop_cancelled(link, old)) {
        return ERR_BUSY;
    }
    struct outgoing *outgoing = NULL;
    int error = outgoing_new(page, rows, buffer_text(records), tag, &outgoing);
    if (error) {
        return error;
    }
    buffer_clear(records, records->room);
    flow_push(link->flow, &outgoing->batch, loop_now(link->loop));
    pump(link);
    return 0;
}

void link_out_cancel(struct link_out *link, const struct page *page, bool part)
{
    struct flow_batch *batch = flow_find(link->flow, page);
    if (batch) {
        struct outgoing *outgoing = batch->message;
        outgoing->cancelled = true;
        if (!part || batch->place != FLOW_OUT) {
            (void)flow_cancel(link->flow, page);
            outgoing_free(outgoing);
        }
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
    for (size_t i = 0; i < link->downstream_count; i++) {
        (void)!downstream_tell(link, link->downstreams[i], &(struct wire_message){.type = WIRE_DRAIN});
    }
}

void link_out_overdue(struct link_out *link, int64_t ms)
{
    link->overdue = ms;
}

const char *link_out_address(const struct link_out *link)
{
    return link->door->address;
}

void link_out_store_id(struct link_out *link, struct text id)
{
    link_copy(link->self.store_id, sizeof link->self.store_id, id);
    for (size_t i = 0; i < link->downstream_count; i++) {
        struct downstream *peer = link->downstreams[i];
        if (peer->store_id[0] && id.size > 0 && strcmp(peer->store_id, link->self.store_id) != 0) {
            struct cause cause;
            cause_set(&cause, ERR_REFUSED,
                      "%s uses another store than this %s: start both with the same DIANCHEN_STORE", peer->name,
                      hello_role(link->self.role));
            downstream_refuse(link, downstream_routing(peer), &cause, &cause);
            downstream_end(link, peer, true, "it uses another store");
        }
    }
}
