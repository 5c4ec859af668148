#include "ctl/run/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/columns.h"
#include "common/base/language.h"
#include "ctl/show/digits.h"

enum { TERMINAL_PERIOD = 200, PLAIN_PERIOD = 10000 /* ms */, LINE_BYTES = 1000 };

void progress_init(struct progress *progress)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO) == 1, .printed = clock_ms()};
}

static void left_text(double seconds, char *out, size_t room)
{
    if (seconds >= 5400) {
        snprintf(out, room, "%.1f h", seconds / 3600);
    } else if (seconds >= 90) {
        snprintf(out, room, "%.0f min", seconds / 60);
    } else {
        snprintf(out, room, "%.0f s", seconds);
    }
}

enum { APART = 1000, LEAST = 2000, WINDOW = 60000 /* ms */ };

static const struct progress_sample *sample_at(const struct progress *progress, size_t n)
{
    return &progress->samples[n % PROGRESS_SAMPLES];
}

/* The newest sample that is as old as the window, or the oldest there is. */
static const struct progress_sample *oldest_of(const struct progress *progress, int64_t now)
{
    size_t n = progress->taken;
    size_t first = n > PROGRESS_SAMPLES ? n - PROGRESS_SAMPLES : 0;
    while (n > first + 1 && now - sample_at(progress, n - 1)->at < WINDOW) {
        n--;
    }
    return sample_at(progress, n - 1);
}

double progress_rate(struct progress *progress, int64_t now, int64_t rows)
{
    if (progress->taken > 0 && rows < progress->changed.rows) {
        progress->taken = 0;
    }
    bool changed = progress->taken == 0 || rows != progress->changed.rows;
    if (changed) {
        progress->changed = (struct progress_sample){now, rows};
    }
    if (progress->taken == 0 || (changed && now - sample_at(progress, progress->taken - 1)->at >= APART)) {
        progress->samples[progress->taken++ % PROGRESS_SAMPLES] = progress->changed;
    }
    const struct progress_sample *oldest = oldest_of(progress, now);
    int64_t passed = now - oldest->at;
    return passed >= LEAST ? (double)(rows - oldest->rows) * 1000 / (double)passed : 0;
}

double progress_left(const struct progress *progress, int64_t now, int64_t rows, int64_t total)
{
    if (progress->taken == 0 || total <= rows) {
        return -1;
    }
    const struct progress_sample *oldest = oldest_of(progress, progress->changed.at);
    double since = (double)(now - progress->changed.at) / 1000;
    double leaps = (double)(progress->changed.at - oldest->at) / 1000;
    double done = (double)(progress->changed.rows - oldest->rows), missing = (double)(total - rows);
    if (done <= 0 || leaps * 1000 < LEAST) {
        return -1;
    }
    double left = missing * leaps / done;
    /* Half of it went by without a leap: the run has become slower than its pace. */
    return since < left / 2 ? left - since : missing * (leaps + since) / done;
}

/* In place on a terminal, cut to its width: a line that wraps can't be rewritten. */
static void put_line(struct progress *progress, struct text line)
{
    struct winsize size = {0};
    size_t used;
    if (progress->terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {
        line.size = columns_fit(line, size.ws_col - 1U, &used);
    }
    (void)fprintf(stderr, "%s%.*s%s", progress->terminal ? "\r\033[K" : "", TEXT_ARG(line),
                  progress->terminal ? "" : "\n");
    (void)fflush(stderr);
    progress->shown = progress->terminal;
}

void progress_show(struct progress *progress, const struct run_progress *run, size_t restarts)
{
    int64_t now = clock_ms();
    if (now - progress->printed < (progress->terminal ? TERMINAL_PERIOD : PLAIN_PERIOD)) {
        return;
    }
    double rate = progress_rate(progress, now, run->rows_done);
    progress->printed = now;

    char rows[32];
    char per_second[32];
    char left[60] = "";
    digits_of(run->rows_done, rows, sizeof rows);
    digits_of((int64_t)(rate + 0.5), per_second, sizeof per_second);
    double seconds = progress_left(progress, now, run->rows_done, run->source_total);
    if (seconds >= 0) {
        char text[24];
        left_text(seconds, text, sizeof text);
        snprintf(left, sizeof left, _("  left %s"), text);
    }
    char again[60] = "";
    if (restarts > 0) {
        snprintf(again, sizeof again, _("  restarts %zu"), restarts);
    }
    struct buffer line;
    buffer_init(&line, LINE_BYTES);
    buffer_format(&line, _("run %lld  pages %lld/%lld%s  records %s  %s/s%s  rejects %lld%s"), (long long)run->run,
                  (long long)run->pages_done, (long long)run->pages_total, run->source_total < 0 ? "+" : "", rows,
                  per_second, left, (long long)run->rejects, again);
    put_line(progress, buffer_text(&line));
    buffer_fini(&line);
}

void progress_hide(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->shown = false;
    }
}
