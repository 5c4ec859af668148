/* The schemes of a folder, for `dianchen run --all` and for stages that serve all of them, in the order in which they run: a scheme
 * comes after those that its "after" names and those whose records it looks up; otherwise by file name. */
#ifndef DIANCHEN_COMMON_RUN_ORDER_H
#define DIANCHEN_COMMON_RUN_ORDER_H

#include "common/scheme/scheme.h"

enum { ORDER_MOST = 100 /* schemes of a folder */, ORDER_PATH = 1024 };

struct order_scheme {
    char path[ORDER_PATH];
    struct scheme *scheme;
    bool placed;
};

/* Reads every *.json of the folder except *.schema.json, and puts them in order. `out` has room for ORDER_MOST. Call order_free with
 * *count afterwards, after an error, too. ERR_INPUT with the cause: a file is no scheme, two have the same name, one comes after a
 * scheme that is not in the folder, or some come after each other in a circle. */
int order_read(const char *folder, struct order_scheme *out, size_t *count, struct cause *cause) WARN_UNUSED;
void order_free(struct order_scheme *schemes, size_t count);
/* Must `scheme` run after the one with this name? */
bool order_behind(const struct scheme *scheme, struct text name);

#endif
