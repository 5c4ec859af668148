#include "common/scheme/rest/target.h"

#include "common/scheme/rest/request.h"

enum { PAGE_SIZE = 100, PARAMS_MOST = 4, POINTER_MAX = 300, HEADERS_MAX = 30 };

static const char *const save_words[] = {"POST", "PUT", "PATCH", NULL};
static const char *const update_words[] = {"PUT", "PATCH", "POST", NULL};

/* A request in whose templates only these parameters may stand. Those that stand there are left marked in r->params. */
static void read_request(struct rest_reading *r, const char *shape, const char *const *methods,
                         const char *const names[PARAMS_MOST], struct rest_request *out)
{
    r->place = shape;
    r->param_count = 0;
    for (size_t i = 0; i < PARAMS_MOST && names[i]; i++) {
        r->params[r->param_count++] = (struct rest_param){.name = text_of(names[i])};
    }
    rest_read_request(r, json_get(r->file->root, shape + 1), shape, methods, out);
    if (out->headers.count > HEADERS_MAX) {
        scheme_fault(r->faults, r->file, json_get(json_get(r->file->root, shape + 1), "headers"),
                     "more than %d headers", HEADERS_MAX);
    }
}

static bool stands(const struct rest_reading *r, const char *name)
{
    for (size_t i = 0; i < r->param_count; i++) {
        if (text_equal(r->params[i].name, text_of(name))) {
            return r->params[i].placed;
        }
    }
    return false;
}

static void read_save(struct rest_reading *r, struct rest_target *out, struct target_form *form)
{
    const cJSON *save = json_get(r->file->root, "save");
    read_request(r, "/save", save_words, (const char *const[]){"record", "records", NULL, NULL}, &out->save);
    if (!out->save.method) {
        return;
    }
    out->several = stands(r, "records");
    if (out->save.has_body && stands(r, "record") == out->several) {
        scheme_fault(r->faults, r->file, json_get(r->file->root, "save"),
                     "its body must hold {{record}}, or {{records}} where a call takes several");
    }
    form->save = rest_keep_text(r, scheme_get_text(save, "path"));
    form->save_most = out->several ? scheme_get_integer(save, "most", SCHEME_BATCH_MAX) : 1;
    if (!out->several && scheme_get_integer(save, "most", 1) != 1) {
        scheme_fault(r->faults, r->file, json_get(save, "most"),
                     "the body is one record: write it as \"body\" with {{records}}, or leave most out");
    }
}

static void read_update(struct rest_reading *r, struct rest_target *out, struct target_form *form)
{
    const cJSON *update = json_get(r->file->root, "update");
    form->update = TEXT("");
    if (!update) {
        return;
    }
    read_request(r, "/update", update_words, (const char *const[]){"id", "record", NULL, NULL}, &out->update);
    out->id_placed = stands(r, "id");
    if (out->update.has_body && !stands(r, "record")) {
        scheme_fault(r->faults, r->file, json_get(r->file->root, "update"), "its body must hold {{record}}");
    }
    form->update = rest_keep_text(r, scheme_get_text(update, "path"));
}

/* A JSON Pointer to a member of this name, where the file says nothing else. */
static struct text pointer_or(struct rest_reading *r, const cJSON *object, const char *key, struct text name)
{
    char text[POINTER_MAX];
    size_t size = 0;
    if (json_get(object, key)) {
        return rest_read_pointer(r, object, key);
    }
    text[size++] = '/';
    for (size_t i = 0; i < name.size && size + 2 < sizeof text; i++) {
        bool special = name.data[i] == '/' || name.data[i] == '~';
        text[size++] = special ? '~' : name.data[i];
        if (special) {
            text[size++] = name.data[i] == '/' ? '1' : '0';
        }
    }
    return rest_keep_text(r, (struct text){text, size});
}

static void read_paging(struct rest_reading *r, const cJSON *list, struct rest_target *out)
{
    bool page = stands(r, "page"), offset = stands(r, "offset"), size = stands(r, "size");
    out->paged = page || offset;
    out->first = scheme_get_integer(list, "first", 1);
    out->page_size = scheme_get_integer(list, "maxSize", PAGE_SIZE);
    if ((page && offset) || size != out->paged) {
        scheme_fault(
            r->faults, r->file, json_get(r->file->root, "list"),
            "a list by pages needs {{page}} or {{offset}}, and {{size}}; one that comes whole needs none of them");
    }
    if (!page && json_get(list, "first")) {
        scheme_fault(r->faults, r->file, json_get(list, "first"), "only pages with a number have a first one");
    }
}

static void read_list(struct rest_reading *r, struct rest_target *out, struct target_form *form)
{
    const cJSON *list = json_get(r->file->root, "list");
    out->page_size = PAGE_SIZE;
    if (list) {
        read_request(r, "/list", rest_method_words, (const char *const[]){"page", "offset", "size", NULL}, &out->list);
        read_paging(r, list, out);
    }
    out->rows = rest_read_pointer(r, list, "rows");
    out->row_id = pointer_or(r, list, "id", form->id);
    out->row_number = pointer_or(r, list, "number", form->number);
    out->row_title = pointer_or(r, list, "title", TEXT("name"));
    out->total_header = text_equal_nocase(scheme_get_text(list, "total"), TEXT("X-Total-Count"));
    out->total = out->total_header ? TEXT("") : rest_read_pointer(r, list, "total");
    form->list = (struct target_list){.path = rest_keep_text(r, scheme_get_text(list, "path")),
                                      .page = TEXT(""),
                                      .most = out->page_size,
                                      .size = TEXT(""),
                                      .search = TEXT(""),
                                      .with = TEXT(""),
                                      .rows = TEXT(""),
                                      .count = TEXT(""),
                                      .pages = TEXT("")};
}

