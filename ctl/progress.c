#include "ctl/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ctl/command.h"

enum { TERMINAL_PERIOD = 200, PLAIN_PERIOD = 10000 /* ms */ };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_init(struct progress *progress)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO) == 1, .printed = now_ms(), .since = now_ms()};
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

void progress_show(struct progress *progress, const struct run_progress *run, size_t restarts)
{
    int64_t now = now_ms();
    if (now - progress->printed < (progress->terminal ? TERMINAL_PERIOD : PLAIN_PERIOD)) {
        return;
    }
    double passed = (double)(now - progress->since) / 1000;
    double rate = (double)(run->rows_done - progress->rows) / passed;
    progress->rate = progress->rate <= 0 ? rate : 0.7 * progress->rate + 0.3 * rate;
    progress->since = progress->printed = now;
    progress->rows = run->rows_done;

    char rows[32];
    char per_second[32];
    char left[40] = "";
    command_digits(run->rows_done, rows, sizeof rows);
    command_digits((int64_t)progress->rate, per_second, sizeof per_second);
    if (run->source_total > run->rows_done && progress->rate >= 1) {
        char text[24];
        left_text((double)(run->source_total - run->rows_done) / progress->rate, text, sizeof text);
        snprintf(left, sizeof left, "  left %s", text);
    }
    char again[32] = "";
    if (restarts > 0) {
        snprintf(again, sizeof again, "  restarts %zu", restarts);
    }
    fprintf(stderr, "%srun %lld  pages %lld/%lld%s  records %s  %s/s%s  rejects %lld%s%s",
            progress->terminal ? "\r\033[K" : "", (long long)run->run, (long long)run->pages_done,
            (long long)run->pages_total, run->source_total < 0 ? "+" : "", rows, per_second, left,
            (long long)run->rejects, again, progress->terminal ? "" : "\n");
    fflush(stderr);
    progress->shown = progress->terminal;
}

void progress_hide(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->shown = false;
    }
}
