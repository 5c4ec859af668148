#include "ctl/report/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/language.h"
#include "common/config/config.h"
#include "common/json/json.h"
#include "common/ledger/reject.h"
#include "common/ledger/reject_reason.h"
#include "common/run/timeline.h"
#include "ctl/report/chart.h"
#include "ctl/report/course.h"
#include "ctl/report/html.h"
#include "ctl/show/digits.h"

enum {
    SLOWEST = 20,       /* pages */
    UNFINISHED = 20,    /* pages */
    REASONS = 12,       /* groups of refusals */
    REJECTS = 20,       /* refusals shown one by one */
    MESSAGE_MOST = 300, /* bytes of a refusal's text */
    NAME_MOST = 120,
    PAYLOAD_ARENA = 1 << 20,
};

/* Colours: what is done in a stage has a full one, waiting between them a pale one. */
enum { BLUE, PALE_BLUE, VIOLET, PALE_VIOLET, GREEN, AMBER, GREY, RED };

static const int time_colours[PAGE_TIMES] = {BLUE, PALE_BLUE, VIOLET, PALE_VIOLET, GREEN, AMBER};
static const enum report_word time_words[PAGE_TIMES] = {WORD_FETCH, WORD_QUEUE, WORD_MAP,
                                                        WORD_WAIT,  WORD_WRITE, WORD_COMMIT};

struct sheet {
    struct buffer *out;
    struct course course;
    int64_t run;
    double slowest;  /* seconds of the slowest page */
    size_t rows;     /* of the table under way */
    int64_t refused; /* by the reasons that were put */
};

/* ---- parts ---- */

static void put_head(const struct sheet *sheet, struct text scheme)
{
    static const char style[] =
        ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2330;--soft:#5c6675;--line:#dfe3ea;"
        "--k0:#2f6fde;--k1:#a9c5f5;--k2:#8a4fd0;--k3:#d6c1ef;--k4:#1f9d6b;--k5:#d98b1c;--k6:#9aa3b0;--k7:#cf3b3b}"
        "@media(prefers-color-scheme:dark){:root{--bg:#12161d;--card:#1b212b;--ink:#e6eaf0;--soft:#9aa5b5;--line:#"
        "303845;"
        "--k0:#5b93f5;--k1:#35507f;--k2:#a97be6;--k3:#55407a;--k4:#35bd87;--k5:#e5a544;--k6:#6c7684;--k7:#ef6a6a}}"
        "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);"
        "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\","
        "sans-serif}main{max-width:1120px;margin:0 auto;padding:24px 16px 40px}h1{font-size:22px;margin:0 0 4px}"
        "h2{font-size:16px;margin:0 0 10px}small,.soft{color:var(--soft);font-size:13px;font-weight:400}"
        ".state{display:inline-block;padding:1px 10px;border-radius:999px;color:#fff;font-size:14px;vertical-align:3px}"
        ".grid{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}"
        ".tiles{display:grid;gap:10px;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));margin:16px 0 14px}"
        ".card,.tiles div,figure{background:var(--card);border:1px solid var(--line);border-radius:10px;"
        "padding:12px 14px;margin:0}.card{margin:14px 0;overflow-x:auto}.tiles small:first-child{display:block}.tiles "
        "small:first-child::first-letter{text-transform:uppercase}.tiles b{display:block;font-size:22px;"
        "line-height:1.25;font-variant-numeric:tabular-nums}figcaption{font-size:16px;font-weight:600}"
        "svg{display:block;width:100%;height:auto}svg text{font-size:11px;fill:var(--soft)}"
        "line.grid{stroke:var(--line);stroke-width:1}.tip{fill:transparent}"
        ".tip:hover{fill:var(--soft);fill-opacity:.12}polyline{fill:none;stroke-width:2;stroke-linejoin:round}"
        ".limit{stroke-width:1.5;stroke-dasharray:5 4}svg.bar{height:12px;min-width:90px;border-radius:3px}"
        ".legend{margin:4px 0 6px;font-size:13px;color:var(--soft);display:flex;flex-wrap:wrap;gap:2px 14px}"
        ".legend i,td i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}"
        ".legend i.dash{height:0;width:14px;border-radius:0;border-top:2px dashed;vertical-align:4px}"
        "table{border-collapse:collapse;width:100%;font-size:14px}th{color:var(--soft);font-weight:400;text-align:left;"
        "font-size:13px}th,td{padding:4px 10px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}"
        "tr:last-child "
        "td{border-bottom:0}.n{text-align:right;white-space:nowrap;width:1%;padding-right:18px;font-variant-numeric:"
        "tabular-nums}"
        ".w{overflow-wrap:anywhere;min-width:72px}.b{width:32%;vertical-align:middle}.card "
        "td:first-child{white-space:nowrap}figure{min-width:0;overflow-x:auto}"
        "@media(max-width:600px){.x{display:none}main{padding:16px 10px 32px}.n{padding-right:12px}}";
    struct buffer *out = sheet->out;
    buffer_format(
        out,
        "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>%s %lld · ",
        language_other() ? "zh-CN" : "en", report_word(WORD_RUN), (long long)sheet->run);
    html_put(out, scheme, NAME_MOST);
    buffer_format(out, "</title><style>%s", style);
    for (int i = 0; i < CHART_SERIES; i++) {
        buffer_format(out,
                      ".k%d{fill:var(--k%d)}.s%d{stroke:var(--k%d)}.b%d{background:var(--k%d)}.d%d{border-color:"
                      "var(--k%d)!important}",
                      i, i, i, i, i, i, i, i);
    }
    buffer_add_text(out, TEXT("</style></head><body><main>\n"));
}

