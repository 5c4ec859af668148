/* Writes the JSON bodies of calls. Each function appends to `out`; where memory is short out->failed is set. Pure. */
#ifndef DIANCHEN_LOADER_XINGCHEN_BODY_H
#define DIANCHEN_LOADER_XINGCHEN_BODY_H

#include "loader/driver.h"

/* A save: {"items":[{…},…]}, or the one record where form->save_items is empty. The payload of an update begins with its id. */
void body_save(struct buffer *out, const struct target_form *form, const struct target_item *items, size_t count);
/* A look-up of one number, and of several. */
void body_find_one(struct buffer *out, const struct target_form *form, struct text number);
void body_find_many(struct buffer *out, const struct target_form *form, const struct text *numbers, size_t count);
/* A question for one page of a list. */
void body_list(struct buffer *out, const struct target_form *form, const struct target_ask *ask);

#endif
