#include "loader/body.h"

#include "common/json.h"

void body_write(struct buffer *out, const struct body_item *items, size_t count)
{
    buffer_add_text(out, TEXT("{\"items\":["));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buffer_add_char(out, ',');
        }
        struct text payload = items[i].payload;
        if (items[i].target_id.size > 0) {
            buffer_add_text(out, TEXT("{\"id\":"));
            json_put_text(out, items[i].target_id);
            struct text rest = text_trim((struct text){payload.data + 1, payload.size - 1});
            if (!text_starts(rest, TEXT("}"))) {
                buffer_add_char(out, ',');
            }
            payload = rest;
        }
        buffer_add_text(out, payload);
    }
    buffer_add_text(out, TEXT("]}"));
}
