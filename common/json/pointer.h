/* JSON Pointer (RFC 6901) on JSON text: "/data/items" is the member `items` of the member `data`, "/0" the first
 * element of a list, "" the whole value; ~1 stands for /, ~0 for ~. Pure. */
#ifndef DIANCHEN_COMMON_JSON_POINTER_H
#define DIANCHEN_COMMON_JSON_POINTER_H

#include "common/json/json.h"
#include "common/json/scan.h"

/* Is `pointer` a valid JSON Pointer? */
bool json_pointer_good(struct text pointer);
/* Finds the value in `root`, the text of one value. `marks` (may be NULL) are those of the text that holds `root`.
 * Names with escapes are decoded in `arena`. ERR_NOT_FOUND: there is no such value. ERR_SYNTAX: brackets on the way do
 * not match. ERR_MEMORY. */
int json_pointer_find(struct text root, struct text pointer, const struct json_marks *marks, struct arena *arena,
                      struct text *value) WARN_UNUSED;
/* The same in a tree: NULL = there is no such value. */
const cJSON *json_pointer_get(const cJSON *root, struct text pointer);

#endif
