#include "ctl/report/course.h"

#include <math.h>

enum {
    BUCKETS = COURSE_MOMENTS,
    BUCKETS_LEAST = 6,
    PAGES_A_MOMENT = 5, /* that end in it, about: fewer would draw noise */
};

void course_times(const struct page_times *times, double out[PAGE_TIMES])
{
    const int64_t us[PAGE_TIMES] = {times->fetch, times->queue, times->map, times->wait, times->write, times->commit};
    for (size_t i = 0; i < PAGE_TIMES; i++) {
        out[i] = (double)us[i] / 1e6;
    }
}

static size_t moment_of(const struct course *course, double seconds)
{
    double at = seconds / course->width;
    return at < 0 ? 0 : at >= (double)course->count ? course->count - 1 : (size_t)at;
}

/* `amount` evenly over the moments from `from` to `to` seconds. */
static void spread(const struct course *course, double *moments, double from, double to, double amount)
{
    size_t first = moment_of(course, from), last = moment_of(course, to);
    for (size_t i = first; i <= last; i++) {
        moments[i] += amount / (double)(last - first + 1);
    }
}

static int course_add(void *user, const struct page_line *page)
{
    struct course *course = user;
    double t[PAGE_TIMES], rows = (double)page->rows;
    double ended = (double)(page->ended - course->life.started) / 1e3;
    course_times(&page->times, t);
    double mapped = ended - t[3] - t[4] - t[5], fetched = mapped - t[2] - t[1];
    size_t at = moment_of(course, ended);
    course->written[at] += rows;
    course->mapped[moment_of(course, mapped)] += rows;
    course->fetched[moment_of(course, fetched)] += rows;
    spread(course, course->source_calls, fetched - t[0], fetched, 1);
    spread(course, course->target_calls, ended - t[4] - t[5], ended, (double)page->times.calls);
    course->ended[at]++;
    course->pages++;
    for (size_t i = 0; i < PAGE_TIMES; i++) {
        course->times[i][at] += t[i];
        course->sum[i] += t[i];
        course->longest[i] = fmax(course->longest[i], t[i]);
    }
    return 0;
}

static int page_counted(void *user, const struct page_line *page)
{
    (void)page;
    ++*(int64_t *)user;
    return 0;
}

struct limit_walk {
    const struct course *course;
    double *moments;
};

/* A step holds until the next one; those from before the run fill it from its beginning. */
static int limit_step(void *user, const struct pace_step *step)
{
    const struct limit_walk *walk = user;
    double from = (double)(step->at - walk->course->life.started) / 1e3;
    for (size_t i = moment_of(walk->course, from); i < walk->course->count; i++) {
        walk->moments[i] = step->us > 0 ? 6e7 / (double)step->us : 0;
    }
    return 0;
}

/* A run of an older dianchen kept no steps: the pace as it is now stands for all of it. */
static int limit_read(struct store *store, int64_t run, struct course *course, bool target)
{
    int64_t now = target ? course->life.target_pace : course->life.source_pace;
    double *moments = target ? course->target_limit : course->source_limit;
    const struct pace_step whole = {course->life.started, now};
    struct limit_walk walk = {course, moments};
    (void)limit_step(&walk, &whole);
    int error = run_pace_steps(store, run, &course->life, target, limit_step, &walk);
    for (size_t i = 0; i < course->count; i++) {
        *(target ? &course->target_limited : &course->source_limited) |= moments[i] > 0;
    }
    return error;
}

int course_read(struct store *store, int64_t run, struct course *course)
{
    int64_t pages = 0;
    int error = run_life(store, run, &course->life);
    if (!error) {
        error = run_pages(store, run, PAGES_ENDED, (int64_t)BUCKETS * PAGES_A_MOMENT, page_counted, &pages);
    }
    if (error) {
        return error;
    }
    double seconds = (double)(course->life.ended - course->life.started) / 1e3;
    int64_t count = pages / PAGES_A_MOMENT;
    course->count = count < BUCKETS_LEAST ? (size_t)BUCKETS_LEAST : count < BUCKETS ? (size_t)count : (size_t)BUCKETS;
    course->width = fmax(seconds, 0.001) / (double)course->count;
    error = run_pages(store, run, PAGES_ENDED, INT64_MAX, course_add, course);
    error = error ? error : limit_read(store, run, course, false);
    error = error ? error : limit_read(store, run, course, true);
    for (size_t i = 0; i < course->count; i++) {
        course->fetched[i] /= course->width;
        course->mapped[i] /= course->width;
        course->written[i] /= course->width;
        course->source_calls[i] *= 60 / course->width;
        course->target_calls[i] *= 60 / course->width;
        for (size_t k = 0; k < PAGE_TIMES; k++) {
            course->times[k][i] /= fmax(course->ended[i], 1);
        }
    }
    return error;
}
