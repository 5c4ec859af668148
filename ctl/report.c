#include "ctl/report.h"

#include "common/json.h"
#include "ctl/command.h"

static int64_t number(const cJSON *report, const char *name)
{
    int64_t n = 0;
    return json_integer(json_get(report, name), &n) == 0 ? n : 0;
}

static void line(FILE *out, const char *what, int64_t n, const char *note)
{
    char digits[32];
    fprintf(out, "  %-14s %12s%s%s\n", what, command_digits(n, digits, sizeof digits), *note ? "   " : "", note);
}

static int exit_code(const cJSON *report, struct text state)
{
    if (text_equal(state, TEXT("failed"))) {
        return EXIT_REFUSED;
    }
    if (!cJSON_IsTrue(json_get(report, "complete"))) {
        return EXIT_UNFINISHED;
    }
    return number(report, "rejected") > 0 ? EXIT_REJECTS : EXIT_COMPLETE;
}

int report_print(struct text json, FILE *out)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const cJSON *report = NULL;
    struct cause cause;
    int code = EXIT_REFUSED;
    if (json_parse(&arena, json, 1 << 20, JSON_STRICT, &report, &cause) != 0) {
        fprintf(stderr, "dianchen: the stored report is damaged: %s\n", cause.text);
        goto out;
    }
    struct text state = json_text(json_get(report, "state"));
    code = exit_code(report, state);
    if (out == NULL) {
        goto out;
    }
    bool replay = json_get(report, "kind") != NULL;
    fprintf(out, "run %lld of %.*s%s: %.*s\n", (long long)number(report, "run"),
            TEXT_ARG(json_text(json_get(report, "scheme"))), replay ? ", a replay" : "", TEXT_ARG(state));
    const cJSON *told = json_get(report, "source_total");
    if (cJSON_IsNull(told) || told == NULL) {
        fprintf(out, "  %-14s %12s\n", "source total", "not told");
    } else {
        line(out, "source total", number(report, "source_total"), "");
    }
    int64_t limit = number(report, "limit");
    if (limit > 0) {
        line(out, "limit", limit, "");
    }
    line(out, "pages", number(report, "pages"), "");
    line(out, "seen", number(report, "seen"), "");
    static const struct {
        const char *name, *note;
    } rows[] = {
        {"created", ""},
        {"updated", ""},
        {"unchanged", "nothing sent"},
        {"filtered", "left out by the scheme's filter"},
        {"rejected", "dianchen rejects list"},
        {"repeated", "keys seen again"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t n = number(report, rows[i].name);
        line(out, rows[i].name, n, n > 0 ? rows[i].note : "");
    }
    if (replay) {
        line(out, "gone", number(report, "gone"), "not at the source any more: their rejects are closed");
    }
    const cJSON *seconds = json_get(report, "seconds");
    char rate[32];
    fprintf(out, "  %-14s %12.1f   %s records/s\n", "seconds", cJSON_IsNumber(seconds) ? seconds->valuedouble : 0.0,
            command_digits(number(report, "records_per_second"), rate, sizeof rate));
    struct text why = json_text(json_get(report, "cause"));
    if (why.size > 0) {
        fprintf(out, "  cause: %.*s\n", TEXT_ARG(why));
    }
out:
    arena_fini(&arena);
    return code;
}
