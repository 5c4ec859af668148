/* The parameters of one call, filled in, for the templates of an API file: the same for the drivers "rest" and "soap". */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_VALUES_H
#define DIANCHEN_EXTRACTOR_PLATFORM_VALUES_H

#include "common/scheme/rest/write.h"
#include "extractor/driver.h"
#include "extractor/platform/params.h"

enum { VALUES_MAX = PARAMS_MAX + 10, VALUES_TIME_ROOM = 40 };

struct values_call {
    const struct scheme *scheme;
    const struct rest_form *form; /* of its source */
    const char *const *env;       /* of params_open */
    int slice;
    struct source_window window; /* of the slice; to 0 = none */
    const char *key;             /* NULL, or the id of the one record that is asked for instead of the slice */
    int64_t page, page_size;
    const char *cursor; /* of the page, where the API goes by cursors; NULL or "" = the first */
};
struct values { /* texts point into itself, into the call and into its scheme: don't copy it */
    struct rest_value items[VALUES_MAX];
    size_t count;
    char page[24], size[24], start[VALUES_TIME_ROOM], end[VALUES_TIME_ROOM];
};

/* Every parameter of the form, in its order; one without a value is empty. */
void values_gather(const struct values_call *call, struct values *out);

#endif
