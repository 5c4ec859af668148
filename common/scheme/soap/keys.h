/* The keys of API files of the driver "soap" that others do not have. For keys.c alone. */
#ifndef DIANCHEN_COMMON_SCHEME_SOAP_KEYS_H
#define DIANCHEN_COMMON_SCHEME_SOAP_KEYS_H

#include "common/scheme/key.h"

static const char *const soap_driver_words[] = {"soap", NULL};
static const struct scheme_key soap_root[] = {
    {.name = "$schema", .kind = KEY_TEXT},
    {.name = "name", .kind = KEY_TEXT, .required = true},
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "platform", .kind = KEY_TEXT},
    {.name = "docs", .kind = KEY_TEXT},
    {.name = "driver", .kind = KEY_WORD, .required = true, .words = soap_driver_words},
    {.name = "call", .kind = KEY_OBJECT, .required = true},
    {.name = "auth", .kind = KEY_OBJECT},
    {.name = "reply", .kind = KEY_OBJECT, .required = true},
    {.name = "pagination", .kind = KEY_OBJECT, .required = true},
    {.name = "window", .kind = KEY_OBJECT},
    {.name = "request", .kind = KEY_OBJECT, .required = true},
    {.name = "response", .kind = KEY_OBJECT, .required = true},
};
static const struct scheme_key soap_call[] = {
    {.name = "path", .kind = KEY_TEXT, .required = true},
    {.name = "version", .kind = KEY_WORD, .words = soap_version_words},
    {.name = "action", .kind = KEY_TEXT},
    {.name = "namespaces", .kind = KEY_OBJECT},
    {.name = "headers", .kind = KEY_OBJECT},
    {.name = "query", .kind = KEY_OBJECT},
    {.name = "header", .kind = KEY_OBJECT},
    {.name = "body", .kind = KEY_OBJECT, .required = true},
};
static const struct scheme_key soap_auth[] = {
    {.name = "kind", .kind = KEY_WORD, .required = true, .words = soap_auth_words},
    {.name = "name", .kind = KEY_TEXT},
    {.name = "password", .kind = KEY_WORD, .words = soap_password_words},
};
static const struct scheme_key soap_reply[] = {{.name = "list", .kind = KEY_TEXT, .required = true},
                                               {.name = "total", .kind = KEY_TEXT},
                                               {.name = "success", .kind = KEY_OBJECT},
                                               {.name = "throttled", .kind = KEY_OBJECT},
                                               {.name = "retry", .kind = KEY_OBJECT},
                                               {.name = "message", .kind = KEY_TEXT},
                                               {.name = "faults", .kind = KEY_OBJECT}};
static const struct scheme_key soap_faults[] = {
    {.name = "throttled", .kind = KEY_LIST}, {.name = "retry", .kind = KEY_LIST}, {.name = "fatal", .kind = KEY_LIST}};
static const struct scheme_key soap_field[] = {
    {.name = "label", .kind = KEY_TEXT, .required = true},
    {.name = "type", .kind = KEY_WORD, .required = true, .words = scheme_type_words},
    {.name = "secret", .kind = KEY_SWITCH},
    {.name = "item", .kind = KEY_TEXT},
    {.name = "fields", .kind = KEY_OBJECT},
    {.name = "docs", .kind = KEY_TEXT},
};

#endif
