/* What a person types, or a script pipes in. */
#ifndef DIANCHEN_COMMON_BASE_TYPED_H
#define DIANCHEN_COMMON_BASE_TYPED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Reads a line of stdin, without its end, into `out` of `room` bytes; what follows in a longer line stays for the next call. `hidden`:
 * a terminal does not show it. False at the end of stdin. Blocks; one thread. */
bool typed_line(bool hidden, char *out, size_t room) WARN_UNUSED;

#endif
