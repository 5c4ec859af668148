/* How a stage program becomes a child of this process. */
#ifndef DIANCHEN_CTL_CHILDREN_CHILD_H
#define DIANCHEN_CTL_CHILDREN_CHILD_H

#include <sys/types.h>

#include "common/base/error.h"
#include "common/http/record.h"

enum { CHILD_WORDS = 24, CHILD_WORDS_ALL = CHILD_WORDS + 4 };

/* The path of a stage program, which stands beside our own executable. `out` has room for PATH_MAX bytes. ERR_INPUT with
 * the cure when it does not stand there. */
int child_path(const char *stage, char *out, size_t room, struct cause *cause) WARN_UNUSED;
/* Puts the words at argv[n] that make a child read the env file that we read. Returns the next free place. */
size_t child_put_env_file(const char **argv, size_t n);
/* Children that are started from now on record their calls; does nothing where no folder is named. ERR_MEMORY. */
int child_record(const struct record_options *options, struct cause *cause) WARN_UNUSED;
/* fork(), as it returns; in the child every signal is blocked until child_become, so that none is lost in a handler of ours
 * that exec takes away. */
pid_t child_fork(void);
/* In the child, between child_fork and exec: a process group of its own, so that Ctrl-C reaches it only through us; it gets
 * SIGTERM when we die; signals act by default and none is blocked; its environment holds no setting that only other programs read ("loader": none
 * of the extractor's). */
void child_become(pid_t parent, const char *stage);

#endif
