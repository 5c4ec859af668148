#include "common/link/flow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rule.h"

enum {
    FLOW_BUCKETS = 256, /* at first; a power of two */
    FLOW_ROWS = 100     /* rows of a batch, as long as no larger one was seen */
};

struct line { /* batches linked by next and prev */
    struct flow_batch *first, *last;
};

struct flow_peer {
    uint32_t id;
    bool draining;
    bool alone; /* has a suspect batch: gets nothing beside it */
    int64_t credit;
    struct line out; /* in the order of sending */
    size_t batches, rows;
    size_t permitted; /* batches it may have */
};

struct flow {
    struct line queue, suspects, poisoned;
    struct flow_batch *delayed; /* pairing heap: child and next lead down, prev to the elder sibling or the parent */
    struct flow_batch *oldest, *youngest;
    struct flow_peer peers[FLOW_PEERS_MAX];
    size_t peer_count;
    size_t rows_most;  /* of a batch so far */
    size_t turn;       /* where the round robin goes on */
    uint32_t reserved; /* peer that gets nothing until it is empty, for a suspect batch; 0 = none */
    uint32_t last_id;
    size_t batches, rows, delayed_batches, out_batches, out_rows; /* batches and rows: everywhere */
    struct flow_batch **buckets;
    size_t bucket_count;
};

/* ---- lines ---- */

static void line_append(struct line *line, struct flow_batch *batch)
{
    batch->next = NULL;
    batch->prev = line->last;
    *(line->last ? &line->last->next : &line->first) = batch;
    line->last = batch;
}

static void line_prepend(struct line *line, struct flow_batch *batch)
{
    batch->prev = NULL;
    batch->next = line->first;
    *(line->first ? &line->first->prev : &line->last) = batch;
    line->first = batch;
}

static void line_remove(struct line *line, struct flow_batch *batch)
{
    *(batch->prev ? &batch->prev->next : &line->first) = batch->next;
    *(batch->next ? &batch->next->prev : &line->last) = batch->prev;
    batch->next = batch->prev = NULL;
}

/* ---- delay heap ---- */

static struct flow_batch *heap_meld(struct flow_batch *a, struct flow_batch *b)
{
    if (!a || !b) {
        return a ? a : b;
    }
    if (loop_before(b->not_before, a->not_before)) {
        struct flow_batch *swap = a;
        a = b;
        b = swap;
    }
    b->prev = a;
    b->next = a->child;
    if (a->child) {
        a->child->prev = b;
    }
    a->child = b;
    return a;
}

/* Melds a list of siblings into one heap: in pairs, then the pairs. */
static struct flow_batch *heap_gather(struct flow_batch *sibling)
{
    struct flow_batch *pairs = NULL;
    while (sibling) {
        struct flow_batch *a = sibling;
        struct flow_batch *b = a->next;
        sibling = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b) {
            b->next = b->prev = NULL;
        }
        a = heap_meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    struct flow_batch *heap = NULL;
    while (pairs) {
        struct flow_batch *next = pairs->next;
        pairs->next = NULL;
        heap = heap_meld(heap, pairs);
        pairs = next;
    }
    return heap;
}

static void heap_remove(struct flow *flow, struct flow_batch *batch)
{
    struct flow_batch *children = heap_gather(batch->child);
    batch->child = NULL;
    if (batch == flow->delayed) {
        flow->delayed = children;
    } else {
        *(batch->prev->child == batch ? &batch->prev->child : &batch->prev->next) = batch->next;
        if (batch->next) {
            batch->next->prev = batch->prev;
        }
        flow->delayed = heap_meld(flow->delayed, children);
    }
    batch->next = batch->prev = NULL;
    flow->delayed_batches--;
}

/* ---- page map ---- */

