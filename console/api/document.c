/* The OpenAPI document, from the table of operations. */
#include <stdio.h>

#include "common/base/language.h"
#include "common/config/config.h"
#include "console/api/operation.h"
#include "console/api/type.h"
#include "console/serve/request.h"
#include "console/serve/said.h"

static void choices_put(struct buffer *out, const char *choices)
{
    for (bool first = true; *choices; first = false) {
        size_t size = strcspn(choices, "|");
        buffer_format(out, "%s\"%.*s\"", first ? "" : ",", (int)size, choices);
        choices += size + (choices[size] == '|');
    }
}

static void param_put(struct buffer *out, const struct param *param, bool chinese)
{
    bool first = true;
    buffer_add_char(out, '{');
    json_member_text(out, &first, "name", text_of(param->name));
    json_member_text(out, &first, "in", param->in_path ? TEXT("path") : TEXT("query"));
    json_member_flag(out, &first, "required", param->in_path);
    put_said(out, &first, "description", text_of(param->help), chinese);
    buffer_add_text(out, TEXT(",\"schema\":{"));
    if (param->kind == PARAM_NUMBER) {
        buffer_format(out, "\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld", (long long)param->least,
                      (long long)param->most);
        if (param->otherwise) {
            buffer_format(out, ",\"default\":%lld", (long long)param->otherwise);
        }
    } else {
        buffer_add_text(out, TEXT("\"type\":\"string\""));
    }
    if (param->kind == PARAM_CHOICE) {
        buffer_add_text(out, TEXT(",\"enum\":["));
        choices_put(out, param->choices);
        buffer_add_char(out, ']');
    }
    buffer_add_text(out, TEXT("}}"));
}

static void answer_put(struct buffer *out, const struct operation *one)
{
    const char *media = one->media ? one->media : "application/json";
    buffer_format(out, "\"%u\":{\"description\":\"done\",\"content\":{\"%.*s\":{\"schema\":",
                  one->success ? one->success : 200, (int)strcspn(media, ";"), media);
    if (one->media) {
        buffer_add_text(out, strcmp(one->media, "application/json") == 0 ? TEXT("{\"type\":\"object\"}")
                                                                         : TEXT("{\"type\":\"string\"}"));
    } else {
        buffer_add_text(out,
                        TEXT("{\"type\":\"object\",\"required\":[\"data\",\"next\"],\"additionalProperties\":false,"
                             "\"properties\":{\"data\":"));
        type_schema(out, one->answer);
        buffer_add_text(out, TEXT(",\"next\":"));
        buffer_add_text(out, one->paged
                                 ? TEXT("{\"type\":[\"string\",\"null\"],\"description\":\"cursor of what follows\"}}}")
                                 : TEXT("{\"type\":\"null\"}}}"));
    }
    buffer_add_text(out, TEXT("}}},\"default\":{\"$ref\":\"#/components/responses/Problem\"}"));
}

static void operation_put(struct buffer *out, const struct operation *one, bool chinese)
{
    char method[8] = "";
    for (size_t i = 0; i < sizeof method - 1 && one->method[i]; i++) {
        method[i] = (char)(one->method[i] | 32);
    }
    bool first = true;
    buffer_format(out, "\"%s\":{", method);
    json_member_text(out, &first, "operationId", text_of(one->id));
    put_said(out, &first, "summary", text_of(one->summary), chinese);
    buffer_format(out, ",\"tags\":[\"%s\"],\"parameters\":[", one->tag);
    for (int i = 0; i < REQUEST_PARAMS && one->params[i].name; i++) {
        buffer_add_text(out, i ? TEXT(",") : TEXT(""));
        param_put(out, &one->params[i], chinese);
    }
    if (one->guarded) {
        buffer_add_text(out, one->params[0].name ? TEXT(",") : TEXT(""));
        buffer_add_text(out, TEXT("{\"name\":\"If-Match\",\"in\":\"header\",\"required\":true"));
        put_said(out, &first, "description", TEXT(N_("the ETag of what this change was made from")), chinese);
        buffer_add_text(out, TEXT(",\"schema\":{\"type\":\"string\"}}"));
    }
    buffer_add_char(out, ']');
    if (one->body) {
        buffer_add_text(out,
                        TEXT(",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":"));
        type_schema(out, one->body);
        buffer_add_text(out, TEXT("}}}"));
    }
    buffer_add_text(out, TEXT(",\"responses\":{"));
    answer_put(out, one);
    buffer_add_text(out, TEXT("},\"security\":["));
    buffer_add_text(out, one->role == ROLE_NOBODY ? TEXT("")
                                                  : TEXT("{\"token\":[]},{\"session\":[],\"header\":[],\"key\":[]}"));
    buffer_format(out, "],\"x-role\":\"%s\"}", one->role == ROLE_NOBODY ? "anybody" : role_text(one->role));
}

static void paths_put(struct buffer *out, bool chinese)
{
    for (const struct operation *one = operations; one->id; one++) {
        const struct operation *before = operations;
        while (strcmp(before->path, one->path) != 0) {
            before++;
        }
        if (before != one) {
            continue; /* stands with the first operation of this path */
        }
        buffer_format(out, "%s\"/%s\":{", one == operations ? "" : ",", one->path);
        for (const struct operation *same = one; same->id; same++) {
            if (strcmp(same->path, one->path) == 0) {
                buffer_add_text(out, same == one ? TEXT("") : TEXT(","));
                operation_put(out, same, chinese);
            }
        }
        buffer_add_char(out, '}');
    }
}

void operations_document(struct buffer *out, bool chinese)
{
    buffer_format(out,
                  "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"dianchen console\",\"version\":\"%s\",\"description\":"
                  "\"Everything that the console's page does. Answers have one form, {data, next}; problems are "
                  "application/problem+json with a stable code.\"},\"servers\":[{\"url\":\"/api/v1\"}],\"paths\":{",
                  dianchen_version);
    paths_put(out, chinese);
    buffer_add_text(out, TEXT("},\"components\":{\"schemas\":{"));
    for (const struct named_type *one = named_types; one->name; one++) {
        buffer_format(out, "%s\"%s\":", one == named_types ? "" : ",", one->name);
        type_schema(out, one->type);
    }
    buffer_add_text(
        out,
        TEXT("},\"responses\":{\"Problem\":{\"description\":\"not done\",\"content\":{\"application/problem+json\":{"
             "\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}},\"securitySchemes\":{"
             "\"token\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"made by dianchen console token "
             "new\"},"
             "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"dianchen_9700\",\"description\":\"dianchen_"
             " and "
             "the "
             "port\"},\"header\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-Dianchen\",\"description\":\"1\"},"
             "\"key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-Dianchen-Key\",\"description\":\"told by "
             "openSession\"}}}}"));
}
