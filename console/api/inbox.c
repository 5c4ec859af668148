/* What other systems bring: keys of records that have changed, and whole records. It is durable before it is answered. */
#include <microhttpd.h>
#include <stdio.h>

#include "common/run/inbox.h"
#include "common/scheme/scheme.h"
#include "console/api/calls.h"
#include "console/console.h"

/* By its scheme's name, or its file's. */
static int entry_find(struct api_request *request, struct api_answer *answer, struct catalog_entry *out)
{
    struct text name = request_text(request, "scheme");
    if (!catalog_named(request->console->catalog, name, out) && !catalog_find(request->console->catalog, name, out)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "scheme", "there is no scheme %.*s", TEXT_ARG(name));
    }
    if (out->fault[0]) {
        (void)answer_problem(answer, MHD_HTTP_CONFLICT, "scheme-fault", "%s", out->fault);
        answer_cure(answer, "mend the scheme first");
        return ERR_REFUSED;
    }
    return 0;
}

/* A text, or a number as it is written. Empty: neither. */
static struct text key_of(struct api_request *request, const cJSON *value)
{
    struct buffer out;
    struct text text = json_text(value);
    if (text.data || !cJSON_IsNumber(value)) {
        return text.data ? text : TEXT("");
    }
    buffer_init(&out, 64);
    json_put_tree(&out, value);
    text = arena_text(request->arena, buffer_text(&out));
    buffer_fini(&out);
    return text.data ? text : TEXT("");
}

static int put(struct api_request *request, struct api_answer *answer, const struct catalog_entry *scheme,
               enum inbox_kind kind, const struct inbox_item *items, size_t count)
{
    size_t bad = 0;
    int64_t waiting = 0;
    struct text name = text_of(scheme->name);
    int error = inbox_put(request->store, name, kind, items, count, &bad);
    if (error == ERR_INPUT) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "key",
                              "/%s/%zu: its key must be a text of 1 to %d bytes, or a number",
                              kind == INBOX_KEY ? "keys" : "records", bad, (int)KEY_MAX);
    }
    if (error == ERR_LIMIT) {
        answer->retry_after = 60;
        (void)answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "full", "%d records of %s wait already",
                             (int)INBOX_WAITING, scheme->name);
        answer_cure(answer, "start a service of the scheme, or dianchen fetch");
        return ERR_REFUSED;
    }
    error = error ? error : inbox_count(request->store, name, &waiting);
    bool first = true;
    buffer_add_char(&answer->body, '{');
    json_member_integer(&answer->body, &first, "taken", (int64_t)count);
    json_member_integer(&answer->body, &first, "waiting", waiting);
    buffer_add_char(&answer->body, '}');
    return error;
}

/* The list of the body; NULL after answer_problem. */
static const cJSON *list_of(struct api_request *request, struct api_answer *answer, const char *name,
                            struct inbox_item **items)
{
    const cJSON *list = json_get(request->body, name);
    int count = cJSON_GetArraySize(list);
    if (count < 1 || count > INBOX_MOST) {
        (void)answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, name, "/%s: 1 to %d in one call", name,
                             (int)INBOX_MOST);
        return NULL;
    }
    *items = arena_take(request->arena, (size_t)count * sizeof **items);
    if (!*items) {
        (void)answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "out of memory");
        return NULL;
    }
    return list;
}

int hooks_take(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct inbox_item *items;
    const cJSON *key;
    size_t count = 0;
    int error = entry_find(request, answer, &scheme);
    if (error) {
        return error;
    }
    if (!scheme.replays) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "no-key",
                              "%s can't be asked for single records: the next run reads them", scheme.source);
    }
    const cJSON *list = list_of(request, answer, "keys", &items);
    cJSON_ArrayForEach(key, list)
    {
        items[count++] = (struct inbox_item){key_of(request, key), TEXT("")};
    }
    return list ? put(request, answer, &scheme, INBOX_KEY, items, count) : ERR_REFUSED;
}

/* The key of a record, where it stands in the record itself; else *out is empty. False: it should stand there, and does not. */
static bool record_key(struct api_request *request, const struct scheme *scheme, const cJSON *record, struct text *out)
{
    struct text id = scheme->slots[scheme->source.id_slot];
    *out = TEXT("");
    if (scheme->source.split.size > 0 || text_has(id, '.')) {
        return true;
    }
    *out = key_of(request, json_get(record, id.data));
    return out->size > 0;
}

static int records_read(struct api_request *request, struct api_answer *answer, const struct scheme *scheme,
                        const cJSON *list, struct inbox_item *items, size_t *count)
{
    struct buffer text;
    const cJSON *record;
    int error = 0;
    buffer_init(&text, REQUEST_BODY_MAX);
    cJSON_ArrayForEach(record, list)
    {
        struct inbox_item *item = &items[*count];
        if (!cJSON_IsObject(record) || !record_key(request, scheme, record, &item->key)) {
            error = answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "record", "/records/%zu: it has no %.*s",
                                   *count, TEXT_ARG(scheme->slots[scheme->source.id_slot]));
            break;
        }
        buffer_clear(&text, REQUEST_BODY_MAX);
        json_put_tree(&text, record);
        item->record = arena_text(request->arena, buffer_text(&text));
        if (text.failed || !item->record.data) {
            error = answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "out of memory");
            break;
        }
        ++*count;
    }
    buffer_fini(&text);
    return error;
}

int records_push(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry entry;
    struct inbox_item *items;
    struct scheme *scheme = NULL;
    struct cause cause;
    size_t count = 0;
    int error = entry_find(request, answer, &entry);
    if (error) {
        return error;
    }
    const cJSON *list = list_of(request, answer, "records", &items);
    if (!list) {
        return ERR_REFUSED;
    }
    if (scheme_load(entry.path, &scheme, &cause) != 0) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "scheme-fault", "%s", cause.text);
    }
    error = records_read(request, answer, scheme, list, items, &count);
    scheme_free(&scheme);
    return error ? error : put(request, answer, &entry, INBOX_RECORD, items, count);
}
