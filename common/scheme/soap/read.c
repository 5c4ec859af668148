#include "common/scheme/soap/read.h"

#include <stdio.h>

#include "common/scheme/rest/request.h"
#include "common/scheme/soap/markup.h"

enum { WORDS_MAX = 100, SPACES_MAX = 16 << 10, LINE_MAX = 1000 };

static const char *const credentials[] = {SOAP_NAME_USER, SOAP_NAME_PASSWORD, SOAP_NAME_TOKEN};
enum { CREDENTIALS = sizeof credentials / sizeof *credentials };

/* ---- the call ---- */

static void put_space(struct buffer *out, const char *prefix, const char *uri)
{
    buffer_format(out, " xmlns:%s=\"", prefix);
    for (const char *c = uri; *c; c++) {
        if (*c == '&') {
            buffer_add_text(out, TEXT("&amp;"));
        } else {
            buffer_add_char(out, *c);
        }
    }
    buffer_add_char(out, '"');
}

/* No blank, quote, bracket or control character: it stands between quotes. */
static bool is_uri(struct text t)
{
    for (size_t i = 0; i < t.size; i++) {
        if ((unsigned char)t.data[i] <= ' ' || t.data[i] == 0x7f || text_has(TEXT("\"\\<>"), t.data[i])) {
            return false;
        }
    }
    return t.size > 0;
}

static void read_spaces(struct rest_reading *r, const cJSON *spaces, bool instance, struct soap_form *out)
{
    static const char *const own[] = {"soap", "xsi", "xml", "xmlns"};
    struct buffer text;
    const cJSON *item;
    buffer_init(&text, SPACES_MAX);
    cJSON_ArrayForEach(item, spaces)
    {
        struct text prefix = text_of(item->string);
        bool taken = !soap_name_good(prefix);
        for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
            taken = taken || text_equal(prefix, text_of(own[i]));
        }
        if (taken) {
            scheme_fault(r->faults, r->file, item, "no prefix: letters, digits and - only; soap and xsi are there");
        } else if (!is_uri(json_text(item))) {
            scheme_fault(r->faults, r->file, item,
                         "must be the namespace of this prefix: http://erp.example.com/items");
        } else {
            put_space(&text, item->string, item->valuestring);
        }
    }
    if (instance) {
        put_space(&text, "xsi", "http://www.w3.org/2001/XMLSchema-instance");
    }
    out->namespaces = rest_keep_text(r, buffer_text(&text));
    buffer_fini(&text);
}

static void set_header(struct rest_reading *r, struct rest_entry *entry, const char *name, struct text value)
{
    struct rest_part *part = rest_keep(r, sizeof *part);
    if (part) {
        *part = (struct rest_part){REST_TEXT, rest_keep_text(r, value)};
        *entry = (struct rest_entry){text_of(name), {part, 1}};
    }
}

/* The file's headers, and those by which SOAP is known. */
static void read_headers(struct rest_reading *r, const cJSON *call, struct soap_form *out)
{
    static const char *const own[] = {"Accept", "Content-Type", "SOAPAction"};
    const struct rest_entries told = rest_read_entries(r, json_get(call, "headers"), true);
    struct rest_entry *items = rest_keep(r, (told.count + sizeof own / sizeof *own) * sizeof *items);
    char line[LINE_MAX + 100];
    if (!items) {
        return;
    }
    for (size_t i = 0; i < told.count; i++) {
        for (size_t k = 0; k < sizeof own / sizeof *own; k++) {
            if (text_equal_nocase(told.items[i].name, text_of(own[k]))) {
                scheme_fault(r->faults, r->file, json_get(call, "headers"),
                             "%s is written by the client itself: leave it out", own[k]);
            }
        }
        items[i] = told.items[i];
    }
    struct rest_entry *next = items + told.count;
    set_header(r, next++, "Accept", out->twelve ? TEXT("application/soap+xml") : TEXT("text/xml"));
    if (!out->twelve) {
        (void)snprintf(line, sizeof line, "\"%.*s\"", TEXT_ARG(out->action));
        set_header(r, next++, "SOAPAction", text_of(line));
        set_header(r, next++, "Content-Type", TEXT("text/xml; charset=utf-8"));
    } else {
        bool told_action = out->action.size > 0;
        (void)snprintf(line, sizeof line, "application/soap+xml; charset=utf-8%s%.*s%s",
                       told_action ? "; action=\"" : "", TEXT_ARG(out->action), told_action ? "\"" : "");
        set_header(r, next++, "Content-Type", text_of(line));
    }
    out->rest.call.headers = (struct rest_entries){items, (size_t)(next - items)};
}

