/* Writes charts as inline SVG. The page's CSS colours them, by classes k0…k7 of the series, so that they follow light and dark. All
 * functions append to `out` or write into it; where memory is short out->failed is set. Pure. */
#ifndef DIANCHEN_CTL_REPORT_CHART_H
#define DIANCHEN_CTL_REPORT_CHART_H

#include "common/base/buffer.h"

enum { CHART_SERIES = 8 };

struct chart_series {
    const char *label; /* HTML-safe */
    int colour;        /* k0…k7 */
    const double *values;
};
struct chart_limit {
    const char *label; /* HTML-safe */
    int colour;
    const double *values; /* one for each moment; 0 = no limit then */
};
struct chart {
    const char *title, *unit; /* HTML-safe */
    struct chart_series series[CHART_SERIES];
    size_t series_count;
    size_t count; /* values of each series, evenly spread over `seconds` */
    double seconds;
    struct chart_limit limits[2]; /* dashed lines, in steps */
    size_t limit_count;
    bool stacked; /* true: bars on top of each other; false: lines */
};
/* Appends a <figure> with title, legend and SVG. */
void chart_put(struct buffer *out, const struct chart *chart);
/* Appends an <svg>: a bar of parts side by side. `width` is the bar's share of the row, at most 1. Parts are >= 0; one that is not 0
 * is wide enough to be seen. */
void chart_bar(struct buffer *out, const double *parts, const int *colours, size_t count, double width);

/* Writes "950", "1.2k" or "3.4M"; below ten with decimals, "0.02". Returns `out`. */
char *chart_number(double n, char *out, size_t room);
/* Writes a duration: "850 ms", "12 s", "3.5 min", "2.1 h". Returns `out`. */
char *chart_time(double seconds, char *out, size_t room);

#endif
