/* Times of the wall clock as cron writes them: minute, hour, day of the month, month, day of the week. Each field is *,
 * or a list of numbers and ranges, each with an optional step behind /. Months and weekdays have English names too; 7
 * is Sunday, as 0 is. Where both day fields are given (neither begins with *), a day that fits one of them fits.
 *
 * When clocks are put forward or back:
 *   - a time that the clocks skip counts as the moment of the jump (several such times: once);
 *   - a time that the clocks show twice counts the first time only;
 *   - an expression for every hour differs: a time shown twice counts twice, and a skipped time does not count.
 * Pure. */
#ifndef DIANCHEN_COMMON_CONFIG_CRON_H
#define DIANCHEN_COMMON_CONFIG_CRON_H

#include "common/config/zone.h"

enum { CRON_TEXT_MAX = 200 /* bytes of an expression */, CRON_SAID_MAX = CRON_TEXT_MAX + ZONE_NAME_MAX + 2 };

struct cron {
    uint64_t minutes; /* bit n = n */
    uint32_t hours, days, months, weekdays;
    bool any_day, any_weekday; /* the field begins with * */
    struct zone zone;
    char said[CRON_SAID_MAX]; /* the expression, a blank, the zone */
};

/* Reads an expression. *out keeps a pointer to the shifts of `zone`, which must outlive it; `zone_name` is for
 * messages. ERR_INPUT with the cause, which names the field and the part. */
int cron_read(struct text expression, const struct zone *zone, struct text zone_name, struct cron *out,
              struct cause *cause) WARN_UNUSED;
/* *out = the first time after `after`, both unix seconds. ERR_NOT_FOUND: there is none within nine years. */
int cron_next(const struct cron *cron, int64_t after, int64_t *out) WARN_UNUSED;

#endif