static void read_action(struct rest_reading *r, const cJSON *call, struct soap_form *out)
{
    struct text action = scheme_get_text(call, "action");
    bool ascii = true;
    for (size_t i = 0; i < action.size; i++) {
        ascii = ascii && !(action.data[i] & 0x80);
    }
    if (action.data && (!is_uri(action) || !ascii || action.size > LINE_MAX)) {
        scheme_fault(r->faults, r->file, json_get(call, "action"),
                     "must be ASCII without blanks and quotes: http://erp.example.com/items/QueryItems");
        return;
    }
    out->action = rest_keep_text(r, action);
}

/* The credentials are no parameters of path, query and headers: those may stand in logs of boxes between. */
static void read_call(struct rest_reading *r, struct soap_form *out)
{
    const cJSON *call = json_get(r->file->root, "call"), *spaces = json_get(call, "namespaces");
    if (!scheme_check(r->faults, r->file, call, r->document, "/call")) {
        return;
    }
    struct soap_names names = {.spaces = spaces};
    size_t all = r->param_count;
    r->param_count -= CREDENTIALS;
    out->rest.call.method = "POST";
    out->twelve = scheme_get_word(call, "version", soap_version_words, 0) == 1;
    (void)rest_path_good(r, json_get(call, "path"));
    out->rest.call.path = rest_read_text(r, json_get(call, "path"));
    out->rest.call.query = rest_read_entries(r, json_get(call, "query"), false);
    read_action(r, call, out);
    read_headers(r, call, out);
    r->param_count = all;
    if (cJSON_GetArraySize(json_get(call, "body")) != 1) {
        scheme_fault(r->faults, r->file, json_get(call, "body"),
                     "needs one element, that of the operation: { \"q:QueryItems\": { … } }");
    }
    out->header = soap_read_markup(r, json_get(call, "header"), &names);
    out->body = soap_read_markup(r, json_get(call, "body"), &names);
    read_spaces(r, spaces, names.instance, out);
}

/* ---- credentials ---- */

static void read_auth(struct rest_reading *r, struct soap_form *out)
{
    const cJSON *auth = json_get(r->file->root, "auth"), *password = json_get(auth, "password");
    int header = REST_AUTH_HEADER, kind = scheme_get_word(auth, "kind", soap_auth_words, REST_AUTH_NONE);
    rest_read_auth(r, SOAP_NAME_TOKEN, &out->rest.auth);
    out->security = SOAP_NO_SECURITY;
    if (kind > header) {
        out->security =
            (enum soap_security)(SOAP_PASSWORD_TEXT + scheme_get_word(auth, "password", soap_password_words, 0));
    } else if (password) {
        scheme_fault(r->faults, r->file, password, "only the kind wsse has a password");
    }
}

/* What templates name, and what none names: that would never be sent. */
static void check_params(struct rest_reading *r, struct soap_form *out)
{
    const struct rest_param *own = r->params + r->param_count - CREDENTIALS;
    const cJSON *request = json_get(r->file->root, "request");
    for (const struct rest_param *param = r->params; param < own; param++) {
        const cJSON *node = json_get(request, param->name.data);
        for (size_t i = 0; i < CREDENTIALS; i++) {
            if (text_equal(param->name, own[i].name)) {
                scheme_fault(r->faults, r->file, node, "is the name of a setting: give the parameter another one");
            }
        }
        if (!param->placed) {
            scheme_fault(r->faults, r->file, node, "nothing in /call holds {{%.*s}}, so it would never be sent",
                         TEXT_ARG(param->name));
        }
    }
    out->has_user = own[0].placed;
    out->has_password = own[1].placed;
    out->has_token = own[2].placed;
}

