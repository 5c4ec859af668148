#include "ctl/run/changes.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/columns.h"
#include "common/base/print.h"
#include "common/run/report.h"
#include "ctl/target/standing.h"

enum {
    AT_ONCE = 500, /* numbers asked for by one call of the loader */
    CHUNK_MAX = 256 << 20,
    PUT_BYTES = 128 << 10, /* of a list, from which on no further record is put */
    VALUE_SHOWN = 80,
    NUMBER_COLUMNS = 76,
};

/* Up to `most` lines. */
static bool take_chunk(FILE *file, char **line, size_t *room, int most, struct buffer *out)
{
    buffer_clear(out, 1 << 20);
    ssize_t size;
    for (int lines = 0; lines < most && (size = getline(line, room, file)) > 0; lines++) {
        buffer_add(out, *line, (size_t)size);
    }
    return out->size > 0 && !out->failed;
}

/* `found`: what stands in the target, NULL where it could not be asked. */
typedef void change_fn(struct buffer *out, const cJSON *row, const cJSON *found);

/* Asks the target for the numbers of these lines, and calls `take` for each line. */
static void each_change(struct text lines, const char *scheme_path, change_fn *take, struct buffer *out)
{
    struct standing standing = {.asked = false};
    struct arena arena;
    arena_init(&arena, CHUNK_MAX);
    standing_ask(&standing, lines, scheme_path);
    for (struct text line; standing_line(&lines, &line); arena_reset(&arena, 1 << 20)) {
        const cJSON *row = NULL, *found = NULL;
        if (json_parse(&arena, line, CHUNK_MAX, JSON_STRICT, &row, NULL) == 0) {
            (void)!json_parse(&arena, standing_take(&standing), CHUNK_MAX, JSON_STRICT, &found, NULL);
            take(out, row, found);
        }
    }
    standing_fini(&standing);
    arena_fini(&arena);
}

static void print_change(struct buffer *out, const cJSON *row, const cJSON *found)
{
    (void)out;
    print_line(stdout, "%.*s", TEXT_ARG(json_text(json_get(row, "number"))));
    if (found) {
        standing_print("would be updated", found, json_get(row, "payload"));
    } else {
        print_line(stdout, "  target: could not be asked what stands there");
    }
}

void changes_print(const char *path, const char *scheme_path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    char *line = NULL;
    size_t room = 0;
    struct buffer chunk;
    buffer_init(&chunk, CHUNK_MAX);
    print_line(stdout, "what would be changed in the target, before -> after:");
    while (take_chunk(file, &line, &room, AT_ONCE, &chunk)) {
        each_change(buffer_text(&chunk), scheme_path, print_change, NULL);
    }
    buffer_fini(&chunk);
    free(line);
    (void)fclose(file);
}

static void put_change(struct buffer *out, const cJSON *row, const cJSON *found)
{
    bool first = true;
    if (out->size >= PUT_BYTES) {
        return;
    }
    buffer_add_text(out, out->size > 0 && out->data[out->size - 1] == '[' ? TEXT("{") : TEXT(",{"));
    json_member_text(out, &first, "number", json_text(json_get(row, "number")));
    buffer_add_char(out, ',');
    standing_put(out, found, json_get(row, "payload"));
    buffer_add_char(out, '}');
}

void changes_put(struct buffer *out, const char *path, const char *scheme_path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    struct buffer chunk;
    buffer_init(&chunk, CHUNK_MAX);
    buffer_add_char(out, '[');
    if (file && take_chunk(file, &line, &room, CHANGES_PUT_MOST, &chunk)) {
        each_change(buffer_text(&chunk), scheme_path, put_change, out);
    }
    buffer_add_char(out, ']');
    buffer_fini(&chunk);
    free(line);
    if (file) {
        (void)fclose(file);
    }
}

/* ---- what would be created ---- */

static void create_put(struct buffer *out, const cJSON *row)
{
    struct buffer value;
    int fields = 0;
    buffer_init(&value, CHUNK_MAX);
    buffer_add_text(out, TEXT("{\"number\":"));
    json_put_text(out, json_text(json_get(row, "number")));
    buffer_add_text(out, TEXT(",\"fields\":["));
    for (const cJSON *field = json_get(row, "payload")->child; field && fields < CREATE_FIELDS_MOST;
         field = field->next) {
        buffer_clear(&value, CHUNK_MAX);
        if (cJSON_IsString(field)) {
            buffer_add_text(&value, json_text(field));
        } else {
            json_put_tree(&value, field);
        }
        buffer_add_text(out, fields++ ? TEXT(",{\"name\":") : TEXT("{\"name\":"));
        json_put_text(out, text_of(field->string));
        buffer_add_text(out, TEXT(",\"after\":"));
        json_put_text(out, (struct text){value.data, text_cut(buffer_text(&value), VALUE_SHOWN)});
        buffer_add_char(out, '}');
    }
    buffer_add_text(out, TEXT("]}"));
    buffer_fini(&value);
}

/* Several numbers stand in a line. The empty number prints the last line. */
static void number_print(struct buffer *numbers, struct text number)
{
    bool full = columns_of(buffer_text(numbers)) + columns_of(number) > NUMBER_COLUMNS;
    if (numbers->size > 0 && (number.size == 0 || full)) {
        print_line(stdout, "%.*s", TEXT_ARG(buffer_text(numbers)));
        buffer_clear(numbers, CHUNK_MAX);
    }
    buffer_add_text(numbers, TEXT("  "));
    buffer_add_text(numbers, number);
}

/* Reads what the loaders noted; `out` NULL prints it. */
static void creates_read(const char *path, struct buffer *out)
{
    char *line = NULL;
    size_t room = 0;
    int count = 0;
    struct arena arena;
    struct buffer name, numbers;
    buffer_init(&numbers, CHUNK_MAX);
    buffer_init(&name, CHUNK_MAX);
    buffer_add_text(&name, text_of(path));
    buffer_add_text(&name, TEXT(CREATES_FILE));
    buffer_add_char(&name, '\0');
    FILE *file = name.failed ? NULL : fopen(name.data, "re");
    arena_init(&arena, CHUNK_MAX);
    for (ssize_t size; file && count < CHANGES_PUT_MOST && (size = getline(&line, &room, file)) > 0;) {
        const cJSON *row = NULL;
        if (json_parse(&arena, (struct text){line, (size_t)size}, CHUNK_MAX, JSON_STRICT, &row, NULL) == 0 &&
            cJSON_IsObject(json_get(row, "payload"))) {
            if (out) {
                buffer_add_text(out, count ? TEXT(",") : TEXT(""));
                create_put(out, row);
            } else {
                if (count == 0) {
                    print_line(stdout, "what would be created in the target, the first %d:", CHANGES_PUT_MOST);
                }
                number_print(&numbers, json_text(json_get(row, "number")));
            }
            count++;
        }
        arena_reset(&arena, 1 << 20);
    }
    if (numbers.size > 0) {
        number_print(&numbers, TEXT(""));
    }
    arena_fini(&arena);
    free(line);
    buffer_fini(&numbers);
    buffer_fini(&name);
    if (file) {
        (void)fclose(file);
    }
}

void creates_print(const char *path)
{
    creates_read(path, NULL);
}

void creates_put(struct buffer *out, const char *path)
{
    buffer_add_char(out, '[');
    creates_read(path, out);
    buffer_add_char(out, ']');
}
