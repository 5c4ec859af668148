#include "common/json/json.h"

#include <pthread.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- cJSON's memory: the arena of the parse under way on this thread ---- */

static _Thread_local struct arena *parsing;
static _Thread_local bool exhausted;

static void *tree_take(size_t size)
{
    if (!parsing) {
        return malloc(size);
    }
    void *piece = arena_take(parsing, size);
    exhausted = exhausted || !piece;
    return piece;
}

static void tree_free(void *piece)
{
    if (!parsing) {
        free(piece);
    }
}

static void hooks_set(void)
{
    cJSON_Hooks hooks = {tree_take, tree_free};
    cJSON_InitHooks(&hooks);
}

/* ---- the pass before cJSON ----
 * Walks the source once. As long as nothing needs changing `out` is NULL and cJSON reads the source itself;
 * the first change copies what was passed so far (to `copied`) into the arena, and from then on runs of
 * unchanged bytes follow in bulk. */

enum { SIGNIFICANT = 15 /* digits that a double keeps */, NUMBER_PLAIN = 40 /* cJSON cuts numbers at 63 bytes */ };

struct json_pass {
    const char *start, *end, *at;
    const char *copied; /* source bytes before this one are in `out` or dropped */
    char *out;
    size_t out_size;
    struct arena *arena;
    enum json_flags flags;
    const struct json_fields *fields; /* NULL = all of it */
    uint64_t sketch;                  /* of the names in `fields`: most others are told by one bit */
    bool escaped;                     /* a string had a backslash */
    bool skipping;                    /* inside a member that is left out: nothing of it needs to be kept */
    int depth;
    const char *fault; /* where, */
    const char *why;   /* and what is wrong there */
};

enum byte_class { BYTE_PLAIN, BYTE_QUOTE, BYTE_OPEN, BYTE_CLOSE, BYTE_NUMBER, BYTE_SLASH, BYTE_CONTROL };

static const unsigned char byte_class[256] = {
    [0 ... 8] = BYTE_CONTROL, [11] = BYTE_CONTROL,         [12] = BYTE_CONTROL, [14 ... 31] = BYTE_CONTROL,
    ['"'] = BYTE_QUOTE,       ['{'] = BYTE_OPEN,           ['['] = BYTE_OPEN,   ['}'] = BYTE_CLOSE,
    [']'] = BYTE_CLOSE,       ['0' ... '9'] = BYTE_NUMBER, ['-'] = BYTE_NUMBER, ['/'] = BYTE_SLASH,
};

static int pass_fault(struct json_pass *pass, const char *where, const char *why)
{
    pass->fault = where;
    pass->why = why;
    return ERR_SYNTAX;
}

/* Brings `out` up to `to`. Quoting adds 2 bytes to tokens of at least 5: half as much again is always enough. */
static int pass_copy(struct json_pass *pass, const char *to)
{
    if (pass->skipping) {
        return 0;
    }
    if (!pass->out) {
        size_t size = (size_t)(pass->end - pass->start);
        pass->out = arena_take(pass->arena, size + size / 2 + 16);
        if (!pass->out) {
            return ERR_MEMORY;
        }
    }
    size_t run = (size_t)(to - pass->copied);
    memcpy(pass->out + pass->out_size, pass->copied, run);
    pass->out_size += run;
    pass->copied = to;
    return 0;
}

/* Drops what stands before `to`. */
static int pass_drop(struct json_pass *pass, const char *to)
{
    int error = pass_copy(pass, pass->at);
    pass->at = to;
    pass->copied = pass->skipping ? pass->copied : to;
    return error;
}

/* The first quote, backslash or control character of a string. */
static inline const char *string_stop(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
    while (end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, back));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        int mask = _mm_movemask_epi8(hit);
        if (mask) {
            return at + __builtin_ctz((unsigned)mask);
        }
        at += 16;
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at > 0x1f) {
        at++;
    }
    return at;
}

/* Writes U+FFFD in place of the escape that ends at pass->at. */
static int pass_mend(struct json_pass *pass, const char *escape)
{
    static const struct text instead = TEXT("\xef\xbf\xbd");
    int error = pass_copy(pass, escape);
    if (!error && !pass->skipping) {
        memcpy(pass->out + pass->out_size, instead.data, instead.size);
        pass->out_size += instead.size;
        pass->copied = pass->at;
    }
    return error;
}

