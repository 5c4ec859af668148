#include "ctl/target/ids.h"

#include <stdio.h>

#include "ctl/children/call.h"

enum { LIST_MAX = 64 << 20 };

static const struct id_list *find(const struct ids *ids, struct text kind)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (text_equal(ids->lists[i].kind, kind)) {
            return &ids->lists[i];
        }
    }
    return NULL;
}

static void ask(struct ids *ids, struct text kind, const char *scheme_path)
{
    struct id_list *list = &ids->lists[ids->count++];
    char name[40];
    struct cause cause;
    const cJSON *root = NULL;
    *list = (struct id_list){.kind = kind};
    buffer_init(&list->json, LIST_MAX);
    (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(kind));
    const char *words[] = {"--lookup", name, "--json", "--scheme", scheme_path, NULL};
    if (child_call_quiet("loader", words, TEXT(""), &list->json, &cause) == 0 &&
        json_parse(&ids->arena, buffer_text(&list->json), LIST_MAX, JSON_STRICT, &root, NULL) == 0) {
        list->rows = json_get(root, name);
    }
}

void ids_ask(struct ids *ids, const struct scheme *scheme, const char *scheme_path)
{
    arena_init(&ids->arena, (size_t)4 * LIST_MAX);
    ids->open = true;
    for (size_t i = 0; i < scheme->target.field_count && ids->count < IDS_KINDS; i++) {
        struct text kind = scheme->target.fields[i].lookup;
        if (kind.size > 0 && find(ids, kind) == NULL) {
            ask(ids, kind, scheme_path);
        }
    }
}

void ids_fini(struct ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        buffer_fini(&ids->lists[i].json);
    }
    if (ids->open) {
        arena_fini(&ids->arena);
    }
    *ids = (struct ids){.count = 0};
}

bool ids_hold(const struct ids *ids, const struct scheme_assignment *field, struct text id)
{
    const struct id_list *list = find(ids, field->lookup);
    if (list == NULL || list->rows == NULL || list->rows->child == NULL) {
        return true;
    }
    for (const cJSON *row = list->rows->child; row; row = row->next) {
        if (text_equal(json_text(json_get(row, "id")), id)) {
            return true;
        }
    }
    return false;
}
