/* The functions of formulas, made from the one table in functions.h. To add one: a row there, its code in text.c, number.c,
 * calendar.c or special.c, `make docs`. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_FUNCTION_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_FUNCTION_H

#include "common/scheme/formula/machine.h"

enum formula_kind { KIND_LOGIC, KIND_TEXT, KIND_NUMBER, KIND_DATE, KIND_DATA, FORMULA_KINDS };

struct formula_emitter;
struct formula_node;
/* Writes the code of a call (emit.h); `tail`: a LOOKUP may stand here. 0, ERR_SYNTAX with the fault told, ERR_MEMORY. */
typedef int formula_emit_fn(struct formula_emitter *e, const struct formula_node *node, bool tail);

struct formula_function {
    const char *name;
    enum formula_kind kind;
    /* A letter an argument, the last one for all that follow: t text, n number, d date, c condition, x anything,
     * u a unit of time, p a pattern, w a word (of a table or look-up). */
    const char *takes;
    uint8_t least, most;   /* arguments */
    formula_fn *compute;   /* NULL: `emit` */
    formula_emit_fn *emit; /* NULL: `run` */
    const char *arguments; /* "text[, n]" */
    const char *zh, *en;   /* one line of help */
    const char *example, *result;
};

extern const struct formula_function formula_functions[];
extern const size_t formula_function_count;
extern const char *const formula_kind_zh[FORMULA_KINDS], *const formula_kind_en[FORMULA_KINDS];
/* The record, and the tables and look-ups beside it, on which the examples hold (JSON). */
extern const char formula_sample[], formula_sample_tables[];

/* By name in any case; -1. */
int formula_function_find(struct text name);
/* What to write instead of a name that other programs know: "CONCATENATE" → "CONCAT(a, b)"; NULL. */
const char *formula_function_instead(struct text name);

#define FUNCTION(name, kind, takes, least, most, run, arguments, zh, en, example, result) formula_fn run;
#define SPECIAL(name, kind, takes, least, most, emit, arguments, zh, en, example, result) formula_emit_fn emit;
#include "common/scheme/formula/functions.h"
#undef FUNCTION
#undef SPECIAL

/* What is wrong with a format of TEXT, or NULL. */
const char *formula_format_fault(struct text format);
/* The places of a rounding: whole, -18..18. */
enum formula_error formula_places(struct formula_machine *m, int guilty, const struct decimal *d, int *out);

#endif
