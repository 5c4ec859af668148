/* Compiles the formulas of a scheme with the names of the scheme and its API files. */
#ifndef DIANCHEN_COMMON_SCHEME_EXPRESSION_H
#define DIANCHEN_COMMON_SCHEME_EXPRESSION_H

#include "common/scheme/compile.h"
#include "common/scheme/formula/formula.h"

/* Where a formula stands. */
struct scheme_expression {
    const cJSON *node;
    const struct scheme_field *target;      /* the field that it fills, or NULL */
    bool row;                               /* inside an `each`: bare names are the row's */
    struct text rows;                       /* … of this list */
    const struct scheme_fields *row_fields; /* the fields of a row; NULL or without items: not declared */
    bool condition;                         /* of a filter or `when`: no LOOKUP */
};

/* Begins with "=": a formula. Begins with "'=": a constant, *constant is it without the quote. */
bool scheme_is_formula(struct text value);
bool scheme_is_quoted(struct text value, struct text *constant);
/* "＝price", " =price": meant as a formula, but as a constant it would be sent as its own text. */
bool scheme_is_nearly_formula(struct text value);
/* Reports that, and how a text is written that truly begins so. False: it is no such text. */
bool scheme_refuse_nearly(struct scheme_compile *c, const cJSON *node);
/* ERR_SYNTAX with the fault in *notes, ERR_MEMORY. Reports nothing. The formula lives as long as the scheme. */
int scheme_compile_expression(struct scheme_compile *c, const struct scheme_expression *at, struct text source,
                              const struct formula **out, struct formula_notes *notes) WARN_UNUSED;
/* The same, and reports faults and warnings. NULL: a fault, or out of memory. */
const struct formula *scheme_compile_formula(struct scheme_compile *c, const struct scheme_expression *at,
                                             struct text source);
/* The same for "{{a}}路{{b}}", which is a & "路" & b, and a alone where it stands alone. */
const struct formula *scheme_compile_mix(struct scheme_compile *c, const struct scheme_expression *at);

#endif
