/* Formulas at work: what a field, the filter or the rows of an array become for one record. Single thread. */
#ifndef DIANCHEN_TRANSFORMER_EVALUATE_H
#define DIANCHEN_TRANSFORMER_EVALUATE_H

#include "common/base/buffer.h"
#include "common/scheme/formula/formula.h"
#include "common/scheme/model.h"

enum { EVALUATE_PLACE = 200 };

struct evaluation {
    const struct scheme *scheme;
    struct text *variables; /* resolved, by the indexes of the scheme */
    struct arena arena;     /* values of the record under way */
    int64_t today;          /* for RUN_DATE() of a preview, whose records come from no run */
    struct formula_script *script;
    struct formula_run run;
    /* Why ERR_REFUSED was returned. */
    struct formula_failure failure;
    char place[EVALUATE_PLACE]; /* "priceentity[2].price_saleprice1", "filter" */
};

/* Reads the variables that formulas use. ERR_INPUT with the cause, ERR_MEMORY. */
int evaluation_init(struct evaluation *e, const struct scheme *scheme, const char *(*variable)(const char *name),
                    struct cause *cause) WARN_UNUSED;
void evaluation_fini(struct evaluation *e);
/* A new record: values of the one before are gone. */
void evaluation_begin(struct evaluation *e, const struct value *slots);

/* These return 0, ERR_REFUSED with failure and place, or ERR_MEMORY. */

/* Has the scheme a filter? evaluate_filter: does the record pass it (*holds)? */
bool evaluation_filters(const struct evaluation *e);
int evaluate_filter(struct evaluation *e, bool *holds) WARN_UNUSED;
/* A field; the value lives until the next record. A LOOKUP's question comes as JSON. */
int evaluate_field(struct evaluation *e, const struct scheme_assignment *field, struct value *out) WARN_UNUSED;
/* Appends an array as JSON; ERR_NOT_FOUND, and nothing appended, where it would have no element. */
int evaluate_nested(struct evaluation *e, const struct scheme_assignment *field, struct buffer *out) WARN_UNUSED;

/* A variable that the scheme needs and that is not set. */
int evaluation_missing(struct text name, struct text where, struct text lookup, struct cause *cause);

#endif
