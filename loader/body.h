/* The body of a save: {"items":[{…},…]}, straight into a buffer. */
#ifndef DIANCHEN_LOADER_BODY_H
#define DIANCHEN_LOADER_BODY_H

#include "common/buffer.h"
#include "common/text.h"

struct body_item {
    struct text payload;   /* JSON object text without "id" */
    struct text target_id; /* `"id":"…",` is put in front; empty = a create */
};
void body_write(struct buffer *out, const struct body_item *items, size_t count);

#endif
