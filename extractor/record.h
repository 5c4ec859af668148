/* A page's records as they leave the extractor: only the fields that the scheme uses, in the order of its slots. What else
 * stands in a record is skipped by its brackets alone. */
#ifndef DIANCHEN_EXTRACTOR_RECORD_H
#define DIANCHEN_EXTRACTOR_RECORD_H

#include "common/json/scan.h"
#include "common/scheme/cast.h"
#include "common/scheme/scheme.h"

enum { RECORD_DIGEST = 16, RECORD_BROKEN_MAX = 4096 /* bytes that are kept of what can't be read */ };

/* Packs `count` records, the text of each, or the rows of each where the scheme splits them, onto `out` as source records of
 * wire.h, one value a slot: strings decoded, numbers digit for digit, nested values as compact JSON, nil for a field that is
 * missing. A value that can't be read is VALUE_BROKEN. An element that is no object, or no JSON inside, is a record with its
 * bytes as such a value, secrets masked, and with its key where they show it. Half of a surrogate pair and NUL in a text become
 * U+FFFD, and the log says so. *digest is of the keys in order (zero when there are no rows): two pages with the same one hold
 * the same records. `day` is for SCHEME_RUN_DATE. `arena` is for what must be decoded; it may be reset afterwards. Where `out`
 * is too small for all, the largest go out as records that can't be read. *rows = how many were packed: a record that is split,
 * and has no rows, is one without a field of theirs. ERR_MEMORY, ERR_LIMIT: `out` is too small even so. */
int record_pack(const struct scheme *scheme, const struct text *records, size_t count, int64_t day, struct buffer *out,
                struct arena *arena, uint8_t digest[RECORD_DIGEST], size_t *rows) WARN_UNUSED;

/* Of packed records: the bytes of the first, set apart or not, all that is there when it can't be told; and the key of the
 * first, in its place or in `room`, empty when it has none. */
struct text record_first(const struct scheme *scheme, struct text records);
struct text record_key(const struct scheme *scheme, struct text records, char room[SCHEME_NUMBER_ROOM]);
/* Leaves only those records whose key is `key`. *rows as they were and as they are. */
void record_keep(const struct scheme *scheme, struct text key, struct buffer *records, size_t *rows);

/* One record as a JSON object of the scheme's slots, on one line; of one that is split each of its rows, up to `most`.
 * Values of secret fields show as "***". Returns how many lines. */
size_t record_show(const struct scheme *scheme, struct text record, size_t most, struct arena *arena,
                   struct buffer *out);

#endif
