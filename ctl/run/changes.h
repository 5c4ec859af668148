/* Shows what a dry run would change in the target: each record, before and after. `path` is the file that the loaders noted
 * (loader/outcomes.h). The functions for updates ask the target for its records, and block meanwhile. */
#ifndef DIANCHEN_CTL_RUN_CHANGES_H
#define DIANCHEN_CTL_RUN_CHANGES_H

#include "common/base/buffer.h"

enum { CHANGES_PUT_MOST = 50 /* records */, CREATE_FIELDS_MOST = 8 };

/* Prints the updates on stdout; nothing where there is no such file. */
void changes_print(const char *path, const char *scheme_path);
/* Prints the first creates on stdout, by number. */
void creates_print(const char *path);
/* Appends the first CHANGES_PUT_MOST creates as JSON, each with its first CREATE_FIELDS_MOST fields:
 * [{"number","fields":[{"name","after"}]}]. */
void creates_put(struct buffer *out, const char *path);
/* Appends the first CHANGES_PUT_MOST updates as JSON: [{"number","stands","fields":[{"name","before","after"}]}]. */
void changes_put(struct buffer *out, const char *path, const char *scheme_path);

#endif
