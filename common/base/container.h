/* From a member back to the struct that holds it: how a callback finds its owner. */
#ifndef DIANCHEN_COMMON_BASE_CONTAINER_H
#define DIANCHEN_COMMON_BASE_CONTAINER_H

#include <stddef.h>

/* `pointer` points to the member `member` of a `type`: returns a pointer to that. */
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#endif
