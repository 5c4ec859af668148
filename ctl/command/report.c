/* `dianchen report`: what a run did, as text, JSON or a page. */
#include <stdio.h>
#include <string.h>

#include "common/base/print.h"
#include "common/json/json.h"
#include "common/ledger/reject_reason.h"
#include "common/log/log.h"
#include "common/run/report.h"
#include "ctl/command/table.h"
#include "ctl/report/page.h"
#include "ctl/report/summary.h"
#include "ctl/show/file.h"
#include "ctl/show/view.h"

static struct {
    struct view view;
    bool html;
    const char *file;
    int64_t run;
} order;
static const struct config_option options[] = {
    VIEW_OPTIONS(order.view),
    OPT_SWITCH("--html", order.html, "a page with charts, into FILE or onto stdout"),
};
static const char *const operands[] = {"[RUN]", "[FILE]", NULL};
const struct config_program report_program = COMMAND_PROGRAM(
    "report [RUN] [--json | --html [FILE]]",
    "What a run did (default: the newest), with the exit code of the run. --html makes one page that stands by\n"
    "itself: throughput and time by stage, outcomes, rejects, calls against limits, the slowest pages.",
    options, .operands = operands, .operand_most = 2);

/* Words that are no number name the file. */
static int read_words(char **words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool file = order.html && (order.run > 0 || words[i][strspn(words[i], "0123456789")] != '\0');
        if (file && !order.file) {
            order.file = words[i];
        } else if (order.run > 0) {
            print_line(stderr, "dianchen: report: %s: one word too many", words[i]);
            return EXIT_USAGE;
        } else if (text_integer(text_of(words[i]), &order.run) != 0 || order.run <= 0) {
            print_line(stderr, "dianchen: run %s: a whole number above 0 is wanted", words[i]);
            return EXIT_USAGE;
        }
    }
    return 0;
}

/* The page in a file, or on stdout. */
static int print_page(int *exit_code)
{
    struct buffer page;
    buffer_init(&page, VIEW_TEXT_MAX);
    int error = report_page_write(order.view.store, buffer_text(&order.view.text), &page);
    struct cause cause;
    if (!error && !order.file) {
        print_bytes(buffer_text(&page));
    } else if (!error && file_write(order.file, buffer_text(&page), &cause) != 0) {
        *exit_code = log_fatal(&cause, EXIT_REFUSED);
    } else if (!error) {
        print_line(stdout, "%s: the report, to be opened in a browser", order.file);
    }
    buffer_fini(&page);
    return error;
}

struct waiting { /* records that wait for a look-up */
    int64_t all, shown;
};

static int count_waiting(void *user, const struct reject_reason *reason)
{
    struct waiting *waiting = user;
    waiting->all += text_equal(reason->class, TEXT("lookup")) ? reason->count : 0;
    return 0;
}

/* "12 wait for a look-up: unit '箱': not in the target's list units" */
static int print_waiting(void *user, const struct reject_reason *reason)
{
    struct waiting *waiting = user;
    waiting->shown += reason->count;
    print_line(stdout, "%lld wait for a look-up: %.*s; every run tries again", (long long)reason->count,
               TEXT_ARG(reason->message));
    return 0;
}

static int print_look_ups(struct text report)
{
    enum { GROUPS = 1000, LINES = 5, REPORT_ARENA = 16 << 20 };
    struct waiting waiting = {0};
    struct arena arena;
    const cJSON *tree = NULL;
    int64_t run = 0;
    arena_init(&arena, REPORT_ARENA);
    int error = json_parse(&arena, report, REPORT_ARENA, JSON_STRICT, &tree, NULL);
    if (!error && json_integer(json_get(tree, "run"), &run) == 0) {
        error = reject_reasons(order.view.store, run, GROUPS, count_waiting, &waiting);
        error =
            error || waiting.all == 0 ? error : reject_waiting(order.view.store, run, LINES, print_waiting, &waiting);
    }
    if (!error && waiting.all > waiting.shown) {
        print_line(stdout, "%lld more wait for other look-ups: dianchen rejects list --class lookup",
                   (long long)(waiting.all - waiting.shown));
    }
    arena_fini(&arena);
    return error;
}

int report_serve(char **words, size_t count)
{
    struct view *view = &order.view;
    int exit_code = read_words(words, count);
    if (exit_code != 0 || view_open(view, &exit_code) != 0) {
        return exit_code;
    }
    int error = run_report(view->store, order.run, &view->text);
    if (error == 0) {
        exit_code = report_print(buffer_text(&view->text), view->json || order.html ? NULL : stdout);
        if (order.html) {
            error = print_page(&exit_code);
        } else if (view->json) {
            error = view_print(view);
        } else {
            error = print_look_ups(buffer_text(&view->text));
        }
    }
    return view_close(view, error,
                      order.run == 0 ? "no run yet; start one with dianchen run"
                                     : "no such run; dianchen report tells the newest",
                      exit_code);
}
