/* Who is here, and who did what. */
#include <microhttpd.h>
#include <stdio.h>

#include "common/config/config.h"
#include "console/api/calls.h"
#include "console/api/operation.h"
#include "console/console.h"
#include "console/serve/guard.h"
#include "console/serve/said.h"

int health_show(struct api_request *request, struct api_answer *answer)
{
    (void)request;
    bool first = true;
    buffer_add_char(&answer->body, '{');
    json_member_text(&answer->body, &first, "status", TEXT("ok"));
    json_member_text(&answer->body, &first, "version", text_of(dianchen_version));
    buffer_add_char(&answer->body, '}');
    return 0;
}

int document_show(struct api_request *request, struct api_answer *answer)
{
    operations_document(&answer->body, request->chinese);
    return 0;
}

static void visitor_put(struct buffer *out, const struct visitor *visitor, const char *key)
{
    bool first = true;
    buffer_add_char(out, '{');
    json_member_text(out, &first, "name", text_of(visitor->name));
    json_member_text(out, &first, "role", text_of(role_text(visitor->role)));
    if (key) {
        json_member_text(out, &first, "key", text_of(key));
    }
    buffer_add_char(out, '}');
}

/* Whose is it: the link's token, an API token, or the password? `hash` is that of an API token. */
static int visitor_find(struct console *console, struct text token, struct visitor *visitor, char hash[TOKEN_HASH + 1])
{
    *visitor = (struct visitor){.role = ROLE_ADMIN};
    hash[0] = '\0';
    if (session_link_use(console->sessions, token)) {
        (void)snprintf(visitor->name, sizeof visitor->name, "link");
        return 0;
    }
    int error = token_hash(token, hash);
    error = error ? error : guard_token(console, hash, visitor);
    if (error == ERR_NOT_FOUND && console->password) {
        error = password_fits(console->password, token);
        (void)snprintf(visitor->name, sizeof visitor->name, "password");
        hash[0] = '\0';
    }
    return error;
}

int session_open(struct api_request *request, struct api_answer *answer)
{
    struct text token = json_text(json_get(request->body, "token"));
    struct visitor visitor;
    char hash[TOKEN_HASH + 1], cookie[TOKEN_SIZE + 1], key[TOKEN_SIZE + 1];
    int error = visitor_find(request->console, token, &visitor, hash);
    if (error == ERR_BUSY) {
        answer->retry_after = 2;
        return answer_problem(answer, MHD_HTTP_TOO_MANY_REQUESTS, "busy", "many people log in at this moment");
    }
    if (error == ERR_NOT_FOUND) {
        answer->retry_after = 1;
        (void)answer_problem(answer, MHD_HTTP_UNAUTHORIZED, GUARD_WRONG_TOKEN,
                             "this token is none of this console, was used already, or is too old");
        answer_cure(answer, "start the console again for a fresh link, or: dianchen console token new --name NAME");
        return ERR_REFUSED;
    }
    error = error ? error : session_begin(request->console->sessions, &visitor, hash, cookie, key);
    if (!error) {
        (void)snprintf(answer->cookie, sizeof answer->cookie, "%s; Path=/; HttpOnly; SameSite=Strict", cookie);
        visitor_put(&answer->body, &visitor, key);
    }
    return error;
}

int session_show(struct api_request *request, struct api_answer *answer)
{
    visitor_put(&answer->body, request->visitor, NULL);
    return 0;
}

int session_close(struct api_request *request, struct api_answer *answer)
{
    session_end(request->console->sessions, request->session);
    (void)snprintf(answer->cookie, sizeof answer->cookie, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    buffer_add_text(&answer->body, TEXT("null"));
    return 0;
}

int audit_list(struct api_request *request, struct api_answer *answer)
{
    static const char *const names[] = {"who", "did", "subject", "before", "after"};
    int64_t limit = request_integer(request, "limit"), count = 0, last = 0;
    const struct sql_value values[] = {
        SQL_INTEGER(request_has(request, "cursor") ? request_integer(request, "cursor") : INT64_MAX),
        SQL_INTEGER(limit + 1)};
    struct sql_rows rows;
    struct buffer *out = &answer->body;
    store_ask(request->store,
              "select id, at, who, did, subject, before, after from audit where id < $1 order by id desc limit $2",
              values, 2, &rows);
    buffer_add_char(out, '[');
    while (store_next(&rows)) {
        if (++count > limit) {
            (void)snprintf(answer->next, sizeof answer->next, "%lld", (long long)last);
            continue;
        }
        bool first = true;
        last = rows.columns[0].integer;
        buffer_add_text(out, count > 1 ? TEXT(",{") : TEXT("{"));
        json_member_integer(out, &first, "id", last);
        json_member_integer(out, &first, "at", rows.columns[1].integer);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            const struct sql_value *told = &rows.columns[i + 2];
            put_said(out, &first, names[i], told->kind == SQL_TEXT ? told->text : TEXT(""), request->chinese && i == 4);
        }
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
    return store_found(&rows);
}
