#include "dress.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

enum { STORED_MAX = 65535, BR_MAX = 65536 };

struct dress_settings dress_settings;

/* Names for iconv and for Content-Type, by enum dress_charset. */
static const struct {
    const char *iconv, *told, *mark;
    size_t mark_length;
} charsets[] = {{"UTF-8", "utf-8", "\xef\xbb\xbf", 3},         {"GBK", "GBK", "", 0},
                {"GB18030", "GB18030", "\x84\x31\x95\x33", 4}, {"UTF-16LE", "UTF-16", "\xff\xfe", 2},
                {"UTF-16LE", "UTF-16LE", "\xff\xfe", 2},       {"UTF-16BE", "UTF-16BE", "\xfe\xff", 2}};

bool dress_is_plain(void)
{
    return dress_settings.charset == CHARSET_UTF8 && dress_settings.encoding == ENCODING_PLAIN && !dress_settings.bom &&
           dress_settings.around == AROUND_NOTHING && !*dress_settings.charset_told;
}

/* The code point at `text`, which is UTF-8 that a double wrote; *length of it. */
static uint32_t code_point(const unsigned char *text, size_t *length)
{
    *length = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;
    uint32_t c = *length == 1 ? *text : (uint32_t)(*text & (0x7f >> *length));
    for (size_t i = 1; i < *length; i++) {
        c = c << 6 | (text[i] & 0x3f);
    }
    return c;
}

static void put_units(struct blob *out, uint32_t c)
{
    if (c >= 0x10000) {
        blob_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
    } else {
        blob_printf(out, "\\u%04x", c);
    }
}

static void recode(struct blob *answer)
{
    iconv_t converter = iconv_open(charsets[dress_settings.charset].iconv, "UTF-8");
    if (converter == (iconv_t)-1) {
        fprintf(stderr, "double: iconv knows no %s\n", charsets[dress_settings.charset].iconv);
        abort();
    }
    struct blob out = {0};
    char *from = answer->data;
    size_t left = answer->length;
    while (left > 0) {
        blob_reserve(&out, 2 * left + 16);
        char *to = out.data + out.length;
        size_t room = out.capacity - out.length;
        errno = 0;
        iconv(converter, &from, &left, &to, &room);
        out.length = (size_t)(to - out.data);
        if (left > 0 && errno == EILSEQ) { /* a character that the set lacks: all replies are JSON */
            size_t length;
            put_units(&out, code_point((const unsigned char *)from, &length));
            from += length < left ? length : left;
            left -= length < left ? length : left;
        }
    }
    iconv_close(converter);
    blob_fini(answer);
    *answer = out;
}

static void put_le(struct blob *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        blob_put(out, (const char[]){(char)(value >> 8 * i & 0xff)}, 1);
    }
}

static void put_be(struct blob *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        blob_put(out, (const char[]){(char)(value >> shift & 0xff)}, 1);
    }
}

/* RFC 1951 allows blocks that are stored as they are: enough to be valid. */
static void put_stored(struct blob *out, const struct blob *in)
{
    size_t at = 0;
    do {
        size_t n = in->length - at < STORED_MAX ? in->length - at : STORED_MAX;
        put_le(out, at + n == in->length, 1);
        put_le(out, (uint32_t)n, 2);
        put_le(out, ~(uint32_t)n & 0xffff, 2);
        blob_put(out, in->data + at, n);
        at += n;
    } while (at < in->length);
}

static uint32_t crc32_of(const struct blob *in)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < in->length; i++) {
        crc ^= (unsigned char)in->data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}

