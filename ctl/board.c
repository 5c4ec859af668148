#include "ctl/board.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"

enum { CELL = 48, NAME_COLUMNS = 23, LINE_MAX_BYTES = 2000 };

/* ---- text on a terminal ---- */

static uint32_t code_point(const char *data, size_t size)
{
    const unsigned char *at = (const unsigned char *)data;
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = at[0] & masks[size];
    for (size_t i = 1; i < size; i++) {
        point = point << 6 | (at[i] & 0x3fU);
    }
    return point;
}

static size_t point_columns(uint32_t point)
{
    static const uint32_t wide[][2] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},   {0xfe30, 0xfe6f},  {0xff00, 0xff60}, {0xffe0, 0xffe6},
                                       {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        if (point >= wide[i][0] && point <= wide[i][1]) {
            return 2;
        }
    }
    return 1;
}

/* Bytes of `t` that fit into `columns`; *used gets what they take. Bytes that are no UTF-8 take a column each. */
static size_t fit(struct text t, size_t columns, size_t *used)
{
    size_t at = 0;
    *used = 0;
    while (at < t.size) {
        struct text rest = {t.data + at, t.size - at};
        size_t size = text_sequence(rest);
        size_t wide = size > 0 ? point_columns(code_point(rest.data, size)) : 1;
        if (*used + wide > columns) {
            break;
        }
        *used += wide;
        at += size > 0 ? size : 1;
    }
    return at;
}

size_t board_columns(struct text t)
{
    size_t used;
    (void)fit(t, SIZE_MAX, &used);
    return used;
}

struct board {
    struct buffer *out;
    size_t columns, rows, lines;
};

static bool full(const struct board *board)
{
    return board->rows > 0 && board->lines >= board->rows;
}

/* One line, cut at the right edge. */
static void put_line(struct board *board, const char *text)
{
    if (full(board)) {
        return;
    }
    size_t used;
    size_t size = fit(text_of(text), board->columns, &used);
    while (size > 0 && text[size - 1] == ' ') {
        size--;
    }
    buffer_add(board->out, text, size);
    buffer_add_char(board->out, '\n');
    board->lines++;
}

/* Words over several lines, the further ones indented. */
static void put_words(struct board *board, const char *first, const char *text)
{
    char line[LINE_MAX_BYTES];
    size_t indent = board_columns(text_of(first));
    (void)snprintf(line, sizeof line, "%s", first);
    while (*text) {
        size_t word = strcspn(text, " ");
        size_t size = strlen(line);
        size_t wide = board_columns((struct text){text, word});
        bool begun = board_columns(text_of(line)) > indent;
        if (begun && board_columns(text_of(line)) + 1 + wide > board->columns) {
            put_line(board, line);
            (void)snprintf(line, sizeof line, "%*s", (int)indent, "");
            size = strlen(line);
            begun = false;
        }
        (void)snprintf(line + size, sizeof line - size, "%s%.*s", begun ? " " : "", (int)word, text);
        text += word + (text[word] == ' ');
    }
    put_line(board, line);
}

/* ---- cells ---- */

static const char *percent(double share, char out[CELL])
{
    (void)snprintf(out, CELL, "%.0f%%", 100 * share);
    return out;
}

static const char *duration(double seconds, char out[CELL])
{
    if (seconds < 0) {
        (void)snprintf(out, CELL, "-");
    } else if (seconds < 1) {
        (void)snprintf(out, CELL, "%.0fms", 1000 * seconds);
    } else if (seconds < 100) {
        (void)snprintf(out, CELL, "%.1fs", seconds);
    } else if (seconds < 6000) {
        (void)snprintf(out, CELL, "%.0fm", seconds / 60);
    } else {
        (void)snprintf(out, CELL, "%.0fh", seconds / 3600);
    }
    return out;
}

static const char *count(double n, char out[CELL])
{
    if (n >= 1e7) {
        (void)snprintf(out, CELL, "%.0fM", n / 1e6);
    } else if (n >= 1e6) {
        (void)snprintf(out, CELL, "%.1fM", n / 1e6);
    } else if (n > 0 && n < 10) {
        (void)snprintf(out, CELL, "%.1f", n);
    } else {
        (void)command_digits((int64_t)n, out, CELL);
    }
    return out;
}

/* STAGE or worker, then what it does. A worker that is not there shows why instead. */
static void put_crowd(struct board *board, const char *name, const struct crowd *crowd)
{
    char cells[8][CELL], line[LINE_MAX_BYTES];
    bool rates = crowd->seconds > 0;
    const char *none = "-";
    char calls[CELL] = "";
    if (crowd->permitted > 0) {
        (void)snprintf(calls, sizeof calls, "%.0f/%.0f", crowd->calls_now, crowd->permitted);
    }
    char whole[CELL];
    (void)command_digits((int64_t)crowd->in_flight, whole, sizeof whole);
    char credit[CELL];
    (void)command_digits((int64_t)crowd->credit, credit, sizeof credit);
    (void)snprintf(line, sizeof line, "%-*s%7s %4s %5s %4s %6s %6s %6s %5s %6s", NAME_COLUMNS - 1, name,
                   rates ? count(crowd->records, cells[0]) : none, rates ? percent(crowd->busy, cells[1]) : none,
                   rates ? percent(crowd->stalled, cells[2]) : none, rates ? percent(crowd->idle, cells[3]) : none,
                   whole, credit, duration(crowd->oldest, cells[4]), calls,
                   crowd->permitted > 0 ? duration(crowd->latency, cells[5]) : "");
    put_line(board, line);
}

