/* `dianchen rejects list` and `rejects show`: what was refused, and why. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/ledger/reject.h"
#include "ctl/command/table.h"
#include "ctl/reject/choice.h"
#include "ctl/reject/row.h"
#include "ctl/show/view.h"
#include "ctl/show/when.h"

static struct {
    struct view view;
    int64_t limit;
    const char *class, *since, *like;
    bool csv, closed;
} order;
static const struct config_option options[] = {
    VIEW_OPTIONS(order.view),
    OPT_SWITCH("--csv", order.csv, "list: a table for a spreadsheet, with a byte order mark"),
    OPT_SWITCH("--closed", order.closed, "list: those that a person closed"),
    OPT_TEXT("--class", order.class, "list: those of this class: mapping, target, poison…"),
    OPT_TEXT("--since", order.since, "list: refused then or later: 2h, 30d, 2026-11-28, \"2026-11-28 09:30\""),
    OPT_TEXT("--like", order.like, "list: this text stands in key, number, code, message or source"),
    OPT_COUNT("--limit", order.limit, 1, 1000000, "at most so many, the newest", .fallback = "1000"),
};
static const char *const operands[] = {"list|show|replay|close|settle", "[KEY]", NULL};
const struct config_program rejects_program = COMMAND_PROGRAM(
    "rejects list | dianchen rejects show KEY | dianchen rejects replay|close|settle [KEY...] [OPTION...]",
    "list: what was refused and still is, one line each. show: one of them, with source and payload.\n"
    "replay: fetched anew and sent again; dianchen rejects replay --help.\n"
    "close: taken out of the list, nothing is to be done; dianchen rejects close --help.\n"
    "settle: a person says what became of an unclear one; dianchen rejects settle --help.",
    options, .operands = operands, .operand_most = 2);

struct reject_listing {
    struct reject_choice choice;
    bool json, csv, whole;
    int64_t skip; /* older ones that fit, too */
    int64_t fits, shown;
    struct buffer *out;
};

static int count_reject(void *user, const struct reject *reject)
{
    struct reject_listing *listing = user;
    listing->fits += reject_choice_fits(&listing->choice, reject);
    return 0;
}

static int list_reject(void *user, const struct reject *reject)
{
    struct reject_listing *listing = user;
    if (!reject_choice_fits(&listing->choice, reject) || listing->skip-- > 0) {
        return 0;
    }
    if (listing->json) {
        buffer_add_text(listing->out, listing->shown > 0 ? TEXT(",") : TEXT(""));
        reject_put_json(listing->out, reject, listing->whole);
    } else if (listing->csv) {
        reject_put_csv(listing->out, reject);
    } else {
        (listing->whole ? reject_print_whole : reject_print_line)(reject);
    }
    listing->shown++;
    return listing->out->failed ? ERR_LIMIT : 0;
}

static int read_choice(struct reject_choice *out)
{
    *out = (struct reject_choice){.class = text_of(order.class ? order.class : ""),
                                  .like = text_of(order.like ? order.like : "")};
    if (order.since && when_read(text_of(order.since), clock_wall(), &out->since) != 0) {
        print_line(stderr, "dianchen: --since %s: write a duration such as 2h or 30d, or a day such as 2026-11-28",
                   order.since);
        return EXIT_USAGE;
    }
    if (order.csv && order.view.json) {
        print_line(stderr, "dianchen: --csv and --json: one of the two");
        return EXIT_USAGE;
    }
    return EXIT_COMPLETE;
}

/* The newest that fit, up to --limit. */
static int list_all(struct view *view, struct reject_listing *listing)
{
    const struct text any = {NULL, 0};
    const enum reject_which which = order.closed ? REJECT_CLOSED : REJECT_OPEN;
    int error = 0;
    int64_t limit = order.limit;
    if (reject_choice_narrows(&listing->choice)) {
        error = reject_each(view->store, which, 0, any, 0, count_reject, listing);
        listing->skip = listing->fits > limit ? listing->fits - limit : 0;
        limit = 0;
    }
    if (listing->csv) {
        reject_put_csv_head(listing->out);
    }
    buffer_add_text(&view->text, view->json ? TEXT("{\"rejects\":[") : TEXT(""));
    error = error ? error : reject_each(view->store, which, 0, any, limit, list_reject, listing);
    buffer_add_text(&view->text, view->json ? TEXT("]}") : TEXT(""));
    if (error == 0 && view->json) {
        error = view_print(view);
    } else if (error == 0 && listing->csv) {
        print_bytes(buffer_text(listing->out));
    } else if (error == 0 && listing->shown == 0) {
        print_line(stdout, reject_choice_narrows(&listing->choice) ? N_("nothing refused is like that")
                                                                   : N_("nothing is refused"));
    }
    return error;
}

static int show_one(struct view *view, const char *key, struct reject_listing *listing)
{
    listing->whole = true;
    listing->choice = (struct reject_choice){.since = 0};
    int error = reject_each(view->store, REJECT_ANY, 0, text_of(key), 1, list_reject, listing);
    if (error == 0 && listing->shown == 0) {
        return ERR_NOT_FOUND;
    }
    return error == 0 && view->json ? view_print(view) : error;
}

int rejects_serve(char **words, size_t count)
{
    struct view *view = &order.view;
    bool show = count == 2 && strcmp(words[0], "show") == 0;
    if (!show && !(count == 1 && strcmp(words[0], "list") == 0)) {
        print_line(stderr, "dianchen: rejects: usage: %s", rejects_program.synopsis);
        return EXIT_USAGE;
    }
    struct reject_listing listing = {.json = view->json, .csv = order.csv, .out = &view->text};
    int exit_code = read_choice(&listing.choice);
    if (exit_code != EXIT_COMPLETE || view_open(view, &exit_code) != 0) {
        return exit_code;
    }
    int error = show ? show_one(view, words[1], &listing) : list_all(view, &listing);
    return view_close(view, error, "no reject of that key; dianchen rejects list shows them", exit_code);
}