static uint32_t adler32_of(const struct blob *in)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < in->length; i++) {
        a = (a + (unsigned char)in->data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* RFC 7932, uncompressed meta-blocks only: ISLAST 0, MNIBBLES 4, MLEN - 1, ISUNCOMPRESSED 1. */
static void put_brotli(struct blob *out, const struct blob *in)
{
    for (size_t at = 0; at < in->length;) {
        uint32_t n = (uint32_t)(in->length - at < BR_MAX ? in->length - at : BR_MAX);
        uint32_t head = (n - 1) << 3 | 1U << 19;
        put_le(out, at == 0 ? head << 1 : head, 3); /* the stream starts with WBITS 16: one bit */
        blob_put(out, in->data + at, n);
        at += n;
    }
    put_le(out, in->length == 0 ? 6 : 3, 1); /* ISLAST, ISEMPTY */
}

static const char *encode(struct blob *answer)
{
    static const char *const names[] = {NULL, "gzip", "deflate", "deflate", "br"};
    struct blob out = {0};
    switch (dress_settings.encoding) {
    case ENCODING_GZIP:
        blob_put(&out, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
        put_stored(&out, answer);
        put_le(&out, crc32_of(answer), 4);
        put_le(&out, (uint32_t)answer->length, 4);
        break;
    case ENCODING_DEFLATE:
        blob_put(&out, "\x78\x01", 2);
        put_stored(&out, answer);
        put_be(&out, adler32_of(answer));
        break;
    case ENCODING_RAW_DEFLATE:
        put_stored(&out, answer);
        break;
    default:
        put_brotli(&out, answer);
    }
    blob_fini(answer);
    *answer = out;
    return names[dress_settings.encoding];
}

static void quote(struct blob *answer)
{
    struct blob out = {0};
    blob_puts(&out, "\"");
    for (size_t i = 0; i < answer->length; i++) {
        char c = answer->data[i];
        if (c == '"' || c == '\\') {
            blob_put(&out, "\\", 1);
        }
        blob_put(&out, &c, 1);
    }
    blob_puts(&out, "\"");
    blob_fini(answer);
    *answer = out;
}

static void put_around(struct blob *answer)
{
    static const struct {
        const char *before, *after;
        bool instead;
    } texts[] = {
        [AROUND_NOTHING] = {"", "", false},
        [AROUND_JSONP] = {"/**/jQuery17.cb_1(", ");\n", false},
        [AROUND_GUARD] = {")]}',\n", "", false},
        [AROUND_WARNING] =
            {"<br />\n<b>Warning</b>:  Undefined array key {0} in <b>/www/a.php</b> on line <b>7</b><br />\n", "",
             false},
        [AROUND_NOTICE] = {"PHP Notice: 未定义 {x} in a.php\n", "\n", false},
        [AROUND_MARKUP] = {"", "\n<!-- gw-3 {cached} -->", false},
        [AROUND_MARKS] = {"\xef\xbb\xbf\xef\xbb\xbf\r\n", "\r\n", false},
        [AROUND_QUOTES] = {"", "", false},
        [AROUND_WRAPPER] = {"{\"code\":0,\"msg\":\"ok\",\"data\":", "}", false},
        [INSTEAD_XML] = {"<?xml version=\"1.0\"?><busy>\x1b[2Jmoved\x07</busy>", "", true},
        [INSTEAD_HTML] = {"<!DOCTYPE html><html><title>Portal</title></html>", "", true},
        [INSTEAD_TEXT] = {"upstream connect error", "", true},
        [INSTEAD_BYTES] = {"\x1f\x8b\x08\x01\x02", "", true},
        [INSTEAD_EMPTY] = {"", "", true},
    };
    const int64_t around = dress_settings.around;
    struct blob out = {0};
    if (around == AROUND_QUOTES) {
        quote(answer);
    }
    blob_puts(&out, texts[around].before);
    if (!texts[around].instead) {
        blob_put(&out, answer->data, answer->length);
    }
    blob_puts(&out, texts[around].after);
    blob_fini(answer);
    *answer = out;
}

static const char *content_type(void)
{
    static char type[SWITCH_TEXT_ROOM + 40];
    const char *told =
        *dress_settings.charset_told ? dress_settings.charset_told : charsets[dress_settings.charset].told;
    if (strcmp(told, "none") == 0) {
        return "application/json";
    }
    snprintf(type, sizeof type, "application/json;charset=%s", told);
    return type;
}

void dress(struct call *call)
{
    if (dress_is_plain() || call->shared || strncmp(call->type, "application/json", 16) != 0) {
        return;
    }
    if (dress_settings.around != AROUND_NOTHING) {
        put_around(&call->answer);
    }
    if (dress_settings.charset != CHARSET_UTF8) {
        recode(&call->answer);
    }
    if (dress_settings.bom || dress_settings.charset == CHARSET_UTF16) {
        struct blob marked = {0};
        blob_put(&marked, charsets[dress_settings.charset].mark, charsets[dress_settings.charset].mark_length);
        blob_put(&marked, call->answer.data, call->answer.length);
        blob_fini(&call->answer);
        call->answer = marked;
    }
    call->type = content_type();
    if (dress_settings.encoding != ENCODING_PLAIN) {
        call->header = "Content-Encoding";
        call->header_value = encode(&call->answer);
    }
}
