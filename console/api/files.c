/* API files that are edited here: made from a sample of a reply or as a copy, saved, taken away. */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console/api/calls.h"
#include "console/api/edited.h"
#include "console/console.h"
#include "console/work/child.h"
#include "console/work/edit.h"

enum { NEW_SECONDS = 30 };

/* ---- what a text would break ---- */

/* In the folder of a scheme: the text as an API file by itself, or what the scheme is with it. */
static int check_with(struct api_request *request, struct api_answer *answer, const struct catalog_entry *scheme,
                      bool alone, const char *file, struct text text)
{
    struct draft draft = {.folder = ""}, of_api;
    struct cause cause = {""};
    struct text own = catalog_read(scheme->path, request->arena);
    int error = draft_open(scheme, own.data ? own : TEXT("{}"), &draft, &cause);
    of_api = draft;
    error = error ? error : draft_add_api(&draft, scheme, file, text, of_api.path, &cause);
    error = edited_check(request, answer, alone ? &of_api : &draft, alone ? NULL : scheme->file, error, &cause);
    draft_close(&draft);
    return error;
}

/* It must be an API file, and each scheme that uses it and runs today must run with it. */
static int text_check(struct api_request *request, struct api_answer *answer, struct text api, const char *file,
                      struct text text)
{
    struct catalog_entry scheme;
    if (!text_is_storable(text)) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "scheme-fault", "the text is no UTF-8");
    }
    if (!catalog_at(request->console->catalog, 0, &scheme)) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "scheme", "there is no scheme beside which it could stand");
    }
    int error = check_with(request, answer, &scheme, true, file, text);
    for (size_t i = 0; !error && catalog_at(request->console->catalog, i, &scheme); i++) {
        if (!scheme.fault[0] && catalog_uses(&scheme, api)) {
            error = check_with(request, answer, &scheme, false, file, text);
        }
    }
    return error;
}

/* Does it still call itself so? By another name no scheme finds it. */
static int name_check(struct api_request *request, struct api_answer *answer, struct text api, struct text text)
{
    const cJSON *tree = NULL;
    if (json_parse(request->arena, text, EDITED_MOST, JSON_RELAXED, &tree, NULL) == 0 &&
        !text_equal(json_text(json_get(tree, "name")), api)) {
        answer->path = "/name";
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "scheme-fault",
                              "/name: the file is that of %.*s: an API of another name is a new file", TEXT_ARG(api));
    }
    return 0;
}

int apis_save(struct api_request *request, struct api_answer *answer)
{
    struct edited edited;
    struct text api = request_text(request, "api"), text = json_text(json_get(request->body, "text"));
    int error = edited_take(request, answer, &edited);
    text = text.data || error ? text : edited.saved;
    error = error ? error : edited_change(request, answer, &text);
    error = error ? error : name_check(request, answer, api, text);
    error = error ? error : text_check(request, answer, api, edited.key + strlen("api/"), text);
    error = error ? error : edited_save(request, answer, &edited, text);
    catalog_changed(request->console->catalog);
    return error;
}

/* ---- a new one ---- */

/* What `dianchen api new` makes of a sample of the reply. */
static int text_sampled(struct api_request *request, struct api_answer *answer, struct text name, struct text label,
                        struct text *out)
{
    struct catalog_entry scheme;
    struct draft draft = {.folder = ""};
    struct cause cause = {""};
    struct buffer sample, printed, said;
    char path[CATALOG_PATH];
    buffer_init(&sample, EDITED_MOST);
    buffer_init(&printed, EDITED_MOST);
    buffer_init(&said, 1 << 16);
    json_put_tree(&sample, json_get(request->body, "sample"));
    const char *words[] = {
        "api", "new", "--label", arena_text(request->arena, label).data, "--", arena_text(request->arena, name).data,
        path,  NULL};
    int error = words[3] && words[5] && !sample.failed ? 0 : ERR_MEMORY;
    if (!error && !catalog_at(request->console->catalog, 0, &scheme)) {
        error = cause_set(&cause, ERR_NOT_FOUND, "the folder has no scheme yet");
    }
    error = error ? error : draft_open(&scheme, TEXT("{}"), &draft, &cause);
    error = error ? error : draft_add(&draft, "sample.reply", buffer_text(&sample), path, &cause);
    int code = error ? error : child_ask(words, NEW_SECONDS, &printed, &said, &cause);
    draft_close(&draft);
    *out = code == 0 ? arena_text(request->arena, buffer_text(&printed)) : TEXT("");
    if (code > 0) {
        struct text why = child_last_line(buffer_text(&said));
        ptrdiff_t at = text_find(why, text_of(path));
        struct text what =
            at < 0 ? why : (struct text){why.data + at + strlen(path), why.size - (size_t)at - strlen(path)};
        code = answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "sample", "the sample%s%.*s", at < 0 ? ": " : "",
                              TEXT_ARG(what));
    } else if (code < 0) {
        code = answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%s",
                              cause.text[0] ? cause.text : error_text(code));
    }
    buffer_fini(&sample);
    buffer_fini(&printed);
    buffer_fini(&said);
    return code;
}

