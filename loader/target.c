#include "loader/target.h"

#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "loader/account.h"
#include "loader/xingchen.h"

enum { PAGE_SIZE = 100, PAGES_MAX = 1000, OUT_MAX = 64 << 20, COLUMNS = 3 };

struct target {
    const struct options *options;
    struct loop *loop;
    struct metrics *metrics;
    struct xingchen *client;
    struct xingchen_call call;
    struct arena arena;
    struct buffer out; /* lookup: the table, or the JSON list */
    const char *api;
    int64_t no;
    size_t found;
    bool ended;
};

/* ---- ends ---- */

static void end(struct target *t, int exit_code)
{
    if (!t->ended) {
        t->ended = true;
        loop_stop(t->loop, exit_code);
    }
}

int target_fail(const struct options *options, const struct cause *cause, int exit_code)
{
    if (!options->check) {
        return log_fatal(cause, exit_code);
    }
    struct cause line = *cause;
    log_wipe(line.text);
    const char *text = strncmp(line.text, "target: ", 8) == 0 ? line.text + 8 : line.text;
    printf("FAIL  target: %s\n", text);
    return exit_code;
}

static void gave_up(void *user, const struct cause *cause, int exit_code)
{
    struct target *t = user;
    if (!t->ended) {
        end(t, target_fail(t->options, cause, exit_code));
    }
}

static void unexpected(struct target *t, const struct answer *answer)
{
    struct cause cause;
    bool refused = answer->class == REPLY_REJECT || answer->class == REPLY_LOGIN;
    cause_set(&cause, ERR_REFUSED, "target: %s: %s: %.*s; %s", t->api, refused ? "refused" : "no usable answer",
              TEXT_ARG(answer->message),
              refused ? "check the app's rights and XINGCHEN_ACCOUNT_ID"
                      : "check XINGCHEN_URL and the network, or try later");
    gave_up(t, &cause, refused ? EXIT_REFUSED : EXIT_UNFINISHED);
}

/* ---- rows of a table ---- */

static void put_row(struct target *t, struct text id, struct text number, struct text name)
{
    struct text wanted = text_of(t->options->text);
    if (wanted.size > 0 && text_find_nocase(id, wanted) < 0 && text_find_nocase(number, wanted) < 0 &&
        text_find_nocase(name, wanted) < 0) {
        return;
    }
    struct buffer *out = &t->out;
    const struct text cells[COLUMNS] = {id, number, name};
    if (!t->options->json) {
        if (t->found++ == 0) {
            buffer_format(out, "%-20s  %-20s  %s\n", "ID", "NUMBER", "NAME");
        }
        buffer_format(out, "%-20.*s  %-20.*s  %.*s\n", TEXT_ARG(id), TEXT_ARG(number), TEXT_ARG(name));
        return;
    }
    static const char *const names[COLUMNS] = {"id", "number", "name"};
    buffer_add_text(out, t->found++ == 0 ? TEXT("{") : TEXT(",{"));
    bool first = true;
    for (int i = 0; i < COLUMNS; i++) {
        json_put_member(out, &first, text_of(names[i]));
        json_put_text(out, cells[i]);
    }
    buffer_add_char(out, '}');
}

static void print(struct target *t)
{
    if (t->options->json) {
        printf("{\"%s\":[%.*s]}\n", t->options->lookup, (int)t->out.size, t->out.data ? t->out.data : "");
    } else {
        (void)fwrite(t->out.data ? t->out.data : "", 1, t->out.size, stdout);
        if (t->found == 0) {
            (void)fprintf(stderr, "loader: the target has none%s%s\n", t->options->text ? " that hold " : "",
                          t->options->text ? t->options->text : "");
        }
    }
    end(t, EXIT_COMPLETE);
}

/* ---- accounts ---- */

static void account_row(void *user, const struct account *account)
{
    put_row(user, account->id, account->service, account->group);
}

static void account_line(void *user, const struct account *account)
{
    struct target *t = user;
    t->found++;
    printf("      account %.*s, group %.*s\n", TEXT_ARG(account->id), TEXT_ARG(account->group));
}

static void accounts(void *user, const struct answer *answer)
{
    struct target *t = user;
    t->api = "jdy/sys/accountGroup";
    if (t->options->check) {
        printf("FAIL  target: login fine, but XINGCHEN_ACCOUNT_ID is not set; put one of these into the environment or "
               ".env\n");
        if (account_each(&t->arena, answer->data, account_line, t) < 0 || t->found == 0) {
            printf("      (this login sees no account: give its user a book in Kingdee first)\n");
        }
        end(t, EXIT_USAGE);
    } else if (account_each(&t->arena, answer->data, account_row, t) < 0) {
        unexpected(t, answer);
    } else {
        print(t);
    }
}

