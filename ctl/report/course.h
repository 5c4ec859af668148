/* The course of a run for its page: what flowed, what each part of the pages' way took, and what limited the calls, moment by moment. */
#ifndef DIANCHEN_CTL_REPORT_COURSE_H
#define DIANCHEN_CTL_REPORT_COURSE_H

#include "common/run/timeline.h"

enum { COURSE_MOMENTS = 48 /* at most */ };

struct course { /* of a run, in `count` moments of `width` seconds */
    struct run_life life;
    size_t count;
    double width;
    int64_t pages;
    double fetched[COURSE_MOMENTS], mapped[COURSE_MOMENTS], written[COURSE_MOMENTS]; /* records */
    double source_calls[COURSE_MOMENTS], target_calls[COURSE_MOMENTS];               /* a minute */
    double source_limit[COURSE_MOMENTS], target_limit[COURSE_MOMENTS];               /* calls a minute; 0 = no limit */
    bool source_limited, target_limited;                                             /* at any moment */
    double times[PAGE_TIMES][COURSE_MOMENTS],
        ended[COURSE_MOMENTS];                   /* seconds of the pages that ended then; their number */
    double sum[PAGE_TIMES], longest[PAGE_TIMES]; /* seconds */
};
/* Into a zeroed one. ERR_NOT_FOUND where there is no such run. */
int course_read(struct store *store, int64_t run, struct course *course) WARN_UNUSED;
/* The parts of a page's way in seconds. */
void course_times(const struct page_times *times, double out[PAGE_TIMES]);

#endif
