#include "common/http/wrap.h"

#include <stdio.h>

#include "common/base/secret.h"

enum {
    BEFORE_MAX = 16 << 10,    /* bytes before the JSON */
    TRIES_MAX = 64,           /* brackets before it that may begin it */
    SHOWN_MAX = 120,          /* bytes of a reply that are shown */
    STRANGE_SHORT = 20000,    /* ms, where the API has never answered well */
    STRANGE_LONG = 2 * 60000, /* ms */
};

/* Blanks, byte order marks and NULs say nothing. */
static struct text strip(struct text t)
{
    static const struct text mark = {"\xef\xbb\xbf", 3};
    for (size_t before = t.size + 1; t.size < before;) {
        before = t.size;
        t = text_trim(t);
        if (text_starts(t, mark)) {
            t = (struct text){t.data + mark.size, t.size - mark.size};
        }
        while (t.size > 0 && t.data[t.size - 1] == '\0') {
            t.size--;
        }
    }
    return t;
}

static bool has_member(struct text object, const char *const *names)
{
    struct json_walk walk;
    struct text name, value;
    if (json_walk_begin(&walk, object) == 0 && walk.object) {
        while (json_walk_next(&walk, &name, &value) == 1) {
            for (const char *const *wanted = names; *wanted; wanted++) {
                if (text_equal(name, text_of(*wanted))) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* What may stand behind the JSON: the end of a call, or markup. */
static bool is_tail(struct text rest)
{
    rest = strip(rest);
    if (rest.size > 0 && rest.data[0] == ')') {
        rest = strip((struct text){rest.data + 1, rest.size - 1});
    }
    if (rest.size > 0 && rest.data[0] == ';') {
        rest = strip((struct text){rest.data + 1, rest.size - 1});
    }
    return rest.size == 0 || rest.data[0] == '<';
}

enum taken { TAKEN_NOTHING, TAKEN_DOUBTFUL, TAKEN };

/* The object at the beginning of `t`: a reply of this API, with nothing behind it that could be another. */
static enum taken take_around(struct text t, const char *const *names, struct text *json)
{
    struct text rest = t;
    if (json_take(&rest, json) != 0 || json->data[0] != '{' || !has_member(*json, names)) {
        return TAKEN_NOTHING;
    }
    return is_tail(rest) ? TAKEN : TAKEN_DOUBTFUL;
}

static bool find_around(struct text t, const char *const *names, struct text *json)
{
    size_t end = t.size < BEFORE_MAX ? t.size : (size_t)BEFORE_MAX;
    int tries = 0;
    for (size_t at = 0; at < end && tries < TRIES_MAX; at++) {
        const char *bracket = memchr(t.data + at, '{', end - at);
        if (!bracket) {
            break;
        }
        at = (size_t)(bracket - t.data);
        tries++;
        enum taken taken = take_around((struct text){bracket, t.size - at}, names, json);
        if (taken != TAKEN_NOTHING) {
            return taken == TAKEN;
        }
    }
    return false;
}

int wrap_open(struct text body, const char *const *names, struct arena *arena, struct text *json,
              struct json_marks *marks, bool *around)
{
    struct text t = strip(body), rest = t, value;
    bool repaired;
    *around = false;
    if (t.size == 0) {
        return ERR_SYNTAX;
    }
    bool taken = (marks ? json_take_marked(&rest, &value, marks) : json_take(&rest, &value)) == 0,
         whole = taken && strip(rest).size == 0;
    bool begins = t.data[0] == '{' || t.data[0] == '[';
    if (whole && begins) {
        *json = value;
        return 0;
    }
    if (whole && t.data[0] == '"') { /* JSON in a string */
        struct text inner, inside;
        int error = json_decode_text(value, arena, &inner, &repaired);
        *around = error == 0;
        if (error == ERR_MEMORY) {
            return error;
        }
        if (error || take_around(strip(inner), names, &inside) != TAKEN) {
            return ERR_SYNTAX;
        }
        *json = inside;
        return 0;
    }
    *around = begins ? take_around(t, names, json) == TAKEN : find_around(t, names, json);
    return *around ? 0 : ERR_SYNTAX;
}

static bool is_html(struct text t)
{
    return text_find_nocase(t, TEXT("<html")) >= 0 || text_find_nocase(t, TEXT("<!doctype html")) >= 0 ||
           text_find_nocase(t, TEXT("<body")) >= 0 || text_find_nocase(t, TEXT("<head")) >= 0;
}

enum wrap_kind wrap_kind(struct text body)
{
    struct text t = strip(body);
    if (t.size == 0) {
        return WRAP_EMPTY;
    }
    if (t.data[0] == '{' || t.data[0] == '[') {
        return WRAP_JSON;
    }
    struct text head = {t.data, text_cut(t, 1024)};
    if (t.data[0] == '<') {
        return is_html(head)                                                                     ? WRAP_HTML
               : text_starts(t, TEXT("<?xml")) || text_find_nocase(head, TEXT("response>")) >= 0 ? WRAP_XML
                                                                                                 : WRAP_HTML;
    }
    for (size_t i = 0; i < head.size; i++) {
        unsigned char c = (unsigned char)head.data[i];
        if (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\f') {
            return WRAP_BYTES;
        }
    }
    return WRAP_TEXT;
}

/* One line of what may be shown to anybody. */
static void show(struct text t, char *out, size_t room)
{
    size_t used = 0;
    bool blank = false;
    while (t.size > 0 && used + 8 < room) {
        size_t size = text_sequence(t);
        unsigned char c = (unsigned char)t.data[0];
        uint32_t point = size > 1 ? text_point(t.data, size) : c;
        bool control = point <= ' ' || (point >= 0x7f && point < 0xa0);
        if (blank && used > 0 && !(size > 0 && control)) {
            out[used++] = ' ';
        }
        if (size > 0 && !control) {
            memcpy(out + used, t.data, size);
            used += size;
        } else if (size == 0) {
            out[used++] = '?';
        }
        blank = size > 0 && control;
        size = size > 0 ? size : 1;
        t = (struct text){t.data + size, t.size - size};
    }
    if (t.size > 0 && used + 4 < room) {
        memcpy(out + used, "…", 3);
        used += 3;
    }
    out[used] = '\0';
}

enum wrap_kind wrap_say(struct text body, const char *wanted, char out[WRAP_SAID_ROOM])
{
    static const char *const kinds[] = {
        [WRAP_HTML] = "HTML", [WRAP_XML] = "XML", [WRAP_JSON] = "JSON", [WRAP_TEXT] = "text"};
    struct text t = strip(body);
    enum wrap_kind kind = wrap_kind(body);
    char head[8 * SHOWN_MAX], shown[SHOWN_MAX + 8];
    size_t size = text_cut(t, sizeof head - 1);
    size =
        secret_wipe_into(head, (struct text){t.data, size}); /* cut before no secret is shown: it is 8 times as long */
    show((struct text){head, size}, shown, sizeof shown);
    bool gzip = t.size > 2 && memcmp(t.data, "\x1f\x8b", 2) == 0;
    if (kind == WRAP_EMPTY) {
        (void)snprintf(out, WRAP_SAID_ROOM, "the reply is empty");
    } else if (kind == WRAP_BYTES) {
        (void)snprintf(out, WRAP_SAID_ROOM, "the reply is neither %s nor text: %zu bytes%s", wanted, body.size,
                       gzip ? " of gzip, which no Content-Encoding tells" : "");
    } else if (kind == WRAP_JSON && strcmp(wanted, "JSON") == 0) {
        (void)snprintf(out, WRAP_SAID_ROOM, "the reply is not JSON that can be read");
    } else if (kind == WRAP_JSON) { /* records may stand in it */
        (void)snprintf(out, WRAP_SAID_ROOM, "the reply is JSON, not %s", wanted);
    } else {
        (void)snprintf(out, WRAP_SAID_ROOM, "the reply is %s, not %s: %s", kinds[kind], wanted, shown);
    }
    return kind;
}

bool wrap_asks_login(struct text body)
{
    static const struct text words[] = {TEXT("登录"), TEXT("登陆"), TEXT("login"), TEXT("log in"), TEXT("sign in")};
    ptrdiff_t at = wrap_kind(body) == WRAP_HTML ? text_find_nocase(body, TEXT("<title")) : -1;
    if (at < 0) {
        return false;
    }
    struct text title = {body.data + at, body.size - (size_t)at};
    ptrdiff_t end = text_find_nocase(title, TEXT("</title"));
    title.size = end < 0 ? 0 : (size_t)end;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_find_nocase(title, words[i]) >= 0) {
            return true;
        }
    }
    return false;
}

struct text wrap_element(struct text xml, const char *name)
{
    char mark[64];
    int size = snprintf(mark, sizeof mark, "<%s>", name);
    ptrdiff_t at = size > 0 && (size_t)size < sizeof mark ? text_find(xml, text_of(mark)) : -1;
    if (at < 0) {
        return TEXT("");
    }
    struct text value = {xml.data + at + size, xml.size - (size_t)(at + size)};
    const char *end = value.size > 0 ? memchr(value.data, '<', value.size) : NULL;
    bool closed = end && (size_t)(value.data + value.size - end) > 1 && end[1] == '/';
    return closed ? text_trim((struct text){value.data, (size_t)(end - value.data)}) : TEXT("");
}

int64_t wrap_patience(enum wrap_kind kind, bool known, int64_t most)
{
    bool page = kind == WRAP_HTML || kind == WRAP_EMPTY; /* what boxes between say while somebody works on the server */
    int64_t patience = known ? (page ? most : STRANGE_LONG) : page ? STRANGE_LONG : STRANGE_SHORT;
    return patience < most ? patience : most;
}