static void put_when(struct buffer *out, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char text[40] = "";
    if (localtime_r(&seconds, &tm)) {
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &tm);
    }
    html_put(out, text_of(text), 0);
}

static int64_t number(const cJSON *report, const char *name)
{
    int64_t n = 0;
    return json_integer(json_get(report, name), &n) == 0 ? n : 0;
}

/* "source demo_sid → target 1234567890123456789 · " */
static void put_accounts(const struct sheet *sheet)
{
    const struct run_life *life = &sheet->course.life;
    struct buffer *out = sheet->out;
    if (life->source[0]) {
        buffer_format(out, "%s ", report_word(WORD_SOURCE));
        html_put(out, text_of(life->source), NAME_MOST);
    }
    if (life->source[0] && life->target[0]) {
        buffer_add_text(out, TEXT(" → "));
    }
    if (life->target[0]) {
        buffer_format(out, "%s ", report_word(WORD_TARGET));
        html_put(out, text_of(life->target), NAME_MOST);
    }
    buffer_add_text(out, life->source[0] || life->target[0] ? TEXT(" · ") : TEXT(""));
}

static void put_title(const struct sheet *sheet, const cJSON *report, struct text scheme)
{
    static const struct {
        struct text name;
        enum report_word word;
        int colour;
    } states[] = {
        {{"complete", 8}, WORD_STATE_COMPLETE, GREEN}, {{"incomplete", 10}, WORD_STATE_INCOMPLETE, AMBER},
        {{"open", 4}, WORD_STATE_OPEN, BLUE},          {{"abandoned", 9}, WORD_STATE_ABANDONED, GREY},
        {{"failed", 6}, WORD_STATE_FAILED, RED},
    };
    struct buffer *out = sheet->out;
    struct text state = json_text(json_get(report, "state")), cause = json_text(json_get(report, "cause"));
    buffer_format(out, "<h1>店辰 · %s %lld ", report_word(WORD_RUN), (long long)sheet->run);
    bool refused = number(report, "rejected") > 0 && text_equal(state, TEXT("complete"));
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (text_equal(state, states[i].name)) {
            buffer_format(out, "<span class=\"state b%d\">%s</span>", refused ? AMBER : states[i].colour,
                          report_word(refused ? WORD_STATE_REJECTS : states[i].word));
        }
    }
    buffer_add_text(out, TEXT("</h1><p class=\"soft\" style=\"margin:0\">"));
    html_put(out, scheme, NAME_MOST);
    buffer_add_text(out, TEXT(" · "));
    put_accounts(sheet);
    put_when(out, sheet->course.life.started);
    buffer_add_text(out, TEXT(" – "));
    if (text_equal(state, TEXT("open"))) {
        buffer_add_text(out, text_of(report_word(WORD_STATE_OPEN)));
    } else {
        put_when(out, sheet->course.life.ended);
    }
    buffer_add_text(out, TEXT("</p>\n"));
    if (cause.size > 0) {
        buffer_format(out, "<div class=\"card\"><h2>%s</h2>", report_word(WORD_CAUSE));
        char said[4096];
        html_put(out, text_of(language_line(cause, said, sizeof said)), 0);
        buffer_add_text(out, TEXT("</div>\n"));
    }
}