/* ---- lists ---- */

static void ask(struct target *t);

static void listed(struct xingchen_call *call, const struct answer *answer)
{
    struct target *t = call->user;
    const cJSON *rows = cJSON_IsArray(answer->data) ? answer->data : json_get(answer->data, "rows");
    int64_t total = 0, pages = 0;
    bool counted = json_integer(json_get(answer->data, "count"), &total) == 0;
    bool paged = json_integer(json_get(answer->data, "totalpage"), &pages) == 0;
    if (answer->class != REPLY_DONE || (!cJSON_IsArray(rows) && !counted && !paged)) {
        unexpected(t, answer);
        return;
    }
    if (t->options->check) {
        char size[40] = "";
        if (counted) {
            (void)snprintf(size, sizeof size, ", %lld materials", (long long)total);
        }
        printf("ok    target: %s, account %s%s\n", t->options->url, t->options->account, size);
        end(t, EXIT_COMPLETE);
        return;
    }
    size_t n = 0;
    arena_reset(&t->arena, 1 << 20);
    for (const cJSON *row = cJSON_IsArray(rows) ? rows->child : NULL; row; row = row->next, n++) {
        put_row(t, answer_id(&t->arena, json_get(row, "id")), answer_id(&t->arena, json_get(row, "number")),
                answer_id(&t->arena, json_get(row, "name")));
    }
    if (n == 0 || (paged ? t->no >= pages : n < PAGE_SIZE) || t->no >= PAGES_MAX) {
        print(t);
    } else {
        ask(t);
    }
}

static void ask(struct target *t)
{
    t->no++;
    struct buffer *body = &t->call.body;
    buffer_clear(body, 256);
    buffer_format(body, "{\"page\":%lld,\"pagesize\":%d}", (long long)t->no, t->options->check ? 1 : PAGE_SIZE);
    t->call.api = t->api;
    t->call.done = listed;
    t->call.user = t;
    xingchen_start(t->client, &t->call);
}

static const char *api_of(const struct options *options)
{
    const char *what = options->lookup ? options->lookup : "materials";
    return strcmp(what, "units") == 0        ? "jdy/basedata/measure_unit_list"
           : strcmp(what, "categories") == 0 ? "jdy/basedata/material_group_list"
                                             : "jdy/basedata/material_list";
}

static void logged_in(void *user)
{
    struct target *t = user;
    if (t->no == 0) {
        ask(t);
    }
}

static int run(const struct options *options, struct options *mine)
{
    struct target t = {.options = mine, .api = api_of(options)};
    struct cause cause;
    int exit_code = EXIT_REFUSED;
    char owner[40];
    (void)snprintf(owner, sizeof owner, "check:%ld", (long)getpid());
    arena_init(&t.arena, ANSWER_ARENA_MAX);
    buffer_init(&t.out, OUT_MAX);
    buffer_init(&t.call.body, 256);
    struct xingchen_events events = {logged_in, gave_up, accounts};
    int error = loop_new(&t.loop) || metrics_new(&t.metrics)
                    ? cause_set(&cause, ERR_MEMORY, "out of memory or descriptors")
                    : 0;
    if (!error) {
        error = xingchen_new(t.loop, NULL, t.metrics, mine, 0, 2, owner, &events, &t, &t.client, &cause);
    }
    if (error) {
        exit_code = target_fail(options, &cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        xingchen_login(t.client);
        exit_code = loop_run(t.loop);
        xingchen_stop(t.client);
        xingchen_free(&t.client);
    }
    buffer_fini(&t.out);
    buffer_fini(&t.call.body);
    arena_fini(&t.arena);
    metrics_free(&t.metrics);
    loop_free(&t.loop);
    return exit_code < 0 ? EXIT_REFUSED : exit_code;
}

static int start(const struct options *options, const char *account)
{
    struct cause cause;
    struct options mine = *options;
    mine.account = account;
    if (log_open("loader", options->stage.log, &cause) != 0) {
        return target_fail(options, &cause, EXIT_USAGE);
    }
    return run(options, &mine);
}

int target_check(const struct options *options)
{
    return start(options, options->account);
}

int target_lookup(const struct options *options)
{
    return start(options, strcmp(options->lookup, "accounts") == 0 ? NULL : options->account);
}
