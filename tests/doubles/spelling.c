#include "spelling.h"

struct spelling_settings spelling_settings;

static bool is_wide(const unsigned char *c, size_t left, unsigned *plain)
{
    if (left >= 3 && c[0] == 0xef && (c[1] == 0xbc || c[1] == 0xbd)) { /* U+FF01 to U+FF5E are ! to ~ */
        unsigned point = 0xf000U | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU);
        *plain = point - 0xfee0;
        return point >= 0xff01 && point <= 0xff5e;
    }
    *plain = ' ';
    return left >= 3 && c[0] == 0xe3 && c[1] == 0x80 && c[2] == 0x80; /* U+3000 */
}

static void put_half(const char *text, size_t length, struct blob *out)
{
    for (size_t i = 0; i < length; i++) {
        unsigned plain;
        if (is_wide((const unsigned char *)text + i, length - i, &plain)) {
            blob_put(out, (const char[]){(char)plain}, 1);
            i += 2;
        } else {
            blob_put(out, text + i, 1);
        }
    }
}

static void trim(struct blob *b)
{
    size_t from = 0;
    while (b->length > 0 && (unsigned char)b->data[b->length - 1] <= ' ') {
        b->length--;
    }
    while (from < b->length && (unsigned char)b->data[from] <= ' ') {
        from++;
    }
    b->length -= from;
    memmove(b->data, b->data + from, b->length);
}

static const char *fold(int64_t how, const char *text, size_t *length, struct blob *room)
{
    if (how == SPELLING_EXACT) {
        return text;
    }
    room->length = 0;
    if (how == SPELLING_HALF || how == SPELLING_ALL) {
        put_half(text, *length, room);
    } else {
        blob_put(room, text, *length);
    }
    blob_reserve(room, 1);
    if (how == SPELLING_TRIM || how == SPELLING_ALL) {
        trim(room);
    }
    for (size_t i = 0; i < room->length && (how == SPELLING_UPPER || how == SPELLING_ALL); i++) {
        char c = room->data[i];
        room->data[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    for (size_t i = 0; i < room->length && how == SPELLING_LOWER; i++) {
        char c = room->data[i];
        room->data[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *length = room->length;
    return blob_text(room);
}

const char *spelling_stored(const char *text, size_t *length, struct blob *room)
{
    return fold(spelling_settings.stored, text, length, room);
}

const char *spelling_key(const char *text, size_t *length, struct blob *room)
{
    return fold(spelling_settings.compared, text, length, room);
}
