/* Finds the workers that run on this machine under this user. */
#ifndef DIANCHEN_CTL_TOP_NEAR_H
#define DIANCHEN_CTL_TOP_NEAR_H

#include <stddef.h>

#include "common/base/error.h"

/* Writes the addresses on which processes with the stages' names listen, from /proc: "127.0.0.1:9701,127.0.0.1:41233". These are
 * their /metrics, and also links between hosts, which don't answer as /metrics does. Returns how many; 0 and "" where there is
 * none. */
size_t near_find(char *out, size_t room);

#endif
