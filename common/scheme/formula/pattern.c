/* The text is walked once, all alternatives side by side (Thompson): no pattern takes more time than size of text × size of
 * pattern. */
#include "common/scheme/formula/pattern.h"

#include <stdlib.h>

#include "common/scheme/formula/value.h"

enum { PROGRAM_MAX = 2000, NESTING_MAX = 30, COUNT_MAX = 255, RANGES_MAX = 64, PATTERN_MAX = 500 };

struct range {
    uint32_t low, high;
};
struct set {
    struct range ranges[RANGES_MAX];
    size_t count;
    bool negated;
};
struct step {
    enum { STEP_CHARACTER, STEP_ANY, STEP_SET, STEP_SPLIT, STEP_JUMP, STEP_START, STEP_END, STEP_FOUND } code;
    int32_t to, other; /* SPLIT and JUMP: relative to the step */
    uint32_t character;
    const struct set *set;
};
struct formula_pattern {
    const struct step *steps;
    size_t count;
};

struct builder {
    struct text rest;
    struct arena *keep;
    struct cause *why;
    struct step steps[PROGRAM_MAX];
    size_t count;
    int nesting;
};

static uint32_t take_code(struct text *t)
{
    size_t size = formula_character(*t);
    uint32_t code = text_point(t->data, size);
    *t = (struct text){t->data + size, t->size - size};
    return code;
}

static bool next_is(const struct builder *b, char c)
{
    return b->rest.size > 0 && *b->rest.data == c;
}

static bool take_if(struct builder *b, char c)
{
    if (!next_is(b, c)) {
        return false;
    }
    (void)take_code(&b->rest);
    return true;
}

static int add(struct builder *b, struct step step)
{
    if (b->count == PROGRAM_MAX) {
        return cause_set(b->why, ERR_SYNTAX, "the pattern is too large");
    }
    b->steps[b->count++] = step;
    return 0;
}

static int insert(struct builder *b, size_t at, struct step step)
{
    int error = add(b, step);
    if (!error) {
        memmove(&b->steps[at + 1], &b->steps[at], (b->count - 1 - at) * sizeof *b->steps);
        b->steps[at] = step;
    }
    return error;
}

/* ---- sets ---- */

static bool add_range(struct set *set, uint32_t low, uint32_t high)
{
    if (set->count == RANGES_MAX) {
        return false;
    }
    set->ranges[set->count++] = (struct range){low, high};
    return true;
}

static bool add_ranges(struct set *set, const char *pairs)
{
    for (; pairs[0]; pairs += 2) {
        if (!add_range(set, (unsigned char)pairs[0], (unsigned char)pairs[1])) {
            return false;
        }
    }
    return true;
}

static const char *named_class(struct text name)
{
    static const struct {
        const char *name, *pairs;
    } classes[] = {
        {"digit", "09"},      {"alpha", "AZaz"},   {"alnum", "09AZaz"}, {"upper", "AZ"},
        {"lower", "az"},      {"space", "\t\r  "}, {"blank", "\t\t  "}, {"punct", "!/:@[`{~"},
        {"xdigit", "09AFaf"}, {"print", " ~"},     {"graph", "!~"},     {"cntrl", "\x01\x1f\x7f\x7f"},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (text_equal(name, text_of(classes[i].name))) {
            return classes[i].pairs;
        }
    }
    return NULL;
}

/* \d \w \s, and their capitals for the contrary; NULL for other letters. */
static const char *short_class(char letter)
{
    switch (letter | 0x20) {
    case 'd':
        return "09";
    case 'w':
        return "09AZaz__";
    case 's':
        return "\t\r  ";
    default:
        return NULL;
    }
}

static int bad_set(struct builder *b)
{
    return cause_set(b->why, ERR_SYNTAX, "a set [...] is wrong, has no end or more than %d parts", RANGES_MAX);
}

