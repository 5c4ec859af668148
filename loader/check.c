#include "loader/check.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/columns.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/log/log.h"
#include "loader/ask/smaller.h"
#include "loader/client.h"

enum { OUT_MAX = 64 << 20, BODY_MAX = 1024, COLUMNS = 3 };

struct check {
    const struct loader_settings *settings;
    struct loop *loop;
    struct metrics *metrics;
    struct client *client;
    struct client_call call;
    struct arena arena;
    struct buffer out; /* lookup: the table, or the JSON list */
    const struct target_form *form;
    const char *path;
    struct pass pass;     /* over the list */
    struct id_set listed; /* ids that stand in `out`: a record may come twice */
    size_t found;
    bool begun, ended;
};

/* ---- ends ---- */

static void check_end(struct check *t, int exit_code)
{
    if (!t->ended) {
        t->ended = true;
        loop_stop(t->loop, exit_code);
    }
}

int check_fail(const struct loader_settings *settings, const struct cause *cause, int exit_code)
{
    if (!settings->check) {
        return log_fatal(cause, exit_code);
    }
    struct cause line = *cause;
    secret_wipe(line.text);
    const char *text = strncmp(line.text, "target: ", 8) == 0 ? line.text + 8 : line.text;
    print_line(stdout, "FAIL  target: %s", text);
    return exit_code;
}

static void gave_up(void *user, const struct cause *cause, int exit_code)
{
    struct check *t = user;
    if (!t->ended) {
        check_end(t, check_fail(t->settings, cause, exit_code));
    }
}

static void unexpected(struct check *t, const struct answer *answer)
{
    const struct target_driver *driver = t->settings->driver;
    struct cause cause;
    bool refused = answer->class == REPLY_REJECT || answer->class == REPLY_LOGIN;
    if (refused) {
        cause_set(&cause, ERR_REFUSED, "target: %s: refused: %.*s; check the app's rights and %s", t->path,
                  TEXT_ARG(answer->message), driver->account_setting);
    } else {
        cause_set(&cause, ERR_REFUSED, "target: %s: no usable answer: %.*s; check %s and the network, or try later",
                  t->path, TEXT_ARG(answer->message), driver->address_setting);
    }
    gave_up(t, &cause, refused ? EXIT_REFUSED : EXIT_UNFINISHED);
}

/* ---- rows of a table ---- */

