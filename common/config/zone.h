/* Time zones: the difference between local time and UTC, from the host's tz database (TZif files, RFC 8536). libc knows
 * only one zone per process, so the files are read here. Asia/Shanghai and UTC need no database. */
#ifndef DIANCHEN_COMMON_CONFIG_ZONE_H
#define DIANCHEN_COMMON_CONFIG_ZONE_H

#include "common/base/arena.h"
#include "common/base/error.h"

#define ZONE_DEFAULT "Asia/Shanghai"
enum { ZONE_NAME_MAX = 60 /* bytes */, ZONE_LAST_YEAR = 2200 /* after it no clock is put forward or back */ };

struct zone_shift {
    int64_t from; /* unix seconds; INT64_MIN in the first */
    int32_t east; /* seconds that clocks are ahead of UTC from then on */
};
struct zone {
    const struct zone_shift *shifts; /* in order, at least one */
    size_t count;
};

/* Loads a zone into `arena`. ERR_INPUT with the cause: there is no such zone, or its file can't be read. */
int zone_load(struct text name, struct arena *arena, struct zone *out, struct cause *cause) WARN_UNUSED;
/* The same from the bytes of a TZif file. ERR_SYNTAX. */
int zone_read(struct text bytes, struct arena *arena, struct zone *out) WARN_UNUSED;

/* Seconds that the zone is ahead of UTC (east is positive) at this moment of the wall clock. */
int32_t zone_east(const struct zone *zone, int64_t unix_seconds);

struct zone_moments {
    int64_t at[2]; /* unix seconds, the earlier first */
    int count;     /* how often clocks show it: 0 (skipped when put forward), 1, or 2 (again after being put back) */
    int64_t jump;  /* count 0: the moment at which they were put forward */
};
/* The moments at which local clocks show `wall`, local seconds since 1970-01-01 00:00:00. */
struct zone_moments zone_moments(const struct zone *zone, int64_t wall);

#endif
