#include "extractor/vanished.h"

#include "common/wire/wire.h"

struct lost_records {
    const struct scheme *scheme;
    int64_t day, rows;
    struct buffer *out;
};

static int pack(void *user, struct text key, struct text number)
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

int vanished_pack(struct store *store, const struct scheme *scheme, const struct page *page, int64_t day,
                  struct buffer *out, int64_t *rows)
{
    struct lost_records packing = {.scheme = scheme, .day = day, .out = out};
    int error = vanished_each(store, page, pack, &packing);
    *rows = packing.rows;
    return error;
}
