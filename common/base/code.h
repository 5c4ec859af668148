/* What can go wrong, in one list. Functions return 0 or one of these negative values; out-parameters come last and are untouched
 * on failure. error.h has their names, and the line for a person. */
#ifndef DIANCHEN_COMMON_BASE_CODE_H
#define DIANCHEN_COMMON_BASE_CODE_H

enum {
    ERR_MEMORY = -1,    /* out of memory */
    ERR_LIMIT = -2,     /* a named cap was reached */
    ERR_SYNTAX = -3,    /* bytes from outside are malformed */
    ERR_INPUT = -4,     /* a flag, variable or file is wrong: exit code 2 */
    ERR_NOT_FOUND = -5, /* no such thing */
    ERR_IO = -6,        /* the operating system, the disk or the database failed */
    ERR_BUSY = -7,      /* try again later */
    ERR_STALE = -8,     /* not ours any more: another worker has the page or the claim */
    ERR_REFUSED = -9,   /* the other side refused */
    ERR_TIMEOUT = -10,
};

#endif
