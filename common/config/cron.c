#include "common/config/cron.h"

#include <stdio.h>
#include <time.h>

#include "common/base/language.h"

#define DAY INT64_C(86400)
enum { FIELDS = 5, LOOK_DAYS = 9 * 366, PIECE = 40 /* bytes of a piece that a message shows */ };

/* ---- reading ---- */

struct field {
    const char *label;
    int64_t least, most;
    const char *names; /* three letters each, the first means `least` (weekdays: 0) */
};
static const struct field fields[FIELDS] = {
    {N_("minute (field 1)"), 0, 59, ""},
    {N_("hour (field 2)"), 0, 23, ""},
    {N_("day of the month (field 3)"), 1, 31, ""},
    {N_("month (field 4)"), 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {N_("day of the week (field 5)"), 0, 7, "sunmontuewedthufrisat"},
};

static struct text cut_at(struct text *rest, char c)
{
    size_t size = 0;
    while (size < rest->size && rest->data[size] != c) {
        size++;
    }
    struct text piece = {rest->data, size};
    size_t past = size < rest->size ? size + 1 : size;
    *rest = (struct text){rest->data + past, rest->size - past};
    return piece;
}

static int number_read(const struct field *field, struct text t, int64_t *out)
{
    struct text names = text_of(field->names);
    for (size_t i = 0; t.size == 3 && i < names.size; i += 3) {
        if (text_equal_nocase(t, (struct text){names.data + i, 3})) {
            *out = field->least + (int64_t)(i / 3);
            return 0;
        }
    }
    bool digits = t.size > 0 && t.size <= 4 && t.data[0] != '-' && t.data[0] != '+';
    return digits ? text_integer(t, out) : ERR_SYNTAX;
}

/* N, N-M or *, each with /STEP behind it where wanted. */
static int piece_read(const struct field *field, struct text piece, uint64_t *bits, struct cause *cause)
{
    struct text rest = piece, range = cut_at(&rest, '/');
    int shown = (int)(piece.size < PIECE ? piece.size : PIECE);
    bool stepped = range.size < piece.size, every = text_equal(range, TEXT("*"));
    int64_t from = field->least, to = field->most, step = 1;
    if (stepped && (number_read(&fields[0], rest, &step) != 0 || step < 1 || step > field->most)) {
        return cause_set(cause, ERR_INPUT, "%s: %.*s: behind / stands a step from 1 to %lld: */15", field->label, shown,
                         piece.data, (long long)field->most);
    }
    if (!every) {
        struct text upper = range, lower = cut_at(&upper, '-');
        bool ranged = lower.size < range.size;
        if (number_read(field, lower, &from) != 0 || (ranged && number_read(field, upper, &to) != 0)) {
            return cause_set(cause, ERR_INPUT,
                             "%s: %.*s: must be *, numbers, ranges and steps: 5 or 1,15 or 8-18 or */10", field->label,
                             shown, piece.data);
        }
        to = ranged || stepped ? to : from;
    }
    if (from < field->least || from > field->most || to > field->most) {
        return cause_set(cause, ERR_INPUT, "%s: %.*s: must be from %lld to %lld", field->label, shown, piece.data,
                         (long long)field->least, (long long)field->most);
    }
    if (from > to) {
        return cause_set(cause, ERR_INPUT, "%s: %.*s: the range runs backwards; write it as two: 22-23,0-2",
                         field->label, shown, piece.data);
    }
    for (int64_t n = from; n <= to; n += step) {
        *bits |= UINT64_C(1) << n;
    }
    return 0;
}

static int field_read(const struct field *field, struct text list, uint64_t *bits, struct cause *cause)
{
    int error = 0;
    *bits = 0;
    bool more = true;
    while (!error && more) {
        struct text rest = list, piece = cut_at(&rest, ',');
        more = piece.size < list.size;
        error = piece_read(field, piece, bits, cause);
        list = rest;
    }
    return error;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int split(struct text expression, struct text out[FIELDS])
{
    int count = 0;
    for (size_t i = 0; i < expression.size;) {
        size_t begin = i;
        while (i < expression.size && !is_blank(expression.data[i])) {
            i++;
        }
        if (i > begin && count++ < FIELDS) {
            out[count - 1] = (struct text){expression.data + begin, i - begin};
        }
        i += i == begin;
    }
    return count;
}

int cron_read(struct text expression, const struct zone *zone, struct text zone_name, struct cron *out,
              struct cause *cause)
{
    struct text parts[FIELDS];
    uint64_t bits[FIELDS];
    int64_t first;
    int count = split(expression, parts);
    if (count != FIELDS || expression.size > CRON_TEXT_MAX) {
        return cause_set(
            cause, ERR_INPUT,
            "must be five fields, not %d: minute, hour, day, month, weekday; \"0 2 * * *\" is 02:00 each day", count);
    }
    for (int i = 0; i < FIELDS; i++) {
        int error = field_read(&fields[i], parts[i], &bits[i], cause);
        if (error) {
            return error;
        }
    }
    *out = (struct cron){
        .minutes = bits[0],
        .hours = (uint32_t)bits[1],
        .days = (uint32_t)bits[2],
        .months = (uint32_t)bits[3],
        .weekdays = (uint32_t)((bits[4] | bits[4] >> 7) & 0x7f),
        .any_day = parts[2].data[0] == '*',
        .any_weekday = parts[4].data[0] == '*',
        .zone = *zone,
    };
    (void)snprintf(out->said, sizeof out->said, "%.*s %.*s", TEXT_ARG(expression), TEXT_ARG(zone_name));
    if (cron_next(out, 0, &first) != 0) {
        return cause_set(cause, ERR_INPUT, "no such day ever comes: a month that it names has too few days");
    }
    return 0;
}

/* ---- the next time ---- */

struct cron_search {
    const struct cron *cron;
    int64_t after, best; /* best: INT64_MAX = none yet */
};

static bool day_fits(const struct cron *cron, int64_t day)
{
    time_t seconds = (time_t)(day * DAY);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || (cron->months >> (tm.tm_mon + 1) & 1) == 0) {
        return false;
    }
    bool of_month = cron->days >> tm.tm_mday & 1, of_week = cron->weekdays >> tm.tm_wday & 1;
    return cron->any_day || cron->any_weekday ? of_month && of_week : of_month || of_week;
}

static void offer(struct cron_search *search, int64_t at)
{
    if (at > search->after && at < search->best) {
        search->best = at;
    }
}

static void wall_try(struct cron_search *search, int64_t wall)
{
    const uint32_t all_hours = 0xffffff;
    bool beat = search->cron->hours == all_hours;
    struct zone_moments moments = zone_moments(&search->cron->zone, wall);
    if (moments.count == 0 && !beat) {
        offer(search, moments.jump);
    }
    for (int i = 0; i < (beat ? moments.count : moments.count > 0); i++) {
        offer(search, moments.at[i]);
    }
}

static void day_try(struct cron_search *search, int64_t day)
{
    if (!day_fits(search->cron, day)) {
        return;
    }
    for (int hour = 0; hour < 24; hour++) {
        for (int minute = 0; minute < 60 && (search->cron->hours >> hour & 1); minute++) {
            if (search->cron->minutes >> minute & 1) {
                wall_try(search, day * DAY + hour * INT64_C(3600) + minute * INT64_C(60));
            }
        }
    }
}

int cron_next(const struct cron *cron, int64_t after, int64_t *out)
{
    struct cron_search search = {cron, after, INT64_MAX};
    int64_t today = (after + zone_east(&cron->zone, after)) / DAY;
    /* One day more than the first that has a time: clocks that are put back over midnight show two days by turns. */
    for (int64_t day = today - 1, last = today + LOOK_DAYS; day <= last; day++) {
        bool none = search.best == INT64_MAX;
        day_try(&search, day);
        if (none && search.best != INT64_MAX) {
            last = day + 1;
        }
    }
    if (search.best == INT64_MAX) {
        return ERR_NOT_FOUND;
    }
    *out = search.best;
    return 0;
}
