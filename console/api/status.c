#include "console/api/status.h"

#include "common/ledger/reject.h"
#include "common/run/hold.h"
#include "common/run/inbox.h"
#include "common/run/run.h"
#include "common/run/schedule.h"
#include "console/api/calls.h"
#include "console/api/run.h"
#include "console/console.h"
#include "console/serve/said.h"

enum { ARENA_MOST = 8 << 20, SOON = 1000 /* ms */ };

/* The newest run of a scheme, and how far it is. */
static int newest_put(struct store *store, struct text scheme, struct status *status, bool *first, struct arena *arena)
{
    const struct sql_value value = SQL_STRING(scheme);
    struct buffer *out = status->out;
    struct sql_rows rows;
    struct run_progress progress = {0};
    struct run_next next = {.scheduled = false};
    int64_t run = 0;
    store_ask(store, "select " RUN_COLUMNS " from run n where n.id = (select max(id) from run where scheme = $1)",
              &value, 1, &rows);
    if (store_next(&rows)) {
        run = rows.columns[0].integer;
        json_put_member(out, first, TEXT("run"));
        run_put(out, rows.columns, arena, status->chinese);
    } else {
        json_member_null(out, first, "run");
    }
    int error = store_found(&rows);
    error = error || run == 0 ? error : run_progress(store, run, &progress);
    error = error || run == 0 ? error : run_next(store, run, &next);
    if (next.scheduled && !next.held &&
        next.at > store_wall() + SOON) { /* one that is due begins now: that is no time to tell */
        json_member_integer(out, first, "next", next.at);
    } else {
        json_member_null(out, first, "next");
    }
    json_put_member(out, first, TEXT("progress"));
    if (error || run == 0) {
        buffer_add_text(out, TEXT("null"));
        return error;
    }
    bool inner = true;
    buffer_add_char(out, '{');
    json_member_integer(out, &inner, "pages_done", progress.pages_done);
    json_member_integer(out, &inner, "pages", progress.pages_total);
    json_member_integer(out, &inner, "records", progress.rows_done);
    json_member_integer(out, &inner, "rejects", progress.rejects);
    buffer_add_char(out, '}');
    return 0;
}

static int scheme_put(struct store *store, const struct catalog_entry *entry, struct status *status,
                      struct arena *arena)
{
    struct buffer *out = status->out;
    bool first = true, held = false;
    char who[HOLD_WHO_MAX] = "";
    int64_t waiting = 0;
    struct text name = text_of(entry->name);
    int error = hold_find(store, name, &held, who);
    buffer_add_char(out, '{');
    json_member_text(out, &first, "file", text_of(entry->file));
    json_member_text(out, &first, "name", name);
    put_said(out, &first, "fault", entry->fault[0] ? text_of(entry->fault) : (struct text){NULL, 0}, status->chinese);
    json_member_text(out, &first, "source_api", text_of(entry->source));
    json_member_text(out, &first, "target_api", text_of(entry->target));
    json_member_integer(out, &first, "every", entry->every);
    json_member_text(out, &first, "at", entry->at[0] ? text_of(entry->at) : (struct text){NULL, 0});
    json_member_flag(out, &first, "replays", entry->replays);
    json_member_text(out, &first, "held_by", held ? text_of(who) : (struct text){NULL, 0});
    error = error ? error : inbox_count(store, name, &waiting);
    json_member_integer(out, &first, "waiting", waiting);
    error = error ? error : newest_put(store, name, status, &first, arena);
    buffer_add_char(out, '}');
    return error;
}

int status_put(struct store *store, struct status *status)
{
    struct catalog_entry entry;
    struct arena arena;
    int64_t rejects = 0;
    arena_init(&arena, ARENA_MOST);
    buffer_add_text(status->out, TEXT("{\"schemes\":["));
    int error = 0;
    for (size_t i = 0; !error && catalog_at(status->console->catalog, i, &entry); i++) {
        buffer_add_text(status->out, i ? TEXT(",") : TEXT(""));
        error = scheme_put(store, &entry, status, &arena);
        arena_reset(&arena, ARENA_MOST);
    }
    error = error ? error : reject_count(store, &rejects);
    buffer_format(status->out, "],\"rejects_open\":%lld}", (long long)rejects);
    arena_fini(&arena);
    return error;
}

int status_show(struct api_request *request, struct api_answer *answer)
{
    return status_put(request->store, &(struct status){request->console, &answer->body, request->chinese});
}

int jobs_list(struct api_request *request, struct api_answer *answer)
{
    jobs_put(request->console->jobs, &answer->body, request->chinese);
    return 0;
}
