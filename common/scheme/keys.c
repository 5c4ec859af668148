#include "common/scheme/keys.h"

#include <math.h>
#include <stdio.h>

#include "common/config/config.h"
#include "common/scheme/rest/keys.h"
#include "common/scheme/soap/keys.h"

enum { MINUTE_CALLS_MAX = 60000, WORKER_CALLS_MAX = 64, BUDGET_MAX = 1000000000 };

const char *const scheme_op_words[] = {"eq", "ne", "in", "not_in", "empty", "not_empty", "contains", "prefix", NULL};
const char *const scheme_type_words[] = {"string", "boolean", "integer", "number", "array", NULL};
const char *const scheme_source_driver_words[] = {"qimen", "rest", "soap", NULL};
const char *const scheme_letters_words[] = {"sent", "capitals", "small", NULL}; /* enum scheme_letters */
static const char *const existing_words[] = {"reject", "adopt", "skip", NULL};
const char *const scheme_target_driver_words[] = {"xingchen", "rest", NULL};
const char *const scheme_vanished_words[] = {"ignore", "report", NULL};

const char *const rest_method_words[] = {"GET", "POST", NULL};
const char *const rest_auth_words[] = {"none", "basic", "bearer", "header", "oauth2", NULL};
const char *const rest_client_words[] = {"header", "body", NULL};
const char *const rest_paging_words[] = {"page", "offset", "none", "cursor", NULL};
const char *const rest_time_words[] = {"datetime", "iso", "seconds", "milliseconds", NULL};
const char *const soap_version_words[] = {"1.1", "1.2", NULL};
const char *const soap_auth_words[] = {"none", "basic", "bearer", "header", "wsse", NULL};
const char *const soap_password_words[] = {"text", "digest", NULL};

