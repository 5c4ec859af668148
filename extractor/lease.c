#include "extractor/lease.h"

#include <stdlib.h>

struct lease *leases_add(struct leases *leases, const struct page *page)
{
    struct lease *lease = calloc(1, sizeof *lease);
    if (!lease) {
        return NULL;
    }
    lease->page = *page;
    lease->next = leases->first;
    buffer_init(&lease->rest, LEASE_BYTES);
    if (leases->first) {
        leases->first->prev = lease;
    }
    leases->first = lease;
    leases->counts[LEASE_WAITING]++;
    return lease;
}

void leases_move(struct leases *leases, struct lease *lease, enum lease_state state)
{
    leases->counts[lease->state]--;
    lease->state = state;
    leases->counts[state]++;
}

static void lease_free(struct leases *leases, struct lease *lease)
{
    leases->counts[lease->state]--;
    if (lease->prev) {
        lease->prev->next = lease->next;
    } else {
        leases->first = lease->next;
    }
    if (lease->next) {
        lease->next->prev = lease->prev;
    }
    buffer_fini(&lease->rest);
    free(lease);
}

void leases_drop(struct leases *leases, struct lease *lease)
{
    if (lease->call.busy) {
        source_drop(lease->call.source, &lease->call);
    }
    lease->gone = true;
    if (!lease->in_commit) {
        lease_free(leases, lease);
    }
}

void leases_sweep(struct leases *leases)
{
    struct lease *next;
    for (struct lease *lease = leases->first; lease; lease = next) {
        next = lease->next;
        if (lease->gone && !lease->in_commit) {
            lease_free(leases, lease);
        }
    }
}

void leases_clear(struct leases *leases)
{
    struct lease *next;
    for (struct lease *lease = leases->first; lease; lease = next) {
        next = lease->next;
        lease->in_commit = false;
        leases_drop(leases, lease);
    }
}

void lease_timed(struct lease *lease, const struct page_times *told)
{
    struct page_times *times = &lease->times;
    int64_t known = told->map + told->wait + told->write + told->commit;
    times->queue = page_span(times->queue + page_span(page_clock() - lease->since - known));
    times->map = page_span(times->map + told->map);
    times->wait = page_span(times->wait + told->wait);
    times->write = page_span(times->write + told->write);
    times->commit = page_span(times->commit + told->commit);
    times->calls += told->calls;
}
