/* A page's records as they leave the extractor: only the fields that the scheme uses, in the order of its slots. */
#ifndef DIANCHEN_EXTRACTOR_RECORD_H
#define DIANCHEN_EXTRACTOR_RECORD_H

#include "common/json.h"
#include "common/scheme_value.h"

enum { RECORD_DIGEST = 16 };

/* Packs the first `most` elements of `list` (NULL = none) onto `out` as source records of wire.h, one value a slot.
 * Integral numbers become integers, nested values their JSON text; a field that is missing is nil, an element that is
 * no object a record of nils. *digest is of the keys in order (zero when there are no rows): two pages with the same
 * one hold the same records. `scratch` is overwritten. ERR_MEMORY, ERR_LIMIT. */
int record_pack(const struct scheme *scheme, const cJSON *list, size_t most, struct buffer *out, struct buffer *scratch,
                uint8_t digest[RECORD_DIGEST], size_t *rows) WARN_UNUSED;

/* Of packed records: the bytes of the first, set apart or not, all that is there when it can't be told; and the key of the
 * first, in its place or in `room`, empty when it has none. */
struct text record_first(const struct scheme *scheme, struct text records);
struct text record_key(const struct scheme *scheme, struct text records, char room[SCHEME_NUMBER_ROOM]);
/* Leaves only those records whose key is `key`. *rows as they were and as they are. */
void record_keep(const struct scheme *scheme, struct text key, struct buffer *records, size_t *rows);

/* One element as a JSON object of the scheme's slots, on one line. Values of secret fields show as "***". */
void record_show(const struct scheme *scheme, const cJSON *element, struct buffer *out);

#endif
