#include "common/scheme/api.h"

#include <stdio.h>

#include "common/config/config.h"
#include "common/scheme/place.h"
#include "common/scheme/rest/read.h"
#include "common/scheme/rest/target.h"
#include "common/scheme/soap/read.h"
#include "common/scheme/then/read.h"

enum { NAME_MAX_BYTES = 100, LIST_KEYS_MAX = 10, WORDS_MAX = 100, MEMBERS_MAX = 4000, WINDOW_LEAST = 60000 /* ms */ };

struct api_reading {
    struct scheme_faults *faults;
    struct arena *keep;
    const struct scheme_file *file;
    enum scheme_document document;
};

static struct text keep_text(struct api_reading *r, struct text t)
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

/* "values": {"1": "移动平均", …} */
static void read_choices(struct api_reading *r, const cJSON *values, struct scheme_field *field)
{
    int count = cJSON_IsObject(values) ? cJSON_GetArraySize(values) : 0;
    if (!values) {
        return;
    }
    if (count < 1 || count > SCHEME_CHOICES_MAX || field->type == TYPE_ARRAY) {
        scheme_fault(r->faults, r->file, values, "needs 1 to %d values, of a field that is no array",
                     SCHEME_CHOICES_MAX);
        return;
    }
    struct scheme_choice *choices = arena_take(r->keep, (size_t)count * sizeof *choices);
    if (!choices) {
        r->faults->memory = true;
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, values)
    {
        if (!cJSON_IsString(item) || !item->valuestring[0]) {
            scheme_fault(r->faults, r->file, item, "must be a text that says what the value means");
            continue;
        }
        choices[field->choice_count++] =
            (struct scheme_choice){keep_text(r, text_of(item->string)), keep_text(r, json_text(item))};
    }
    field->choices = choices;
}

/* {"shop_no": {"label": …}, …}. The rows of an array have fields of their own; those of rows have none. */
static struct scheme_fields read_object(struct api_reading *r, const cJSON *object, const char *shape, const char *rows)
{
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
        if (!item->string[0] || strpbrk(item->string, "{}()")) {
            scheme_fault(r->faults, r->file, item, "a field needs a name without brackets");
            continue;
        }
        if (!scheme_check(r->faults, r->file, item, r->document, shape)) {
            continue;
        }
        struct scheme_field *field = &fields[used++];
        *field = (struct scheme_field){
            .name = keep_text(r, text_of(item->string)),
            .label = keep_text(r, scheme_get_text(item, "label")),
            .lookup = keep_text(r, scheme_get_text(item, "lookup")),
            .type = (enum scheme_type)scheme_get_word(item, "type", scheme_type_words, TYPE_STRING),
            .required = cJSON_IsTrue(json_get(item, "required")),
            .secret = cJSON_IsTrue(json_get(item, "secret")),
        };
        read_choices(r, json_get(item, "values"), field);
        const cJSON *inner = rows ? json_get(item, "fields") : NULL;
        if (inner && field->type != TYPE_ARRAY) {
            scheme_fault(r->faults, r->file, inner, "only a field of type array has rows with fields");
        } else if (inner) {
            field->fields = read_object(r, inner, rows, NULL);
        }
    }
    return (struct scheme_fields){fields, used};
}

static struct scheme_fields read_fields(struct api_reading *r, const char *key, const char *shape, const char *rows)
{
    return read_object(r, json_get(r->file->root, key), shape, rows);
}

/* A key whose value is the name of a field. */
static struct text read_reference(struct api_reading *r, const cJSON *object, const char *key,
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

/* A list of texts; returns how many. */
static size_t read_texts(struct api_reading *r, const cJSON *list, const struct text **out)
{
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    struct text *texts = arena_take(r->keep, ((size_t)count + 1) * sizeof *texts);
    if (!texts) {
        r->faults->memory = true;
        return 0;
    }
    size_t used = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item) || !item->valuestring[0]) {
            scheme_fault(r->faults, r->file, item, "must be a text that is not empty");
            continue;
        }
        texts[used++] = keep_text(r, json_text(item));
    }
    *out = texts;
    return used;
}

