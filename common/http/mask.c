#include "common/http/mask.h"

#include <string.h>
#include <strings.h>

#include "common/base/secret.h"

enum hide { HIDE_NOTHING, HIDE_PERSONAL, HIDE_SECRET };
enum { NAME_MAX = 64 };

/* A name is looked for whole, or anywhere in a longer one ("receiver" in receiver_name). */
static const struct {
    const char *name;
    bool whole;
    enum hide hide;
} names[] = {
    {"secret", false, HIDE_SECRET},
    {"token", false, HIDE_SECRET},
    {"password", false, HIDE_SECRET},
    {"passwd", false, HIDE_SECRET},
    {"app_key", false, HIDE_SECRET},
    {"appkey", false, HIDE_SECRET},
    {"access_key", false, HIDE_SECRET},
    {"private_key", false, HIDE_SECRET},
    {"client_id", false, HIDE_SECRET},
    {"authorization", false, HIDE_SECRET},
    {"pay_account_id", false, HIDE_SECRET},
    {"cookie", false, HIDE_SECRET},
    {"username", true, HIDE_SECRET},
    {"session", true, HIDE_SECRET},
    {"sign", true, HIDE_SECRET},
    {"signature", false, HIDE_SECRET},
    {"contact", false, HIDE_PERSONAL},
    {"linkman", false, HIDE_PERSONAL},
    {"mobile", false, HIDE_PERSONAL},
    {"phone", false, HIDE_PERSONAL},
    {"tel", true, HIDE_PERSONAL},
    {"telno", false, HIDE_PERSONAL},
    {"mail", false, HIDE_PERSONAL},
    {"addr", false, HIDE_PERSONAL},
    {"zip", true, HIDE_PERSONAL},
    {"qq", true, HIDE_PERSONAL},
    {"wechat", false, HIDE_PERSONAL},
    {"wangwang", false, HIDE_PERSONAL},
    {"nick", false, HIDE_PERSONAL},
    {"receiver", false, HIDE_PERSONAL},
    {"consignee", false, HIDE_PERSONAL},
    {"buyer", false, HIDE_PERSONAL},
    {"customer_name", false, HIDE_PERSONAL},
    {"id_card", false, HIDE_PERSONAL},
    {"idcard", false, HIDE_PERSONAL},
    {"bank", false, HIDE_PERSONAL},
    {"invoice", false, HIDE_PERSONAL},
    {"taxpayer", false, HIDE_PERSONAL},
    {"remark", false, HIDE_PERSONAL},
    {"memo", false, HIDE_PERSONAL},
    {"comment", false, HIDE_PERSONAL},
    {"note", true, HIDE_PERSONAL},
};

static enum hide hide_of(struct text name, enum mask_fields fields)
{
    char lower[NAME_MAX + 1];
    enum hide found = HIDE_NOTHING;
    size_t size = name.size < NAME_MAX ? name.size : NAME_MAX;
    for (size_t i = 0; i < size; i++) {
        char c = name.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    lower[size] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool same = names[i].whole ? strcmp(lower, names[i].name) == 0 : strstr(lower, names[i].name) != NULL;
        found = same && names[i].hide > found ? names[i].hide : found;
    }
    return found == HIDE_PERSONAL && fields == MASK_SECRETS ? HIDE_NOTHING : found;
}

/* ---- one value ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Four hex digits of \uXXXX: letters of other scripts become 某, ASCII becomes x; halves of pairs stay, a lone one too. */
static void put_unit(struct buffer *out, const char *hex)
{
    bool surrogate =
        (hex[0] == 'd' || hex[0] == 'D') && !is_digit(hex[1]) ? true : (hex[0] | 0x20) == 'd' && hex[1] >= '8';
    bool ascii = memcmp(hex, "00", 2) == 0 && hex[2] < '8';
    buffer_add(out, surrogate ? hex : ascii ? "0078" : "67d0", 4);
}

