/* Reads a page of a list: the answer is a list, or an object with the members that form->list names. Pure. */
#ifndef DIANCHEN_LOADER_XINGCHEN_LIST_H
#define DIANCHEN_LOADER_XINGCHEN_LIST_H

#include "loader/driver.h"
#include "loader/xingchen/answer.h"

/* 0: *out is filled in; its texts live in the arena or in the answer's. ERR_SYNTAX: the answer has not that form, or a row has no
 * id. ERR_MEMORY. */
int list_read(struct arena *arena, const struct target_form *form, const struct answer *answer,
              struct target_page *out);

#endif
