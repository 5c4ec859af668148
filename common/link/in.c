#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/link/upstream.h"
#include "common/log/log.h"
#include "common/observe/metrics.h"

static void schedule(struct link_in *link)
{
    loop_set_after(link->loop, &link->soon, 0);
}

/* ---- the window ---- */

static void grant(struct link_in *link)
{
    size_t takers = 0;
    for (size_t i = 0; i < link->upstream_count; i++) {
        takers += upstream_takes(link->upstreams[i]);
    }
    for (size_t i = 0; i < link->upstream_count; i++) {
        struct upstream *upstream = link->upstreams[i];
        int64_t records = upstream_takes(upstream) ? flow_window_grant(&link->window, upstream->unused, takers) : 0;
        if (records > 0) {
            upstream->unused += records;
            link->window.granted += records;
            upstream_tell(upstream, &(struct wire_message){.type = WIRE_CREDIT, .credit = records});
        }
    }
    metric_run(link->idle, link->window.granted > 0 && link->window.in_hand == 0);
    metric_set(link->in_flight, link->window.in_hand);
    metric_set(link->credit, link->window.granted > 0 ? link->window.granted : 0);
}

/* What a turn of the loop left behind: peerings that are over, room in the window. */
static void on_soon(void *user)
{
    struct link_in *link = user;
    for (size_t i = 0; i < link->upstream_count; i++) {
        if (link->upstreams[i]->over) {
            upstream_turn(link->upstreams[i]);
        }
    }
    grant(link);
}

/* ---- time ---- */

static void set_tick(struct link_in *link)
{
    struct loop_ms due = loop_after(loop_now(link->loop), LINK_TICK);
    for (size_t i = 0; i < link->upstream_count; i++) {
        const struct upstream *upstream = link->upstreams[i];
        if (upstream->state == UPSTREAM_RESTING && loop_before(upstream->again_at, due) && !upstream->leaving &&
            !link->draining) {
            due = upstream->again_at;
        }
    }
    loop_set_timer(link->loop, &link->tick, loop_later(due, loop_now(link->loop)));
}

static void judge_stuck(struct link_in *link, struct loop_ms now, int64_t late)
{
    for (size_t i = 0; i < link->upstream_count; i++) {
        for (struct in_hand *in_hand = link->upstreams[i]->first; in_hand; in_hand = in_hand->next) {
            in_hand->moved = loop_after(in_hand->moved, late);
            if (loop_since(now, in_hand->moved) >= link->stuck) {
                log_event(EVENT_LINK_STUCK,
                          "a page has not moved for too long: this worker ends itself, so that another takes it",
                          LOG_PAGE(&in_hand->batch.page), "seconds", LOG_INT(link->stuck / 1000), NULL);
                log_flush();
                _exit(EXIT_UNFINISHED);
            }
        }
    }
}

static void show_oldest(const struct link_in *link, struct loop_ms now)
{
    struct loop_ms arrived = now;
    for (size_t i = 0; i < link->upstream_count; i++) {
        const struct in_hand *first = link->upstreams[i]->first;
        arrived = first ? loop_earlier(first->batch.arrived, arrived) : arrived;
    }
    metric_set(link->oldest, loop_since(now, arrived) * 1000);
}

static void on_tick(void *user)
{
    struct link_in *link = user;
    struct loop_ms now = loop_now(link->loop);
    int64_t late = loop_since(now, link->tick.due);
    late = late > LINK_LATE ? late : 0;
    for (size_t i = link->upstream_count; i-- > 0;) {
        struct upstream *upstream = link->upstreams[i];
        upstream_tick(upstream, now, late);
        if (upstream->leaving && upstream->state == UPSTREAM_RESTING) {
            upstream_free(upstream);
            link->upstreams[i] = link->upstreams[--link->upstream_count];
        }
    }
    judge_stuck(link, now, late);
    show_oldest(link, now);
    set_tick(link);
}

/* ---- addresses ---- */

static struct upstream *upstream_at(struct link_in *link, const char *endpoint)
{
    for (size_t i = 0; i < link->upstream_count; i++) {
        if (strcmp(link->upstreams[i]->address.endpoint, endpoint) == 0) {
            return link->upstreams[i];
        }
    }
    return NULL;
}

