/* `dianchen api try`: one call of a source API by its file alone, and what came beside what the file says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "ctl/api/file.h"
#include "ctl/api/shape.h"
#include "ctl/children/call.h"
#include "ctl/children/child.h"
#include "ctl/command/table.h"

enum { OUTPUT_LIMIT = 16 << 20, WORK_LIMIT = 256 << 20, SHOWN = 48 /* bytes of a value */ };

static struct {
    bool json;
    struct record_options record;
} order;
static const struct config_option options[] = {
    OPT_SWITCH("--json", order.json,
               "one JSON object: {\"api\",\"records\",\"fields\":[…],\"lacks\":[…],\"missing\":[…],\"first\"}"),
    RECORD_OPTIONS(order.record),
};
static const char *const operands[] = {"FILE", NULL};
const struct config_program api_try_program =
    COMMAND_PROGRAM("api try FILE [--json]",
                    "Calls a source API once, by its file in a folder api/: what came (each field, its types, the "
                    "first record) beside\n"
                    "what the file says. Fields that the file marks as secret show as ***. Changes nothing.",
                    options, .operands = operands, .operand_most = 1);

struct api_trial {
    struct arena arena;
    struct api_file file;
    struct api_shape *shape;
    const cJSON *first; /* record; NULL = none came */
};

static int records_read(struct api_trial *trial, struct text lines, struct cause *cause)
{
    while (lines.size > 0) {
        const char *end = memchr(lines.data, '\n', lines.size);
        size_t size = end ? (size_t)(end - lines.data) : lines.size;
        const cJSON *record = NULL;
        int error =
            json_parse(&trial->arena, (struct text){lines.data, size}, OUTPUT_LIMIT, JSON_STRICT, &record, cause);
        error = error ? error : shape_add(trial->shape, record, &trial->arena);
        if (error) {
            return cause_set(cause, error, "a record that came is no JSON object");
        }
        trial->first = trial->first ? trial->first : record;
        size += end != NULL;
        lines = (struct text){lines.data + size, lines.size - size};
    }
    return 0;
}

/* ---- as a table ---- */

static void print_fields(const struct api_shape *shape, const cJSON *declared, int depth, struct buffer *value)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *field = &shape->fields[i];
        const cJSON *known = json_get(declared, field->name);
        char kinds[SHAPE_TEXT_ROOM];
        buffer_clear(value, OUTPUT_LIMIT);
        if (!field->rows) {
            json_put_tree(value, field->example);
        }
        struct text shown = buffer_text(value);
        size_t size = text_cut(shown, SHOWN);
        const char *type = cJSON_IsString(json_get(known, "type")) ? json_get(known, "type")->valuestring : "-";
        print_line(stdout, "%*s%-*s %-14s %-8s %.*s%s", depth * 2 + 2, "", 26 - depth * 2, field->name,
                   shape_kinds(field->kinds, kinds), type, (int)size, shown.data ? shown.data : "",
                   size < shown.size ? "…" : "");
        if (field->rows) {
            print_fields(field->rows, json_get(known, "fields"), depth + 1, value);
        }
    }
}

static void put_name(struct buffer *out, const char *name, bool json)
{
    if (out->size > 0) {
        buffer_add_text(out, json ? TEXT(",") : TEXT(", "));
    }
    if (json) {
        json_put_text(out, text_of(name));
    } else {
        buffer_add_text(out, text_of(name));
    }
}

/* Fields of records that the file does not have. */
static struct text lacks(const struct api_trial *trial, struct buffer *out, bool json)
{
    buffer_clear(out, OUTPUT_LIMIT);
    for (size_t i = 0; i < trial->shape->count; i++) {
        if (!json_get(trial->file.response, trial->shape->fields[i].name)) {
            put_name(out, trial->shape->fields[i].name, json);
        }
    }
    return buffer_text(out);
}

/* Fields of the file that no record has. */
static struct text missing(const struct api_trial *trial, struct buffer *out, bool json)
{
    buffer_clear(out, OUTPUT_LIMIT);
    const cJSON *item;
    cJSON_ArrayForEach(item, trial->file.response)
    {
        bool came = false;
        for (size_t i = 0; i < trial->shape->count; i++) {
            came = came || strcmp(trial->shape->fields[i].name, item->string) == 0;
        }
        if (!came) {
            put_name(out, item->string, json);
        }
    }
    return buffer_text(out);
}

