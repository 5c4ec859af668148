#include "ctl/report/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of the viewBox: small, so that letters stay readable on a phone. */
enum { WIDTH = 420, HEIGHT = 190, LEFT = 44, RIGHT = 10, TOP = 10, BOTTOM = 24, TICKS = 4 };

static const double plot_width = WIDTH - LEFT - RIGHT, plot_height = HEIGHT - TOP - BOTTOM;

char *chart_number(double n, char *out, size_t room)
{
    const double size = fabs(n);
    if (size >= 1e6) {
        (void)snprintf(out, room, "%.1fM", n / 1e6);
    } else if (size >= 1e4) {
        (void)snprintf(out, room, "%.0fk", n / 1e3);
    } else if (size >= 1e3) {
        (void)snprintf(out, room, "%.1fk", n / 1e3);
    } else if (size >= 10 || n == floor(n)) {
        (void)snprintf(out, room, "%.0f", n);
    } else {
        (void)snprintf(out, room, size >= 1 ? "%.1f" : "%.2g", n);
    }
    return out;
}

char *chart_time(double seconds, char *out, size_t room)
{
    if (seconds >= 7200) {
        (void)snprintf(out, room, "%.1f h", seconds / 3600);
    } else if (seconds >= 120) {
        (void)snprintf(out, room, "%.1f min", seconds / 60);
    } else if (seconds >= 10) {
        (void)snprintf(out, room, "%.0f s", seconds);
    } else if (seconds >= 1 || seconds <= 0) {
        (void)snprintf(out, room, seconds > 0 ? "%.1f s" : "%.0f s", seconds);
    } else {
        (void)snprintf(out, room, seconds >= 0.01 ? "%.0f ms" : "%.1f ms", seconds * 1e3);
    }
    return out;
}

/* The least of 1, 2, 2.5, 5 × 10^n that is not below `n`. */
static double nice(double n)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = n > 0 ? pow(10, floor(log10(n))) : 1;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] * power >= n) {
            return steps[i] * power;
        }
    }
    return 10 * power;
}

static double highest(const struct chart *chart)
{
    double most = 0;
    for (size_t i = 0; i < chart->count; i++) {
        double sum = 0;
        for (size_t k = 0; k < chart->series_count; k++) {
            double value = chart->series[k].values[i];
            sum = chart->stacked ? sum + value : fmax(sum, value);
        }
        most = fmax(most, sum);
    }
    /* A limit far above what was used would flatten everything: its label still tells it. */
    double used = most;
    for (size_t i = 0; i < chart->limit_count * chart->count; i++) {
        double value = chart->limits[i / chart->count].values[i % chart->count];
        most = value < 3 * used ? fmax(most, value) : most;
    }
    return most > 0 ? most : 1;
}

static double x_of(const struct chart *chart, double at)
{
    return LEFT + plot_width * at / (double)chart->count;
}

static double y_of(double value, double top)
{
    return TOP + plot_height * (1 - fmin(value, top) / top);
}

static void put_axes(struct buffer *out, const struct chart *chart, double step, double top)
{
    char text[32];
    for (int i = 0; i <= (int)lround(top / step); i++) {
        double value = i * step, y = y_of(value, top);
        buffer_format(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, y,
                      y);
        buffer_format(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 5, y + 4,
                      chart_number(value, text, sizeof text));
    }
    static const char *const anchors[] = {"start", "middle", "end"};
    for (int i = 0; i < 3; i++) {
        buffer_format(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>", LEFT + plot_width * i / 2,
                      HEIGHT - 6, anchors[i], chart_time(chart->seconds * i / 2, text, sizeof text));
    }
}

static void put_stack(struct buffer *out, const struct chart *chart, double top)
{
    double width = plot_width / (double)chart->count;
    double gap = width > 4 ? 1 : 0;
    for (size_t i = 0; i < chart->count; i++) {
        double base = 0;
        for (size_t k = 0; k < chart->series_count; k++) {
            double value = chart->series[k].values[i];
            double y = y_of(base + value, top), height = y_of(base, top) - y;
            base += value;
            if (height >= 0.05) {
                buffer_format(out, "<rect class=\"k%d\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
                              chart->series[k].colour, x_of(chart, (double)i), y, width - gap, height);
            }
        }
    }
}

static void put_lines(struct buffer *out, const struct chart *chart, double top)
{
    for (size_t k = 0; k < chart->series_count; k++) {
        const struct chart_series *series = &chart->series[k];
        buffer_format(out, "<polyline class=\"s%d\" points=\"", series->colour);
        for (size_t i = 0; i < chart->count; i++) {
            buffer_format(out, "%.1f,%.1f ", x_of(chart, (double)i + 0.5), y_of(series->values[i], top));
        }
        buffer_add_text(out, TEXT("\"/>"));
        if (chart->count == 1) {
            buffer_format(out, "<circle class=\"k%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", series->colour,
                          x_of(chart, 0.5), y_of(series->values[0], top));
        }
    }
}