static void read_list_keys(struct api_reading *r, struct scheme_api *out)
{
    const cJSON *list = json_get(r->file->root, "list");
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (count < 1 || count > LIST_KEYS_MAX) {
        scheme_fault(r->faults, r->file, list, "needs 1 to %d names", LIST_KEYS_MAX);
        return;
    }
    out->list_key_count = read_texts(r, list, &out->list_keys);
}

static void read_window(struct api_reading *r, struct scheme_api *out)
{
    const cJSON *window = json_get(r->file->root, "window");
    out->window_start = out->window_end = TEXT("");
    if (!window || !scheme_check(r->faults, r->file, window, r->document, "/window")) {
        return;
    }
    out->window_start = read_reference(r, window, "start", &out->request);
    out->window_end = read_reference(r, window, "end", &out->request);
    if (config_duration(scheme_get_text(window, "most"), &out->window_most) != 0 || out->window_most < WINDOW_LEAST) {
        scheme_fault(r->faults, r->file, json_get(window, "most"), "must be a duration of at least 1m: 30d");
        out->window_most = WINDOW_LEAST;
    }
}

/* Of the drivers "rest" and "soap". Window before form: its shape is checked there. */
static void read_form(struct api_reading *r, struct scheme_api *out)
{
    struct rest_paging_read paging;
    read_window(r, out);
    if (r->document == DOCUMENT_SOAP_API) {
        out->soap = soap_read(r->faults, r->keep, r->file, &paging);
    } else {
        out->rest = rest_read(r->faults, r->keep, r->file, &paging);
    }
    out->size_param = text_of(paging.size);
    out->number_param = text_of(paging.number);
    out->first_page = paging.first;
    out->max_size = paging.most;
}

static void read_source(struct api_reading *r, struct scheme_api *out)
{
    out->response = read_fields(r, "response", "/response/*", "/response/*/fields/*");
    out->driver =
        text_of(scheme_source_driver_words[scheme_get_word(r->file->root, "driver", scheme_source_driver_words, 0)]);
    if (r->document != DOCUMENT_SOURCE_API) {
        read_form(r, out);
        return;
    }
    read_list_keys(r, out);
    const cJSON *paging = json_get(r->file->root, "pagination");
    if (scheme_check(r->faults, r->file, paging, r->document, "/pagination")) {
        out->size_param = read_reference(r, paging, "size", &out->request);
        out->number_param = read_reference(r, paging, "number", &out->request);
        out->first_page = scheme_get_integer(paging, "first", 0);
        out->max_size = scheme_get_integer(paging, "maxSize", 1);
    }
    read_window(r, out);
}

/* A key whose value is a path below the target's base address; empty when there is none. */
static struct text read_path(struct api_reading *r, const cJSON *object, const char *key)
{
    struct text path = scheme_get_text(object, key);
    if (path.data && !name_good(path)) {
        scheme_fault(r->faults, r->file, json_get(object, key),
                     "no path: letters, digits and . _ - / only, and no / in front");
    }
    return keep_text(r, path);
}

static void read_lookups(struct api_reading *r, struct target_form *form)
{
    const cJSON *lookups = json_get(r->file->root, "lookups");
    if (!lookups) {
        return;
    }
    struct target_lookup *list = arena_take(r->keep, ((size_t)cJSON_GetArraySize(lookups) + 1) * sizeof *list);
    if (!list) {
        r->faults->memory = true;
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, lookups)
    {
        if (!cJSON_IsString(item) || !name_good(text_of(item->string)) ||
            text_equal(text_of(item->string), TEXT("accounts"))) {
            scheme_fault(r->faults, r->file, item,
                         "is a name of letters, digits and _ with the path of a list; accounts is taken");
            continue;
        }
        list[form->lookup_count++] =
            (struct target_lookup){keep_text(r, text_of(item->string)), read_path(r, lookups, item->string)};
    }
    form->lookups = list;
}

