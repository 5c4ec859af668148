/* The keys of API files of the driver "rest". For keys.c alone. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_KEYS_H
#define DIANCHEN_COMMON_SCHEME_REST_KEYS_H

#include "common/scheme/key.h"
#include "common/scheme/model.h"

static const char *const rest_driver_words[] = {"rest", NULL};

/* ---- a source ---- */

static const struct scheme_key rest_root[] = {
    {.name = "$schema", .kind = KEY_TEXT},
    {.name = "name", .kind = KEY_TEXT, .required = true},
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "platform", .kind = KEY_TEXT},
    {.name = "docs", .kind = KEY_TEXT},
    {.name = "driver", .kind = KEY_WORD, .required = true, .words = rest_driver_words},
    {.name = "call", .kind = KEY_OBJECT, .required = true},
    {.name = "auth", .kind = KEY_OBJECT},
    {.name = "reply", .kind = KEY_OBJECT},
    {.name = "pagination", .kind = KEY_OBJECT, .required = true},
    {.name = "window", .kind = KEY_OBJECT},
    {.name = "request", .kind = KEY_OBJECT, .required = true},
    {.name = "response", .kind = KEY_OBJECT, .required = true},
};
/* What every call may say of its request. */
#define REQUEST_KEYS(methods)                                                                                          \
    {.name = "method", .kind = KEY_WORD, .words = (methods)}, {.name = "path", .kind = KEY_TEXT, .required = true},    \
        {.name = "headers", .kind = KEY_OBJECT}, {.name = "query", .kind = KEY_OBJECT},                                \
    {                                                                                                                  \
        .name = "body", .kind = KEY_ANY                                                                                \
    }
static const struct scheme_key rest_call[] = {
    REQUEST_KEYS(rest_method_words),
};
static const struct scheme_key rest_auth[] = {
    {.name = "kind", .kind = KEY_WORD, .required = true, .words = rest_auth_words},
    {.name = "name", .kind = KEY_TEXT},
    {.name = "scope", .kind = KEY_TEXT},
    {.name = "client", .kind = KEY_WORD, .words = rest_client_words},
};
static const struct scheme_key rest_reply[] = {
    {.name = "list", .kind = KEY_TEXT},      {.name = "total", .kind = KEY_TEXT},
    {.name = "success", .kind = KEY_OBJECT}, {.name = "throttled", .kind = KEY_OBJECT},
    {.name = "retry", .kind = KEY_OBJECT},   {.name = "message", .kind = KEY_TEXT},
};
static const struct scheme_key rest_sign[] = {
    {.name = "at", .kind = KEY_TEXT, .required = true},
    {.name = "values", .kind = KEY_LIST, .required = true},
};
static const struct scheme_key rest_pagination[] = {
    {.name = "by", .kind = KEY_WORD, .required = true, .words = rest_paging_words},
    {.name = "size", .kind = KEY_TEXT},
    {.name = "number", .kind = KEY_TEXT},
    {.name = "first", .kind = KEY_INTEGER, .minimum = 0, .maximum = 1},
    {.name = "maxSize", .kind = KEY_INTEGER, .minimum = 1, .maximum = 1000},
    {.name = "next", .kind = KEY_TEXT},
};
static const struct scheme_key rest_window[] = {
    {.name = "start", .kind = KEY_TEXT, .required = true},
    {.name = "end", .kind = KEY_TEXT, .required = true},
    {.name = "most", .kind = KEY_TEXT, .required = true},
    {.name = "format", .kind = KEY_WORD, .words = rest_time_words},
};
static const struct scheme_key rest_param[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "type", .kind = KEY_WORD, .words = scheme_type_words},
    {.name = "docs", .kind = KEY_TEXT},
};

/* ---- a target ---- */

static const char *const save_method_words[] = {"POST", "PUT", "PATCH", NULL};
static const struct scheme_key rest_target_root[] = {
    {.name = "$schema", .kind = KEY_TEXT},
    {.name = "name", .kind = KEY_TEXT, .required = true},
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "platform", .kind = KEY_TEXT},
    {.name = "docs", .kind = KEY_TEXT},
    {.name = "driver", .kind = KEY_WORD, .required = true, .words = rest_driver_words},
    {.name = "kind", .kind = KEY_TEXT, .required = true},
    {.name = "id", .kind = KEY_TEXT, .required = true},
    {.name = "number", .kind = KEY_TEXT, .required = true},
    {.name = "auth", .kind = KEY_OBJECT},
    {.name = "save", .kind = KEY_OBJECT, .required = true},
    {.name = "update", .kind = KEY_OBJECT},
    {.name = "find", .kind = KEY_OBJECT},
    {.name = "list", .kind = KEY_OBJECT},
    {.name = "reply", .kind = KEY_OBJECT},
    {.name = "lookups", .kind = KEY_OBJECT},
    {.name = "words", .kind = KEY_OBJECT},
    {.name = "request", .kind = KEY_OBJECT, .required = true},
};
static const struct scheme_key rest_target_save[] = {
    REQUEST_KEYS(save_method_words),
    {.name = "most", .kind = KEY_INTEGER, .minimum = 1, .maximum = SCHEME_BATCH_MAX},
};
static const struct scheme_key rest_target_update[] = {
    REQUEST_KEYS(save_method_words),
};
static const struct scheme_key rest_target_find[] = {
    REQUEST_KEYS(rest_method_words),
    {.name = "rows", .kind = KEY_TEXT},
};
static const struct scheme_key rest_target_list[] = {
    REQUEST_KEYS(rest_method_words),
    {.name = "first", .kind = KEY_INTEGER, .minimum = 0, .maximum = 1},
    {.name = "maxSize", .kind = KEY_INTEGER, .minimum = 1, .maximum = 1000},
    {.name = "rows", .kind = KEY_TEXT},
    {.name = "total", .kind = KEY_TEXT},
    {.name = "id", .kind = KEY_TEXT},
    {.name = "number", .kind = KEY_TEXT},
    {.name = "title", .kind = KEY_TEXT},
};
static const struct scheme_key rest_target_reply[] = {
    {.name = "success", .kind = KEY_OBJECT}, {.name = "code", .kind = KEY_TEXT},
    {.name = "message", .kind = KEY_TEXT},   {.name = "id", .kind = KEY_TEXT},
    {.name = "results", .kind = KEY_OBJECT},
};
static const struct scheme_key rest_target_results[] = {
    {.name = "at", .kind = KEY_TEXT},   {.name = "number", .kind = KEY_TEXT},
    {.name = "id", .kind = KEY_TEXT},   {.name = "success", .kind = KEY_OBJECT},
    {.name = "code", .kind = KEY_TEXT}, {.name = "message", .kind = KEY_TEXT},
};
static const struct scheme_key rest_target_words[] = {
    {.name = "throttled", .kind = KEY_LIST},
    {.name = "busy", .kind = KEY_LIST},
    {.name = "exists", .kind = KEY_LIST},
    {.name = "gone", .kind = KEY_LIST},
};

#endif
