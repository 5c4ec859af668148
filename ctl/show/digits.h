/* Writes numbers for people. Pure. */
#ifndef DIANCHEN_CTL_SHOW_DIGITS_H
#define DIANCHEN_CTL_SHOW_DIGITS_H

#include <stddef.h>
#include <stdint.h>

enum { DIGITS_ROOM = 32 };

/* Writes digits in groups of three: "1,234,567". Returns `out`, which has `room` bytes; DIGITS_ROOM is enough. */
char *digits_of(int64_t n, char *out, size_t room);

#endif