static void read_words(struct api_reading *r, struct target_form *form)
{
    static const char *const names[WORD_KINDS] = {
        [WORD_LOGIN] = "login",           [WORD_THROTTLED] = "throttled", [WORD_BUSY] = "busy",
        [WORD_PERMISSION] = "permission", [WORD_EXISTS] = "exists",       [WORD_GONE] = "gone",
        [WORD_ABSENT] = "absent"};
    const cJSON *words = json_get(r->file->root, "words");
    if (!words || !scheme_check(r->faults, r->file, words, r->document, "/words")) {
        return;
    }
    for (enum target_word word = 0; word < WORD_KINDS; word++) {
        const cJSON *list = json_get(words, names[word]);
        if (cJSON_GetArraySize(list) > WORDS_MAX) {
            scheme_fault(r->faults, r->file, list, "more than %d texts", WORDS_MAX);
            continue;
        }
        form->words[word].count = read_texts(r, list, &form->words[word].items);
    }
}

/* What a field sends a person to must be there. */
static void check_lookups(struct api_reading *r, const struct scheme_api *out)
{
    const cJSON *fields = json_get(r->file->root, "request");
    for (size_t i = 0; i < out->request.count; i++) {
        const struct scheme_field *field = &out->request.items[i];
        struct scheme_guess guess;
        scheme_guess_start(&guess, field->lookup);
        scheme_guess_offer(&guess, "accounts");
        bool found = field->lookup.size == 0 || text_equal(field->lookup, TEXT("accounts"));
        for (size_t k = 0; k < out->target.lookup_count && !found; k++) {
            found = text_equal(out->target.lookups[k].what, field->lookup);
            scheme_guess_offer(&guess, out->target.lookups[k].what.data);
        }
        if (!found) {
            scheme_fault(r->faults, r->file, json_get(json_get(fields, field->name.data), "lookup"),
                         "/lookups has no path for it%s", scheme_guess_tail(&guess));
        }
    }
}

/* A file from before these keys, or for an object that nobody described yet: say what is needed, once. */
static bool paths_told(struct api_reading *r)
{
    static const char *const keys[] = {"driver", "kind", "save", "list", "words"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!json_get(r->file->root, keys[i])) {
            scheme_fault(
                r->faults, r->file, r->file->root,
                "\"%s\" is missing: tell what its records are, the paths by which they are saved, found again and "
                "listed, and the words of its refusals, as api/jdy.basedata.material_batch_save.json does",
                keys[i]);
            return false;
        }
    }
    return true;
}

/* {"enable": -1} as "\"enable\":-1". */
static struct text read_members(struct api_reading *r, const cJSON *object)
{
    struct buffer out;
    buffer_init(&out, MEMBERS_MAX);
    bool first = true;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (cJSON_IsArray(item) || cJSON_IsObject(item) || cJSON_IsNull(item)) {
            scheme_fault(r->faults, r->file, item, "must be a text, a number, true or false");
            continue;
        }
        json_put_member(&out, &first, text_of(item->string));
        json_put_tree(&out, item);
    }
    if (out.failed) {
        scheme_fault(r->faults, r->file, object, "more than %d bytes", MEMBERS_MAX);
    }
    struct text kept = keep_text(r, buffer_text(&out));
    buffer_fini(&out);
    return kept;
}

static void read_list(struct api_reading *r, struct target_list *out)
{
    const cJSON *list = json_get(r->file->root, "list");
    if (!scheme_check(r->faults, r->file, list, r->document, "/list")) {
        return;
    }
    *out = (struct target_list){
        .path = read_path(r, list, "path"),
        .page = keep_text(r, scheme_get_text(list, "page")),
        .size = keep_text(r, scheme_get_text(list, "size")),
        .search = keep_text(r, scheme_get_text(list, "search")),
        .with = read_members(r, json_get(list, "with")),
        .rows = keep_text(r, scheme_get_text(list, "rows")),
        .count = keep_text(r, scheme_get_text(list, "count")),
        .pages = keep_text(r, scheme_get_text(list, "pages")),
    };
}

