/* Tables of a scheme that stand in CSV files beside it. */
#include <microhttpd.h>
#include <stdio.h>

#include "common/scheme/formula/table.h"
#include "console/api/calls.h"
#include "console/api/edited.h"
#include "console/console.h"
#include "console/serve/said.h"
#include "console/work/versions.h"

/* Calls `fn` for each scheme that uses the file, with its text, until it returns another value than 0. */
static int users_each(struct api_request *request, const struct edited *edited,
                      int (*fn)(void *user, const struct catalog_entry *scheme, struct text text), void *user)
{
    struct catalog_entry scheme;
    struct arena arena;
    int ended = 0;
    arena_init(&arena, REQUEST_ARENA_MAX);
    for (size_t i = 0; ended == 0 && catalog_at(request->console->catalog, i, &scheme); i++) {
        struct text text = catalog_read(scheme.path, &arena);
        const cJSON *item, *tables = edited_tables(text, &arena);
        bool uses = false;
        cJSON_ArrayForEach(item, tables)
        {
            uses = uses || (cJSON_IsString(item) && strcmp(item->valuestring, edited->key + 2) == 0);
        }
        ended = uses ? fn(user, &scheme, text) : 0;
        arena_reset(&arena, 1 << 20);
    }
    arena_fini(&arena);
    return ended;
}

/* ---- reading ---- */

struct rows {
    struct buffer *out;
    size_t count;
};

static int row_put(void *user, const struct text *cells, size_t count)
{
    struct rows *rows = user;
    buffer_add_text(rows->out, rows->count == 0 ? TEXT("") : rows->count == 1 ? TEXT(",\"rows\":[") : TEXT(","));
    buffer_add_char(rows->out, '[');
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(rows->out, i ? TEXT(",") : TEXT(""));
        json_put_text(rows->out, cells[i]);
    }
    buffer_add_char(rows->out, ']');
    rows->count++;
    return rows->out->failed ? ERR_LIMIT : 0;
}

static int user_put(void *user, const struct catalog_entry *scheme, struct text text)
{
    struct rows *names = user;
    (void)text;
    buffer_add_text(names->out, names->count++ ? TEXT(",") : TEXT(""));
    json_put_text(names->out, text_of(scheme->file));
    return 0;
}

int tables_show(struct api_request *request, struct api_answer *answer)
{
    struct edited edited;
    struct buffer cells;
    struct cause why = {""};
    const struct formula_table *table = NULL;
    struct buffer *out = &answer->body;
    bool first = true;
    int error = edited_take(request, answer, &edited);
    if (error) {
        return error;
    }
    buffer_init(&cells, ANSWER_MAX);
    struct rows rows = {.out = &cells}, users = {.out = out};
    error = formula_table_of_csv(request->arena, edited.saved, &table, &why);
    error = error ? error : formula_csv_each(request->arena, edited.saved, row_put, &rows, &why);
    buffer_add_char(out, '{');
    json_member_text(out, &first, "table", request_text(request, "table"));
    json_member_text(out, &first, "file", text_of(edited.key + 2));
    put_said(out, &first, "fault", error == ERR_SYNTAX ? text_of(why.text) : (struct text){NULL, 0}, request->chinese);
    json_put_member(out, &first, TEXT("columns"));
    if (error) {
        buffer_add_text(out, TEXT("[],\"rows\":[]"));
    } else {
        buffer_add_text(out, buffer_text(&cells));
        buffer_add_text(out, rows.count == 1 ? TEXT(",\"rows\":[]") : TEXT("]"));
    }
    json_put_member(out, &first, TEXT("used_by"));
    buffer_add_char(out, '[');
    error = error == ERR_SYNTAX ? 0 : error;
    error = error ? error : users_each(request, &edited, user_put, &users);
    buffer_add_char(out, ']');
    error = error ? error : version_tag(edited.saved, answer->etag);
    json_member_text(out, &first, "etag", text_of(answer->etag));
    buffer_add_char(out, '}');
    buffer_fini(&cells);
    return error;
}

/* ---- saving ---- */

static void cell_put(struct buffer *out, struct text cell)
{
    bool plain = true;
    for (size_t i = 0; i < cell.size; i++) {
        plain = plain && !text_has(TEXT("\",\r\n"), cell.data[i]);
    }
    if (plain) {
        buffer_add_text(out, cell);
        return;
    }
    buffer_add_char(out, '"');
    for (size_t i = 0; i < cell.size; i++) {
        buffer_add_text(out, cell.data[i] == '"' ? TEXT("\"") : TEXT(""));
        buffer_add_char(out, cell.data[i]);
    }
    buffer_add_char(out, '"');
}

static void line_put(struct buffer *out, const cJSON *cells, struct text end)
{
    const cJSON *cell;
    cJSON_ArrayForEach(cell, cells)
    {
        buffer_add_text(out, cell == cells->child ? TEXT("") : TEXT(","));
        cell_put(out, json_text(cell));
    }
    buffer_add_text(out, end);
}

/* The new text: as it came, or its rows as CSV with the mark and the line ends of the one before. Data NULL: neither came, or too
 * much. */
static struct text text_made(struct api_request *request, const struct edited *edited)
{
    const cJSON *columns = json_get(request->body, "columns"), *rows = json_get(request->body, "rows"), *row;
    struct text given = json_text(json_get(request->body, "text")), mark = TEXT("\xef\xbb\xbf");
    struct text end = text_has(edited->saved, '\r') ? TEXT("\r\n") : TEXT("\n");
    if (given.data || !columns || !rows) {
        return given;
    }
    struct buffer out;
    buffer_init(&out, EDITED_MOST);
    buffer_add_text(&out, text_starts(edited->saved, mark) ? mark : TEXT(""));
    line_put(&out, columns, end);
    cJSON_ArrayForEach(row, rows)
    {
        line_put(&out, row, end);
    }
    struct text made = out.failed ? (struct text){NULL, 0} : arena_text(request->arena, buffer_text(&out));
    buffer_fini(&out);
    return made;
}

struct checking {
    struct api_request *request;
    struct api_answer *answer;
    const struct edited *edited;
    struct text text;
};

/* A scheme that runs today must run with the new table, too. */
static int user_check(void *user, const struct catalog_entry *scheme, struct text text)
{
    struct checking *checking = user;
    struct draft draft = {.folder = ""};
    struct cause cause = {""};
    char path[CATALOG_PATH];
    if (scheme->fault[0]) {
        return 0;
    }
    int error = draft_open(scheme, text, &draft, &cause);
    error = error ? error : draft_add(&draft, checking->edited->key + 2, checking->text, path, &cause);
    error = edited_check(checking->request, checking->answer, &draft, scheme->file, error, &cause);
    draft_close(&draft);
    return error;
}

int tables_save(struct api_request *request, struct api_answer *answer)
{
    struct edited edited;
    struct cause why = {""};
    const struct formula_table *table = NULL;
    int error = edited_take(request, answer, &edited);
    if (error) {
        return error;
    }
    struct checking checking = {request, answer, &edited, text_made(request, &edited)};
    if (!checking.text.data) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "table-fault",
                              "columns and rows, or text, are wanted, in at most %d MiB", EDITED_MOST >> 20);
    }
    error = formula_table_of_csv(request->arena, checking.text, &table, &why);
    if (error == ERR_SYNTAX) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "table-fault", "%s", why.text);
    }
    error = error ? error : users_each(request, &edited, user_check, &checking);
    return error ? error : edited_save(request, answer, &edited, checking.text);
}
