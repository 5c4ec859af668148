#include "common/http/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

void charset_told(struct text content_type, char out[CHARSET_ROOM])
{
    out[0] = '\0';
    ptrdiff_t at = text_find_nocase(content_type, TEXT("charset="));
    if (at < 0) {
        return;
    }
    const char *name = content_type.data + at + 8, *end = content_type.data + content_type.size;
    name += name < end && (*name == '"' || *name == '\'') ? 1 : 0;
    size_t size = 0;
    while (name + size < end && is_name(name[size]) && size + 1 < CHARSET_ROOM) {
        out[size] = name[size] >= 'A' && name[size] <= 'Z' ? (char)(name[size] - 'A' + 'a') : name[size];
        size++;
    }
    out[size] = '\0';
}

static bool is_one_of(const char *charset, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(charset, *names) == 0) {
            return true;
        }
    }
    return false;
}

static const char *const latin[] = {"iso-8859-1", "latin1", "windows-1252", NULL};

bool charset_meant(const char *charset)
{
    static const char *const ascii[] = {"", "us-ascii", "ascii", NULL};
    return !is_one_of(charset, ascii) && !is_one_of(charset, latin);
}

/* The name that iconv knows; NULL = it is UTF-8 already. GB18030 holds all of GBK and GB2312, and what calls itself by the
 * smaller names often needs the larger one. */
static const char *iconv_name(const char *charset, struct text body)
{
    static const char *const utf8[] = {"", "utf-8", "utf8", "us-ascii", "ascii", NULL};
    static const char *const chinese[] = {"gbk",   "gb2312", "gb_2312-80",  "gb18030",
                                          "cp936", "x-gbk",  "windows-936", NULL};
    const unsigned char *bytes = (const unsigned char *)body.data;
    bool mark = body.size >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff));
    if (mark) {
        return "UTF-16"; /* iconv takes the mark, and drops it */
    }
    if (is_one_of(charset, utf8)) {
        return NULL;
    }
    if (is_one_of(charset, chinese)) {
        return "GB18030";
    }
    if (is_one_of(charset, latin)) {
        return NULL; /* what servers tell that were told no charset: as if none were told, or Chinese would be garbled */
    }
    return strcmp(charset, "utf-16") == 0 ? "UTF-16BE" : charset; /* RFC 2781: without a mark it is big endian */
}

/* `unit`: bytes that are left out where they are no character. */
static int convert(iconv_t cd, size_t unit, struct text body, struct buffer *out)
{
    char *from = (char *)body.data;
    size_t left = body.size;
    while (left > 0) {
        size_t chunk = left < 65536 ? left : 65536, room = 4 * chunk + 16;
        char *to = buffer_reserve(out, room);
        if (!to) {
            return ERR_LIMIT;
        }
        char *at = to;
        size_t in = chunk, space = room;
        size_t result = iconv(cd, &from, &in, &at, &space);
        out->size += (size_t)(at - to);
        left -= chunk - in;
        bool cut = result == (size_t)-1 && errno == EINVAL && left > in; /* a character over the chunk's end */
        if (result == (size_t)-1 && !cut) {
            size_t bad = left < unit ? left : unit;
            buffer_add(out, "\xff\xff", bad);
            from += bad;
            left -= bad;
        }
    }
    return out->failed ? ERR_LIMIT : 0;
}

int charset_decode(const char *charset, struct text body, struct buffer *out, struct text *text)
{
    static const struct text mark = {"\xef\xbb\xbf", 3};
    const char *name = iconv_name(charset, body);
    *text = body;
    int error = 0;
    if (name) {
        iconv_t cd = iconv_open("UTF-8", name);
        if (cd == (iconv_t)-1) {
            return ERR_NOT_FOUND;
        }
        error = convert(cd, strncmp(name, "UTF-16", 6) == 0 || strncmp(name, "utf-16", 6) == 0 ? 2 : 1, body, out);
        *text = buffer_text(out);
        iconv_close(cd);
    }
    if (text_starts(*text, mark)) {
        *text = (struct text){text->data + mark.size, text->size - mark.size};
    }
    return error;
}