static const struct scheme_key scheme_root[] = {
    {.name = "$schema", .kind = KEY_TEXT},
    {.name = "name", .kind = KEY_TEXT, .required = true},
    {.name = "source", .kind = KEY_OBJECT, .required = true},
    {.name = "filter", .kind = KEY_ANY}, /* a list, or a formula */
    {.name = "target", .kind = KEY_OBJECT, .required = true},
    {.name = "schedule", .kind = KEY_OBJECT},
    {.name = "budget", .kind = KEY_OBJECT},
    {.name = "keep", .kind = KEY_TEXT},
    {.name = "vanished", .kind = KEY_ANY}, /* a word, or an object */
    {.name = "after", .kind = KEY_LIST},
    {.name = "trim", .kind = KEY_SWITCH},
    {.name = "letters", .kind = KEY_WORD, .words = scheme_letters_words},
    {.name = "env", .kind = KEY_LIST},
    {.name = "tables", .kind = KEY_OBJECT},
    {.name = "lookups", .kind = KEY_OBJECT},
    {.name = "script", .kind = KEY_TEXT},
    {.name = "tests", .kind = KEY_LIST},
};
static const struct scheme_key scheme_source[] = {
    {.name = "api", .kind = KEY_TEXT, .required = true},
    {.name = "id", .kind = KEY_TEXT, .required = true},
    {.name = "number", .kind = KEY_TEXT, .required = true},
    {.name = "title", .kind = KEY_TEXT},
    {.name = "allowSecret", .kind = KEY_LIST},
    {.name = "request", .kind = KEY_OBJECT, .required = true},
    {.name = "slices", .kind = KEY_LIST},
    {.name = "pagination", .kind = KEY_OBJECT},
    {.name = "limits", .kind = KEY_OBJECT},
    {.name = "window", .kind = KEY_OBJECT},
    {.name = "split", .kind = KEY_TEXT},
};
static const struct scheme_key scheme_window[] = {
    {.name = "since", .kind = KEY_TEXT, .required = true},
    {.name = "lag", .kind = KEY_TEXT},
    {.name = "overlap", .kind = KEY_TEXT},
    {.name = "slice", .kind = KEY_TEXT},
};
static const struct scheme_key scheme_reread[] = {
    {.name = "every", .kind = KEY_TEXT, .required = true},
    {.name = "back", .kind = KEY_TEXT, .required = true},
};
static const struct scheme_key scheme_pagination[] = {
    {.name = "pageSize", .kind = KEY_INTEGER, .minimum = 1, .maximum = 1000},
    {.name = "startPage", .kind = KEY_INTEGER, .minimum = 0, .maximum = 1000000},
};
static const struct scheme_key scheme_limits[] = {
    {.name = "callsPerMinute", .kind = KEY_INTEGER, .minimum = 0, .maximum = MINUTE_CALLS_MAX},
    {.name = "concurrency", .kind = KEY_INTEGER, .minimum = 1, .maximum = WORKER_CALLS_MAX},
};
static const struct scheme_key scheme_filter[] = {
    {.name = "field", .kind = KEY_TEXT, .required = true},
    {.name = "op", .kind = KEY_WORD, .required = true, .words = scheme_op_words},
    {.name = "value", .kind = KEY_ANY},
};
static const struct scheme_key scheme_target[] = {
    {.name = "api", .kind = KEY_TEXT, .required = true},
    {.name = "batch", .kind = KEY_INTEGER, .minimum = 1, .maximum = SCHEME_BATCH_MAX},
    {.name = "existing", .kind = KEY_WORD, .words = existing_words},
    {.name = "then", .kind = KEY_LIST},
    {.name = "limits", .kind = KEY_OBJECT},
    {.name = "request", .kind = KEY_OBJECT, .required = true},
};
static const struct scheme_key scheme_each[] = {
    {.name = "each", .kind = KEY_TEXT, .required = true},
    {.name = "when", .kind = KEY_TEXT},
    {.name = "fields", .kind = KEY_OBJECT, .required = true},
};
static const char *const by_words[] = {"name", "number", NULL};
static const struct scheme_key scheme_lookup[] = {
    {.name = "list", .kind = KEY_TEXT},
    {.name = "scheme", .kind = KEY_TEXT},
    {.name = "by", .kind = KEY_WORD, .words = by_words},
};
static const struct scheme_key scheme_test[] = {
    {.name = "name", .kind = KEY_TEXT, .required = true},
    {.name = "record", .kind = KEY_OBJECT, .required = true},
    {.name = "expect", .kind = KEY_OBJECT},
    {.name = "filtered", .kind = KEY_SWITCH},
    {.name = "reject", .kind = KEY_TEXT},
    {.name = "lookups", .kind = KEY_OBJECT},
};
static const struct scheme_key scheme_schedule[] = {
    {.name = "every", .kind = KEY_TEXT},
    {.name = "at", .kind = KEY_TEXT},
    {.name = "zone", .kind = KEY_TEXT},
    {.name = "reread", .kind = KEY_OBJECT},
};
static const struct scheme_key scheme_vanished[] = {
    {.name = "disable", .kind = KEY_OBJECT, .required = true},
    {.name = "percent", .kind = KEY_INTEGER, .minimum = 1, .maximum = 100},
};
static const struct scheme_key scheme_budget[] = {
    {.name = "rejects", .kind = KEY_INTEGER, .minimum = 0, .maximum = BUDGET_MAX},
    {.name = "percent", .kind = KEY_INTEGER, .minimum = 0, .maximum = 100},
    {.name = "consecutive", .kind = KEY_INTEGER, .minimum = 0, .maximum = BUDGET_MAX},
};

