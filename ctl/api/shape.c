#include "ctl/api/shape.h"

#include <stdio.h>
#include <string.h>

#define BIT(kind) (1U << (kind))

static const char *const words[SHAPE_KINDS] = {"string", "integer", "number", "boolean", "array", "object", "null"};

struct api_shape *shape_new(struct arena *arena)
{
    struct api_shape *shape = arena_take(arena, sizeof *shape);
    if (shape) {
        shape->count = 0;
        shape->objects = 0;
        shape->cut = false;
    }
    return shape;
}

static enum shape_kind kind_of(const cJSON *value)
{
    int64_t n;
    return cJSON_IsString(value)   ? SHAPE_TEXT
           : cJSON_IsNumber(value) ? (json_integer(value, &n) == 0 ? SHAPE_INTEGER : SHAPE_FRACTION)
           : cJSON_IsBool(value)   ? SHAPE_FLAG
           : cJSON_IsArray(value)  ? SHAPE_LIST
           : cJSON_IsObject(value) ? SHAPE_OBJECT
                                   : SHAPE_NOTHING;
}

static struct shape_field *field_take(struct api_shape *shape, const cJSON *value)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (strcmp(shape->fields[i].name, value->string) == 0) {
            return &shape->fields[i];
        }
    }
    shape->cut = shape->cut || shape->count == SHAPE_FIELDS_MAX;
    if (shape->count == SHAPE_FIELDS_MAX) {
        return NULL;
    }
    struct shape_field *field = &shape->fields[shape->count++];
    *field = (struct shape_field){.name = value->string, .example = value};
    return field;
}

int shape_add(struct api_shape *shape, const cJSON *object, struct arena *arena)
{
    if (!shape || !cJSON_IsObject(object)) {
        return ERR_SYNTAX;
    }
    shape->objects++;
    for (const cJSON *value = object->child; value; value = value->next) {
        struct shape_field *field = field_take(shape, value);
        if (!field) {
            continue;
        }
        enum shape_kind kind = kind_of(value);
        field->kinds |= BIT(kind);
        field->filled += kind != SHAPE_NOTHING && !(kind == SHAPE_TEXT && value->valuestring[0] == '\0');
        for (const cJSON *row = kind == SHAPE_LIST ? value->child : NULL; row; row = row->next) {
            if (cJSON_IsObject(row) && !field->rows && !(field->rows = shape_new(arena))) {
                return ERR_MEMORY;
            }
            if (cJSON_IsObject(row) && shape_add(field->rows, row, arena) != 0) {
                return ERR_MEMORY;
            }
        }
    }
    return 0;
}

const char *shape_kinds(unsigned kinds, char out[SHAPE_TEXT_ROOM])
{
    size_t used = 0;
    out[0] = '\0';
    for (int kind = 0; kind < SHAPE_KINDS; kind++) {
        if (kinds & BIT(kind) && used < SHAPE_TEXT_ROOM) {
            used += (size_t)snprintf(out + used, SHAPE_TEXT_ROOM - used, "%s%s", used ? ", " : "", words[kind]);
        }
    }
    return out;
}

const char *shape_word(enum shape_kind kind)
{
    return words[kind];
}

const char *shape_type(unsigned kinds)
{
    unsigned told = kinds & ~BIT(SHAPE_NOTHING);
    if (told & BIT(SHAPE_OBJECT)) {
        return NULL;
    }
    return told == BIT(SHAPE_LIST)                                              ? "array"
           : told == BIT(SHAPE_FLAG)                                            ? "boolean"
           : told == BIT(SHAPE_INTEGER)                                         ? "integer"
           : told != 0 && !(told & ~(BIT(SHAPE_INTEGER) | BIT(SHAPE_FRACTION))) ? "number"
                                                                                : "string";
}
