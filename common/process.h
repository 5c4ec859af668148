/* What Prometheus wants to know of any process (process_*), read from /proc when asked. Part of metrics.c. */
#ifndef DIANCHEN_COMMON_PROCESS_H
#define DIANCHEN_COMMON_PROCESS_H

#include "common/buffer.h"

/* Text format, HELP and TYPE included; what can't be read is left out. Any thread. */
void process_print(struct buffer *out);

#endif
