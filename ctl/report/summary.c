#include "ctl/report/summary.h"

#include "common/base/columns.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "ctl/show/digits.h"
#include "ctl/show/when.h"

static int64_t number(const cJSON *report, const char *name)
{
    int64_t n = 0;
    return json_integer(json_get(report, name), &n) == 0 ? n : 0;
}

/* "  created                 12   note": what is said stands in columns, however wide its letters are. */
static void summary_row(FILE *out, const char *what, const char *value, const char *note)
{
    struct buffer text;
    buffer_init(&text, 4096);
    buffer_add_text(&text, TEXT("  "));
    columns_pad(&text, text_of(_(what)), 14);
    for (size_t wide = columns_of(text_of(value)); wide < 13; wide++) {
        buffer_add_char(&text, ' ');
    }
    buffer_format(&text, "%s%s%s", value, *note ? "   " : "", _(note));
    print_line(out, "%.*s", TEXT_ARG(buffer_text(&text)));
    buffer_fini(&text);
}

static void line(FILE *out, const char *what, int64_t n, const char *note)
{
    char digits[32];
    digits_of(n, digits, sizeof digits);
    summary_row(out, what, digits, note);
}

static void time_row(FILE *out, const char *what, const cJSON *report, const char *name)
{
    char when[WHEN_ROOM];
    int64_t unix_ms = when_from_iso(json_text(json_get(report, name)));
    if (unix_ms > 0) {
        summary_row(out, what, when_of(unix_ms, when), "");
    }
}

/* "  step audit              12   3 refused" for each follow-up of saved records. */
static void steps_rows(FILE *out, const cJSON *steps)
{
    for (const cJSON *step = steps ? steps->child : NULL; step; step = step->next) {
        char what[80], refused[32], note[80] = "";
        (void)snprintf(what, sizeof what, _("step %s"), step->string);
        if (number(step, "refused") > 0) {
            (void)snprintf(note, sizeof note, _("%s refused: dianchen rejects list"),
                           digits_of(number(step, "refused"), refused, sizeof refused));
        }
        line(out, what, number(step, "done"), note);
    }
}

static int exit_code(const cJSON *report, struct text state)
{
    if (text_equal(state, TEXT("failed"))) {
        return EXIT_REFUSED;
    }
    if (!cJSON_IsTrue(json_get(report, "complete"))) {
        return EXIT_UNFINISHED;
    }
    if (cJSON_IsTrue(json_get(json_get(report, "vanished"), "stopped"))) {
        return EXIT_REFUSED;
    }
    return number(report, "rejected") > 0 ? EXIT_REJECTS : EXIT_COMPLETE;
}

/* Records that the source has lost: how many, which, and what became of them. */
static void vanished_rows(FILE *out, const cJSON *vanished)
{
    enum { SHOWN = 10 };
    if (!vanished) {
        return;
    }
    if (json_get(vanished, "unread")) {
        line(out, N_("unreadable"), number(vanished, "unread"),
             N_("records without a key, so it is not known which have vanished"));
        return;
    }
    int64_t records = number(vanished, "records"), left = records;
    bool stopped = cJSON_IsTrue(json_get(vanished, "stopped"));
    line(out, N_("vanished"), records,
         records == 0 ? ""
         : stopped    ? N_("not at the source any more; too many at once: dianchen run --vanished disables them")
                      : N_("not at the source any more"));
    struct buffer keys;
    buffer_init(&keys, 16 << 10);
    const cJSON *list = json_get(vanished, "keys"), *key = list ? list->child : NULL;
    for (int shown = 0; key && shown < SHOWN; key = key->next, shown++, left--) {
        buffer_format(&keys, "%s%.*s", shown > 0 ? ", " : "", TEXT_ARG(json_text(key)));
    }
    if (keys.size > 0 && left > 0) {
        print_line(out, N_("    %.*s and %lld more"), TEXT_ARG(buffer_text(&keys)), (long long)left);
    } else if (keys.size > 0) {
        print_line(out, "    %.*s", TEXT_ARG(buffer_text(&keys)));
    }
    buffer_fini(&keys);
}

