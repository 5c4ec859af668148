/* The crew: stage programs as children of this process, started beside its own executable, each in a
 * process group of its own (so that Ctrl-C reaches them only through us, as a drain). A child dies with us.
 * Single thread; every function returns at once. */
#ifndef DIANCHEN_CTL_CREW_H
#define DIANCHEN_CTL_CREW_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/text.h"

enum { CREW_MAX = 192, CREW_WORDS = 24, CREW_RESTARTS = 20, CREW_LINE_MAX = 4096 };

struct crew;

/* One line of a child's stderr, without its line end; valid during the call. */
typedef void crew_line_fn(void *user, const char *stage, struct text line);

int crew_new(crew_line_fn *line, void *user, struct crew **out, struct cause *cause) WARN_UNUSED;
/* Kills what still runs. */
void crew_free(struct crew **held);

/* Starts a stage program; `words` ends with NULL and is copied. With `revive`, a child that was killed or
 * crashed is started again (without the words of `first_only`, e.g. "--new"), at most CREW_RESTARTS times. */
int crew_start(struct crew *crew, const char *stage, const char *const *words, const char *first_only, bool revive,
               struct cause *cause) WARN_UNUSED;

struct crew_end {
    const char *stage;
    int exit_code; /* -1: killed by `signal` */
    int signal;
};
/* Waits up to `ms` for lines and ends. True when a child ended for good (it will not be started again). */
bool crew_poll(struct crew *crew, int ms, struct crew_end *end);
/* Living children of this stage, or of all when NULL. */
size_t crew_count(const struct crew *crew, const char *stage);
size_t crew_restarts(const struct crew *crew);
/* SIGTERM, or another signal, to a stage's children or all; they are not revived any more. */
void crew_signal(struct crew *crew, const char *stage, int signal);

/* Runs one program to its end with `input` on stdin and takes what it prints (at most `limit` bytes);
 * its stderr is ours. Returns its exit code, or a negative error. */
struct buffer;
int crew_call(const char *stage, const char *const *words, struct text input, struct buffer *output,
              struct cause *cause) WARN_UNUSED;
/* As crew_call, but with our stdout: for programs that print for the person. */
int crew_show(const char *stage, const char *const *words, struct cause *cause) WARN_UNUSED;

#endif
