#include "console/serve/request.h"

#include <stdarg.h>
#include <stdio.h>

#include "console/api/operation.h"

static int place_of(const struct request *request, const char *name)
{
    for (int i = 0; i < REQUEST_PARAMS && request->operation->params[i].name; i++) {
        if (strcmp(request->operation->params[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

struct text request_text(const struct request *request, const char *name)
{
    int place = place_of(request, name);
    return place >= 0 && request->values[place].data ? request->values[place] : TEXT("");
}

int64_t request_integer(const struct request *request, const char *name)
{
    int place = place_of(request, name);
    return place >= 0 ? request->numbers[place] : 0;
}

bool request_has(const struct request *request, const char *name)
{
    int place = place_of(request, name);
    return place >= 0 && request->values[place].data;
}

static void __attribute__((format(printf, 2, 0))) cause_write(struct cause *cause, const char *format, va_list words)
{
    char text[sizeof cause->text];
    (void)vsnprintf(text, sizeof text, format, words);
    (void)cause_set(cause, 0, "%s", text);
}

int answer_problem(struct answer *answer, unsigned int status, const char *code, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    cause_write(&answer->detail, format, words);
    va_end(words);
    answer->status = status;
    answer->code = code;
    return ERR_REFUSED;
}

void answer_cure(struct answer *answer, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    cause_write(&answer->cure, format, words);
    va_end(words);
}

void put_null(struct buffer *out, bool *first, const char *name)
{
    json_put_member(out, first, text_of(name));
    buffer_add_text(out, TEXT("null"));
}

void put_text(struct buffer *out, bool *first, const char *name, struct text value)
{
    if (!value.data) {
        put_null(out, first, name);
        return;
    }
    json_put_member(out, first, text_of(name));
    json_put_text(out, value);
}

void put_integer(struct buffer *out, bool *first, const char *name, int64_t value)
{
    json_put_member(out, first, text_of(name));
    buffer_format(out, "%lld", (long long)value);
}

void put_flag(struct buffer *out, bool *first, const char *name, bool value)
{
    json_put_member(out, first, text_of(name));
    buffer_add_text(out, value ? TEXT("true") : TEXT("false"));
}

void put_json(struct buffer *out, bool *first, const char *name, struct text json, struct arena *arena)
{
    const cJSON *tree = NULL;
    if (json.size == 0) {
        put_null(out, first, name);
    } else if (text_is_utf8(json) && json_parse(arena, json, ANSWER_MAX, JSON_STRICT, &tree, NULL) == 0) {
        json_put_member(out, first, text_of(name));
        buffer_add_text(out, json);
    } else {
        put_text(out, first, name, json);
    }
}
