/* What the code of a function works with: the formula being evaluated, memory for results, the error to return. Private
 * to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_MACHINE_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_MACHINE_H

#include "common/scheme/formula/formula.h"

struct formula_step;

struct formula_machine {
    struct formula_run *run;
    const struct formula *formula;
    struct formula_failure *failure;
    const struct formula_step *step; /* the call under way */
    int guilty;                      /* the argument that is to blame, or -1 */
    const char *what;                /* what is wrong, if the error's own text does not say it */
};

/* Arguments come as the table of functions says: texts as TEXT (empty is ""), numbers as NUMBER, dates as DATE,
 * conditions as BOOLEAN. *out is EMPTY before. */
typedef enum formula_error formula_fn(struct formula_machine *m, const struct formula_value *args, size_t count,
                                      struct formula_value *out);

/* Room for a text or a list. NULL: above twice FORMULA_TEXT_MAX, or the arena is full; the reason is noted, return
 * FORMULA_RANGE. */
void *formula_take(struct formula_machine *m, size_t size);
/* A buffer of that many bytes at most, in the arena: never freed. Where it is NULL or overflows, `failed` says so. */
struct buffer formula_buffer(struct formula_machine *m, size_t size);
/* *out = what the buffer holds; FORMULA_RANGE if the buffer failed. */
enum formula_error formula_buffer_text(struct formula_machine *m, const struct buffer *buffer, struct text *out);
/* Returns `error`, and notes which argument is to blame (-1 = none) and why. */
static inline enum formula_error formula_blame(struct formula_machine *m, int guilty, enum formula_error error,
                                               const char *what)
{
    m->guilty = guilty;
    m->what = what;
    return error;
}
static inline struct formula_value formula_text(struct text t)
{
    return (struct formula_value){.type = FORMULA_TEXT, .text = t};
}
static inline struct formula_value formula_number(struct decimal d)
{
    return (struct formula_value){.type = FORMULA_NUMBER, .number = d};
}
static inline struct formula_value formula_flag(bool flag)
{
    return (struct formula_value){.type = FORMULA_BOOLEAN, .flag = flag};
}
static inline struct formula_value formula_date(int64_t date)
{
    return (struct formula_value){.type = FORMULA_DATE, .date = date};
}

#endif
