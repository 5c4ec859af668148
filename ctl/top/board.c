#include "ctl/top/board.h"

#include <stdio.h>
#include <string.h>

#include "common/base/columns.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "ctl/show/digits.h"
#include "ctl/show/when.h"

enum { CELL = 48, NAME_COLUMNS = 23, NAME_COLUMNS_MOST = 44, LINE_MAX_BYTES = 2000 };
enum { WIDE = 110 /* columns from which on a board shows more */, WIDE_TABLE = 102 /* that it takes then, at least */ };
#define RED "\033[1;31m"
#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

/* ---- text on a terminal ---- */

struct board {
    struct buffer *out;
    const struct board_look *look;
    size_t lines;
    int name;           /* columns of a stage or worker */
    const char *colour; /* of the lines that come, or NULL */
};

static bool is_wide(const struct board *board)
{
    return board->look->columns >= WIDE;
}

static bool full(const struct board *board)
{
    return board->look->rows > 0 && board->lines >= board->look->rows;
}

/* One line, cut at the right edge. */
static void put_line(struct board *board, const char *text)
{
    if (full(board)) {
        return;
    }
    struct buffer shown; /* names and reasons came from outside */
    buffer_init(&shown, (size_t)8 * LINE_MAX_BYTES);
    char said[LINE_MAX_BYTES * 2];
    print_put_shown(&shown, text_of(language_line(text_of(text), said, sizeof said)));
    size_t used;
    size_t size = columns_fit(buffer_text(&shown), board->look->columns, &used);
    while (size > 0 && shown.data[size - 1] == ' ') {
        size--;
    }
    bool coloured = board->look->colours && board->colour && size > 0;
    buffer_add_text(board->out, text_of(coloured ? board->colour : ""));
    buffer_add(board->out, shown.data, size);
    buffer_add_text(board->out, text_of(coloured ? PLAIN : ""));
    buffer_add_char(board->out, '\n');
    board->lines++;
    buffer_fini(&shown);
}

/* Bytes up to where a line may break next: behind a blank, or between characters of Chinese. */
static size_t piece_size(const char *text)
{
    size_t size = strcspn(text, " ");
    if (size > 0 && (unsigned char)*text >= 0x80) {
        size = text_sequence((struct text){text, size});
        return size > 0 ? size : 1;
    }
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return i;
        }
    }
    return size + (text[size] == ' ');
}

/* Words over several lines, the further ones indented. */
static void put_words(struct board *board, const char *first, const char *text)
{
    char line[LINE_MAX_BYTES];
    size_t indent = columns_of(text_of(first));
    (void)snprintf(line, sizeof line, "%s", first);
    while (*text) {
        size_t piece = piece_size(text);
        size_t wide = columns_of(text_trim((struct text){text, piece}));
        if (columns_of(text_of(line)) + wide > board->look->columns && columns_of(text_of(line)) > indent) {
            put_line(board, line);
            (void)snprintf(line, sizeof line, "%*s", (int)indent, "");
        }
        size_t size = strlen(line);
        (void)snprintf(line + size, sizeof line - size, "%.*s", (int)piece, text);
        text += piece;
    }
    put_line(board, line);
}

/* A line of words with a heading in front: "run      pages 3 of 4". */
static void put_headed(struct board *board, const char *heading, const char *text)
{
    struct buffer first;
    buffer_init(&first, LINE_MAX_BYTES);
    columns_pad(&first, text_of(heading), 8);
    buffer_add(&first, " ", 2); /* with its NUL */
    put_words(board, first.failed ? "" : first.data, text);
    buffer_fini(&first);
}

/* Red: nothing goes; yellow: something limits; green: all is well. */
static const char *limiting_colour(const struct bottleneck *v)
{
    bool stands = strcmp(v->why, "absent") == 0 || strcmp(v->why, "away") == 0;
    return stands ? RED : strcmp(v->what, "none") == 0 ? GREEN : YELLOW;
}

