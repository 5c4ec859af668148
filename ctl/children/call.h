/* One stage program, run to its end. A secret never stands in `words`: it goes by the environment. */
#ifndef DIANCHEN_CTL_CHILDREN_CALL_H
#define DIANCHEN_CTL_CHILDREN_CALL_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/text.h"

/* Runs the program with `input` on its stdin and takes what it prints, at most what `output` may hold; its stderr is ours.
 * `words` ends with NULL. Blocks. Returns its exit code, or a negative error with the cause. */
int child_call(const char *stage, const char *const *words, struct text input, struct buffer *output,
               struct cause *cause) WARN_UNUSED;
/* As child_call, but nothing that it says on stderr is shown: for what is only an addition to an answer. */
int child_call_quiet(const char *stage, const char *const *words, struct text input, struct buffer *output,
                     struct cause *cause) WARN_UNUSED;
/* As child_call, but its stdout is ours: for programs that print for the person. */
int child_show(const char *stage, const char *const *words, struct cause *cause) WARN_UNUSED;

#endif