static int take_set_part(struct builder *b, struct set *set)
{
    if (text_starts(b->rest, TEXT("[:"))) {
        ptrdiff_t end = text_find(b->rest, TEXT(":]"));
        const char *pairs = end > 0 ? named_class((struct text){b->rest.data + 2, (size_t)end - 2}) : NULL;
        if (!pairs || !add_ranges(set, pairs)) {
            return bad_set(b);
        }
        b->rest = (struct text){b->rest.data + end + 2, b->rest.size - (size_t)end - 2};
        return 0;
    }
    uint32_t low = take_code(&b->rest);
    if (low == '\\' && b->rest.size > 0) {
        const char *pairs = short_class(*b->rest.data);
        low = take_code(&b->rest);
        if (pairs && low >= 'a') {
            return add_ranges(set, pairs) ? 0 : bad_set(b);
        }
    }
    uint32_t high = low;
    if (b->rest.size > 1 && b->rest.data[0] == '-' && b->rest.data[1] != ']') {
        (void)take_code(&b->rest);
        high = take_code(&b->rest);
        if (high == '\\' && b->rest.size > 0) {
            high = take_code(&b->rest);
        }
    }
    return high >= low && add_range(set, low, high) ? 0 : bad_set(b);
}

static int take_set(struct builder *b)
{
    struct set *set = arena_take(b->keep, sizeof *set);
    if (!set) {
        return ERR_MEMORY;
    }
    *set = (struct set){.count = 0};
    set->negated = take_if(b, '^');
    bool first = true;
    while (b->rest.size > 0 && (first || !next_is(b, ']'))) {
        int error = take_set_part(b, set);
        if (error) {
            return error;
        }
        first = false;
    }
    if (!take_if(b, ']')) {
        return bad_set(b);
    }
    return add(b, (struct step){.code = STEP_SET, .set = set});
}

static bool in_set(const struct set *set, uint32_t c)
{
    for (size_t i = 0; i < set->count; i++) {
        if (c >= set->ranges[i].low && c <= set->ranges[i].high) {
            return !set->negated;
        }
    }
    return set->negated;
}

/* ---- grammar ---- */

static int take_alternatives(struct builder *b);

static int take_escape(struct builder *b)
{
    if (b->rest.size == 0) {
        return cause_set(b->why, ERR_SYNTAX, "\\ at the end");
    }
    char letter = *b->rest.data;
    const char *pairs = short_class(letter);
    uint32_t c = take_code(&b->rest);
    if (pairs) {
        struct set *set = arena_take(b->keep, sizeof *set);
        if (!set) {
            return ERR_MEMORY;
        }
        *set = (struct set){.count = 0, .negated = letter < 'a'};
        (void)add_ranges(set, pairs);
        return add(b, (struct step){.code = STEP_SET, .set = set});
    }
    if (c == 'n' || c == 't' || c == 'r') {
        c = c == 'n' ? '\n' : c == 't' ? '\t' : '\r';
    } else if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
        return cause_set(b->why, ERR_SYNTAX, "\\%c: only \\d \\w \\s \\n \\t and signs like \\. follow a \\", (char)c);
    }
    return add(b, (struct step){.code = STEP_CHARACTER, .character = c});
}

static int take_atom(struct builder *b)
{
    if (take_if(b, '(')) {
        if (++b->nesting > NESTING_MAX) {
            return cause_set(b->why, ERR_SYNTAX, "more than %d brackets in one another", NESTING_MAX);
        }
        int error = take_alternatives(b);
        b->nesting--;
        if (!error && !take_if(b, ')')) {
            error = cause_set(b->why, ERR_SYNTAX, "( without )");
        }
        return error;
    }
    if (take_if(b, '[')) {
        return take_set(b);
    }
    if (take_if(b, '\\')) {
        return take_escape(b);
    }
    if (take_if(b, '.')) {
        return add(b, (struct step){.code = STEP_ANY});
    }
    if (take_if(b, '^')) {
        return add(b, (struct step){.code = STEP_START});
    }
    if (take_if(b, '$')) {
        return add(b, (struct step){.code = STEP_END});
    }
    if (text_has(TEXT("*+?{"), *b->rest.data)) {
        return cause_set(b->why, ERR_SYNTAX, "%c repeats nothing; a %c itself is written \\%c", *b->rest.data,
                         *b->rest.data, *b->rest.data);
    }
    return add(b, (struct step){.code = STEP_CHARACTER, .character = take_code(&b->rest)});
}

