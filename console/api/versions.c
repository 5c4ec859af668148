/* Saving a scheme, and its history. */
#include <microhttpd.h>
#include <stdio.h>

#include "common/log/log.h"
#include "console/api/calls.h"
#include "console/console.h"
#include "console/work/difference.h"
#include "console/work/faults.h"
#include "console/work/versions.h"

/* The scheme of the path and its text; 404, 500. */
static int scheme_take(struct api_request *request, struct api_answer *answer, struct catalog_entry *scheme,
                       struct text *saved)
{
    struct text file = request_text(request, "scheme");
    if (!catalog_find(request->console->catalog, file, scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(file));
    }
    *saved = catalog_read(scheme->path, request->arena);
    return saved->data
               ? 0
               : answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file", "%s.json can't be read", scheme->file);
}

/* ---- saving ---- */

/* A text with a fault would stop every run of the scheme. */
static int text_check(struct api_request *request, const struct catalog_entry *scheme, struct text text,
                      struct api_answer *answer)
{
    struct draft_fault *list = arena_take(request->arena, FAULTS_MOST * sizeof *list);
    struct draft draft = {.folder = ""};
    struct cause cause = {""};
    size_t count = 0;
    if (!text_is_storable(text)) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "scheme-fault", "the text is no UTF-8");
    }
    int error = list ? draft_open(scheme, text, &draft, &cause) : ERR_MEMORY;
    int faults = error ? error : faults_find(&draft, request->arena, list, &count);
    draft_close(&draft);
    for (size_t i = 0; faults > 0 && i < count; i++) {
        if (list[i].warning) {
            continue;
        }
        struct text path = list[i].path.data ? arena_text(request->arena, list[i].path) : (struct text){NULL, 0};
        answer->path = path.data;
        answer->line = list[i].line;
        answer->column = list[i].column;
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "scheme-fault", "%.*s%s%.*s", TEXT_ARG(path),
                              path.size > 0 ? ": " : "", TEXT_ARG(list[i].message));
    }
    return faults < 0 ? answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "draft", "%s",
                                       cause.text[0] ? cause.text : error_text(faults))
                      : 0;
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

static int changed_meanwhile(struct api_answer *answer, const struct version *newest)
{
    if (newest->who.data) {
        (void)answer_problem(answer, MHD_HTTP_PRECONDITION_FAILED, "changed",
                             "the scheme was changed meanwhile by %.*s", TEXT_ARG(newest->who));
    } else {
        (void)answer_problem(answer, MHD_HTTP_PRECONDITION_FAILED, "changed",
                             "the scheme was changed meanwhile, not on this console");
    }
    answer_cure(answer, "look at what was changed, and make your changes in that");
    return ERR_REFUSED;
}

static int audit_save(struct api_request *request, struct text name, const struct difference *count)
{
    struct cause what;
    (void)cause_set(&what, 0, "%zu lines added, %zu removed", count->added, count->removed);
    const struct audit line = {.who = text_of(request->visitor->name),
                               .did = TEXT("scheme.save"),
                               .subject = name,
                               .before = request->if_match,
                               .after = text_of(what.text)};
    return audit_put(request->store, &line);
}

int schemes_save(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct version newest;
    struct difference count = {0, 0};
    struct cause cause = {""};
    struct text saved = {NULL, 0}, text = json_text(json_get(request->body, "text"));
    char tag[VERSION_TAG + 1];
    int error = scheme_take(request, answer, &scheme, &saved);
    error = error ? error : text_check(request, &scheme, text, answer);
    error = error ? error : version_tag(saved, tag);
    error = error ? error : outside_keep(request, text_of(scheme.file), saved, &newest);
    if (!error && !text_equal(request->if_match, text_of(tag))) {
        return changed_meanwhile(answer, &newest);
    }
    error = error ? error : difference_count(saved, text, &count);
    error = error ? error : version_tag(text, answer->etag);
    if (!error && !text_equal(saved, text)) {
        const struct version version = {.who = text_of(request->visitor->name),
                                        .text = text,
                                        .added = (int64_t)count.added,
                                        .removed = (int64_t)count.removed};
        error = version_put(request->store, text_of(scheme.file), &version);
        error = error ? error : audit_save(request, text_of(scheme.file), &count);
        if (!error && draft_save(&scheme, text, &cause) != 0) {
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

/* ---- history ---- */

struct version_list {
    struct api_answer *answer;
    int64_t limit, count, last;
};

static void version_json(struct buffer *out, const struct version *version)
{
    bool first = true;
    buffer_add_char(out, '{');
    json_member_integer(out, &first, "id", version->id);
    json_member_integer(out, &first, "at", version->at);
    json_member_text(out, &first, "who", version->who);
    json_member_integer(out, &first, "added", version->added);
    json_member_integer(out, &first, "removed", version->removed);
    buffer_add_char(out, '}');
}

static void version_list(void *user, const struct version *version)
{
    struct version_list *list = user;
    if (++list->count > list->limit) {
        (void)snprintf(list->answer->next, sizeof list->answer->next, "%lld", (long long)list->last);
        return;
    }
    list->last = version->id;
    buffer_add_text(&list->answer->body, list->count > 1 ? TEXT(",") : TEXT(""));
    version_json(&list->answer->body, version);
}

int versions_list(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct version_list list = {.answer = answer, .limit = request_integer(request, "limit")};
    struct text file = request_text(request, "scheme");
    if (!catalog_find(request->console->catalog, file, &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(file));
    }
    int64_t before = request_has(request, "cursor") ? request_integer(request, "cursor") : INT64_MAX;
    buffer_add_char(&answer->body, '[');
    int error = version_each(request->store, text_of(scheme.file), before, list.limit + 1, version_list, &list);
    buffer_add_char(&answer->body, ']');
    return error;
}

int versions_show(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct version version, before = {.id = 0};
    struct text saved = {NULL, 0}, file;
    struct difference count;
    struct arena arena;
    bool first = true;
    int64_t id = request_integer(request, "version");
    bool against_saved = text_equal(request_text(request, "against"), TEXT("saved"));
    int error = scheme_take(request, answer, &scheme, &saved);
    if (error) {
        return error;
    }
    file = text_of(scheme.file);
    error = version_newest(request->store, file, id, request->arena, &version);
    if (error == ERR_NOT_FOUND || (!error && version.id != id)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no version %lld of %s", (long long)id,
                              scheme.file);
    }
    int older =
        error || against_saved ? ERR_NOT_FOUND : version_newest(request->store, file, id - 1, request->arena, &before);
    if (error || (older && older != ERR_NOT_FOUND)) {
        return error ? error : older;
    }
    struct text old = against_saved ? saved : older == 0 ? before.text : version.text;
    arena_init(&arena, DIFFERENCE_ROOM);
    buffer_add_text(&answer->body, TEXT("{\"version\":"));
    version_json(&answer->body, &version);
    first = false;
    json_member_text(&answer->body, &first, "text", version.text);
    json_put_member(&answer->body, &first, TEXT("difference"));
    error = difference_put(old, version.text, &arena, &answer->body, &count);
    buffer_add_char(&answer->body, '}');
    arena_fini(&arena);
    return error;
}
