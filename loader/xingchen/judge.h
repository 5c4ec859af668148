/* Decides for each row of a save: saved, refused, or left open by the reply. Pure. It never guesses: what the reply leaves in doubt
 * becomes UNCLEAR or UNKNOWN. tests/unit/test_judge.c shows all forms of replies. */
#ifndef DIANCHEN_LOADER_XINGCHEN_JUDGE_H
#define DIANCHEN_LOADER_XINGCHEN_JUDGE_H

#include "loader/driver.h"
#include "loader/xingchen/answer.h"

/* Fills in the judgement of each of the `count` rows of the save. Their texts live in the arena or in the answer's. */
void judge_save(struct arena *arena, const struct target_form *form, const struct answer *answer,
                struct judge_row *rows, size_t count);
/* Appends all ids that the reply calls saved, each between line ends. */
void judge_saved_ids(struct arena *arena, const struct answer *answer, struct buffer *out);

#endif
