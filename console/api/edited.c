#include "console/api/edited.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/console.h"
#include "console/work/difference.h"
#include "console/work/draft.h"
#include "console/work/edit.h"
#include "console/work/faults.h"
#include "console/work/versions.h"

enum { CHANGES_MOST = 1000 };

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
    out->kind = EDITED_TABLE;
    out->saved = catalog_read(out->path, request->arena);
    return out->saved.data ? 0
                           : answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file",
                                            "%.*s can't be read: it is missing, closed to the console, or larger than "
                                            "%d MiB",
                                            TEXT_ARG(name), EDITED_MOST >> 20);
}

static int api_take(struct api_request *request, struct api_answer *answer, struct edited *out)
{
    struct text name = request_text(request, "api");
    out->kind = EDITED_API;
    out->saved = (struct text){NULL, 0};
    if (catalog_api(request->console->catalog, name, out->path)) {
        (void)snprintf(out->key, sizeof out->key, "api/%s", strrchr(out->path, '/') + 1);
        out->saved = catalog_read(out->path, request->arena);
    }
    return out->saved.data ? 0
                           : answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no API file of %.*s",
                                            TEXT_ARG(name));
}

int edited_take(struct api_request *request, struct api_answer *answer, struct edited *out)
{
    struct text file = request_text(request, "scheme");
    if (request_has(request, "api")) {
        return api_take(request, answer, out);
    }
    out->kind = EDITED_SCHEME;
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

/* ---- changes ---- */

/* {"name": value}, so that an object which is not there yet comes with its member; behind the last of a list: [value]. */
static struct text value_wrap(struct text name, struct text value, struct arena *arena)
{
    struct buffer out;
    bool first = true;
    buffer_init(&out, EDITED_MOST);
    bool list = text_equal(name, TEXT("-"));
    buffer_add_char(&out, list ? '[' : '{');
    if (!list) {
        json_put_member(&out, &first, name);
    }
    buffer_add_text(&out, value);
    buffer_add_char(&out, list ? ']' : '}');
    struct text kept = out.failed ? (struct text){NULL, 0} : arena_text(arena, buffer_text(&out));
    buffer_fini(&out);
    return kept;
}

static int change_make(struct text *text, const cJSON *change, struct arena *arena)
{
    const char *path[JSON_DEPTH + 1] = {NULL};
    const cJSON *part, *value = json_get(change, "value");
    struct text name = json_text(json_get(change, "name")), written = {NULL, 0};
    struct buffer out;
    size_t depth = 0;
    cJSON_ArrayForEach(part, json_get(change, "at"))
    {
        if (depth == JSON_DEPTH) {
            return ERR_LIMIT;
        }
        path[depth++] = part->valuestring;
    }
    buffer_init(&out, EDITED_MOST);
    if (value) {
        json_put_tree(&out, value);
        written = out.failed ? (struct text){NULL, 0} : arena_text(arena, buffer_text(&out));
    }
    int error = value && !written.data ? ERR_LIMIT : 0;
    for (bool again = true; !error && again;) {
        buffer_clear(&out, EDITED_MOST);
        error = text_edit(*text, path, name, written, &out);
        again = error == ERR_NOT_FOUND && depth > 0;
        if (again && !value) {
            again = false; /* nothing is there to be taken away */
            error = 0;
            buffer_add_text(&out, *text);
        } else if (again) {
            written = value_wrap(name, written, arena);
            name = text_of(path[--depth]);
            path[depth] = NULL;
            error = written.data ? 0 : ERR_MEMORY;
        }
    }
    if (!error) {
        *text = arena_text(arena, buffer_text(&out));
        error = text->data ? 0 : ERR_MEMORY;
    }
    buffer_fini(&out);
    return error;
}

int edited_change(struct api_request *request, struct api_answer *answer, struct text *text)
{
    const cJSON *change, *changes = json_get(request->body, "changes");
    if (cJSON_GetArraySize(changes) > CHANGES_MOST) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "changes", "changes: at most %d", CHANGES_MOST);
    }
    cJSON_ArrayForEach(change, changes)
    {
        int error = change_make(text, change, request->arena);
        if (error == ERR_SYNTAX || error == ERR_NOT_FOUND || error == ERR_LIMIT) {
            return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "changes",
                                  "%.*s can't be changed: the text is no JSON there, or too large",
                                  TEXT_ARG(json_text(json_get(change, "name"))));
        }
        if (error) {
            return error;
        }
    }
    return 0;
}

