/* The stage programs that this process has started and watches. They end when this process ends. Use it from one thread; only
 * children_poll and children_free wait. */
#ifndef DIANCHEN_CTL_CHILDREN_GROUP_H
#define DIANCHEN_CTL_CHILDREN_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/text.h"

enum { CHILDREN_MAX = 192, CHILD_RESTARTS = 20, CHILD_LINE_MAX = 4096 };

struct children;

/* One line of a child's stderr, without its line end; valid during the call. */
typedef void child_line_fn(void *user, const char *stage, struct text line);

/* `line` is called from children_poll for each line that a child prints on stderr. The caller owns *out. ERR_MEMORY with the
 * cause. */
int children_new(child_line_fn *line, void *user, struct children **out, struct cause *cause) WARN_UNUSED;
/* Kills what still runs. */
void children_free(struct children **held);

/* Starts a stage program; `words` ends with NULL and is copied. With `revive`, a child that was killed or crashed is started again
 * without the word `first_only` (e.g. "--new"), at most CHILD_RESTARTS times. Returns 0, or an error with the cause: the program
 * is not there, can't be started, or there are CHILDREN_MAX. */
int children_start(struct children *children, const char *stage, const char *const *words, const char *first_only,
                   bool revive, struct cause *cause) WARN_UNUSED;

struct child_exit {
    const char *stage;
    int exit_code; /* -1: killed by `signal` */
    int signal;
    bool asked; /* children_signal sent that signal, and the child did not handle it yet: it had begun no work */
};
/* Waits at most `ms` for lines and ends of children. True: a child ended for good (it is not started again), and *end says how. */
bool children_poll(struct children *children, int ms, struct child_exit *end);
/* How many children of this stage run, or of all stages when NULL. */
size_t children_count(const struct children *children, const char *stage);
/* How often children were started again. */
size_t children_restarts(const struct children *children);
/* Sends a signal to a stage's children, or to all when NULL. They are not started again afterwards. */
void children_signal(struct children *children, const char *stage, int signal);

#endif
