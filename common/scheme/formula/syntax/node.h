/* A formula as a tree, between parser and compiler. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_SYNTAX_NODE_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_SYNTAX_NODE_H

#include "common/scheme/formula/formula.h"

enum {
    FORMULA_DEPTH_MAX = 60, /* brackets in brackets, and steps of a chain of + or * */
    FORMULA_ARGUMENTS_MAX = 100,
};

enum formula_operator {
    OPERATOR_ADD,
    OPERATOR_SUBTRACT,
    OPERATOR_MULTIPLY,
    OPERATOR_DIVIDE,
    OPERATOR_EQUAL,
    OPERATOR_UNEQUAL,
    OPERATOR_BELOW,
    OPERATOR_BELOW_EQUAL,
    OPERATOR_ABOVE,
    OPERATOR_ABOVE_EQUAL,
};

struct formula_node {
    enum formula_node_kind {
        NODE_CONSTANT,
        NODE_NAME,     /* name: "price", "details_list.price", "env.SHOP" */
        NODE_CALL,     /* name, children */
        NODE_OPERATOR, /* two children */
        NODE_NEGATE,   /* one */
        NODE_JOIN,     /* & : two or more */
        NODE_IN,       /* the value, then what it may be */
    } kind;
    enum formula_operator operator;
    int column;                 /* of the name, constant or operator */
    uint16_t from, to;          /* bytes of the source that it spans, for messages */
    int from_column;            /* where it begins */
    struct text name;           /* points into the source */
    struct formula_value value; /* NODE_CONSTANT */
    struct formula_node *first, *last, *next;
    size_t count; /* children */
    int depth;
};

/* ERR_SYNTAX with *fault, ERR_MEMORY. Nodes live in `arena`, names point into `source`. */
int formula_parse(struct arena *arena, struct text source, struct formula_node **out,
                  struct formula_note *fault) WARN_UNUSED;

#endif
