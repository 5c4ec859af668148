/* Reads what the answer to a look-up says about a number. Pure. */
#ifndef DIANCHEN_LOADER_XINGCHEN_FIND_H
#define DIANCHEN_LOADER_XINGCHEN_FIND_H

#include "loader/driver.h"
#include "loader/xingchen/answer.h"

/* The answer is an object, a list, or a list in the member form->list.rows. *id is set with TOLD_FOUND and TOLD_ALIKE, and lives in
 * the arena or the answer's. *entries (may be NULL) = how many records the answer holds. */
enum target_told find_read(struct arena *arena, const struct target_form *form, const struct answer *answer,
                           struct text number, struct text *id, size_t *entries);
/* As target_driver.record. */
const cJSON *find_record(const struct target_form *form, const struct answer *answer, struct text id);

#endif
