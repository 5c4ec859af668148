#include "loader/rest/answer.h"

#include <stdio.h>

#include "common/base/secret.h"
#include "common/json/pointer.h"
#include "loader/rest/call.h"

struct text rest_answer_scalar(struct arena *arena, const cJSON *root, struct text pointer)
{
    const cJSON *item = pointer.size > 0 ? json_pointer_get(root, pointer) : NULL;
    if (cJSON_IsString(item)) {
        return json_text(item);
    }
    if (!item || cJSON_IsObject(item) || cJSON_IsArray(item)) {
        return (struct text){NULL, 0};
    }
    struct buffer word;
    buffer_init(&word, 100);
    json_put_tree(&word, item);
    struct text kept = arena_text(arena, buffer_text(&word));
    buffer_fini(&word);
    return kept;
}

bool rest_answer_shows(struct arena *arena, const cJSON *root, const struct rest_sign *sign, bool *told)
{
    struct text said = rest_answer_scalar(arena, root, sign->at);
    *told = said.data != NULL;
    for (size_t i = 0; *told && i < sign->count; i++) {
        if (text_equal(sign->values[i], said)) {
            return true;
        }
    }
    return false;
}

static void fatal(struct answer *out, const char *cure)
{
    out->class = REPLY_FATAL;
    out->idle = true;
    out->cure = cure;
}

static bool means(const struct target_form *form, enum target_word word, const struct answer *out)
{
    char status[12];
    (void)snprintf(status, sizeof status, "%d", out->status);
    return answer_says(form, word, out->message, out->code) || answer_says(form, word, TEXT(""), text_of(status));
}

/* It is refused: for what was asked, unless its words say otherwise. Certainly not executed, but for one that is busy. */
static void refuse(const struct target_form *form, bool words, struct answer *out)
{
    bool worded =
        !answer_says(form, WORD_THROTTLED, TEXT(""), out->code) && !answer_says(form, WORD_BUSY, TEXT(""), out->code);
    out->class = REPLY_REJECT;
    out->idle = true;
    if (means(form, WORD_EXISTS, out)) {
        return;
    }
    out->gone = means(form, WORD_GONE, out);
    if (out->gone || !words) {
        return;
    }
    if (means(form, WORD_THROTTLED, out)) {
        out->class = REPLY_THROTTLED;
    } else if (means(form, WORD_BUSY, out)) {
        out->class = REPLY_RETRY;
        out->idle = false;
    }
    out->worded = out->class != REPLY_REJECT && worded;
}

/* What an address says that is not there. That of one record may be right all the same. */
static void read_missing(const struct target_form *form, bool words, struct answer *out)
{
    refuse(form, words, out);
    if (out->class != REPLY_REJECT || out->gone) {
        return;
    }
    if (out->call == REST_CALL_UPDATE) {
        out->gone = true;
    } else {
        fatal(out, "check REST_TARGET_URL and the path in its API file");
    }
}

static void read_status(const struct target_form *form, bool words, struct answer *out)
{
    int status = out->status;
    if (status == 429) {
        out->class = REPLY_THROTTLED;
        out->idle = true;
    } else if (status == 404 || status == 410) {
        read_missing(form, words, out);
    } else if (status == 401 || status == 403) {
        refuse(form, words, out);
        if (out->class == REPLY_REJECT) {
            fatal(out, "check \"auth\" of its API file, and REST_TARGET_TOKEN or REST_TARGET_USER and "
                       "REST_TARGET_PASSWORD");
        }
    } else if (status == 405 || status == 501 || (status >= 300 && status < 400)) {
        fatal(out, "check REST_TARGET_URL, and the method and path in its API file");
    } else if (status >= 400 && status < 500 && status != 408) {
        refuse(form, words, out);
    } else if (means(form, WORD_EXISTS, out)) { /* some call a number that is taken an error of their own */
        out->class = REPLY_REJECT;
        out->idle = true;
    }
}

/* HTTP 2xx: does the reply say that it went well? */
static void read_success(struct arena *arena, const struct target_form *form, bool words, struct answer *out)
{
    const struct rest_sign *success = &form->rest->whole.success;
    bool told, shown = rest_answer_shows(arena, out->data, success, &told);
    if (success->at.size == 0 || shown) {
        out->class = REPLY_DONE;
    } else if (told) {
        refuse(form, words, out);
    } else {
        char text[200];
        (void)snprintf(text, sizeof text, "the reply holds no %.*s, by which the API file knows how it went",
                       (int)text_cut(success->at, 60), success->at.data);
        out->message = arena_text(arena, text_of(text));
        out->strange = true;
        out->kind = WRAP_JSON;
    }
}

static void read_body(struct arena *arena, const struct target_form *form, const struct http_reply *reply,
                      struct answer *out)
{
    const struct rest_result *whole = &form->rest->whole;
    struct text body, code, message;
    char status[12];
    if (wrap_open(reply->body, form->rest->names, arena, &body, NULL, &out->around) == 0 &&
        answer_parse(arena, body, &out->data) == 0) {
        message = rest_answer_scalar(arena, out->data, whole->message);
        code = rest_answer_scalar(arena, out->data, whole->code);
    } else {
        char said[WRAP_SAID_ROOM];
        out->data = NULL;
        out->kind = wrap_say(reply->body, "JSON", said);
        message = arena_text(arena, text_of(said));
        code = (struct text){NULL, 0};
    }
    (void)snprintf(status, sizeof status, "%d", reply->status);
    out->message = message.size > 0 ? secret_wiped(arena, message) : TEXT("");
    out->code = code.size > 0 ? secret_wiped(arena, code) : arena_text(arena, text_of(status));
}

void rest_answer_read(struct arena *arena, const struct target_form *form, const struct target_call *call,
                      const struct http_reply *reply, bool words, struct answer *out)
{
    *out = (struct answer){.class = REPLY_RETRY,
                           .call = call->kind,
                           .total = reply->total_count,
                           .status = reply->status,
                           .ms = (int64_t)(reply->seconds * 1000),
                           .wait = reply->retry_after};
    out->code = out->message = TEXT("");
    if (answer_way(arena, reply, "REST_TARGET_URL", out)) {
        return;
    }
    bool well = reply->status >= 200 && reply->status < 300, empty = text_trim(reply->body).size == 0;
    /* But one that says it no longer waits for whom it asked. */
    out->whole = reply->status != 408 && reply->status != 504 && reply->status != 524;
    read_body(arena, form, reply, out);
    if (!well) {
        read_status(form, words, out);
    } else if (empty && (form->rest->whole.success.at.size == 0 || reply->status == 204)) {
        out->class = REPLY_DONE;
        out->message = TEXT("");
    } else if (out->data) {
        read_success(arena, form, words, out);
    } else {
        out->strange = out->kind != WRAP_JSON;
    }
}