static int print(struct text json, FILE *out, bool dry)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const cJSON *report = NULL;
    struct cause cause;
    int code = EXIT_REFUSED;
    if (json_parse(&arena, json, 1 << 20, JSON_STRICT, &report, &cause) != 0) {
        print_line(stderr, "dianchen: the stored report is damaged: %s", cause.text);
        goto out;
    }
    struct text state = json_text(json_get(report, "state"));
    code = exit_code(report, state);
    if (out == NULL) {
        goto out;
    }
    struct text kind = json_text(json_get(report, "kind"));
    bool replay = text_equal(kind, TEXT("replay")), lost = text_equal(kind, TEXT("vanished"));
    bool pushed = text_equal(kind, TEXT("pushed"));
    char word[40];
    (void)snprintf(word, sizeof word, "%.*s", TEXT_ARG(state));
    struct text scheme = json_text(json_get(report, "scheme"));
    if (dry) {
        print_line(out, "dry run of %.*s: %s", TEXT_ARG(scheme), _(word));
    } else {
        print_line(out,
                   replay   ? N_("run %lld of %.*s, a replay: %s")
                   : lost   ? N_("run %lld of %.*s, records that the source has lost: %s")
                   : pushed ? N_("run %lld of %.*s, records that were pushed: %s")
                            : N_("run %lld of %.*s: %s"),
                   (long long)number(report, "run"), TEXT_ARG(scheme), _(word));
    }
    time_row(out, N_("began"), report, "began");
    time_row(out, N_("ended"), report, "ended");
    const cJSON *told = json_get(report, "source_total");
    if (cJSON_IsNull(told) || told == NULL) {
        summary_row(out, N_("source total"), _("not told"), "");
    } else {
        line(out, N_("source total"), number(report, "source_total"), "");
    }
    int64_t limit = number(report, "limit");
    if (limit > 0) {
        line(out, N_("limit"), limit, "");
    }
    line(out, N_("pages"), number(report, "pages"), "");
    line(out, N_("seen"), number(report, "seen"), "");
    static const struct {
        const char *name, *note;
    } rows[] = {
        {N_("created"), ""},
        {N_("updated"), ""},
        {N_("unchanged"), N_("nothing sent")},
        {N_("filtered"), N_("left out by the scheme's filter")},
        {N_("rejected"), "dianchen rejects list"},
        {N_("repeated"), N_("keys seen again")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t n = number(report, rows[i].name);
        line(out, rows[i].name, n, n > 0 ? rows[i].note : "");
    }
    steps_rows(out, json_get(report, "steps"));
    if (number(report, "noted") > 0) {
        line(out, "noted", number(report, "noted"), "repaired or trimmed: record.repaired, record.trimmed in the log");
    }
    if (replay) {
        line(out, N_("gone"), number(report, "gone"), N_("not at the source any more: their rejects are closed"));
    }
    vanished_rows(out, json_get(report, "vanished"));
    const cJSON *seconds = json_get(report, "seconds");
    char rate[32], passed[32], note[80];
    double whole = cJSON_IsNumber(seconds) ? seconds->valuedouble : 0.0;
    (void)snprintf(passed, sizeof passed, "%.1f", whole);
    (void)snprintf(note, sizeof note, _("%s records/s"),
                   digits_of(number(report, "records_per_second"), rate, sizeof rate));
    summary_row(out, N_("seconds"), passed, note);
    struct text why = json_text(json_get(report, "cause"));
    if (why.size > 0) {
        char said[4096];
        print_line(out, "  cause: %s", language_line(why, said, sizeof said));
    }
out:
    arena_fini(&arena);
    return code;
}

int report_print(struct text json, FILE *out)
{
    return print(json, out, false);
}

int report_print_dry(struct text json, FILE *out)
{
    return print(json, out, true);
}

int64_t report_vanished_run(struct text json)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const cJSON *report = NULL;
    int64_t run = 0;
    if (json_parse(&arena, json, 1 << 20, JSON_STRICT, &report, NULL) == 0) {
        run = number(json_get(report, "vanished"), "run");
    }
    arena_fini(&arena);
    return run;
}
