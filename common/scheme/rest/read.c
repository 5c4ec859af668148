#include "common/scheme/rest/read.h"

#include "common/json/pointer.h"
#include "common/scheme/rest/reading.h"

static bool is_token(struct text name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !text_has(TEXT("!#$%&'*+-.^_`|~"), c)) {
            return false;
        }
    }
    return name.size > 0;
}

/* Is it a header that the client makes by itself, or one that holds a credential? */
static bool is_own_header(struct rest_reading *r, const cJSON *item)
{
    static const char *const own[] = {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"};
    static const char *const secret[] = {"Authorization", "Proxy-Authorization", "Cookie"};
    struct text name = text_of(item->string);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (text_equal_nocase(name, text_of(own[i]))) {
            scheme_fault(r->faults, r->file, item, "%s is written by the client itself: leave it out", own[i]);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        if (text_equal_nocase(name, text_of(secret[i]))) {
            scheme_fault(r->faults, r->file, item,
                         "%s holds a credential, which no file may: name its kind in /auth, and set it in the "
                         "environment",
                         secret[i]);
            return true;
        }
    }
    return false;
}

static struct rest_entries read_entries(struct rest_reading *r, const cJSON *object, bool headers)
{
    int count = cJSON_IsObject(object) ? cJSON_GetArraySize(object) : 0;
    struct rest_entry *items = rest_keep(r, ((size_t)count + 1) * sizeof *items);
    size_t used = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (!items || (headers && is_own_header(r, item))) {
            continue;
        }
        if (headers && !is_token(text_of(item->string))) {
            scheme_fault(r->faults, r->file, item, "no name of a header: letters, digits and - only");
            continue;
        }
        struct rest_entry *entry = &items[used++];
        entry->name = rest_keep_text(r, text_of(item->string));
        entry->value = rest_read_text(r, item);
    }
    return (struct rest_entries){items, used};
}

static void read_path(struct rest_reading *r, const cJSON *call, struct rest_form *out)
{
    const cJSON *node = json_get(call, "path");
    struct text path = json_text(node);
    bool good = path.size > 0 && path.data[0] == '/';
    for (size_t i = 0; good && i < path.size; i++) {
        good = path.data[i] > ' ' && path.data[i] < 0x7f && path.data[i] != '?' && path.data[i] != '#';
    }
    if (!good) {
        scheme_fault(r->faults, r->file, node,
                     "must begin with / and follows REST_URL: no blanks, no ? (write /call/query), other characters "
                     "than ASCII percent-encoded");
    }
    out->path = rest_read_text(r, node);
}

static void read_call(struct rest_reading *r, struct rest_form *out)
{
    const cJSON *call = json_get(r->file->root, "call");
    if (!scheme_check(r->faults, r->file, call, DOCUMENT_REST_API, "/call")) {
        return;
    }
    const cJSON *body = json_get(call, "body");
    out->post = scheme_get_word(call, "method", rest_method_words, 0) == 1;
    read_path(r, call, out);
    out->headers = read_entries(r, json_get(call, "headers"), true);
    out->query = read_entries(r, json_get(call, "query"), false);
    out->has_body = body != NULL;
    if (body && !out->post) {
        scheme_fault(r->faults, r->file, body, "a GET has no body: write \"method\": \"POST\", or use /call/query");
    } else if (body) {
        out->body = rest_read_json(r, body);
    }
}

static void read_auth(struct rest_reading *r, struct rest_form *out)
{
    const cJSON *auth = json_get(r->file->root, "auth");
    out->auth = REST_AUTH_NONE;
    if (!auth || !scheme_check(r->faults, r->file, auth, DOCUMENT_REST_API, "/auth")) {
        return;
    }
    struct text name = scheme_get_text(auth, "name");
    out->auth = (enum rest_auth)scheme_get_word(auth, "kind", rest_auth_words, REST_AUTH_NONE);
    if (out->auth == REST_AUTH_HEADER && !is_token(name)) {
        scheme_fault(r->faults, r->file, json_get(auth, "name") ? json_get(auth, "name") : auth,
                     "\"name\" must be the header that takes REST_TOKEN: \"X-Api-Key\"");
    } else if (out->auth != REST_AUTH_HEADER && name.data) {
        scheme_fault(r->faults, r->file, json_get(auth, "name"), "only the kind header has a name");
    }
    out->auth_name = rest_keep_text(r, name);
}

