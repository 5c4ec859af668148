/* Schedules by the wall's clock: tables of days on which clocks are put forward and back, then every zone of the host and
 * random times against the C library. CRON_CASES=n: how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/config/cron.h"
#include "tests/unit/chinese.h"

static struct arena arena;

static int cron_of(const char *expression, const char *name, struct cron *out, struct cause *cause)
{
    struct zone zone;
    int error = zone_load(text_of(name), &arena, &zone, cause);
    return error ? error : cron_read(text_of(expression), &zone, text_of(name), out, cause);
}

static struct cron read_well(const char *expression, const char *zone)
{
    struct cron cron;
    struct cause cause = {""};
    if (cron_of(expression, zone, &cron, &cause) != 0) {
        fail_msg("%s %s: %s", expression, zone, cause.text);
    }
    return cron;
}

static int64_t moment(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);
    assert_true(end && *end == '\0');
    return timegm(&tm);
}

/* UTC in the last two columns. */
static const struct {
    const char *expression, *zone, *after, *next;
} times[] = {
    {"0 2 * * *", "Asia/Shanghai", "2026-11-28 17:59", "2026-11-28 18:00"},
    {"0 2 * * *", "Asia/Shanghai", "2026-11-28 18:00", "2026-11-29 18:00"},
    {"0 2 * * *", "UTC", "2026-11-28 18:00", "2026-11-29 02:00"},
    {"*/15 * * * *", "UTC", "2026-11-28 18:00", "2026-11-28 18:15"},
    {"5/20 * * * *", "UTC", "2026-11-28 18:06", "2026-11-28 18:25"},
    {"10-20/5,50 8-10 * * *", "UTC", "2026-11-28 10:20", "2026-11-28 10:50"},
    {"10-20/5,50 8-10 * * *", "UTC", "2026-11-28 10:50", "2026-11-29 08:10"},
    {"0 0 31 * *", "UTC", "2026-08-31 00:00", "2026-10-31 00:00"},
    {"0 0 29 2 *", "UTC", "2096-02-29 00:00", "2104-02-29 00:00"},
    {"0 0 * * 7", "UTC", "2026-11-23 00:00", "2026-11-29 00:00"},
    {"0 0 * * SUN", "UTC", "2026-11-23 00:00", "2026-11-29 00:00"},
    {"0 9 * * mon-fri", "UTC", "2026-11-27 09:00", "2026-11-30 09:00"},
    {"0 9 1 jan,JUL *", "UTC", "2026-02-01 00:00", "2026-07-01 09:00"},
    {"0 0 13 * 5", "UTC", "2026-11-06 00:00", "2026-11-13 00:00"}, /* the 13th, or a Friday */
    {"0 0 13 * 5", "UTC", "2026-11-29 00:00", "2026-12-04 00:00"},
    {"0 0 */2 * 5", "UTC", "2026-11-29 00:00", "2026-12-11 00:00"}, /* a field that begins with *: both */
    {"\t0  2 * * * ", "UTC", "2026-11-28 18:00", "2026-11-29 02:00"},
    /* Berlin, 29 March 2026: at 02:00 clocks are put forward to 03:00 (01:00 UTC). */
    {"30 2 * * *", "Europe/Berlin", "2026-03-28 01:30", "2026-03-29 01:00"},
    {"30 2 * * *", "Europe/Berlin", "2026-03-29 01:00", "2026-03-30 00:30"},
    {"0,30 2,3 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 01:00"},
    {"0,30 2,3 * * *", "Europe/Berlin", "2026-03-29 01:00", "2026-03-29 01:30"},
    {"*/30 * * * *", "Europe/Berlin", "2026-03-29 00:30", "2026-03-29 01:00"},
    {"20 * * * *", "Europe/Berlin", "2026-03-29 00:20", "2026-03-29 01:20"},
    /* 25 October 2026: at 03:00 back to 02:00 (01:00 UTC). */
    {"30 2 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 00:30"},
    {"30 2 * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-26 01:30"},
    {"0 3 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 02:00"},
    {"*/30 * * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25 01:00"},
    {"*/30 * * * *", "Europe/Berlin", "2026-10-25 01:00", "2026-10-25 01:30"},
    {"30 2-5 * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25 02:30"},
    /* Clocks that are put forward at midnight; by half an hour; back over midnight; a day that was left out. */
    {"15 0 * * *", "Africa/Cairo", "2026-04-23 12:00", "2026-04-23 22:00"},
    {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-03 15:30"},
    {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04 00:00", "2026-04-04 14:45"},
    {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04 14:45", "2026-04-05 15:15"},
    {"30 23 * * *", "Africa/Cairo", "2026-10-29 12:00", "2026-10-29 20:30"},
    {"0 12 * * *", "Pacific/Apia", "2011-12-29 22:00", "2011-12-30 10:00"},
    /* Behind the last shift that the file has, its rule holds. */
    {"30 2 * * *", "Europe/Berlin", "2099-03-28 12:00", "2099-03-29 01:00"},
    {"30 2 * * *", "America/New_York", "2150-03-07 12:00", "2150-03-08 07:00"},
};

static void next_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct cron cron = read_well(times[i].expression, times[i].zone);
        int64_t next = 0, wanted = moment(times[i].next);
        assert_int_equal(cron_next(&cron, moment(times[i].after), &next), 0);
        if (next != wanted) {
            fail_msg("%s %s after %s: %+lld s beside %s", times[i].expression, times[i].zone, times[i].after,
                     (long long)(next - wanted), times[i].next);
        }
        arena_reset(&arena, 0);
    }
}

static const struct {
    const char *expression, *zone, *said;
} faults[] = {
    {"0 2 * *", "UTC",
     "must be five fields, not 4: minute, hour, day, month, weekday; \"0 2 * * *\" is 02:00 each day"},
    {"", "UTC", "must be five fields, not 0: minute, hour, day, month, weekday; \"0 2 * * *\" is 02:00 each day"},
    {"0 0 2 * * *", "UTC",
     "must be five fields, not 6: minute, hour, day, month, weekday; \"0 2 * * *\" is 02:00 each day"},
    {"@daily", "UTC", "must be five fields, not 1: minute, hour, day, month, weekday; \"0 2 * * *\" is 02:00 each day"},
    {"60 2 * * *", "UTC", "minute (field 1): 60: must be from 0 to 59"},
    {"0 24 * * *", "UTC", "hour (field 2): 24: must be from 0 to 23"},
    {"0 2 0 * *", "UTC", "day of the month (field 3): 0: must be from 1 to 31"},
    {"0 2 * 1,13 *", "UTC", "month (field 4): 13: must be from 1 to 12"},
    {"0 2 * * 8", "UTC", "day of the week (field 5): 8: must be from 0 to 7"},
    {"0 22-2 * * *", "UTC", "hour (field 2): 22-2: the range runs backwards; write it as two: 22-23,0-2"},
    {"*/0 2 * * *", "UTC", "minute (field 1): */0: behind / stands a step from 1 to 59: */15"},
    {"*/ 2 * * *", "UTC", "minute (field 1): */: behind / stands a step from 1 to 59: */15"},
    {"1,,2 2 * * *", "UTC", "minute (field 1): : must be *, numbers, ranges and steps: 5 or 1,15 or 8-18 or */10"},
    {"-1 2 * * *", "UTC", "minute (field 1): -1: must be *, numbers, ranges and steps: 5 or 1,15 or 8-18 or */10"},
    {"1-2-3 2 * * *", "UTC",
     "minute (field 1): 1-2-3: must be *, numbers, ranges and steps: 5 or 1,15 or 8-18 or */10"},
    {"0 2 * * noon", "UTC",
     "day of the week (field 5): noon: must be *, numbers, ranges and steps: 5 or 1,15 or 8-18 or */10"},
    {"0 2 * * L", "UTC",
     "day of the week (field 5): L: must be *, numbers, ranges and steps: 5 or 1,15 or 8-18 or */10"},
    {"0 2 30 2 *", "UTC", "no such day ever comes: a month that it names has too few days"},
    {"0 2 * * *", "Asia/Beijing",
     "no such time zone; write its name in the tz database: Asia/Shanghai, Europe/Berlin, UTC"},
    {"0 2 * * *", "../../../etc/passwd",
     "no such time zone; write its name in the tz database: Asia/Shanghai, Europe/Berlin, UTC"},
    {"0 2 * * *", "Asia", "no such time zone; write its name in the tz database: Asia/Shanghai, Europe/Berlin, UTC"},
    {"0 2 * * *", "", "no such time zone; write its name in the tz database: Asia/Shanghai, Europe/Berlin, UTC"},
};

static void wrong_expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct cron cron;
        struct cause cause = {""};
        int error = cron_of(faults[i].expression, faults[i].zone, &cron, &cause);
        assert_int_equal(error, ERR_INPUT);
        assert_string_equal(cause.text, faults[i].said);
        assert_chinese(cause.text);
    }
}

