#include "extractor/rest/call.h"

#include "common/json/json.h"
#include "common/scheme/rest/write.h"
#include "extractor/platform/values.h"

static bool is_get(const struct rest_form *form)
{
    return strcmp(form->call.method, "GET") == 0;
}

/* Parameters that no template has: in the query of a GET, or of a POST whose body the file writes. */
static void put_url(struct buffer *url, const char *base, const struct rest_form *form,
                    const struct rest_values *values)
{
    bool first, own_body = !is_get(form) && !form->call.has_body;
    rest_write_address(url, base, &form->call, values, &first);
    for (size_t i = 0; !own_body && i < form->param_count; i++) {
        if (!form->params[i].placed && values->items[i].value.size > 0) {
            rest_write_pair(url, &first, form->params[i].name, values->items[i].value);
        }
    }
    buffer_add_char(url, '\0');
}

static void put_body(struct buffer *body, const struct rest_form *form, const struct rest_values *values)
{
    bool first = true;
    if (is_get(form) || form->call.has_body) {
        rest_write_body(body, &form->call.body, values);
        return;
    }
    buffer_add_char(body, '{');
    for (size_t i = 0; i < form->param_count; i++) {
        if (!form->params[i].placed && values->items[i].value.size > 0) {
            json_put_member(body, &first, form->params[i].name);
            rest_write_json(body, &values->items[i]);
        }
    }
    buffer_add_char(body, '}');
}

int rest_call_write(const struct rest_call *call, struct buffer *url, struct buffer *lines, struct buffer *body)
{
    const struct rest_form *form = call->scheme->source.rest;
    const struct values_call wanted = {.scheme = call->scheme,
                                       .form = form,
                                       .env = call->env,
                                       .slice = call->slice,
                                       .window = call->window,
                                       .key = call->key,
                                       .page = call->page,
                                       .cursor = call->cursor,
                                       .page_size = call->page_size};
    struct values gathered;
    values_gather(&wanted, &gathered);
    const struct rest_values values = {gathered.items, gathered.count};
    put_url(url, call->base, form, &values);
    rest_write_headers(lines, &form->call, &values);
    put_body(body, form, &values);
    return url->failed || lines->failed || body->failed ? ERR_LIMIT : 0;
}
