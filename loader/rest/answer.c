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
    } else if (status == 401 && form->rest->auth.kind == REST_AUTH_OAUTH2) {
        out->class = REPLY_LOGIN;
        out->idle = true;
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

/* ---- a result for each record ---- */

const cJSON *rest_answer_results(const struct target_form *form, const struct answer *answer)
{
    struct text pointer = form->rest->results;
    const cJSON *results = pointer.size > 0 ? json_pointer_get(answer->data, pointer) : NULL;
    return cJSON_IsArray(results) ? results : NULL;
}

static struct text text_at(struct arena *arena, const cJSON *root, struct text pointer)
{
    struct text text = rest_answer_scalar(arena, root, pointer);
    return text.size > 0 ? secret_wiped(arena, text) : TEXT("");
}

struct rest_said rest_answer_said(struct arena *arena, const struct target_form *form, const struct answer *answer,
                                  const cJSON *result)
{
    const struct rest_result *each = &form->rest->each;
    bool told, shown = rest_answer_shows(arena, result, &each->success, &told), has_sign = each->success.at.size > 0;
    struct rest_said said = {.id = answer_target_id(arena, json_pointer_get(result, each->id)),
                             .message = text_at(arena, result, each->message),
                             .code = text_at(arena, result, each->code)};
    said.code = said.code.size > 0 ? said.code : answer->code;
    said.saved = has_sign ? shown : said.id.size > 0;
    said.refused = !said.saved && (has_sign ? told : said.message.size > 0);
    return said;
}

bool rest_answer_of_call(const struct target_form *form, const struct rest_said *said, enum target_word word)
{
    return said->refused && answer_says(form, word, said->message, said->code) &&
           !answer_says(form, WORD_EXISTS, said->message, said->code) &&
           !answer_says(form, WORD_GONE, said->message, said->code);
}

/* What each result of a save says of the call is no refusal of its record. */
static void read_results(struct arena *arena, const struct target_form *form, struct answer *out)
{
    bool saves = out->call == REST_CALL_SAVE || out->call == REST_CALL_UPDATE, busy = false;
    const cJSON *results = saves ? rest_answer_results(form, out) : NULL;
    struct rest_said said = {.saved = true};
    for (const cJSON *item = results ? results->child : NULL; item; item = item->next) {
        said = rest_answer_said(arena, form, out, item);
        bool fast = rest_answer_of_call(form, &said, WORD_THROTTLED);
        busy = busy || !fast;
        if (!fast && !rest_answer_of_call(form, &said, WORD_BUSY)) {
            return;
        }
    }
    if (said.refused) {
        out->class = busy ? REPLY_RETRY : REPLY_THROTTLED;
        out->idle = !busy;
        out->worded = true;
        out->code = said.code;
        out->message = said.message;
    }
}

/* HTTP 2xx: does the reply say that it went well? */
static void read_success(struct arena *arena, const struct target_form *form, bool words, struct answer *out)
{
    const struct rest_sign *success = &form->rest->whole.success;
    bool told, shown = rest_answer_shows(arena, out->data, success, &told);
    if (success->at.size == 0 || shown) {
        out->class = REPLY_DONE;
        if (words) {
            read_results(arena, form, out);
        }
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
