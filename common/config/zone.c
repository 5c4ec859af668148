#include "common/config/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FOLDER "/usr/share/zoneinfo"
#define DAY INT64_C(86400)
enum { FILE_MOST = 64 << 10, HEADER = 44, SHIFTS_MOST = 4096, HOUR = 3600 };

/* ---- the rule behind the last shift: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

struct yearly {
    char kind; /* M: day `day` of week `week` of month `month`; J: day 1..365 without 29 February; 0: 0..365 */
    int month, week, day; /* weekday, 0 = Sunday, where kind is M */
    int64_t time;         /* seconds from midnight, on clocks as they stand before */
};
struct zone_rule {
    int32_t standard, summer;
    bool changes;
    struct yearly start, end;
};
struct zone_reader {
    const char *at, *end;
    bool bad;
};

static bool take(struct zone_reader *r, char c)
{
    bool is = r->at < r->end && *r->at == c;
    r->at += is;
    return is;
}

static int take_number(struct zone_reader *r, int most)
{
    int n = 0;
    const char *begin = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && n <= most) {
        n = n * 10 + (*r->at++ - '0');
    }
    r->bad = r->bad || r->at == begin || n > most;
    return r->bad ? 0 : n;
}

/* [+-]hh[:mm[:ss]] */
static int32_t take_time(struct zone_reader *r)
{
    bool minus = take(r, '-');
    (void)(minus || take(r, '+'));
    int32_t seconds = take_number(r, 167) * HOUR;
    seconds += take(r, ':') ? take_number(r, 59) * 60 : 0;
    seconds += take(r, ':') ? take_number(r, 59) : 0;
    return minus ? -seconds : seconds;
}

static void take_name(struct zone_reader *r)
{
    const char *begin = r->at;
    if (take(r, '<')) {
        while (r->at < r->end && *r->at != '>') {
            r->at++;
        }
        r->bad = r->bad || !take(r, '>');
        return;
    }
    while (r->at < r->end && ((*r->at | 32) >= 'a' && (*r->at | 32) <= 'z')) {
        r->at++;
    }
    r->bad = r->bad || r->at == begin;
}

static struct yearly take_yearly(struct zone_reader *r)
{
    struct yearly y = {.kind = '0', .time = INT64_C(2) * HOUR};
    if (take(r, 'M')) {
        y.kind = 'M';
        y.month = take_number(r, 12);
        r->bad = r->bad || !take(r, '.');
        y.week = take_number(r, 5);
        r->bad = r->bad || !take(r, '.') || y.month < 1 || y.week < 1;
        y.day = take_number(r, 6);
    } else {
        y.kind = take(r, 'J') ? 'J' : '0';
        y.day = take_number(r, 365);
        r->bad = r->bad || (y.kind == 'J' && y.day < 1);
    }
    y.time = take(r, '/') ? take_time(r) : y.time;
    return y;
}

static int rule_read(struct text line, struct zone_rule *out)
{
    struct zone_reader r = {line.data, line.data + line.size, false};
    *out = (struct zone_rule){.changes = false};
    take_name(&r);
    out->standard = -take_time(&r); /* POSIX counts to the west */
    if (r.at < r.end && !r.bad) {
        out->changes = true;
        take_name(&r);
        out->summer = out->standard + HOUR;
        if (r.at < r.end && *r.at != ',') {
            out->summer = -take_time(&r);
        }
        r.bad = r.bad || !take(&r, ',');
        out->start = take_yearly(&r);
        r.bad = r.bad || !take(&r, ',');
        out->end = take_yearly(&r);
    }
    return r.bad || r.at != r.end ? ERR_SYNTAX : 0;
}

static int64_t day_of(int year, int month, int day)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return timegm(&tm) / DAY;
}

