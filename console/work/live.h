/* What flows now, by `dianchen top --json`, which runs while anybody watches. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_LIVE_H
#define DIANCHEN_CONSOLE_WORK_LIVE_H

#include "common/base/buffer.h"

struct live;

/* Starts the thread that reads. `at`: where the stages serve their metrics, a comma list that must outlive *out; NULL = the stages of
 * this machine, which `dianchen top` finds by itself. The caller owns *out. 0, or ERR_MEMORY with the cause. */
int live_new(const char *at, struct live **out, struct cause *cause) WARN_UNUSED;
void live_free(struct live **held); /* ends the program and the thread, and waits for both */
/* Call it with true when somebody begins to watch, with false when he stops: they are counted. */
void live_watch(struct live *live, bool on);
/* Appends the newest line, a JSON object; "null" where there is none, or none that is recent. */
void live_take(struct live *live, struct buffer *out);

#endif
