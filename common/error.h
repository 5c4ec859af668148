/* What can go wrong, in one list. Functions return 0 or one of these negative values;
 * out-parameters come last and are untouched on failure. Where a person will read about it,
 * the function also fills a `struct cause`: one line that names the place and the cure. */
#ifndef DIANCHEN_COMMON_ERROR_H
#define DIANCHEN_COMMON_ERROR_H

#include <stddef.h>

enum {
    ERR_MEMORY = -1,    /* out of memory */
    ERR_LIMIT = -2,     /* a named cap was reached */
    ERR_SYNTAX = -3,    /* bytes from outside are malformed */
    ERR_INPUT = -4,     /* a flag, variable or file is wrong: exit code 2 */
    ERR_NOT_FOUND = -5, /* no such thing */
    ERR_IO = -6,        /* the operating system, disk or database said no */
    ERR_BUSY = -7,      /* try again later */
    ERR_STALE = -8,     /* not ours any more: another holds the fence or the claim */
    ERR_REFUSED = -9,   /* the other side said no */
    ERR_TIMEOUT = -10,
};

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
