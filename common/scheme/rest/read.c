#include "common/scheme/rest/read.h"

#include "common/scheme/rest/request.h"

static void read_reply(struct rest_reading *r, struct rest_form *out)
{
    const cJSON *reply = json_get(r->file->root, "reply");
    const struct text none = TEXT("");
    out->list = out->total = out->message = out->success.at = out->throttled.at = out->retry.at = none;
    if (reply && scheme_check(r->faults, r->file, reply, r->document, "/reply")) {
        out->list = rest_read_pointer(r, reply, "list");
        out->total_header = text_equal_nocase(scheme_get_text(reply, "total"), TEXT("X-Total-Count"));
        out->total = out->total_header ? none : rest_read_pointer(r, reply, "total");
        out->message = rest_read_pointer(r, reply, "message");
        rest_read_sign(r, reply, "success", "/reply/success", &out->success);
        rest_read_sign(r, reply, "throttled", "/reply/throttled", &out->throttled);
        rest_read_sign(r, reply, "retry", "/reply/retry", &out->retry);
    }
    const struct text pointers[] = {out->list,         out->total,    out->success.at, out->next,
                                    out->throttled.at, out->retry.at, out->message};
    out->names = rest_read_names(r, pointers, sizeof pointers / sizeof *pointers);
}

/* The parameter that one of the paging's keys names. */
static const char *read_paging_param(struct rest_reading *r, const cJSON *paging, const char *key, bool number)
{
    struct text name = scheme_get_text(paging, key);
    struct rest_param *param = name.data ? rest_param_find(r, json_get(paging, key), name) : NULL;
    if (!name.data) {
        scheme_fault(r->faults, r->file, paging, "\"%s\" is missing", key);
    }
    if (!param) {
        return "";
    }
    param->bare =
        param->bare || (number && !json_get(json_get(json_get(r->file->root, "request"), param->name.data), "type"));
    return param->name.data;
}

static void read_cursor(struct rest_reading *r, const cJSON *paging, struct rest_form *out)
{
    const cJSON *next = json_get(paging, "next"), *first = json_get(paging, "first");
    const cJSON *total = json_get(json_get(r->file->root, "reply"), "total");
    bool cursor = out->paging == REST_BY_CURSOR, link = text_equal_nocase(json_text(next), TEXT("Link"));
    out->next_param = cursor ? rest_keep_text(r, scheme_get_text(paging, "number")) : TEXT("");
    out->next = cursor && !link ? rest_read_pointer(r, paging, "next") : TEXT("");
    if (!cursor && next) {
        scheme_fault(r->faults, r->file, next, "only pages by cursor have it");
    } else if (cursor && !next) {
        scheme_fault(r->faults, r->file, paging,
                     "\"next\" must say where a reply names the next page: a JSON Pointer, or \"Link\" for the header");
    }
    if (cursor && first) {
        scheme_fault(r->faults, r->file, first, "the first page has no cursor: leave it out");
    }
    if (cursor && total) {
        scheme_fault(r->faults, r->file, total, "pages by cursor end where no next one is named: leave it out");
    }
}

static void read_paging(struct rest_reading *r, struct rest_form *out, struct rest_paging_read *read)
{
    const cJSON *paging = json_get(r->file->root, "pagination");
    *read = (struct rest_paging_read){.size = "", .number = "", .first = 0, .most = 1000};
    if (!scheme_check(r->faults, r->file, paging, r->document, "/pagination")) {
        return;
    }
    out->paging = (enum rest_paging)scheme_get_word(paging, "by", rest_paging_words, 0);
    if (out->paging == REST_BY_CURSOR && r->document == DOCUMENT_SOAP_API) {
        scheme_fault(r->faults, r->file, json_get(paging, "by"), "a cursor is followed in the driver rest alone");
        return;
    }
    read->most = scheme_get_integer(paging, "maxSize", 1000);
    read->first = scheme_get_integer(paging, "first", 0);
    if (out->paging == REST_WHOLE) {
        static const char *const keys[] = {"size", "number", "first", "next"};
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            if (json_get(paging, keys[i])) {
                scheme_fault(r->faults, r->file, json_get(paging, keys[i]), "one reply holds all: leave it out");
            }
        }
        return;
    }
    read->size = read_paging_param(r, paging, "size", true);
    read->number = read_paging_param(r, paging, "number", out->paging != REST_BY_CURSOR);
    if (!json_get(paging, "maxSize")) {
        scheme_fault(r->faults, r->file, paging, "\"maxSize\" is missing");
    }
    if (out->paging == REST_BY_PAGE && !json_get(paging, "first")) {
        scheme_fault(r->faults, r->file, paging, "\"first\" is missing");
    } else if (out->paging == REST_BY_OFFSET && read->first != 0) {
        scheme_fault(r->faults, r->file, json_get(paging, "first"), "an offset counts from 0: leave it out");
    }
    read_cursor(r, paging, out);
}

void rest_read_params(struct rest_reading *r, const char *const *more, size_t more_count)
{
    const cJSON *request = json_get(r->file->root, "request"), *item;
    int count = cJSON_IsObject(request) ? cJSON_GetArraySize(request) : 0;
    r->params = rest_keep(r, ((size_t)count + more_count + 1) * sizeof *r->params);
    cJSON_ArrayForEach(item, request)
    {
        int type = scheme_get_word(item, "type", scheme_type_words, TYPE_STRING);
        bool bare = type == TYPE_INTEGER || type == TYPE_NUMBER || type == TYPE_BOOLEAN;
        if (r->params) {
            r->params[r->param_count++] = (struct rest_param){rest_keep_text(r, text_of(item->string)), bare, false};
        }
    }
    for (size_t i = 0; r->params && i < more_count; i++) {
        r->params[r->param_count++] = (struct rest_param){text_of(more[i]), false, false};
    }
}

void rest_read_source(struct rest_reading *r, struct rest_form *out, struct rest_paging_read *paging)
{
    read_paging(r, out, paging);
    read_reply(r, out);
    const cJSON *window = json_get(r->file->root, "window");
    out->time = (enum rest_time)scheme_get_word(window, "format", rest_time_words, REST_DATETIME);
    out->params = r->params;
    out->param_count = r->param_count;
}

const struct rest_form *rest_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                                  struct rest_paging_read *paging)
{
    struct rest_reading reading = {.faults = faults,
                                   .keep = keep,
                                   .file = file,
                                   .document = DOCUMENT_REST_API,
                                   .setting = "REST_URL",
                                   .place = "/request"};
    int before = faults->count;
    struct rest_form *out = rest_keep(&reading, sizeof *out);
    if (!out) {
        return NULL;
    }
    *out = (struct rest_form){.call.method = NULL};
    rest_read_params(&reading, NULL, 0);
    rest_read_request(&reading, json_get(file->root, "call"), "/call", rest_method_words, &out->call);
    rest_read_auth(&reading, "REST_TOKEN", &out->auth);
    rest_read_source(&reading, out, paging);
    return faults->count == before && !faults->memory ? out : NULL;
}
