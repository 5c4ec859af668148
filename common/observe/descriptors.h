/* How many files and connections this process may have open. */
#ifndef DIANCHEN_COMMON_OBSERVE_DESCRIPTORS_H
#define DIANCHEN_COMMON_OBSERVE_DESCRIPTORS_H

#include "common/base/error.h"

enum {
    DESCRIPTORS_WANTED = 8192, /* one for each worker, and for each unknown connection until it times out */
    DESCRIPTORS_LEAST = 64,    /* with fewer, libzmq aborts or the store can't be opened */
};

/* Raises the limit to DESCRIPTORS_WANTED, or as far as the hard limit permits. ERR_INPUT with the cure when that is less
 * than DESCRIPTORS_LEAST. Call it before the first thread starts. */
int descriptors_raise(struct cause *cause) WARN_UNUSED;

#endif
