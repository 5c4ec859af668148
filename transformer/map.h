/* Maps one source record to one target record: filter, key and number, payload, hash. No socket, no clock; the environment is
 * read once, when the map is made. A map is used by one thread. The rules: docs/schemes.md. */
#ifndef DIANCHEN_TRANSFORMER_MAP_H
#define DIANCHEN_TRANSFORMER_MAP_H

#include "common/base/arena.h"
#include "common/scheme/scheme.h"
#include "common/wire/wire.h"

enum { MAP_PAYLOAD_MAX = 1 << 20 /* bytes; a larger one is refused */ };

struct map;

/* `variable` returns the value of a {{env.NAME}}, NULL when unset (config_variable). The scheme must outlive the map. The caller
 * owns *out. ERR_INPUT: a variable is missing or does not suit its field; the cause names it, its place in the scheme and the
 * cure. ERR_MEMORY. */
int map_new(const struct scheme *scheme, const char *(*variable)(const char *name), struct map **out,
            struct cause *cause) WARN_UNUSED;
void map_free(struct map **map);

/* Maps one record. `slots` has scheme->slot_count values, `raw` is the record as the source sent it. Fills in *out; its texts live
 * until the next call with this map, and no longer than `slots` and `raw`.
 *   RECORD_PAYLOAD     payload is a JSON object; hash covers it and the number
 *   RECORD_FILTERED    a condition of the filter does not hold
 *   RECORD_UNMAPPABLE  refusal says why: class "keyless", "mapping" or "formula" (its code: "formula.divide")
 * The last two are stubs: their hash is that of `raw`. A stub without a usable key gets a made-up one: "(no key) " and 16 hex
 * digits. Without a usable number its number is its key. 0 or ERR_MEMORY. */
int map_record(struct map *map, const struct value *slots, struct text raw, struct mapped *out) WARN_UNUSED;
/* Maps a record that the source has lost (run/vanished.h): `slots` has its key and its number, and the payload is what the
 * scheme says under /vanished/disable. RECORD_PAYLOAD, or RECORD_UNMAPPABLE as above. 0 or ERR_MEMORY. */
int map_lost(struct map *map, const struct value *slots, struct text raw, struct mapped *out) WARN_UNUSED;
/* Makes the stub of a record that ended its workers: RECORD_UNMAPPABLE, class "poison". Nothing of the record is read but its key
 * and number; key and hash are those of its other stubs. 0 or ERR_MEMORY. */
int map_apart(struct map *map, const struct value *slots, struct text raw, struct mapped *out) WARN_UNUSED;

#endif
