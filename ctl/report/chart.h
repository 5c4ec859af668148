/* Charts as inline SVG, coloured by the page's CSS: classes k0…k7 for series, so that they follow light and dark. */
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
    size_t count; /* values of each series, evenly over `seconds` */
    double seconds;
    struct chart_limit limits[2]; /* dashed lines, in steps */
    size_t limit_count;
    bool stacked; /* bars on top of each other instead of lines */
};
/* A <figure> with title, legend and SVG. */
void chart_put(struct buffer *out, const struct chart *chart);
/* A bar of parts side by side, `width` of the row at most 1: <svg>. Parts are numbers >= 0; one
 * that is not 0 is wide enough to be seen. */
void chart_bar(struct buffer *out, const double *parts, const int *colours, size_t count, double width);

/* "950", "1.2k", "3.4M"; "0.02" below ten. Returns `out`. */
char *chart_number(double n, char *out, size_t room);
/* "850 ms", "12 s", "3.5 min", "2.1 h". Returns `out`. */
char *chart_time(double seconds, char *out, size_t room);

#endif
