/* `dianchen api new`: the file of a source API, written from a sample of its reply. */
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/log/log.h"
#include "ctl/api/file.h"
#include "ctl/api/shape.h"
#include "ctl/command/table.h"

enum { WORK_LIMIT = 256 << 20, OUT_LIMIT = 4 << 20, LOOK_MOST = 1000 /* objects in which the list is looked for */ };

static const char *label;
static const struct config_option options[] = {
    OPT_TEXT("--label", label, "what people call the API: 查询仓库"),
};
static const char *const operands[] = {"NAME", "SAMPLE", NULL};
const struct config_program api_new_program = COMMAND_PROGRAM(
    "api new NAME SAMPLE [--label TEXT] > schemes/api/NAME.json",
    "Writes the file of a source API from a sample of its reply (a file, or - for stdin): the list of records, and "
    "each\n"
    "field with its type. Labels, request parameters and paging are to be looked through; dianchen api try calls it.",
    options, .operands = operands, .operand_most = 2);

/* The list of records: of those nearest to the root the longest one. */
static const cJSON *list_find(const cJSON *root)
{
    const cJSON *wave[LOOK_MOST], *found = NULL;
    size_t count = 1, next = 0;
    wave[0] = root;
    while (next < count && !found) {
        int most = 0;
        for (size_t end = count; next < end; next++) {
            for (const cJSON *item = wave[next]->child; item; item = item->next) {
                int size = cJSON_IsArray(item) && cJSON_IsObject(item->child) ? cJSON_GetArraySize(item) : 0;
                if (item->string && size > most) {
                    found = item;
                    most = size;
                }
                if (cJSON_IsObject(item) && count < LOOK_MOST) {
                    wave[count++] = item;
                }
            }
        }
    }
    return found;
}

static void put_indent(struct buffer *out, int depth)
{
    for (int i = 0; i < depth; i++) {
        buffer_add_text(out, TEXT("  "));
    }
}

static void put_fields(struct buffer *out, const struct api_shape *shape, int depth)
{
    bool first = true;
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *field = &shape->fields[i];
        const char *type = shape_type(field->kinds);
        if (!type) {
            continue;
        }
        buffer_add_text(out, first ? TEXT("\n") : TEXT(",\n"));
        first = false;
        put_indent(out, depth);
        json_put_text(out, text_of(field->name));
        buffer_add_text(out, TEXT(": { \"label\": "));
        json_put_text(out, text_of(field->name));
        buffer_format(out, ", \"type\": \"%s\"%s", type,
                      secret_named(text_of(field->name)) ? ", \"secret\": true" : "");
        if (field->rows && depth < 3) {
            buffer_add_text(out, TEXT(", \"fields\": {"));
            put_fields(out, field->rows, depth + 1);
            buffer_add_char(out, '\n');
            put_indent(out, depth);
            buffer_add_text(out, TEXT("}"));
        }
        buffer_add_text(out, TEXT(" }"));
    }
}

static void put_file(struct buffer *out, const char *name, const char *list, const struct api_shape *shape)
{
    buffer_format(out, "// %s\n",
                  _("Written from a sample of the reply. Look through labels, request parameters and paging; mark "
                    "fields that hold secrets."));
    buffer_add_text(out, TEXT("{\n  \"$schema\": \"../api.schema.json\",\n  \"name\": "));
    json_put_text(out, text_of(name));
    buffer_add_text(out, TEXT(",\n  \"label\": "));
    json_put_text(out, text_of(label ? label : name));
    buffer_add_text(out, TEXT(",\n  \"list\": ["));
    json_put_text(out, text_of(list));
    buffer_add_text(
        out, TEXT("],\n  \"pagination\": { \"size\": \"page_size\", \"number\": \"page_no\", \"first\": 0, "
                  "\"maxSize\": 100 },\n"
                  "  \"request\": {\n    \"page_size\": { \"label\": \"分页大小\" },\n    \"page_no\": { \"label\": "
                  "\"页号\" }\n  },\n  \"response\": {"));
    put_fields(out, shape, 2);
    buffer_add_text(out, TEXT("\n  }\n}"));
}

/* On stderr: what the file can't say. */
static void tell_left_out(const struct api_shape *shape)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (!shape_type(shape->fields[i].kinds)) {
            print_line(stderr,
                       "dianchen: api new: %s is an object, and left out: schemes read members of records, and lists",
                       shape->fields[i].name);
        }
    }
}

static int make(const char *name, const char *sample, struct arena *arena, struct buffer *out, struct cause *cause)
{
    const cJSON *root = NULL;
    int error = api_json_read(sample, arena, &root, cause);
    if (error) {
        return error;
    }
    const cJSON *list = list_find(root);
    struct api_shape *shape = shape_new(arena);
    if (!list) {
        return cause_set(cause, ERR_INPUT, "%s: it has no list of records with a name: {\"list\":[{…}]}", sample);
    }
    for (const cJSON *record = shape ? list->child : NULL; record && !error; record = record->next) {
        error = cJSON_IsObject(record) ? shape_add(shape, record, arena) : 0;
    }
    if (error || !shape) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    if (shape->cut) {
        print_line(stderr, "dianchen: api new: more than %d fields: those behind are left out", (int)SHAPE_FIELDS_MAX);
    }
    tell_left_out(shape);
    put_file(out, name, list->string, shape);
    return 0;
}

int api_new_serve(char **words, size_t count)
{
    struct cause cause = {""};
    struct arena arena;
    struct buffer out;
    if (count < 2) {
        (void)cause_set(&cause, ERR_INPUT, "api new: needs a name and a sample; usage: %s", api_new_program.synopsis);
        return log_fatal(&cause, EXIT_USAGE);
    }
    arena_init(&arena, WORK_LIMIT);
    buffer_init(&out, OUT_LIMIT);
    int error = make(words[0], words[1], &arena, &out, &cause);
    if (!error && out.failed) {
        error = cause_set(&cause, ERR_LIMIT, "the file would be larger than %d MiB", OUT_LIMIT >> 20);
    }
    if (!error) {
        buffer_add_char(&out, '\n');
        print_bytes(buffer_text(&out));
    }
    buffer_fini(&out);
    arena_fini(&arena);
    return error ? log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED) : EXIT_COMPLETE;
}