static size_t page_hash(const struct page *page)
{
    uint64_t h = (uint64_t)page->run * 0x9e3779b97f4a7c15U;
    h = (h ^ (h >> 29) ^ (uint64_t)page->no) * 0xbf58476d1ce4e5b9U;
    h = (h ^ (h >> 32) ^ (uint64_t)page->slice ^ (uint64_t)page->fence << 20) * 0x94d049bb133111ebU;
    return (size_t)(h ^ (h >> 31));
}

static bool page_equal(const struct page *a, const struct page *b)
{
    return a->run == b->run && a->slice == b->slice && a->no == b->no && a->fence == b->fence;
}

static struct flow_batch **map_slot(const struct flow *flow, const struct page *page)
{
    struct flow_batch **at = &flow->buckets[page_hash(page) & (flow->bucket_count - 1)];
    while (*at && !page_equal(&(*at)->page, page)) {
        at = &(*at)->same_hash;
    }
    return at;
}

/* Where there is no memory for more buckets, the chains grow instead. */
static void map_grow(struct flow *flow)
{
    size_t count = 2 * flow->bucket_count;
    struct flow_batch **buckets = calloc(count, sizeof(struct flow_batch *));
    if (!buckets) {
        return;
    }
    for (struct flow_batch *batch = flow->oldest; batch; batch = batch->born_next) {
        struct flow_batch **head = &buckets[page_hash(&batch->page) & (count - 1)];
        batch->same_hash = *head;
        *head = batch;
    }
    free(flow->buckets);
    flow->buckets = buckets;
    flow->bucket_count = count;
}

/* ---- life ---- */

int flow_new(struct flow **out)
{
    struct flow *flow = calloc(1, sizeof *flow);
    if (!flow) {
        return ERR_MEMORY;
    }
    flow->bucket_count = FLOW_BUCKETS;
    flow->rows_most = FLOW_ROWS;
    flow->buckets = calloc(flow->bucket_count, sizeof(struct flow_batch *));
    if (!flow->buckets) {
        free(flow);
        return ERR_MEMORY;
    }
    *out = flow;
    return 0;
}

void flow_free(struct flow **flow, void (*drop)(void *user, struct flow_batch *batch), void *user)
{
    struct flow *f = *flow;
    *flow = NULL;
    if (!f) {
        return;
    }
    for (struct flow_batch *batch = f->oldest; batch;) {
        struct flow_batch *next = batch->born_next;
        if (drop) {
            drop(user, batch);
        }
        batch = next;
    }
    free(f->buckets);
    free(f);
}

/* ---- peers ---- */

static struct flow_peer *peer_of(struct flow *flow, uint32_t id)
{
    for (size_t i = 0; i < flow->peer_count; i++) {
        if (flow->peers[i].id == id) {
            return &flow->peers[i];
        }
    }
    return NULL;
}

uint32_t flow_join(struct flow *flow)
{
    if (flow->peer_count == FLOW_PEERS_MAX || flow->last_id == UINT32_MAX) {
        return 0;
    }
    flow->peers[flow->peer_count++] = (struct flow_peer){.id = ++flow->last_id, .permitted = FLOW_FIRST};
    return flow->last_id;
}

static void take_back(struct flow *flow, struct flow_peer *peer, struct flow_batch *batch)
{
    line_remove(&peer->out, batch);
    peer->batches--;
    peer->rows -= batch->rows;
    peer->alone = false;
    flow->out_batches--;
    flow->out_rows -= batch->rows;
    batch->peer = 0;
    batch->place = FLOW_NOWHERE;
}

static bool is_suspect(const struct flow_batch *batch)
{
    return batch->deaths > 0 || batch->losses >= FLOW_LOSSES;
}

static void put_front(struct flow *flow, struct flow_batch *batch)
{
    if (is_suspect(batch)) {
        batch->place = FLOW_SUSPECT;
        line_prepend(&flow->suspects, batch);
    } else {
        batch->place = FLOW_QUEUED;
        line_prepend(&flow->queue, batch);
    }
}