/* ---- the reply ---- */

static struct soap_words read_words(struct rest_reading *r, const cJSON *faults, const char *key)
{
    const cJSON *list = json_get(faults, key), *item;
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    struct text *words = rest_keep(r, ((size_t)count + 1) * sizeof *words);
    struct soap_words out = {words, 0};
    if (count > WORDS_MAX) {
        scheme_fault(r->faults, r->file, list, "more than %d texts", WORDS_MAX);
        return out;
    }
    cJSON_ArrayForEach(item, list)
    {
        if (json_text(item).size == 0) {
            scheme_fault(r->faults, r->file, item, "must be a text that is not empty");
        } else if (words) {
            words[out.count++] = rest_keep_text(r, json_text(item));
        }
    }
    return out;
}

static void read_faults(struct rest_reading *r, struct soap_form *out)
{
    const cJSON *reply = json_get(r->file->root, "reply"), *faults = json_get(reply, "faults");
    if (faults && scheme_check(r->faults, r->file, faults, r->document, "/reply/faults")) {
        out->throttled = read_words(r, faults, "throttled");
        out->retry = read_words(r, faults, "retry");
        out->fatal = read_words(r, faults, "fatal");
    }
    struct text list = out->rest.list;
    if (list.size > 1 && !memchr(list.data + 1, '/', list.size - 1)) {
        scheme_fault(r->faults, r->file, json_get(reply, "list"),
                     "must lead from the reply's element to that of a record: /QueryItemsResponse/items/item");
    }
}

/* The arrays among fields; `rows`: those of the rows inside, too. */
static const struct soap_array *read_arrays(struct rest_reading *r, const cJSON *fields, bool rows, size_t *count)
{
    struct soap_array *arrays = rest_keep(r, ((size_t)cJSON_GetArraySize(fields) + 1) * sizeof *arrays);
    const cJSON *field;
    *count = 0;
    cJSON_ArrayForEach(field, fields)
    {
        bool array = text_equal(scheme_get_text(field, "type"), TEXT("array"));
        struct text item = scheme_get_text(field, "item");
        if (item.data && (!array || !soap_name_good(item))) {
            scheme_fault(r->faults, r->file, json_get(field, "item"),
                         "must be the name of the elements inside a field of type array");
        }
        if (!array || !arrays) {
            continue;
        }
        struct soap_array *one = &arrays[(*count)++];
        *one = (struct soap_array){.name = rest_keep_text(r, text_of(field->string)), .item = rest_keep_text(r, item)};
        if (rows) {
            one->inner = read_arrays(r, json_get(field, "fields"), false, &one->inner_count);
        }
    }
    return arrays;
}

const struct soap_form *soap_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                                  struct rest_paging_read *paging)
{
    struct rest_reading reading = {.faults = faults,
                                   .keep = keep,
                                   .file = file,
                                   .document = DOCUMENT_SOAP_API,
                                   .setting = "SOAP_URL",
                                   .place = "/request"};
    int before = faults->count;
    struct soap_form *out = rest_keep(&reading, sizeof *out);
    rest_read_params(&reading, credentials, CREDENTIALS);
    if (!out || !reading.params) {
        return NULL;
    }
    *out = (struct soap_form){.action = TEXT("")};
    read_call(&reading, out);
    read_auth(&reading, out);
    rest_read_source(&reading, &out->rest, paging);
    read_faults(&reading, out);
    check_params(&reading, out);
    out->arrays = read_arrays(&reading, json_get(file->root, "response"), true, &out->array_count);
    return faults->count == before && !faults->memory ? out : NULL;
}
