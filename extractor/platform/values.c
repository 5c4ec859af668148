#include "extractor/platform/values.h"

#include <stdio.h>

#include "common/scheme/formula/date.h"

enum { SECOND = 1000 /* ms */ };

static struct text moment(int64_t ms, enum rest_time time, char room[VALUES_TIME_ROOM])
{
    char date[DATE_ROOM];
    struct text text = date_print(ms / SECOND + DATE_ZONE, date);
    if (time == REST_ISO) {
        (void)snprintf(room, VALUES_TIME_ROOM, "%.10sT%.8s+08:00", text.data, text.data + 11);
    } else if (time == REST_DATETIME) {
        (void)snprintf(room, VALUES_TIME_ROOM, "%.*s", TEXT_ARG(text));
    } else {
        (void)snprintf(room, VALUES_TIME_ROOM, "%lld", (long long)(time == REST_SECONDS ? ms / SECOND : ms));
    }
    return text_of(room);
}

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

void values_gather(const struct values_call *call, struct values *out)
{
    const struct scheme *scheme = call->scheme;
    struct source_param params[PARAMS_MAX];
    int64_t no = call->page;
    if (call->form->paging == REST_BY_OFFSET) {
        no = (call->page - scheme->source.first_page) * call->page_size;
    }
    (void)snprintf(out->page, sizeof out->page, "%lld", (long long)no);
    bool cursor = call->form->paging == REST_BY_CURSOR;
    (void)snprintf(out->size, sizeof out->size, "%lld", (long long)call->page_size);
    struct params_call wanted = {.scheme = scheme,
                                 .env = call->env,
                                 .slice = call->slice,
                                 .key = call->key,
                                 .page = text_of(!cursor        ? out->page
                                                 : call->cursor ? call->cursor
                                                                : ""),
                                 .size = text_of(out->size)};
    if (call->window.to > 0) {
        wanted.start = moment(call->window.from, call->form->time, out->start);
        wanted.end = moment(call->window.to, call->form->time, out->end);
    }
    out->count = call->form->param_count;
    fill(call->form, params, params_gather(&wanted, params), out->items);
}