static void print_table(const struct api_trial *trial, struct buffer *scratch)
{
    print_line(stdout, "%.*s: %lld records in one call", TEXT_ARG(trial->file.name), (long long)trial->shape->objects);
    if (!trial->first) {
        print_line(stdout, trial->file.windows ? "  asked for the newest span of time that one call may ask for"
                                               : "  asked for everything, first page");
        return;
    }
    print_line(stdout, "  field                      came as        file     first record");
    print_fields(trial->shape, trial->file.response, 0, scratch);
    struct text names = lacks(trial, scratch, false);
    if (names.size > 0) {
        print_line(stdout, "the file lacks, under \"response\": %.*s", TEXT_ARG(names));
    }
    names = missing(trial, scratch, false);
    if (names.size > 0) {
        print_line(stdout, "in the file, and in no record: %.*s", TEXT_ARG(names));
    }
}

/* ---- as JSON ---- */

static void put_fields(struct buffer *out, const struct api_shape *shape, const cJSON *declared)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *field = &shape->fields[i];
        const cJSON *known = json_get(declared, field->name);
        bool first = true, one = true;
        buffer_add_text(out, i ? TEXT(",{") : TEXT("{"));
        json_put_member(out, &first, TEXT("name"));
        json_put_text(out, text_of(field->name));
        json_put_member(out, &first, TEXT("came"));
        for (int kind = 0; kind < SHAPE_KINDS; kind++) {
            if (field->kinds >> kind & 1) {
                buffer_format(out, "%s\"%s\"", one ? "[" : ",", shape_word((enum shape_kind)kind));
                one = false;
            }
        }
        buffer_format(out, "],\"filled\":%lld,\"file\":", (long long)field->filled);
        if (cJSON_IsString(json_get(known, "type"))) {
            json_put_text(out, json_text(json_get(known, "type")));
        } else {
            buffer_add_text(out, TEXT("null"));
        }
        if (field->rows) {
            buffer_add_text(out, TEXT(",\"fields\":"));
            put_fields(out, field->rows, json_get(known, "fields"));
        }
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

static void print_object(const struct api_trial *trial, struct buffer *scratch)
{
    struct buffer out;
    struct text names = lacks(trial, scratch, true);
    buffer_init(&out, (size_t)2 * OUTPUT_LIMIT);
    buffer_add_text(&out, TEXT("{\"api\":"));
    json_put_text(&out, trial->file.name);
    buffer_format(&out, ",\"records\":%lld,\"fields\":", (long long)trial->shape->objects);
    put_fields(&out, trial->shape, trial->file.response);
    buffer_format(&out, ",\"lacks\":[%.*s]", TEXT_ARG(names));
    names = missing(trial, scratch, true);
    buffer_format(&out, ",\"missing\":[%.*s],\"first\":", TEXT_ARG(names));
    if (trial->first) {
        json_put_tree(&out, trial->first);
    } else {
        buffer_add_text(&out, TEXT("null"));
    }
    buffer_add_char(&out, '}');
    print_json(buffer_text(&out));
    buffer_fini(&out);
}

static int try_it(struct api_trial *trial, const char *path, struct buffer *output, struct cause *cause)
{
    const char *sample[] = {"--sample", "1000", "--api", path, NULL};
    int code = child_record(&order.record, cause);
    code = code ? code : child_call("extractor", sample, TEXT(""), output, cause);
    if (code != 0) {
        return code;
    }
    trial->shape = shape_new(&trial->arena);
    int error = trial->shape ? api_file_read(path, &trial->arena, &trial->file, cause) : ERR_MEMORY;
    return error ? error : records_read(trial, buffer_text(output), cause);
}

int api_try_serve(char **words, size_t count)
{
    struct cause cause = {""};
    struct api_trial trial = {.first = NULL};
    struct buffer output, scratch;
    if (count == 0) {
        (void)cause_set(&cause, ERR_INPUT, "api try: which file? usage: %s", api_try_program.synopsis);
        return log_fatal(&cause, EXIT_USAGE);
    }
    arena_init(&trial.arena, WORK_LIMIT);
    buffer_init(&output, OUTPUT_LIMIT);
    buffer_init(&scratch, OUTPUT_LIMIT);
    int code = try_it(&trial, words[0], &output, &cause);
    if (code < 0) {
        code = log_fatal(&cause, code == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else if (code == 0) {
        (order.json ? print_object : print_table)(&trial, &scratch);
    }
    buffer_fini(&scratch);
    buffer_fini(&output);
    arena_fini(&trial.arena);
    return code;
}
