/* The course of a run over time, for its report page: throughput, how long each part of a page's way took, and the limits of the
 * calls. The run is cut into moments of equal length. */
#ifndef DIANCHEN_CTL_REPORT_COURSE_H
#define DIANCHEN_CTL_REPORT_COURSE_H

#include "common/run/timeline.h"

enum { COURSE_MOMENTS = 48 /* at most */ };

struct course { /* of a run, in `count` moments of `width` seconds */
    struct run_life life;
    size_t count;
    double width;
    int64_t pages;
    double fetched[COURSE_MOMENTS], mapped[COURSE_MOMENTS], written[COURSE_MOMENTS]; /* records a second */
    double source_calls[COURSE_MOMENTS], target_calls[COURSE_MOMENTS];               /* a minute */
    double source_limit[COURSE_MOMENTS], target_limit[COURSE_MOMENTS];               /* calls a minute; 0 = no limit */
    bool source_limited, target_limited;                                             /* at any moment */
    double times[PAGE_TIMES][COURSE_MOMENTS],
        ended[COURSE_MOMENTS];                   /* mean seconds of the pages that ended then; how many they were */
    double sum[PAGE_TIMES], longest[PAGE_TIMES]; /* seconds, over all pages */
};
/* Reads the course of a run into *course, which must be zeroed. Inside a transaction. 0; ERR_NOT_FOUND: there is no such run; or an
 * error of the store. */
int course_read(struct store *store, int64_t run, struct course *course) WARN_UNUSED;
/* Writes how long each part of a page's way took, in seconds. Pure. */
void course_times(const struct page_times *times, double out[PAGE_TIMES]);

#endif