void flow_leave(struct flow *flow, uint32_t id, bool announced)
{
    struct flow_peer *peer = peer_of(flow, id);
    if (!peer) {
        return;
    }
    bool alone = peer->batches == 1;
    while (peer->out.last &&
           !rule_off(RULE_TAKE_BACK)) { /* from the last on, so that the first comes to stand foremost */
        struct flow_batch *batch = peer->out.last;
        take_back(flow, peer, batch);
        if (!announced || rule_off(RULE_POISON_DEATH)) {
            batch->losses++;
            batch->deaths += alone || rule_off(RULE_POISON_ALONE);
        }
        if (batch->deaths >= FLOW_POISON) {
            batch->place = FLOW_POISONED;
            line_append(&flow->poisoned, batch);
        } else {
            put_front(flow, batch);
        }
    }
    size_t at = (size_t)(peer - flow->peers);
    flow->peer_count--;
    memmove(peer, peer + 1, (flow->peer_count - at) * sizeof *peer);
    if (flow->turn > at) {
        flow->turn--;
    }
}

void flow_grant(struct flow *flow, uint32_t id, int64_t records)
{
    struct flow_peer *peer = peer_of(flow, id);
    if (peer && records > 0) {
        int64_t room = FLOW_CREDIT_MAX - peer->credit;
        peer->credit += records < room ? records : room;
    }
}

void flow_draining(struct flow *flow, uint32_t id)
{
    struct flow_peer *peer = peer_of(flow, id);
    if (peer) {
        peer->draining = true;
    }
}

/* ---- batches ---- */

void flow_push(struct flow *flow, struct flow_batch *batch, struct loop_ms now)
{
    if (flow->batches >= flow->bucket_count) {
        map_grow(flow);
    }
    struct flow_batch **slot = map_slot(flow, &batch->page);
    assert(!*slot);
    batch->same_hash = NULL;
    *slot = batch;
    batch->attempt = 0;
    batch->deaths = batch->losses = 0;
    batch->not_before = (struct loop_ms){0};
    batch->peer = 0;
    batch->born = now;
    batch->child = NULL;
    batch->born_next = NULL;
    batch->born_prev = flow->youngest;
    *(flow->youngest ? &flow->youngest->born_next : &flow->oldest) = batch;
    flow->youngest = batch;
    flow->batches++;
    flow->rows += batch->rows;
    flow->rows_most = batch->rows > flow->rows_most ? batch->rows : flow->rows_most;
    batch->place = FLOW_QUEUED;
    line_append(&flow->queue, batch);
}

struct flow_batch *flow_find(const struct flow *flow, const struct page *page)
{
    return *map_slot(flow, page);
}

/* Out of everything: the batch is the caller's again. */
static void forget(struct flow *flow, struct flow_batch *batch)
{
    struct flow_batch **slot = map_slot(flow, &batch->page);
    *slot = batch->same_hash;
    *(batch->born_prev ? &batch->born_prev->born_next : &flow->oldest) = batch->born_next;
    *(batch->born_next ? &batch->born_next->born_prev : &flow->youngest) = batch->born_prev;
    batch->born_next = batch->born_prev = batch->same_hash = NULL;
    flow->batches--;
    flow->rows -= batch->rows;
}

static bool may_take(const struct flow *flow, const struct flow_peer *peer)
{
    return peer->credit > 0 && !peer->draining && !peer->alone && peer->batches < peer->permitted &&
           peer->id != flow->reserved;
}

/* An empty peer for the first suspect batch. None: whoever holds least is kept free of more until it is empty. */
static struct flow_peer *choose_empty(struct flow *flow)
{
    struct flow_peer *least = NULL;
    for (size_t i = 0; i < flow->peer_count; i++) {
        struct flow_peer *peer = &flow->peers[i];
        if (!peer->draining && peer->batches == 0 && peer->credit > 0) {
            flow->reserved = 0;
            return peer;
        }
        if (!peer->draining && !peer->alone && peer->batches > 0 && (!least || peer->rows < least->rows)) {
            least = peer;
        }
    }
    struct flow_peer *waiting = flow->reserved ? peer_of(flow, flow->reserved) : NULL;
    if (!waiting || waiting->draining || waiting->batches == 0) {
        flow->reserved = least ? least->id : 0;
    }
    return NULL;
}