/* ---- against the C library ---- */

static struct tm local(int64_t at)
{
    time_t seconds = (time_t)at;
    struct tm tm;
    assert_non_null(localtime_r(&seconds, &tm));
    return tm;
}

static int64_t wall(int64_t at)
{
    struct tm tm = local(at);
    return at + tm.tm_gmtoff;
}

static void zone_set(const char *name)
{
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}

static const char *const zones[] = {"Europe/Berlin",     "America/New_York",  "Asia/Shanghai",    "Australia/Lord_Howe",
                                    "Africa/Casablanca", "Europe/Dublin",     "America/Santiago", "Asia/Tehran",
                                    "Pacific/Apia",      "America/St_Johns",  "Asia/Kathmandu",   "Antarctica/Troll",
                                    "Africa/Cairo",      "Pacific/Auckland",  "America/Nuuk",     "Asia/Gaza",
                                    "Etc/GMT+5",         "America/Sao_Paulo", "Europe/Moscow",    "UTC"};
enum { ZONES = sizeof zones / sizeof *zones };

static int64_t cases(int64_t fallback)
{
    const char *said = getenv("CRON_CASES");
    return said ? strtoll(said, NULL, 10) : fallback;
}

static int64_t random_moment(int last_year)
{
    return (((int64_t)random() << 31) + random()) % ((int64_t)(last_year - 1970) * 31556952);
}

