#include "common/scheme/formula/question.h"

#include "common/json/json.h"

static const char mark[] =
    "{\"$lookup\":["; /* inside a JSON string the quotes would be escaped: no text looks like this */
enum { QUESTION_MAX = 1 << 20 };

bool question_stands(struct text payload)
{
    return text_find(payload, text_of(mark)) >= 0;
}

/* Bytes of the object that `t` begins with; 0 where it has no end. */
static size_t object_size(struct text t)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < t.size; i++) {
        char c = t.data[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The answer to a question, or what stands for it. */
static int question_answer(const cJSON *item, question_fn *find, void *user, struct text *id, struct question *missing)
{
    int error = ERR_SYNTAX;
    bool first = true;
    while (cJSON_IsObject(item)) { /* as deep as JSON may be */
        const cJSON *parts = json_get(item, "$lookup");
        const cJSON *name = parts ? parts->child : NULL, *key = name ? name->next : NULL;
        struct question question = {json_text(name), json_text(key)};
        if (!cJSON_IsArray(parts) || !key || !question.name.data || !question.key.data) {
            return ERR_SYNTAX;
        }
        error = find(user, &question, id);
        if (error != ERR_NOT_FOUND) {
            *missing = question;
            return error;
        }
        *missing = first ? question : *missing;
        first = false;
        item = key->next;
    }
    if (!cJSON_IsString(item)) {
        return item ? ERR_SYNTAX : error;
    }
    *id = json_text(item);
    return 0;
}

int question_resolve(struct text payload, question_fn *find, void *user, struct arena *arena, struct buffer *out,
                     struct question *missing)
{
    ptrdiff_t at;
    while ((at = text_find(payload, text_of(mark))) >= 0) {
        struct text rest = {payload.data + at, payload.size - (size_t)at}, id = TEXT("");
        struct text whole = {rest.data, object_size(rest)};
        const cJSON *tree = NULL;
        struct cause cause;
        if (whole.size == 0) {
            return ERR_SYNTAX;
        }
        int error = json_parse(arena, whole, QUESTION_MAX, JSON_STRICT, &tree, &cause);
        error = error ? error : question_answer(tree, find, user, &id, missing);
        if (error) {
            return error == ERR_LIMIT ? ERR_SYNTAX : error;
        }
        buffer_add(out, payload.data, (size_t)at);
        json_put_text(out, id);
        payload = (struct text){rest.data + whole.size, rest.size - whole.size};
    }
    buffer_add_text(out, payload);
    return out->failed ? ERR_MEMORY : 0;
}
