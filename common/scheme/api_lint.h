/* `dianchen lint` of an API file by itself: one that stands in a folder api/. */
#ifndef DIANCHEN_COMMON_SCHEME_API_LINT_H
#define DIANCHEN_COMMON_SCHEME_API_LINT_H

#include <stdbool.h>

/* …/api/NAME.json? */
bool scheme_is_api_file(const char *path);
/* As scheme_lint, for such a file. Its own keys tell if it is of a source ("response") or of a target. */
int scheme_lint_api(const char *path, void (*told)(void *user, const char *line), void *user);

#endif