static const struct scheme_key source_root[] = {
    {.name = "$schema", .kind = KEY_TEXT},
    {.name = "name", .kind = KEY_TEXT, .required = true},
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "platform", .kind = KEY_TEXT},
    {.name = "docs", .kind = KEY_TEXT},
    {.name = "driver", .kind = KEY_WORD, .words = scheme_source_driver_words},
    {.name = "list", .kind = KEY_LIST, .required = true},
    {.name = "pagination", .kind = KEY_OBJECT, .required = true},
    {.name = "window", .kind = KEY_OBJECT},
    {.name = "request", .kind = KEY_OBJECT, .required = true},
    {.name = "response", .kind = KEY_OBJECT, .required = true},
};
static const struct scheme_key source_pagination[] = {
    {.name = "size", .kind = KEY_TEXT, .required = true},
    {.name = "number", .kind = KEY_TEXT, .required = true},
    {.name = "first", .kind = KEY_INTEGER, .required = true, .minimum = 0, .maximum = 1},
    {.name = "maxSize", .kind = KEY_INTEGER, .required = true, .minimum = 1, .maximum = 1000},
};
static const struct scheme_key source_window[] = {
    {.name = "start", .kind = KEY_TEXT, .required = true},
    {.name = "end", .kind = KEY_TEXT, .required = true},
    {.name = "most", .kind = KEY_TEXT, .required = true},
};
static const struct scheme_key source_param[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "docs", .kind = KEY_TEXT},
};
static const struct scheme_key source_field[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "type", .kind = KEY_WORD, .required = true, .words = scheme_type_words},
    {.name = "secret", .kind = KEY_SWITCH},
    {.name = "fields", .kind = KEY_OBJECT},
    {.name = "docs", .kind = KEY_TEXT},
};
static const struct scheme_key source_row_field[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "type", .kind = KEY_WORD, .required = true, .words = scheme_type_words},
    {.name = "docs", .kind = KEY_TEXT},
};
static const struct scheme_key target_root[] = {
    {.name = "$schema", .kind = KEY_TEXT},
    {.name = "name", .kind = KEY_TEXT, .required = true},
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "platform", .kind = KEY_TEXT},
    {.name = "docs", .kind = KEY_TEXT},
    {.name = "driver", .kind = KEY_WORD, .required = true, .words = scheme_target_driver_words},
    {.name = "kind", .kind = KEY_TEXT, .required = true},
    {.name = "id", .kind = KEY_TEXT, .required = true},
    {.name = "number", .kind = KEY_TEXT, .required = true},
    {.name = "save", .kind = KEY_OBJECT, .required = true},
    {.name = "find", .kind = KEY_OBJECT},
    {.name = "list", .kind = KEY_OBJECT, .required = true},
    {.name = "lookups", .kind = KEY_OBJECT},
    {.name = "words", .kind = KEY_OBJECT, .required = true},
    {.name = "then", .kind = KEY_OBJECT},
    {.name = "request", .kind = KEY_OBJECT, .required = true},
};
static const struct scheme_key target_step[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "path", .kind = KEY_TEXT, .required = true},
    {.name = "body", .kind = KEY_OBJECT, .required = true},
    {.name = "most", .kind = KEY_INTEGER, .minimum = 1, .maximum = SCHEME_BATCH_MAX},
    {.name = "done", .kind = KEY_OBJECT, .required = true},
    {.name = "words", .kind = KEY_LIST, .required = true},
    {.name = "docs", .kind = KEY_TEXT},
};
static const struct scheme_key target_done[] = {
    {.name = "field", .kind = KEY_TEXT, .required = true},
    {.name = "value", .kind = KEY_TEXT, .required = true},
};
static const struct scheme_key target_save[] = {
    {.name = "path", .kind = KEY_TEXT, .required = true},
    {.name = "items", .kind = KEY_TEXT},
    {.name = "most", .kind = KEY_INTEGER, .minimum = 1, .maximum = SCHEME_BATCH_MAX},
};
static const struct scheme_key target_find[] = {
    {.name = "one", .kind = KEY_TEXT},
    {.name = "many", .kind = KEY_TEXT},
    {.name = "by", .kind = KEY_TEXT},
};
static const struct scheme_key target_list[] = {
    {.name = "path", .kind = KEY_TEXT, .required = true},
    {.name = "page", .kind = KEY_TEXT, .required = true},
    {.name = "size", .kind = KEY_TEXT, .required = true},
    {.name = "rows", .kind = KEY_TEXT, .required = true},
    {.name = "search", .kind = KEY_TEXT},
    {.name = "with", .kind = KEY_OBJECT},
    {.name = "count", .kind = KEY_TEXT},
    {.name = "pages", .kind = KEY_TEXT},
};
static const struct scheme_key target_words[] = {
    {.name = "login", .kind = KEY_LIST, .required = true},
    {.name = "throttled", .kind = KEY_LIST, .required = true},
    {.name = "busy", .kind = KEY_LIST, .required = true},
    {.name = "permission", .kind = KEY_LIST, .required = true},
    {.name = "exists", .kind = KEY_LIST, .required = true},
    {.name = "gone", .kind = KEY_LIST, .required = true},
    {.name = "absent", .kind = KEY_LIST},
};
static const struct scheme_key target_field[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "type", .kind = KEY_WORD, .required = true, .words = scheme_type_words},
    {.name = "required", .kind = KEY_SWITCH},
    {.name = "lookup", .kind = KEY_TEXT},
    {.name = "values", .kind = KEY_OBJECT},
    {.name = "fields", .kind = KEY_OBJECT},
    {.name = "docs", .kind = KEY_TEXT},
};
static const struct scheme_key target_row_field[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "type", .kind = KEY_WORD, .required = true, .words = scheme_type_words},
    {.name = "required", .kind = KEY_SWITCH},
    {.name = "lookup", .kind = KEY_TEXT},
    {.name = "docs", .kind = KEY_TEXT},
};

