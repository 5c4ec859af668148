/* Reads what a target's API file says for the driver "rest". Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_TARGET_H
#define DIANCHEN_COMMON_SCHEME_REST_TARGET_H

#include "common/scheme/keys.h"

/* The file has passed the check of its outermost keys. `form` holds the names of id and number; paths, lists and words are filled in.
 * `id_type` is that of the id's field. Everything lives in `keep`. What is wrong is reported. */
void rest_target_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                      enum scheme_type id_type, struct target_form *form);

#endif
