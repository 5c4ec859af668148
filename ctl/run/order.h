/* The schemes of a folder, in the order in which `dianchen run --all` runs them: each behind those that its "after" names and
 * behind those whose records it looks up; else by file name. */
#ifndef DIANCHEN_CTL_RUN_ORDER_H
#define DIANCHEN_CTL_RUN_ORDER_H

#include "common/scheme/scheme.h"

enum { ORDER_MOST = 100 /* schemes of a folder */, ORDER_PATH = 1024 };

struct order_scheme {
    char path[ORDER_PATH];
    struct scheme *scheme;
    bool placed;
};

/* Every *.json of the folder that is no *.schema.json. `out` has room for ORDER_MOST; order_free frees the *count that were
 * read, after an error, too. ERR_INPUT with the cause: a file is no scheme, two have one name, one waits for a scheme that the
 * folder lacks, or some wait for each other. */
int order_read(const char *folder, struct order_scheme *out, size_t *count, struct cause *cause) WARN_UNUSED;
void order_free(struct order_scheme *schemes, size_t count);
/* Does `scheme` run behind the one with this name? */
bool order_behind(const struct scheme *scheme, struct text name);

#endif
