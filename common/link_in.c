#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/dial.h"
#include "common/log.h"
#include "common/metrics.h"

static void schedule(struct link_in *link)
{
    loop_set_timer(link->loop, &link->soon, loop_now(link->loop));
}

/* ---- the window ---- */

static void grant(struct link_in *link)
{
    size_t takers = 0;
    for (size_t i = 0; i < link->dial_count; i++) {
        takers += dial_takes(link->dials[i]);
    }
    for (size_t i = 0; i < link->dial_count; i++) {
        struct dial *dial = link->dials[i];
        int64_t records = dial_takes(dial) ? flow_window_grant(&link->window, dial->unused, takers) : 0;
        if (records > 0) {
            dial->unused += records;
            link->window.granted += records;
            dial_tell(dial, &(struct wire_message){.type = WIRE_CREDIT, .credit = records});
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
    for (size_t i = 0; i < link->dial_count; i++) {
        if (link->dials[i]->over) {
            dial_turn(link->dials[i]);
        }
    }
    grant(link);
}

/* ---- time ---- */

static void set_tick(struct link_in *link)
{
    int64_t now = loop_now(link->loop);
    int64_t due = now + PEERING_TICK;
    for (size_t i = 0; i < link->dial_count; i++) {
        const struct dial *dial = link->dials[i];
        if (dial->state == DIAL_RESTING && dial->redial_at < due && !dial->leaving && !link->draining) {
            due = dial->redial_at;
        }
    }
    loop_set_timer(link->loop, &link->tick, due > now ? due : now);
}

static void judge_stuck(struct link_in *link, int64_t now, int64_t late)
{
    for (size_t i = 0; i < link->dial_count; i++) {
        for (struct held *held = link->dials[i]->first; held; held = held->next) {
            held->moved += late;
            if (now - held->moved >= link->stuck) {
                log_event(LOG_ERROR, "link.stuck",
                          "a page has not moved for too long: this worker ends itself, so that another takes it",
                          LOG_PAGE(&held->batch.page), "seconds", LOG_INT(link->stuck / 1000), NULL);
                log_flush();
                _exit(EXIT_UNFINISHED);
            }
        }
    }
}

static void show_oldest(const struct link_in *link, int64_t now)
{
    int64_t arrived = now;
    for (size_t i = 0; i < link->dial_count; i++) {
        const struct held *first = link->dials[i]->first;
        arrived = first && first->batch.arrived < arrived ? first->batch.arrived : arrived;
    }
    metric_set(link->oldest, (now - arrived) * 1000);
}

static void on_tick(void *user)
{
    struct link_in *link = user;
    int64_t now = loop_now(link->loop);
    int64_t late = now - link->tick.due;
    late = late > PEERING_LATE ? late : 0;
    for (size_t i = link->dial_count; i-- > 0;) {
        struct dial *dial = link->dials[i];
        dial_tick(dial, now, late);
        if (dial->leaving && dial->state == DIAL_RESTING) {
            dial_free(dial);
            link->dials[i] = link->dials[--link->dial_count];
        }
    }
    judge_stuck(link, now, late);
    show_oldest(link, now);
    set_tick(link);
}

/* ---- addresses ---- */

static struct dial *dial_at(struct link_in *link, const char *endpoint)
{
    for (size_t i = 0; i < link->dial_count; i++) {
        if (strcmp(link->dials[i]->address.endpoint, endpoint) == 0) {
            return link->dials[i];
        }
    }
    return NULL;
}

static int add_dial(struct link_in *link, const struct link_address *address, size_t name)
{
    struct dial *dial = link->dial_count < DIALS_MAX ? dial_new(link, address, name) : NULL;
    if (!dial) {
        return link->dial_count < DIALS_MAX ? ERR_MEMORY : ERR_LIMIT;
    }
    link->dials[link->dial_count++] = dial;
    return 0;
}

static void on_names(void *user, size_t name, const struct link_address *addresses, size_t count, const char *why)
{
    struct link_in *link = user;
    if (count == 0) { /* what is linked stays linked */
        if (!link->name_told[name]) {
            log_line(LOG_WARN, "link.unresolved", "%s can't be resolved (%s); asked again every %d s",
                     link->name_hosts[name], why, NAMES_AGAIN / 1000);
        }
        link->name_told[name] = true;
        return;
    }
    link->name_told[name] = false;
    for (size_t i = 0; i < link->dial_count; i++) {
        struct dial *dial = link->dials[i];
        bool stands = dial->name != name;
        for (size_t k = 0; k < count; k++) {
            stands = stands || strcmp(addresses[k].endpoint, dial->address.endpoint) == 0;
        }
        if (!stands && !dial->leaving) {
            dial->leaving = true;
            dial_tell(dial, &(struct wire_message){.type = WIRE_DRAIN});
        }
    }
    for (size_t k = 0; k < count; k++) {
        if (!dial_at(link, addresses[k].endpoint) && add_dial(link, &addresses[k], name)) {
            log_line(LOG_WARN, "link.addresses", "%s has more addresses than the %d that a link can hold",
                     link->name_hosts[name], DIALS_MAX);
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
            if (link->name_count == NAMES_MAX) {
                return cause_set(cause, ERR_INPUT, "%s: more than %d names; a name may have many addresses", upstreams,
                                 NAMES_MAX);
            }
            memcpy(link->name_hosts[link->name_count], address.host, sizeof address.host);
            names[link->name_count++] = address;
        } else if (!dial_at(link, address.endpoint)) {
            error = add_dial(link, &address, SIZE_MAX);
        }
        if (error) {
            return cause_set(cause, error == ERR_LIMIT ? ERR_INPUT : error, "%s: %s", upstreams,
                             error == ERR_LIMIT ? "too many addresses" : "out of memory");
        }
    }
    if (link->dial_count + link->name_count == 0) {
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
        link->in_flight = metrics_add(metrics, METRIC_GAUGE, "in_flight_records", NULL, LINK_IN_FLIGHT_HELP);
        link->credit = metrics_add(metrics, METRIC_GAUGE, "credit_records", NULL, LINK_CREDIT_HELP);
        link->idle = metrics_add(metrics, METRIC_COUNTER, "idle_seconds_total", NULL, LINK_IDLE_HELP);
        link->oldest = metrics_add(metrics, METRIC_GAUGE, "oldest_batch_seconds", NULL, LINK_OLDEST_HELP);
    }
    link->peers = metrics_add(metrics, METRIC_GAUGE, "peers", NULL, LINK_PEERS_HELP);
    link->batches = metrics_add(metrics, METRIC_COUNTER, "batches_total", NULL, LINK_BATCHES_HELP);
    link->seconds =
        metrics_add(metrics, METRIC_HISTOGRAM, "batch_seconds", NULL, "From a batch's arrival to its acknowledgement.");
    link->ignored = metrics_add(metrics, METRIC_COUNTER, "ignored_frames_total", NULL, LINK_IGNORED_HELP);
}

int link_in_new(void *zmq, struct loop *loop, const char *upstreams, const struct link_identity *self,
                const struct link_in_events *events, void *user, struct link_in **out, struct cause *cause)
{
    struct link_in *link = calloc(1, sizeof *link);
    struct link_address *names = calloc(NAMES_MAX, sizeof *names);
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
    peering_self_init(&link->self, self);
    link->own_store = self->store_id.size > 0;
    in_metrics(link, self->metrics);
    error = link_security_read(self->security, &link->security, cause);
    error = error ? error : read_upstreams(link, upstreams, self->key_dir, names, cause);
    if (!error && link->name_count > 0) {
        error = names_new(loop, names, link->name_count, on_names, link, &link->names);
        if (error) {
            cause_set(cause, error, "no thread for resolving names");
        }
    }
    if (!error) {
        loop_set_timer(loop, &link->tick, loop_now(loop));
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
    names_free(&l->names);
    for (size_t i = 0; i < l->dial_count; i++) {
        dial_free(l->dials[i]);
    }
    loop_clear_timer(l->loop, &l->tick);
    loop_clear_timer(l->loop, &l->soon);
    explicit_bzero(&l->client, sizeof l->client);
    free(l);
}

void link_in_window(struct link_in *link, int64_t records)
{
    if (link->window.size != records) {
        link->window.size = records;
        schedule(link);
    }
}

void link_in_ack(struct link_in *link, struct link_in_batch *batch)
{
    struct held *held = (struct held *)batch;
    metric_add(link->batches, 1);
    metric_observe(link->seconds, (loop_now(link->loop) - batch->arrived) * 1000);
    dial_tell(held->dial, &(struct wire_message){.type = WIRE_ACK, .page = batch->page, .times = batch->times});
    dial_release(held);
}

void link_in_nack(struct link_in *link, struct link_in_batch *batch, enum wire_nack reason, int64_t retry_after_ms)
{
    (void)link;
    struct held *held = (struct held *)batch;
    struct wire_message nack = {.type = WIRE_NACK,
                                .page = batch->page,
                                .reason = reason,
                                .retry_after = retry_after_ms > 0 ? retry_after_ms : 0};
    dial_tell(held->dial, &nack);
    dial_release(held);
}

void link_in_touch(struct link_in *link, struct link_in_batch *batch)
{
    ((struct held *)batch)->moved = loop_now(link->loop);
}

void link_in_stuck(struct link_in *link, int64_t ms)
{
    link->stuck = ms;
}

void link_in_drain(struct link_in *link)
{
    link->draining = true;
    for (size_t i = 0; i < link->dial_count; i++) {
        if (link->dials[i]->state == DIAL_LIVE) {
            dial_tell(link->dials[i], &(struct wire_message){.type = WIRE_DRAIN});
        } else {
            dial_leave(link->dials[i], "we stop");
        }
    }
}

size_t link_in_peers(const struct link_in *link)
{
    size_t live = 0;
    for (size_t i = 0; i < link->dial_count; i++) {
        live += link->dials[i]->state == DIAL_LIVE && !link->dials[i]->over;
    }
    return live;
}

size_t link_in_held(const struct link_in *link)
{
    return link->held;
}
