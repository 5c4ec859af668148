/* What an accepted or refused call means for its records. Pure; as the functions of struct target_driver. */
#ifndef DIANCHEN_LOADER_REST_JUDGE_H
#define DIANCHEN_LOADER_REST_JUDGE_H

#include "loader/driver.h"

void rest_judge(struct arena *arena, const struct target_form *form, const struct answer *answer,
                struct judge_row *rows, size_t count);
void rest_saved_ids(struct arena *arena, const struct target_form *form, const struct answer *answer,
                    struct buffer *out);
int rest_list_read(struct arena *arena, const struct target_form *form, const struct answer *answer,
                   struct target_page *out);
const cJSON *rest_record(const struct target_form *form, const struct answer *answer, struct text id);

#endif
