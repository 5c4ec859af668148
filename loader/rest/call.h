/* Writes calls as the API file's templates say. Each function appends path and query to call->address, and the body; where something
 * does not fit, that buffer's `failed` is set. Pure. */
#ifndef DIANCHEN_LOADER_REST_CALL_H
#define DIANCHEN_LOADER_REST_CALL_H

#include "loader/driver.h"

enum rest_call_kind { REST_CALL_SAVE = 1, REST_CALL_UPDATE, REST_CALL_FIND, REST_CALL_LIST };

/* What the file says of calls of this kind. */
const struct rest_request *rest_call_request(const struct target_form *form, int kind);
/* A save. One record that has an id goes by `update` where the file has it: it must be alone. */
void rest_call_save(struct target_call *out, const struct target_form *form, const struct target_item *items,
                    size_t count);
/* A page of the list, or the records of one number. */
void rest_call_list(struct target_call *out, const struct target_form *form, const struct target_ask *ask);

#endif