static void zones_agree_with_the_library(void **state)
{
    (void)state;
    for (size_t z = 0; z < ZONES; z++) {
        struct zone zone;
        struct cause cause = {""};
        if (zone_load(text_of(zones[z]), &arena, &zone, &cause) != 0) {
            fail_msg("%s: %s", zones[z], cause.text);
        }
        zone_set(zones[z]);
        for (int64_t i = 0; i < cases(1000); i++) {
            int64_t at = strcmp(zones[z], ZONE_DEFAULT) == 0 ? 1000000000 + i * 86399 : random_moment(2180);
            if (zone_east(&zone, at) != local(at).tm_gmtoff) {
                fail_msg("%s at %lld: %d, not %ld", zones[z], (long long)at, zone_east(&zone, at), local(at).tm_gmtoff);
            }
        }
        arena_reset(&arena, 0);
    }
}

static bool fits(const struct cron *cron, int64_t shown)
{
    time_t seconds = (time_t)shown;
    struct tm tm;
    assert_non_null(gmtime_r(&seconds, &tm));
    bool day = cron->days >> tm.tm_mday & 1, weekday = cron->weekdays >> tm.tm_wday & 1;
    bool both = cron->any_day || cron->any_weekday;
    return cron->minutes >> tm.tm_min & 1 && cron->hours >> tm.tm_hour & 1 && cron->months >> (tm.tm_mon + 1) & 1 &&
           (both ? day && weekday : day || weekday);
}