static void put_row(struct check *t, struct text id, struct text number, struct text name)
{
    struct text wanted = text_of(t->settings->text);
    if (wanted.size > 0 && text_find_nocase(id, wanted) < 0 && text_find_nocase(number, wanted) < 0 &&
        text_find_nocase(name, wanted) < 0) {
        return;
    }
    struct buffer *out = &t->out;
    const struct text cells[COLUMNS] = {id, number, name};
    if (!t->settings->json) {
        bool accounts = loader_settings_accounts(t->settings);
        if (t->found++ == 0) {
            columns_pad(out, text_of(_("ID")), 20);
            buffer_add_text(out, TEXT("  "));
            columns_pad(out, text_of(accounts ? _("SERVICE") : _("NUMBER")), 20);
            buffer_format(out, "  %s\n", accounts ? _("GROUP") : _("NAME"));
        }
        struct buffer row;
        buffer_init(&row, OUT_MAX);
        columns_pad(&row, id, 20);
        buffer_add_text(&row, TEXT("  "));
        columns_pad(&row, number, 20);
        buffer_format(&row, "  %.*s", TEXT_ARG(name));
        print_put_shown(out, buffer_text(&row));
        buffer_add_char(out, '\n');
        buffer_fini(&row);
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

/* `why`: a part is missing; NULL = nothing. */
static void print(struct check *t, const char *why)
{
    const char *text = t->settings->text;
    if (t->settings->json) {
        struct buffer list;
        buffer_init(&list, OUT_MAX + 100);
        buffer_format(&list, "{\"%s\":[", t->settings->lookup);
        buffer_add_text(&list, buffer_text(&t->out));
        buffer_add_text(&list, TEXT("]}"));
        print_json(buffer_text(&list));
        buffer_fini(&list);
    } else {
        (void)fwrite(t->out.data ? t->out.data : "", 1, t->out.size, stdout); /* lines that were shown harmless */
        if (t->found == 0 && !why) {
            if (text) {
                print_line(stderr, "loader: the target has none that hold %s", text);
            } else {
                print_line(stderr, "loader: the target has none");
            }
        }
    }
    if (why) {
        print_line(stderr, "loader: that is not the whole list: %s", why);
    }
    check_end(t, why ? EXIT_UNFINISHED : EXIT_COMPLETE);
}

/* ---- accounts ---- */

static void account_row(void *user, const struct target_account *account)
{
    put_row(user, account->id, account->service, account->group);
}

static void account_line(void *user, const struct target_account *account)
{
    struct check *t = user;
    t->found++;
    print_line(stdout, "      account %.*s, group %.*s", TEXT_ARG(account->id), TEXT_ARG(account->group));
}

static void accounts(void *user, const struct answer *answer)
{
    struct check *t = user;
    t->path = "the list of accounts";
    if (t->settings->check) {
        print_line(stdout, "FAIL  target: login fine, but %s is not set; put one of these into the environment or .env",
                   t->settings->driver->account_setting);
        if (t->settings->driver->accounts(&t->arena, answer, account_line, t) < 0 || t->found == 0) {
            print_line(stdout, "      (this login sees no account: give its user a book in Kingdee first)");
        }
        check_end(t, EXIT_USAGE);
    } else if (t->settings->driver->accounts(&t->arena, answer, account_row, t) < 0) {
        unexpected(t, answer);
    } else {
        print(t, NULL);
    }
}

/* ---- lists ---- */

static void ask(struct check *t);

static int64_t page_size(const struct check *t)
{
    int64_t most = t->form->list.most;
    return t->settings->check ? 1 : most > 0 && most < t->pass.size ? most : t->pass.size;
}

static void put_page(struct check *t, const struct target_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct target_entry *entry = &page->entries[i];
        bool fresh;
        if (id_set_put(&t->listed, entry->id, &fresh) == 0 && fresh) { /* without memory the pass ends, too */
            put_row(t, entry->id, entry->number, entry->name);
        }
    }
}

static void read_on(struct check *t, const struct target_page *page)
{
    put_page(t, page);
    enum pass_next next = pass_page(&t->pass, page);
    if (t->out.failed) {
        print(t, "it is too long");
    } else if (next == PASS_ASK) {
        ask(t);
    } else {
        print(t, next == PASS_DONE ? NULL : t->pass.why);
    }
}

static void listed(struct client_call *call, const struct answer *answer)
{
    struct check *t = call->user;
    const struct target_driver *driver = t->settings->driver;
    struct target_page page = {.total = -1, .pages = -1};
    arena_reset(&t->arena, 1 << 20);
    if (answer->too_large && list_smaller(&t->pass, t->path)) {
        ask(t);
        return;
    }
    bool end = answer->class == REPLY_REJECT && pass_enough(&t->pass); /* there is no page behind the last */
    if (!end && (answer->class != REPLY_DONE || driver->list_read(&t->arena, t->form, answer, &page) != 0)) {
        unexpected(t, answer);
        return;
    }
    if (t->settings->check) {
        char size[40] = "";
        if (page.total >= 0) {
            (void)snprintf(size, sizeof size, ", %lld records", (long long)page.total);
        }
        print_line(stdout, "ok    target: %s, account %s%s", driver->address(), driver->account(), size);
        check_end(t, EXIT_COMPLETE);
        return;
    }
    read_on(t, &page);
}

static void ask(struct check *t)
{
    target_call_clear(&t->call.wire, BODY_MAX, BODY_MAX);
    const struct target_ask ask = {.path = text_of(t->path),
                                   .no = t->pass.no,
                                   .before = t->pass.rows,
                                   .size = page_size(t),
                                   .other = t->settings->lookup != NULL};
    t->settings->driver->list_call(&t->call.wire, t->form, &ask);
    t->call.path = t->path;
    t->call.done = listed;
    t->call.sized = true;
    t->call.user = t;
    client_start(t->client, &t->call);
}

/* The path of a list; NULL when the API file has none. */
static const char *path_of(const struct loader_settings *settings, const struct target_form *form)
{
    if (!settings->lookup) {
        return form->list.path.data;
    }
    for (size_t i = 0; i < form->lookup_count; i++) {
        if (text_equal(form->lookups[i].what, text_of(settings->lookup))) {
            return form->lookups[i].path.data;
        }
    }
    return NULL;
}

/* ", units, categories" */
static void list_known(const struct target_form *form, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < form->lookup_count && used < room; i++) {
        int n = snprintf(out + used, room - used, ", %s", form->lookups[i].what.data);
        used += n > 0 ? (size_t)n : 0;
    }
}