/* A find is believed once it has found a record that the list shows: it is the list's search. */
static void read_find(struct rest_reading *r, struct rest_target *out, struct target_form *form)
{
    const cJSON *find = json_get(r->file->root, "find");
    form->find_one = form->find_many = form->find_by = TEXT("");
    out->found = TEXT("");
    if (!find) {
        return;
    }
    read_request(r, "/find", rest_method_words, (const char *const[]){"number", "size", NULL, NULL}, &out->find);
    if (out->find.method && !stands(r, "number")) {
        scheme_fault(r->faults, r->file, json_get(r->file->root, "find"),
                     "must hold {{number}} in its path, query or body");
    }
    out->found = rest_read_pointer(r, find, "rows");
    form->list.search = rest_keep_text(r, scheme_get_text(find, "path"));
    if (!out->list.method) {
        scheme_fault(
            r->faults, r->file, json_get(r->file->root, "find"),
            "needs \"list\" beside it: a find is believed only once it has found a record that the list shows");
    }
}

static void read_result(struct rest_reading *r, const cJSON *object, const char *shape, struct rest_result *out)
{
    *out = (struct rest_result){.id = rest_read_pointer(r, object, "id"),
                                .number = rest_read_pointer(r, object, "number"),
                                .message = rest_read_pointer(r, object, "message"),
                                .code = rest_read_pointer(r, object, "code"),
                                .success.at = TEXT("")};
    rest_read_sign(r, object, "success", shape, &out->success);
}

static void read_reply(struct rest_reading *r, struct rest_target *out, const struct target_form *form)
{
    const cJSON *reply = json_get(r->file->root, "reply"), *results = json_get(reply, "results");
    bool fine = !reply || scheme_check(r->faults, r->file, reply, r->document, "/reply");
    fine = fine && (!results || scheme_check(r->faults, r->file, results, r->document, "/reply/results"));
    if (!fine) {
        return;
    }
    read_result(r, reply, "/reply/success", &out->whole);
    read_result(r, results, "/reply/results/success", &out->each);
    out->id_told = json_get(reply, "id") != NULL || form->list.path.size == 0; /* nobody could look for it */
    out->whole.id = pointer_or(r, reply, "id", form->id);
    out->each.id = pointer_or(r, results, "id", form->id);
    out->results = rest_read_pointer(r, results, "at");
    if (results && !out->several) {
        scheme_fault(r->faults, r->file, results, "a save takes one record, so there is one result: leave it out");
    } else if (!results && out->several && form->save_most > 1) {
        scheme_fault(r->faults, r->file, json_get(r->file->root, "save"),
                     "takes several records: say in /reply/results where the reply has a result for each, or write "
                     "\"most\": 1");
    }
    if (form->save_most > 1 && form->list.path.size == 0) {
        scheme_fault(r->faults, r->file, json_get(r->file->root, "save"),
                     "takes several records, which needs \"list\": what became of each must be found out where a "
                     "reply is lost");
    }
    const struct text pointers[] = {out->rows,       out->found,    out->total,         out->whole.success.at,
                                    out->whole.code, out->whole.id, out->whole.message, out->results};
    out->names = rest_read_names(r, pointers, sizeof pointers / sizeof *pointers);
}

static void read_lookups(struct rest_reading *r, struct target_form *form)
{
    const cJSON *lookups = json_get(r->file->root, "lookups"), *item;
    int count = cJSON_IsObject(lookups) ? cJSON_GetArraySize(lookups) : 0;
    struct target_lookup *list = rest_keep(r, ((size_t)count + 1) * sizeof *list);
    if (count > 0 && form->list.path.size == 0) {
        scheme_fault(r->faults, r->file, json_get(r->file->root, "lookups"),
                     "needs \"list\": they are asked for in its way");
    }
    cJSON_ArrayForEach(item, lookups)
    {
        struct text what = text_of(item->string);
        bool named = what.size > 0 && !text_equal(what, TEXT("accounts"));
        if (!named) {
            scheme_fault(r->faults, r->file, item, "is a name with the path of a list; accounts is taken");
        } else if (rest_path_good(r, item) && list) {
            list[form->lookup_count++] =
                (struct target_lookup){rest_keep_text(r, what), rest_keep_text(r, json_text(item))};
        }
    }
    form->lookups = list;
}

void rest_target_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                      enum scheme_type id_type, struct target_form *form)
{
    struct rest_param params[PARAMS_MOST];
    struct rest_reading reading = {.faults = faults,
                                   .keep = keep,
                                   .file = file,
                                   .document = DOCUMENT_REST_TARGET,
                                   .setting = "REST_TARGET_URL",
                                   .params = params};
    struct rest_target *out = rest_keep(&reading, sizeof *out);
    if (!out) {
        return;
    }
    *out = (struct rest_target){.id_bare = id_type == TYPE_INTEGER || id_type == TYPE_NUMBER};
    form->save_items = TEXT("");
    rest_read_auth(&reading, "REST_TARGET_TOKEN", &out->auth);
    read_save(&reading, out, form);
    read_update(&reading, out, form);
    read_list(&reading, out, form);
    read_find(&reading, out, form);
    read_reply(&reading, out, form);
    read_lookups(&reading, form);
    form->rest = out;
}
