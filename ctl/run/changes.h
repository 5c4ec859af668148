/* What a dry run would change in the target: each record, before and after. */
#ifndef DIANCHEN_CTL_RUN_CHANGES_H
#define DIANCHEN_CTL_RUN_CHANGES_H

#include "common/base/buffer.h"

enum { CHANGES_PUT_MOST = 50 /* records */, CREATE_FIELDS_MOST = 8 };

/* `path` is what the loaders noted (loader/outcomes.h); nothing is printed where it is not there. Asks the target. */
void changes_print(const char *path, const char *scheme_path);
/* What it would create, the first ones, by number. */
void creates_print(const char *path);
/* The same as a JSON list, of the first CHANGES_PUT_MOST: [{"number","fields":[{"name","after"}]}], of each the first
 * CREATE_FIELDS_MOST fields. */
void creates_put(struct buffer *out, const char *path);
/* The updates as a JSON list, of the first CHANGES_PUT_MOST: [{"number","stands","fields":[{"name","before","after"}]}]. */
void changes_put(struct buffer *out, const char *path, const char *scheme_path);

#endif
