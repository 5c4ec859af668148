/* Functions on texts. Places and sizes are counted in characters. */
#include "common/base/language.h"
#include "common/scheme/formula/date.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/formula/value.h"

static struct text from(struct text t, size_t at)
{
    return (struct text){t.data + at, t.size - at};
}

/* A number of characters: whole (the fraction is cut, as in a spreadsheet), not negative; *out is at most FORMULA_TEXT_MAX + 1. */
static enum formula_error size_argument(struct formula_machine *m, const struct formula_value *args, int at,
                                        size_t *out)
{
    int64_t n;
    const struct decimal *d = &args[at].number;
    if (d->negative && decimal_whole(d, &n) == 0 && n < 0) {
        return formula_blame(m, at, FORMULA_RANGE, "a number of characters is not negative");
    }
    bool large = decimal_whole(d, &n) != 0 || n > FORMULA_TEXT_MAX;
    *out = large ? FORMULA_TEXT_MAX + (size_t)1 : (size_t)(n < 0 ? 0 : n);
    return FORMULA_FINE;
}

enum formula_error formula_left(struct formula_machine *m, const struct formula_value *args, size_t count,
                                struct formula_value *out)
{
    size_t n = 1;
    enum formula_error error = count > 1 ? size_argument(m, args, 1, &n) : FORMULA_FINE;
    *out = formula_text((struct text){args[0].text.data, formula_characters(args[0].text, n)});
    return error;
}

enum formula_error formula_right(struct formula_machine *m, const struct formula_value *args, size_t count,
                                 struct formula_value *out)
{
    size_t n = 1, length = formula_length(args[0].text);
    enum formula_error error = count > 1 ? size_argument(m, args, 1, &n) : FORMULA_FINE;
    *out = formula_text(from(args[0].text, formula_characters(args[0].text, n < length ? length - n : 0)));
    return error;
}

enum formula_error formula_mid(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    (void)count;
    size_t start, n;
    enum formula_error error = size_argument(m, args, 1, &start);
    error = error ? error : size_argument(m, args, 2, &n);
    if (!error && start == 0) {
        error = formula_blame(m, 1, FORMULA_RANGE, "the first character is 1");
    }
    if (!error) {
        struct text rest = from(args[0].text, formula_characters(args[0].text, start - 1));
        *out = formula_text((struct text){rest.data, formula_characters(rest, n)});
    }
    return error;
}

enum formula_error formula_len(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_number(decimal_of((int64_t)formula_length(args[0].text)));
    return FORMULA_FINE;
}

/* ---- single characters ---- */

/* Bytes of the blank that `t` begins with: ASCII, the no-break and the full-width one. */
static size_t blank(struct text t)
{
    if (t.size > 0 && (*t.data == ' ' || (*t.data >= '\t' && *t.data <= '\r'))) {
        return 1;
    }
    return text_starts(t, TEXT("\xe3\x80\x80")) ? 3 : text_starts(t, TEXT("\xc2\xa0")) ? 2 : 0;
}

static size_t blank_end(struct text t)
{
    static const size_t sizes[] = {1, 2, 3};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (t.size >= sizes[i] && blank(from(t, t.size - sizes[i])) == sizes[i]) {
            return sizes[i];
        }
    }
    return 0;
}

static struct text trimmed(struct text t)
{
    size_t size;
    while ((size = blank(t)) > 0) {
        t = from(t, size);
    }
    while ((size = blank_end(t)) > 0) {
        t.size -= size;
    }
    return t;
}

enum formula_error formula_trim(struct formula_machine *m, const struct formula_value *args, size_t count,
                                struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_text(trimmed(args[0].text));
    return FORMULA_FINE;
}

/* What becomes of a character: its bytes in `to`, how many. */
typedef size_t character_change(struct text character, bool *word, char to[4]);

