/* Changes one member in a scheme's text. All else stays as a person wrote it: comments, order, indents. Pure. */
#ifndef DIANCHEN_CONSOLE_WORK_EDIT_H
#define DIANCHEN_CONSOLE_WORK_EDIT_H

#include "common/base/buffer.h"

/* Sets the member `name` of the object at `path` to `value`, and appends the whole new text to `out`. `path` is a list of names that
 * ends with NULL: {"target", "request", NULL}. `value` is JSON; data NULL removes the member. Where `path` leads to a list, `name` is
 * the place of an element from 0 on, or "-": behind the last one. 0; ERR_NOT_FOUND: there is no object at the path, or no such
 * element to remove; ERR_SYNTAX: the text is no JSON, or the list has no such element to change. */
int text_edit(struct text text, const char *const *path, struct text name, struct text value,
              struct buffer *out) WARN_UNUSED;

#endif
