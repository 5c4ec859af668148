#include "transformer/trim.h"

/* The character at the front: its size, and whether it is a control character, or a blank. */
struct glyph {
    size_t size;
    bool control, blank;
};

struct points {
    uint32_t first, last;
};

static bool is_among(uint32_t point, const struct points *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Of ASCII and C1, and what has no width and no meaning in a number: zero width space, marks of direction, word joiner, byte order
 * mark, soft hyphen. Joiners (U+200C, U+200D) belong to letters in some scripts. */
static bool is_control(uint32_t point)
{
    static const struct points ranges[] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x200b, 0x200b},
                                           {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}};
    return is_among(point, ranges, sizeof ranges / sizeof *ranges);
}

static bool is_blank(uint32_t point)
{
    static const struct points ranges[] = {{' ', ' '},       {0xa0, 0xa0},     {0x1680, 0x1680},
                                           {0x2000, 0x200a}, {0x200c, 0x200d}, {0x2028, 0x2029},
                                           {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
    return is_among(point, ranges, sizeof ranges / sizeof *ranges);
}

static struct glyph glyph_take(struct text t)
{
    size_t size = text_sequence(t);
    uint32_t point = size == 0 ? 0xfffd : size == 1 ? (unsigned char)t.data[0] : text_point(t.data, size);
    return (struct glyph){.size = size > 0 ? size : 1, .control = is_control(point), .blank = is_blank(point)};
}

/* All of it is seen, and ASCII: there is nothing to look for. */
static bool is_seen(struct text t)
{
    size_t at = 0;
    while (at < t.size && (unsigned char)t.data[at] > ' ' && (unsigned char)t.data[at] < 0x7f) {
        at++;
    }
    return at == t.size;
}

bool trim_text(struct text t, char room[TRIM_ROOM], struct text *out)
{
    size_t used = 0, end = 0;
    bool changed = false;
    if (t.size > TRIM_ROOM) {
        return false;
    }
    if (is_seen(t)) {
        *out = t;
        return false;
    }
    for (struct text rest = t; rest.size > 0;) {
        struct glyph glyph = glyph_take(rest);
        bool drop = glyph.control || (glyph.blank && end == 0); /* end 0: nothing stands in front */
        if (!drop) {
            memcpy(room + used, rest.data, glyph.size);
            used += glyph.size;
            end = glyph.blank ? end : used;
        }
        rest = (struct text){rest.data + glyph.size, rest.size - glyph.size};
    }
    changed = end != t.size;
    *out = changed ? (struct text){room, end} : t;
    return changed;
}

bool trim_letters(struct text t, enum scheme_letters letters, char room[TRIM_ROOM], struct text *out)
{
    char first = letters == LETTERS_CAPITALS ? 'a' : 'A';
    size_t others = 0;
    *out = t;
    for (size_t i = 0; letters != LETTERS_SENT && i < t.size; i++) {
        others += t.data[i] >= first && t.data[i] < first + 26;
    }
    if (others == 0 || t.size > TRIM_ROOM) {
        return false;
    }
    for (size_t i = 0; i < t.size; i++) {
        bool other = t.data[i] >= first && t.data[i] < first + 26;
        room[i] = other ? (char)(t.data[i] ^ ('a' ^ 'A')) : t.data[i];
    }
    *out = (struct text){room, t.size};
    return true;
}
