#include "loader/aside.h"

#include <stdlib.h>

#include "loader/batch.h"

enum { ROOM_LEAST = 256 };

struct aside {
    struct row **heap; /* the earliest first */
    size_t count, room;
    int64_t bytes; /* of pages that only wait */
};

/* ---- a heap by time ---- */

static bool earlier(const struct row *a, const struct row *b)
{
    return loop_before(a->due, b->due);
}

static void rise(struct aside *aside, size_t at)
{
    struct row *row = aside->heap[at];
    while (at > 0 && earlier(row, aside->heap[(at - 1) / 2])) {
        aside->heap[at] = aside->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    aside->heap[at] = row;
}

static void sink(struct aside *aside, size_t at)
{
    struct row *row = aside->heap[at];
    for (size_t child = 2 * at + 1; child < aside->count; child = 2 * at + 1) {
        child += child + 1 < aside->count && earlier(aside->heap[child + 1], aside->heap[child]);
        if (!earlier(aside->heap[child], row)) {
            break;
        }
        aside->heap[at] = aside->heap[child];
        at = child;
    }
    aside->heap[at] = row;
}

static struct row *take_first(struct aside *aside)
{
    struct row *row = aside->heap[0];
    aside->heap[0] = aside->heap[--aside->count];
    if (aside->count > 0) {
        sink(aside, 0);
    }
    return row;
}

static bool has_room(struct aside *aside)
{
    if (aside->count < aside->room) {
        return true;
    }
    size_t room = aside->room ? 2 * aside->room : ROOM_LEAST;
    struct row **larger = realloc(aside->heap, room * sizeof(struct row *));
    if (!larger) {
        return false;
    }
    aside->heap = larger;
    aside->room = room;
    return true;
}

/* ---- pages that only wait ---- */

void aside_weigh(struct batch *batch)
{
    struct loader *loader = batch->loader;
    struct aside *aside = loader->aside;
    int64_t bytes = (int64_t)batch->bytes.size;
    if (!aside) {
        return;
    }
    bool waits = batch->link && !batch->beginning && batch->waiting > 0 && batch->waiting == batch->open;
    waits = waits && (batch->aside || aside->bytes + bytes <= ASIDE_BYTES);
    if (waits != batch->aside) {
        batch->aside = waits;
        loader->aside_records += waits ? (int64_t)batch->count : -(int64_t)batch->count;
        aside->bytes += waits ? bytes : -bytes;
        loader_window(loader);
    }
}

/* ---- rows ---- */

static void leaves(struct row *row, enum row_step step)
{
    struct batch *batch = row->batch;
    batch->waiting--;
    aside_weigh(batch);
    batch->loader->step(row, step);
}

void aside_add(struct row *row, enum row_then then, struct loop_ms due)
{
    struct loader *loader = row->batch->loader;
    if (!loader->aside) {
        loader->aside = calloc(1, sizeof *loader->aside);
    }
    struct aside *aside = loader->aside;
    if (loader->draining || !aside || !has_room(aside)) {
        loader->step(row, STEP_LEFT);
        return;
    }
    row->then = then;
    row->due = due;
    aside->heap[aside->count++] = row;
    rise(aside, aside->count - 1);
    row->batch->waiting++;
    aside_weigh(row->batch);
    loader_pump(loader);
}

void aside_run(struct loader *loader)
{
    struct aside *aside = loader->aside;
    struct loop_ms now = loop_now(loader->stage.loop);
    while (aside && aside->count > 0 && !loop_before(now, aside->heap[0]->due) && !loader->stopped) {
        leaves(take_first(aside), STEP_DUE);
    }
    if (aside && aside->count > 0) {
        loader_pump_after(loader, loop_since(aside->heap[0]->due, now));
    }
}

void aside_leave(struct loader *loader, const struct batch *batch, bool ask)
{
    struct aside *aside = loader->aside;
    struct queue left;
    size_t kept = 0;
    queue_init(&left);
    for (size_t i = 0; aside && i < aside->count; i++) {
        struct row *row = aside->heap[i];
        if ((batch && row->batch != batch) || (ask && row->then == THEN_ASK)) {
            aside->heap[kept++] = row;
        } else {
            queue_add(&left, row);
        }
    }
    if (!aside || !left.first) {
        return;
    }
    aside->count = kept;
    for (size_t i = kept / 2; i-- > 0;) {
        sink(aside, i);
    }
    for (struct row *row = queue_take(&left); row; row = queue_take(&left)) {
        leaves(row, STEP_LEFT);
    }
}

void aside_touch(struct loader *loader)
{
    for (size_t i = 0; loader->aside && i < loader->aside->count; i++) {
        batch_touch(loader->aside->heap[i]);
    }
}

void aside_free(struct loader *loader)
{
    if (loader->aside) {
        free(loader->aside->heap);
        free(loader->aside);
        loader->aside = NULL;
    }
}