#define SHAPE(document, path, keys)                                                                                    \
    {                                                                                                                  \
        document, path, keys, sizeof(keys) / sizeof *(keys)                                                            \
    }
const struct scheme_shape scheme_shapes[] = {
    SHAPE(DOCUMENT_SCHEME, "", scheme_root),
    SHAPE(DOCUMENT_SCHEME, "/source", scheme_source),
    SHAPE(DOCUMENT_SCHEME, "/source/pagination", scheme_pagination),
    SHAPE(DOCUMENT_SCHEME, "/source/limits", scheme_limits),
    SHAPE(DOCUMENT_SCHEME, "/source/window", scheme_window),
    SHAPE(DOCUMENT_SCHEME, "/filter/*", scheme_filter),
    SHAPE(DOCUMENT_SCHEME, "/target", scheme_target),
    SHAPE(DOCUMENT_SCHEME, "/target/limits", scheme_limits),
    SHAPE(DOCUMENT_SCHEME, "/target/request/*", scheme_each),
    SHAPE(DOCUMENT_SCHEME, "/lookups/*", scheme_lookup),
    SHAPE(DOCUMENT_SCHEME, "/tests/*", scheme_test),
    SHAPE(DOCUMENT_SCHEME, "/schedule", scheme_schedule),
    SHAPE(DOCUMENT_SCHEME, "/schedule/reread", scheme_reread),
    SHAPE(DOCUMENT_SCHEME, "/vanished", scheme_vanished),
    SHAPE(DOCUMENT_SCHEME, "/budget", scheme_budget),
    SHAPE(DOCUMENT_SOURCE_API, "", source_root),
    SHAPE(DOCUMENT_SOURCE_API, "/pagination", source_pagination),
    SHAPE(DOCUMENT_SOURCE_API, "/window", source_window),
    SHAPE(DOCUMENT_SOURCE_API, "/request/*", source_param),
    SHAPE(DOCUMENT_SOURCE_API, "/response/*", source_field),
    SHAPE(DOCUMENT_SOURCE_API, "/response/*/fields/*", source_row_field),
    SHAPE(DOCUMENT_REST_API, "", rest_root),
    SHAPE(DOCUMENT_REST_API, "/call", rest_call),
    SHAPE(DOCUMENT_REST_API, "/auth", rest_auth),
    SHAPE(DOCUMENT_REST_API, "/reply", rest_reply),
    SHAPE(DOCUMENT_REST_API, "/reply/success", rest_sign),
    SHAPE(DOCUMENT_REST_API, "/reply/throttled", rest_sign),
    SHAPE(DOCUMENT_REST_API, "/reply/retry", rest_sign),
    SHAPE(DOCUMENT_REST_API, "/pagination", rest_pagination),
    SHAPE(DOCUMENT_REST_API, "/window", rest_window),
    SHAPE(DOCUMENT_REST_API, "/request/*", rest_param),
    SHAPE(DOCUMENT_REST_API, "/response/*", source_field),
    SHAPE(DOCUMENT_REST_API, "/response/*/fields/*", source_row_field),
    SHAPE(DOCUMENT_SOAP_API, "", soap_root),
    SHAPE(DOCUMENT_SOAP_API, "/call", soap_call),
    SHAPE(DOCUMENT_SOAP_API, "/auth", soap_auth),
    SHAPE(DOCUMENT_SOAP_API, "/reply", soap_reply),
    SHAPE(DOCUMENT_SOAP_API, "/reply/success", rest_sign),
    SHAPE(DOCUMENT_SOAP_API, "/reply/throttled", rest_sign),
    SHAPE(DOCUMENT_SOAP_API, "/reply/retry", rest_sign),
    SHAPE(DOCUMENT_SOAP_API, "/reply/faults", soap_faults),
    SHAPE(DOCUMENT_SOAP_API, "/pagination", rest_pagination),
    SHAPE(DOCUMENT_SOAP_API, "/window", rest_window),
    SHAPE(DOCUMENT_SOAP_API, "/request/*", source_param),
    SHAPE(DOCUMENT_SOAP_API, "/response/*", soap_field),
    SHAPE(DOCUMENT_SOAP_API, "/response/*/fields/*", source_row_field),
    SHAPE(DOCUMENT_TARGET_API, "", target_root),
    SHAPE(DOCUMENT_TARGET_API, "/save", target_save),
    SHAPE(DOCUMENT_TARGET_API, "/find", target_find),
    SHAPE(DOCUMENT_TARGET_API, "/list", target_list),
    SHAPE(DOCUMENT_TARGET_API, "/words", target_words),
    SHAPE(DOCUMENT_TARGET_API, "/then/*", target_step),
    SHAPE(DOCUMENT_TARGET_API, "/then/*/done", target_done),
    SHAPE(DOCUMENT_TARGET_API, "/request/*", target_field),
    SHAPE(DOCUMENT_TARGET_API, "/request/*/fields/*", target_row_field),
    SHAPE(DOCUMENT_REST_TARGET, "", rest_target_root),
    SHAPE(DOCUMENT_REST_TARGET, "/auth", rest_auth),
    SHAPE(DOCUMENT_REST_TARGET, "/save", rest_target_save),
    SHAPE(DOCUMENT_REST_TARGET, "/update", rest_target_update),
    SHAPE(DOCUMENT_REST_TARGET, "/find", rest_target_find),
    SHAPE(DOCUMENT_REST_TARGET, "/list", rest_target_list),
    SHAPE(DOCUMENT_REST_TARGET, "/reply", rest_target_reply),
    SHAPE(DOCUMENT_REST_TARGET, "/reply/success", rest_sign),
    SHAPE(DOCUMENT_REST_TARGET, "/reply/results", rest_target_results),
    SHAPE(DOCUMENT_REST_TARGET, "/reply/results/success", rest_sign),
    SHAPE(DOCUMENT_REST_TARGET, "/words", rest_target_words),
    SHAPE(DOCUMENT_REST_TARGET, "/request/*", target_field),
    SHAPE(DOCUMENT_REST_TARGET, "/request/*/fields/*", target_row_field),
};
const size_t scheme_shape_count = sizeof scheme_shapes / sizeof *scheme_shapes;

