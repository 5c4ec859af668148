/* Dates and times of China: GMT+8, no summer time, the Gregorian calendar also for the past. Years 1 to 9999.
 * A date is the number of seconds since 1970-01-01 00:00:00 on a clock in China; Unix time is that minus DATE_ZONE.
 * Pure functions; out-parameters are untouched on failure. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_DATE_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_DATE_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/text.h"

#define DATE_ZONE (INT64_C(8) * 3600)
enum { DATE_ROOM = 20 /* bytes of date_print */ };

struct date_parts {
    int year, month, day, hour, minute, second;
};
enum date_unit { DATE_YEAR, DATE_MONTH, DATE_DAY, DATE_HOUR, DATE_MINUTE, DATE_SECOND, DATE_UNITS };
extern const char *const date_unit_words[DATE_UNITS];

/* ERR_SYNTAX where there is no such day or time. */
int date_make(const struct date_parts *parts, int64_t *out) WARN_UNUSED;
struct date_parts date_split(int64_t date);
/* 2024-02-29 · 2024/2/9 · 20240229, with or without a time (blank or T, then 8:05, 08:05:09; 20240229080509), with or
 * without a zone behind a time (Z, +08:00, +0800). ERR_SYNTAX; ERR_NOT_FOUND for what means "no date": "" and
 * 0000-00-00. */
int date_parse(struct text t, int64_t *out) WARN_UNUSED;
/* Reads a date by a format: yyyy yy MM M dd d HH H mm m ss s, other characters as they are. Errors as date_parse. */
int date_parse_as(struct text t, struct text format, int64_t *out) WARN_UNUSED;
/* "2024-02-29 08:05:09" */
struct text date_print(int64_t date, char room[DATE_ROOM]);
/* Appends the date in this format, as in date_parse_as. */
void date_put(struct buffer *out, int64_t date, struct text format);
/* Does the format contain a letter of a date? */
bool date_is_format(struct text format);
/* Calendar steps: 31 January + 1 month = the last of February. ERR_LIMIT beyond the years 1 to 9999. */
int date_add(int64_t date, int64_t count, enum date_unit unit, int64_t *out) WARN_UNUSED;
/* Whole units from one to the other, negative backwards. */
int64_t date_between(int64_t from, int64_t to, enum date_unit unit);

#endif