static void put_tile(const struct sheet *sheet, enum report_word name, const char *value, const char *note)
{
    buffer_format(sheet->out, "<div><small>%s</small><b>%s</b><small>%s</small></div>", report_word(name), value, note);
}

static void put_tiles(const struct sheet *sheet, const cJSON *report)
{
    char a[40], note[120];
    const cJSON *told = json_get(report, "source_total");
    bool is_told = cJSON_IsNumber(told);
    char total[40];
    (void)snprintf(note, sizeof note, "%s: %s", report_word(WORD_TOTAL),
                   is_told ? digits_of(number(report, "source_total"), total, sizeof total)
                           : report_word(WORD_NOT_TOLD));
    buffer_add_text(sheet->out, TEXT("<div class=\"tiles\">"));
    put_tile(sheet, WORD_SEEN, digits_of(number(report, "seen"), a, sizeof a), note);
    put_tile(sheet, WORD_REJECTED, digits_of(number(report, "rejected"), a, sizeof a), "");
    put_tile(sheet, WORD_PAGES, digits_of(number(report, "pages"), a, sizeof a), "");
    const cJSON *seconds = json_get(report, "seconds");
    put_tile(sheet, WORD_TIME, chart_time(cJSON_IsNumber(seconds) ? seconds->valuedouble : 0, a, sizeof a), "");
    put_tile(sheet, WORD_RATE, digits_of(number(report, "records_per_second"), a, sizeof a), "");
    buffer_add_text(sheet->out, TEXT("</div>\n"));
}

static void put_outcomes(const struct sheet *sheet, const cJSON *report)
{
    static const struct {
        const char *name;
        enum report_word word;
        int colour;
    } outcomes[] = {
        {"created", WORD_CREATED, GREEN},         {"updated", WORD_UPDATED, BLUE},  {"unchanged", WORD_UNCHANGED, GREY},
        {"filtered", WORD_FILTERED, PALE_VIOLET}, {"rejected", WORD_REJECTED, RED}, {"repeated", WORD_REPEATED, AMBER},
    };
    enum { OUTCOMES = sizeof outcomes / sizeof *outcomes };
    double parts[OUTCOMES];
    int colours[OUTCOMES];
    struct buffer *out = sheet->out;
    char digits[40];
    for (size_t i = 0; i < OUTCOMES; i++) {
        parts[i] = (double)number(report, outcomes[i].name);
        colours[i] = outcomes[i].colour;
    }
    buffer_format(out, "<div class=\"card\"><h2>%s</h2>", report_word(WORD_OUTCOMES));
    chart_bar(out, parts, colours, OUTCOMES, 1);
    buffer_add_text(out, TEXT("<p class=\"legend\" style=\"margin:8px 0 0\">"));
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (parts[i] <= 0) {
            continue;
        }
        buffer_format(out, "<span><i class=\"b%d\"></i>%s %s</span>", colours[i], report_word(outcomes[i].word),
                      digits_of((int64_t)parts[i], digits, sizeof digits));
    }
    buffer_add_text(out, TEXT("</p></div>\n"));
}

/* Records that the source has lost. */
static void put_vanished(const struct sheet *sheet, const cJSON *vanished)
{
    struct buffer *out = sheet->out;
    char digits[40];
    const cJSON *keys = json_get(vanished, "keys");
    if (!keys) {
        return;
    }
    buffer_format(out, "<div class=\"card\"><h2>%s: %s</h2><p>", report_word(WORD_VANISHED),
                  digits_of(number(vanished, "records"), digits, sizeof digits));
    for (const cJSON *key = keys->child; key; key = key->next) {
        html_put(out, json_text(key), NAME_MOST);
        buffer_add_text(out, key->next ? TEXT(", ") : TEXT(""));
    }
    buffer_add_text(out, TEXT("</p></div>\n"));
}

