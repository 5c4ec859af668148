/* Where schemes stand: in files, in folders of them, and in that of an installation (BIN/../share/dianchen/schemes). What does not
 * exist under its name is looked for there, so that an installed program works in any folder. */
#ifndef DIANCHEN_COMMON_SCHEME_PLACE_H
#define DIANCHEN_COMMON_SCHEME_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* If `path` does not exist: writes the path of the installed file `name` ("schemes/…", relative) into `out` and returns
 * true. False, and `out` is unchanged: `path` exists or is absolute, or no such file is installed. Any thread. */
bool scheme_installed(const char *path, const char *name, char *out, size_t room);

/* Is there a folder of this path, in place of a scheme's file? Any thread. */
bool scheme_is_folder(const char *path);
/* The folder of schemes that `path` names: itself, or the one in which the file stands. ERR_LIMIT: longer than `room`, or empty. Any
 * thread. */
int scheme_folder(const char *path, char *out, size_t room) WARN_UNUSED;

#endif
