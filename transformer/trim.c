#include "transformer/trim.h"

/* The character at the front: its size, and whether it is a control character, or a blank. */
struct glyph {
    size_t size;
    bool control, blank;
};

static struct glyph glyph_take(struct text t)
{
    static const struct text blanks[] = {TEXT("\xc2\xa0"), TEXT("\xe3\x80\x80"), TEXT("\xe2\x80\x8b"),
                                         TEXT("\xe2\x80\xaf"), TEXT("\xef\xbb\xbf")};
    unsigned char c = (unsigned char)t.data[0];
    if (c < 0x80) {
        return (struct glyph){.size = 1, .control = c < ' ' || c == 0x7f, .blank = c == ' '};
    }
    if (c == 0xc2 && t.size > 1 && (unsigned char)t.data[1] < 0xa0) {
        return (struct glyph){.size = 2, .control = true};
    }
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        if (text_starts(t, blanks[i])) {
            return (struct glyph){.size = blanks[i].size, .blank = true};
        }
    }
    size_t size = text_sequence(t);
    return (struct glyph){.size = size > 0 ? size : 1};
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
