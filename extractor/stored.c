#include "extractor/stored.h"

#include "common/run/inbox.h"
#include "common/run/vanished.h"
#include "common/wire/wire.h"
#include "extractor/record.h"

enum { BROUGHT_BYTES = 64 << 20 /* of a page's records, as they were brought: some calls of the API */ };

/* ---- what the source has lost ---- */

struct lost_records {
    const struct scheme *scheme;
    int64_t day, rows;
    struct buffer *out;
};

static int lost_pack(void *user, struct text key, struct text number)
{
    struct lost_records *packing = user;
    const struct scheme *scheme = packing->scheme;
    wire_put_array(packing->out, scheme->slot_count);
    for (int slot = 0; slot < (int)scheme->slot_count; slot++) {
        struct value value = {.kind = VALUE_NIL};
        if (slot == scheme->source.id_slot) {
            value = (struct value){.kind = VALUE_TEXT, .text = key};
        } else if (slot == scheme->source.number_slot) {
            value = (struct value){.kind = VALUE_TEXT, .text = number};
        } else if (slot + 1 == scheme->run_date_place) {
            value = (struct value){.kind = VALUE_INT, .integer = packing->day};
        }
        wire_put_value(packing->out, &value);
    }
    packing->rows++;
    return packing->out->failed ? ERR_LIMIT : 0;
}

static int vanished_pack(struct store *store, const struct scheme *scheme, const struct page *page, int64_t day,
                         struct buffer *out, int64_t *rows)
{
    struct lost_records packing = {.scheme = scheme, .day = day, .out = out};
    int error = vanished_each(store, page, lost_pack, &packing);
    *rows = packing.rows;
    return error;
}

/* ---- what others have brought ---- */

struct brought {
    struct arena arena;
    struct text records[INBOX_PAGE];
    size_t count;
};

static int brought_keep(void *user, struct text record)
{
    struct brought *brought = user;
    struct text kept = brought->count < INBOX_PAGE ? arena_text(&brought->arena, record) : (struct text){NULL, 0};
    if (!kept.data) {
        return ERR_MEMORY;
    }
    brought->records[brought->count++] = kept;
    return 0;
}

static int pushed_pack(struct store *store, const struct scheme *scheme, const struct page *page, int64_t day,
                       struct buffer *out, int64_t *rows)
{
    struct brought brought = {.count = 0};
    uint8_t digest[RECORD_DIGEST];
    size_t packed = 0;
    arena_init(&brought.arena, BROUGHT_BYTES);
    int error = inbox_each(store, page, brought_keep, &brought);
    if (!error && brought.count > 0) {
        error = record_pack(scheme, brought.records, brought.count, day, out, &brought.arena, digest, &packed);
    }
    arena_fini(&brought.arena);
    *rows = (int64_t)packed;
    return error;
}

int stored_pack(struct store *store, const struct scheme *scheme, const struct run *run, const struct page *page,
                struct buffer *out, int64_t *rows)
{
    return (run->kind == RUN_PUSHED ? pushed_pack : vanished_pack)(store, scheme, page, record_day(run->started), out,
                                                                   rows);
}
