/* Times for people: local, with the zone, as they stand in their calendar; and how long something took. */
#ifndef DIANCHEN_CTL_SHOW_WHEN_H
#define DIANCHEN_CTL_SHOW_WHEN_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"

enum { WHEN_ROOM = 40 };

/* Unix ms as "2026-11-28 19:40:01 +0800"; "" for a time that no calendar has. Returns `out`. */
const char *when_of(int64_t unix_ms, char out[WHEN_ROOM]);
/* For programs: "2026-11-28T19:40:01+0800". Returns `out`. */
const char *when_iso(int64_t unix_ms, char out[WHEN_ROOM]);
/* Such a text back to unix ms, 0 where it is none. */
int64_t when_from_iso(struct text t);
/* Seconds as "0.4 s", "12 s", "2 min", "3 min 20 s", "2 h 5 min", "3 d 4 h", in the person's language. Returns `out`. */
const char *when_took(double seconds, char out[WHEN_ROOM]);
/* A time that a person gave: a duration back from `now` ("2h", "30d"), "2026-11-28", "2026-11-28 19:40" or with seconds, all
 * local. Unix ms. 0 or ERR_SYNTAX. */
int when_read(struct text t, int64_t now, int64_t *out) __attribute__((warn_unused_result));

#endif