/* Pointing at a moment tells its numbers. */
static void put_tips(struct buffer *out, const struct chart *chart)
{
    char text[32];
    double width = plot_width / (double)chart->count;
    for (size_t i = 0; i < chart->count; i++) {
        buffer_format(out, "<rect class=\"tip\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%.1f\"><title>%s",
                      x_of(chart, (double)i), TOP, width, plot_height,
                      chart_time(chart->seconds * (double)i / (double)chart->count, text, sizeof text));
        for (size_t k = 0; k < chart->series_count; k++) {
            buffer_format(out, "\n%s: %s", chart->series[k].label,
                          chart_number(chart->series[k].values[i], text, sizeof text));
        }
        buffer_add_text(out, TEXT("</title></rect>"));
    }
}

/* "60", or "40–60" where it moved. */
static void put_limit_range(struct buffer *out, const struct chart *chart, const double *values)
{
    double least = 0, most = 0;
    char a[32], b[32];
    for (size_t i = 0; i < chart->count; i++) {
        least = values[i] > 0 && (least <= 0 || values[i] < least) ? values[i] : least;
        most = fmax(most, values[i]);
    }
    chart_number(least, a, sizeof a);
    chart_number(most, b, sizeof b);
    bool moved = strcmp(a, b) != 0;
    buffer_format(out, "%s%s%s", a, moved ? "–" : "", moved ? b : "");
}

/* From moment to moment; where there is none, or it is above the picture, there is a gap. */
static void put_limit(struct buffer *out, const struct chart *chart, const struct chart_limit *limit, double top)
{
    bool drawn = false;
    for (size_t i = 0; i < chart->count; i++) {
        double value = limit->values[i], before = i > 0 ? limit->values[i - 1] : value;
        if (value <= 0 || value > top) {
            continue;
        }
        if (!drawn) {
            buffer_format(out, "<path class=\"s%d limit\" d=\"", limit->colour);
        }
        bool joined = drawn && before > 0 && before <= top;
        if (!joined) {
            buffer_format(out, "M%.1f %.1f", x_of(chart, (double)i), y_of(value, top));
        } else if (before < value || before > value) {
            buffer_format(out, "V%.1f", y_of(value, top));
        }
        buffer_format(out, "H%.1f", x_of(chart, (double)i + 1));
        drawn = true;
    }
    if (drawn) {
        buffer_add_text(out, TEXT("\"/>"));
    }
}

void chart_put(struct buffer *out, const struct chart *chart)
{
    double most = highest(chart), step = nice(most / TICKS), top = step * ceil(most / step - 1e-9);
    buffer_format(out, "<figure><figcaption>%s <small>%s</small></figcaption><p class=\"legend\">", chart->title,
                  chart->unit);
    for (size_t k = 0; k < chart->series_count; k++) {
        buffer_format(out, "<span><i class=\"b%d\"></i>%s</span>", chart->series[k].colour, chart->series[k].label);
    }
    for (size_t i = 0; i < chart->limit_count; i++) {
        buffer_format(out, "<span><i class=\"dash d%d\"></i>%s ", chart->limits[i].colour, chart->limits[i].label);
        put_limit_range(out, chart, chart->limits[i].values);
        buffer_add_text(out, TEXT("</span>"));
    }
    buffer_format(out, "</p><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH, HEIGHT, chart->title);
    put_axes(out, chart, step, top);
    (chart->stacked ? put_stack : put_lines)(out, chart, top);
    for (size_t i = 0; i < chart->limit_count; i++) {
        put_limit(out, chart, &chart->limits[i], top);
    }
    put_tips(out, chart);
    buffer_add_text(out, TEXT("</svg></figure>\n"));
}

/* A share that is there at all can be seen. */
static double bar_part(double part, double sum)
{
    return part > 0 ? fmax(part / sum, 0.012) : 0;
}

void chart_bar(struct buffer *out, const double *parts, const int *colours, size_t count, double width)
{
    double sum = 0, at = 0, whole = 0;
    for (size_t i = 0; i < count; i++) {
        sum += parts[i];
    }
    for (size_t i = 0; i < count && sum > 0; i++) {
        whole += bar_part(parts[i], sum);
    }
    buffer_add_text(
        out, TEXT("<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"));
    for (size_t i = 0; i < count && sum > 0; i++) {
        double part = 100 * fmin(width, 1) * bar_part(parts[i], sum) / whole;
        if (part > 0) {
            buffer_format(out, "<rect class=\"k%d\" x=\"%.3f\" y=\"0\" width=\"%.3f\" height=\"10\"/>", colours[i], at,
                          part);
        }
        at += part;
    }
    buffer_add_text(out, TEXT("</svg>"));
}