/* Another file's text under this name and label. */
static int text_copied(struct api_request *request, struct api_answer *answer, struct text name, struct text label,
                       struct text *out)
{
    static const char *const root[] = {NULL};
    const struct text names[] = {TEXT("name"), TEXT("label")}, values[] = {name, label};
    struct text of = json_text(json_get(request->body, "copy_of")), text = {NULL, 0};
    char path[CATALOG_PATH];
    int error = 0;
    if (catalog_api(request->console->catalog, of, path)) {
        text = catalog_read(path, request->arena);
    }
    if (!text.data) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no API file of %.*s", TEXT_ARG(of));
    }
    for (size_t i = 0; !error && i < sizeof names / sizeof *names; i++) {
        struct buffer value, edited;
        buffer_init(&value, EDITED_MOST);
        buffer_init(&edited, EDITED_MOST);
        json_put_text(&value, values[i]);
        error = text_edit(text, root, names[i], buffer_text(&value), &edited);
        text = error || edited.failed ? TEXT("") : arena_text(request->arena, buffer_text(&edited));
        error = error || text.data ? error : ERR_MEMORY;
        buffer_fini(&value);
        buffer_fini(&edited);
    }
    *out = text;
    return error == ERR_SYNTAX || error == ERR_NOT_FOUND
               ? answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "copy_of", "%.*s is no file that can be copied",
                                TEXT_ARG(of))
               : error;
}

static int new_make(struct api_request *request, struct api_answer *answer, struct text name, const char *path,
                    struct text text)
{
    struct catalog_entry like;
    char key[CATALOG_FILE + 10];
    const char *file = strrchr(path, '/') + 1;
    (void)snprintf(key, sizeof key, "api/%s", file);
    const struct edited_file made = {"api.new", key, path, "name", name};
    int error = text_check(request, answer, name, file, text);
    bool any = catalog_at(request->console->catalog, 0, &like);
    return error ? error : edited_new(request, answer, &made, any ? like.path : path, TEXT(""), text);
}

int apis_new(struct api_request *request, struct api_answer *answer)
{
    struct text name = text_trim(json_text(json_get(request->body, "name"))), text = TEXT("");
    struct text label = text_trim(json_text(json_get(request->body, "label")));
    bool sampled = json_get(request->body, "sample") != NULL, copied = json_get(request->body, "copy_of") != NULL;
    char path[CATALOG_PATH];
    label = label.size > 0 ? label : name;
    if (!catalog_api(request->console->catalog, name, path)) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "name",
                              "the API's name is made of letters, digits, '.', '_', '-' and '/', at most 100 bytes");
    }
    if (access(path, F_OK) == 0) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "exists", "there is a file of this name already");
    }
    if (sampled == copied) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "sample",
                              "sample, a reply of the API as JSON, or copy_of: one of the two");
    }
    int error = (sampled ? text_sampled : text_copied)(request, answer, name, label, &text);
    return error ? error : new_make(request, answer, name, path, text);
}

/* ---- one that goes ---- */

int apis_remove(struct api_request *request, struct api_answer *answer)
{
    struct edited edited;
    struct catalog_entry scheme;
    int error = edited_take(request, answer, &edited);
    error = error ? error : edited_same(request, answer, &edited);
    for (size_t i = 0; !error && catalog_at(request->console->catalog, i, &scheme); i++) {
        if (catalog_uses(&scheme, request_text(request, "api"))) {
            return answer_problem(answer, MHD_HTTP_CONFLICT, "used", "%s uses it", scheme.file);
        }
    }
    const struct edited_file gone = {"api.remove", edited.key, edited.path, "name", request_text(request, "api")};
    return error ? error : edited_remove(request, answer, &edited, &gone);
}
