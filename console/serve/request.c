#include "console/serve/request.h"

#include <stdarg.h>
#include <stdio.h>

#include "console/api/operation.h"

static int place_of(const struct api_request *request, const char *name)
{
    for (int i = 0; i < REQUEST_PARAMS && request->operation->params[i].name; i++) {
        if (strcmp(request->operation->params[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

struct text request_text(const struct api_request *request, const char *name)
{
    int place = place_of(request, name);
    return place >= 0 && request->values[place].data ? request->values[place] : TEXT("");
}

int64_t request_integer(const struct api_request *request, const char *name)
{
    int place = place_of(request, name);
    return place >= 0 ? request->numbers[place] : 0;
}

bool request_has(const struct api_request *request, const char *name)
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

int request_audit(struct api_request *request, const char *did, struct text subject, struct text before,
                  struct text after)
{
    const struct audit line = {text_of(request->visitor->name), text_of(did), subject, before, after};
    return audit_put(request->store, &line);
}

int answer_problem(struct api_answer *answer, unsigned int status, const char *code, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    cause_write(&answer->detail, format, words);
    va_end(words);
    answer->status = status;
    answer->code = code;
    return ERR_REFUSED;
}

void answer_cure(struct api_answer *answer, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    cause_write(&answer->cure, format, words);
    va_end(words);
}

void put_json_or_text(struct buffer *out, bool *first, const char *name, struct text json, struct arena *arena)
{
    const cJSON *tree = NULL;
    if (json.size == 0) {
        json_member_null(out, first, name);
    } else if (text_is_utf8(json) && json_parse(arena, json, ANSWER_MAX, JSON_STRICT, &tree, NULL) == 0) {
        json_put_member(out, first, text_of(name));
        buffer_add_text(out, json);
    } else {
        json_member_text(out, first, name, json);
    }
}

int put_document(struct buffer *out, bool *first, const char *name, struct text text, struct arena *arena)
{
    const cJSON *tree = NULL;
    if (json_parse(arena, text, REQUEST_BODY_MAX, JSON_RELAXED, &tree, NULL) != 0) {
        json_member_null(out, first, name);
        return 0;
    }
    json_put_member(out, first, text_of(name));
    json_put_tree(out, tree);
    return 0;
}