static size_t sequence_size(const unsigned char *at, size_t left)
{
    size_t size = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : *at >= 0xc2 ? 2 : 1;
    for (size_t i = 1; i < size && size <= left; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 1;
        }
    }
    return size <= left ? size : 1;
}

/* The inside of a JSON string or a bare value: same length, same kinds of characters, escapes kept. */
static void put_masked(struct buffer *out, struct text t)
{
    for (size_t i = 0; i < t.size;) {
        char c = t.data[i];
        size_t size = sequence_size((const unsigned char *)t.data + i, t.size - i);
        if (c == '\\') {
            for (; i < t.size && t.data[i] == '\\'; i++) {
                buffer_add_char(out, '\\');
            }
            bool unit = i + 4 < t.size && t.data[i] == 'u' && is_hex(t.data[i + 1]) && is_hex(t.data[i + 2]) &&
                        is_hex(t.data[i + 3]) && is_hex(t.data[i + 4]);
            if (i < t.size) {
                buffer_add_char(out, t.data[i++]);
            }
            if (unit) {
                put_unit(out, t.data + i);
                i += 4;
            }
            continue;
        }
        if (size > 1) {
            buffer_add_text(out, TEXT("某"));
        } else {
            buffer_add_char(out, is_digit(c) ? '1' : is_letter(c) ? 'x' : c);
        }
        i += size;
    }
}

static void put_hidden(struct buffer *out, struct text t, enum hide hide)
{
    if (hide == HIDE_PERSONAL) {
        put_masked(out, t);
    } else if (t.size > 0) {
        buffer_add_text(out, TEXT("***"));
    }
}

/* ---- JSON, at any depth of quoting ---- */

/* Backslashes before this place. */
static size_t slashes_before(struct text t, size_t at)
{
    size_t n = 0;
    while (n < at && t.data[at - 1 - n] == '\\') {
        n++;
    }
    return n;
}

/* Where the string's inside ends that began behind a quote with `slashes` before it: the place of the closing quote's first
 * backslash, or of itself. A quote deeper inside has more backslashes. */
static size_t string_end(struct text t, size_t from, size_t slashes)
{
    for (size_t i = from; i < t.size; i++) {
        if (t.data[i] != '"') {
            continue;
        }
        size_t n = slashes_before(t, i);
        n = n > i - from ? i - from : n;
        if (n >= slashes && (n - slashes) % (2 * (slashes + 1)) == 0) {
            return i - slashes;
        }
    }
    return t.size;
}

/* Behind the quote at `at`: the member's name and where its value starts. False when this is no name. */
static bool read_name(struct text t, size_t at, size_t slashes, struct text *name, size_t *value)
{
    size_t i = at + 1;
    while (i < t.size && (is_letter(t.data[i]) || is_digit(t.data[i]) || text_has(TEXT("_.-"), t.data[i]))) {
        i++;
    }
    *name = (struct text){t.data + at + 1, i - at - 1};
    for (size_t n = 0; n < slashes; n++, i++) {
        if (i >= t.size || t.data[i] != '\\') {
            return false;
        }
    }
    if (name->size == 0 || i >= t.size || t.data[i] != '"') {
        return false;
    }
    for (i++; i < t.size && text_has(TEXT(" \t\r\n"), t.data[i]); i++) {
    }
    if (i >= t.size || t.data[i] != ':') {
        return false;
    }
    for (i++; i < t.size && text_has(TEXT(" \t\r\n"), t.data[i]); i++) {
    }
    *value = i;
    return true;
}

