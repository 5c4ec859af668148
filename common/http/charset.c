#include "common/http/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

static struct text skip_blanks(struct text t)
{
    while (t.size > 0 && (t.data[0] == ' ' || t.data[0] == '\t')) {
        t = (struct text){t.data + 1, t.size - 1};
    }
    return t;
}

void charset_told(struct text content_type, char out[CHARSET_ROOM])
{
    static const struct text word = TEXT("charset");
    ptrdiff_t at = text_find_nocase(content_type, word);
    size_t size = 0;
    out[0] = '\0';
    if (at < 0) {
        return;
    }
    size_t begin = (size_t)at + word.size;
    struct text rest = skip_blanks((struct text){content_type.data + begin, content_type.size - begin});
    if (rest.size == 0 || rest.data[0] != '=') {
        return;
    }
    rest = skip_blanks((struct text){rest.data + 1, rest.size - 1});
    if (rest.size > 0 && (rest.data[0] == '"' || rest.data[0] == '\'')) {
        rest = skip_blanks((struct text){rest.data + 1, rest.size - 1});
    }
    for (; size < rest.size && is_name(rest.data[size]) && size + 1 < CHARSET_ROOM; size++) {
        char c = rest.data[size];
        out[size] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[size] = '\0';
}

/* Without marks between and an x in front: servers spell one name in many ways. */
static void squeeze(const char *name, char out[CHARSET_ROOM])
{
    size_t size = 0;
    name += strncmp(name, "x-", 2) == 0 ? 2 : 0;
    for (; *name; name++) {
        if (*name != '-' && *name != '_' && *name != '.') {
            out[size++] = *name;
        }
    }
    out[size] = '\0';
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(name, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

static const char *const latin[] = {"iso88591", "latin1", "windows1252", "cp1252", NULL};

bool charset_meant(const char *charset)
{
    static const char *const ascii[] = {"", "usascii", "ascii", NULL};
    char plain[CHARSET_ROOM];
    squeeze(charset, plain);
    return !is_one_of(plain, ascii) && !is_one_of(plain, latin);
}

const char *charset_iconv(const char *charset, struct text body)
{
    static const char *const utf8[] = {"", "utf8", "unicode11utf8", "utf8mb4", "usascii", "ascii", NULL};
    static const char *const chinese[] = {"gbk",   "gb2312",   "gb231280", "gb18030",    "gb180302000",
                                          "cngb",  "csgb2312", "euccn",    "windows936", "cp936",
                                          "ms936", "936",      "chinese",  NULL};
    char plain[CHARSET_ROOM];
    const unsigned char *bytes = (const unsigned char *)body.data;
    bool mark = body.size >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff));
    if (mark) {
        return "UTF-16"; /* iconv takes the mark, and drops it */
    }
    squeeze(charset, plain);
    if (is_one_of(plain, utf8) || is_one_of(plain, latin)) {
        /* Latin 1 is what servers tell that were told no charset: as if none were told, or Chinese would be garbled. */
        return NULL;
    }
    if (is_one_of(plain, chinese)) {
        return "GB18030";
    }
    return strcmp(plain, "utf16") == 0 ? "UTF-16BE" : charset; /* RFC 2781: without a mark it is big endian */
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
    const char *name = charset_iconv(charset, body);
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
