#include "ctl/run/all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/run/order.h"
#include "common/scheme/place.h"

enum { REPORT_MAX = 1 << 20, REPORTS_MAX = (ORDER_MOST + 1) * REPORT_MAX };
static const char *const counted[] = {"seen", "created", "updated", "unchanged", "filtered", "rejected", "repeated"};
enum { COUNTED = sizeof counted / sizeof *counted };

struct all {
    struct order_scheme *schemes;
    int *codes; /* of each scheme's run; -1 = it was left out */
    size_t count;
    struct buffer reports; /* of those that ran: "{…},{…}" */
    int64_t sums[COUNTED];
    size_t reported, complete;
};

static bool ended_well(int code)
{
    return code == EXIT_COMPLETE || code == EXIT_REJECTS;
}

/* Did one that must come before it end early, or was it left out? */
static bool left_out(const struct all *all, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (!ended_well(all->codes[i]) && order_behind(all->schemes[at].scheme, all->schemes[i].scheme->name)) {
            return true;
        }
    }
    return false;
}

static void report_add(struct all *all, struct text json)
{
    struct arena arena;
    const cJSON *report = NULL;
    arena_init(&arena, (size_t)4 * REPORT_MAX);
    if (json_parse(&arena, json, REPORT_MAX, JSON_STRICT, &report, NULL) == 0) {
        for (size_t i = 0; i < COUNTED; i++) {
            int64_t n = 0;
            (void)!json_integer(json_get(report, counted[i]), &n);
            all->sums[i] += n;
        }
        all->complete += cJSON_IsTrue(json_get(report, "complete")) ? 1 : 0;
        buffer_add_text(&all->reports, all->reported > 0 ? TEXT(",") : TEXT(""));
        buffer_add_text(&all->reports, json);
        all->reported++;
    }
    arena_fini(&arena);
}

static int run_one(struct all *all, size_t at, const struct local_run *asked)
{
    struct buffer report;
    struct local_run run = *asked;
    buffer_init(&report, REPORT_MAX);
    run.scheme = all->schemes[at].path;
    run.report = &report;
    int code = local_run(&run);
    if (report.size > 0) {
        report_add(all, buffer_text(&report));
    }
    buffer_fini(&report);
    return code;
}

static void print_sums(const struct all *all)
{
    static const char *const words[] = {N_("seen"),     N_("created"),  N_("updated"), N_("unchanged"),
                                        N_("filtered"), N_("rejected"), N_("repeated")};
    print_line(stdout, "all schemes: %zu of %zu are complete", all->complete, all->count);
    for (size_t i = 0; i < COUNTED; i++) {
        print_line(stdout, "  %s %lld", _(words[i]), (long long)all->sums[i]);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (all->codes[i] < 0) {
            print_line(stdout, "  %.*s did not run: one that comes before it was not complete, or all was stopped",
                       TEXT_ARG(all->schemes[i].scheme->name));
        }
    }
}

static void print_object(const struct all *all)
{
    struct buffer json;
    bool first = true;
    buffer_init(&json, REPORTS_MAX + REPORT_MAX);
    buffer_add_text(&json, TEXT("{\"schemes\":["));
    buffer_add_text(&json, buffer_text(&all->reports));
    buffer_add_text(&json, TEXT("],\"left_out\":["));
    for (size_t i = 0; i < all->count; i++) {
        if (all->codes[i] < 0) {
            buffer_add_text(&json, first ? TEXT("") : TEXT(","));
            json_put_text(&json, all->schemes[i].scheme->name);
            first = false;
        }
    }
    buffer_format(&json, "],\"complete\":%s", all->complete == all->count ? "true" : "false");
    for (size_t i = 0; i < COUNTED; i++) {
        buffer_format(&json, ",\"%s\":%lld", counted[i], (long long)all->sums[i]);
    }
    buffer_add_char(&json, '}');
    print_json(buffer_text(&json));
    buffer_fini(&json);
}

static int run_each(struct all *all, const struct local_run *asked)
{
    int code = EXIT_COMPLETE;
    for (size_t i = 0; i < all->count; i++) {
        all->codes[i] = -1;
    }
    for (size_t i = 0; i < all->count && !local_interrupted(); i++) {
        if (!left_out(all, i)) {
            all->codes[i] = run_one(all, i, asked);
            code = local_heavier(code, all->codes[i]);
        }
    }
    if (local_interrupted()) {
        code = local_heavier(code, EXIT_UNFINISHED);
    }
    (asked->json ? print_object : print_sums)(all);
    return code;
}

int all_run(const struct local_run *asked)
{
    struct cause cause;
    char folder[ORDER_PATH];
    struct all all = {.schemes = calloc(ORDER_MOST, sizeof *all.schemes),
                      .codes = calloc(ORDER_MOST, sizeof *all.codes)};
    buffer_init(&all.reports, REPORTS_MAX);
    int error = !all.schemes || !all.codes ? cause_set(&cause, ERR_MEMORY, "out of memory")
                : asked->from || asked->to
                    ? cause_set(&cause, ERR_INPUT, "--from, --to: a span is read of one scheme; leave out --all")
                    : 0;
    if (!error && scheme_folder(asked->scheme, folder, sizeof folder) != 0) {
        error = cause_set(&cause, ERR_INPUT, "--scheme: the path is too long");
    }
    error = error ? error : order_read(folder, all.schemes, &all.count, &cause);
    int code = error == 0           ? run_each(&all, asked)
               : error == ERR_INPUT ? log_fatal(&cause, EXIT_USAGE)
                                    : log_fatal(&cause, EXIT_REFUSED);
    order_free(all.schemes, all.count);
    buffer_fini(&all.reports);
    free(all.schemes);
    free(all.codes);
    return code;
}