/* {2} {2,} {2,4}: false where it is none. */
static bool take_counts(struct builder *b, int *least, int *most)
{
    int numbers[2] = {0, -1};
    for (int i = 0; i < 2; i++) {
        size_t digits = 0;
        int number = 0;
        while (b->rest.size > 0 && *b->rest.data >= '0' && *b->rest.data <= '9' && digits++ < 3) {
            number = number * 10 + (int)(take_code(&b->rest) - '0');
        }
        if (digits > 0) {
            numbers[i] = number;
        } else if (i == 0) {
            return false;
        }
        if (i == 0 && !take_if(b, ',')) {
            numbers[1] = numbers[0];
            break;
        }
    }
    *least = numbers[0];
    *most = numbers[1];
    return take_if(b, '}') && *least <= COUNT_MAX && *most <= COUNT_MAX && (*most < 0 || *most >= *least);
}

/* What stands from `start` on, `least` to `most` times (-1: any number). Steps are relative: copies need no change. */
static int repeat(struct builder *b, size_t start, int least, int most)
{
    size_t size = b->count - start;
    struct step *piece = arena_take(b->keep, (size + 1) * sizeof *piece);
    if (!piece) {
        return ERR_MEMORY;
    }
    memcpy(piece, &b->steps[start], size * sizeof *piece);
    b->count = start;
    int optional = most < 0 ? 1 : most - least;
    if ((size + 2) * (size_t)(least + optional) > PROGRAM_MAX - b->count) {
        return cause_set(b->why, ERR_SYNTAX, "the pattern is too large");
    }
    int error = 0;
    for (int i = 0; i < least + optional && !error; i++) {
        int past = (int)size + (most < 0 ? 2 : 1);
        bool may_skip = i >= least;
        if (may_skip) { /* behind what follows of it, all of it optional too */
            int all = most < 0 ? past : (int)(size + 1) * (least + optional - i);
            error = add(b, (struct step){.code = STEP_SPLIT, .to = 1, .other = all});
        }
        for (size_t j = 0; j < size && !error; j++) {
            error = add(b, piece[j]);
        }
        if (!error && may_skip && most < 0) {
            error = add(b, (struct step){.code = STEP_JUMP, .to = -(int)size - 1});
        }
    }
    return error;
}

static int take_pieces(struct builder *b)
{
    while (b->rest.size > 0 && !next_is(b, '|') && !next_is(b, ')')) {
        size_t start = b->count;
        int error = take_atom(b), least, most;
        while (!error && b->rest.size > 0 && text_has(TEXT("*+?{"), *b->rest.data)) {
            char c = (char)take_code(&b->rest);
            least = c == '+';
            most = c == '?' ? 1 : -1;
            if (c == '{' && !take_counts(b, &least, &most)) {
                return cause_set(b->why, ERR_SYNTAX, "a count is written {2}, {2,} or {2,4}, at most %d", COUNT_MAX);
            }
            error = repeat(b, start, least, most);
        }
        if (error) {
            return error;
        }
    }
    return 0;
}

static int take_alternatives(struct builder *b)
{
    size_t start = b->count;
    int error = take_pieces(b);
    while (!error && take_if(b, '|')) {
        size_t size = b->count - start;
        error = insert(b, start, (struct step){.code = STEP_SPLIT, .to = 1, .other = (int)size + 2});
        size_t jump = b->count;
        error = error ? error : add(b, (struct step){.code = STEP_JUMP});
        error = error ? error : take_pieces(b);
        if (!error) {
            b->steps[jump].to = (int)(b->count - jump);
        }
    }
    return error;
}