/* ---- charts ---- */

static void put_throughput(const struct sheet *sheet, struct chart chart)
{
    const struct course *course = &sheet->course;
    chart.title = report_word(WORD_THROUGHPUT);
    chart.unit = report_word(WORD_RECORDS_PER_SECOND);
    chart.series[0] = (struct chart_series){report_word(WORD_FETCHED), BLUE, course->fetched};
    chart.series[1] = (struct chart_series){report_word(WORD_MAPPED), VIOLET, course->mapped};
    chart.series[2] = (struct chart_series){report_word(WORD_WRITTEN), GREEN, course->written};
    chart.series_count = 3;
    chart_put(sheet->out, &chart);
}

static void put_latency(const struct sheet *sheet, struct chart chart)
{
    chart.title = report_word(WORD_LATENCY);
    chart.unit = report_word(WORD_SECONDS_A_PAGE);
    chart.stacked = true;
    for (size_t i = 0; i < PAGE_TIMES; i++) {
        chart.series[i] = (struct chart_series){report_word(time_words[i]), time_colours[i], sheet->course.times[i]};
    }
    chart.series_count = PAGE_TIMES;
    chart_put(sheet->out, &chart);
}

static void put_calls(const struct sheet *sheet, struct chart chart)
{
    const struct course *course = &sheet->course;
    char source[80], target[80];
    (void)snprintf(source, sizeof source, "%s %s", report_word(WORD_LIMIT), report_word(WORD_SOURCE));
    (void)snprintf(target, sizeof target, "%s %s", report_word(WORD_LIMIT), report_word(WORD_TARGET));
    chart.title = report_word(WORD_CALLS);
    chart.unit = report_word(WORD_CALLS_PER_MINUTE);
    chart.series[0] = (struct chart_series){report_word(WORD_SOURCE), BLUE, course->source_calls};
    chart.series[1] = (struct chart_series){report_word(WORD_TARGET), GREEN, course->target_calls};
    chart.series_count = 2;
    if (course->source_limited) {
        chart.limits[chart.limit_count++] = (struct chart_limit){source, BLUE, course->source_limit};
    }
    if (course->target_limited) {
        chart.limits[chart.limit_count++] = (struct chart_limit){target, GREEN, course->target_limit};
    }
    chart_put(sheet->out, &chart);
}

static void put_shares(const struct sheet *sheet)
{
    const struct course *course = &sheet->course;
    struct buffer *out = sheet->out;
    char a[40], b[40];
    double all = 0;
    for (size_t i = 0; i < PAGE_TIMES; i++) {
        all += course->sum[i];
    }
    buffer_format(out, "<figure><figcaption>%s</figcaption><p class=\"soft\" style=\"margin:2px 0 8px\">%s</p>",
                  report_word(WORD_SHARES), report_word(WORD_SHARES_NOTE));
    chart_bar(out, course->sum, time_colours, PAGE_TIMES, 1);
    buffer_format(out,
                  "<table style=\"margin-top:8px\"><tr><th></th><th class=\"n\">%s</th><th class=\"n\">%s</th>"
                  "<th class=\"n\">%s</th></tr>",
                  report_word(WORD_MEAN), report_word(WORD_LONGEST), report_word(WORD_SHARE));
    for (size_t i = 0; i < PAGE_TIMES; i++) {
        buffer_format(out,
                      "<tr><td><i class=\"b%d\"></i>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
                      "<td class=\"n\">%.1f%%</td></tr>",
                      time_colours[i], report_word(time_words[i]),
                      chart_time(course->sum[i] / (double)course->pages, a, sizeof a),
                      chart_time(course->longest[i], b, sizeof b), all > 0 ? 100 * course->sum[i] / all : 0.0);
    }
    buffer_add_text(out, TEXT("</table></figure>\n"));
}

static void put_charts(const struct sheet *sheet)
{
    const struct course *course = &sheet->course;
    if (course->pages == 0) {
        buffer_format(sheet->out, "<p class=\"soft\">%s</p>\n", report_word(WORD_NO_TIMES));
        return;
    }
    const struct chart plain = {.count = course->count, .seconds = course->width * (double)course->count};
    buffer_add_text(sheet->out, TEXT("<div class=\"grid\">\n"));
    put_throughput(sheet, plain);
    put_latency(sheet, plain);
    put_calls(sheet, plain);
    put_shares(sheet);
    buffer_add_text(sheet->out, TEXT("</div>\n"));
}

