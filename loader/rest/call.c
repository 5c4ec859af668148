#include "loader/rest/call.h"

#include <stdio.h>

#include "common/json/json.h"
#include "common/scheme/rest/write.h"

const struct rest_request *rest_call_request(const struct target_form *form, int kind)
{
    const struct rest_target *rest = form->rest;
    return kind == REST_CALL_SAVE     ? &rest->save
           : kind == REST_CALL_UPDATE ? &rest->update
           : kind == REST_CALL_FIND   ? &rest->find
                                      : &rest->list;
}

static void begin(struct target_call *out, const struct target_form *form, int kind, const struct rest_values *values)
{
    bool first;
    out->form = form;
    out->kind = kind;
    rest_write_address(&out->address, "", rest_call_request(form, kind), values, &first);
}

/* A record as it stands, or with its id in front. */
static void put_record(struct buffer *out, const struct target_form *form, const struct target_item *item, bool with_id)
{
    struct text payload = item->payload;
    if (with_id) {
        const struct rest_value id = {.value = item->target_id, .form = form->rest->id_bare ? REST_BARE : REST_QUOTED};
        buffer_add_char(out, '{');
        json_put_text(out, form->id);
        buffer_add_char(out, ':');
        rest_write_json(out, &id);
        payload = text_trim((struct text){payload.data + 1, payload.size - 1});
        if (!text_starts(payload, TEXT("}"))) {
            buffer_add_char(out, ',');
        }
    }
    buffer_add_text(out, payload);
}

void rest_call_save(struct target_call *out, const struct target_form *form, const struct target_item *items,
                    size_t count)
{
    const struct rest_target *rest = form->rest;
    bool update = rest->update.method && items[0].target_id.size > 0, several = rest->several && !update;
    const struct rest_request *request = update ? &rest->update : &rest->save;
    struct buffer records;
    buffer_init(&records, out->body.limit);
    if (several) {
        buffer_add_char(&records, '[');
    }
    for (size_t i = 0; i < (several ? count : 1); i++) {
        if (i > 0) {
            buffer_add_char(&records, ',');
        }
        put_record(&records, form, &items[i], items[i].target_id.size > 0 && !(update && rest->id_placed));
    }
    if (several) {
        buffer_add_char(&records, ']');
    }
    const struct rest_value list[] = {
        {TEXT("id"), items[0].target_id, rest->id_bare ? REST_BARE : REST_QUOTED},
        {several ? TEXT("records") : TEXT("record"), buffer_text(&records), REST_RAW},
    };
    const struct rest_values values = {list, sizeof list / sizeof *list};
    begin(out, form, update ? REST_CALL_UPDATE : REST_CALL_SAVE, &values);
    if (request->has_body) {
        rest_write_body(&out->body, &request->body, &values);
    } else {
        buffer_add_text(&out->body, buffer_text(&records));
    }
    out->body.failed = out->body.failed || records.failed;
    buffer_fini(&records);
}

void rest_call_list(struct target_call *out, const struct target_form *form, const struct target_ask *ask)
{
    const struct rest_target *rest = form->rest;
    bool find = ask->search.data && rest->find.method;
    int64_t size = ask->size < rest->page_size ? ask->size : rest->page_size;
    int64_t no = ask->no - 1 + rest->first;
    char page[24], offset[24], wanted[24];
    (void)snprintf(page, sizeof page, "%lld", (long long)no);
    (void)snprintf(offset, sizeof offset, "%lld", (long long)ask->before); /* as they came: pages may be capped */
    (void)snprintf(wanted, sizeof wanted, "%lld", (long long)size);
    const struct rest_value list[] = {
        {TEXT("number"), find ? ask->search : TEXT(""), REST_QUOTED},
        {TEXT("page"), text_of(page), REST_BARE},
        {TEXT("offset"), text_of(offset), REST_BARE},
        {TEXT("size"), text_of(wanted), REST_BARE},
    };
    const struct rest_values values = {list, sizeof list / sizeof *list};
    const struct rest_part other = {REST_TEXT, ask->path};
    struct rest_request request = find ? rest->find : rest->list;
    bool first;
    if (ask->other) {
        request.path = (struct rest_template){&other, 1};
    }
    out->form = form;
    out->kind = find ? REST_CALL_FIND : REST_CALL_LIST;
    rest_write_address(&out->address, "", &request, &values, &first);
    if (request.has_body) {
        rest_write_body(&out->body, &request.body, &values);
    }
}
