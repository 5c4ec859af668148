/* Changes one member of an object inside a scheme's text, and leaves all else as a person wrote it: comments, order, indents. */
#ifndef DIANCHEN_CONSOLE_WORK_EDIT_H
#define DIANCHEN_CONSOLE_WORK_EDIT_H

#include "common/base/buffer.h"

/* `path` leads to the object, its last name is followed by NULL: {"target", "request", NULL}. `value` is JSON; data NULL takes the
 * member away. Where a list stands at the path, `name` is the place of an element from 0 on, or "-": behind the last one.
 * Appends the whole new text. ERR_NOT_FOUND where no object stands at the path, or no element to be taken away; ERR_SYNTAX
 * where the text is no JSON, or the list has no such element to be changed. */
int text_edit(struct text text, const char *const *path, struct text name, struct text value,
              struct buffer *out) WARN_UNUSED;

#endif
