#include "common/scheme/formula/syntax/lexer.h"
#include "common/base/language.h"

#include <stdarg.h>
#include <stdio.h>

int formula_fault(struct formula_note *note, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(note->text, sizeof note->text, format, args);
    va_end(args);
    if (size >= (int)sizeof note->text) {
        note->text[text_cut((struct text){note->text, sizeof note->text}, sizeof note->text - 1)] = '\0';
    }
    note->column = column;
    return ERR_SYNTAX;
}

/* ---- letters ---- */

/* What is no letter beyond ASCII: blanks, punctuation, full-width forms of ASCII. */
static bool is_mark(uint32_t c)
{
    return (c >= 0x80 && c < 0xc0 && c != 0xaa && c != 0xb5 && c != 0xba) || c == 0xd7 || c == 0xf7 ||
           (c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x303f && c != 0x3005 && c != 0x3007) ||
           (c >= 0xff00 && c <= 0xff65) || c == 0xfeff || (c >= 0xffe0 && c <= 0xffef);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the letter, digit or _ that `t` begins with; 0 where it begins with none. */
static size_t letter(struct text t)
{
    if (t.size == 0) {
        return 0;
    }
    char c = t.data[0];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_') {
        return 1;
    }
    if ((unsigned char)c < 0x80) {
        return 0;
    }
    size_t size = text_sequence(t);
    return size > 1 && !is_mark(text_point(t.data, size)) ? size : 0;
}

static struct text rest(const struct formula_lexer *lexer)
{
    return (struct text){lexer->source.data + lexer->at, lexer->source.size - lexer->at};
}

/* Goes on by `size` bytes, counting characters. */
static void step_over(struct formula_lexer *lexer, size_t size)
{
    for (size_t end = lexer->at + size; lexer->at < end; lexer->at++) {
        lexer->column += ((unsigned char)lexer->source.data[lexer->at] & 0xc0) != 0x80;
    }
}

static void skip_blanks(struct formula_lexer *lexer)
{
    for (;;) {
        struct text t = rest(lexer);
        if (t.size > 0 && (*t.data == ' ' || (*t.data >= '\t' && *t.data <= '\r'))) {
            step_over(lexer, 1);
        } else if (text_starts(t, TEXT("\xc2\xa0"))) { /* no-break space, as pasted from pages */
            step_over(lexer, 2);
        } else {
            return;
        }
    }
}

/* ---- tokens ---- */

static int take(struct formula_lexer *lexer, enum formula_token_kind kind, size_t size)
{
    lexer->token = (struct formula_token){.kind = kind,
                                          .text = {lexer->source.data + lexer->at, size},
                                          .from = lexer->at,
                                          .to = lexer->at + size,
                                          .column = lexer->column};
    step_over(lexer, size);
    return 0;
}

static int take_number(struct formula_lexer *lexer, struct formula_note *fault)
{
    struct text t = rest(lexer);
    size_t size = 0;
    while (size < t.size && (is_digit(t.data[size]) || t.data[size] == '.')) {
        size++;
    }
    size_t behind = letter((struct text){t.data + size, t.size - size});
    if (behind > 0) {
        return formula_fault(fault, lexer->column,
                             "%.*s…: a number is digits and a point; a field whose name begins with a digit is written "
                             "{{%.*s…}}, a text \"%.*s…\"",
                             (int)(size + behind), t.data, (int)(size + behind), t.data, (int)(size + behind), t.data);
    }
    if (size < t.size && t.data[size] == '%') {
        return formula_fault(fault, lexer->column, "%.*s%%: there is no %% sign here; write %.*s / 100", (int)size,
                             t.data, (int)size, t.data);
    }
    return take(lexer, TOKEN_NUMBER, size);
}

static int take_text(struct formula_lexer *lexer, struct formula_note *fault)
{
    struct text t = rest(lexer);
    size_t size = 1;
    while (size < t.size) {
        if (t.data[size++] != '"') {
            continue;
        }
        if (size < t.size && t.data[size] == '"') {
            size++;
            continue;
        }
        (void)take(lexer, TOKEN_TEXT, size);
        lexer->token.text = (struct text){t.data + 1, size - 2};
        return 0;
    }
    return formula_fault(fault, lexer->column, "the text that begins here has no \" at its end");
}

static int take_field(struct formula_lexer *lexer, struct formula_note *fault)
{
    struct text t = rest(lexer);
    ptrdiff_t end = text_find(t, TEXT("}}"));
    if (end < 0) {
        return formula_fault(fault, lexer->column, "{{ without }}");
    }
    struct text name = text_trim((struct text){t.data + 2, (size_t)end - 2});
    if (name.size == 0) {
        return formula_fault(fault, lexer->column, "{{}} names no field");
    }
    (void)take(lexer, TOKEN_FIELD, (size_t)end + 2);
    lexer->token.text = name;
    return 0;
}

/* name, list.name, env.NAME: dots join only where a letter follows. */
static int take_name(struct formula_lexer *lexer)
{
    struct text t = rest(lexer);
    size_t size = 0, more;
    while ((more = letter((struct text){t.data + size, t.size - size})) > 0) {
        size += more;
        if (size + 1 < t.size && t.data[size] == '.' && letter((struct text){t.data + size + 1, t.size - size - 1})) {
            size++;
        }
    }
    return take(lexer, TOKEN_NAME, size);
}

