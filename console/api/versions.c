/* Saving a scheme; the history of a file that is edited here. */
#include <microhttpd.h>
#include <stdio.h>

#include "console/api/calls.h"
#include "console/api/edited.h"
#include "console/work/difference.h"
#include "console/work/versions.h"

/* ---- saving ---- */

/* A text with a fault would stop every run of the scheme. */
static int text_check(struct api_request *request, const struct catalog_entry *scheme, struct text text,
                      struct api_answer *answer)
{
    struct draft draft = {.folder = ""};
    struct cause cause = {""};
    if (!text_is_storable(text)) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "scheme-fault", "the text is no UTF-8");
    }
    int error = draft_open(scheme, text, &draft, &cause);
    error = edited_check(request, answer, &draft, NULL, error, &cause);
    draft_close(&draft);
    return error;
}

int schemes_save(struct api_request *request, struct api_answer *answer)
{
    struct edited edited;
    struct text text = json_text(json_get(request->body, "text"));
    int error = edited_take(request, answer, &edited);
    error = error ? error : text_check(request, &edited.scheme, text, answer);
    return error ? error : edited_save(request, answer, &edited, text);
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
    struct edited edited;
    struct version_list list = {.answer = answer, .limit = request_integer(request, "limit")};
    int error = edited_take(request, answer, &edited);
    if (error) {
        return error;
    }
    int64_t before = request_has(request, "cursor") ? request_integer(request, "cursor") : INT64_MAX;
    buffer_add_char(&answer->body, '[');
    error = version_each(request->store, text_of(edited.key), before, list.limit + 1, version_list, &list);
    buffer_add_char(&answer->body, ']');
    return error;
}

int versions_show(struct api_request *request, struct api_answer *answer)
{
    struct edited edited;
    struct version version, before = {.id = 0};
    struct difference count;
    struct arena arena;
    bool first = true;
    int64_t id = request_integer(request, "version");
    bool against_saved = text_equal(request_text(request, "against"), TEXT("saved"));
    int error = edited_take(request, answer, &edited);
    if (error) {
        return error;
    }
    struct text key = text_of(edited.key);
    error = version_newest(request->store, key, id, request->arena, &version);
    if (error == ERR_NOT_FOUND || (!error && version.id != id)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no version %lld of %s", (long long)id,
                              edited.key);
    }
    int older =
        error || against_saved ? ERR_NOT_FOUND : version_newest(request->store, key, id - 1, request->arena, &before);
    if (error || (older && older != ERR_NOT_FOUND)) {
        return error ? error : older;
    }
    struct text old = against_saved ? edited.saved : older == 0 ? before.text : version.text;
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
