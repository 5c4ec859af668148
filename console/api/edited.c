#include "console/api/edited.h"

#include <microhttpd.h>
#include <stdio.h>

#include "console/console.h"
#include "console/work/difference.h"
#include "console/work/draft.h"
#include "console/work/versions.h"

/* ---- which file ---- */

const cJSON *edited_tables(struct text scheme, struct arena *arena)
{
    const cJSON *tree = NULL;
    int error = scheme.data ? json_parse(arena, scheme, EDITED_MOST, JSON_RELAXED, &tree, NULL) : ERR_INPUT;
    const cJSON *tables = error ? NULL : json_get(tree, "tables");
    return cJSON_IsObject(tables) ? tables : NULL;
}

/* The file that a scheme names for a table; data NULL where it names none. */
static struct text file_named(struct text scheme, struct text table, struct arena *arena)
{
    const cJSON *item, *tables = edited_tables(scheme, arena);
    cJSON_ArrayForEach(item, tables)
    {
        if (cJSON_IsString(item) && text_equal(text_of(item->string), table)) {
            return json_text(item);
        }
    }
    return (struct text){NULL, 0};
}

/* Beside the scheme itself, and nothing else than a table. */
static bool is_beside(struct text name)
{
    return name.size < CATALOG_FILE && name.data[0] != '.' && !text_has(name, '/') &&
           (text_ends_nocase(name, TEXT(".csv")) || text_ends_nocase(name, TEXT(".txt")));
}

static int table_take(struct api_request *request, struct api_answer *answer, struct edited *out)
{
    struct text table = request_text(request, "table"), name = file_named(out->saved, table, request->arena);
    if (!name.data) {
        (void)answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "%s names no file for a table %.*s",
                             out->scheme.file, TEXT_ARG(table));
        answer_cure(answer, "a table inside the scheme is changed with the scheme");
        return ERR_REFUSED;
    }
    if (!is_beside(name)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "%.*s does not stand beside the scheme",
                              TEXT_ARG(name));
    }
    const char *slash = strrchr(out->scheme.path, '/');
    int folder = slash ? (int)(slash + 1 - out->scheme.path) : 0;
    (void)snprintf(out->path, sizeof out->path, "%.*s%.*s", folder, out->scheme.path, TEXT_ARG(name));
    (void)snprintf(out->key, sizeof out->key, "./%.*s", TEXT_ARG(name));
    out->table = true;
    out->saved = catalog_read(out->path, request->arena);
    return out->saved.data ? 0
                           : answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file",
                                            "%.*s can't be read: it is missing, closed to the console, or larger than "
                                            "%d MiB",
                                            TEXT_ARG(name), EDITED_MOST >> 20);
}

int edited_take(struct api_request *request, struct api_answer *answer, struct edited *out)
{
    struct text file = request_text(request, "scheme");
    out->table = false;
    if (!catalog_find(request->console->catalog, file, &out->scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(file));
    }
    (void)snprintf(out->path, sizeof out->path, "%s", out->scheme.path);
    (void)snprintf(out->key, sizeof out->key, "%s", out->scheme.file);
    out->saved = catalog_read(out->path, request->arena);
    if (!out->saved.data) {
        return answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file", "%s.json can't be read",
                              out->scheme.file);
    }
    return request_has(request, "table") ? table_take(request, answer, out) : 0;
}

/* ---- saving ---- */

static int difference_count(struct text old, struct text new, struct difference *out)
{
    struct arena arena;
    arena_init(&arena, DIFFERENCE_ROOM);
    int error = difference_put(old, new, &arena, NULL, out);
    arena_fini(&arena);
    return error;
}

/* The newest version; one of nobody first, where the file is another one by now. `*newest` is empty where nothing is known. */
static int outside_keep(struct api_request *request, struct text file, struct text saved, struct version *newest)
{
    struct difference count = {0, 0};
    *newest = (struct version){.id = 0};
    int error = version_newest(request->store, file, INT64_MAX, request->arena, newest);
    bool known = error == 0;
    if (error && error != ERR_NOT_FOUND) {
        return error;
    }
    if (known && text_equal(newest->text, saved)) {
        return 0;
    }
    error = known ? difference_count(newest->text, saved, &count) : 0;
    struct version outside = {.text = arena_storable(request->arena, saved),
                              .added = (int64_t)count.added,
                              .removed = (int64_t)count.removed};
    newest->who = (struct text){NULL, 0};
    newest->at = 0;
    return error ? error : version_put(request->store, file, &outside);
}

int edited_keep(struct api_request *request, const struct edited *edited)
{
    struct version newest;
    return outside_keep(request, text_of(edited->key), edited->saved, &newest);
}

static int changed_meanwhile(struct api_answer *answer, const struct version *newest)
{
    if (newest->who.data) {
        (void)answer_problem(answer, MHD_HTTP_PRECONDITION_FAILED, "changed", "it was changed meanwhile by %.*s",
                             TEXT_ARG(newest->who));
    } else {
        (void)answer_problem(answer, MHD_HTTP_PRECONDITION_FAILED, "changed",
                             "it was changed meanwhile, not on this console");
    }
    answer_cure(answer, "look at what was changed, and make your changes in that");
    return ERR_REFUSED;
}

static int audit_save(struct api_request *request, const struct edited *edited, const struct difference *count)
{
    struct cause what;
    (void)cause_set(&what, 0, "%zu lines added, %zu removed", count->added, count->removed);
    return request_audit(request, edited->table ? "table.save" : "scheme.save", text_of(edited->key), request->if_match,
                         text_of(what.text));
}

int edited_save(struct api_request *request, struct api_answer *answer, const struct edited *edited, struct text text)
{
    struct version newest;
    struct difference count = {0, 0};
    struct cause cause = {""};
    char tag[VERSION_TAG + 1];
    int error = version_tag(edited->saved, tag);
    error = error ? error : outside_keep(request, text_of(edited->key), edited->saved, &newest);
    if (!error && !text_equal(request->if_match, text_of(tag))) {
        return changed_meanwhile(answer, &newest);
    }
    error = error ? error : difference_count(edited->saved, text, &count);
    error = error ? error : version_tag(text, answer->etag);
    if (!error && !text_equal(edited->saved, text)) {
        const struct version version = {.who = text_of(request->visitor->name),
                                        .text = text,
                                        .added = (int64_t)count.added,
                                        .removed = (int64_t)count.removed};
        error = version_put(request->store, text_of(edited->key), &version);
        error = error ? error : audit_save(request, edited, &count);
        if (!error && draft_save(edited->path, text, &cause) != 0) {
            (void)answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file", "%s", cause.text);
            answer_cure(answer, "the console needs to write the folder of the schemes");
            return ERR_REFUSED;
        }
    }
    bool first = true;
    buffer_add_char(&answer->body, '{');
    json_member_text(&answer->body, &first, "etag", text_of(answer->etag));
    json_member_integer(&answer->body, &first, "added", (int64_t)count.added);
    json_member_integer(&answer->body, &first, "removed", (int64_t)count.removed);
    buffer_add_char(&answer->body, '}');
    return error;
}