static enum formula_error each_character(struct formula_machine *m, struct text t, character_change *change,
                                         struct formula_value *out)
{
    char *to = formula_take(m, t.size);
    if (!to) {
        return FORMULA_RANGE;
    }
    size_t size = 0;
    bool word = false; /* the character before is a letter */
    for (size_t at = 0; at < t.size;) {
        size_t bytes = formula_character(from(t, at));
        char changed[4];
        size_t put = change((struct text){t.data + at, bytes}, &word, changed);
        memcpy(to + size, changed, put); /* never more than it was */
        size += put;
        at += bytes;
    }
    *out = formula_text((struct text){to, size});
    return FORMULA_FINE;
}

static size_t keep(struct text c, char to[4])
{
    memcpy(to, c.data, c.size);
    return c.size;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static size_t clean(struct text c, bool *word, char to[4])
{
    (void)word;
    unsigned char first = (unsigned char)*c.data;
    bool control = first < 0x20 || first == 0x7f || (c.size == 2 && first == 0xc2 && (unsigned char)c.data[1] < 0xa0);
    return control ? 0 : keep(c, to);
}

static size_t upper(struct text c, bool *word, char to[4])
{
    (void)word;
    (void)keep(c, to);
    to[0] = (char)(is_lower(*c.data) ? *c.data - 'a' + 'A' : *c.data);
    return c.size;
}

static size_t lower(struct text c, bool *word, char to[4])
{
    (void)word;
    (void)keep(c, to);
    to[0] = (char)(is_upper(*c.data) ? *c.data - 'A' + 'a' : *c.data);
    return c.size;
}

static size_t proper(struct text c, bool *word, char to[4])
{
    size_t size = *word ? lower(c, word, to) : upper(c, word, to);
    *word = is_upper(*c.data) || is_lower(*c.data);
    return size;
}

/* U+FF01 to U+FF5E are ! to ~, U+3000 is the blank, U+FFE5 the ¥. */
static size_t halfwidth(struct text c, bool *word, char to[4])
{
    (void)word;
    if (c.size != 3) {
        return keep(c, to);
    }
    uint32_t code = text_point(c.data, c.size);
    if (code >= 0xff01 && code <= 0xff5e) {
        to[0] = (char)(code - 0xff01 + '!');
        return 1;
    }
    if (code == 0x3000) {
        to[0] = ' ';
        return 1;
    }
    if (code == 0xffe5) {
        return keep(TEXT("¥"), to);
    }
    return keep(c, to);
}

static size_t digits(struct text c, bool *word, char to[4])
{
    size_t size = halfwidth(c, word, to);
    return size == 1 && to[0] >= '0' && to[0] <= '9' ? 1 : 0;
}

#define CHARACTER_FUNCTION(name, change)                                                                               \
    enum formula_error name(struct formula_machine *m, const struct formula_value *args, size_t count,                 \
                            struct formula_value *out)                                                                 \
    {                                                                                                                  \
        (void)count;                                                                                                   \
        return each_character(m, args[0].text, change, out);                                                           \
    }
CHARACTER_FUNCTION(formula_clean, clean)
CHARACTER_FUNCTION(formula_upper, upper)
CHARACTER_FUNCTION(formula_lower, lower)
CHARACTER_FUNCTION(formula_proper, proper)
CHARACTER_FUNCTION(formula_halfwidth, halfwidth)
CHARACTER_FUNCTION(formula_digits, digits)

/* ---- pieces ---- */

enum formula_error formula_substitute(struct formula_machine *m, const struct formula_value *args, size_t count,
                                      struct formula_value *out)
{
    (void)count;
    struct text t = args[0].text, old = args[1].text, new = args[2].text;
    size_t found = 0;
    ptrdiff_t at;
    for (struct text rest = t; old.size > 0 && (at = text_find(rest, old)) >= 0; found++) {
        rest = from(rest, (size_t)at + old.size);
    }
    if (found == 0) {
        *out = args[0];
        return FORMULA_FINE;
    }
    size_t size = t.size - found * old.size;
    if (new.size > (FORMULA_TEXT_MAX - size) / found) {
        return formula_blame(m, -1, FORMULA_RANGE, "the text grows beyond 1 MiB");
    }
    char *to = formula_take(m, size + found * new.size);
    if (!to) {
        return FORMULA_RANGE;
    }
    *out = formula_text((struct text){to, size + found * new.size});
    for (; found > 0; found--) {
        at = text_find(t, old);
        memcpy(to, t.data, (size_t)at);
        to += at;
        if (new.size > 0) {
            memcpy(to, new.data, new.size);
            to += new.size;
        }
        t = from(t, (size_t)at + old.size);
    }
    if (t.size > 0) {
        memcpy(to, t.data, t.size);
    }
    return FORMULA_FINE;
}

enum formula_error formula_find(struct formula_machine *m, const struct formula_value *args, size_t count,
                                struct formula_value *out)
{
    (void)m;
    (void)count;
    ptrdiff_t at = text_find(args[1].text, args[0].text);
    size_t before = at > 0 ? formula_length((struct text){args[1].text.data, (size_t)at}) : 0;
    *out = formula_number(decimal_of(at < 0 ? 0 : (int64_t)before + 1));
    return FORMULA_FINE;
}

enum formula_error formula_contains(struct formula_machine *m, const struct formula_value *args, size_t count,
                                    struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_flag(text_find(args[0].text, args[1].text) >= 0);
    return FORMULA_FINE;
}

enum formula_error formula_startswith(struct formula_machine *m, const struct formula_value *args, size_t count,
                                      struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_flag(text_starts(args[0].text, args[1].text));
    return FORMULA_FINE;
}

enum formula_error formula_endswith(struct formula_machine *m, const struct formula_value *args, size_t count,
                                    struct formula_value *out)
{
    (void)m;
    (void)count;
    struct text t = args[0].text, end = args[1].text;
    *out = formula_flag(t.size >= end.size && text_equal(from(t, t.size - end.size), end));
    return FORMULA_FINE;
}

/* Where the delimiter begins; -1 where there is none. An empty one is nowhere. */
static ptrdiff_t delimiter(const struct formula_value *args)
{
    return args[1].text.size > 0 ? text_find(args[0].text, args[1].text) : -1;
}

enum formula_error formula_textbefore(struct formula_machine *m, const struct formula_value *args, size_t count,
                                      struct formula_value *out)
{
    (void)m;
    (void)count;
    ptrdiff_t at = delimiter(args);
    *out = at < 0 ? args[0] : formula_text((struct text){args[0].text.data, (size_t)at});
    return FORMULA_FINE;
}

enum formula_error formula_textafter(struct formula_machine *m, const struct formula_value *args, size_t count,
                                     struct formula_value *out)
{
    (void)m;
    (void)count;
    ptrdiff_t at = delimiter(args);
    if (at >= 0) {
        *out = formula_text(from(args[0].text, (size_t)at + args[1].text.size));
    }
    return FORMULA_FINE;
}

static enum formula_error repeat(struct formula_machine *m, struct text piece, size_t times, struct text behind,
                                 struct formula_value *out)
{
    bool large =
        piece.size > 0 && times > (FORMULA_TEXT_MAX - (behind.size > FORMULA_TEXT_MAX ? 0 : behind.size)) / piece.size;
    if (large || behind.size > FORMULA_TEXT_MAX) {
        return formula_blame(m, 1, FORMULA_RANGE, "the text grows beyond 1 MiB");
    }
    char *to = formula_take(m, piece.size * times + behind.size);
    if (!to) {
        return FORMULA_RANGE;
    }
    *out = formula_text((struct text){to, piece.size * times + behind.size});
    for (; piece.size > 0 && times > 0; times--) {
        memcpy(to, piece.data, piece.size);
        to += piece.size;
    }
    if (behind.size > 0) {
        memcpy(to, behind.data, behind.size);
    }
    return FORMULA_FINE;
}

enum formula_error formula_padleft(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   struct formula_value *out)
{
    (void)count;
    size_t n, length = formula_length(args[0].text);
    enum formula_error error = size_argument(m, args, 1, &n);
    if (!error && formula_length(args[2].text) != 1) {
        error = formula_blame(m, 2, FORMULA_RANGE, "a single character is needed");
    }
    return error ? error : repeat(m, args[2].text, n > length ? n - length : 0, args[0].text, out);
}

enum formula_error formula_rept(struct formula_machine *m, const struct formula_value *args, size_t count,
                                struct formula_value *out)
{
    (void)count;
    size_t n;
    enum formula_error error = size_argument(m, args, 1, &n);
    return error ? error : repeat(m, args[0].text, n, TEXT(""), out);
}

/* ---- texts as numbers, in the ways people write them ---- */

/* "1,234,567": commas only in their places. False where they are not. */
static bool commas_out(struct text t, char *to, size_t *size)
{
    size_t start = 0, group = 0;
    bool any = false;
    while (start < t.size && (t.data[start] == '-' || t.data[start] == '+')) {
        start++;
    }
    for (size_t i = 0; i < t.size; i++) {
        char c = t.data[i];
        if (c == ',') {
            if (i == start || (any ? group != 3 : group > 3)) {
                return false;
            }
            any = true;
            group = 0;
            continue;
        }
        if (c == '.') {
            if (any && group != 3) {
                return false;
            }
            memcpy(to + *size, t.data + i, t.size - i);
            *size += t.size - i;
            return !memchr(t.data + i, ',', t.size - i);
        }
        group += i >= start;
        to[(*size)++] = c;
    }
    return !any || group == 3;
}

enum formula_error formula_number_fn(struct formula_machine *m, const struct formula_value *args, size_t count,
                                     struct formula_value *out)
{
    enum { WRITTEN_MAX = 100 };
    (void)count;
    if (args[0].type == FORMULA_NUMBER) {
        *out = args[0];
        return FORMULA_FINE;
    }
    struct text text;
    struct formula_value half;
    enum formula_error error = formula_as_text(m, &args[0], &text);
    if (error || args[0].type == FORMULA_DATE || args[0].type == FORMULA_BOOLEAN) {
        return formula_blame(m, 0, FORMULA_TYPE_WRONG, "a text or number is needed");
    }
    error = each_character(m, text, halfwidth, &half);
    if (error) {
        return error;
    }
    text = trimmed(half.text);
    if (text.size == 0) {
        return formula_blame(m, 0, FORMULA_IS_EMPTY, "a number is needed");
    }
    char sign[WRITTEN_MAX * 2];
    size_t size = 0;
    if (*text.data == '-' || *text.data == '+') {
        sign[size++] = *text.data;
        text = from(text, 1);
    }
    if (text_starts(text, TEXT("¥"))) {
        text = trimmed(from(text, sizeof "¥" - 1));
    }
    struct decimal number;
    int parsed = text.size > WRITTEN_MAX || !commas_out(text, sign, &size)
                     ? ERR_SYNTAX
                     : decimal_parse((struct text){sign, size}, &number);
    if (parsed) {
        return formula_blame(m, 0, parsed == ERR_LIMIT ? FORMULA_OVERFLOW : FORMULA_NO_NUMBER,
                             parsed == ERR_LIMIT                   ? NULL
                             : formula_is_percentage(args[0].text) ? FORMULA_PERCENTAGE_WORDS
                                                                   : "no number");
    }
    *out = formula_number(number);
    return FORMULA_FINE;
}

const char *formula_no_number(struct formula_machine *m, const struct formula_value *v)
{
    struct formula_value read = {.type = FORMULA_EMPTY};
    int64_t date;
    if (v->type == FORMULA_DATE || (v->type == FORMULA_TEXT && date_parse(v->text, &date) == 0)) {
        return "a number is needed; DATEADD and DATEDIF calculate with dates";
    }
    if (v->type == FORMULA_TEXT && formula_is_percentage(v->text)) {
        return FORMULA_PERCENTAGE_WORDS;
    }
    int guilty = m->guilty;
    bool written = formula_number_fn(m, v, 1, &read) == FORMULA_FINE;
    m->guilty = guilty;
    return written ? N_("a number is needed; NUMBER(…) reads it") : FORMULA_NUMBER_WORDS;
}
