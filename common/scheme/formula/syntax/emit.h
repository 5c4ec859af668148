/* Writes the code of a formula; used by compile.c and special.c. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_SYNTAX_EMIT_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_SYNTAX_EMIT_H

#include "common/scheme/formula/code.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/formula/syntax/lexer.h"

enum { PLACES_MAX = 16000, CONSTANTS_MAX = 4096, PATTERNS_MAX = 16, TABLES_MAX = 64 };

struct formula_emitter {
    formula_emit_fn *node; /* writes the code of a node, which leaves one value on the stack (compile.c) */
    struct arena *keep, *work;
    const struct formula_scope *scope;
    struct formula_notes *notes;
    struct text source;
    struct cause why; /* a name is unknown */
    struct formula_step steps[FORMULA_STEPS_MAX];
    struct formula_place places[PLACES_MAX];
    struct formula_value constants[CONSTANTS_MAX];
    const struct formula_pattern *patterns[PATTERNS_MAX];
    const struct formula_table *tables[TABLES_MAX];
    size_t stack, handlers;
    size_t step_count, place_count, constant_count, pattern_count, table_count;
    int caught; /* IFERRORs around this place: a failing constant gets no warning */
    bool secret, uses_run_date, asks;
};

/* All return 0, ERR_SYNTAX with the fault told, or ERR_MEMORY. */

/* The code of an argument of a kind (struct formula_function), or '+' for an operand of that. */
int formula_emit_argument(struct formula_emitter *e, const struct formula_node *node, char kind) WARN_UNUSED;
/* The code since `start`, if it is a constant, as an argument of that kind: a literal that does not fit is a fault. */
int formula_emit_check(struct formula_emitter *e, const struct formula_node *node, size_t start, char kind) WARN_UNUSED;
/* A step; `operands` is the first of the nodes whose values it takes, for messages. */
int formula_emit(struct formula_emitter *e, const struct formula_node *node, const struct formula_node *operands,
                 struct formula_step step) WARN_UNUSED;
int formula_emit_constant(struct formula_emitter *e, const struct formula_node *node,
                          struct formula_value value) WARN_UNUSED;
/* Makes the jump at this step lead to the next step that is written. */
void formula_emit_land(struct formula_emitter *e, size_t jump);
/* The value of the code since `start`, if that is one constant; else NULL. */
struct formula_value *formula_emitted_constant(struct formula_emitter *e, size_t start);
/* Reports the fault; returns ERR_SYNTAX. */
int formula_emit_fault(struct formula_emitter *e, const struct formula_node *node, const char *text) WARN_UNUSED;

/* *out = what a name means. False: it is unknown, and e->why says why; formula_emit_unknown reports that. */
bool formula_emit_find(struct formula_emitter *e, enum formula_name kind, struct text name,
                       struct formula_meaning *out);
int formula_emit_unknown(struct formula_emitter *e, const struct formula_node *node, struct text name) WARN_UNUSED;

/* The call of a Lua function: lua.NAME(…). The functions of the table: functions.h, SPECIAL. */
int formula_emit_script(struct formula_emitter *e, const struct formula_node *node) WARN_UNUSED;

#endif