/* ---- saving ---- */

int edited_check(struct api_request *request, struct api_answer *answer, const struct draft *draft, const char *who,
                 int error, const struct cause *cause)
{
    struct draft_fault *list = arena_take(request->arena, FAULTS_MOST * sizeof *list);
    size_t count = 0;
    error = error || list ? error : ERR_MEMORY;
    int faults = error ? error : faults_find(draft, request->arena, list, &count);
    for (size_t i = 0; faults > 0 && i < count; i++) {
        if (list[i].warning) {
            continue;
        }
        struct text path = list[i].path.data ? arena_text(request->arena, list[i].path) : (struct text){NULL, 0};
        if (!who) {
            answer->path = path.data;
            answer->line = list[i].line;
            answer->column = list[i].column;
        }
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "scheme-fault", "%s%s%.*s%s%.*s", who ? who : "",
                              who ? ": " : "", TEXT_ARG(path), path.size > 0 ? ": " : "", TEXT_ARG(list[i].message));
    }
    return faults < 0 ? answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "draft", "%s",
                                       error && cause->text[0] ? cause->text : error_text(faults))
                      : 0;
}

static int file_create(struct api_answer *answer, const char *like, const char *path, struct text text)
{
    struct cause cause;
    struct stat about;
    mode_t mode = stat(like, &about) == 0 ? about.st_mode & 0777 : 0600;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "exists", "there is a file of this name already");
    }
    int error = fd < 0 ? cause_set(&cause, ERR_IO, "%s: %s", path, strerror(errno)) : 0;
    if (fd >= 0) {
        (void)close(fd);
        error = draft_save(path, text, &cause);
        if (error) {
            (void)unlink(path);
        }
    }
    if (error) {
        (void)answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file", "%s", cause.text);
        answer_cure(answer, "the console needs to write the folder of the schemes");
        return ERR_REFUSED;
    }
    return 0;
}

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
    static const char *const did[] = {
        [EDITED_SCHEME] = "scheme.save", [EDITED_TABLE] = "table.save", [EDITED_API] = "api.save"};
    return request_audit(request, did[edited->kind], text_of(edited->key), request->if_match, text_of(what.text));
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

/* ---- files that come and go ---- */

static void file_put(struct api_answer *answer, const struct edited_file *file)
{
    bool first = true;
    buffer_add_char(&answer->body, '{');
    json_member_text(&answer->body, &first, file->member, file->name);
    if (answer->etag[0]) {
        json_member_text(&answer->body, &first, "etag", text_of(answer->etag));
    }
    buffer_add_char(&answer->body, '}');
}

int edited_new(struct api_request *request, struct api_answer *answer, const struct edited_file *file, const char *like,
               struct text from, struct text text)
{
    const struct version version = {.who = text_of(request->visitor->name), .text = text};
    int error = version_put(request->store, text_of(file->key), &version);
    error = error ? error : request_audit(request, file->did, text_of(file->key), TEXT(""), from);
    error = error ? error : version_tag(text, answer->etag);
    error = error ? error : file_create(answer, like, file->path, text);
    catalog_changed(request->console->catalog);
    if (!error) {
        file_put(answer, file);
    }
    return error;
}

int edited_same(struct api_request *request, struct api_answer *answer, const struct edited *edited)
{
    char tag[VERSION_TAG + 1];
    int error = version_tag(edited->saved, tag);
    if (!error && !text_equal(request->if_match, text_of(tag))) {
        (void)answer_problem(answer, MHD_HTTP_PRECONDITION_FAILED, "changed", "it was changed meanwhile");
        answer_cure(answer, "look at what was changed first");
        return ERR_REFUSED;
    }
    return error;
}

int edited_remove(struct api_request *request, struct api_answer *answer, const struct edited *edited,
                  const struct edited_file *file)
{
    int error = edited_keep(request, edited);
    error = error ? error : request_audit(request, file->did, text_of(file->key), request->if_match, TEXT(""));
    if (!error && unlink(file->path) != 0) {
        error = answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file", "%s: %s", file->path, strerror(errno));
    }
    catalog_changed(request->console->catalog);
    if (!error) {
        file_put(answer, file);
    }
    return error;
}
