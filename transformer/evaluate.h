/* Evaluates formulas for one record: fields, the filter, and the rows of arrays. An evaluation is used by one thread. */
#ifndef DIANCHEN_TRANSFORMER_EVALUATE_H
#define DIANCHEN_TRANSFORMER_EVALUATE_H

#include "common/base/buffer.h"
#include "common/scheme/formula/formula.h"
#include "common/scheme/model.h"

enum { EVALUATE_PLACE = 200 };

struct evaluation {
    const struct scheme *scheme;
    struct text *variables; /* their values, by the scheme's indexes */
    struct arena arena;     /* values of the current record */
    int64_t today;          /* RUN_DATE() of a preview, whose records belong to no run */
    struct formula_script *script;
    struct formula_run run;
    /* Why ERR_REFUSED was returned. */
    struct formula_failure failure;
    char place[EVALUATE_PLACE]; /* "priceentity[2].price_saleprice1", "filter" */
};

/* Reads the variables that formulas use; `variable` returns NULL for one that is not set. `scheme` must outlive *e. 0, ERR_INPUT or
 * ERR_MEMORY, with the cause; evaluation_fini in each case. */
int evaluation_init(struct evaluation *e, const struct scheme *scheme, const char *(*variable)(const char *name),
                    struct cause *cause) WARN_UNUSED;
void evaluation_fini(struct evaluation *e);
/* Begins a new record: values of the one before are gone. `slots` must live until the next one begins. */
void evaluation_begin(struct evaluation *e, const struct value *slots);

/* Is the scheme's filter a formula? */
bool evaluation_filters(const struct evaluation *e);

/* The following return 0, ERR_REFUSED (e->failure and e->place say why and where), or ERR_MEMORY. */

/* *holds: does the record pass the filter? */
int evaluate_filter(struct evaluation *e, bool *holds) WARN_UNUSED;
/* The value of a field; it lives until the next record. A LOOKUP gives its question, as JSON. */
int evaluate_field(struct evaluation *e, const struct scheme_assignment *field, struct value *out) WARN_UNUSED;
/* Appends an array as JSON. ERR_NOT_FOUND: it would have no element, and nothing was appended. */
int evaluate_nested(struct evaluation *e, const struct scheme_assignment *field, struct buffer *out) WARN_UNUSED;

/* Sets the cause for a variable that the scheme needs and that is not set; `where` (ends with a NUL) is its place in the scheme,
 * `lookup` the list that has the ids, or empty. Returns ERR_INPUT. */
int evaluation_missing(struct text name, struct text where, struct text lookup, struct cause *cause);

#endif
