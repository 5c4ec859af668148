/* Connections to the store, the source, the target and the robot: which of their settings stand here, never what they say, and
 * whether they hold. */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/language.h"
#include "common/config/config.h"
#include "common/config/envfile.h"
#include "console/api/calls.h"
#include "console/console.h"
#include "console/serve/said.h"
#include "console/work/child.h"
#include "console/work/draft.h"

enum { CHECK_SECONDS = 60, CHECK_BYTES = 1 << 20, SETTING_VALUE_MAX = 8000 };

/* What the last check of this console said. */
static struct {
    pthread_mutex_t lock;
    int64_t at; /* unix ms; 0 = none yet */
    bool ok;
    struct buffer checks; /* JSON, in English */
} last = {.lock = PTHREAD_MUTEX_INITIALIZER, .checks = {.limit = CHECK_BYTES}};

enum { PART_BEGINNINGS = 3 };
static const struct part {
    const char *name;
    bool writable;                         /* from here; the store is open, and stays what it is */
    const char *settings[PART_BEGINNINGS]; /* their beginnings */
} parts[] = {
    {"store", false, {"DIANCHEN_STORE", "PGPASS"}},
    {"source", true, {"WDT_", "REST_", "SOAP_"}},
    {"target", true, {"XINGCHEN_", "REST_TARGET_"}},
    {"alert", true, {"ALERT_URL", "ALERT_SECRET"}},
};
enum { PARTS = sizeof parts / sizeof *parts };

/* By the longest beginning that fits. NULL: the setting is none of a connection. */
static const struct part *part_of(const struct config_setting *setting)
{
    const struct part *found = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < (size_t)PARTS * PART_BEGINNINGS; i++) {
        const struct part *part = &parts[i / PART_BEGINNINGS];
        const char *begin = part->settings[i % PART_BEGINNINGS];
        if (begin && strlen(begin) > longest && text_starts(text_of(setting->name), text_of(begin))) {
            longest = strlen(begin);
            found = part;
        }
    }
    return found;
}

/* ---- the env file ---- */

static pthread_mutex_t env_lock = PTHREAD_MUTEX_INITIALIZER; /* of who reads it to write it */

static const char *env_path(void)
{
    return config_env_file() ? config_env_file() : ".env";
}

static bool filled(const char *value)
{
    return value && value[0] != '\0';
}

/* A file that holds the value is not read. */
static const char *state_of(const struct config_setting *setting)
{
    struct envfile *env = NULL;
    struct cause cause;
    char file[80];
    (void)snprintf(file, sizeof file, "%s_FILE", setting->name);
    bool set = config_in_environment(setting->name);
    if (!set &&
        envfile_read(env_path(), &env, &cause) == 0) { /* as it is now: it may have been written since the start */
        set = filled(envfile_get(env, setting->name)) || filled(envfile_get(env, file));
        envfile_free(&env);
    }
    return set ? "set" : setting->fallback || setting->otherwise ? "default" : "unset";
}

static void part_put(struct buffer *out, const struct part *part, bool chinese)
{
    buffer_format(out, "{\"part\":\"%s\",\"settings\":[", part->name);
    bool more = false;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct config_setting *one = &config_settings[i];
        bool first = true;
        if (part_of(one) != part) {
            continue;
        }
        buffer_add_text(out, more ? TEXT(",{") : TEXT("{"));
        json_member_text(out, &first, "name", text_of(one->name));
        put_said(out, &first, "help", text_of(one->help), chinese);
        json_member_flag(out, &first, "secret", one->kind == CONFIG_SECRET);
        json_member_flag(out, &first, "required", one->required);
        json_member_text(out, &first, "state", text_of(state_of(one)));
        json_member_flag(out, &first, "writable", part->writable && !config_in_environment(one->name));
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
    for (size_t i = 0; i < PARTS; i++) {
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

/* ---- writing ---- */

static const struct config_setting *setting_find(struct text name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (text_equal(text_of(config_settings[i].name), name) && part_of(&config_settings[i])) {
            return &config_settings[i];
        }
    }
    return NULL;
}

/* A file that is not there yet is made, for this user alone. */
static int env_save(const char *path, struct text text, struct cause *cause)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return cause_set(cause, ERR_IO, "%s: %s", path, strerror(errno));
    }
    (void)close(fd);
    int error = draft_save(path, text, cause);
    return !error && chmod(path, 0600) != 0 ? cause_set(cause, ERR_IO, "%s: %s", path, strerror(errno)) : error;
}

static int env_set(const char *key, const char *value, struct cause *cause)
{
    struct buffer out;
    char *old = NULL;
    buffer_init(&out, ENVFILE_MAX);
    char *room = buffer_reserve(&out, ENVFILE_MAX); /* whole: a buffer that grew would leave secrets behind */
    int error = room ? envfile_slurp(env_path(), ENVFILE_MAX / 2, true, &old, cause)
                     : cause_set(cause, ERR_MEMORY, "out of memory");
    error = error == ERR_NOT_FOUND ? 0 : error;
    if (!error) {
        error = envfile_edit(env_path(), text_of(old ? old : ""), key, value, &out, cause);
    }
    if (!error) {
        error = env_save(env_path(), buffer_text(&out), cause);
    }
    buffer_wipe(&out);
    if (old) {
        explicit_bzero(old, strlen(old));
        free(old);
    }
    return error;
}

static bool is_printable(struct text value)
{
    bool good = true;
    for (size_t i = 0; i < value.size; i++) {
        good = good && (unsigned char)value.data[i] >= ' ' && value.data[i] != 0x7f;
    }
    return good;
}

int connections_set(struct api_request *request, struct api_answer *answer)
{
    struct text name = request_text(request, "setting"), given = json_text(json_get(request->body, "value"));
    const struct config_setting *setting = setting_find(name);
    struct text value = text_trim(given);
    struct cause cause;
    if (!setting) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "%.*s is no setting of a connection",
                              TEXT_ARG(name));
    }
    if (!part_of(setting)->writable || config_in_environment(setting->name)) {
        int error = answer_problem(answer, MHD_HTTP_CONFLICT, "environment",
                                   "%s is not read from the env file of this console", setting->name);
        answer_cure(answer, "set it where the console is started, and start the console again");
        return error;
    }
    if (value.size > SETTING_VALUE_MAX || !is_printable(value)) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "value",
                              "%s: at most %d bytes on one line, without control characters", setting->name,
                              (int)SETTING_VALUE_MAX);
    }
    value = arena_text(request->arena, value);
    if (!value.data) {
        return ERR_MEMORY;
    }
    if (setting->kind == CONFIG_SECRET) {
        secret_add(value);
    }
    int error = request_audit(request, "connection.set", text_of(setting->name), text_of(state_of(setting)),
                              value.size > 0 ? TEXT("set") : TEXT("unset"));
    pthread_mutex_lock(&env_lock);
    if (!error && env_set(setting->name, value.data, &cause) != 0) {
        error = answer_problem(answer, MHD_HTTP_CONFLICT, "env-file", "%s", cause.text);
    }
    pthread_mutex_unlock(&env_lock);
    if (!error) {
        bool first = true;
        buffer_add_char(&answer->body, '{');
        json_member_text(&answer->body, &first, "name", text_of(setting->name));
        json_member_text(&answer->body, &first, "state", text_of(state_of(setting)));
        buffer_add_char(&answer->body, '}');
    }
    return error;
}