/* ---- tables ---- */

/* A table begins with its first row: without rows there is none. Bits of `kinds`: which columns are numbers, and from
 * the ninth on which of these are left out on a phone. */
static void row_begin(struct sheet *sheet, enum report_word title, const enum report_word *columns, size_t count,
                      unsigned kinds)
{
    struct buffer *out = sheet->out;
    if (sheet->rows++ == 0) {
        buffer_format(out, "<div class=\"card\"><h2>%s</h2><table><tr>", report_word(title));
        for (size_t i = 0; i < count; i++) {
            buffer_format(out,
                          kinds & 0x100U << i ? "<th class=\"n x\">%s</th>"
                          : kinds & 1U << i   ? "<th class=\"n\">%s</th>"
                                              : "<th>%s</th>",
                          columns[i] == WORDS ? "" : report_word(columns[i]));
        }
        buffer_add_text(out, TEXT("</tr>\n"));
    }
    buffer_add_text(out, TEXT("<tr>"));
}

static void table_end(struct sheet *sheet)
{
    if (sheet->rows > 0) {
        buffer_add_text(sheet->out, TEXT("</table></div>\n"));
    }
    sheet->rows = 0;
}

static void put_cell(const struct sheet *sheet, struct text t, size_t most)
{
    buffer_add_text(sheet->out, TEXT("<td class=\"w\">"));
    html_put(sheet->out, t, most);
    buffer_add_text(sheet->out, TEXT("</td>"));
}

/* A refusal's text, in the language of the page. */
static void put_message(const struct sheet *sheet, struct text message)
{
    char said[4096];
    put_cell(sheet, text_of(language_line(message, said, sizeof said)), MESSAGE_MOST);
}

static int put_reason(void *user, const struct reject_reason *reason)
{
    static const enum report_word columns[] = {WORD_COUNT, WORD_CLASS, WORD_MESSAGE};
    struct sheet *sheet = user;
    char digits[40];
    row_begin(sheet, WORD_REASONS, columns, 3, 1);
    sheet->refused += reason->count;
    buffer_format(sheet->out, "<td class=\"n\">%s</td><td>", digits_of(reason->count, digits, sizeof digits));
    html_put(sheet->out, reason->class, NAME_MOST);
    buffer_add_char(sheet->out, ' ');
    html_put(sheet->out, reason->code, NAME_MOST);
    buffer_add_text(sheet->out, TEXT("</td>"));
    put_message(sheet, reason->message);
    buffer_add_text(sheet->out, TEXT("</tr>\n"));
    return 0;
}

static int put_reject(void *user, const struct reject *reject)
{
    static const enum report_word columns[] = {WORD_KEY, WORD_NAME, WORD_MESSAGE};
    struct sheet *sheet = user;
    struct arena arena;
    arena_init(&arena, PAYLOAD_ARENA);
    const cJSON *payload = NULL;
    struct text name = {"", 0};
    if (reject->payload.size > 0 &&
        json_parse(&arena, reject->payload, PAYLOAD_ARENA, JSON_STRICT, &payload, NULL) == 0) {
        name = json_text(json_get(payload, "name"));
    }
    row_begin(sheet, WORD_REJECTS, columns, 3, 0);
    put_cell(sheet, reject->key, NAME_MOST);
    put_cell(sheet, name, NAME_MOST);
    put_message(sheet, reject->message);
    buffer_add_text(sheet->out, TEXT("</tr>\n"));
    arena_fini(&arena);
    return 0;
}

