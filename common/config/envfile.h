/* The env file: lines KEY=VALUE, `export ` before them allowed, quotes, comments, a BOM and CRLF.
 *   KEY=plain text # a comment needs white space before it
 *   KEY='taken literally'
 *   KEY="\n \r \t \" \\ are understood"                                                              */
#ifndef DIANCHEN_COMMON_CONFIG_ENVFILE_H
#define DIANCHEN_COMMON_CONFIG_ENVFILE_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct envfile;

enum { ENVFILE_MAX = 256 * 1024 /* bytes */ };

/* Reads the file; free *out with envfile_free. ERR_NOT_FOUND when there is no such file (no cause is set); ERR_INPUT
 * with "FILE:LINE: …" for a faulty line, an unreadable or an oversized file. */
int envfile_read(const char *path, struct envfile **out, struct cause *cause) WARN_UNUSED;
void envfile_free(struct envfile **file);
/* The last value of a key, NUL-terminated, living as long as the file; NULL when absent. */
const char *envfile_get(const struct envfile *file, const char *key);

/* Appends a value as a file takes it: in quotes where a blank or a mark would end it. It holds no control characters. */
void envfile_put_value(struct buffer *out, const char *value);
/* Appends the text `file` with the key set to this value: in its line where it has one, else behind the last. NULL or "" takes its
 * lines out. All other lines stay as they are. ERR_INPUT with "NAME:LINE: …" for a faulty line (`name`: of the file, for messages);
 * ERR_MEMORY. */
int envfile_edit(const char *name, struct text file, const char *key, const char *value, struct buffer *out,
                 struct cause *cause) WARN_UNUSED;

/* Reads a whole small file; *out ends with a NUL, and the caller frees it. ERR_NOT_FOUND without a cause; ERR_INPUT
 * with one (unreadable, above `limit` bytes, holds a NUL). `regular`: ERR_INPUT too for what is no regular file (a pipe
 * would wait for its writer, a device may never end). */
int envfile_slurp(const char *path, size_t limit, bool regular, char **out, struct cause *cause) WARN_UNUSED;

#endif
