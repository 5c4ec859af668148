/* The stage programs that this process has started and watches. A child dies with us. On one thread; no function but
 * children_poll waits. */
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

/* `line` is called for each line that a child prints, from children_poll. ERR_MEMORY with the cause. */
int children_new(child_line_fn *line, void *user, struct children **out, struct cause *cause) WARN_UNUSED;
/* Kills what still runs. */
void children_free(struct children **held);

/* Starts a stage program; `words` ends with NULL and is copied. With `revive`, a child that was killed or
 * crashed is started again (without the words of `first_only`, e.g. "--new"), at most CHILD_RESTARTS times. */
int children_start(struct children *children, const char *stage, const char *const *words, const char *first_only,
                   bool revive, struct cause *cause) WARN_UNUSED;

struct child_exit {
    const char *stage;
    int exit_code; /* -1: killed by `signal` */
    int signal;
    bool asked; /* children_signal sent that signal, and the child did not yet handle it: it had begun nothing */
};
/* Waits up to `ms` for lines and ends. True when a child ended for good (it will not be started again). */
bool children_poll(struct children *children, int ms, struct child_exit *end);
/* Living children of this stage, or of all when NULL. */
size_t children_count(const struct children *children, const char *stage);
size_t children_restarts(const struct children *children);
/* SIGTERM, or another signal, to a stage's children or all; they are not revived any more. */
void children_signal(struct children *children, const char *stage, int signal);

#endif