/* Most credit; among equals the next in turn. */
static struct flow_peer *choose(struct flow *flow)
{
    struct flow_peer *best = NULL;
    for (size_t i = 0; i < flow->peer_count; i++) {
        struct flow_peer *peer = &flow->peers[(flow->turn + i) % flow->peer_count];
        if (may_take(flow, peer) && (!best || peer->credit > best->credit)) {
            best = peer;
        }
    }
    if (best) {
        flow->turn = (size_t)(best - flow->peers) + 1;
    }
    return best;
}

struct flow_batch *flow_next(struct flow *flow, struct loop_ms now, uint32_t *id)
{
    while (flow->delayed && !loop_before(now, flow->delayed->not_before)) {
        struct flow_batch *batch = flow->delayed;
        heap_remove(flow, batch);
        struct line *line = is_suspect(batch) ? &flow->suspects : &flow->queue;
        batch->place = is_suspect(batch) ? FLOW_SUSPECT : FLOW_QUEUED;
        line_append(line, batch);
    }
    struct line *line = &flow->suspects;
    struct flow_peer *peer = NULL;
    if (line->first) {
        peer = choose_empty(flow);
    } else {
        flow->reserved = 0;
    }
    if (!peer) {
        line = &flow->queue;
        peer = line->first ? choose(flow) : NULL;
    }
    if (!peer) {
        return NULL;
    }
    struct flow_batch *batch = line->first;
    line_remove(line, batch);
    line_append(&peer->out, batch);
    peer->alone = batch->place == FLOW_SUSPECT;
    peer->credit -= (int64_t)batch->rows;
    peer->batches++;
    peer->rows += batch->rows;
    flow->out_batches++;
    flow->out_rows += batch->rows;
    batch->place = FLOW_OUT;
    batch->peer = peer->id;
    batch->moved = now;
    batch->attempt++;
    *id = peer->id;
    return batch;
}

static struct flow_batch *out_with(struct flow *flow, uint32_t id, const struct page *page, struct flow_peer **peer)
{
    struct flow_batch *batch = flow_find(flow, page);
    if (!batch || batch->place != FLOW_OUT || batch->peer != id) {
        return NULL;
    }
    *peer = peer_of(flow, id);
    return batch;
}

void flow_unsend(struct flow *flow, struct flow_batch *batch)
{
    struct flow_peer *peer = NULL;
    if (out_with(flow, batch->peer, &batch->page, &peer) == batch) {
        take_back(flow, peer, batch);
        peer->credit += (int64_t)batch->rows;
        batch->attempt--;
        put_front(flow, batch);
    }
}

struct flow_batch *flow_ack(struct flow *flow, uint32_t id, const struct page *page)
{
    struct flow_peer *peer = NULL;
    struct flow_batch *batch = out_with(flow, id, page, &peer);
    if (batch) {
        take_back(flow, peer, batch);
        forget(flow, batch);
        peer->permitted = peer->permitted + 2 < FLOW_OUT_MAX ? peer->permitted + 2 : FLOW_OUT_MAX;
    }
    return batch;
}

struct flow_batch *flow_give_up(struct flow *flow, uint32_t id, const struct page *page)
{
    return flow_ack(flow, id, page);
}

void flow_touch(struct flow *flow, uint32_t id, const struct page *page, struct loop_ms now)
{
    struct flow_peer *peer = NULL;
    struct flow_batch *batch = out_with(flow, id, page, &peer);
    if (batch) {
        batch->moved = now;
    }
}