/* What limits the flow: "loader, busy (87%): its worker works 87 % of the time; start more of them". */
static void put_limiting(struct board *board, const struct bottleneck *v)
{
    bool none = strcmp(v->what, "none") == 0;
    char say[LINE_MAX_BYTES / 2], cure[LINE_MAX_BYTES / 2], share[CELL] = "";
    char line[LINE_MAX_BYTES * 2];
    if (v->share > 0 && !none) {
        (void)snprintf(share, sizeof share, " (%.0f%%)", 100 * v->share);
    }
    (void)language_line(text_of(v->say), say, sizeof say);
    (void)language_line(text_of(v->cure), cure, sizeof cure);
    (void)snprintf(line, sizeof line, "%s%s%s%s%s%s%s%s", _(v->what), none ? "" : _(", "), none ? "" : _(v->why), share,
                   _(": "), say, v->cure[0] ? _("; ") : "", cure);
    board->colour = limiting_colour(v);
    put_headed(board, _("limiting"), line);
    board->colour = NULL;
}

/* The titles stand over their columns, whatever their letters. */
static void put_titles(struct board *board)
{
    static const struct {
        const char *title;
        int columns;
    } titles[] = {{N_("rec/s"), 7},  {N_("busy"), 5},   {N_("stall"), 6},      {N_("idle"), 5},
                  {N_("flight"), 7}, {N_("credit"), 7}, {N_("oldest"), 7},     {N_("calls"), 6},
                  {N_("http"), 7},   {N_("commit"), 8}, {N_("rejects/s"), 10}, {N_("again/s"), 8}};
    enum { NARROW = 9 /* of the titles */ };
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    columns_pad(&line, text_of(_("stage")), (size_t)board->name);
    for (size_t i = 0; i < (is_wide(board) ? sizeof titles / sizeof *titles : NARROW); i++) {
        struct text title = text_of(_(titles[i].title));
        for (int wide = (int)columns_of(title); wide < titles[i].columns; wide++) {
            buffer_add_char(&line, ' ');
        }
        buffer_add_text(&line, title);
    }
    buffer_add_char(&line, '\0');
    board->colour = DIM;
    put_line(board, line.failed ? "" : line.data);
    board->colour = NULL;
    buffer_fini(&line);
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
        (void)digits_of((int64_t)n, out, CELL);
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
    (void)digits_of((int64_t)crowd->in_flight, whole, sizeof whole);
    char credit[CELL];
    (void)digits_of((int64_t)crowd->credit, credit, sizeof credit);
    (void)snprintf(line, sizeof line, "%-*s%7s %4s %5s %4s %6s %6s %6s %5s %6s", board->name, name,
                   rates ? count(crowd->records, cells[0]) : none, rates ? percent(crowd->busy, cells[1]) : none,
                   rates ? percent(crowd->stalled, cells[2]) : none, rates ? percent(crowd->idle, cells[3]) : none,
                   whole, credit, duration(crowd->oldest, cells[4]), calls,
                   crowd->permitted > 0 ? duration(crowd->latency, cells[5]) : "");
    if (is_wide(board)) {
        size_t size = strlen(line);
        (void)snprintf(line + size, sizeof line - size, " %7s %9s %7s", rates ? percent(crowd->store, cells[6]) : none,
                       rates ? count(crowd->rejected, cells[7]) : none,
                       rates ? count(crowd->redelivered, cells[1]) : none);
    }
    put_line(board, line);
}

/* A worker that can't work, and why. */
static void put_trouble(struct board *board, const char *name, bool answers, const char *why)
{
    char first[CELL + SCRAPE_ADDRESS], line[LINE_MAX_BYTES / 2], said[LINE_MAX_BYTES];
    (void)snprintf(first, sizeof first, "%-*s ", board->name, name);
    if (answers) {
        (void)snprintf(line, sizeof line, "not ready: %s", why);
    } else {
        (void)snprintf(line, sizeof line, "no answer: %s", why);
    }
    board->colour = RED;
    put_words(board, first, language_line(text_of(line), said, sizeof said));
    board->colour = NULL;
}

