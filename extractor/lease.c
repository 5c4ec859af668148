#include "extractor/lease.h"

#include <stdlib.h>
#include <string.h>

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

void leases_take(struct leases *leases, struct pages *pages, struct page_commit *commit)
{
    for (size_t i = 0; i < commit->claim_count; i++) {
        struct lease *lease = leases_add(leases, &commit->claims[i]);
        if (!lease) {
            continue;
        }
        lease->pages = pages;
        lease->before = commit->before[i];
        if (commit->run.kind == RUN_REPLAY) {
            memcpy(lease->key, commit->keys[i], sizeof lease->key);
        } else if (run_is_stored(&commit->run)) {
            lease->facts =
                (struct page_facts){.rows = commit->stored_rows[i], .came = commit->stored_rows[i], .total = -1};
            lease->next_page = lease->last_page = -1;
            lease->rest = commit->stored[i];
            lease->rest.limit = LEASE_BYTES;
            commit->stored[i] = (struct buffer){0};
        } else if (lease->before.over) { /* the page before said so: nothing to ask for */
            lease->facts = (struct page_facts){.total = -1};
            lease->next_page = lease->last_page = -1;
        }
    }
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

struct page_note lease_note(struct lease *lease)
{
    return (struct page_note){.page = lease->page, .facts = lease->facts, .last_page = lease->last_page, .tag = lease};
}

struct page_end lease_end(struct lease *lease)
{
    return (struct page_end){.page = lease->page,
                             .next_page = lease->next_page,
                             .next = text_of(lease->next_cursor),
                             .times = lease->times,
                             .tag = lease};
}