/* Seconds of the wall's clock. */
static int64_t yearly_wall(const struct yearly *y, int year)
{
    int64_t first = day_of(year, 1, 1), day = first + y->day;
    bool leap = day_of(year, 3, 1) - first == 60;
    if (y->kind == 'J') {
        day -= leap && y->day >= 60 ? 0 : 1;
    } else if (y->kind == 'M') {
        int64_t month = day_of(year, y->month, 1), next = day_of(year, y->month + 1, 1);
        int64_t weekday = (month + 4) % 7; /* 1970-01-01 was a Thursday */
        day = month + (y->day - weekday + 7) % 7 + (y->week - 1) * INT64_C(7);
        day -= day >= next ? 7 : 0;
    }
    return day * DAY + y->time;
}

/* ---- the file ---- */

struct filling {
    struct zone_shift *shifts;
    size_t count;
};

static void shift_add(struct filling *f, int64_t from, int32_t east)
{
    const struct zone_shift *last = &f->shifts[f->count - 1];
    if (f->count < SHIFTS_MOST && from > last->from && east != last->east) {
        f->shifts[f->count++] = (struct zone_shift){from, east};
    }
}

static void rule_add(struct filling *f, const struct zone_rule *rule)
{
    int64_t last = f->shifts[f->count - 1].from;
    time_t begin = (time_t)(last < 0 ? 0 : last);
    struct tm tm;
    int year = rule->changes && gmtime_r(&begin, &tm) ? tm.tm_year + 1900 : ZONE_LAST_YEAR;
    for (; year < ZONE_LAST_YEAR; year++) {
        int64_t start = yearly_wall(&rule->start, year) - rule->standard;
        int64_t end = yearly_wall(&rule->end, year) - rule->summer;
        if (start < end) {
            shift_add(f, start, rule->summer);
        }
        shift_add(f, end, rule->standard);
        if (start >= end) {
            shift_add(f, start, rule->summer);
        }
    }
}

static int64_t zone_number(const char *at, int size)
{
    uint64_t n = (unsigned char)at[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < size; i++) {
        n = n << 8 | (unsigned char)at[i];
    }
    return (int64_t)n;
}

struct block {
    int64_t utc, standard, leaps, times, types, letters;
    size_t size; /* of what is behind the header */
};

static int block_read(struct text bytes, int width, struct block *out)
{
    int64_t counts[6];
    if (bytes.size < HEADER || memcmp(bytes.data, "TZif", 4) != 0) {
        return ERR_SYNTAX;
    }
    for (int i = 0; i < 6; i++) {
        counts[i] = zone_number(bytes.data + 20 + (ptrdiff_t)4 * i, 4);
        if (counts[i] < 0 || counts[i] > SHIFTS_MOST) {
            return ERR_SYNTAX;
        }
    }
    *out = (struct block){counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], 0};
    out->size = (size_t)(out->times * (width + 1) + out->types * 6 + out->letters + out->leaps * (width + 4) +
                         out->standard + out->utc);
    return out->types < 1 || bytes.size - HEADER < out->size ? ERR_SYNTAX : 0;
}

static struct text behind(struct text bytes, size_t size)
{
    return (struct text){bytes.data + size, bytes.size - size};
}

static int times_read(const char *at, const struct block *block, struct filling *f)
{
    const char *kinds = at + block->times * 8, *types = kinds + block->times;
    f->shifts[0] = (struct zone_shift){INT64_MIN, (int32_t)zone_number(types, 4)};
    f->count = 1;
    for (int64_t i = 0; i < block->times; i++) {
        int64_t type = (unsigned char)kinds[i];
        if (type >= block->types) {
            return ERR_SYNTAX;
        }
        shift_add(f, zone_number(at + i * 8, 8), (int32_t)zone_number(types + type * 6, 4));
    }
    return 0;
}

