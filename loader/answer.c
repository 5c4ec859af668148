#include "loader/answer.h"

#include <math.h>
#include <stdio.h>

#include "common/json/scan.h"

enum { CURE_MAX = 400, MENDED_MAX = 2 * ANSWER_BODY_MAX };

bool answer_way(struct arena *arena, const struct http_reply *reply, const char *setting, struct answer *out)
{
    char cure[CURE_MAX];
    bool answered = reply->reach == HTTP_ANSWERED;
    out->idle = !answered && (reply->unsent || reply->reach == HTTP_UNSENT);
    out->too_large = !answered && reply->too_large;
    out->message = answered ? TEXT("") : arena_text(arena, text_of(reply->why));
    if (!reply_cure(reply, setting, cure, sizeof cure)) {
        return !answered;
    }
    struct text kept = arena_text(arena, text_of(cure));
    out->class = REPLY_FATAL;
    out->idle = out->idle || answered; /* what only can't be decoded may have been executed */
    out->cure = kept.data ? kept.data : "see the log";
    out->message = answered ? TEXT("is not the target's") : out->message;
    return true;
}

int answer_parse(struct arena *arena, struct text body, const cJSON **out)
{
    const enum json_flags flags = JSON_CONTROLS | JSON_MEND;
    int error = json_parse(arena, body, ANSWER_BODY_MAX, flags, out, NULL);
    if (error != ERR_SYNTAX && error != ERR_LIMIT) {
        return error;
    }
    struct buffer mended;
    buffer_init(&mended, MENDED_MAX);
    error = json_mend(text_trim(body), arena, &mended);
    error = error ? error : json_parse(arena, buffer_text(&mended), MENDED_MAX, flags, out, NULL);
    buffer_fini(&mended);
    return error;
}

static bool is_code(struct text word)
{
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') {
            return false;
        }
    }
    return true;
}

bool answer_says(const struct target_form *form, enum target_word word, struct text message, struct text code)
{
    const struct target_words *words = &form->words[word];
    for (size_t i = 0; i < words->count; i++) {
        struct text item = words->items[i];
        if (is_code(item) ? text_equal(code, item)
                          : text_find_nocase(message, item) >= 0 || text_find_nocase(code, item) >= 0) {
            return true;
        }
    }
    return false;
}

bool answer_shows(const cJSON *record, struct text member, struct text wanted)
{
    struct buffer value;
    buffer_init(&value, 1000);
    json_put_tree(&value, json_get(record, member.data));
    struct text t = buffer_text(&value);
    if (t.size >= 2 && t.data[0] == '"') {
        t = (struct text){t.data + 1, t.size - 2};
    }
    bool same = text_equal(t, wanted);
    buffer_fini(&value);
    return same;
}

struct text answer_id(struct arena *arena, const cJSON *item)
{
    if (cJSON_IsNumber(item) && item->valuedouble == floor(item->valuedouble) && fabs(item->valuedouble) < 1e15) {
        char digits[24];
        int size = snprintf(digits, sizeof digits, "%.0f", item->valuedouble);
        return arena_text(arena, (struct text){digits, (size_t)size});
    }
    struct text t = json_text(item);
    return t.size > 0 ? t : (struct text){NULL, 0};
}

struct text answer_target_id(struct arena *arena, const cJSON *item)
{
    struct text id = answer_id(arena, item);
    bool fine = id.size > 0 && id.size <= TARGET_ID_MAX;
    for (size_t i = 0; fine && i < id.size; i++) {
        fine = id.data[i] > ' ' && id.data[i] < 0x7f;
    }
    return fine ? id : (struct text){NULL, 0};
}
