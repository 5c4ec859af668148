#include "loader/find.h"

#include <stdio.h>
#include <string.h>

#include "common/base/print.h"
#include "common/log/log.h"
#include "loader/ask/search.h"

enum { LINE_MAX_BYTES = 1 << 20, NUMBERS_BYTES = 16 << 20 };

struct find {
    const struct loader_settings *settings;
    const struct target_form *form;
    struct loop *loop;
    struct client *client;
    struct client_call call;
    struct search search;
    enum search_trust search_trust;
    bool no_one; /* the account has no call that finds one */
    struct arena arena;
    struct buffer input;
    struct text rest, number; /* of the input: what was not asked for yet, what is asked for now */
    bool begun, ended;
};

static void end(struct find *find, int exit_code)
{
    if (!find->ended) {
        find->ended = true;
        loop_stop(find->loop, exit_code);
    }
}

static void gave_up(void *user, const struct cause *cause, int exit_code)
{
    struct find *find = user;
    if (!find->ended) {
        end(find, log_fatal(cause, exit_code));
    }
}

static void print(const struct find *find, enum target_told told, struct text id, const cJSON *record)
{
    struct buffer line;
    bool first = true;
    buffer_init(&line, ANSWER_BODY_MAX);
    buffer_add_char(&line, '{');
    json_put_member(&line, &first, TEXT("number"));
    json_put_text(&line, find->number);
    json_put_member(&line, &first, TEXT("stands"));
    buffer_add_text(&line, told == TOLD_FOUND ? TEXT("true") : told == TOLD_ABSENT ? TEXT("false") : TEXT("null"));
    json_put_member(&line, &first, TEXT("id"));
    if (told == TOLD_FOUND) {
        json_put_text(&line, id);
    } else {
        buffer_add_text(&line, TEXT("null"));
    }
    json_put_member(&line, &first, TEXT("record"));
    if (record) {
        json_put_tree(&line, record);
    } else {
        buffer_add_text(&line, TEXT("null"));
    }
    buffer_add_char(&line, '}');
    print_json(buffer_text(&line));
    buffer_fini(&line);
}

static void ask(struct find *find);

static void searched(struct search *search, enum target_told told, struct text id, const struct answer *answer)
{
    struct find *find = search->user;
    print(find, told, id, told == TOLD_FOUND ? find->settings->driver->record(find->form, answer, id) : NULL);
    ask(find);
}

static void ask_list(struct find *find)
{
    struct search *search = &find->search;
    search->client = find->client;
    search->driver = find->settings->driver;
    search->form = find->form;
    search->trust = &find->search_trust;
    search->done = searched;
    search->user = find;
    search_start(search, find->number);
}

static void answered(struct client_call *call, const struct answer *answer)
{
    struct find *find = call->user;
    struct text id = TEXT("");
    if (answer->absent) {
        find->no_one = true;
        ask_list(find);
        return;
    }
    arena_reset(&find->arena, 1 << 20);
    enum target_told told =
        find->settings->driver->find_read(&find->arena, find->form, answer, find->number, &id, NULL);
    print(find, told, id, told == TOLD_FOUND ? find->settings->driver->record(find->form, answer, id) : NULL);
    ask(find);
}

/* The next number; the end where there is none. */
static void ask(struct find *find)
{
    if (find->rest.size == 0) {
        end(find, EXIT_COMPLETE);
        return;
    }
    const char *line_end = memchr(find->rest.data, '\n', find->rest.size);
    size_t size = line_end ? (size_t)(line_end - find->rest.data) : find->rest.size;
    find->number = (struct text){find->rest.data, size};
    size += line_end != NULL;
    find->rest = (struct text){find->rest.data + size, find->rest.size - size};
    if (find->form->list.path.size == 0) {
        print(find, TOLD_NOTHING, TEXT(""), NULL);
        ask(find);
        return;
    }
    if (find->no_one || find->form->find_one.size == 0) {
        ask_list(find);
        return;
    }
    target_call_clear(&find->call.wire, LINE_MAX_BYTES, LINE_MAX_BYTES);
    find->settings->driver->find_one_call(&find->call.wire, find->form, find->number);
    find->call.path = find->form->find_one.data;
    find->call.done = answered;
    find->call.user = find;
    find->call.optional = true; /* there is always the list */
    client_start(find->client, &find->call);
}

static void logged_in(void *user)
{
    struct find *find = user;
    if (!find->begun) {
        find->begun = true;
        ask(find);
    }
}

static int read_numbers(struct find *find, struct cause *cause)
{
    char block[8192];
    size_t size;
    while ((size = fread(block, 1, sizeof block, stdin)) > 0) {
        buffer_add(&find->input, block, size);
    }
    size_t lines = 0;
    for (size_t i = 0; i < find->input.size; i++) {
        lines += find->input.data[i] == '\n';
    }
    if (find->input.failed || lines > FIND_MOST) {
        return cause_set(cause, ERR_INPUT, "--find: more than %d numbers", FIND_MOST);
    }
    find->rest = buffer_text(&find->input);
    return 0;
}

static int run(struct find *find, struct metrics *metrics, struct cause *cause)
{
    const struct client_options client = {.loop = find->loop,
                                          .metrics = metrics,
                                          .driver = find->settings->driver,
                                          .form = find->form,
                                          .network = find->settings->network,
                                          .record = find->settings->record,
                                          .timeout = find->settings->timeout,
                                          .connections = 2,
                                          .owner = "find",
                                          .account_wanted = true,
                                          .ready = logged_in,
                                          .fatal = gave_up,
                                          .user = find};
    int error = client_new(&client, &find->client, cause);
    if (error) {
        return log_fatal(cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    client_login(find->client);
    int exit_code = loop_run(find->loop);
    client_stop(find->client);
    client_free(&find->client);
    search_fini(&find->search);
    return exit_code < 0 ? EXIT_REFUSED : exit_code;
}

int find_numbers(const struct loader_settings *settings)
{
    struct cause cause;
    struct scheme *scheme = NULL;
    struct metrics *metrics = NULL;
    struct find find = {.settings = settings};
    int exit_code = EXIT_USAGE;
    arena_init(&find.arena, ANSWER_ARENA_MAX);
    buffer_init(&find.input, NUMBERS_BYTES);
    int error = log_open("loader", settings->stage.log, &cause);
    error = error ? error : scheme_load(settings->stage.scheme, &scheme, &cause);
    error = error ? error : read_numbers(&find, &cause);
    if (!error && (loop_new(&find.loop) || metrics_new(&metrics))) {
        error = cause_set(&cause, ERR_MEMORY, "out of memory or descriptors");
    }
    if (error) {
        exit_code = log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        find.form = &scheme->target.form;
        exit_code = run(&find, metrics, &cause);
    }
    buffer_fini(&find.input);
    target_call_fini(&find.call.wire);
    arena_fini(&find.arena);
    metrics_free(&metrics);
    loop_free(&find.loop);
    scheme_free(&scheme);
    return exit_code;
}
