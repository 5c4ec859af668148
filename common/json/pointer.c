#include "common/json/pointer.h"

#include "common/base/text.h"

bool json_pointer_good(struct text pointer)
{
    bool good = pointer.size == 0 || pointer.data[0] == '/';
    for (size_t i = 0; good && i < pointer.size; i++) {
        good = pointer.data[i] != '~' ||
               (i + 1 < pointer.size && (pointer.data[i + 1] == '0' || pointer.data[i + 1] == '1'));
    }
    return good;
}

/* Is `name` what the part of a pointer says? */
static bool part_is(struct text part, struct text name)
{
    size_t at = 0;
    for (size_t i = 0; i < part.size; i++, at++) {
        char c = part.data[i];
        if (c == '~' && i + 1 < part.size) {
            c = part.data[++i] == '1' ? '/' : '~';
        }
        if (at >= name.size || name.data[at] != c) {
            return false;
        }
    }
    return at == name.size;
}

/* The name of a member as the text means it: `raw` stands between its quotes. */
static struct text name_of(struct text raw, struct arena *arena)
{
    struct text name;
    bool repaired;
    if (!text_has(raw, '\\') || json_decode_text((struct text){raw.data - 1, raw.size + 2}, arena, &name, &repaired)) {
        return raw;
    }
    return name;
}

static int step(struct text container, struct text part, const struct json_marks *marks, struct arena *arena,
                struct text *value)
{
    struct json_walk walk;
    struct text name, member;
    int64_t index = -1;
    int more;
    char first = container.size > 0 ? container.data[0] : '\0';
    if (first != '{' && first != '[') {
        return ERR_NOT_FOUND;
    }
    if (json_walk_marked(&walk, container, marks) != 0) {
        return ERR_SYNTAX;
    }
    if (!walk.object && text_integer(part, &index) != 0) {
        return ERR_NOT_FOUND;
    }
    for (int64_t at = 0; (more = json_walk_next(&walk, &name, &member)) == 1; at++) {
        if (walk.object ? part_is(part, name_of(name, arena)) : at == index) {
            *value = member;
            return 0;
        }
    }
    return more == 0 ? ERR_NOT_FOUND : more;
}

/* Takes the first part off a pointer that is not empty. */
static struct text take_part(struct text *pointer)
{
    struct text part = {pointer->data + 1, pointer->size - 1};
    const char *end = memchr(part.data, '/', part.size);
    part.size = end ? (size_t)(end - part.data) : part.size;
    *pointer = (struct text){pointer->data + 1 + part.size, pointer->size - 1 - part.size};
    return part;
}

const cJSON *json_pointer_get(const cJSON *root, struct text pointer)
{
    const cJSON *at = root;
    while (at && pointer.size > 0) {
        struct text part = take_part(&pointer);
        int64_t index = -1, n = 0;
        bool object = cJSON_IsObject(at);
        if (!object && (!cJSON_IsArray(at) || text_integer(part, &index) != 0)) {
            return NULL;
        }
        const cJSON *item = at->child;
        for (; item && !(object ? part_is(part, text_of(item->string)) : n == index); n++) {
            item = item->next;
        }
        at = item;
    }
    return at;
}

int json_pointer_find(struct text root, struct text pointer, const struct json_marks *marks, struct arena *arena,
                      struct text *value)
{
    struct text at = root;
    int error = 0;
    while (!error && pointer.size > 0) {
        struct text part = take_part(&pointer);
        error = step(at, part, marks, arena, &at);
    }
    if (!error) {
        *value = at;
    }
    return error;
}
