/* Values out of a record: of a slot, of JSON; lists, their items, and the members of those. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_LIST_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_LIST_H

#include "common/scheme/formula/machine.h"

/* A value of a record, and one of a JSON tree. */
struct formula_value formula_of_slot(struct formula_machine *m, const struct value *slot);
enum formula_error formula_of_json(struct formula_machine *m, const cJSON *item, struct formula_value *out);
/* The items of a list, read from its JSON if need be. Any other value counts as a list of this one item, an empty value
 * as an empty list. */
enum formula_error formula_items(struct formula_machine *m, const struct formula_value *v,
                                 const struct formula_value **items, size_t *count);
/* "details_list" + "price": of a list the member of each element, of an object the member. */
enum formula_error formula_path(struct formula_machine *m, const struct value *slot, struct text path,
                                struct formula_value *out);
/* The same of a row: path "price" or "sizes.width". */
enum formula_error formula_row_path(struct formula_machine *m, const cJSON *row, struct text path,
                                    struct formula_value *out);

#endif
