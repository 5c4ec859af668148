#include "extractor/rest/reply.h"

#include "common/json/pointer.h"
#include "extractor/platform/judge.h"
#include "extractor/platform/opened.h"

static void accept(const struct opened *reply, const struct http_reply *http, struct text id, struct source_answer *out)
{
    const struct list_form form = {.id = id, .marks = &reply->marks};
    struct list list = {.state = LIST_UNKNOWN};
    struct text value;
    out->total = opened_total(reply, http);
    int error = json_pointer_find(reply->root, reply->form->list, &reply->marks, reply->arena, &value);
    if (!error) {
        error = list_of_value(value, &form, reply->arena, &list);
    }
    if (error == ERR_NOT_FOUND) {
        error = 0;
    }
    if (list.state == LIST_UNKNOWN) {
        judge_seen(reply->root, list.seen);
    }
    judge_list(error, &list, out);
}

static const char *cure_of(int status)
{
    return status == 401 || status == 403
               ? ": check \"auth\" of the API file, and REST_TOKEN or REST_USER and REST_PASSWORD"
               : ": check REST_URL, \"call\" of the API file and HTTPS_PROXY";
}

static void reply_read(const struct http_reply *http, struct opened *reply, struct text id, struct source_answer *out)
{
    static const int no_content = 204;
    bool well = http->status >= 200 && http->status < 300;
    if (judge_way(http, "REST_URL", out)) {
        return;
    }
    if (http->status == no_content) {
        out->class = REPLY_DONE;
        return;
    }
    int error = wrap_open(http->body, reply->form->names, reply->arena, &reply->root, &reply->marks, &out->around);
    if (error) {
        if (well) {
            judge_not_json(http, out);
        } else {
            judge_status(http, cure_of(http->status), TEXT(""), out);
        }
    } else if (!opened_sign(reply, http, out)) {
        if (!well) {
            judge_status(http, cure_of(http->status), opened_message(reply), out);
        } else if (opened_well(reply, out)) {
            accept(reply, http, id, out);
        }
    }
}

void rest_reply_read(const struct http_reply *http, const struct rest_form *form, struct text id,
                     const struct source_asked *asked, int64_t first_page, struct arena *arena,
                     struct source_answer *out)
{
    struct opened reply = {.form = form, .marks.arena = arena, .arena = arena};
    reply_read(http, &reply, id, out);
    if (http->status == 401 && out->class == REPLY_FATAL && form->auth.kind == REST_AUTH_OAUTH2) {
        out->class = REPLY_LOGIN;
    }
    if (form->paging == REST_WHOLE) {
        opened_whole(asked, first_page, out);
    } else if (form->paging == REST_BY_CURSOR) {
        opened_chained(&reply, http, asked->no == first_page, out);
    }
}
