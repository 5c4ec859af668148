#include "common/json/scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Everything up to a space is white here: the source's replies hold control characters. */
static const char *white_end(const char *at, const char *end)
{
    while (at < end && (unsigned char)*at <= ' ') {
        at++;
    }
    return at;
}

/* The first quote or backslash. */
static inline const char *quote_find(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\');
    while (end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, back)));
        if (mask) {
            return at + __builtin_ctz((unsigned)mask);
        }
        at += 16;
    }
#endif
    while (at < end && *at != '"' && *at != '\\') {
        at++;
    }
    return at;
}

/* Behind the string in which `at` stands; NULL: it does not end. */
static const char *string_rest(const char *at, const char *end)
{
    for (at = quote_find(at, end); at < end && *at == '\\'; at = quote_find(at, end)) {
        at += end - at > 1 ? 2 : 1;
    }
    return at < end ? at + 1 : NULL;
}

/* Behind the string that opens at `at`. */
static const char *string_end(const char *at, const char *end)
{
    return string_rest(at + 1, end);
}

struct brackets { /* a walk to the end of the brackets that it began with */
    const char *at;
    size_t depth;
    bool quoted; /* `at` stands inside a string */
    bool over;
    struct json_marks *marks;     /* NULL = nothing is noted */
    size_t open[JSON_MARK_DEPTH]; /* marks of the brackets that are open; SIZE_MAX = it has none */
};

static size_t mark_add(struct json_marks *marks, const char *at)
{
    enum { ROOM_LEAST = 128 };
    if (marks->count == marks->room) {
        size_t room = marks->room > 0 ? 2 * marks->room : ROOM_LEAST;
        struct json_mark *larger = room <= JSON_MARKS_MAX ? arena_take(marks->arena, room * sizeof *larger) : NULL;
        if (!larger) {
            return SIZE_MAX;
        }
        if (marks->count > 0) {
            memcpy(larger, marks->list, marks->count * sizeof *larger);
        }
        marks->list = larger;
        marks->room = room;
    }
    marks->list[marks->count] = (struct json_mark){.at = at};
    return marks->count++;
}

static void mark_close(struct json_marks *marks, size_t mark, const char *end)
{
    if (mark < marks->count) {
        marks->list[mark].end = end;
        marks->list[mark].after = marks->count;
    }
}

/* A bracket outside of strings, at `at`. */
static void bracket_take(struct brackets *walk, bool opens, const char *at)
{
    size_t level = opens ? walk->depth : walk->depth - 1;
    if (walk->marks && level < JSON_MARK_DEPTH) {
        if (opens) {
            walk->open[level] = mark_add(walk->marks, at);
        } else {
            mark_close(walk->marks, walk->open[level], at + 1);
        }
    }
    walk->depth = opens ? walk->depth + 1 : walk->depth - 1;
    if (walk->depth == 0) {
        walk->at = at + 1;
        walk->over = true;
    }
}

#ifdef __SSE2__
enum { BLOCK = 16, BLOCK_ALL = 0xffff };

static unsigned mask_of(__m128i bytes, char c)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

/* Takes a whole block at once. False, and nothing is taken, where it has a backslash. */
static bool block_take(struct brackets *walk)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)walk->at);
    if (mask_of(bytes, '\\')) {
        return false;
    }
    unsigned inside = mask_of(bytes, '"'); /* bit i: byte i stands in a string, or opens one */
    inside ^= inside << 1;
    inside ^= inside << 2;
    inside ^= inside << 4;
    inside ^= inside << 8;
    inside ^= walk->quoted ? BLOCK_ALL : 0;
    __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20)); /* [ and { differ in this bit, and so do ] and } */
    unsigned open = mask_of(folded, '{') & ~inside, close = mask_of(folded, '}') & ~inside;
    const char *at = walk->at;
    walk->at += BLOCK;
    walk->quoted = (inside >> (BLOCK - 1) & 1) != 0;
    for (unsigned bits = open | close; bits && !walk->over; bits &= bits - 1) {
        unsigned bit = (unsigned)__builtin_ctz(bits);
        bracket_take(walk, (open >> bit & 1) != 0, at + bit);
    }
    return true;
}
#else
enum { BLOCK = 16 };

static bool block_take(struct brackets *walk)
{
    (void)walk;
    return false;
}
#endif

/* Behind the brackets that open at `at`. */
static const char *bracket_end(const char *at, const char *end, struct json_marks *marks)
{
    struct brackets walk = {.at = at, .marks = marks};
    while (walk.at && walk.at < end && !walk.over) {
        if (end - walk.at >= BLOCK && block_take(&walk)) {
            continue;
        }
        if (walk.quoted || *walk.at == '"') {
            walk.at = walk.quoted ? string_rest(walk.at, end) : string_end(walk.at, end);
            walk.quoted = false;
            continue;
        }
        char folded = (char)(*walk.at | 0x20);
        walk.at++;
        if (folded == '{' || folded == '}') {
            bracket_take(&walk, folded == '{', walk.at - 1);
        }
    }
    return walk.over ? walk.at : NULL;
}