static void logged_in(void *user)
{
    struct check *t = user;
    if (!t->begun) {
        t->begun = true;
        ask(t);
    }
}

static int run(const struct loader_settings *settings, const struct target_form *form, const char *path)
{
    struct check t = {.settings = settings, .form = form, .path = path};
    struct cause cause;
    int exit_code = EXIT_REFUSED;
    char owner[40];
    (void)snprintf(owner, sizeof owner, "check:%ld", (long)getpid());
    arena_init(&t.arena, ANSWER_ARENA_MAX);
    buffer_init(&t.out, OUT_MAX);
    pass_init(&t.pass);
    int error = loop_new(&t.loop) || metrics_new(&t.metrics)
                    ? cause_set(&cause, ERR_MEMORY, "out of memory or descriptors")
                    : 0;
    if (!error) {
        const struct client_options client = {.loop = t.loop,
                                              .metrics = t.metrics,
                                              .driver = settings->driver,
                                              .form = form,
                                              .network = settings->network,
                                              .record = settings->record,
                                              .timeout = settings->timeout,
                                              .connections = 2,
                                              .owner = owner,
                                              .account_wanted = path && settings->driver->account(),
                                              .ready = logged_in,
                                              .fatal = gave_up,
                                              .accounts = accounts,
                                              .user = &t};
        error = client_new(&client, &t.client, &cause);
    }
    if (error) {
        exit_code = check_fail(settings, &cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        client_login(t.client);
        exit_code = loop_run(t.loop);
        client_stop(t.client);
        client_free(&t.client);
    }
    buffer_fini(&t.out);
    pass_fini(&t.pass);
    id_set_clear(&t.listed);
    target_call_fini(&t.call.wire);
    arena_fini(&t.arena);
    metrics_free(&t.metrics);
    loop_free(&t.loop);
    return exit_code < 0 ? EXIT_REFUSED : exit_code;
}

static int start(const struct loader_settings *settings)
{
    struct cause cause;
    struct scheme *scheme = NULL;
    if (log_open("loader", settings->stage.log, &cause) != 0 ||
        scheme_load(settings->stage.scheme, &scheme, &cause) != 0) {
        return check_fail(settings, &cause, EXIT_USAGE);
    }
    const struct target_form *form = &scheme->target.form;
    bool accounts_only = loader_settings_accounts(settings);
    const char *path = accounts_only ? NULL : path_of(settings, form);
    int exit_code = EXIT_USAGE;
    if (accounts_only && !settings->driver->accounts) {
        cause_set(&cause, ERR_INPUT,
                  "--lookup: accounts: the target's platform lists none; %s names the one that is used",
                  settings->driver->account_setting);
        exit_code = check_fail(settings, &cause, EXIT_USAGE);
    } else if (path && path[0] == '\0') {
        print_line(stdout, "ok    target: %s, account %s, not called: its API file has no list",
                   settings->driver->address(), settings->driver->account());
        exit_code = EXIT_COMPLETE;
    } else if (path || accounts_only) {
        exit_code = run(settings, form, path);
    } else {
        char known[200];
        list_known(form, known, sizeof known);
        cause_set(&cause, ERR_INPUT,
                  "--lookup: %s: not one of accounts%s, which the API file of %.*s has under /lookups",
                  settings->lookup, known, TEXT_ARG(scheme->target.api));
        exit_code = check_fail(settings, &cause, EXIT_USAGE);
    }
    scheme_free(&scheme);
    return exit_code;
}

int check_target(const struct loader_settings *settings)
{
    return start(settings);
}

int check_lookup(const struct loader_settings *settings)
{
    return start(settings);
}
