/* Schemes and API files of an installation (BIN/../share/dianchen/schemes). A file that does not exist under its name is
 * looked for there, so that an installed program works in any folder. */
#ifndef DIANCHEN_COMMON_SCHEME_INSTALLED_H
#define DIANCHEN_COMMON_SCHEME_INSTALLED_H

#include <stdbool.h>
#include <stddef.h>

/* If `path` does not exist: writes the path of the installed file `name` ("schemes/…", relative) into `out` and returns
 * true. False, and `out` is unchanged: `path` exists or is absolute, or no such file is installed. Any thread. */
bool scheme_installed(const char *path, const char *name, char *out, size_t room);

#endif
