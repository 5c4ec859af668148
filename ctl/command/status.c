/* `dianchen status`: how far the newest run is, and when the next begins. */
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/ledger/reject.h"
#include "common/log/log.h"
#include "common/run/run.h"
#include "common/run/schedule.h"
#include "ctl/command/table.h"
#include "ctl/show/digits.h"
#include "ctl/show/view.h"
#include "ctl/show/when.h"

static struct view view;
static const struct config_option options[] = {VIEW_OPTIONS(view)};
const struct config_program status_program =
    COMMAND_PROGRAM("status [--json]", "The newest run, how far it is, and what waits for a person.", options);

static const char *state_name(enum run_state state)
{
    switch (state) {
    case RUN_OPEN:
        return N_("open");
    case RUN_CLOSED:
        return N_("finished");
    case RUN_ABANDONED:
        return N_("abandoned");
    case RUN_FAILED:
        return N_("failed");
    }
    return N_("unknown");
}

/* What is told of the newest run. */
struct status_standing {
    struct run_progress run;
    struct run_next next;
    struct cause cause; /* why it failed, or "" */
    int64_t rejects;
};

static int standing_read(struct store *store, struct status_standing *out)
{
    enum run_state state;
    int error = run_progress(store, 0, &out->run);
    error = error ? error : run_state(store, out->run.run, &state, &out->cause);
    error = error ? error : run_next(store, out->run.run, &out->next);
    return error ? error : reject_count(store, &out->rejects);
}

static void put_time(struct buffer *line, const char *name, int64_t unix_ms)
{
    char when[WHEN_ROOM];
    buffer_format(line, unix_ms > 0 ? ",\"%s\":\"%s\"" : ",\"%s\":null", name, when_iso(unix_ms, when));
}

static void show_json(const struct status_standing *now)
{
    const struct run_progress *run = &now->run;
    char total[DIGITS_ROOM] = "null";
    if (run->source_total >= 0) {
        snprintf(total, sizeof total, "%lld", (long long)run->source_total);
    }
    struct buffer line;
    buffer_init(&line, 4096);
    buffer_format(&line,
                  "{\"run\":%lld,\"state\":\"%s\",\"pages_done\":%lld,\"pages\":%lld,\"records\":%lld,"
                  "\"source_total\":%s,\"rejects_open\":%lld",
                  (long long)run->run, state_name(run->state), (long long)run->pages_done, (long long)run->pages_total,
                  (long long)run->rows_done, total, (long long)now->rejects);
    put_time(&line, "began", run->started);
    put_time(&line, "ended", run->ended);
    put_time(&line, "next_run", now->next.scheduled && !now->next.held ? now->next.at : 0);
    buffer_format(&line, ",\"stopped\":%s}", now->next.held ? "true" : "false");
    print_json(buffer_text(&line));
    buffer_fini(&line);
}

static void show_times(const struct run_progress *run)
{
    char when[WHEN_ROOM], took[WHEN_ROOM];
    int64_t end = run->ended > 0 ? run->ended : store_wall();
    (void)when_took(end > run->started ? (double)(end - run->started) / 1000 : 0, took);
    print_line(stdout, "  began    %s", when_of(run->started, when));
    if (run->ended > 0) {
        print_line(stdout, "  ended    %s, after %s", when_of(run->ended, when), took);
    } else {
        print_line(stdout, "  so far   %s", took);
    }
}

/* When services begin the next one; nothing where none ever did. `run` NULL = there was none yet. */
static void show_next(const struct run_progress *run, const struct run_next *next)
{
    enum { LATE = 60000 /* ms: services look more often */ };
    char when[WHEN_ROOM], every[WHEN_ROOM];
    bool over = !run || run->state == RUN_CLOSED || run->state == RUN_ABANDONED;
    if (next->held) {
        print_line(stdout, "  next     stopped by %s: dianchen start goes on", _(next->who));
    } else if (next->scheduled && over && next->late > LATE) {
        print_line(stdout, "  next     was due at %s, and no service began it: are the extractors up?",
                   when_of(next->at, when));
    } else if (next->scheduled && over && next->every == 0) {
        print_line(stdout, "  next     run at %s (by the clock: %s)", when_of(next->at, when), next->clock);
    } else if (next->scheduled && over) {
        print_line(stdout, "  next     run at %s (every %s)", when_of(next->at, when),
                   when_took((double)next->every / 1000, every));
    }
}

static void show_text(const struct status_standing *now)
{
    const struct run_progress *run = &now->run;
    char rows[DIGITS_ROOM], total[DIGITS_ROOM];
    print_line(stdout, "run %lld: %s", (long long)run->run, _(state_name(run->state)));
    if (now->cause.text[0]) {
        char said[sizeof now->cause.text * 2];
        print_line(stdout, "  cause    %s", language_line(text_of(now->cause.text), said, sizeof said));
    }
    show_times(run);
    if (run->source_total >= 0) {
        print_line(stdout, "  pages    %lld of %lld", (long long)run->pages_done, (long long)run->pages_total);
        print_line(stdout, "  records  %s of %s", digits_of(run->rows_done, rows, sizeof rows),
                   digits_of(run->source_total, total, sizeof total));
    } else {
        print_line(stdout, "  pages    %lld of %lld known so far", (long long)run->pages_done,
                   (long long)run->pages_total);
        print_line(stdout, "  records  %s", digits_of(run->rows_done, rows, sizeof rows));
    }
    if (now->rejects > 0) {
        print_line(stdout, "  rejects  %lld open: dianchen rejects list", (long long)now->rejects);
    } else {
        print_line(stdout, "  rejects  %lld open", (long long)now->rejects);
    }
    show_next(run, &now->next);
}

int status_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    int exit_code = EXIT_COMPLETE;
    if (view_open(&view, &exit_code) != 0) {
        return exit_code;
    }
    struct status_standing now = {.rejects = 0};
    int error = standing_read(view.store, &now);
    if (error == ERR_NOT_FOUND && !view.json && run_first(view.store, &now.next) == 0) {
        print_line(stdout, "no run yet");
        show_next(NULL, &now.next);
        error = 0;
    } else if (error == 0) {
        (view.json ? show_json : show_text)(&now);
    }
    return view_close(&view, error, "no run yet; start one with dianchen run", exit_code);
}
