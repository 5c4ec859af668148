/* What an answer of a look-up says about a number. Pure. */
#ifndef DIANCHEN_LOADER_XINGCHEN_FIND_H
#define DIANCHEN_LOADER_XINGCHEN_FIND_H

#include "loader/driver.h"
#include "loader/xingchen/answer.h"

/* The answer is an object, a list, or a list in the member form->list.rows. *entries (may be NULL) = records that it holds. */
enum target_told find_read(struct arena *arena, const struct target_form *form, const struct answer *answer,
                           struct text number, struct text *id, size_t *entries);

#endif