static void put_workers(struct board *board, const struct scrape *scrape, enum scrape_stage stage, bool all)
{
    for (size_t i = 0; i < scrape->count; i++) {
        const struct worker *w = &scrape->workers[i];
        if (w->stage != stage || (w->now.up && w->now.ready > 0 && !all)) {
            continue;
        }
        char name[SCRAPE_ADDRESS + 20], line[LINE_MAX_BYTES];
        (void)snprintf(name, sizeof name, "  %.*s", NAME_COLUMNS - 4, w->address);
        if (!w->now.up) {
            (void)snprintf(line, sizeof line, "%-*s no answer: %s", NAME_COLUMNS - 1, name, w->now.why);
            put_line(board, line);
        } else {
            struct crowd crowd;
            crowd_of(w, &crowd);
            if (w->now.ready <= 0) {
                (void)snprintf(line, sizeof line, "%-*s not ready: %s", NAME_COLUMNS - 1, name, w->now.why);
                put_line(board, line);
            } else {
                put_crowd(board, name, &crowd);
            }
        }
    }
}

static void put_run(struct board *board, const struct verdict *v)
{
    char line[LINE_MAX_BYTES], done[CELL], all[CELL], total[CELL] = "not told", rejects[CELL];
    if (v->source_total >= 0) {
        (void)command_digits((int64_t)v->source_total, total, sizeof total);
    }
    (void)snprintf(line, sizeof line, "run      pages %s of %s   source total %s   rejects open %s%s",
                   command_digits((int64_t)v->pages_done, done, sizeof done),
                   command_digits((int64_t)(v->pages_done + v->pages_open), all, sizeof all), total,
                   command_digits((int64_t)v->rejects_open, rejects, sizeof rejects),
                   v->rejects_open > 0 ? "  (dianchen rejects list)" : "");
    put_line(board, line);
}

static void put_api(struct board *board, const char *role, const struct crowd *crowd)
{
    if (!crowd->api[0]) {
        return;
    }
    const char *slash = strrchr(crowd->api, '/');
    char line[LINE_MAX_BYTES], latency[CELL], pace[CELL] = "no limit";
    if (crowd->per_minute > 0) {
        (void)snprintf(pace, sizeof pace, "limit %.0f/min", crowd->per_minute);
    }
    (void)snprintf(line, sizeof line, "%-8s %.1f calls/s  %s  %s  throttled %.1f/s  waits %.0f%%  %s", role,
                   crowd->calls, duration(crowd->latency, latency), pace, crowd->throttled,
                   100 * crowd->throttled_wait + 100 * crowd->paced, slash ? slash + 1 : crowd->api);
    put_line(board, line);
}

void board_table(const struct scrape *scrape, const struct verdict *v, size_t columns, size_t rows, struct buffer *out)
{
    struct board board = {.out = out, .columns = columns, .rows = rows};
    char line[LINE_MAX_BYTES];
    (void)snprintf(line, sizeof line, "limiting %s%s%s", v->what, strcmp(v->what, "none") == 0 ? "" : ", ",
                   strcmp(v->what, "none") == 0 ? "" : v->why);
    if (v->share > 0 && strcmp(v->what, "none") != 0) {
        size_t size = strlen(line);
        (void)snprintf(line + size, sizeof line - size, " (%.0f%%)", 100 * v->share);
    }
    size_t size = strlen(line);
    (void)snprintf(line + size, sizeof line - size, ": %s%s%s", v->say, v->cure[0] ? "; " : "", v->cure);
    put_words(&board, "limiting ", line + strlen("limiting "));
    put_run(&board, v);
    put_api(&board, "source", &v->crowds[STAGE_EXTRACTOR]);
    put_api(&board, "target", &v->crowds[STAGE_LOADER]);
    put_line(&board, "");
    (void)snprintf(line, sizeof line, "%-*s%7s %4s %5s %4s %6s %6s %6s %5s %6s", NAME_COLUMNS - 1, "stage", "rec/s",
                   "busy", "stall", "idle", "flight", "credit", "oldest", "calls", "http");
    put_line(&board, line);
    for (enum scrape_stage stage = STAGE_EXTRACTOR; stage < STAGE_UNKNOWN; stage++) {
        const struct crowd *crowd = &v->crowds[stage];
        char name[CELL];
        (void)snprintf(name, sizeof name, crowd->workers == 1 ? "%s" : "%s x%zu", stage_text(stage), crowd->workers);
        if (crowd->up > 0) {
            put_crowd(&board, name, crowd);
        } else {
            put_line(&board, crowd->workers > 0 ? name : stage_text(stage));
        }
        put_workers(&board, scrape, stage, crowd->workers > 1);
    }
    for (size_t i = 0; i < scrape->count; i++) {
        const struct worker *w = &scrape->workers[i];
        if (w->stage == STAGE_UNKNOWN) {
            (void)snprintf(line, sizeof line, "%-*s no answer: %s", NAME_COLUMNS - 1, w->address, w->now.why);
            put_line(&board, line);
        }
    }
}
