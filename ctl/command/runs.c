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

/* The columns of a line for people; those from CELL_SEEN on are numbers. */
enum { CELL_RUN, CELL_BEGAN, CELL_TOOK, CELL_STATE, CELL_SEEN, CELLS = CELL_SEEN + 1 + COUNTS, CELL_ROOM = 48 };
struct cell {
    char text[CELL_ROOM];
};

struct listing {
    bool json;
    int64_t now, shown;
    struct buffer *out;
    size_t widths[CELLS]; /* columns of a terminal */
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

/* ---- for people: each column as wide as what stands in it ---- */

static void titles_fill(struct cell cells[CELLS])
{
    static const char *const titles[CELLS] = {N_("run"),     N_("began"),   N_("took"),      N_("state"),   N_("seen"),
                                              N_("created"), N_("updated"), N_("unchanged"), N_("rejected")};
    for (size_t i = 0; i < CELLS; i++) {
        (void)snprintf(cells[i].text, CELL_ROOM, "%s", _(titles[i]));
    }
}

static void run_fill(const struct listing *listing, const struct run_line *line, struct cell cells[CELLS])
{
    struct run_outcome outcome;
    char room[WHEN_ROOM];
    outcome_read(line, &outcome);
    (void)snprintf(cells[CELL_RUN].text, CELL_ROOM, "%lld", (long long)line->id);
    (void)snprintf(cells[CELL_BEGAN].text, CELL_ROOM, "%s", when_of(line->started, room));
    (void)snprintf(cells[CELL_TOOK].text, CELL_ROOM, "%s", when_took(seconds_of(listing, line), room));
    (void)snprintf(cells[CELL_STATE].text, CELL_ROOM, "%s", _(outcome.state));
    for (size_t i = CELL_SEEN; i < CELLS; i++) {
        int64_t count = i == CELL_SEEN ? outcome.seen : outcome.counts[i - CELL_SEEN - 1];
        struct text digits = text_of(outcome.told ? digits_of(count, room, sizeof room) : "-");
        (void)snprintf(cells[i].text, CELL_ROOM, "%.*s", TEXT_ARG(digits));
    }
}

static void measure(struct listing *listing, const struct cell cells[CELLS])
{
    for (size_t i = 0; i < CELLS; i++) {
        size_t own = columns_of(text_of(cells[i].text));
        listing->widths[i] = own > listing->widths[i] ? own : listing->widths[i];
    }
}

/* Numbers stand at the right of their column. */
static void put_cells(struct buffer *out, const struct listing *listing, const struct cell cells[CELLS])
{
    for (size_t i = 0; i < CELLS; i++) {
        struct text value = text_of(cells[i].text);
        if (i == CELL_RUN || i >= CELL_SEEN) {
            columns_pad(out, TEXT(""), listing->widths[i] - columns_of(value));
            buffer_add_text(out, value);
        } else {
            columns_pad(out, value, listing->widths[i]);
        }
        buffer_add_text(out, TEXT("  "));
    }
}

static void print_titles(const struct listing *listing)
{
    struct buffer text;
    struct cell cells[CELLS];
    buffer_init(&text, LINE_BYTES);
    titles_fill(cells);
    put_cells(&text, listing, cells);
    buffer_add_text(&text, text_of(_("scheme")));
    print_line(stdout, "%.*s", TEXT_ARG(buffer_text(&text)));
    buffer_fini(&text);
}

static void print_run(const struct listing *listing, const struct run_line *line)
{
    struct buffer text;
    struct cell cells[CELLS];
    buffer_init(&text, LINE_BYTES);
    run_fill(listing, line, cells);
    put_cells(&text, listing, cells);
    buffer_add_text(&text, line->scheme);
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

static int measure_run(void *user, const struct run_line *line)
{
    struct listing *listing = user;
    struct cell cells[CELLS];
    run_fill(listing, line, cells);
    measure(listing, cells);
    return 0;
}

static int list_run(void *user, const struct run_line *line)
{
    struct listing *listing = user;
    if (listing->json) {
        buffer_add_text(listing->out, listing->shown > 0 ? TEXT(",") : TEXT("{\"runs\":["));
        put_run(listing, line);
    } else {
        if (listing->shown == 0) {
            print_titles(listing);
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
    struct cell cells[CELLS];
    titles_fill(cells);
    measure(&listing, cells);
    int error = view->json ? 0 : run_list(view->store, order.limit, measure_run, &listing);
    error = error ? error : run_list(view->store, order.limit, list_run, &listing);
    if (error == 0 && view->json) {
        buffer_add_text(&view->text, listing.shown > 0 ? TEXT("]}") : TEXT("{\"runs\":[]}"));
        error = view_print(view);
    } else if (error == 0 && listing.shown == 0) {
        error = ERR_NOT_FOUND;
    }
    return view_close(view, error, "no run yet; start one with dianchen run", exit_code);
}
