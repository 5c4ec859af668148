#include "extractor/rest/call.h"

#include <stdio.h>

#include "common/json/json.h"
#include "common/scheme/formula/date.h"
#include "common/scheme/rest/write.h"
#include "extractor/platform/params.h"

enum { TIME_ROOM = 40, SECOND = 1000 /* ms */ };

static bool is_get(const struct rest_form *form)
{
    return strcmp(form->call.method, "GET") == 0;
}

/* Every parameter of the file; one without a value is empty. */
static void fill(const struct rest_form *form, const struct source_param *params, size_t count, struct rest_value *out)
{
    for (size_t i = 0; i < form->param_count; i++) {
        const struct rest_param *param = &form->params[i];
        out[i] = (struct rest_value){param->name, TEXT(""), param->bare ? REST_BARE : REST_QUOTED};
        for (size_t k = 0; k < count; k++) {
            if (text_equal(params[k].name, param->name)) {
                out[i].value = params[k].value;
            }
        }
    }
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

static struct text moment(int64_t ms, enum rest_time time, char room[TIME_ROOM])
{
    char date[DATE_ROOM];
    struct text text = date_print(ms / SECOND + DATE_ZONE, date);
    if (time == REST_ISO) {
        (void)snprintf(room, TIME_ROOM, "%.10sT%.8s+08:00", text.data, text.data + 11);
    } else if (time == REST_DATETIME) {
        (void)snprintf(room, TIME_ROOM, "%.*s", TEXT_ARG(text));
    } else {
        (void)snprintf(room, TIME_ROOM, "%lld", (long long)(time == REST_SECONDS ? ms / SECOND : ms));
    }
    return text_of(room);
}

int rest_call_write(const struct rest_call *call, struct buffer *url, struct buffer *lines, struct buffer *body)
{
    const struct scheme *scheme = call->scheme;
    const struct rest_form *form = scheme->source.rest;
    char page[24], size[24], start[TIME_ROOM], end[TIME_ROOM];
    int64_t no = call->page;
    if (form->paging == REST_BY_OFFSET) {
        no = (call->page - scheme->source.first_page) * call->page_size;
    }
    (void)snprintf(page, sizeof page, "%lld", (long long)no);
    (void)snprintf(size, sizeof size, "%lld", (long long)call->page_size);
    struct params_call wanted = {.scheme = scheme,
                                 .env = call->env,
                                 .slice = call->slice,
                                 .key = call->key,
                                 .page = text_of(page),
                                 .size = text_of(size)};
    if (call->window.to > 0) {
        wanted.start = moment(call->window.from, form->time, start);
        wanted.end = moment(call->window.to, form->time, end);
    }
    struct source_param params[PARAMS_MAX];
    struct rest_value list[PARAMS_MAX];
    const struct rest_values values = {list, form->param_count};
    fill(form, params, params_gather(&wanted, params), list);
    put_url(url, call->base, form, &values);
    rest_write_headers(lines, &form->call, &values);
    put_body(body, form, &values);
    return url->failed || lines->failed || body->failed ? ERR_LIMIT : 0;
}
