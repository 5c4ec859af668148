#include "loader/xingchen/find.h"

#include "common/ledger/spelling.h"

static struct text find(struct arena *arena, const struct target_form *form, const cJSON *data, struct text number,
                        size_t *entries)
{
    struct text found = {NULL, 0};
    const cJSON *rows = json_get(data, form->list.rows.data);
    const cJSON *list = cJSON_IsArray(data) ? data : cJSON_IsArray(rows) ? rows : NULL;
    for (const cJSON *item = list ? list->child : data; item; item = list ? item->next : NULL) {
        struct text id = answer_target_id(arena, json_get(item, form->id.data));
        if (id.size == 0) {
            continue;
        }
        ++*entries;
        if (found.size == 0 && text_equal(answer_id(arena, json_get(item, form->number.data)), number)) {
            found = id;
        }
    }
    return found;
}

/* The record that the target answers with under another spelling of the number: its equality is looser than bytes. *several:
 * there are others. */
static struct text find_alike(struct arena *arena, const struct target_form *form, const cJSON *data,
                              struct text number, bool *several)
{
    const cJSON *rows = json_get(data, form->list.rows.data);
    const cJSON *list = cJSON_IsArray(data) ? data : cJSON_IsArray(rows) ? rows : NULL;
    struct text found = {NULL, 0};
    for (const cJSON *item = list ? list->child : data; item; item = list ? item->next : NULL) {
        struct text id = answer_target_id(arena, json_get(item, form->id.data));
        if (id.size > 0 && spelling_alike(answer_id(arena, json_get(item, form->number.data)), number)) {
            *several = *several || (found.size > 0 && !text_equal(found, id));
            found = id;
        }
    }
    return found;
}

static bool is_empty(const struct target_form *form, const cJSON *data)
{
    const cJSON *rows = json_get(data, form->list.rows.data);
    return !data || cJSON_IsNull(data) || ((cJSON_IsArray(data) || cJSON_IsObject(data)) && !data->child) ||
           (cJSON_IsString(data) && data->valuestring[0] == '\0') || (cJSON_IsArray(rows) && !rows->child);
}

/* The answer is an object, a list, or a list in an object. */
const cJSON *find_record(const struct target_form *form, const struct answer *answer, struct text id)
{
    const cJSON *rows = json_get(answer->data, form->list.rows.data);
    const cJSON *list = cJSON_IsArray(answer->data) ? answer->data : cJSON_IsArray(rows) ? rows : NULL;
    for (const cJSON *item = list ? list->child : answer->data; item; item = list ? item->next : NULL) {
        if (answer_shows(item, form->id, id)) {
            return item;
        }
    }
    return NULL;
}

enum target_told find_read(struct arena *arena, const struct target_form *form, const struct answer *answer,
                           struct text number, struct text *id, size_t *entries)
{
    size_t some = 0;
    entries = entries ? entries : &some;
    *entries = 0;
    if (answer->class == REPLY_REJECT) {
        return answer_says_gone(form, answer->message) ? TOLD_ABSENT : TOLD_NOTHING;
    }
    if (answer->class != REPLY_DONE) {
        return TOLD_NOTHING;
    }
    if (is_empty(form, answer->data)) {
        return TOLD_ABSENT;
    }
    bool several = false;
    *id = find(arena, form, answer->data, number, entries);
    if (id->size > 0) {
        return TOLD_FOUND;
    }
    *id = find_alike(arena, form, answer->data, number, &several);
    if (several) {
        *id = (struct text){NULL, 0};
        return TOLD_SEVERAL;
    }
    /* Another number: the target does not look for numbers the way we think. */
    return id->size > 0 ? TOLD_ALIKE : TOLD_NOTHING;
}
