/* What flows just now: `dianchen top --json`, kept going while anybody watches. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_LIVE_H
#define DIANCHEN_CONSOLE_WORK_LIVE_H

#include "common/base/buffer.h"

struct live;

/* `at`: where the stages serve their metrics, a comma list that lives as long as this; NULL = those of this machine, which
 * `dianchen top` finds by itself. */
int live_new(const char *at, struct live **out, struct cause *cause) WARN_UNUSED;
void live_free(struct live **held);
/* Somebody watches, or does no more. */
void live_watch(struct live *live, bool on);
/* Appends the newest line, an object of JSON; "null" where no stage answers. */
void live_take(struct live *live, struct buffer *out);

#endif
