/* The metrics process_*, which Prometheus expects of every process; read from /proc on each scrape. Part of metrics.c. */
#ifndef DIANCHEN_COMMON_OBSERVE_PROCESS_H
#define DIANCHEN_COMMON_OBSERVE_PROCESS_H

#include "common/base/buffer.h"

/* Text format, HELP and TYPE included; what can't be read is left out. Any thread. */
void process_print(struct buffer *out);

#endif
