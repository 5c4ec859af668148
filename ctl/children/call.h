/* Runs one stage program to its end. All three functions block. `words` ends with NULL, and never holds a secret: secrets go by
 * the environment. */
#ifndef DIANCHEN_CTL_CHILDREN_CALL_H
#define DIANCHEN_CTL_CHILDREN_CALL_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/text.h"

/* Runs the program with `input` on its stdin, and appends its stdout to `output`, up to the limit of that buffer. Its stderr goes to
 * ours. Returns its exit code, or a negative error with the cause. */
int child_call(const char *stage, const char *const *words, struct text input, struct buffer *output,
               struct cause *cause) WARN_UNUSED;
/* As child_call, but its stderr is thrown away: for what only adds to an answer. */
int child_call_quiet(const char *stage, const char *const *words, struct text input, struct buffer *output,
                     struct cause *cause) WARN_UNUSED;
/* As child_call, but its stdout goes to ours: for programs that print for the person. */
int child_show(const char *stage, const char *const *words, struct cause *cause) WARN_UNUSED;

#endif
