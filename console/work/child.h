/* Runs `dianchen`, which stands beside the console, as a child: it asks the stages. At most CHILDREN_MOST at once. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_CHILD_H
#define DIANCHEN_CONSOLE_WORK_CHILD_H

#include <sys/types.h>

#include "common/base/buffer.h"

enum { CHILDREN_MOST = 4, CHILD_WORDS_MOST = 40 };

/* Runs `dianchen` with these words, which end with NULL, to its end. Appends its stdout to `out`, its stderr to `said`. Blocks at most
 * `seconds`, then ends it. Returns the exit code, or with the cause: ERR_BUSY (CHILDREN_MOST are running), ERR_TIMEOUT, ERR_LIMIT
 * (it printed more than the buffers take), ERR_IO. */
int child_ask(const char *const *words, int seconds, struct buffer *out, struct buffer *said,
              struct cause *cause) WARN_UNUSED;

/* The last line of what it said to people, without white space around it. */
struct text child_last_line(struct text said);

/* Starts `dianchen` and returns at once. Its stdout can be read from *out; with `all` its stderr, too, else that is dropped. The
 * caller ends it with child_end, or with child_ended and close(*out). 0, or with the cause: ERR_BUSY, ERR_IO. */
int child_begin(const char *const *words, bool all, pid_t *pid, int *out, struct cause *cause) WARN_UNUSED;
/* Closes `out` (-1 = none), and ends the program and all that it started: SIGTERM, after 9 s SIGKILL. Blocks until it has ended.
 * Returns its exit code, or -1 where a signal ended it. */
int child_end(pid_t pid, int out);
/* Has the program ended by itself? Does not block. True: *code is as child_end returns it, and its place is free. */
bool child_ended(pid_t pid, int *code);

#endif
