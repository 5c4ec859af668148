/* Programs that the console asks: `dianchen` beside it, which asks the stages. At most CHILDREN_MOST at once. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_CHILD_H
#define DIANCHEN_CONSOLE_WORK_CHILD_H

#include <sys/types.h>

#include "common/base/buffer.h"

enum { CHILDREN_MOST = 4, CHILD_WORDS_MOST = 40 };

/* Runs `dianchen` with these words, which end with NULL, and takes what it prints: stdout into `out`, stderr into
 * `said`. Waits at most `seconds`, then ends it. The exit code, or ERR_BUSY (all places are taken), ERR_TIMEOUT, ERR_LIMIT (it
 * printed too much), ERR_IO, with the cause. */
int child_ask(const char *const *words, int seconds, struct buffer *out, struct buffer *said,
              struct cause *cause) WARN_UNUSED;

/* Begins one whose stdout can be read from *out until child_end; `all`: its stderr too, else that goes nowhere. */
int child_begin(const char *const *words, bool all, pid_t *pid, int *out, struct cause *cause) WARN_UNUSED;
/* Closes `out` (-1 = none), ends the program and all that it started: SIGTERM, after 9 s SIGKILL. Waits. Its exit code, or
 * -1 where a signal ended it. */
int child_end(pid_t pid, int out);
/* Waits for its end, without asking for it: true when it has ended, with *code as child_end gives it. */
bool child_ended(pid_t pid, int *code);

#endif
