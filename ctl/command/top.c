/* `dianchen top`: what flows, what waits, and which stage or API limits it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/log/log.h"
#include "ctl/command/table.h"
#include "ctl/run/progress.h"
#include "ctl/top/board.h"
#include "ctl/top/near.h"
#include "ctl/top/screen.h"

enum { BOARD_BYTES = 1 << 20, PLACES_ROOM = 8192 };
#define TOP_AT "127.0.0.1:9701,127.0.0.1:9702,127.0.0.1:9703"

struct top {
    const char *at;
    int64_t every;
    bool once, json, paused, help;
    struct scrape scrape;
    struct progress progress; /* of pages, for the time left */
    double left;
    char found[PLACES_ROOM]; /* where it looks by itself */
};
static struct top order;
static const struct config_option options[] = {
    OPT_TEXT("--at", order.at,
             "where the workers serve /metrics: HOST:PORT,… (a name: all of its); unset: what runs on "
             "this machine"),
    OPT_DURATION("--every", order.every, 100, 3600000, "between two looks", .fallback = "2s"),
    OPT_SWITCH("--once", order.once, "two looks, one answer, then end"),
    OPT_SWITCH("--json", order.json, "one JSON object on one line for each look"),
};
const struct config_program top_program = COMMAND_PROGRAM(
    "top [--at HOST:PORT,...] [--every 2s] [--once] [--json]",
    "What flows and what waits, stage by stage, and what limits it. Without --at it finds the workers of this\n"
    "machine by itself, also those of dianchen run. Keys: q ends it, p pauses, ? says what the columns mean.",
    options);

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* Sockets of links answer, too, but as no stage does: found by ourselves, they are no news. */
static void drop_strangers(struct scrape *scrape)
{
    size_t kept = 0;
    for (size_t i = 0; i < scrape->count; i++) {
        const struct worker *worker = &scrape->workers[i];
        if (worker->now.up || worker->stage != STAGE_UNKNOWN) {
            scrape->workers[kept++] = *worker;
        }
    }
    scrape->count = kept;
}

/* At the pace of the last minute or two. Where the source tells no total, nobody knows what is left. */
static void note_pace(struct top *top)
{
    struct bottleneck now;
    bottleneck_find(&top->scrape, &now);
    int64_t at = clock_ms(), done = (int64_t)now.pages_done;
    (void)progress_rate(&top->progress, at, done);
    top->left = now.source_total < 0 ? -1 : progress_left(&top->progress, at, done, done + (int64_t)now.pages_open);
}

static int look(struct top *top, struct cause *cause)
{
    bool near = !top->at && near_find(top->found, sizeof top->found) > 0;
    int error = scrape_resolve(&top->scrape, near ? top->found : top->at ? top->at : TOP_AT, cause);
    error = error ? error : scrape_take(&top->scrape, cause);
    if (!error && near) {
        drop_strangers(&top->scrape);
    }
    if (!error) {
        note_pace(top);
    }
    return error;
}

static size_t answering(const struct scrape *scrape)
{
    size_t up = 0;
    for (size_t i = 0; i < scrape->count; i++) {
        up += scrape->workers[i].now.up;
    }
    return up;
}

static void put_help(struct buffer *out)
{
    static const char *const lines[] = {
        N_("rec/s: records a second. oldest: age of the oldest batch in hand."),
        N_("busy, stall, idle: share of the time at work, blocked by the next, out of work."),
        N_("flight: records in hand. credit: records that may still be sent."),
        N_("calls: under way of those permitted. http: how long a call takes."),
        N_("commit (wide terminals): share of the time in commits of the store."),
        N_("rejects/s, again/s (wide terminals): refused, sent once more."),
        N_("q ends, p pauses, ? hides this"),
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        buffer_format(out, "%s\n", _(lines[i]));
    }
}

static void show(const struct top *top)
{
    struct buffer out;
    struct bottleneck bottleneck;
    struct board_look looks = {.colours = screen_has_colours(), .left = top->left};
    buffer_init(&out, BOARD_BYTES);
    bottleneck_find(&top->scrape, &bottleneck);
    if (top->json) {
        board_json(&top->scrape, &bottleneck, &looks, &out);
        print_json(buffer_text(&out));
        (void)fflush(stdout);
    } else {
        char stamp[20] = "";
        time_t now = clock_seconds();
        struct tm at;
        screen_size(&looks.columns, &looks.rows);
        (void)strftime(stamp, sizeof stamp, "%H:%M:%S", localtime_r(&now, &at));
        buffer_format(&out, "%sdianchen %s   ", screen_bold(), stamp);
        print_put_shown(&out, text_of(bottleneck.scheme)); /* it came over the network */
        buffer_format(&out, "%s%s\n", screen_plain(), top->paused ? _("   paused: p goes on") : "");
        board_table(&top->scrape, &bottleneck, &looks, &out);
        if (top->help) {
            put_help(&out);
        }
        screen_show(buffer_text(&out));
    }
    buffer_fini(&out);
}

/* Until the next look is due. False when it is to end. */
static bool wait_next(struct top *top)
{
    int64_t due = clock_ms() + top->every;
    for (int64_t left = top->every; left > 0 && !interrupted; left = due - clock_ms()) {
        char key = screen_key(left);
        if (key == 'q') {
            return false;
        }
        top->paused = key == 'p' ? !top->paused : top->paused;
        top->help = key == '?' || key == 'h' ? !top->help : top->help;
        if (key != 0) {
            show(top);
        }
    }
    return !interrupted;
}

static int watch(struct top *top, struct cause *cause)
{
    int error = look(top, cause);
    if (!error && answering(&top->scrape) == 0) {
        if (!top->at) {
            return cause_set(cause, ERR_TIMEOUT,
                             "no stage runs on this machine, none answers at %s; start them, or name those of other "
                             "hosts with --at HOST:PORT,…",
                             TOP_AT);
        }
        return cause_set(cause, ERR_TIMEOUT, "%s: no stage answers (%s); start them, or name others with --at", top->at,
                         top->scrape.count > 0 ? top->scrape.workers[0].now.why : "no address");
    }
    if (!error && screen_is_there() && !top->once && !top->json) {
        screen_enter();
        show(top);
    }
    while (!error && !ferror(stdout) && wait_next(top)) { /* a reader that has gone ends it */
        if (top->paused) {
            continue;
        }
        error = look(top, cause);
        if (!error) {
            show(top);
        }
        if (top->once) {
            break;
        }
    }
    screen_leave();
    return error;
}

int top_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct cause cause = {""};
    int error = watch(&order, &cause);
    scrape_free(&order.scrape);
    if (error) {
        return log_fatal(&cause, error == ERR_INPUT     ? EXIT_USAGE
                                 : error == ERR_TIMEOUT ? EXIT_UNFINISHED
                                                        : EXIT_REFUSED);
    }
    return EXIT_COMPLETE;
}
