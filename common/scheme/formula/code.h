/* What a formula is compiled into: steps on a stack of values, run by run.c. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_CODE_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_CODE_H

#include "common/scheme/formula/syntax/node.h"

struct formula_pattern;

enum formula_code {
    CODE_CONSTANT, /* a: constant */
    CODE_SLOT,     /* a: slot */
    CODE_PATH,     /* a: slot, b: constant with the path: the field of a list or object in that slot */
    CODE_MEMBER,   /* a: constant with the path, in the row */
    CODE_VARIABLE, /* a: index */
    CODE_RUN_DATE,
    CODE_NEGATE,
    CODE_OPERATOR,   /* count: enum formula_operator */
    CODE_ROUNDED,    /* count: operator; a: enum decimal_rounding; takes two operands and the places: rounds once */
    CODE_JOIN,       /* count */
    CODE_IN,         /* count: values that it may be */
    CODE_CALL,       /* a: function, count: arguments; b: 1 = its format was checked when it was compiled */
    CODE_MATCHES,    /* a: pattern */
    CODE_TABLE,      /* a: table, b: column, count: where to go on when the key is there; 0: no default follows */
    CODE_QUESTION,   /* a: constant with the name; count: 1 = a default is on the stack */
    CODE_SCRIPT,     /* a: function, count: arguments */
    CODE_CONDITION,  /* the top becomes a boolean */
    CODE_JUMP,       /* a: where to */
    CODE_JUMP_FALSE, /* takes a boolean; a: where to */
    CODE_JUMP_SAME, /* SWITCH: takes a key, compares with the value under it; unequal: to a. Equal: takes the value too */
    CODE_JUMP_FULL, /* IFEMPTY: the top is not empty: to a; else it is taken */
    CODE_POP,
    CODE_CATCH,   /* IFERROR: errors from here on go to a */
    CODE_RELEASE, /* … up to here; to a. A question without a default stays and goes on: what follows is its default */
    CODE_DEFAULT, /* after the second part of IFERROR: adds it as the default of a waiting question */
};
struct formula_step {
    uint8_t code;
    uint16_t count;
    uint16_t place; /* of its first operand among the places; its own is the one before */
    int32_t a, b;
};
struct formula_place { /* of the source, for messages */
    uint16_t from, to, column;
};

enum { FORMULA_STEPS_MAX = 8000 };
struct formula {
    struct text source;
    const struct formula_step *steps;
    size_t step_count;
    size_t stack, handlers; /* values under way at once, and IFERRORs in one another, at most */
    const struct formula_value *constants;
    const struct formula_place *places;
    const struct formula_pattern *const *patterns;
    const struct formula_table *const *tables;
    bool secret; /* uses a secret field or a variable: no value stands in a message */
    bool uses_run_date, asks;
};

#endif
