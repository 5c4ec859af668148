/* Packs a page's records for the link: only the fields that the scheme uses, in the order of its slots. The rest of a
 * record is skipped without decoding. */
#ifndef DIANCHEN_EXTRACTOR_RECORD_H
#define DIANCHEN_EXTRACTOR_RECORD_H

#include "common/json/scan.h"
#include "common/scheme/cast.h"
#include "common/scheme/scheme.h"

enum { RECORD_DIGEST = 16, RECORD_BROKEN_MAX = 4096 /* bytes that are kept of what can't be read */ };

/* Packs `count` records, or the rows of each where the scheme splits them, onto `out` as source records of wire.h.
 *
 * Values, one a slot: strings decoded, numbers digit for digit, nested values as compact JSON, nil for a missing field,
 * VALUE_BROKEN for what can't be read. Half of a surrogate pair and NUL in a text become U+FFFD, and the log says so.
 * `day` is the value of SCHEME_RUN_DATE.
 * An element that is no object, or no JSON inside, becomes a record with its bytes as VALUE_BROKEN, secrets masked, and
 * with its key if they show it. A record that is split but has no rows becomes one record without row fields. If `out`
 * is too small for all, the largest records are sent as such that can't be read.
 *
 * *digest is over the keys in order (zero without rows): pages with equal digests hold the same records. *rows = how
 * many were packed. `arena` holds what must be decoded; it may be reset afterwards. ERR_MEMORY; ERR_LIMIT: `out` is too
 * small even so. */
int record_pack(const struct scheme *scheme, const struct text *records, size_t count, int64_t day, struct buffer *out,
                struct arena *arena, uint8_t digest[RECORD_DIGEST], size_t *rows) WARN_UNUSED;

/* The day in China of a moment (unix ms), as formula/date.h counts: of SCHEME_RUN_DATE, where it is a run's start. */
int64_t record_day(int64_t moment);

/* record_first: the bytes of the first packed record, set apart or not; all of `records` if its end can't be found.
 * record_key: the key of the first packed record, in place or in `room`; empty if it has none. */
struct text record_first(const struct scheme *scheme, struct text records);
struct text record_key(const struct scheme *scheme, struct text records, char room[SCHEME_NUMBER_ROOM]);
/* Keeps only the records with this key. *rows: their number, before and after. */
void record_keep(const struct scheme *scheme, struct text key, struct buffer *records, size_t *rows);

/* Appends one record as a JSON object of the scheme's slots, on one line; if it is split, one line for each of its
 * rows, at most `most`. Values of secret fields show as "***". Returns the number of lines. */
size_t record_show(const struct scheme *scheme, struct text record, size_t most, struct arena *arena,
                   struct buffer *out);

#endif
