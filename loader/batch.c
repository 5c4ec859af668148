#include "loader/batch.h"

#include <stdlib.h>

enum { BYTES_KEPT = 1 << 20, ARENA_KEPT = 1 << 18, ARENA_MAX = 64 << 20 };

/* ---- memory: batches are used again ---- */

struct batch *batch_take(struct loader *loader, size_t rows)
{
    struct batch *batch = loader->spare_batches;
    if (batch) {
        loader->spare_batches = batch->next;
    } else {
        batch = calloc(1, sizeof *batch);
        if (!batch) {
            return NULL;
        }
        buffer_init(&batch->bytes, WIRE_FRAME_MAX);
        arena_init(&batch->arena, ARENA_MAX);
        arena_init(&batch->notes, ARENA_MAX);
    }
    if (rows > batch->room) {
        free(batch->rows);
        free(batch->facts);
        free(batch->turn);
        free(batch->turn_rows);
        batch->rows = calloc(rows, sizeof *batch->rows);
        batch->facts = calloc(rows, sizeof *batch->facts);
        batch->turn = calloc(rows, sizeof *batch->turn);
        batch->turn_rows = calloc(rows, sizeof(struct row *));
        batch->room = batch->rows && batch->facts && batch->turn && batch->turn_rows ? rows : 0;
        if (batch->room == 0) {
            batch->next = loader->spare_batches;
            loader->spare_batches = batch;
            return NULL;
        }
    }
    batch->loader = loader;
    batch->count = batch->open = batch->turn_count = batch->waiting = 0;
    batch->aside = false;
    batch->first = batch->last = batch->calls = 0;
    batch->wait.ms = 0;
    batch->siblings = NULL;
    batch->stale = batch->released = batch->beginning = batch->asking = batch->settled = batch->saved = false;
    queue_init(&batch->again);
    batch->next = loader->batches;
    loader->batches = batch;
    return batch;
}

void batch_give(struct batch *batch)
{
    struct loader *loader = batch->loader;
    struct batch **at = &loader->batches;
    while (*at != batch) {
        at = &(*at)->next;
    }
    *at = batch->next;
    buffer_clear(&batch->bytes, BYTES_KEPT);
    arena_reset(&batch->arena, ARENA_KEPT);
    arena_reset(&batch->notes, ARENA_KEPT);
    batch->next = loader->spare_batches;
    loader->spare_batches = batch;
}

static void free_list(struct batch *batch)
{
    while (batch) {
        struct batch *next = batch->next;
        buffer_fini(&batch->bytes);
        arena_fini(&batch->arena);
        arena_fini(&batch->notes);
        free(batch->rows);
        free(batch->facts);
        free(batch->turn);
        free(batch->turn_rows);
        free(batch);
        batch = next;
    }
}

void batch_free_all(struct loader *loader)
{
    free_list(loader->batches);
    free_list(loader->spare_batches);
    loader->batches = loader->spare_batches = NULL;
}

/* ---- rows ---- */

struct text batch_keep(struct row *row, struct text t)
{
    struct text copy = t.size > 0 ? arena_text(&row->batch->notes, t) : (struct text){NULL, 0};
    return copy.data ? copy : (struct text){"", 0};
}

void batch_touch(const struct row *row)
{
    if (row->batch->link) {
        link_in_touch(row->batch->loader->link, row->batch->link);
    }
}