static int put_slow(void *user, const struct page_line *page)
{
    static const enum report_word columns[] = {WORD_PAGE,     WORD_RECORDS,  WORD_CLAIMS,
                                               WORD_ENDED_AT, WORD_TOGETHER, WORDS};
    struct sheet *sheet = user;
    char a[40], b[40];
    double t[PAGE_TIMES], all = (double)page_total_us(&page->times) / 1e6;
    course_times(&page->times, t);
    sheet->slowest = sheet->rows == 0 ? fmax(all, 1e-6) : sheet->slowest;
    row_begin(sheet, WORD_SLOWEST, columns, 6, 0x61eU);
    buffer_format(sheet->out,
                  "<td>%lld / %lld</td><td class=\"n x\">%lld</td><td class=\"n x\">%lld</td><td class=\"n\">%s</td>"
                  "<td class=\"n\">%s</td><td class=\"b\">",
                  (long long)page->slice, (long long)page->no, (long long)page->rows, (long long)page->claims,
                  chart_time((double)(page->ended - sheet->course.life.started) / 1e3, a, sizeof a),
                  chart_time(all, b, sizeof b));
    chart_bar(sheet->out, t, time_colours, PAGE_TIMES, all / sheet->slowest);
    buffer_add_text(sheet->out, TEXT("</td></tr>\n"));
    return 0;
}

static int put_unfinished(void *user, const struct page_line *page)
{
    static const enum report_word columns[] = {WORD_PAGE, WORD_RECORDS, WORD_CLAIMS};
    struct sheet *sheet = user;
    row_begin(sheet, WORD_UNFINISHED, columns, 3, 6);
    buffer_format(sheet->out, "<td>%lld / %lld</td><td class=\"n\">%lld</td><td class=\"n\">%lld</td></tr>\n",
                  (long long)page->slice, (long long)page->no, (long long)page->rows, (long long)page->claims);
    return 0;
}

/* Rejects: by reason, then the newest one by one, and where the rest stands. */
static int put_rejects(struct sheet *sheet, struct store *store)
{
    sheet->refused = 0;
    int error = reject_reasons(store, sheet->run, REASONS, put_reason, sheet);
    if (sheet->rows == 0) {
        buffer_format(sheet->out, "<div class=\"card\"><h2>%s</h2>%s</div>\n", report_word(WORD_REASONS),
                      report_word(WORD_NO_REJECTS));
    }
    table_end(sheet);
    if (!error) {
        error = reject_each(store, REJECT_ANY, sheet->run, (struct text){"", 0}, REJECTS, put_reject, sheet);
        int64_t shown = (int64_t)sheet->rows;
        table_end(sheet);
        if (sheet->refused > shown) {
            char line[160];
            (void)snprintf(line, sizeof line, _("%lld of %lld shown; all of them: dianchen rejects list"),
                           (long long)shown, (long long)sheet->refused);
            buffer_format(sheet->out, "<p class=\"soft\">%s</p>\n", line);
        }
    }
    return error;
}

static int put_pages(struct sheet *sheet, struct store *store)
{
    int error = run_pages(store, sheet->run, PAGES_SLOWEST, SLOWEST, put_slow, sheet);
    table_end(sheet);
    if (!error) {
        error = run_pages(store, sheet->run, PAGES_OPEN, UNFINISHED, put_unfinished, sheet);
        table_end(sheet);
    }
    return error;
}

int report_page_write(struct store *store, struct text report, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, PAYLOAD_ARENA);
    const cJSON *tree = NULL;
    struct sheet *sheet = calloc(1, sizeof *sheet);
    int error = sheet ? json_parse(&arena, report, PAYLOAD_ARENA, JSON_STRICT, &tree, NULL) : ERR_MEMORY;
    if (!error) {
        sheet->out = out;
        sheet->run = number(tree, "run");
        error = course_read(store, sheet->run, &sheet->course);
    }
    if (!error) {
        struct text scheme = json_text(json_get(tree, "scheme"));
        put_head(sheet, scheme);
        put_title(sheet, tree, scheme);
        put_tiles(sheet, tree);
        put_outcomes(sheet, tree);
        put_vanished(sheet, json_get(tree, "vanished"));
        bool refused = number(tree, "rejected") > 0; /* they come first: somebody must act */
        error = refused ? put_rejects(sheet, store) : 0;
        put_charts(sheet);
        error = error || refused ? error : put_rejects(sheet, store);
        error = error ? error : put_pages(sheet, store);
        buffer_format(out, "<p class=\"soft\">%s dianchen %s · ", report_word(WORD_MADE), dianchen_version);
        put_when(out, store_wall());
        buffer_add_text(out, TEXT("</p></main></body></html>\n"));
    }
    free(sheet);
    arena_fini(&arena);
    return !error && out->failed ? ERR_LIMIT : error;
}
