/* Errors for people. A function returns 0 or a code of code.h; where a person will read about it, it also fills a
 * `struct cause`: one line that names the place and the cure. Any thread. */
#ifndef DIANCHEN_COMMON_BASE_ERROR_H
#define DIANCHEN_COMMON_BASE_ERROR_H

#include <stddef.h>

#include "common/base/code.h"

/* Exit codes of every program (docs/operation.md). */
enum {
    EXIT_COMPLETE = 0,
    EXIT_REFUSED = 1,    /* refused or failed: secret, clock, account, permission, budget */
    EXIT_USAGE = 2,      /* wrong before any call: flag, variable, scheme, port, store */
    EXIT_REJECTS = 3,    /* complete, with rejects */
    EXIT_UNFINISHED = 4, /* unfinished, resumable */
};

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* One line for a person, without a line end; longer text is cut at a UTF-8 boundary. */
struct cause {
    char text[600];
};

/* Writes the line and returns `error`, so that `return cause_set(c, ERR_INPUT, ...)` reads well.
 * `cause` may be NULL. Control characters in what is formatted are replaced by spaces. */
int cause_set(struct cause *cause, int error, const char *format, ...) PRINTF_LIKE(3, 4);

/* The name of an error for logs: "limit", "not found"... Never NULL. */
const char *error_text(int error);

#endif
