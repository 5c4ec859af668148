/* API files, and any source API of them as records in the one form. */
#include <microhttpd.h>
#include <stdio.h>

#include "console/api/calls.h"
#include "console/console.h"
#include "console/work/child.h"
#include "console/work/readings.h"

enum { READ_SECONDS = 60, READ_BYTES = 32 << 20, ASKED_ROOM = 3000 };

int apis_show(struct api_request *request, struct api_answer *answer)
{
    char path[CATALOG_PATH];
    bool first = true;
    struct text text = {NULL, 0}, name = request_text(request, "api");
    if (catalog_api(request->console->catalog, name, path)) {
        text = catalog_read(path, request->arena);
    }
    if (!text.data) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no API file of %.*s", TEXT_ARG(name));
    }
    buffer_add_char(&answer->body, '{');
    json_member_text(&answer->body, &first, "name", name);
    int error = put_document(&answer->body, &first, "document", text, request->arena);
    buffer_add_char(&answer->body, '}');
    return error;
}

struct api_list {
    struct buffer *out;
    struct arena *arena;
    bool any;
};

static int64_t members_of(const cJSON *object)
{
    return cJSON_IsObject(object) ? cJSON_GetArraySize(object) : 0;
}

static void list_add(void *user, const char *path)
{
    struct api_list *list = user;
    const cJSON *tree = NULL;
    struct text text = catalog_read(path, list->arena);
    bool first = true;
    if (text.data && json_parse(list->arena, text, REQUEST_BODY_MAX, JSON_RELAXED, &tree, NULL) == 0 &&
        cJSON_IsString(json_get(tree, "name"))) {
        buffer_add_text(list->out, list->any ? TEXT(",{") : TEXT("{"));
        json_member_text(list->out, &first, "name", json_text(json_get(tree, "name")));
        json_member_text(list->out, &first, "label", json_text(json_get(tree, "label")));
        json_member_text(list->out, &first, "platform", json_text(json_get(tree, "platform")));
        json_member_text(list->out, &first, "docs", json_text(json_get(tree, "docs")));
        json_member_flag(list->out, &first, "source", members_of(json_get(tree, "response")) > 0);
        json_member_integer(list->out, &first, "parameters", members_of(json_get(tree, "request")));
        json_member_integer(list->out, &first, "fields", members_of(json_get(tree, "response")));
        buffer_add_char(list->out, '}');
        list->any = true;
    }
    arena_reset(list->arena, 1 << 20);
}

int apis_list(struct api_request *request, struct api_answer *answer)
{
    struct arena arena;
    struct api_list list = {.out = &answer->body, .arena = &arena};
    arena_init(&arena, REQUEST_ARENA_MAX);
    buffer_add_char(&answer->body, '[');
    catalog_apis(request->console->catalog, list_add, &list);
    buffer_add_char(&answer->body, ']');
    arena_fini(&arena);
    return 0;
}

/* ---- a source API, called ---- */

/* {"total","next","records"} of `dianchen api read`. */
static int page_put(struct api_request *request, struct api_answer *answer, struct text printed)
{
    const cJSON *tree = NULL;
    int error = json_parse(request->arena, printed, READ_BYTES, JSON_STRICT, &tree, NULL);
    const cJSON *records = json_get(tree, "records");
    if (error || !cJSON_IsArray(records)) {
        return error ? error : ERR_SYNTAX;
    }
    struct text next = json_text(json_get(tree, "next"));
    (void)snprintf(answer->next, sizeof answer->next, "%.*s", (int)next.size, next.size > 0 ? next.data : "");
    json_put_tree(&answer->body, records);
    return 0;
}