static void read_save(struct api_reading *r, struct target_form *form)
{
    const cJSON *save = json_get(r->file->root, "save");
    if (!scheme_check(r->faults, r->file, save, r->document, "/save")) {
        return;
    }
    form->save = read_path(r, save, "path");
    form->save_items = keep_text(r, scheme_get_text(save, "items"));
    form->save_most = form->save_items.size > 0 ? scheme_get_integer(save, "most", SCHEME_BATCH_MAX) : 1;
    if (form->save_items.size == 0 && scheme_get_integer(save, "most", 1) != 1) {
        scheme_fault(r->faults, r->file, json_get(save, "most"),
                     "without items the body is one record: name the member that holds several, or leave most out");
    }
}

static void read_paths(struct api_reading *r, struct target_form *form)
{
    const cJSON *find = json_get(r->file->root, "find");
    read_save(r, form);
    form->update = form->find_one = form->find_many = TEXT("");
    form->find_by = form->number;
    if (find && scheme_check(r->faults, r->file, find, r->document, "/find")) {
        form->find_one = read_path(r, find, "one");
        form->find_many = read_path(r, find, "many");
        form->find_by = json_get(find, "by") ? keep_text(r, scheme_get_text(find, "by")) : form->number;
    }
    read_list(r, &form->list);
    read_lookups(r, form);
}

static enum scheme_type id_type(const struct scheme_api *api)
{
    struct scheme_guess guess;
    const struct scheme_field *field = scheme_field_find(&api->request, api->target.id, &guess);
    return field ? field->type : TYPE_STRING;
}

static void read_target(struct api_reading *r, struct scheme_api *out)
{
    const cJSON *root = r->file->root;
    struct target_form *form = &out->target;
    form->file = keep_text(r, text_of(r->file->path));
    form->driver = keep_text(r, scheme_get_text(root, "driver"));
    form->kind = keep_text(r, scheme_get_text(root, "kind"));
    if (!name_good(form->kind)) {
        scheme_fault(r->faults, r->file, json_get(root, "kind"), "must be a word of letters, digits, _ and -: store");
    }
    form->id = read_reference(r, root, "id", &out->request);
    form->number = read_reference(r, root, "number", &out->request);
    if (r->document == DOCUMENT_REST_TARGET) {
        rest_target_read(r->faults, r->keep, r->file, id_type(out), form);
    } else {
        read_paths(r, form);
    }
    read_words(r, form);
    then_read(&(struct then_reading){r->faults, r->keep, r->file}, form);
    check_lookups(r, out);
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
    char shipped[SCHEME_PATH_MAX + 8];
    (void)snprintf(shipped, sizeof shipped, "schemes/%s", path + folder);
    (void)scheme_installed(path, shipped, path, sizeof path);
    int before = faults->count;
    if (!scheme_file_read(faults, work, path, file)) {
        if (!file->root && !faults->memory) {
            scheme_fault(faults, scheme, node, "its fields are read from %s, which failed", path);
        }
        return;
    }
    struct api_reading reading = {faults, keep, file, document};
    bool target = document == DOCUMENT_TARGET_API;
    struct text driver = scheme_get_text(file->root, "driver");
    if (text_equal(driver, TEXT("rest"))) {
        reading.document = document = target ? DOCUMENT_REST_TARGET : DOCUMENT_REST_API;
    } else if (text_equal(driver, TEXT("soap")) && !target) {
        reading.document = document = DOCUMENT_SOAP_API;
    }
    if (document == DOCUMENT_TARGET_API && !paths_told(&reading)) {
        return;
    }
    if (!scheme_check(faults, file, file->root, document, "")) {
        return;
    }
    if (!text_equal(scheme_get_text(file->root, "name"), name)) {
        scheme_fault(faults, file, json_get(file->root, "name"), "is not %.*s, which the file's name and %s say",
                     TEXT_ARG(name), scheme->path);
    }
    out->name = keep_text(&reading, name);
    out->request = read_fields(&reading, "request", "/request/*", "/request/*/fields/*");
    if (target) {
        read_target(&reading, out);
    } else {
        read_source(&reading, out);
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
        if (text_equal(fields->items[i].label, name)) {        /* 店铺名称 for shop_name */
            guess->meant = fields->items[i].name.data;
        }
    }
    return NULL;
}
