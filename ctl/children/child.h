/* The steps by which a stage program is started as a child of this process. Call them from the main thread. */
#ifndef DIANCHEN_CTL_CHILDREN_CHILD_H
#define DIANCHEN_CTL_CHILDREN_CHILD_H

#include <sys/types.h>

#include "common/base/error.h"
#include "common/http/record.h"

enum { CHILD_WORDS = 24, CHILD_WORDS_ALL = CHILD_WORDS + 4 };

/* Writes the path of a stage program, which stands beside our own executable, into `out` (`room` bytes; PATH_MAX is enough).
 * ERR_INPUT with the cure: it does not stand there. ERR_IO. */
int child_path(const char *stage, char *out, size_t room, struct cause *cause) WARN_UNUSED;
/* Puts "--env-file FILE" at argv[n], where we read one: the child reads the same. Returns the next free place. */
size_t child_put_env_file(const char **argv, size_t n);
/* Makes children that are started later record their calls; does nothing where no folder is named. ERR_MEMORY. */
int child_record(const struct record_options *options, struct cause *cause) WARN_UNUSED;
/* Calls fork() and returns what it returns. In the child all signals are blocked until child_become: no signal can reach one of
 * our handlers, which would drop it. */
pid_t child_fork(void);
/* Call it in the child, between child_fork and exec. The child gets a process group of its own, so that Ctrl-C reaches it only
 * through us; it gets SIGTERM when we die; signals act by default, and none is blocked. Settings that only other programs read are
 * removed from its environment ("loader": those of the extractor). `parent` is our process id before the fork. */
void child_become(pid_t parent, const char *stage);

#endif