/* Puts the value that starts at `from` hidden; where it ends. */
static size_t hide_value(struct buffer *out, struct text t, size_t from, size_t slashes, enum hide hide)
{
    size_t i = from;
    while (i < t.size && i - from < slashes && t.data[i] == '\\') {
        i++;
    }
    if (i < t.size && t.data[i] == '"' && i - from == slashes) {
        size_t end = string_end(t, i + 1, slashes);
        buffer_add(out, t.data + from, i + 1 - from);
        put_hidden(out, (struct text){t.data + i + 1, end - i - 1}, hide);
        return end;
    }
    /* A number, or a list of texts: members of objects inside have names of their own. */
    size_t end = from;
    if (from < t.size && t.data[from] == '[') {
        const char *close = memchr(t.data + from, ']', t.size - from);
        const char *inner = memchr(t.data + from, '{', t.size - from);
        end = close && (!inner || inner > close) ? (size_t)(close - t.data) : from;
    } else {
        while (end < t.size && (is_digit(t.data[end]) || text_has(TEXT("+-."), t.data[end]))) {
            end++;
        }
    }
    put_masked(out, (struct text){t.data + from, end - from});
    return end;
}

static void mask_into(struct buffer *out, struct text t, enum mask_fields fields)
{
    size_t copied = 0;
    for (size_t i = 0; i < t.size; i++) {
        struct text name;
        size_t value;
        if (t.data[i] != '"') {
            continue;
        }
        size_t slashes = slashes_before(t, i);
        enum hide hide = read_name(t, i, slashes, &name, &value) ? hide_of(name, fields) : HIDE_NOTHING;
        if (hide == HIDE_NOTHING) {
            continue;
        }
        buffer_add(out, t.data + copied, value - copied);
        copied = hide_value(out, t, value, slashes, hide);
        i = copied > i ? copied - 1 : i;
        if (copied < t.size && (t.data[copied] == '"' || t.data[copied] == '\\')) { /* over the closing quote */
            size_t past = copied + slashes + 1 < t.size ? copied + slashes + 1 : t.size;
            buffer_add(out, t.data + copied, past - copied);
            copied = past;
            i = past - 1;
        }
    }
    buffer_add(out, t.data + copied, t.size - copied);
}

/* Registered secrets that stand under another name, or in no member at all. */
static void wipe_from(struct buffer *out, size_t start)
{
    if (!out->failed && out->size > start) {
        out->size = start + secret_wipe_into(out->data + start, (struct text){out->data + start, out->size - start});
    }
}

void mask_json(struct buffer *out, struct text json, enum mask_fields fields)
{
    size_t start = out->size;
    mask_into(out, json, fields);
    wipe_from(out, start);
}

/* ---- XML ---- */

/* A name at the front of `t`, without its prefix; *size is what both take. */
static struct text xml_name(struct text t, size_t *size)
{
    struct text name = {t.data, 0};
    size_t i = 0;
    while (i < t.size && !text_has(TEXT(" \t\r\n/>=<\"'"), t.data[i])) {
        name = t.data[i] == ':' ? (struct text){t.data + i + 1, 0} : (struct text){name.data, name.size + 1};
        i++;
    }
    *size = i;
    return name;
}

/* References (&lt;) stay: they stand for characters, and XML with others would not be well-formed. */
static void put_hidden_xml(struct buffer *out, struct text t, enum hide hide)
{
    while (hide == HIDE_PERSONAL && t.size > 0) {
        ptrdiff_t at = text_find(t, TEXT("&")), end = at < 0 ? -1 : text_find(t, TEXT(";"));
        size_t plain = at < 0 ? t.size : (size_t)at, whole = end > at ? (size_t)end + 1 : t.size;
        put_masked(out, (struct text){t.data, plain});
        buffer_add(out, t.data + plain, at < 0 ? 0 : whole - plain);
        whole = at < 0 ? t.size : whole;
        t = (struct text){t.data + whole, t.size - whole};
    }
    put_hidden(out, t, hide);
}