static int ask(struct api_request *request, const char *path, struct api_answer *answer)
{
    static const char *const texts[][2] = {
        {"cursor", "--page"}, {"request", "--request"}, {"from", "--from"}, {"to", "--to"}};
    char size[24];
    const char *words[CHILD_WORDS_MOST] = {"api", "read", path};
    size_t count = 3;
    struct buffer printed, said;
    struct cause cause;
    (void)snprintf(size, sizeof size, "%lld", (long long)request_integer(request, "limit"));
    if (request_has(request, "limit")) {
        words[count++] = "--size";
        words[count++] = size;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (request_has(request, texts[i][0])) {
            words[count++] = texts[i][1];
            words[count++] = arena_text(request->arena, request_text(request, texts[i][0])).data;
            if (!words[count - 1]) {
                return ERR_MEMORY;
            }
        }
    }
    words[count] = NULL;
    buffer_init(&printed, READ_BYTES);
    buffer_init(&said, 1 << 16);
    int code = child_ask(words, READ_SECONDS, &printed, &said, &cause);
    struct text why = code < 0 ? text_of(cause.text) : child_last_line(buffer_text(&said));
    if (code == ERR_BUSY) {
        answer->retry_after = 1;
        code = answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%s", cause.text);
    } else if (code == EXIT_USAGE) {
        code = answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "parameter", "%.*s", TEXT_ARG(why));
    } else if (code != 0) {
        code = answer_problem(answer, MHD_HTTP_BAD_GATEWAY, "source", "%.*s", TEXT_ARG(why));
    } else {
        code = page_put(request, answer, buffer_text(&printed));
    }
    buffer_fini(&printed);
    buffer_fini(&said);
    return code;
}

/* The answer begins with its cursor: "17\n[…]". */
static bool answer_known(struct api_request *request, struct text asked, struct api_answer *answer)
{
    struct text kept =
        readings_find(request->console->readings, asked, request_integer(request, "max_age") * 1000, request->arena);
    const char *end = kept.data ? memchr(kept.data, '\n', kept.size) : NULL;
    if (!end) {
        return false;
    }
    (void)snprintf(answer->next, sizeof answer->next, "%.*s", (int)(end - kept.data), kept.data);
    buffer_add(&answer->body, end + 1, kept.size - (size_t)(end + 1 - kept.data));
    return true;
}

static void answer_keep(struct api_request *request, struct text asked, const struct api_answer *answer)
{
    struct buffer kept;
    buffer_init(&kept, READING_BYTES);
    buffer_format(&kept, "%s\n", answer->next);
    buffer_add_text(&kept, buffer_text(&answer->body));
    if (!kept.failed) {
        readings_keep(request->console->readings, asked, buffer_text(&kept));
    }
    buffer_fini(&kept);
}

int sources_read(struct api_request *request, struct api_answer *answer)
{
    struct text name = request_text(request, "api"), parameters = request_text(request, "request");
    struct text from = request_text(request, "from"), to = request_text(request, "to");
    struct text page = request_text(request, "cursor");
    char path[CATALOG_PATH], asked[ASKED_ROOM];
    if (!catalog_api(request->console->catalog, name, path) || !catalog_read(path, request->arena).data) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no API file of %.*s", TEXT_ARG(name));
    }
    int size = snprintf(asked, sizeof asked, "%.*s\n%.*s\n%lld\n%.*s\n%.*s\n%.*s", TEXT_ARG(name), TEXT_ARG(page),
                        (long long)(request_has(request, "limit") ? request_integer(request, "limit") : 0),
                        TEXT_ARG(from), TEXT_ARG(to), TEXT_ARG(parameters));
    struct text key = {asked, (size_t)size < sizeof asked ? (size_t)size : sizeof asked - 1};
    if (answer_known(request, key, answer)) {
        return 0;
    }
    answer->retry_after = readings_wait(request->console->readings, name);
    if (answer->retry_after > 0) {
        return answer_problem(answer, MHD_HTTP_TOO_MANY_REQUESTS, "busy",
                              "%.*s is called from here %d times a minute at most", TEXT_ARG(name), (int)READINGS_RATE);
    }
    int error = ask(request, path, answer);
    if (!error) {
        answer_keep(request, key, answer);
    }
    return error;
}
