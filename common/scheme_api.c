#include "common/scheme_api.h"

#include <stdio.h>

enum { NAME_MAX_BYTES = 100, LIST_KEYS_MAX = 10 };

struct reading {
    struct scheme_faults *faults;
    struct arena *keep;
    const struct scheme_file *file;
    enum scheme_document document;
};

static struct text keep_text(struct reading *r, struct text t)
{
    if (!t.data) {
        return (struct text){"", 0};
    }
    struct text kept = arena_text(r->keep, t);
    if (!kept.data) {
        r->faults->memory = true;
        kept.size = 0;
    }
    return kept;
}

static bool name_good(struct text name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                    c == '-' || (i > 0 && (c == '.' || c == '/'));
        if (!good) {
            return false;
        }
    }
    return name.size > 0 && name.size <= NAME_MAX_BYTES;
}

/* The fields under `key`: {"shop_no": {"label": …}, …}. */
static struct scheme_fields read_fields(struct reading *r, const char *key, const char *shape)
{
    const cJSON *object = json_get(r->file->root, key);
    int count = cJSON_IsObject(object) ? cJSON_GetArraySize(object) : 0;
    if (count > SCHEME_FIELDS_MAX) {
        scheme_fault(r->faults, r->file, object, "more than %d fields", SCHEME_FIELDS_MAX);
        return (struct scheme_fields){NULL, 0};
    }
    struct scheme_field *fields = arena_take(r->keep, ((size_t)count + 1) * sizeof *fields);
    if (!fields) {
        r->faults->memory = true;
        return (struct scheme_fields){NULL, 0};
    }
    size_t used = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (!item->string[0] || strpbrk(item->string, "{}")) {
            scheme_fault(r->faults, r->file, item, "a field needs a name without { and }");
        } else if (scheme_check(r->faults, r->file, item, r->document, shape)) {
            fields[used++] = (struct scheme_field){
                .name = keep_text(r, text_of(item->string)),
                .label = keep_text(r, scheme_get_text(item, "label")),
                .lookup = keep_text(r, scheme_get_text(item, "lookup")),
                .type = (enum scheme_type)scheme_get_word(item, "type", scheme_type_words, TYPE_STRING),
                .required = cJSON_IsTrue(json_get(item, "required")),
                .secret = cJSON_IsTrue(json_get(item, "secret")),
            };
        }
    }
    return (struct scheme_fields){fields, used};
}

/* A key whose value is the name of a field. */
static struct text read_reference(struct reading *r, const cJSON *object, const char *key,
                                  const struct scheme_fields *fields)
{
    struct scheme_guess guess;
    struct text name = scheme_get_text(object, key);
    if (name.data && !scheme_field_find(fields, name, &guess)) {
        scheme_fault(r->faults, r->file, json_get(object, key), "no such field in /request%s",
                     scheme_guess_tail(&guess));
    }
    return keep_text(r, name);
}

static void read_list_keys(struct reading *r, struct scheme_api *out)
{
    const cJSON *list = json_get(r->file->root, "list");
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (count < 1 || count > LIST_KEYS_MAX) {
        scheme_fault(r->faults, r->file, list, "needs 1 to %d names", LIST_KEYS_MAX);
        return;
    }
    struct text *keys = arena_take(r->keep, (size_t)count * sizeof *keys);
    if (!keys) {
        r->faults->memory = true;
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item) || !item->valuestring[0]) {
            scheme_fault(r->faults, r->file, item, "must be a text that is not empty");
            continue;
        }
        keys[out->list_key_count++] = keep_text(r, json_text(item));
    }
    out->list_keys = keys;
}

static void read_source(struct reading *r, struct scheme_api *out)
{
    out->response = read_fields(r, "response", "/response/*");
    read_list_keys(r, out);
    const cJSON *paging = json_get(r->file->root, "pagination");
    if (scheme_check(r->faults, r->file, paging, r->document, "/pagination")) {
        out->size_param = read_reference(r, paging, "size", &out->request);
        out->number_param = read_reference(r, paging, "number", &out->request);
        out->first_page = scheme_get_integer(paging, "first", 0);
        out->max_size = scheme_get_integer(paging, "maxSize", 1);
    }
}

static void read_target(struct reading *r, struct scheme_api *out)
{
    out->id = read_reference(r, r->file->root, "id", &out->request);
    out->number = read_reference(r, r->file->root, "number", &out->request);
}

void scheme_api_read(struct scheme_faults *faults, struct arena *work, struct arena *keep,
                     const struct scheme_file *scheme, const cJSON *node, enum scheme_document document,
                     struct scheme_file *file, struct scheme_api *out)
{
    *out = (struct scheme_api){.loaded = false};
    *file = (struct scheme_file){.root = NULL};
    struct text name = json_text(node);
    if (name.size == 0) {
        return; /* told by the scheme's own check */
    }
    if (!name_good(name)) {
        scheme_fault(faults, scheme, node, "no name of an API: letters, digits and . _ - / only");
        return;
    }
    const char *slash = strrchr(scheme->path, '/');
    char path[SCHEME_PATH_MAX];
    int folder = slash ? (int)(slash - scheme->path) + 1 : 0;
    int n = snprintf(path, sizeof path, "%.*sapi/%.*s.json", folder, scheme->path, TEXT_ARG(name));
    if (n < 0 || (size_t)n >= sizeof path) {
        scheme_fault(faults, scheme, node, "the API file's name is too long");
        return;
    }
    for (char *c = path + folder + 4; *c; c++) {
        *c = *c == '/' ? '.' : *c;
    }
    int before = faults->count;
    if (!scheme_file_read(faults, work, path, file)) {
        if (!file->root && !faults->memory) {
            scheme_fault(faults, scheme, node, "its fields are read from %s, which failed", path);
        }
        return;
    }
    struct reading reading = {faults, keep, file, document};
    if (!scheme_check(faults, file, file->root, document, "")) {
        return;
    }
    if (!text_equal(scheme_get_text(file->root, "name"), name)) {
        scheme_fault(faults, file, json_get(file->root, "name"), "is not %.*s, which the file's name and %s say",
                     TEXT_ARG(name), scheme->path);
    }
    out->name = keep_text(&reading, name);
    out->request = read_fields(&reading, "request", "/request/*");
    if (document == DOCUMENT_SOURCE_API) {
        read_source(&reading, out);
    } else {
        read_target(&reading, out);
    }
    out->loaded = faults->count == before && !faults->memory;
}

const struct scheme_field *scheme_field_find(const struct scheme_fields *fields, struct text name,
                                             struct scheme_guess *guess)
{
    scheme_guess_start(guess, name);
    for (size_t i = 0; i < fields->count; i++) {
        if (text_equal(fields->items[i].name, name)) {
            return &fields->items[i];
        }
    }
    for (size_t i = 0; i < fields->count; i++) {
        scheme_guess_offer(guess, fields->items[i].name.data); /* kept texts end with a NUL */
    }
    return NULL;
}