static int build(struct builder *b, const struct formula_pattern **out)
{
    int error = take_alternatives(b);
    if (!error && b->rest.size > 0) {
        error = cause_set(b->why, ERR_SYNTAX, ") without (");
    }
    error = error ? error : add(b, (struct step){.code = STEP_FOUND});
    if (error) {
        return error;
    }
    struct formula_pattern *pattern = arena_take(b->keep, sizeof *pattern);
    struct step *steps = arena_take(b->keep, b->count * sizeof *steps);
    if (!pattern || !steps) {
        return ERR_MEMORY;
    }
    memcpy(steps, b->steps, b->count * sizeof *steps);
    *pattern = (struct formula_pattern){steps, b->count};
    *out = pattern;
    return 0;
}

int formula_pattern_compile(struct arena *keep, struct text source, const struct formula_pattern **out,
                            struct cause *why)
{
    if (source.size > PATTERN_MAX) {
        return cause_set(why, ERR_SYNTAX, "a pattern has at most %d bytes", PATTERN_MAX);
    }
    struct builder *b = calloc(1, sizeof *b);
    if (!b) {
        return ERR_MEMORY;
    }
    b->rest = source;
    b->keep = keep;
    b->why = why;
    int error = build(b, out);
    free(b);
    return error;
}

/* ---- search ---- */

struct walk {
    const struct formula_pattern *pattern;
    uint32_t *now, *then, *open; /* steps alive, those of the next character, those to be followed */
    size_t now_count, then_count;
    uint32_t *seen; /* by step: the round in which it was added */
    uint32_t round;
    bool start, end; /* of the text */
};

/* Adds a step and where it leads without a character. True: found. */
static bool follow(struct walk *w, uint32_t at)
{
    size_t open = 0;
    w->open[open++] = at;
    while (open > 0) {
        at = w->open[--open];
        if (w->seen[at] == w->round) {
            continue;
        }
        w->seen[at] = w->round;
        const struct step *step = &w->pattern->steps[at];
        switch (step->code) {
        case STEP_FOUND:
            return true;
        case STEP_SPLIT:
            w->open[open++] = at + (uint32_t)step->other;
            w->open[open++] = at + (uint32_t)step->to;
            break;
        case STEP_JUMP:
            w->open[open++] = at + (uint32_t)step->to;
            break;
        case STEP_START:
        case STEP_END:
            if (step->code == STEP_START ? w->start : w->end) {
                w->open[open++] = at + 1;
            }
            break;
        default:
            w->then[w->then_count++] = at;
        }
    }
    return false;
}

static bool takes(const struct step *step, uint32_t c)
{
    return step->code == STEP_ANY || (step->code == STEP_CHARACTER ? step->character == c : in_set(step->set, c));
}

int formula_pattern_search(const struct formula_pattern *pattern, struct arena *arena, struct text t, bool *out)
{
    enum { WORK_MAX = 100000000 }; /* steps times characters: less than a second */
    size_t count = pattern->count;
    if (t.size > WORK_MAX / count) {
        return ERR_LIMIT;
    }
    struct walk w = {.pattern = pattern, .start = true};
    uint32_t *room = arena_take(arena, count * 6 * sizeof *room); /* open: a step is pushed at most twice */
    if (!room) {
        return ERR_MEMORY;
    }
    w.now = room;
    w.then = room + count;
    w.open = room + 2 * count;
    w.seen = room + 5 * count;
    memset(w.seen, 0, count * sizeof *w.seen);
    for (bool last = false; !last;) {
        last = t.size == 0;
        w.end = last;
        w.round++;
        w.then_count = 0;
        bool found = follow(&w, 0); /* a match may begin at any character */
        uint32_t c = last ? 0 : take_code(&t);
        /* Those alive were waiting for the character before: `now` holds where they went. */
        for (size_t i = 0; i < w.now_count && !found; i++) {
            found = follow(&w, w.now[i]);
        }
        if (found) {
            *out = true;
            return 0;
        }
        w.now_count = 0;
        for (size_t i = 0; i < w.then_count && !last; i++) {
            if (takes(&pattern->steps[w.then[i]], c)) {
                w.now[w.now_count++] = w.then[i] + 1;
            }
        }
        w.start = false;
    }
    *out = false;
    return 0;
}
