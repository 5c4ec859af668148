/* The workers that run on this machine under this user, found without being told where. */
#ifndef DIANCHEN_CTL_TOP_NEAR_H
#define DIANCHEN_CTL_TOP_NEAR_H

#include <stddef.h>

#include "common/base/error.h"

/* Writes "127.0.0.1:9701,127.0.0.1:41233", where processes named as the stages listen on TCP, by /proc: the addresses of their
 * /metrics, and of links between hosts, which answer as no stage does. Returns how many; 0 and "" where none is found. */
size_t near_find(char *out, size_t room);

#endif
