#include "extractor/hand.h"

#include <stdlib.h>

struct held *hand_add(struct hand *hand, const struct page *page)
{
    struct held *held = calloc(1, sizeof *held);
    if (!held) {
        return NULL;
    }
    held->page = *page;
    held->next = hand->first;
    buffer_init(&held->rest, HELD_BYTES);
    if (hand->first) {
        hand->first->prev = held;
    }
    hand->first = held;
    hand->counts[HELD_WAITING]++;
    return held;
}

void hand_move(struct hand *hand, struct held *held, enum held_state state)
{
    hand->counts[held->state]--;
    held->state = state;
    hand->counts[state]++;
}

static void held_free(struct hand *hand, struct held *held)
{
    hand->counts[held->state]--;
    if (held->prev) {
        held->prev->next = held->next;
    } else {
        hand->first = held->next;
    }
    if (held->next) {
        held->next->prev = held->prev;
    }
    buffer_fini(&held->rest);
    free(held);
}

void hand_drop(struct hand *hand, struct held *held)
{
    if (held->call.busy) {
        qimen_drop(held->call.qimen, &held->call);
    }
    held->gone = true;
    if (!held->in_work) {
        held_free(hand, held);
    }
}

void hand_sweep(struct hand *hand)
{
    struct held *next;
    for (struct held *held = hand->first; held; held = next) {
        next = held->next;
        if (held->gone && !held->in_work) {
            held_free(hand, held);
        }
    }
}

void hand_clear(struct hand *hand)
{
    struct held *next;
    for (struct held *held = hand->first; held; held = next) {
        next = held->next;
        held->in_work = false;
        hand_drop(hand, held);
    }
}

void held_timed(struct held *held, const struct page_times *told)
{
    struct page_times *times = &held->times;
    int64_t known = told->map + told->wait + told->write + told->commit;
    times->queue = page_span(times->queue + page_span(page_clock() - held->since - known));
    times->map = page_span(times->map + told->map);
    times->wait = page_span(times->wait + told->wait);
    times->write = page_span(times->write + told->write);
    times->commit = page_span(times->commit + told->commit);
    times->calls += told->calls;
}