static int add_upstream(struct link_in *link, const struct link_address *address, size_t name)
{
    struct upstream *upstream = link->upstream_count < UPSTREAMS_MAX ? upstream_new(link, address, name) : NULL;
    if (!upstream) {
        return link->upstream_count < UPSTREAMS_MAX ? ERR_MEMORY : ERR_LIMIT;
    }
    link->upstreams[link->upstream_count++] = upstream;
    return 0;
}

static void on_names(void *user, size_t name, const struct link_address *addresses, size_t count, const char *why)
{
    struct link_in *link = user;
    if (count == 0) { /* what is linked stays linked */
        if (!link->name_told[name]) {
            log_line(EVENT_LINK_UNRESOLVED, "%s can't be resolved (%s); asked again every %d s", link->name_hosts[name],
                     why, DNS_AGAIN / 1000);
        }
        link->name_told[name] = true;
        return;
    }
    link->name_told[name] = false;
    for (size_t i = 0; i < link->upstream_count; i++) {
        struct upstream *upstream = link->upstreams[i];
        bool stands = upstream->name != name;
        for (size_t k = 0; k < count; k++) {
            stands = stands || strcmp(addresses[k].endpoint, upstream->address.endpoint) == 0;
        }
        if (!stands && !upstream->leaving) {
            upstream->leaving = true;
            upstream_tell(upstream, &(struct wire_message){.type = WIRE_DRAIN});
        }
    }
    for (size_t k = 0; k < count; k++) {
        if (!upstream_at(link, addresses[k].endpoint) && add_upstream(link, &addresses[k], name)) {
            log_line(EVENT_LINK_ADDRESSES, "%s has more addresses than the %d that a link can hold",
                     link->name_hosts[name], UPSTREAMS_MAX);
            break;
        }
    }
    set_tick(link);
}

static int read_upstreams(struct link_in *link, const char *upstreams, const char *key_dir, struct link_address *names,
                          struct cause *cause)
{
    bool curve = false;
    struct text rest = text_of(upstreams);
    while (rest.size > 0) {
        const char *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
        struct text one = text_trim((struct text){rest.data, size});
        size += comma != NULL;
        rest = (struct text){rest.data + size, rest.size - size};
        if (one.size == 0) {
            continue;
        }
        struct link_address address;
        int error = link_address_read(one, false, &address, cause);
        if (error) {
            return error;
        }
        curve = curve || link_security_curve(link->security, &address);
        if (address.kind == ADDRESS_NAME) {
            if (link->name_count == DNS_NAMES_MAX) {
                return cause_set(cause, ERR_INPUT, "%s: more than %d names; a name may have many addresses", upstreams,
                                 DNS_NAMES_MAX);
            }
            memcpy(link->name_hosts[link->name_count], address.host, sizeof address.host);
            names[link->name_count++] = address;
        } else if (!upstream_at(link, address.endpoint)) {
            error = add_upstream(link, &address, SIZE_MAX);
        }
        if (error) {
            return cause_set(cause, error == ERR_LIMIT ? ERR_INPUT : error, "%s: %s", upstreams,
                             error == ERR_LIMIT ? "too many addresses" : "out of memory");
        }
    }
    if (link->upstream_count + link->name_count == 0) {
        return cause_set(cause, ERR_INPUT, "no upstream is given: write --upstream tcp://HOST:PORT");
    }
    return curve ? link_client_read(key_dir, &link->client, cause) : 0;
}

/* ---- life ---- */

static void in_metrics(struct link_in *link, struct metrics *metrics)
{
    if (!metrics) {
        return;
    }
    if (link->self.role == ROLE_LOADER) { /* else link_out tells */
        link->in_flight = metrics_add(metrics, FAMILY_IN_FLIGHT, NULL);
        link->credit = metrics_add(metrics, FAMILY_CREDIT, NULL);
        link->idle = metrics_add(metrics, FAMILY_IDLE, NULL);
        link->oldest = metrics_add(metrics, FAMILY_OLDEST_BATCH, NULL);
    }
    link->peers = metrics_add(metrics, FAMILY_PEERS, NULL);
    link->batches = metrics_add(metrics, FAMILY_BATCHES, NULL);
    link->seconds = metrics_add(metrics, FAMILY_BATCH_SECONDS, NULL);
    link->ignored = metrics_add(metrics, FAMILY_IGNORED_FRAMES, NULL);
}