/* pass->at is on a backslash inside a string. cJSON takes bad hex digits for a NUL, so they are judged here. */
static int pass_escape(struct json_pass *pass)
{
    const char *at = pass->at;
    pass->escaped = true;
    if (pass->end - at < 2) {
        return pass_fault(pass, at, "the string does not end");
    }
    if (at[1] != 'u') {
        pass->at += 2;
        return 0;
    }
    int unit = text_hex(at + 2, pass->end);
    bool mend = pass->flags & JSON_MEND;
    if (unit < 0 || (unit == 0 && !mend)) {
        return pass_fault(pass, at, unit < 0 ? "\\u needs four hex digits" : "a NUL character is not allowed");
    }
    pass->at += 6;
    if (unit == 0) {
        return pass_mend(pass, at);
    }
    if (unit < 0xd800 || unit > 0xdfff) {
        return 0;
    }
    int low =
        pass->end - pass->at >= 6 && pass->at[0] == '\\' && pass->at[1] == 'u' ? text_hex(pass->at + 2, pass->end) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        return mend ? pass_mend(pass, at) : pass_fault(pass, at, "half of a surrogate pair stands alone");
    }
    pass->at += 6;
    return 0;
}

static int pass_string_slow(struct json_pass *pass)
{
    const char *opening = pass->at++;
    for (;;) {
        pass->at = string_stop(pass->at, pass->end);
        if (pass->at == pass->end) {
            return pass_fault(pass, opening, "the string does not end");
        }
        char c = *pass->at;
        int error = 0;
        if (c == '"') {
            pass->at++;
            return 0;
        }
        if (c == '\\') {
            error = pass_escape(pass);
        } else if (!(pass->flags & JSON_CONTROLS)) {
            return pass_fault(pass, pass->at, "a control character stands in a string");
        } else if (byte_class[(unsigned char)c] == BYTE_CONTROL) {
            error = pass_drop(pass, pass->at + 1);
        } else {
            pass->at++; /* a raw tab or line end is text: cJSON takes it */
        }
        if (error) {
            return error;
        }
    }
}

/* Nearly all strings hold nothing but text. */
static inline int pass_string(struct json_pass *pass)
{
    const char *stop = string_stop(pass->at + 1, pass->end);
    if (stop == pass->end || *stop != '"') {
        return pass_string_slow(pass);
    }
    pass->at = stop + 1;
    return 0;
}

