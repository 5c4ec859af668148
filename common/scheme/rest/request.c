#include "common/scheme/rest/request.h"

#include "common/json/pointer.h"

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

struct rest_entries rest_read_entries(struct rest_reading *r, const cJSON *object, bool headers)
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

bool rest_path_good(struct rest_reading *r, const cJSON *node)
{
    struct text path = json_text(node);
    bool good = path.size > 0 && path.data[0] == '/';
    for (size_t i = 0; good && i < path.size; i++) {
        good = path.data[i] > ' ' && path.data[i] < 0x7f && path.data[i] != '?' && path.data[i] != '#';
    }
    if (!good) {
        scheme_fault(r->faults, r->file, node,
                     "must begin with / and follows %s: no blanks, no ? (write \"query\"), other characters than ASCII "
                     "percent-encoded",
                     r->setting);
    }
    return good;
}

void rest_read_request(struct rest_reading *r, const cJSON *node, const char *shape, const char *const *methods,
                       struct rest_request *out)
{
    if (!node || !scheme_check(r->faults, r->file, node, r->document, shape)) {
        return;
    }
    const cJSON *path = json_get(node, "path"), *body = json_get(node, "body");
    out->method = methods[scheme_get_word(node, "method", methods, 0)];
    (void)rest_path_good(r, path);
    out->path = rest_read_text(r, path);
    out->headers = rest_read_entries(r, json_get(node, "headers"), true);
    out->query = rest_read_entries(r, json_get(node, "query"), false);
    out->has_body = body != NULL;
    if (body && strcmp(out->method, "GET") == 0) {
        scheme_fault(r->faults, r->file, body, "a GET has no body: write \"method\": \"POST\", or use \"query\"");
    } else if (body) {
        out->body = rest_read_json(r, body);
    }
}

void rest_read_auth(struct rest_reading *r, const char *token, struct rest_auth_form *out)
{
    const cJSON *auth = json_get(r->file->root, "auth");
    *out = (struct rest_auth_form){.header = TEXT(""), .scope = TEXT("")};
    if (!auth || !scheme_check(r->faults, r->file, auth, r->document, "/auth")) {
        return;
    }
    struct text name = scheme_get_text(auth, "name");
    out->kind = (enum rest_auth)scheme_get_word(auth, "kind", rest_auth_words, REST_AUTH_NONE);
    if (out->kind == REST_AUTH_HEADER && !is_token(name)) {
        scheme_fault(r->faults, r->file, json_get(auth, "name") ? json_get(auth, "name") : auth,
                     "\"name\" must be the header that takes %s: \"X-Api-Key\"", token);
    } else if (out->kind != REST_AUTH_HEADER && name.data) {
        scheme_fault(r->faults, r->file, json_get(auth, "name"), "only the kind header has a name");
    }
    out->header = rest_keep_text(r, name);
    static const char *const of_oauth2[] = {"scope", "client"};
    for (size_t i = 0; out->kind != REST_AUTH_OAUTH2 && i < sizeof of_oauth2 / sizeof *of_oauth2; i++) {
        const cJSON *more = json_get(auth, of_oauth2[i]);
        if (more) {
            scheme_fault(r->faults, r->file, more, "only the kind oauth2 has a %s", of_oauth2[i]);
        }
    }
    out->scope = rest_keep_text(r, scheme_get_text(auth, "scope"));
    out->in_body = scheme_get_word(auth, "client", rest_client_words, 0) != 0;
}

struct text rest_read_pointer(struct rest_reading *r, const cJSON *object, const char *key)
{
    struct text pointer = scheme_get_text(object, key);
    if (pointer.data && !json_pointer_good(pointer)) {
        scheme_fault(r->faults, r->file, json_get(object, key),
                     "must be a JSON Pointer: /data/items is the member items of the member data");
    }
    return rest_keep_text(r, pointer);
}

void rest_read_sign(struct rest_reading *r, const cJSON *object, const char *key, const char *shape,
                    struct rest_sign *out)
{
    const cJSON *sign = json_get(object, key), *values = json_get(sign, "values"), *item;
    if (!sign || !scheme_check(r->faults, r->file, sign, r->document, shape)) {
        return;
    }
    struct text *kept = rest_keep(r, ((size_t)cJSON_GetArraySize(values) + 1) * sizeof *kept);
    out->at = rest_read_pointer(r, sign, "at");
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

const char *const *rest_read_names(struct rest_reading *r, const struct text *pointers, size_t count)
{
    const char **names = rest_keep(r, (count + 1) * sizeof *names);
    size_t used = 0;
    for (size_t i = 0; names && i < count; i++) {
        if (pointers[i].size > 1) {
            struct text name = {pointers[i].data + 1, pointers[i].size - 1};
            const char *end = memchr(name.data, '/', name.size);
            name.size = end ? (size_t)(end - name.data) : name.size;
            names[used++] = rest_keep_text(r, name).data;
        }
    }
    if (names) {
        names[used] = NULL;
    }
    return names;
}