/* Minute by minute, as somebody at the wall's clock would do it. */
static bool comes(const struct cron *cron, int64_t at)
{
    bool beat = cron->hours == 0xffffff, seen = false;
    int64_t shown = wall(at), before = wall(at - 60);
    for (int64_t back = 60; back <= INT64_C(3) * 3600 && !beat && fits(cron, shown); back += 60) {
        seen = seen || wall(at - back) == shown;
    }
    if (fits(cron, shown) && (beat || !seen)) {
        return true;
    }
    for (int64_t left_out = before + 60; !beat && left_out < shown && shown - before < 86400; left_out += 60) {
        if (fits(cron, left_out)) {
            return true;
        }
    }
    return false;
}

static void next_times_agree_with_the_library(void **state)
{
    (void)state;
    static const char *const expressions[] = {"30 2 * * *",   "*/20 * * * *", "0,45 0-3 * * *", "15 23,0 * * *",
                                              "10 */2 * * *", "0 1 * 3,10 0", "30 1 1-7 * 7"};
    enum { EXPRESSIONS = sizeof expressions / sizeof *expressions };
    for (int64_t i = 0; i < cases(100); i++) {
        const char *name = zones[(size_t)random() % ZONES];
        struct cron cron = read_well(expressions[(size_t)random() % EXPRESSIONS], name);
        int64_t at = random_moment(2100), next = 0;
        at -= at % 60;
        if (cron.zone.count >
            1) { /* the days around a shift are the ones of interest; those before 1970 had odd seconds */
            const struct zone_shift *shift = &cron.zone.shifts[1 + (size_t)random() % (cron.zone.count - 1)];
            at = shift->from > INT64_C(60) * 86400 && shift->from % 60 == 0
                     ? shift->from - random() % 1800 * INT64_C(60)
                     : at;
        }
        zone_set(name);
        if (at % 60 != 0 || wall(at) % 60 != 0 || strcmp(name, ZONE_DEFAULT) == 0) {
            continue;
        }
        assert_int_equal(cron_next(&cron, at, &next), 0);
        int64_t minute = at + 60, last = at + INT64_C(3) * 86400;
        while (minute < last && !comes(&cron, minute)) {
            minute += 60;
        }
        if (minute < last ? next != minute : next < last) {
            fail_msg("%s after %lld: %lld, not %lld", cron.said, (long long)at, (long long)next, (long long)minute);
        }
        arena_reset(&arena, 0);
    }
}

/* A file from outside is read without harm, whatever it says. */
static void broken_files(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Berlin", "Australia/Lord_Howe"};
    char bytes[16384], path[100];
    for (size_t n = 0; n < 2; n++) {
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", names[n]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        assert_true(size > 0 && size < sizeof bytes);
        for (int64_t i = 0; i < cases(1500); i++) {
            struct zone zone;
            size_t whole = i < (int64_t)size ? (size_t)i : size, at = (size_t)random() % (size + (size == 0));
            char *copy = malloc(whole + 1);
            assert_non_null(copy);
            memcpy(copy, bytes, whole);
            if (whole == size) {
                copy[at] = (char)random();
            }
            if (zone_read((struct text){copy, whole}, &arena, &zone) == 0) {
                assert_true(zone.count > 0);
                (void)zone_moments(&zone, 1800000000);
                (void)zone_east(&zone, 1800000000);
            }
            free(copy);
            arena_reset(&arena, 0);
        }
    }
}

int main(void)
{
    srandom(20261129);
    arena_init(&arena, 8 << 20);
    const struct CMUnitTest cron_tests[] = {
        cmocka_unit_test(next_times),
        cmocka_unit_test(wrong_expressions),
        cmocka_unit_test(zones_agree_with_the_library),
        cmocka_unit_test(next_times_agree_with_the_library),
        cmocka_unit_test(broken_files),
    };
    int failed = cmocka_run_group_tests(cron_tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