static const char *digits_end(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

/* Digits from the first that is not 0. */
static size_t digits_significant(const char *at, const char *to)
{
    while (at < to && (*at == '0' || *at == '.')) {
        at++;
    }
    return (size_t)(to - at) - (memchr(at, '.', (size_t)(to - at)) ? 1 : 0);
}

static int pass_number(struct json_pass *pass)
{
    const char *start = pass->at, *end = pass->end;
    const char *digits = start + (*start == '-');
    const char *at = digits_end(digits, end);
    if (at == digits || (*digits == '0' && at - digits > 1)) {
        return pass_fault(pass, start, "that is no number");
    }
    bool keep = at - digits > SIGNIFICANT;
    if (at < end && (*at == '.' || *at == 'e' || *at == 'E')) {
        if (*at == '.') {
            const char *fraction = ++at;
            at = digits_end(at, end);
            if (at == fraction) {
                return pass_fault(pass, start, "that is no number");
            }
        }
        keep = digits_significant(digits, at) > SIGNIFICANT;
        if (at < end && (*at == 'e' || *at == 'E')) {
            at++;
            at += at < end && (*at == '+' || *at == '-');
            const char *exponent = at;
            at = digits_end(at, end);
            if (at == exponent) {
                return pass_fault(pass, start, "that is no number");
            }
            keep = keep || at - exponent > 2; /* may be past what a double holds */
        }
        keep = keep || at - start > NUMBER_PLAIN;
    }
    pass->at = at;
    if (!keep || pass->skipping) {
        return 0;
    }
    int error = pass_copy(pass, start);
    if (error) {
        return error;
    }
    pass->out[pass->out_size++] = '"';
    error = pass_copy(pass, at);
    pass->out[pass->out_size++] = '"';
    return error;
}

/* A comment becomes spaces, so that lines and columns stay what they are. */
static int pass_comment(struct json_pass *pass)
{
    const char *start = pass->at, *end = pass->end, *stop;
    if (!(pass->flags & JSON_RELAXED) || end - start < 2 || (start[1] != '/' && start[1] != '*')) {
        return pass_fault(pass, start, "a value is expected, not '/'");
    }
    if (start[1] == '/') {
        stop = memchr(start, '\n', (size_t)(end - start));
        stop = stop ? stop : end;
    } else {
        stop = memmem(start + 2, (size_t)(end - start) - 2, "*/", 2);
        if (!stop) {
            return pass_fault(pass, start, "the comment does not end");
        }
        stop += 2;
    }
    int error = pass_copy(pass, stop);
    if (error || pass->skipping) {
        pass->at = stop;
        return error;
    }
    char *blank = pass->out + pass->out_size - (stop - start);
    for (const char *at = start; at < stop; at++, blank++) {
        if (*at != '\n') {
            *blank = ' ';
        }
    }
    pass->at = stop;
    return 0;
}

static int pass_record(struct json_pass *pass);

static int pass_token(struct json_pass *pass, enum byte_class class)
{
    switch (class) {
    case BYTE_QUOTE:
        return pass_string(pass);
    case BYTE_NUMBER:
        return pass_number(pass);
    case BYTE_OPEN:
        pass->at++;
        if (++pass->depth > JSON_DEPTH) {
            pass->fault = pass->at - 1;
            pass->why = "nested too deep";
            return ERR_LIMIT;
        }
        if (pass->fields && pass->depth == pass->fields->depth && pass->at[-1] == '{') {
            return pass_record(pass);
        }
        return 0;
    case BYTE_CLOSE:
        pass->at++;
        pass->depth--;
        return 0;
    case BYTE_SLASH:
        return pass_comment(pass);
    case BYTE_CONTROL:
        if (!(pass->flags & JSON_CONTROLS)) {
            return pass_fault(pass, pass->at, "a control character stands here");
        }
        return pass_drop(pass, pass->at + 1);
    case BYTE_PLAIN:
        break;
    }
    pass->at++;
    return 0;
}

/* ---- members that nobody asked for ---- */

static uint64_t name_sketch(struct text name)
{
    size_t first = name.size ? (unsigned char)name.data[0] : 0;
    size_t last = name.size ? (unsigned char)name.data[name.size - 1] : 0;
    return UINT64_C(1) << ((name.size * 7 + first * 5 + last * 3) & 63);
}

static bool name_wanted(const struct json_pass *pass, struct text name)
{
    if (!(pass->sketch & name_sketch(name))) {
        return false;
    }
    for (size_t i = 0; i < pass->fields->count; i++) {
        if (text_equal(pass->fields->names[i], name)) {
            return true;
        }
    }
    return false;
}

/* Up to the ',' or closing bracket that ends what began at this depth. */
static int pass_value(struct json_pass *pass)
{
    int depth = pass->depth;
    while (pass->at < pass->end) {
        enum byte_class class = (enum byte_class)byte_class[(unsigned char)*pass->at];
        if (pass->depth == depth && (class == BYTE_CLOSE || *pass->at == ',')) {
            return 0;
        }
        if (class == BYTE_PLAIN) {
            pass->at++;
            continue;
        }
        int error = class == BYTE_QUOTE ? pass_string(pass) : pass_token(pass, class);
        if (error) {
            return error;
        }
    }
    return 0;
}

/* As pass_value; a string or a whole number, which most are, is passed at once. */
static int pass_left_out(struct json_pass *pass)
{
    pass->at += pass->at < pass->end && *pass->at == ':' ? 1 : 0;
    if (pass->at < pass->end && *pass->at == '"') {
        int error = pass_string(pass);
        if (error) {
            return error;
        }
    } else {
        const char *stop = digits_end(pass->at, pass->end);
        if (stop < pass->end && *stop == ',' && (*pass->at != '0' || stop - pass->at == 1)) {
            pass->at = stop;
        }
    }
    return pass_value(pass);
}

/* pass->at is behind the '{' of a record. A member that is left out takes a comma along: the one before it, or while
 * no member is kept yet the one behind it. Anything unexpected goes on as it is, for cJSON to judge. */
static int pass_record(struct json_pass *pass)
{
    bool kept = false;
    const char *before = NULL; /* the comma before the member */
    for (;;) {
        while (pass->at < pass->end &&
               (*pass->at == ' ' || *pass->at == '\n' || *pass->at == '\r' || *pass->at == '\t')) {
            pass->at++;
        }
        if (pass->at == pass->end || *pass->at != '"') {
            return 0;
        }
        const char *start = pass->at;
        pass->escaped = false;
        int error = pass_string(pass);
        if (error) {
            return error;
        }
        /* A name with escapes, or out of which something was dropped, is for cJSON to read. */
        bool wanted = pass->escaped || pass->copied > start ||
                      name_wanted(pass, (struct text){start + 1, (size_t)(pass->at - start) - 2});
        pass->skipping = !wanted;
        error = wanted ? pass_value(pass) : pass_left_out(pass);
        pass->skipping = false;
        if (error) {
            return error;
        }
        bool more = pass->at < pass->end && *pass->at == ',';
        if (!wanted) {
            const char *end = pass->at + (more && !kept ? 1 : 0);
            pass->at = kept ? before : start;
            error = pass_drop(pass, end);
            if (error) {
                return error;
            }
        }
        kept = kept || wanted;
        if (!more) {
            return 0;
        }
        before = pass->at;
        pass->at += wanted || kept ? 1 : 0;
    }
}

static int pass_run(struct json_pass *pass)
{
    while (pass->at < pass->end) {
        enum byte_class class = (enum byte_class)byte_class[(unsigned char)*pass->at];
        if (class == BYTE_PLAIN) {
            pass->at++;
            continue;
        }
        int error = pass_token(pass, class);
        if (error) {
            return error;
        }
    }
    return pass->out ? pass_copy(pass, pass->end) : 0;
}

/* ---- reading ---- */

static int fault_tell(struct cause *cause, int error, struct text text, size_t offset, const char *why)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset && i < text.size; i++) {
        if (text.data[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.data[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return cause_set(cause, error, "line %zu, column %zu: %s", line, column, why);
}

static size_t space_end(struct text t, size_t at)
{
    while (at < t.size && (t.data[at] == ' ' || t.data[at] == '\t' || t.data[at] == '\n' || t.data[at] == '\r')) {
        at++;
    }
    return at;
}

/* Does a value end before `at`, and another begin there? */
static bool comma_missing(struct text text, size_t at)
{
    size_t next = space_end(text, at), before = at;
    while (before > 0 && strchr(" \t\r\n", text.data[before - 1])) {
        before--;
    }
    char end = before > 0 ? text.data[before - 1] : ',';
    return next < text.size && text_has(TEXT("\"{["), text.data[next]) &&
           (text_has(TEXT("\"}]"), end) || (end >= '0' && end <= '9') || end == 'e' || end == 'l');
}

int json_parse(struct arena *arena, struct text source, size_t limit, enum json_flags flags, const cJSON **out,
               struct cause *cause)
{
    return json_parse_fields(arena, source, limit, flags, NULL, out, cause);
}

int json_parse_fields(struct arena *arena, struct text source, size_t limit, enum json_flags flags,
                      const struct json_fields *fields, const cJSON **out, struct cause *cause)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, hooks_set);

    if (source.size > limit) {
        return cause_set(cause, ERR_LIMIT, "JSON of %zu bytes; at most %zu are read", source.size, limit);
    }
    if ((flags & JSON_RELAXED) && text_starts(source, TEXT("\xef\xbb\xbf"))) {
        source.data += 3;
        source.size -= 3;
    }
    struct json_pass pass = {.arena = arena, .flags = flags, .fields = fields};
    for (size_t i = 0; fields && i < fields->count; i++) {
        pass.sketch |= name_sketch(fields->names[i]);
    }
    pass.start = pass.at = pass.copied = source.data;
    pass.end = source.size > 0 ? source.data + source.size : source.data;
    int error = pass_run(&pass);
    if (error == ERR_MEMORY) {
        return cause_set(cause, error, "out of memory for JSON of %zu bytes", source.size);
    }
    if (error) {
        return fault_tell(cause, error, source, (size_t)(pass.fault - pass.start), pass.why);
    }
    struct text text = pass.out ? (struct text){pass.out, pass.out_size} : source;
    if (space_end(text, 0) == text.size) {
        return fault_tell(cause, ERR_SYNTAX, text, text.size, "empty: a value is expected");
    }

    const char *stop = text.data;
    parsing = arena;
    exhausted = false;
    const cJSON *tree = cJSON_ParseWithLengthOpts(text.data, text.size, &stop, false);
    parsing = NULL;
    size_t at = stop ? (size_t)(stop - text.data) : 0;
    if (!tree && exhausted) {
        return cause_set(cause, ERR_MEMORY, "out of memory for JSON of %zu bytes", source.size);
    }
    if (!tree) {
        return fault_tell(cause, ERR_SYNTAX, text, at,
                          comma_missing(text, at) ? "a comma is missing before this"
                          : pass.depth > 0        ? "not JSON, or it ends too early"
                                                  : "not JSON");
    }
    at = space_end(text, at);
    if (at < text.size) {
        return fault_tell(cause, ERR_SYNTAX, text, at, "something stands behind the end");
    }
    *out = tree;
    return 0;
}
