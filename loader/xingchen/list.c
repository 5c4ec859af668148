#include "loader/xingchen/list.h"

static int64_t told(const cJSON *data, struct text name)
{
    int64_t n = 0;
    return name.size > 0 && json_integer(json_get(data, name.data), &n) == 0 && n >= 0 ? n : -1;
}

int list_read(struct arena *arena, const struct target_form *form, const struct answer *answer, struct target_page *out)
{
    const cJSON *rows = cJSON_IsArray(answer->data) ? answer->data : json_get(answer->data, form->list.rows.data);
    struct target_page page = {.total = told(answer->data, form->list.count),
                               .pages = told(answer->data, form->list.pages)};
    if (!cJSON_IsArray(rows)) {
        if ((rows && !cJSON_IsNull(rows)) || (page.total < 0 && page.pages < 0)) {
            return ERR_SYNTAX;
        }
        rows = NULL;
    }
    size_t count = 0;
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next) {
        count++;
    }
    page.entries = arena_take(arena, (count + 1) * sizeof *page.entries);
    if (!page.entries) {
        return ERR_MEMORY;
    }
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next) {
        struct target_entry *entry = &page.entries[page.count++];
        *entry = (struct target_entry){answer_target_id(arena, json_get(row, form->id.data)),
                                       answer_id(arena, json_get(row, form->number.data)),
                                       answer_id(arena, json_get(row, "name")), row};
        if (!cJSON_IsObject(row) || entry->id.size == 0) {
            return ERR_SYNTAX;
        }
    }
    *out = page;
    return 0;
}