/* A tag, from its < to behind its >, with its attributes masked; returns its size. */
static size_t put_tag(struct buffer *out, struct text t, enum mask_fields fields)
{
    size_t i = 0, size;
    while (i < t.size && t.data[i] != '>') {
        struct text name = xml_name((struct text){t.data + i, t.size - i}, &size);
        bool value =
            size > 0 && i + size + 1 < t.size && t.data[i + size] == '=' && text_has(TEXT("\"'"), t.data[i + size + 1]);
        size_t head = value ? size + 2 : size > 0 ? size : 1;
        buffer_add(out, t.data + i, head);
        i += head;
        if (value) {
            const char *end = memchr(t.data + i, t.data[i - 1], t.size - i);
            struct text inner = {t.data + i, end ? (size_t)(end - t.data) - i : t.size - i};
            enum hide hide = hide_of(name, fields);
            if (hide == HIDE_NOTHING) {
                buffer_add_text(out, inner);
            } else {
                put_hidden_xml(out, inner, hide);
            }
            i += inner.size;
        }
    }
    buffer_add(out, t.data + i, i < t.size);
    return i + (i < t.size);
}

void mask_xml(struct buffer *out, struct text xml, enum mask_fields fields)
{
    enum hide hide = HIDE_NOTHING; /* of what the last tag began */
    size_t start = out->size, size;
    for (size_t i = 0; i < xml.size;) {
        struct text rest = {xml.data + i, xml.size - i};
        bool data = text_starts(rest, TEXT("<![CDATA[")), tag = rest.data[0] == '<' && !data;
        if (tag) {
            bool ends = rest.size > 1 && rest.data[1] == '/';
            hide = ends ? HIDE_NOTHING : hide_of(xml_name((struct text){rest.data + 1, rest.size - 1}, &size), fields);
            i += put_tag(out, rest, fields);
            continue;
        }
        size_t head = data ? sizeof "<![CDATA[" - 1 : 0;
        ptrdiff_t end = text_find(rest, data ? TEXT("]]>") : TEXT("<"));
        struct text inner = {rest.data + head, (end < 0 ? rest.size : (size_t)end) - head};
        buffer_add(out, rest.data, head);
        if (hide == HIDE_NOTHING || text_trim(inner).size == 0) {
            buffer_add_text(out, inner);
        } else {
            put_hidden_xml(out, inner, hide);
        }
        i += head + inner.size;
        if (data && end >= 0) {
            buffer_add_text(out, TEXT("]]>"));
            i += 3;
        }
    }
    wipe_from(out, start);
}

/* ---- forms and headers ---- */

void mask_form(struct buffer *out, struct text form, enum mask_fields fields)
{
    size_t start = out->size;
    for (size_t at = 0; at < form.size;) {
        const char *stop = memchr(form.data + at, '&', form.size - at);
        struct text pair = {form.data + at, stop ? (size_t)(stop - form.data) - at : form.size - at};
        const char *equals = memchr(pair.data, '=', pair.size);
        struct text name = {pair.data, equals ? (size_t)(equals - pair.data) : pair.size};
        if (equals && hide_of(name, fields) != HIDE_NOTHING) {
            buffer_add(out, name.data, name.size + 1);
            buffer_add_text(out, name.size + 1 < pair.size ? TEXT("***") : TEXT(""));
        } else {
            buffer_add_text(out, pair);
        }
        at += pair.size + 1;
        if (stop) {
            buffer_add_char(out, '&');
        }
    }
    wipe_from(out, start);
}

void mask_header(struct buffer *out, struct text line)
{
    size_t start = out->size;
    const char *colon = memchr(line.data, ':', line.size);
    struct text name = {line.data, colon ? (size_t)(colon - line.data) : 0};
    bool secret =
        hide_of(name, MASK_SECRETS) == HIDE_SECRET || (name.size == 4 && strncasecmp(name.data, "sign", 4) == 0);
    buffer_add(out, line.data, secret ? name.size : line.size);
    buffer_add_text(out, secret ? TEXT(": ***") : TEXT(""));
    wipe_from(out, start);
}
