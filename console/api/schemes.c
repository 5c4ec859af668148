/* Schemes. */
#include <microhttpd.h>
#include <stdio.h>

#include "console/api/calls.h"
#include "console/console.h"
#include "console/serve/said.h"
#include "console/work/child.h"
#include "console/work/versions.h"

enum { PREVIEW_SECONDS = 60, PREVIEW_BYTES = 16 << 20 };

static int scheme_missing(struct api_answer *answer, struct text file)
{
    return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(file));
}

static void entry_put(struct buffer *out, bool *first, const struct catalog_entry *entry, bool chinese)
{
    json_member_text(out, first, "file", text_of(entry->file));
    json_member_text(out, first, "name", text_of(entry->name));
    put_said(out, first, "fault", entry->fault[0] ? text_of(entry->fault) : (struct text){NULL, 0}, chinese);
    json_member_text(out, first, "source_api", text_of(entry->source));
    json_member_text(out, first, "target_api", text_of(entry->target));
    json_member_integer(out, first, "every", entry->every);
    json_member_text(out, first, "at", entry->at[0] ? text_of(entry->at) : (struct text){NULL, 0});
    json_member_flag(out, first, "replays", entry->replays);
}

int schemes_list(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry entry;
    buffer_add_char(&answer->body, '[');
    for (size_t i = 0; catalog_at(request->console->catalog, i, &entry); i++) {
        bool first = true;
        buffer_add_text(&answer->body, i ? TEXT(",{") : TEXT("{"));
        entry_put(&answer->body, &first, &entry, request->chinese);
        buffer_add_char(&answer->body, '}');
    }
    buffer_add_char(&answer->body, ']');
    return 0;
}

int schemes_show(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry entry;
    bool first = true;
    if (!catalog_find(request->console->catalog, request_text(request, "scheme"), &entry)) {
        return scheme_missing(answer, request_text(request, "scheme"));
    }
    struct text text = catalog_read(entry.path, request->arena);
    if (!text.data) {
        return answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file", "%s.json can't be read", entry.file);
    }
    buffer_add_char(&answer->body, '{');
    entry_put(&answer->body, &first, &entry, request->chinese);
    json_member_text(&answer->body, &first, "text", text);
    int error = put_document(&answer->body, &first, "document", text, request->arena);
    error = error ? error : version_tag(text, answer->etag);
    json_member_text(&answer->body, &first, "etag", text_of(answer->etag));
    buffer_add_char(&answer->body, '}');
    return error;
}

/* {"records":[{"source","mapped"}]} of `dianchen preview --json`, as a list. What is secret stands there as "***". */
static int preview_put(struct buffer *out, struct text printed, struct arena *arena, bool chinese)
{
    const cJSON *tree = NULL;
    int error = json_parse(arena, printed, PREVIEW_BYTES, JSON_STRICT, &tree, NULL);
    if (!error && cJSON_IsArray(json_get(tree, "records"))) {
        put_tree_said(out, json_get(tree, "records"), chinese);
        return 0;
    }
    return error ? error : ERR_SYNTAX;
}

int schemes_preview(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry entry;
    struct cause cause;
    struct buffer printed, said;
    char number[24];
    if (!catalog_find(request->console->catalog, request_text(request, "scheme"), &entry)) {
        return scheme_missing(answer, request_text(request, "scheme"));
    }
    (void)snprintf(number, sizeof number, "%lld", (long long)request_integer(request, "limit"));
    buffer_init(&printed, PREVIEW_BYTES);
    buffer_init(&said, 1 << 16);
    const char *const words[] = {"preview", "-n", number, "--json", "--no-target", "--scheme", entry.path, NULL};
    int code = child_ask(words, PREVIEW_SECONDS, &printed, &said, &cause);
    if (code == ERR_BUSY) {
        answer->retry_after = 1;
        code = answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%s", cause.text);
    } else if (code != 0) {
        struct text why = code < 0 ? text_of(cause.text) : child_last_line(buffer_text(&said));
        code = answer_problem(answer, MHD_HTTP_BAD_GATEWAY, "source", "%.*s", TEXT_ARG(why));
        answer_cure(answer, "dianchen check says what is wrong");
    } else {
        code = preview_put(&answer->body, buffer_text(&printed), request->arena, request->chinese);
    }
    buffer_fini(&printed);
    buffer_fini(&said);
    return code;
}