static struct text read_pointer(struct rest_reading *r, const cJSON *object, const char *key)
{
    struct text pointer = scheme_get_text(object, key);
    if (pointer.data && !json_pointer_good(pointer)) {
        scheme_fault(r->faults, r->file, json_get(object, key),
                     "must be a JSON Pointer: /data/items is the member items of the member data");
    }
    return rest_keep_text(r, pointer);
}

static void read_sign(struct rest_reading *r, const cJSON *reply, const char *key, const char *shape,
                      struct rest_sign *out)
{
    const cJSON *sign = json_get(reply, key), *values = json_get(sign, "values"), *item;
    if (!sign || !scheme_check(r->faults, r->file, sign, DOCUMENT_REST_API, shape)) {
        return;
    }
    struct text *kept = rest_keep(r, ((size_t)cJSON_GetArraySize(values) + 1) * sizeof *kept);
    out->at = read_pointer(r, sign, "at");
    cJSON_ArrayForEach(item, values)
    {
        if (cJSON_IsObject(item) || cJSON_IsArray(item)) {
            scheme_fault(r->faults, r->file, item, "must be a text, a number, true, false or null");
        } else if (kept) {
            kept[out->count++] = cJSON_IsString(item) ? rest_keep_text(r, json_text(item)) : rest_keep_tree(r, item);
        }
    }
    if (cJSON_GetArraySize(values) == 0) {
        scheme_fault(r->faults, r->file, values, "needs at least one value");
    }
    out->values = kept;
}

/* The outermost members that pointers go through: by them a reply is known. */
static void name_members(struct rest_reading *r, struct rest_form *out)
{
    const struct text pointers[] = {out->list,         out->total,    out->success.at,
                                    out->throttled.at, out->retry.at, out->message};
    const char **names = rest_keep(r, (sizeof pointers / sizeof *pointers + 1) * sizeof *names);
    size_t count = 0;
    for (size_t i = 0; names && i < sizeof pointers / sizeof *pointers; i++) {
        if (pointers[i].size > 1) {
            struct text name = {pointers[i].data + 1, pointers[i].size - 1};
            const char *end = memchr(name.data, '/', name.size);
            name.size = end ? (size_t)(end - name.data) : name.size;
            names[count++] = rest_keep_text(r, name).data;
        }
    }
    if (names) {
        names[count] = NULL;
    }
    out->names = names;
}

static void read_reply(struct rest_reading *r, struct rest_form *out)
{
    const cJSON *reply = json_get(r->file->root, "reply");
    const struct text none = TEXT("");
    out->list = out->total = out->message = out->success.at = out->throttled.at = out->retry.at = none;
    if (reply && scheme_check(r->faults, r->file, reply, DOCUMENT_REST_API, "/reply")) {
        out->list = read_pointer(r, reply, "list");
        out->total_header = text_equal_nocase(scheme_get_text(reply, "total"), TEXT("X-Total-Count"));
        out->total = out->total_header ? none : read_pointer(r, reply, "total");
        out->message = read_pointer(r, reply, "message");
        read_sign(r, reply, "success", "/reply/success", &out->success);
        read_sign(r, reply, "throttled", "/reply/throttled", &out->throttled);
        read_sign(r, reply, "retry", "/reply/retry", &out->retry);
    }
    name_members(r, out);
}

