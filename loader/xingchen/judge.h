/* Which row of a saved batch was saved, refused, or can't be told from the reply. Pure. Never guesses: what the reply does
 * not say beyond doubt becomes UNCLEAR or UNKNOWN. The forms: tests/unit/test_judge.c. */
#ifndef DIANCHEN_LOADER_XINGCHEN_JUDGE_H
#define DIANCHEN_LOADER_XINGCHEN_JUDGE_H

#include "loader/driver.h"
#include "loader/xingchen/answer.h"

/* Fills in the judgement of each of the `count` rows of the save. Its texts live in the arena, or in the answer's. */
void judge_save(struct arena *arena, const struct target_form *form, const struct answer *answer,
                struct judge_row *rows, size_t count);
/* All ids that the reply calls saved, each between line ends. */
void judge_saved_ids(struct arena *arena, const struct answer *answer, struct buffer *out);

#endif
