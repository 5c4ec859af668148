#include "extractor/platform/opened.h"

#include "common/base/secret.h"
#include "common/http/encode.h"
#include "common/json/pointer.h"
#include "extractor/platform/judge.h"

enum { SENTENCE_MAX = 8 << 10 /* bytes of a text that is shown */ };

/* A text, number or word of the reply, without quotes. False: nothing of that kind stands there. */
static bool scalar(const struct opened *reply, struct text pointer, struct text *out)
{
    struct text value;
    bool repaired;
    if (pointer.size == 0 || json_pointer_find(reply->root, pointer, &reply->marks, reply->arena, &value) != 0 ||
        value.size == 0 || value.size > SENTENCE_MAX || value.data[0] == '{' || value.data[0] == '[') {
        return false;
    }
    if (value.data[0] == '"') {
        return json_decode_text(value, reply->arena, out, &repaired) == 0;
    }
    if (json_decode_number(value, reply->arena, out) != 0) {
        *out = value; /* true, false, null */
    }
    return true;
}

/* Does the reply say one of the sign's values? *said is what it says. */
static bool shows(const struct opened *reply, const struct rest_sign *sign, struct text *said)
{
    if (!scalar(reply, sign->at, said)) {
        return false;
    }
    for (size_t i = 0; i < sign->count; i++) {
        if (text_equal(sign->values[i], *said)) {
            return true;
        }
    }
    return false;
}

struct text opened_message(const struct opened *reply)
{
    struct text message;
    return scalar(reply, reply->form->message, &message) ? secret_wiped(reply->arena, message) : TEXT("");
}

static void refuse(const struct opened *reply, const struct rest_sign *sign, struct text said, enum reply_class class,
                   struct source_answer *out)
{
    struct text message = opened_message(reply), value = secret_wiped(reply->arena, said);
    judge_tell(out, class, "the source refuses (%.*s = %.*s): %.*s", (int)text_cut(sign->at, 60), sign->at.data,
               (int)text_cut(value, 60), value.data, (int)text_cut(message, 200), message.size > 0 ? message.data : "");
}

bool opened_sign(const struct opened *reply, const struct http_reply *http, struct source_answer *out)
{
    struct text said;
    bool throttled = shows(reply, &reply->form->throttled, &said);
    if (throttled || shows(reply, &reply->form->retry, &said)) {
        const struct rest_sign *sign = throttled ? &reply->form->throttled : &reply->form->retry;
        refuse(reply, sign, said, throttled ? REPLY_THROTTLED : REPLY_RETRY, out);
        out->wait = http->retry_after;
        return true;
    }
    return false;
}

bool opened_well(const struct opened *reply, struct source_answer *out)
{
    const struct rest_sign *success = &reply->form->success;
    char seen[JUDGE_SEEN_ROOM];
    struct text said;
    if (success->at.size == 0 || shows(reply, success, &said)) {
        return true;
    }
    if (scalar(reply, success->at, &said)) {
        refuse(reply, success, said, REPLY_FATAL, out);
        return false;
    }
    judge_seen(reply->root, seen);
    out->strange = true;
    out->kind = WRAP_JSON;
    judge_tell(out, REPLY_RETRY,
               "the reply holds no %.*s, by which \"success\" of the API file knows how it went; its members: %s",
               (int)text_cut(success->at, 60), success->at.data, seen);
    return false;
}

int64_t opened_total(const struct opened *reply, const struct http_reply *http)
{
    struct text told;
    int64_t total = -1;
    if (reply->form->total_header) {
        total = http->total_count;
    } else if (!scalar(reply, reply->form->total, &told) || text_integer(told, &total) != 0) {
        return -1;
    }
    return total >= 0 && total <= SOURCE_TOTAL_MAX ? total : -1;
}

void opened_chained(const struct opened *reply, const struct http_reply *http, bool first, struct source_answer *out)
{
    const struct rest_form *form = reply->form;
    struct text next = TEXT("");
    if (out->too_large) {
        judge_tell(out, REPLY_FATAL, "the reply is larger than %d MiB; lower source.pagination.pageSize of the scheme",
                   SOURCE_BODY_MAX >> 20);
    }
    out->unreadable = out->too_large = false;
    if (out->class == REPLY_FATAL && !first) {
        char why[sizeof out->why];
        memcpy(why, out->why, sizeof why);
        judge_tell(out, REPLY_FATAL, "%s; if it takes the cursor of this page no more, dianchen run --new begins anew",
                   why);
    }
    if (out->class != REPLY_DONE) {
        return;
    }
    if (form->next.size > 0 ? reply->root.size > 0 && scalar(reply, form->next, &next) &&
                                  !text_equal(next, TEXT("null")) && !text_equal(next, TEXT("false"))
                            : http->next.data && http_query_find(http->next, form->next_param, reply->arena, &next)) {
        out->next = next;
    } else if (form->next.size == 0 && http->next.data) {
        judge_tell(out, REPLY_FATAL,
                   "the next page that the header Link names has no parameter %.*s: check \"number\" of the API file",
                   (int)text_cut(form->next_param, 60), form->next_param.data);
    }
    bool printable = true;
    for (size_t i = 0; i < out->next.size; i++) {
        printable = printable && (unsigned char)out->next.data[i] >= ' ';
    }
    if (out->next.size > SOURCE_CURSOR_MAX || !printable) {
        judge_tell(out, REPLY_FATAL, "the cursor of the next page is longer than %d bytes, or holds control characters",
                   SOURCE_CURSOR_MAX);
    }
}

void opened_whole(const struct source_asked *asked, int64_t first_page, struct source_answer *out)
{
    if (out->too_large) {
        judge_tell(out, REPLY_FATAL, "the reply is larger than %d MiB, and one reply holds all: this API needs paging",
                   SOURCE_BODY_MAX >> 20);
    }
    out->unreadable = out->too_large = false;
    if (out->class != REPLY_DONE) {
        return;
    }
    int64_t before = (asked->no - first_page) * asked->size, left = (int64_t)out->rows - before;
    out->total = (int64_t)out->rows;
    left = left > 0 ? left : 0;
    out->rows = (size_t)(left < asked->size ? left : asked->size);
    out->records = out->rows > 0 ? out->records + before : NULL;
}