static bool integer_in(const cJSON *item, int64_t minimum, int64_t maximum)
{
    return cJSON_IsNumber(item) && floor(item->valuedouble) == item->valuedouble &&
           item->valuedouble >= (double)minimum && item->valuedouble <= (double)maximum;
}

static int word_place(const cJSON *item, const char *const *words)
{
    for (int i = 0; cJSON_IsString(item) && words[i]; i++) {
        if (strcmp(words[i], item->valuestring) == 0) {
            return i;
        }
    }
    return -1;
}

static void tell_word(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *item,
                      const char *const *words)
{
    struct buffer list;
    buffer_init(&list, 400);
    struct scheme_guess guess;
    scheme_guess_start(&guess, json_text(item));
    for (int i = 0; words[i]; i++) {
        scheme_guess_offer(&guess, words[i]);
        buffer_format(&list, "%s%s", i == 0 ? "" : ", ", words[i]);
    }
    scheme_fault(faults, file, item, words[1] ? "must be one of %.*s%s" : "must be %.*s%s",
                 TEXT_ARG(buffer_text(&list)), scheme_guess_tail(&guess));
    buffer_fini(&list);
}

static bool check_kind(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *item,
                       const struct scheme_key *key)
{
    const char *must = NULL;
    switch (key->kind) {
    case KEY_TEXT:
        must = cJSON_IsString(item) && item->valuestring[0] ? NULL : "must be a text that is not empty";
        break;
    case KEY_INTEGER:
        if (!integer_in(item, key->minimum, key->maximum)) {
            scheme_fault(faults, file, item, "must be a whole number from %lld to %lld", (long long)key->minimum,
                         (long long)key->maximum);
            return false;
        }
        return true;
    case KEY_SWITCH:
        must = cJSON_IsBool(item) ? NULL : "must be true or false";
        break;
    case KEY_WORD:
        if (word_place(item, key->words) < 0) {
            tell_word(faults, file, item, key->words);
            return false;
        }
        return true;
    case KEY_OBJECT:
        must = cJSON_IsObject(item) ? NULL : "must be an object: {…}";
        break;
    case KEY_LIST:
        must = cJSON_IsArray(item) ? NULL : "must be a list: […]";
        break;
    case KEY_ANY:
        break;
    }
    if (must) {
        scheme_fault(faults, file, item, "%s", must);
    }
    return !must;
}

