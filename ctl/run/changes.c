#include "ctl/run/changes.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/print.h"
#include "ctl/target/standing.h"

enum { AT_ONCE = 500 /* numbers asked for by one call of the loader */, CHUNK_MAX = 256 << 20 };

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

static void print_chunk(struct text lines, const char *scheme_path)
{
    struct standing standing = {.asked = false};
    struct arena arena;
    arena_init(&arena, CHUNK_MAX);
    standing_ask(&standing, lines, scheme_path);
    for (struct text line; standing_line(&lines, &line); arena_reset(&arena, 1 << 20)) {
        const cJSON *row = NULL, *found = NULL;
        if (json_parse(&arena, line, CHUNK_MAX, JSON_STRICT, &row, NULL) != 0) {
            continue;
        }
        struct text there = standing_take(&standing);
        print_line(stdout, "%.*s", TEXT_ARG(json_text(json_get(row, "number"))));
        if (there.size > 0 && json_parse(&arena, there, CHUNK_MAX, JSON_STRICT, &found, NULL) == 0) {
            standing_print("would be updated", found, json_get(row, "payload"));
        } else {
            print_line(stdout, "  target: could not be asked what stands there");
        }
    }
    standing_fini(&standing);
    arena_fini(&arena);
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
        print_chunk(buffer_text(&chunk), scheme_path);
    }
    buffer_fini(&chunk);
    free(line);
    (void)fclose(file);
}

static void put_chunk(struct buffer *out, struct text lines, const char *scheme_path)
{
    struct standing standing = {.asked = false};
    struct arena arena;
    bool more = false;
    arena_init(&arena, CHUNK_MAX);
    standing_ask(&standing, lines, scheme_path);
    for (struct text line; standing_line(&lines, &line); arena_reset(&arena, 1 << 20)) {
        const cJSON *row = NULL, *found = NULL;
        if (json_parse(&arena, line, CHUNK_MAX, JSON_STRICT, &row, NULL) != 0) {
            continue;
        }
        struct text there = standing_take(&standing);
        (void)!json_parse(&arena, there, CHUNK_MAX, JSON_STRICT, &found, NULL);
        buffer_add_text(out, more ? TEXT(",{\"number\":") : TEXT("{\"number\":"));
        json_put_text(out, json_text(json_get(row, "number")));
        buffer_add_char(out, ',');
        standing_put(out, found, json_get(row, "payload"));
        buffer_add_char(out, '}');
        more = true;
    }
    standing_fini(&standing);
    arena_fini(&arena);
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
        put_chunk(out, buffer_text(&chunk), scheme_path);
    }
    buffer_add_char(out, ']');
    buffer_fini(&chunk);
    free(line);
    if (file) {
        (void)fclose(file);
    }
}