/* Version 2 and later: a block of 32 bits that is passed over, one of 64 bits, and the rule between two line ends. */
int zone_read(struct text bytes, struct arena *arena, struct zone *out)
{
    struct block old, block;
    struct zone_rule rule;
    int error = block_read(bytes, 4, &old);
    if (error || bytes.data[4] < '2') {
        return ERR_SYNTAX;
    }
    bytes = behind(bytes, HEADER + old.size);
    error = block_read(bytes, 8, &block);
    if (error) {
        return error;
    }
    struct filling f = {arena_take(arena, SHIFTS_MOST * sizeof *f.shifts), 0};
    if (!f.shifts) {
        return ERR_MEMORY;
    }
    error = times_read(bytes.data + HEADER, &block, &f);
    struct text line = text_trim(behind(bytes, HEADER + block.size));
    if (!error && line.size > 0) {
        error = rule_read(line, &rule);
        if (!error) {
            rule_add(&f, &rule);
        }
    }
    if (!error) {
        *out = (struct zone){f.shifts, f.count};
    }
    return error;
}

/* ---- its name ---- */

static bool is_name(struct text name)
{
    bool part = false; /* does a part of it stand open? */
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool letter = ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || text_has(TEXT("_+-"), c);
        if (!letter && (c != '/' || !part)) {
            return false;
        }
        part = letter;
    }
    return part && name.size <= ZONE_NAME_MAX;
}

static int file_read(const char *path, struct arena *arena, struct text *out)
{
    char *bytes = arena_take(arena, FILE_MOST);
    int file = bytes ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return ERR_NOT_FOUND;
    }
    size_t size = 0;
    ssize_t came;
    while ((came = read(file, bytes + size, FILE_MOST - size)) > 0) {
        size += (size_t)came;
    }
    (void)close(file);
    *out = (struct text){bytes, size};
    return came < 0 ? ERR_NOT_FOUND : 0;
}

int zone_load(struct text name, struct arena *arena, struct zone *out, struct cause *cause)
{
    static const struct zone_shift china[] = {{INT64_MIN, 8 * HOUR}}, utc[] = {{INT64_MIN, 0}};
    char path[sizeof FOLDER + 1 + ZONE_NAME_MAX];
    struct text bytes;
    bool here = text_equal(name, TEXT(ZONE_DEFAULT));
    if (here || text_equal(name, TEXT("UTC"))) {
        *out = (struct zone){here ? china : utc, 1};
        return 0;
    }
    (void)snprintf(path, sizeof path, FOLDER "/%.*s", TEXT_ARG(name));
    if (!is_name(name) || file_read(path, arena, &bytes) != 0 || zone_read(bytes, arena, out) != 0) {
        return access(FOLDER, R_OK) == 0
                   ? cause_set(
                         cause, ERR_INPUT,
                         "no such time zone; write its name in the tz database: Asia/Shanghai, Europe/Berlin, UTC")
                   : cause_set(cause, ERR_INPUT,
                               "this host has no tz database (package tzdata): only Asia/Shanghai and UTC are known");
    }
    return 0;
}

/* ---- what clocks show ---- */

/* The shift that holds at `unix_seconds`. */
static size_t shift_at(const struct zone *zone, int64_t unix_seconds)
{
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(zone->shifts[middle].from <= unix_seconds ? &low : &high) = middle;
    }
    return low;
}

int32_t zone_east(const struct zone *zone, int64_t unix_seconds)
{
    return zone->shifts[shift_at(zone, unix_seconds)].east;
}

struct zone_moments zone_moments(const struct zone *zone, int64_t wall)
{
    struct zone_moments out = {.count = 0};
    for (size_t i = shift_at(zone, wall - 2 * DAY); i < zone->count && out.count < 2; i++) {
        const struct zone_shift *shift = &zone->shifts[i];
        int64_t at = wall - shift->east;
        bool begun = at >= shift->from, over = i + 1 < zone->count && at >= shift[1].from;
        if (begun && !over) {
            out.at[out.count++] = at;
        } else if (!begun && out.count == 0 && out.jump == 0) {
            out.jump = shift->from;
        }
        if (shift->from != INT64_MIN && shift->from > wall + 2 * DAY) {
            break;
        }
    }
    return out;
}