static void put_workers(struct board *board, const struct scrape *scrape, enum scrape_stage stage, bool all)
{
    for (size_t i = 0; i < scrape->count; i++) {
        const struct worker *w = &scrape->workers[i];
        if (w->stage != stage || (w->now.up && w->now.ready > 0 && !all)) {
            continue;
        }
        char name[SCRAPE_ADDRESS + 20];
        (void)snprintf(name, sizeof name, "  %.*s", board->name - 3, w->address);
        if (!w->now.up) {
            put_trouble(board, name, false, w->now.why);
        } else if (w->now.ready <= 0) {
            put_trouble(board, name, true, w->now.why);
        } else {
            struct crowd crowd;
            crowd_of(w, &crowd);
            put_crowd(board, name, &crowd);
        }
    }
}

/* "pages 3 of 12 (25 %)  left 2 min  source total 1,200  rejects open 2  (dianchen rejects list)" */
static void put_run(struct board *board, const struct bottleneck *v)
{
    char done[CELL], all[CELL], total[CELL], rejects[CELL], left[WHEN_ROOM];
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    double pages = v->pages_done + v->pages_open;
    buffer_format(&line, _("pages %s of %s"), digits_of((int64_t)v->pages_done, done, sizeof done),
                  digits_of((int64_t)pages, all, sizeof all));
    if (v->source_total >= 0 && pages > 0) { /* else more may come */
        buffer_format(&line, " (%.0f %%)", 100 * v->pages_done / pages);
    }
    if (board->look->left >= 0) {
        buffer_format(&line, _("  left %s"), when_took(board->look->left, left));
    }
    (void)snprintf(total, sizeof total, "%s", _("not told"));
    if (v->source_total >= 0) {
        (void)digits_of((int64_t)v->source_total, total, sizeof total);
    }
    buffer_format(&line, _("  source total %s"), total);
    buffer_format(&line, _("  rejects open %s"), digits_of((int64_t)v->rejects_open, rejects, sizeof rejects));
    buffer_add_text(&line, text_of(v->rejects_open > 0 ? "  (dianchen rejects list)" : ""));
    buffer_add_char(&line, '\0');
    board->colour = v->rejects_open > 0 ? YELLOW : NULL;
    put_headed(board, _("run"), line.failed ? "" : line.data);
    board->colour = NULL;
    buffer_fini(&line);
}

static void put_api(struct board *board, const char *role, const struct crowd *crowd)
{
    if (!crowd->api[0]) {
        return;
    }
    const char *slash = strrchr(crowd->api, '/');
    char line[LINE_MAX_BYTES], latency[CELL], pace[CELL];
    (void)snprintf(pace, sizeof pace, "%s", _("no limit"));
    if (crowd->per_minute > 0) {
        (void)snprintf(pace, sizeof pace, _("limit %.0f/min"), crowd->per_minute);
    }
    (void)snprintf(line, sizeof line, _("%.1f calls/s  %s  %s  throttled %.1f/s  waits %.0f%%  %s"), crowd->calls,
                   duration(crowd->latency, latency), pace, crowd->throttled,
                   100 * crowd->throttled_wait + 100 * crowd->paced, slash && !is_wide(board) ? slash + 1 : crowd->api);
    put_headed(board, role, line);
}

void board_table(const struct scrape *scrape, const struct bottleneck *bottleneck, const struct board_look *look,
                 struct buffer *out)
{
    struct board board = {.out = out, .look = look, .name = NAME_COLUMNS - 1};
    if (is_wide(&board)) {
        size_t room = look->columns - WIDE_TABLE + NAME_COLUMNS - 1;
        board.name = room < NAME_COLUMNS_MOST ? (int)room : NAME_COLUMNS_MOST;
    }
    put_limiting(&board, bottleneck);
    put_run(&board, bottleneck);
    put_api(&board, _("source"), &bottleneck->crowds[STAGE_EXTRACTOR]);
    put_api(&board, _("target"), &bottleneck->crowds[STAGE_LOADER]);
    put_line(&board, "");
    put_titles(&board);
    for (enum scrape_stage stage = STAGE_EXTRACTOR; stage < STAGE_UNKNOWN; stage++) {
        const struct crowd *crowd = &bottleneck->crowds[stage];
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
            put_trouble(&board, w->address, false, w->now.why);
        }
    }
}
