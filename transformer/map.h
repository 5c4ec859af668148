/* One source record in, one mapped record out: filter, key and number, payload, hash. Pure: no socket, no clock;
 * the environment is read once, when the map is made. One thread. The rules: docs/schemes.md. */
#ifndef DIANCHEN_TRANSFORMER_MAP_H
#define DIANCHEN_TRANSFORMER_MAP_H

#include "common/base/arena.h"
#include "common/scheme/scheme.h"
#include "common/wire/wire.h"

enum { MAP_PAYLOAD_MAX = 1 << 20 /* bytes; a larger one is refused */ };

struct map;

/* `variable` tells the value of a {{env.NAME}}, NULL when unset (config_variable). The scheme must outlive the map.
 * ERR_INPUT names a variable that is missing or does not suit its field, where the scheme uses it, and the cure. */
int map_new(const struct scheme *scheme, const char *(*variable)(const char *name), struct map **out,
            struct cause *cause) WARN_UNUSED;
void map_free(struct map **map);

/* Maps one record: `slots` has scheme->slot_count values, `raw` is the record's own bytes. Fills the in-part of *out;
 * its texts live until the next call with this map, or as long as `slots` and `raw`, whichever ends first.
 *   RECORD_PAYLOAD     payload is a JSON object; hash covers it and the number
 *   RECORD_FILTERED    a condition of the filter does not hold
 *   RECORD_UNMAPPABLE  refusal says why: class "keyless", "mapping" or "formula" (its code: "formula.divide")
 * Stubs are hashed over `raw`; one without a usable key gets a made-up one: "(no key) " and 16 hex digits.
 * A stub's number is its key where it has no usable number. ERR_MEMORY. */
int map_record(struct map *map, const struct value *slots, struct text raw, struct mapped *out) WARN_UNUSED;
/* A record that ended its workers: nothing but its key and number is looked at. RECORD_UNMAPPABLE, class "poison", under
 * the key and hash that every stub of it has. */
int map_apart(struct map *map, const struct value *slots, struct text raw, struct mapped *out) WARN_UNUSED;

#endif
