#include "console/work/outbox.h"

#include <stdio.h>

#include "common/run/run.h"
#include "console/api/run.h"

enum { MESSAGE_BYTES = 64 << 10, NOTED_AT_ONCE = 20 };

/* Events of runs, which must not be noted yet and have come since $1. $2: what is older than this stands still. */
#define SINCE "(select o.at from outbox o where o.event = 'begin')"
#define IS_NEW(event) "not exists (select 1 from outbox o where o.event = '" event "' and o.subject = n.id)"
#define HAS_ENDED "n." RUN_IS_OVER " and n.ended >= " SINCE " and n.ended >= $1 and " IS_NEW("run.ended")
#define HAS_FAILED "n." RUN_HAS_FAILED " and n.ended >= " SINCE " and n.ended >= $1 and " IS_NEW("run.failed")
#define STANDS_STILL                                                                                                   \
    "n." RUN_IS_OPEN                                                                                                   \
    " and n.started < $2 and not exists (select 1 from page p where p.run = n.id and p.ended >= $2) and "              \
    "not exists (select 1 from hold h where h.scheme = n.scheme) and " IS_NEW("stage.stalled")

static const struct event {
    const char *name, *text;
} events[] = {
    {"run.ended", "select " RUN_COLUMNS " from run n where " HAS_ENDED " order by n.id limit $3"},
    {"run.failed", "select " RUN_COLUMNS " from run n where " HAS_FAILED " order by n.id limit $3"},
    {"stage.stalled", "select " RUN_COLUMNS " from run n where " STANDS_STILL " order by n.id limit $3"},
};

int outbox_begin(struct store *store, int64_t now)
{
    const struct sql_value value = SQL_INTEGER(now);
    return store_run(store,
                     "insert into outbox (event, subject, at, next) values ('begin', 0, $1, 0) on conflict do nothing",
                     &value, 1, NULL);
}

int outbox_due(struct store *store, int64_t now, bool *due)
{
    const struct sql_value values[] = {SQL_INTEGER(now - OUTBOX_KEPT), SQL_INTEGER(now - OUTBOX_STILL),
                                       SQL_INTEGER(now)};
    int64_t found = 0;
    int error = store_integers(store,
                               "select case when exists (select 1 from run n where " HAS_ENDED ") or exists (select 1"
                               " from run n where " HAS_FAILED ") or exists (select 1 from run n where " STANDS_STILL
                               ") or exists (select 1 from outbox where body is not null and next <= $3) then 1 else 0"
                               " end",
                               values, 3, &found, 1);
    *due = found != 0;
    return error;
}

/* ---- noting ---- */

struct noting {
    struct store *store;
    struct arena *arena;
    int64_t now;
};

static int message_put(const struct noting *noting, const char *event, int64_t run, struct text body)
{
    const struct sql_value values[] = {SQL_STRING(text_of(event)), SQL_INTEGER(run), SQL_INTEGER(noting->now),
                                       SQL_STRING(body)};
    return store_run(noting->store,
                     "insert into outbox (event, subject, at, body, next) values ($1, $2, $3, $4, $3)"
                     " on conflict do nothing",
                     values, 4, NULL);
}

static void message_begin(struct buffer *out, const struct noting *noting, const char *event)
{
    bool first = true;
    buffer_clear(out, MESSAGE_BYTES);
    buffer_add_char(out, '{');
    json_member_text(out, &first, "event", text_of(event));
    json_member_integer(out, &first, "at", noting->now);
}

/* What the run was the first to refuse: how many records, and the first of them. */
static int rejects_note(const struct noting *noting, int64_t run)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(OUTBOX_REJECTS)};
    static const char *const members[] = {"key", "number", "class", "code", "message"};
    struct sql_rows rows;
    struct buffer out;
    int64_t count = 0;
    int error =
        store_integers(noting->store,
                       "select count(*) from reject j join run n on n.id = j.run where j.run = $1 and j.first >="
                       " n.started",
                       values, 1, &count, 1);
    if (error || count == 0) {
        return error;
    }
    buffer_init(&out, MESSAGE_BYTES);
    message_begin(&out, noting, "reject.opened");
    buffer_format(&out, ",\"run\":%lld,\"count\":%lld,\"rejects\":[", (long long)run, (long long)count);
    store_ask(
        noting->store,
        "select r.key, coalesce(r.number, r.key), j.class, j.code, j.message from reject j join record r on r.id ="
        " j.record join run n on n.id = j.run where j.run = $1 and j.first >= n.started order by j.record limit $2",
        values, 2, &rows);
    for (bool more = false; store_next(&rows); more = true) {
        bool first = true;
        buffer_add_text(&out, more ? TEXT(",{") : TEXT("{"));
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            json_member_text(&out, &first, members[i], rows.columns[i].text);
        }
        buffer_add_char(&out, '}');
    }
    buffer_add_text(&out, TEXT("]}"));
    error = store_found(&rows);
    error = error || out.failed ? error : message_put(noting, "reject.opened", run, buffer_text(&out));
    buffer_fini(&out);
    return error;
}