struct flow_batch *flow_overdue(struct flow *flow, struct loop_ms now, int64_t ms)
{
    for (size_t i = 0; i < flow->peer_count; i++) {
        for (struct flow_batch *batch = flow->peers[i].out.first; batch; batch = batch->next) {
            if (loop_since(now, batch->moved) > ms) {
                return batch;
            }
        }
    }
    return NULL;
}

bool flow_delay(struct flow *flow, uint32_t id, const struct page *page, struct loop_ms until)
{
    struct flow_peer *peer = NULL;
    struct flow_batch *batch = out_with(flow, id, page, &peer);
    if (!batch) {
        return false;
    }
    take_back(flow, peer, batch);
    batch->not_before = until;
    batch->place = FLOW_DELAYED;
    flow->delayed = heap_meld(flow->delayed, batch);
    flow->delayed_batches++;
    return true;
}

struct flow_batch *flow_cancel(struct flow *flow, const struct page *page)
{
    struct flow_batch *batch = flow_find(flow, page);
    if (!batch) {
        return NULL;
    }
    switch (batch->place) {
    case FLOW_QUEUED:
        line_remove(&flow->queue, batch);
        break;
    case FLOW_SUSPECT:
        line_remove(&flow->suspects, batch);
        break;
    case FLOW_POISONED:
        line_remove(&flow->poisoned, batch);
        break;
    case FLOW_DELAYED:
        heap_remove(flow, batch);
        break;
    case FLOW_OUT:
        take_back(flow, peer_of(flow, batch->peer), batch);
        break;
    case FLOW_NOWHERE:
        break;
    }
    batch->place = FLOW_NOWHERE;
    forget(flow, batch);
    return batch;
}

struct flow_batch *flow_poisoned(struct flow *flow)
{
    struct flow_batch *batch = flow->poisoned.first;
    return batch ? flow_cancel(flow, &batch->page) : NULL;
}

/* ---- what there is ---- */

struct loop_ms flow_wake(const struct flow *flow)
{
    return flow->delayed ? flow->delayed->not_before : LOOP_NEVER;
}

/* Of the credit, what the batches that it may still have can use. */
static int64_t usable_credit(const struct flow *flow, const struct flow_peer *peer)
{
    if (peer->draining || peer->credit <= 0 || peer->batches >= peer->permitted) {
        return 0;
    }
    int64_t most = (int64_t)((peer->permitted - peer->batches) * flow->rows_most);
    return peer->credit < most ? peer->credit : most;
}

void flow_look(const struct flow *flow, struct flow_state *out)
{
    int64_t credit = 0;
    for (size_t i = 0; i < flow->peer_count; i++) {
        const struct flow_peer *peer = &flow->peers[i];
        credit += usable_credit(flow, peer);
    }
    *out = (struct flow_state){.peers = flow->peer_count,
                               .queued_batches = flow->batches - flow->out_batches,
                               .queued_rows = flow->rows - flow->out_rows,
                               .delayed_batches = flow->delayed_batches,
                               .out_batches = flow->out_batches,
                               .out_rows = flow->out_rows,
                               .credit = credit,
                               .oldest = flow->oldest ? flow->oldest->born : LOOP_NEVER};
}

int64_t flow_window_grant(const struct flow_window *window, int64_t unused, size_t upstreams)
{
    if (upstreams == 0 || window->size <= 0) {
        return 0;
    }
    int64_t share = window->size / (int64_t)upstreams;
    share = share > 0 ? share : 1;
    int64_t quarter = share / 4 > 0 ? share / 4 : 1;
    int64_t at_work = window->in_hand - window->waiting, free = window->size - at_work - window->granted;
    int64_t wanted = share - unused;
    int64_t grant = wanted < free ? wanted : free;
    if (grant >= quarter && unused + grant > 0) { /* what leaves it in debt lets nothing flow */
        return grant;
    }
    /* Idle upstreams may hold the window's whole grant: nobody starves behind them. */
    bool starved = unused <= 0 && at_work < window->size && window->granted - unused > 0;
    return starved ? quarter - unused : 0;
}