static bool ends_word(char c)
{
    return (unsigned char)c <= ' ' || c == ',' || c == ':' || c == '"' || c == '{' || c == '}' || c == '[' || c == ']';
}

static const char *value_end(const char *at, const char *end)
{
    if (at == end) {
        return NULL;
    }
    if (*at == '"') {
        return string_end(at, end);
    }
    if (*at == '{' || *at == '[') {
        return bracket_end(at, end, NULL);
    }
    const char *start = at;
    while (at < end && !ends_word(*at)) {
        at++;
    }
    return at > start ? at : NULL;
}

static int take(struct text *rest, struct text *value, struct json_marks *marks)
{
    const char *end = rest->data + rest->size, *at = rest->size > 0 ? white_end(rest->data, end) : end;
    bool marked = marks && at < end && (*at == '{' || *at == '[');
    const char *stop = rest->size == 0 ? NULL : marked ? bracket_end(at, end, marks) : value_end(at, end);
    if (!stop) {
        return ERR_SYNTAX;
    }
    *value = (struct text){at, (size_t)(stop - at)};
    *rest = (struct text){stop, (size_t)(end - stop)};
    return 0;
}

int json_take(struct text *rest, struct text *value)
{
    return take(rest, value, NULL);
}

int json_take_marked(struct text *rest, struct text *value, struct json_marks *marks)
{
    marks->count = marks->room = 0;
    return take(rest, value, marks);
}

int json_walk_begin(struct json_walk *walk, struct text container)
{
    if (container.size < 2 || (container.data[0] != '{' && container.data[0] != '[')) {
        return ERR_SYNTAX;
    }
    *walk = (struct json_walk){
        .rest = {container.data + 1, container.size - 1}, .object = container.data[0] == '{', .first = true};
    return 0;
}

/* The mark of what opens at `at`; count where it has none. */
static size_t mark_find(const struct json_marks *marks, const char *at)
{
    size_t low = 0, high = marks->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((uintptr_t)marks->list[middle].at < (uintptr_t)at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < marks->count && marks->list[low].at == at ? low : marks->count;
}

int json_walk_marked(struct json_walk *walk, struct text container, const struct json_marks *marks)
{
    int error = json_walk_begin(walk, container);
    size_t mark = !error && marks ? mark_find(marks, container.data) : 0;
    if (!error && marks && mark < marks->count) {
        walk->marks = marks;
        walk->mark = mark + 1;
    }
    return error;
}

/* Behind the value at `at`, which is the walk's next. */
static const char *next_end(struct json_walk *walk, const char *at, const char *end)
{
    const struct json_marks *marks = walk->marks;
    if (!marks || at == end || (*at != '{' && *at != '[')) {
        return value_end(at, end);
    }
    while (walk->mark < marks->count && marks->list[walk->mark].at < at && marks->list[walk->mark].end) {
        walk->mark = marks->list[walk->mark].after;
    }
    const struct json_mark *mark = walk->mark < marks->count ? &marks->list[walk->mark] : NULL;
    return mark && mark->at == at && mark->end && mark->end <= end ? mark->end : value_end(at, end);
}

int json_walk_next(struct json_walk *walk, struct text *name, struct text *value)
{
    const char *end = walk->rest.data + walk->rest.size, *at = white_end(walk->rest.data, end);
    if (at < end && *at == (walk->object ? '}' : ']')) {
        return white_end(at + 1, end) == end ? 0 : ERR_SYNTAX;
    }
    if (!walk->first) {
        if (at == end || *at != ',') {
            return ERR_SYNTAX;
        }
        at = white_end(at + 1, end);
        if (at < end && *at == (walk->object ? '}' : ']')) { /* a comma behind the last one */
            return white_end(at + 1, end) == end ? 0 : ERR_SYNTAX;
        }
    }
    *name = TEXT("");
    if (walk->object) {
        const char *stop = at < end && *at == '"' ? string_end(at, end) : NULL;
        if (!stop) {
            return ERR_SYNTAX;
        }
        *name = (struct text){at + 1, (size_t)(stop - at) - 2};
        at = white_end(stop, end);
        if (at == end || *at != ':') {
            return ERR_SYNTAX;
        }
        at = white_end(at + 1, end);
    }
    const char *stop = next_end(walk, at, end);
    if (!stop) {
        return ERR_SYNTAX;
    }
    *value = (struct text){at, (size_t)(stop - at)};
    walk->rest = (struct text){stop, (size_t)(end - stop)};
    walk->first = false;
    return 1;
}
