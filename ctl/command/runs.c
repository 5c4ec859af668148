/* `dianchen runs`: which runs there were, when, and how they ended. */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/columns.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/run/list.h"
#include "ctl/command/table.h"
#include "ctl/show/digits.h"
#include "ctl/show/view.h"
#include "ctl/show/when.h"

enum { REPORT_BYTES = 1 << 20, LINE_BYTES = 8192, COUNTS = 4 };

static struct {
    struct view view;
    int64_t limit;
} order;
static const struct config_option options[] = {
    VIEW_OPTIONS(order.view),
    OPT_COUNT("--limit", order.limit, 1, 1000000, "at most so many, the newest", .fallback = "20"),
};
const struct config_program runs_program =
    COMMAND_PROGRAM("runs [--limit N] [--json]",
                    "The runs of this store, the newest first: when they began, how long they took, how they ended.\n"
                    "What one of them did, in full: dianchen report RUN.",
                    options);

struct listing {
    bool json;
    int64_t now, shown;
    struct buffer *out;
};

/* What the report of a run says; a run that is open has none yet. */
struct run_outcome {
    char state[24];
    int64_t seen, counts[COUNTS];
    bool told;
};
static const char *const count_names[COUNTS] = {"created", "updated", "unchanged", "rejected"};

static void outcome_read(const struct run_line *line, struct run_outcome *out)
{
    static const char *const states[] = {"", N_("open"), N_("finished"), N_("abandoned"), N_("failed")};
    *out = (struct run_outcome){.told = false};
    (void)snprintf(out->state, sizeof out->state, "%s",
                   line->state >= RUN_OPEN && line->state <= RUN_FAILED ? states[line->state] : "unknown");
    struct arena arena;
    const cJSON *tree = NULL;
    arena_init(&arena, REPORT_BYTES);
    if (line->report.size > 0 && json_parse(&arena, line->report, REPORT_BYTES, JSON_STRICT, &tree, NULL) == 0) {
        struct text state = json_text(json_get(tree, "state"));
        (void)snprintf(out->state, sizeof out->state, "%.*s", TEXT_ARG(state));
        (void)!json_integer(json_get(tree, "seen"), &out->seen);
        for (size_t i = 0; i < COUNTS; i++) {
            (void)!json_integer(json_get(tree, count_names[i]), &out->counts[i]);
        }
        out->told = true;
    }
    arena_fini(&arena);
}

static double seconds_of(const struct listing *listing, const struct run_line *line)
{
    int64_t end = line->ended > 0 ? line->ended : listing->now;
    return end > line->started ? (double)(end - line->started) / 1000 : 0;
}

static void put_run(const struct listing *listing, const struct run_line *line)
{
    struct buffer *out = listing->out;
    if (line->report.size > 0) {
        buffer_add_text(out, line->report);
        return;
    }
    struct run_outcome outcome;
    char when[WHEN_ROOM];
    outcome_read(line, &outcome);
    buffer_format(out, "{\"run\":%lld,\"scheme\":", (long long)line->id);
    json_put_text(out, line->scheme);
    buffer_format(out, ",\"state\":\"%s\",\"complete\":false,\"seconds\":%.3f,\"began\":\"%s\",\"ended\":null}",
                  outcome.state, seconds_of(listing, line), when_iso(line->started, when));
}

static void put_number(struct buffer *out, size_t columns, struct text value)
{
    for (size_t own = columns_of(value); own < columns; own++) {
        buffer_add_char(out, ' ');
    }
    buffer_add_text(out, value);
}

static void print_titles(void)
{
    static const char *const titles[] = {N_("seen"), N_("created"), N_("updated"), N_("unchanged"), N_("rejected")};
    struct buffer line;
    buffer_init(&line, LINE_BYTES);
    put_number(&line, 6, text_of(_("run")));
    buffer_add_text(&line, TEXT("  "));
    columns_pad(&line, text_of(_("began")), 25);
    buffer_add_text(&line, TEXT("  "));
    columns_pad(&line, text_of(_("took")), 14);
    buffer_add_text(&line, TEXT("  "));
    columns_pad(&line, text_of(_("state")), 10);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        put_number(&line, 11, text_of(_(titles[i])));
    }
    buffer_format(&line, "  %s", _("scheme"));
    print_line(stdout, "%.*s", TEXT_ARG(buffer_text(&line)));
    buffer_fini(&line);
}

static void print_run(const struct listing *listing, const struct run_line *line)
{
    struct buffer text;
    struct run_outcome outcome;
    char when[WHEN_ROOM], took[WHEN_ROOM], digits[40];
    buffer_init(&text, LINE_BYTES);
    outcome_read(line, &outcome);
    (void)snprintf(digits, sizeof digits, "%lld", (long long)line->id);
    put_number(&text, 6, text_of(digits));
    buffer_format(&text, "  %s  ", when_of(line->started, when));
    columns_pad(&text, text_of(when_took(seconds_of(listing, line), took)), 14);
    buffer_add_text(&text, TEXT("  "));
    columns_pad(&text, text_of(_(outcome.state)), 10);
    put_number(&text, 11, text_of(outcome.told ? digits_of(outcome.seen, digits, sizeof digits) : "-"));
    for (size_t i = 0; i < COUNTS; i++) {
        put_number(&text, 11, text_of(outcome.told ? digits_of(outcome.counts[i], digits, sizeof digits) : "-"));
    }
    buffer_format(&text, "  %.*s", TEXT_ARG(line->scheme));
    if (line->kind == RUN_REPLAY) {
        buffer_add_text(&text, text_of(_(" (replay)")));
    } else if (line->kind == RUN_VANISHED) {
        buffer_add_text(&text, text_of(_(" (vanished)")));
    } else if (line->kind == RUN_PUSHED) {
        buffer_add_text(&text, text_of(_(" (pushed)")));
    } else if (line->limit > 0) {
        buffer_format(&text, _(" (the first %lld)"), (long long)line->limit);
    }
    print_line(stdout, "%.*s", TEXT_ARG(buffer_text(&text)));
    buffer_fini(&text);
}

static int list_run(void *user, const struct run_line *line)
{
    struct listing *listing = user;
    if (listing->json) {
        buffer_add_text(listing->out, listing->shown > 0 ? TEXT(",") : TEXT("{\"runs\":["));
        put_run(listing, line);
    } else {
        if (listing->shown == 0) {
            print_titles();
        }
        print_run(listing, line);
    }
    listing->shown++;
    return listing->out->failed ? ERR_LIMIT : 0;
}

int runs_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    struct view *view = &order.view;
    int exit_code = EXIT_COMPLETE;
    if (view_open(view, &exit_code) != 0) {
        return exit_code;
    }
    struct listing listing = {.json = view->json, .now = clock_wall(), .out = &view->text};
    int error = run_list(view->store, order.limit, list_run, &listing);
    if (error == 0 && view->json) {
        buffer_add_text(&view->text, listing.shown > 0 ? TEXT("]}") : TEXT("{\"runs\":[]}"));
        error = view_print(view);
    } else if (error == 0 && listing.shown == 0) {
        error = ERR_NOT_FOUND;
    }
    return view_close(view, error, "no run yet; start one with dianchen run", exit_code);
}
