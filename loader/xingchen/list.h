/* A page of a list: data is a list, or an object with the members that form->list names. Pure. */
#ifndef DIANCHEN_LOADER_XINGCHEN_LIST_H
#define DIANCHEN_LOADER_XINGCHEN_LIST_H

#include "loader/driver.h"
#include "loader/xingchen/answer.h"

/* ERR_SYNTAX: the answer has not that form, or a row of it has no id; ERR_MEMORY. */
int list_read(struct arena *arena, const struct target_form *form, const struct answer *answer,
              struct target_page *out);

#endif
