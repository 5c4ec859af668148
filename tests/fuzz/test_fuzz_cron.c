/* A schedule by the clock: its expression up to the first line end, then a file of the tz database. What is read has a next time,
 * behind the one asked about, and clocks show it at most twice. */
#include <string.h>

#include "common/config/cron.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct zone_shift utc[] = {{INT64_MIN, 0}};
    static const int64_t moments[] = {0, 1796000000, 4000000000, 7258118400};
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t first = end ? (size_t)(end - data) : size, past = end ? first + 1 : size;
    struct text expression = {(const char *)data, first}, file = {(const char *)data + past, size - past};
    struct zone zone = {utc, 1}, read;
    struct cron cron;
    struct cause cause = {""};
    struct arena arena;
    arena_init(&arena, ARENA_MOST);
    if (zone_read(file, &arena, &read) == 0) {
        zone = read;
        MUST(zone.count > 0 && zone.shifts[0].from == INT64_MIN);
    }
    if (cron_read(expression, &zone, TEXT("Fuzz/Zone"), &cron, &cause) == 0) {
        for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
            int64_t next = 0;
            MUST(cron_next(&cron, moments[i], &next) != 0 || next > moments[i]);
            struct zone_moments shown = zone_moments(&zone, moments[i]);
            MUST(shown.count >= 0 && shown.count <= 2);
        }
    } else {
        MUST(cause.text[0] != '\0');
    }
    arena_fini(&arena);
    return 0;
}
