/* Schemes come into the console's folder, as copies of others, and go out of it. */
#include <microhttpd.h>
#include <stdio.h>

#include "common/run/run.h"
#include "console/api/calls.h"
#include "console/api/edited.h"
#include "console/console.h"
#include "console/work/edit.h"

/* ---- a new one ---- */

/* The text of the copy: another name, no schedule. ERR_SYNTAX: what is copied is no scheme. */
static int copy_text(struct text from, struct text name, struct buffer *out)
{
    static const char *const root[] = {NULL};
    struct buffer quoted, named;
    buffer_init(&quoted, EDITED_MOST);
    buffer_init(&named, EDITED_MOST);
    json_put_text(&quoted, name);
    int error = quoted.failed ? ERR_MEMORY : text_edit(from, root, TEXT("name"), buffer_text(&quoted), &named);
    if (!error) {
        error = text_edit(buffer_text(&named), root, TEXT("schedule"), (struct text){NULL, 0}, out);
        if (error == ERR_NOT_FOUND) { /* it has none */
            buffer_clear(out, EDITED_MOST);
            buffer_add_text(out, buffer_text(&named));
            error = 0;
        }
    }
    buffer_fini(&quoted);
    buffer_fini(&named);
    return error || !out->failed ? error : ERR_MEMORY;
}

static int new_make(struct api_request *request, struct api_answer *answer, const struct catalog_entry *like,
                    struct text file, struct text text)
{
    char path[CATALOG_PATH];
    const char *slash = strrchr(like->path, '/');
    int folder = slash ? (int)(slash + 1 - like->path) : 0;
    int size = snprintf(path, sizeof path, "%.*s%.*s.json", folder, like->path, TEXT_ARG(file));
    if (size < 0 || (size_t)size >= sizeof path) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "file", "the name is too long");
    }
    char key[CATALOG_FILE];
    (void)snprintf(key, sizeof key, "%.*s", TEXT_ARG(file));
    const struct edited_file made = {"scheme.new", key, path, "file", file};
    return edited_new(request, answer, &made, like->path, text_of(like->file), text);
}

int schemes_new(struct api_request *request, struct api_answer *answer)
{
    struct text file = json_text(json_get(request->body, "file")), of = json_text(json_get(request->body, "copy_of"));
    struct text name = text_trim(json_text(json_get(request->body, "name")));
    struct catalog_entry like, other;
    struct buffer text;
    if (!catalog_find(request->console->catalog, of, &like)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(of));
    }
    if (!catalog_file_good(file)) {
        return answer_problem(
            answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "file",
            "the file's name is made of letters, digits, '.', '_' and '-', at most 100 bytes, without .json");
    }
    if (name.size == 0 || name.size >= CATALOG_NAME) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "name", "the scheme needs a name of its own");
    }
    if (catalog_find(request->console->catalog, file, &other) ||
        catalog_named(request->console->catalog, name, &other)) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "exists", "%s has this file or this name", other.file);
    }
    struct text from = catalog_read(like.path, request->arena);
    buffer_init(&text, EDITED_MOST);
    int error = from.data ? copy_text(from, name, &text) : ERR_SYNTAX;
    if (error == ERR_SYNTAX || error == ERR_NOT_FOUND) {
        error = answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "scheme",
                               "%s.json is no scheme that can be copied", like.file);
    }
    error = error ? error : new_make(request, answer, &like, file, buffer_text(&text));
    buffer_fini(&text);
    return error;
}

/* ---- one that goes ---- */

/* A scheme of the folder that comes after the one of this name; false: none. */
static bool follower(struct catalog *catalog, const char *name, struct arena *arena, struct catalog_entry *out)
{
    const cJSON *tree, *item;
    for (size_t i = 0; catalog_at(catalog, i, out); i++) {
        struct text text = catalog_read(out->path, arena);
        if (!text.data || json_parse(arena, text, EDITED_MOST, JSON_RELAXED, &tree, NULL) != 0) {
            continue;
        }
        cJSON_ArrayForEach(item, json_get(tree, "after"))
        {
            if (text_equal(json_text(item), text_of(name))) {
                return true;
            }
        }
    }
    return false;
}

static int unfinished(struct store *store, const char *scheme, int64_t *run)
{
    const struct sql_value name = SQL_STRING(text_of(scheme));
    *run = 0;
    int error = store_integers(store, "select id from run where scheme = $1 and " RUN_IS_UNFINISHED " limit 1", &name,
                               1, run, 1);
    return error == ERR_NOT_FOUND ? 0 : error;
}

int schemes_remove(struct api_request *request, struct api_answer *answer)
{
    struct edited edited;
    struct catalog_entry other;
    int64_t run = 0;
    int error = edited_take(request, answer, &edited);
    error = error ? error : edited_same(request, answer, &edited);
    error = error ? error : unfinished(request->store, edited.scheme.name, &run);
    if (!error && run != 0) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "unfinished",
                              "run %lld of it is not finished: finish or abandon it", (long long)run);
    }
    if (!error && follower(request->console->catalog, edited.scheme.name, request->arena, &other)) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "after", "%s comes after it", other.file);
    }
    const struct edited_file gone = {"scheme.remove", edited.key, edited.path, "file", text_of(edited.key)};
    return error ? error : edited_remove(request, answer, &edited, &gone);
}
