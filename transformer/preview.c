#include "transformer/preview.h"

#include <stdlib.h>

#include "common/scheme/cast.h"

enum { ARENA_MAX = 32 << 20, ANSWER_MAX = 4 << 20, KEEP = 1 << 20 };

static void put_member(struct buffer *out, bool *first, const char *name, struct text value)
{
    json_put_member(out, first, text_of(name));
    json_put_text(out, value);
}

static void put_answer(struct buffer *out, const struct mapped *row)
{
    static const char *const outcomes[] = {"payload", "filtered", "rejected"};
    bool first = true;
    buffer_add_char(out, '{');
    put_member(out, &first, "outcome", text_of(outcomes[row->kind]));
    put_member(out, &first, "key", row->key);
    put_member(out, &first, "number", row->number);
    json_put_member(out, &first, TEXT("payload"));
    buffer_add_text(out, row->kind == RECORD_PAYLOAD ? row->payload : TEXT("null"));
    if (row->kind == RECORD_UNMAPPABLE) {
        put_member(out, &first, "message", row->refusal.message);
    } else {
        json_member_null(out, &first, "message");
    }
    buffer_add_char(out, '}');
}

/* The members as slots, and the bytes that such a record has on the wire: a made-up key is made of those. */
static int read_slots(const struct scheme *scheme, const cJSON *object, struct arena *arena, struct value *values,
                      struct buffer *raw)
{
    wire_put_array(raw, scheme->slot_count);
    for (size_t i = 0; i < scheme->slot_count; i++) {
        int error = scheme_value_of(json_get(object, scheme->slots[i].data), arena, &values[i]);
        if (error) {
            return error;
        }
        wire_put_value(raw, &values[i]);
    }
    return raw->failed ? ERR_MEMORY : 0;
}

int preview_record(struct map *map, const struct scheme *scheme, struct text record, struct buffer *out,
                   struct cause *cause)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    struct buffer raw;
    buffer_init(&raw, WIRE_FRAME_MAX);
    struct value values[SCHEME_SLOTS_MAX];
    const cJSON *object = NULL;
    int error = json_parse(&arena, record, PREVIEW_LINE_MAX, JSON_STRICT, &object, cause);
    if (!error && !cJSON_IsObject(object)) {
        error = cause_set(cause, ERR_SYNTAX, "not a JSON object");
    }
    if (!error) {
        struct mapped row;
        error = read_slots(scheme, object, &arena, values, &raw);
        error = error ? error : map_record(map, values, buffer_text(&raw), &row);
        if (error) {
            cause_set(cause, error, "out of memory");
        } else {
            put_answer(out, &row);
        }
    }
    buffer_fini(&raw);
    arena_fini(&arena);
    return error;
}

int preview_run(struct map *map, const struct scheme *scheme, FILE *in, FILE *out, struct cause *cause)
{
    enum { ROOM = PREVIEW_LINE_MAX + 2 };
    char *line = malloc(ROOM);
    if (!line) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    struct buffer answer;
    buffer_init(&answer, ANSWER_MAX);
    int error = 0;
    for (long number = 1; !error && fgets(line, ROOM, in); number++) {
        struct text record = text_of(line);
        if (record.size == ROOM - 1 && line[record.size - 1] != '\n') {
            error = cause_set(cause, ERR_INPUT, "line %ld: longer than %d bytes", number, PREVIEW_LINE_MAX);
            break;
        }
        record = text_trim(record);
        if (record.size == 0) {
            continue;
        }
        struct cause why = {""};
        buffer_clear(&answer, KEEP);
        if (preview_record(map, scheme, record, &answer, &why) != 0) {
            error = cause_set(cause, ERR_INPUT, "line %ld is no record: %s", number, why.text);
            break;
        }
        buffer_add_char(&answer, '\n');
        if (answer.failed || fwrite(answer.data, 1, answer.size, out) != answer.size || fflush(out) != 0) {
            error = cause_set(cause, ERR_IO, "the answer to line %ld could not be written", number);
        }
    }
    buffer_fini(&answer);
    free(line);
    return error;
}