/* The messages of one kind of event; a transaction reads one thing at a time, so they are kept first. */
static int event_note(const struct noting *noting, const struct event *event)
{
    const struct sql_value values[] = {SQL_INTEGER(noting->now - OUTBOX_KEPT), SQL_INTEGER(noting->now - OUTBOX_STILL),
                                       SQL_INTEGER(NOTED_AT_ONCE)};
    struct {
        int64_t run;
        struct text body;
    } found[NOTED_AT_ONCE];
    struct sql_rows rows;
    struct buffer out;
    size_t count = 0;
    buffer_init(&out, MESSAGE_BYTES);
    store_ask(noting->store, event->text, values, 3, &rows);
    while (store_next(&rows) && count < NOTED_AT_ONCE) {
        message_begin(&out, noting, event->name);
        buffer_add_text(&out, TEXT(",\"run\":"));
        run_put(&out, rows.columns, noting->arena, false);
        buffer_add_char(&out, '}');
        found[count].run = rows.columns[0].integer;
        found[count].body = arena_text(noting->arena, buffer_text(&out));
        count += found[count].body.data && !out.failed;
    }
    int error = store_found(&rows);
    for (size_t i = 0; !error && i < count; i++) {
        error = message_put(noting, event->name, found[i].run, found[i].body);
        if (!error && event == &events[0]) {
            error = rejects_note(noting, found[i].run);
        }
    }
    buffer_fini(&out);
    return error;
}

int outbox_note(struct store *store, int64_t now, struct arena *arena)
{
    const struct noting noting = {store, arena, now};
    /* What was told is remembered longer than runs are looked at: it is not told again. */
    const struct sql_value old = SQL_INTEGER(now - 2 * (int64_t)OUTBOX_KEPT);
    int error = store_run(store, "delete from outbox where event <> 'begin' and at < $1", &old, 1, NULL);
    for (size_t i = 0; !error && i < sizeof events / sizeof *events; i++) {
        error = event_note(&noting, &events[i]);
    }
    return error;
}

/* ---- sending ---- */

int outbox_next(struct store *store, int64_t now, int64_t again, struct arena *arena, struct outbox_message *out)
{
    const struct sql_value value = SQL_INTEGER(now);
    struct sql_rows rows;
    store_ask(store,
              "select id, tries, at, event, body from outbox where body is not null and next <= $1 order by next, id "
              "limit 1",
              &value, 1, &rows);
    bool found = store_next(&rows);
    if (found) {
        *out = (struct outbox_message){
            .id = rows.columns[0].integer, .tries = rows.columns[1].integer, .at = rows.columns[2].integer};
        (void)snprintf(out->event, sizeof out->event, "%.*s", TEXT_ARG(rows.columns[3].text));
        out->body = arena_text(arena, rows.columns[4].text);
    }
    int error = store_found(&rows);
    if (error || !found || !out->body.data) {
        return error ? error : found ? ERR_MEMORY : ERR_NOT_FOUND;
    }
    const struct sql_value values[] = {SQL_INTEGER(out->id), SQL_INTEGER(again)};
    return store_run(store, "update outbox set next = $2, tries = tries + 1 where id = $1", values, 2, NULL);
}

int outbox_done(struct store *store, int64_t id)
{
    const struct sql_value value = SQL_INTEGER(id);
    return store_run(store, "update outbox set body = null where id = $1", &value, 1, NULL);
}

int outbox_again(struct store *store, int64_t id, int64_t next)
{
    const struct sql_value values[] = {SQL_INTEGER(id), SQL_INTEGER(next)};
    return store_run(store, "update outbox set next = $2 where id = $1", values, 2, NULL);
}
