/* Linked in front of map_record (ld --wrap) into the transformer of bench-scale: a mapping that costs MAP_COST more. */
#include <time.h>

#include "transformer/map.h"

enum { MAP_COST = 800 /* microseconds of CPU a record */ };

int __real_map_record(struct map *map, const struct value *slots, struct text raw, struct mapped *out);
int __wrap_map_record(struct map *map, const struct value *slots, struct text raw, struct mapped *out);

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int __wrap_map_record(struct map *map, const struct value *slots, struct text raw, struct mapped *out)
{
    for (int64_t end = cpu_us() + MAP_COST; cpu_us() < end;) {
    }
    return __real_map_record(map, slots, raw, out);
}
