/* API files, any source API of them as records in the one form, and the lists of a target. */
#include <microhttpd.h>
#include <stdio.h>

#include "console/api/calls.h"
#include "console/console.h"
#include "console/work/child.h"
#include "console/work/readings.h"
#include "console/work/versions.h"

enum { READ_SECONDS = 60, READ_BYTES = 32 << 20, ASKED_ROOM = 4000, LIST_MOST = 1000 };

/* The files of the schemes that name the API. */
static void put_users(struct api_request *request, struct text api, struct buffer *out)
{
    struct catalog_entry scheme;
    size_t count = 0;
    buffer_add_char(out, '[');
    for (size_t i = 0; catalog_at(request->console->catalog, i, &scheme); i++) {
        if (catalog_uses(&scheme, api)) {
            buffer_add_text(out, count++ ? TEXT(",") : TEXT(""));
            json_put_text(out, text_of(scheme.file));
        }
    }
    buffer_add_char(out, ']');
}

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
    error = error ? error : version_tag(text, answer->etag);
    json_member_text(&answer->body, &first, "text", text);
    json_member_text(&answer->body, &first, "etag", text_of(answer->etag));
    json_put_member(&answer->body, &first, TEXT("used_by"));
    put_users(request, name, &answer->body);
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

/* ---- what a program of dianchen answers: asked now, or kept since ---- */

struct api_asking {
    struct text key, api; /* of what is kept; of the pace */
    const char *words[CHILD_WORDS_MOST];
    const char *who; /* fails: "source", "target" */
    /* Puts what was printed. ERR_SYNTAX: it can't be understood. */
    int (*put)(struct api_request *request, struct api_answer *answer, struct text printed);
};

static int ask(struct api_request *request, struct api_answer *answer, const struct api_asking *asking)
{
    struct buffer printed, said;
    struct cause cause;
    buffer_init(&printed, READ_BYTES);
    buffer_init(&said, 1 << 16);
    int code = child_ask(asking->words, READ_SECONDS, &printed, &said, &cause);
    struct text why = code < 0 ? text_of(cause.text) : child_last_line(buffer_text(&said));
    if (code == ERR_BUSY) {
        answer->retry_after = 1;
        code = answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%s", cause.text);
    } else if (code == EXIT_USAGE) {
        code = answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "parameter", "%.*s", TEXT_ARG(why));
    } else if (code != 0) {
        code = answer_problem(answer, MHD_HTTP_BAD_GATEWAY, asking->who, "%.*s", TEXT_ARG(why));
    } else {
        code = asking->put(request, answer, buffer_text(&printed));
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

static int asking_answer(struct api_request *request, struct api_answer *answer, const struct api_asking *asking)
{
    if (answer_known(request, asking->key, answer)) {
        return 0;
    }
    answer->retry_after = readings_wait(request->console->readings, asking->api);
    if (answer->retry_after > 0) {
        return answer_problem(answer, MHD_HTTP_TOO_MANY_REQUESTS, "busy",
                              "%.*s is called from here %d times a minute at most", TEXT_ARG(asking->api),
                              (int)READINGS_RATE);
    }
    int error = ask(request, answer, asking);
    if (!error) {
        answer_keep(request, asking->key, answer);
    }
    return error;
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

int sources_read(struct api_request *request, struct api_answer *answer)
{
    static const char *const texts[][2] = {
        {"cursor", "--page"}, {"request", "--request"}, {"from", "--from"}, {"to", "--to"}};
    struct text name = request_text(request, "api");
    char path[CATALOG_PATH], asked[ASKED_ROOM], size[24] = "";
    if (!catalog_api(request->console->catalog, name, path) || !catalog_read(path, request->arena).data) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no API file of %.*s", TEXT_ARG(name));
    }
    struct api_asking asking = {.api = name, .words = {"api", "read", path}, .who = "source", .put = page_put};
    size_t count = 3;
    if (request_has(request, "limit")) {
        (void)snprintf(size, sizeof size, "%lld", (long long)request_integer(request, "limit"));
        asking.words[count++] = "--size";
        asking.words[count++] = size;
    }
    int at = snprintf(asked, sizeof asked, "%.*s\n%s", TEXT_ARG(name), size);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct text value = request_text(request, texts[i][0]);
        at += at < ASKED_ROOM ? snprintf(asked + at, sizeof asked - (size_t)at, "\n%.*s", TEXT_ARG(value)) : 0;
        if (request_has(request, texts[i][0])) {
            asking.words[count++] = texts[i][1];
            asking.words[count++] = arena_text(request->arena, value).data;
            if (!asking.words[count - 1]) {
                return ERR_MEMORY;
            }
        }
    }
    asking.key = (struct text){asked, at < ASKED_ROOM ? (size_t)at : ASKED_ROOM - 1};
    return asking_answer(request, answer, &asking);
}

