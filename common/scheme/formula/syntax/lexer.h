/* The words of a formula. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_SYNTAX_LEXER_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_SYNTAX_LEXER_H

#include "common/scheme/formula/formula.h"

enum formula_token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_TEXT, /* "…", quotes doubled: text is what stands between the outer ones */
    TOKEN_NAME,
    TOKEN_FIELD, /* {{…}}: text is what stands between, blanks off */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_JOIN,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_TIMES,
    TOKEN_OVER,
    TOKEN_EQUAL,
    TOKEN_UNEQUAL,
    TOKEN_BELOW,
    TOKEN_BELOW_EQUAL,
    TOKEN_ABOVE,
    TOKEN_ABOVE_EQUAL,
};
struct formula_token {
    enum formula_token_kind kind;
    struct text text;
    size_t from, to; /* bytes of the source */
    int column;
};
struct formula_lexer {
    struct text source;
    size_t at;
    int column;
    struct formula_token token; /* the one that is looked at */
};

/* Starts at the first token behind the "=". ERR_SYNTAX with *fault. */
int formula_lexer_start(struct formula_lexer *lexer, struct text source, struct formula_note *fault) WARN_UNUSED;
int formula_lexer_next(struct formula_lexer *lexer, struct formula_note *fault) WARN_UNUSED;
/* Fills the note and returns ERR_SYNTAX. */
int formula_fault(struct formula_note *note, int column, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
