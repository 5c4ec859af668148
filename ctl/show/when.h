/* Writes and reads times and durations for people. Times are local, with their zone. */
#ifndef DIANCHEN_CTL_SHOW_WHEN_H
#define DIANCHEN_CTL_SHOW_WHEN_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"

enum { WHEN_ROOM = 40 };

/* Writes Unix ms as "2026-11-28 19:40:01 +0800"; "" where the time can't be converted. Returns `out`. */
const char *when_of(int64_t unix_ms, char out[WHEN_ROOM]);
/* The same for programs: "2026-11-28T19:40:01+0800". Returns `out`. */
const char *when_iso(int64_t unix_ms, char out[WHEN_ROOM]);
/* Reads what when_iso writes. Returns Unix ms, or 0 where the text is no such time. */
int64_t when_from_iso(struct text t);
/* Writes seconds as "0.4 s", "12 s", "2 min", "3 min 20 s", "2 h 5 min", "3 d 4 h", in the person's language. Returns `out`. */
const char *when_took(double seconds, char out[WHEN_ROOM]);
/* Reads a time that a person gave: a duration before `now` ("2h", "30d"), or a local time: "2026-11-28", "2026-11-28 19:40", or
 * with seconds. `now` and *out are Unix ms. 0 or ERR_SYNTAX. */
int when_read(struct text t, int64_t now, int64_t *out) __attribute__((warn_unused_result));

#endif