/* ---- lists of the target ---- */

/* {"units":[{"id","number","name"}]} of `dianchen lookup`. */
static int list_put(struct api_request *request, struct api_answer *answer, struct text printed)
{
    const cJSON *tree = NULL;
    int error = json_parse(request->arena, printed, READ_BYTES, JSON_STRICT, &tree, NULL);
    if (error || !cJSON_IsArray(tree->child)) {
        return error ? error : ERR_SYNTAX;
    }
    int count = 0;
    const cJSON *row;
    buffer_add_char(&answer->body, '[');
    cJSON_ArrayForEach(row, tree->child)
    {
        if (count++ == LIST_MOST) {
            break;
        }
        buffer_add_text(&answer->body, count > 1 ? TEXT(",") : TEXT(""));
        json_put_tree(&answer->body, row);
    }
    buffer_add_char(&answer->body, ']');
    return 0;
}

/* Only what the target's API file names: the word goes to a program. */
static bool list_named(struct api_request *request, const char *target, struct text list)
{
    char path[CATALOG_PATH];
    const cJSON *tree = NULL, *item;
    struct text text = {NULL, 0};
    if (catalog_api(request->console->catalog, text_of(target), path)) {
        text = catalog_read(path, request->arena);
    }
    if (!text.data || json_parse(request->arena, text, REQUEST_BODY_MAX, JSON_RELAXED, &tree, NULL) != 0) {
        return false;
    }
    cJSON_ArrayForEach(item, json_get(tree, "lookups"))
    {
        if (text_equal(text_of(item->string), list) && list.data[0] != '-') {
            return true;
        }
    }
    return false;
}

int lookups_list(struct api_request *request, struct api_answer *answer)
{
    struct text list = request_text(request, "list"), file = request_text(request, "scheme");
    struct text wanted = text_trim(request_text(request, "q"));
    struct catalog_entry scheme;
    char asked[ASKED_ROOM];
    if (!catalog_find(request->console->catalog, file, &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(file));
    }
    if (!list_named(request, scheme.target, list)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "%s has no list %.*s", scheme.target,
                              TEXT_ARG(list));
    }
    struct api_asking asking = {
        .words = {"lookup", NULL, "--scheme", scheme.path, "--json", "--"}, .who = "target", .put = list_put};
    asking.words[1] = arena_text(request->arena, list).data;
    asking.words[6] = wanted.size > 0 ? arena_text(request->arena, wanted).data : NULL;
    if (!asking.words[1] || (wanted.size > 0 && !asking.words[6])) {
        return ERR_MEMORY;
    }
    int size = snprintf(asked, sizeof asked, "lookup\n%s\n%.*s\n%.*s", scheme.path, TEXT_ARG(list), TEXT_ARG(wanted));
    asking.key = (struct text){asked, size < ASKED_ROOM ? (size_t)size : ASKED_ROOM - 1};
    asking.api = text_of(scheme.target);
    return asking_answer(request, answer, &asking);
}
