/* One formula tried on one record, with the names of a scheme: fields, tables, variables. */
#ifndef DIANCHEN_COMMON_SCHEME_TRIAL_H
#define DIANCHEN_COMMON_SCHEME_TRIAL_H

#include "common/scheme/formula/formula.h"

struct scheme_trial {
    struct text formula;                       /* begins with "=" */
    const cJSON *record;                       /* an object; fields left out are empty */
    const char *(*variable)(const char *name); /* value of an environment variable; NULL = not set */
    int64_t today;                             /* for RUN_DATE(), date.h */
    struct arena *arena;                       /* the value lives here */
    /* The result. */
    struct formula_value value;
    struct formula_failure failure; /* ERR_REFUSED */
    struct formula_notes notes;     /* fault: ERR_SYNTAX; and warnings */
};

/* Tries the formula. `path` is a scheme, or NULL: then the members of the record are the fields. ERR_SYNTAX: the
 * formula has a fault; ERR_REFUSED: it fails on this record; ERR_INPUT: the scheme has a fault or lacks a variable,
 * with the cause; ERR_MEMORY. */
int scheme_try(const char *path, struct scheme_trial *trial, struct cause *cause) WARN_UNUSED;

#endif
