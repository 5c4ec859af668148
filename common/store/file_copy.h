/* A copy of a store in a file, which appears under its name only when it is whole. */
#ifndef DIANCHEN_COMMON_STORE_FILE_COPY_H
#define DIANCHEN_COMMON_STORE_FILE_COPY_H

#include "common/store/sql.h"

/* Copies the database of `sql` to the file `path`. `replace`: a file there is replaced; else that is ERR_INPUT, with a
 * cause. */
int store_file_copy(struct sql *sql, const char *path, bool replace, struct cause *cause) WARN_UNUSED;

#endif
