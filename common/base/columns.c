#include "common/base/columns.h"

struct wide_range {
    uint32_t first, last;
};

static bool within(uint32_t point, const struct wide_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* East Asian Width W and F of Unicode take two; combining marks none. */
static size_t point_columns(uint32_t point)
{
    static const struct wide_range wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
                                             {0xf900, 0xfaff},   {0xfe30, 0xfe6f},  {0xff00, 0xff60}, {0xffe0, 0xffe6},
                                             {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
    static const struct wide_range none[] = {{0x0300, 0x036f}, {0xfe00, 0xfe0f}};
    if (within(point, none, sizeof none / sizeof *none)) {
        return 0;
    }
    return within(point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t columns_fit(struct text t, size_t columns, size_t *used)
{
    size_t at = 0;
    *used = 0;
    while (at < t.size) {
        struct text rest = {t.data + at, t.size - at};
        size_t size = text_sequence(rest);
        size_t wide = size > 0 ? point_columns(text_point(rest.data, size)) : 1;
        if (*used + wide > columns) {
            break;
        }
        *used += wide;
        at += size > 0 ? size : 1;
    }
    return at;
}

size_t columns_of(struct text t)
{
    size_t used;
    (void)columns_fit(t, SIZE_MAX, &used);
    return used;
}

void columns_pad(struct buffer *out, struct text t, size_t columns)
{
    size_t own = columns_of(t);
    buffer_add_text(out, t);
    for (; own < columns; own++) {
        buffer_add_char(out, ' ');
    }
}
