/* What the parameters of a scheme's request become in one call: its constants, those of a slice, variables of the
 * environment, paging, the ends of a window, or the id of the one record that is asked for. The same for every platform. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_PARAMS_H
#define DIANCHEN_EXTRACTOR_PLATFORM_PARAMS_H

#include "common/scheme/scheme.h"

enum { PARAMS_MAX = 300 };

struct source_param {
    struct text name, value; /* an empty value is not sent */
};

struct params_call {
    const struct scheme *scheme;
    const char *const *env; /* as params_open made them */
    int slice;
    const char *key;        /* NULL, or the id of the one record that is asked for instead of the slice */
    struct text page, size; /* what both paging parameters become */
    struct text start, end; /* of the window, as the platform writes times; empty = no window */
};

/* Reads the variables of the environment that the request and its slices name. The caller frees *out. ERR_INPUT with the
 * cause: one is not set; ERR_MEMORY. */
int params_open(const struct scheme *scheme, const char ***out, struct cause *cause) WARN_UNUSED;
/* Sets a parameter: a later value takes the place of an earlier one. Returns how many there are; none beyond PARAMS_MAX. */
size_t params_set(struct source_param *params, size_t count, struct text name, struct text value);
/* All of a call, each once. Texts live as long as those of the call and its scheme. */
size_t params_gather(const struct params_call *call, struct source_param out[PARAMS_MAX]);
/* A field that each record of a reply has, so that a list can be told from other lists. */
struct text params_record_field(const struct scheme *scheme);

#endif