int link_in_new(void *zmq, struct loop *loop, const char *upstreams, const struct link_identity *self,
                const struct link_in_events *events, void *user, struct link_in **out, struct cause *cause)
{
    struct link_in *link = calloc(1, sizeof *link);
    struct link_address *names = calloc(DNS_NAMES_MAX, sizeof *names);
    int error = ERR_MEMORY;
    if (!link || !names) {
        cause_set(cause, error, "out of memory for the link");
        goto out;
    }
    link->loop = loop;
    link->zmq = zmq;
    link->events = *events;
    link->user = user;
    link->stuck = FLOW_STUCK;
    link->tick = (struct loop_timer){.fn = on_tick, .user = link};
    link->soon = (struct loop_timer){.fn = on_soon, .user = link};
    hello_self_init(&link->self, self);
    link->own_store = self->store_id.size > 0;
    in_metrics(link, self->metrics);
    error = link_security_read(self->security, &link->security, cause);
    error = error ? error : read_upstreams(link, upstreams, self->key_dir, names, cause);
    if (!error && link->name_count > 0) {
        error = dns_new(loop, names, link->name_count, on_names, link, &link->names);
        if (error) {
            cause_set(cause, error, "no thread for resolving names");
        }
    }
    if (!error) {
        loop_set_after(loop, &link->tick, 0);
        *out = link;
        link = NULL;
    }
out:
    free(names);
    link_in_free(&link);
    return error;
}

void link_in_free(struct link_in **link)
{
    struct link_in *l = *link;
    *link = NULL;
    if (!l) {
        return;
    }
    dns_free(&l->names);
    for (size_t i = 0; i < l->upstream_count; i++) {
        upstream_free(l->upstreams[i]);
    }
    loop_clear_timer(l->loop, &l->tick);
    loop_clear_timer(l->loop, &l->soon);
    explicit_bzero(&l->client, sizeof l->client);
    free(l);
}

void link_in_window(struct link_in *link, int64_t records, int64_t waiting)
{
    if (link->window.size != records || link->window.waiting != waiting) {
        link->window.size = records;
        link->window.waiting = waiting;
        schedule(link);
    }
}

void link_in_ack(struct link_in *link, struct link_in_batch *batch)
{
    struct in_hand *in_hand = (struct in_hand *)batch;
    metric_add(link->batches, 1);
    metric_observe(link->seconds, loop_since(loop_now(link->loop), batch->arrived) * 1000);
    upstream_tell(in_hand->upstream,
                  &(struct wire_message){.type = WIRE_ACK, .page = batch->page, .times = batch->times});
    upstream_release(in_hand);
}

void link_in_nack(struct link_in *link, struct link_in_batch *batch, enum wire_nack reason, int64_t retry_after_ms)
{
    (void)link;
    struct in_hand *in_hand = (struct in_hand *)batch;
    struct wire_message nack = {.type = WIRE_NACK,
                                .page = batch->page,
                                .reason = reason,
                                .retry_after = retry_after_ms > 0 ? retry_after_ms : 0};
    upstream_tell(in_hand->upstream, &nack);
    upstream_release(in_hand);
}

void link_in_touch(struct link_in *link, struct link_in_batch *batch)
{
    struct in_hand *in_hand = (struct in_hand *)batch;
    in_hand->moved = loop_now(link->loop);
    if (loop_since(in_hand->moved, in_hand->touched) >= LINK_TOUCH) {
        in_hand->touched = in_hand->moved;
        upstream_tell(in_hand->upstream, &(struct wire_message){.type = WIRE_TOUCH, .page = batch->page});
    }
}

void link_in_stuck(struct link_in *link, int64_t ms)
{
    link->stuck = ms;
}

void link_in_drain(struct link_in *link)
{
    link->draining = true;
    for (size_t i = 0; i < link->upstream_count; i++) {
        if (link->upstreams[i]->state == UPSTREAM_LIVE) {
            upstream_tell(link->upstreams[i], &(struct wire_message){.type = WIRE_DRAIN});
        } else {
            upstream_leave(link->upstreams[i], "we stop");
        }
    }
}

size_t link_in_peers(const struct link_in *link)
{
    size_t live = 0;
    for (size_t i = 0; i < link->upstream_count; i++) {
        live += link->upstreams[i]->state == UPSTREAM_LIVE && !link->upstreams[i]->over;
    }
    return live;
}

size_t link_in_batches(const struct link_in *link)
{
    return link->batches_in_hand;
}