/* The half-width form of a full-width sign of ASCII (U+FF01 to U+FF5E); '\0' for all else. */
static char narrow(struct text t)
{
    enum { FIRST = 0xff01, LAST = 0xff5e };
    size_t size = text_sequence(t);
    uint32_t point = size == strlen("！") ? text_point(t.data, size) : 0;
    return (char)(point >= FIRST && point <= LAST ? point - FIRST + '!' : '\0');
}

/* What to write instead of what `t` begins with; NULL. *size bytes of it are meant.
 * `in_name`: it stands between two names. */
static const char *instead(struct text t, bool in_name, size_t *size)
{
    static const char column[] = N_("a list field, as list.price; or TABLE(name, key)");
    static const struct {
        const char *wrong, *right;
    } marks[] = {
        {"、", ","},
        {"“", "\""},
        {"”", "\""},
        {"‘", "\""},
        {"’", "\""},
        {"≤", "<="},
        {"≥", ">="},
        {"≠", "<>"},
        {"–", "-"},
        {"—", "-"},
        {"×", "*"},
        {"÷", "/"},
        {"　", "a blank"},
        {";", ","},
        {":", column},
        {"==", "="},
        {"!=", "<>"},
        {"!", "NOT(…)"},
        {"||", "OR(…)"},
        {"|", "OR(…)"},
        {"'", "\""},
        {"^", N_("a product")},
        {"%", N_("MOD(a, b), or / 100")},
        {"[", N_("a field by its bare name, or INDEX(list, n)")},
        {"$", N_("a field by its bare name")},
        {"@", N_("a field by its bare name")},
        {"{", "{{field}}"},
        {"?", "IF(c, a, b)"},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (text_starts(t, text_of(marks[i].wrong))) {
            *size = strlen(marks[i].wrong);
            return in_name && strcmp(marks[i].wrong, "!") == 0 ? column : marks[i].right;
        }
    }
    return NULL;
}

/* A character that begins nothing, and what to write instead. */
static int refuse(struct formula_lexer *lexer, struct formula_note *fault)
{
    struct text t = rest(lexer);
    char half[] = {narrow(t), '\0'};
    size_t size = 0, wide = half[0] ? text_sequence(t) : 0;
    struct text behind = {t.data + (wide ? wide : 1), t.size - (wide ? wide : 1)};
    bool in_name = lexer->token.kind == TOKEN_NAME && lexer->token.to == lexer->at && letter(behind) > 0;
    const char *right = instead(wide ? text_of(half) : t, in_name, &size);
    right = right || !wide ? right : half;
    size = wide ? wide : size;
    if (right && (unsigned char)*t.data >= 0x80) {
        return formula_fault(fault, lexer->column, "full-width %.*s: write %s", (int)size, t.data, right);
    }
    if (right) {
        return formula_fault(fault, lexer->column, "%.*s: write %s", (int)size, t.data, right);
    }
    size = text_sequence(t);
    if (size == 0) {
        return formula_fault(fault, lexer->column, "a byte that is no UTF-8");
    }
    return formula_fault(fault, lexer->column, "%.*s: nothing begins with this character", (int)size, t.data);
}

int formula_lexer_next(struct formula_lexer *lexer, struct formula_note *fault)
{
    static const struct {
        const char *text;
        enum formula_token_kind kind;
    } signs[] = {
        {"<>", TOKEN_UNEQUAL}, {"<=", TOKEN_BELOW_EQUAL}, {">=", TOKEN_ABOVE_EQUAL}, {"(", TOKEN_OPEN},
        {")", TOKEN_CLOSE},    {",", TOKEN_COMMA},        {"+", TOKEN_PLUS},         {"-", TOKEN_MINUS},
        {"*", TOKEN_TIMES},    {"/", TOKEN_OVER},         {"<", TOKEN_BELOW},        {">", TOKEN_ABOVE},
        {"=", TOKEN_EQUAL},    {"&", TOKEN_JOIN},
    };
    skip_blanks(lexer);
    struct text t = rest(lexer);
    if (t.size == 0) {
        return take(lexer, TOKEN_END, 0);
    }
    if (is_digit(*t.data) || (*t.data == '.' && t.size > 1 && is_digit(t.data[1]))) {
        return take_number(lexer, fault);
    }
    if (*t.data == '"') {
        return take_text(lexer, fault);
    }
    if (text_starts(t, TEXT("{{"))) {
        return take_field(lexer, fault);
    }
    if (letter(t) > 0) {
        return take_name(lexer);
    }
    if (text_starts(t, TEXT("=="))) {
        return refuse(lexer, fault);
    }
    if (text_starts(t, TEXT("&&"))) {
        return formula_fault(fault, lexer->column, "&&: write AND(…)");
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (text_starts(t, text_of(signs[i].text))) {
            return take(lexer, signs[i].kind, strlen(signs[i].text));
        }
    }
    return refuse(lexer, fault);
}

int formula_lexer_start(struct formula_lexer *lexer, struct text source, struct formula_note *fault)
{
    *lexer = (struct formula_lexer){.source = source, .at = 1, .column = 2};
    return formula_lexer_next(lexer, fault);
}
