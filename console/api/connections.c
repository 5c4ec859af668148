/* Connections to the store, the source, the target and the robot: which of their settings stand here, never what they say, and
 * whether they hold. */
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>

#include "common/base/language.h"
#include "common/config/config.h"
#include "console/api/calls.h"
#include "console/console.h"
#include "console/serve/said.h"
#include "console/work/child.h"

enum { CHECK_SECONDS = 60, CHECK_BYTES = 1 << 20 };

/* What the last check of this console said. */
static struct {
    pthread_mutex_t lock;
    int64_t at; /* unix ms; 0 = none yet */
    bool ok;
    struct buffer checks; /* JSON, in English */
} last = {.lock = PTHREAD_MUTEX_INITIALIZER, .checks = {.limit = CHECK_BYTES}};

static const struct part {
    const char *name, *first, *second; /* of its settings, the beginnings */
} parts[] = {
    {"store", "DIANCHEN_STORE", "PGPASS"},
    {"source", "WDT_", NULL},
    {"target", "XINGCHEN_", NULL},
    {"alert", "ALERT_URL", "ALERT_SECRET"},
};

static bool begins(const char *name, const char *with)
{
    return with && text_starts(text_of(name), text_of(with));
}

/* A file that holds the value is not read. */
static const char *state_of(const struct config_setting *setting)
{
    char file[80];
    (void)snprintf(file, sizeof file, "%s_FILE", setting->name);
    if (config_variable_plain(setting->name) || config_variable_plain(file)) {
        return "set";
    }
    return setting->fallback || setting->otherwise ? "default" : "unset";
}

static void part_put(struct buffer *out, const struct part *part, bool chinese)
{
    buffer_format(out, "{\"part\":\"%s\",\"settings\":[", part->name);
    bool more = false;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct config_setting *one = &config_settings[i];
        bool first = true;
        if (!begins(one->name, part->first) && !begins(one->name, part->second)) {
            continue;
        }
        buffer_add_text(out, more ? TEXT(",{") : TEXT("{"));
        json_member_text(out, &first, "name", text_of(one->name));
        put_said(out, &first, "help", text_of(one->help), chinese);
        json_member_flag(out, &first, "secret", one->kind == CONFIG_SECRET);
        json_member_flag(out, &first, "required", one->required);
        json_member_text(out, &first, "state", text_of(state_of(one)));
        buffer_add_char(out, '}');
        more = true;
    }
    buffer_add_text(out, TEXT("]}"));
}

/* A check's line in Chinese. `dianchen check` made it with its part before it, and so the catalog knows it. */
static void line_said(struct buffer *out, bool ok, struct text part, struct text line)
{
    struct buffer whole, said;
    struct text colon = TEXT("：");
    buffer_init(&whole, CHECK_BYTES);
    buffer_init(&said, CHECK_BYTES);
    buffer_format(&whole, "%s%.*s: %.*s", ok ? "ok    " : "FAIL  ", TEXT_ARG(part), TEXT_ARG(line));
    language_put_in(&said, buffer_text(&whole), true);
    struct text all = buffer_text(&said);
    bool known = all.size > 0 && !text_starts(all, TEXT("ok    ")) && !text_starts(all, TEXT("FAIL  "));
    ptrdiff_t at = known ? text_find(all, colon) : -1;
    if (at >= 0) {
        size_t from = (size_t)at + colon.size;
        buffer_add(out, all.data + from, all.size - from);
    } else {
        language_put_in(out, line, true);
    }
    buffer_fini(&whole);
    buffer_fini(&said);
}

static void check_put(struct buffer *out, const cJSON *check, bool chinese)
{
    bool first = true, ok = cJSON_IsTrue(json_get(check, "ok")), more = false;
    struct text part = json_text(json_get(check, "part")), rest = json_text(json_get(check, "text"));
    struct buffer said;
    buffer_init(&said, CHECK_BYTES);
    while (chinese && rest.size > 0) { /* a check's further lines go on with the first */
        ptrdiff_t end = text_find(rest, TEXT("\n"));
        struct text line = {rest.data, end < 0 ? rest.size : (size_t)end};
        if (more) {
            buffer_add_char(&said, '\n');
            language_put_in(&said, line, true);
        } else {
            line_said(&said, ok, part, line);
        }
        more = true;
        rest = end < 0 ? TEXT("") : (struct text){rest.data + end + 1, rest.size - (size_t)end - 1};
    }
    buffer_add_char(out, '{');
    json_member_flag(out, &first, "ok", ok);
    json_member_text(out, &first, "part", part);
    json_member_text(out, &first, "text", more ? buffer_text(&said) : rest);
    buffer_add_char(out, '}');
    buffer_fini(&said);
}

/* The lock is held. */
static void last_put(struct buffer *out, struct api_request *request)
{
    const cJSON *tree = NULL;
    if (last.at == 0) {
        buffer_add_text(out, TEXT("null"));
        return;
    }
    buffer_format(out, "{\"at\":%lld,\"ok\":%s,\"checks\":", (long long)last.at, last.ok ? "true" : "false");
    const cJSON *check;
    (void)!json_parse(request->arena, buffer_text(&last.checks), CHECK_BYTES, JSON_STRICT, &tree, NULL);
    buffer_add_char(out, '[');
    cJSON_ArrayForEach(check, tree)
    {
        buffer_add_text(out, check == tree->child ? TEXT("") : TEXT(","));
        check_put(out, check, request->chinese);
    }
    buffer_add_text(out, TEXT("]}"));
}

int connections_list(struct api_request *request, struct api_answer *answer)
{
    buffer_add_text(&answer->body, TEXT("{\"parts\":["));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buffer_add_text(&answer->body, i ? TEXT(",") : TEXT(""));
        part_put(&answer->body, &parts[i], request->chinese);
    }
    buffer_add_text(&answer->body, TEXT("],\"last\":"));
    pthread_mutex_lock(&last.lock);
    last_put(&answer->body, request);
    pthread_mutex_unlock(&last.lock);
    buffer_add_char(&answer->body, '}');
    return 0;
}

int connections_check(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct cause cause = {""};
    struct buffer printed, said;
    struct text file = json_text(json_get(request->body, "scheme"));
    if (!catalog_find(request->console->catalog, file, &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "scheme", "there is no scheme %.*s", TEXT_ARG(file));
    }
    buffer_init(&printed, CHECK_BYTES);
    buffer_init(&said, 1 << 16);
    const cJSON *tree = NULL;
    const char *const words[] = {"check", "--json", "--scheme", scheme.path, NULL};
    int code = child_ask(words, CHECK_SECONDS, &printed, &said, &cause);
    bool told = code >= 0 &&
                json_parse(request->arena, buffer_text(&printed), CHECK_BYTES, JSON_STRICT, &tree, NULL) == 0 &&
                cJSON_IsArray(json_get(tree, "checks"));
    buffer_fini(&printed);
    buffer_fini(&said);
    if (!told) {
        answer->retry_after = code == ERR_BUSY ? 1 : 0;
        return answer_problem(answer, code == ERR_BUSY ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_BAD_GATEWAY,
                              code == ERR_BUSY ? "busy" : "check", "%s",
                              code < 0 ? cause.text : N_("dianchen check gave no answer"));
    }
    pthread_mutex_lock(&last.lock);
    last.at = store_wall();
    last.ok = cJSON_IsTrue(json_get(tree, "ok"));
    buffer_clear(&last.checks, CHECK_BYTES);
    json_put_tree(&last.checks, json_get(tree, "checks"));
    last_put(&answer->body, request);
    pthread_mutex_unlock(&last.lock);
    return 0;
}