/* The parameter that one of the paging's keys names. */
static const char *read_paging_param(struct rest_reading *r, const cJSON *paging, const char *key)
{
    struct text name = scheme_get_text(paging, key);
    struct rest_param *param = name.data ? rest_param_find(r, json_get(paging, key), name) : NULL;
    if (!name.data) {
        scheme_fault(r->faults, r->file, paging, "\"%s\" is missing", key);
    }
    if (!param) {
        return "";
    }
    param->bare = param->bare || !json_get(json_get(json_get(r->file->root, "request"), param->name.data), "type");
    return param->name.data;
}

static void read_paging(struct rest_reading *r, struct rest_form *out, struct rest_paging_read *read)
{
    const cJSON *paging = json_get(r->file->root, "pagination");
    enum { CURSOR = REST_WHOLE + 1 };
    *read = (struct rest_paging_read){.size = "", .number = "", .first = 0, .most = 1000};
    if (!scheme_check(r->faults, r->file, paging, DOCUMENT_REST_API, "/pagination")) {
        return;
    }
    int by = scheme_get_word(paging, "by", rest_paging_words, 0);
    if (by == CURSOR) {
        scheme_fault(r->faults, r->file, json_get(paging, "by"),
                     "a cursor can't be followed: pages are read side by side, and each again by itself after an "
                     "outage. Ask the API for pages by number or offset");
        return;
    }
    out->paging = (enum rest_paging)by;
    read->most = scheme_get_integer(paging, "maxSize", 1000);
    read->first = scheme_get_integer(paging, "first", 0);
    if (out->paging == REST_WHOLE) {
        static const char *const keys[] = {"size", "number", "first"};
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            if (json_get(paging, keys[i])) {
                scheme_fault(r->faults, r->file, json_get(paging, keys[i]), "one reply holds all: leave it out");
            }
        }
        return;
    }
    read->size = read_paging_param(r, paging, "size");
    read->number = read_paging_param(r, paging, "number");
    if (!json_get(paging, "maxSize")) {
        scheme_fault(r->faults, r->file, paging, "\"maxSize\" is missing");
    }
    if (out->paging == REST_BY_PAGE && !json_get(paging, "first")) {
        scheme_fault(r->faults, r->file, paging, "\"first\" is missing");
    } else if (out->paging == REST_BY_OFFSET && read->first != 0) {
        scheme_fault(r->faults, r->file, json_get(paging, "first"), "an offset counts from 0: leave it out");
    }
}

static void read_params(struct rest_reading *r)
{
    const cJSON *request = json_get(r->file->root, "request"), *item;
    int count = cJSON_IsObject(request) ? cJSON_GetArraySize(request) : 0;
    r->params = rest_keep(r, ((size_t)count + 1) * sizeof *r->params);
    cJSON_ArrayForEach(item, request)
    {
        int type = scheme_get_word(item, "type", scheme_type_words, TYPE_STRING);
        bool bare = type == TYPE_INTEGER || type == TYPE_NUMBER || type == TYPE_BOOLEAN;
        if (r->params) {
            r->params[r->param_count++] = (struct rest_param){rest_keep_text(r, text_of(item->string)), bare, false};
        }
    }
}

const struct rest_form *rest_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                                  struct rest_paging_read *paging)
{
    struct rest_reading reading = {.faults = faults, .keep = keep, .file = file};
    int before = faults->count;
    struct rest_form *out = rest_keep(&reading, sizeof *out);
    if (!out) {
        return NULL;
    }
    *out = (struct rest_form){.auth = REST_AUTH_NONE};
    read_params(&reading);
    read_paging(&reading, out, paging);
    read_call(&reading, out);
    read_auth(&reading, out);
    read_reply(&reading, out);
    const cJSON *window = json_get(file->root, "window");
    out->time = (enum rest_time)scheme_get_word(window, "format", rest_time_words, REST_DATETIME);
    out->params = reading.params;
    out->param_count = reading.param_count;
    return faults->count == before && !faults->memory ? out : NULL;
}