static const struct scheme_shape *shape_find(enum scheme_document document, const char *path)
{
    for (size_t i = 0; i < scheme_shape_count; i++) {
        if (scheme_shapes[i].document == document && strcmp(scheme_shapes[i].path, path) == 0) {
            return &scheme_shapes[i];
        }
    }
    return NULL;
}

static const struct scheme_key *key_find(const struct scheme_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (strcmp(shape->keys[i].name, name) == 0) {
            return &shape->keys[i];
        }
    }
    return NULL;
}

bool scheme_check(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *object,
                  enum scheme_document document, const char *path)
{
    if (!cJSON_IsObject(object)) {
        scheme_fault(faults, file, object, "must be an object: {…}");
        return false;
    }
    const struct scheme_shape *shape = shape_find(document, path);
    int before = faults->count;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        const struct scheme_key *key = key_find(shape, item->string);
        if (key) {
            (void)check_kind(faults, file, item, key);
            continue;
        }
        struct scheme_guess guess;
        scheme_guess_start(&guess, text_of(item->string));
        for (size_t i = 0; i < shape->count; i++) {
            scheme_guess_offer(&guess, shape->keys[i].name);
        }
        scheme_fault(faults, file, item, "no such key%s", scheme_guess_tail(&guess));
    }
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->keys[i].required && !json_get(object, shape->keys[i].name)) {
            scheme_fault(faults, file, object, "\"%s\" is missing", shape->keys[i].name);
        }
    }
    return faults->count == before;
}

struct text scheme_get_text(const cJSON *object, const char *name)
{
    struct text text = json_text(json_get(object, name));
    return text.size > 0 ? text : (struct text){NULL, 0};
}

int64_t scheme_get_integer(const cJSON *object, const char *name, int64_t fallback)
{
    const cJSON *item = json_get(object, name);
    return integer_in(item, INT32_MIN, INT32_MAX) ? (int64_t)item->valuedouble : fallback;
}

int scheme_get_word(const cJSON *object, const char *name, const char *const *words, int fallback)
{
    int place = word_place(json_get(object, name), words);
    return place < 0 ? fallback : place;
}

void scheme_guess_start(struct scheme_guess *guess, struct text word)
{
    guess->count = 0;
    guess->meant = NULL;
    bool short_enough = word.size < sizeof guess->word;
    snprintf(guess->word, sizeof guess->word, "%.*s", short_enough ? (int)word.size : 0, word.size ? word.data : "");
}

void scheme_guess_offer(struct scheme_guess *guess, const char *name)
{
    if (guess->count < SCHEME_FIELDS_MAX) {
        guess->names[guess->count++] = name;
    }
}

const char *scheme_guess_tail(struct scheme_guess *guess)
{
    const char *best = guess->meant     ? guess->meant
                       : guess->word[0] ? config_nearest(guess->word, guess->names, guess->count)
                                        : NULL;
    guess->tail[0] = '\0';
    if (best) {
        snprintf(guess->tail, sizeof guess->tail, "; did you mean %s?", best);
    }
    return guess->tail;
}
