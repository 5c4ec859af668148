/* The bodies of calls: records of a save, numbers that are asked for, pages of a list. */
#ifndef DIANCHEN_LOADER_XINGCHEN_BODY_H
#define DIANCHEN_LOADER_XINGCHEN_BODY_H

#include "loader/driver.h"

/* {"items":[{…},…]}, or the one record where form->save_items is empty. `"id":"…",` is put in front of the payload of an
 * update. */
void body_save(struct buffer *out, const struct target_form *form, const struct target_item *items, size_t count);
void body_find_one(struct buffer *out, const struct target_form *form, struct text number);
void body_find_many(struct buffer *out, const struct target_form *form, const struct text *numbers, size_t count);
void body_list(struct buffer *out, const struct target_form *form, const struct target_ask *ask);

#endif
