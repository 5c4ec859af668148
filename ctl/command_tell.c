/* `dianchen status`, `report`, `rejects`, `explain`: what the store knows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/ledger.h"
#include "common/log.h"
#include "common/reject.h"
#include "common/stage.h"
#include "ctl/command.h"
#include "ctl/report.h"
#include "ctl/report_page.h"

enum { TELL_LIMIT = 64 << 20 };

struct tell {
    struct stage_options options;
    bool json;
    struct store *store;
    struct buffer text;
};
#define TELL_OPTIONS(t)                                                                                                \
    STAGE_OPTION_STORE((t).options),                                                                                   \
    {                                                                                                                  \
        "--json", NULL, CONFIG_SWITCH, NULL, false, "one JSON object on one line", &(t).json, 0, 0                     \
    }

static int tell_open(struct tell *tell, int *exit_code)
{
    buffer_init(&tell->text, TELL_LIMIT);
    int error = command_store(tell->options.store, &tell->store, exit_code);
    if (error == 0 && (error = store_begin(tell->store, false)) != 0) {
        fprintf(stderr, "dianchen: store %s\n", store_why(tell->store));
        *exit_code = EXIT_REFUSED;
        store_close(&tell->store);
    }
    return error;
}

/* Ends the reading; a failure of the store itself is told. */
static int tell_close(struct tell *tell, int error, const char *missing, int exit_code)
{
    if (error == ERR_NOT_FOUND) {
        fprintf(stderr, "dianchen: %s\n", missing);
        exit_code = EXIT_USAGE;
    } else if (error != 0) {
        fprintf(stderr, "dianchen: store %s\n", store_why(tell->store));
        exit_code = EXIT_REFUSED;
    }
    if (store_end(tell->store, 0) != 0 && exit_code == EXIT_COMPLETE) {
        exit_code = EXIT_REFUSED;
    }
    buffer_fini(&tell->text);
    store_close(&tell->store);
    return exit_code;
}

static const char *state_name(enum run_state state)
{
    switch (state) {
    case RUN_OPEN:
        return "open";
    case RUN_CLOSED:
        return "finished";
    case RUN_ABANDONED:
        return "abandoned";
    case RUN_FAILED:
        return "failed";
    }
    return "unknown";
}

int command_status(int argc, char **argv)
{
    struct tell tell = {0};
    const struct config_option options[] = {TELL_OPTIONS(tell)};
    const struct config_program program = {
        "dianchen", "dianchen status [--json]",       "The newest run, how far it is, and what waits for a person.",
        options,    sizeof options / sizeof *options, NULL};
    int exit_code = EXIT_COMPLETE;
    if (command_read(&program, argc, argv, 0, NULL, NULL, &exit_code) != 0 || tell_open(&tell, &exit_code) != 0) {
        return exit_code;
    }
    struct run_progress run = {0};
    int64_t rejects = 0;
    int error = run_progress(tell.store, 0, &run);
    if (error == 0) {
        error = reject_count(tell.store, &rejects);
    }
    if (error == 0 && tell.json) {
        printf("{\"run\":%lld,\"state\":\"%s\",\"pages_done\":%lld,\"pages\":%lld,\"records\":%lld,\"source_total\":",
               (long long)run.run, state_name(run.state), (long long)run.pages_done, (long long)run.pages_total,
               (long long)run.rows_done);
        if (run.source_total < 0) {
            fputs("null", stdout);
        } else {
            printf("%lld", (long long)run.source_total);
        }
        printf(",\"rejects_open\":%lld}\n", (long long)rejects);
    } else if (error == 0) {
        char rows[32];
        char total[32];
        printf("run %lld: %s\n  pages    %lld of %lld%s\n  records  %s", (long long)run.run, state_name(run.state),
               (long long)run.pages_done, (long long)run.pages_total, run.source_total < 0 ? " known so far" : "",
               command_digits(run.rows_done, rows, sizeof rows));
        if (run.source_total >= 0) {
            printf(" of %s", command_digits(run.source_total, total, sizeof total));
        }
        printf("\n  rejects  %lld open%s\n", (long long)rejects, rejects > 0 ? ": dianchen rejects list" : "");
    }
    return tell_close(&tell, error, "no run yet; start one with dianchen run", exit_code);
}

struct report_order {
    bool html;
    const char *lang_name, *file;
    int64_t run;
};

/* Words that are no number name the file. */
static int report_words(struct report_order *order, char **words, size_t count, enum report_lang *lang)
{
    static const char *const names[] = {"en", "zh"};
    int lang_at = -1;
    for (int i = 0; i < REPORT_LANGS; i++) {
        lang_at = strcmp(order->lang_name, names[i]) == 0 ? i : lang_at;
    }
    if (lang_at < 0) {
        fprintf(stderr, "dianchen: report: --lang %s: en or zh\n", order->lang_name);
        return EXIT_USAGE;
    }
    *lang = (enum report_lang)lang_at;
    for (size_t i = 0; i < count; i++) {
        bool file = order->html && (order->run > 0 || words[i][strspn(words[i], "0123456789")] != '\0');
        if (file && !order->file) {
            order->file = words[i];
            continue;
        }
        int exit_code = order->run > 0 ? EXIT_USAGE : command_number("run", words[i], &order->run);
        if (exit_code != 0) {
            if (order->run > 0) {
                fprintf(stderr, "dianchen: report: %s: one word too many\n", words[i]);
            }
            return exit_code;
        }
    }
    return 0;
}

/* The page in a file, or on stdout. */
static int report_html(struct tell *tell, const char *file, enum report_lang lang, int *exit_code)
{
    struct buffer page;
    buffer_init(&page, TELL_LIMIT);
    int error = report_page_write(tell->store, buffer_text(&tell->text), lang, &page);
    if (!error) {
        FILE *out = file ? fopen(file, "we") : stdout;
        bool written = false;
        if (out) {
            written = fwrite(page.data, 1, page.size, out) == page.size && fflush(out) == 0;
            written = (!file || fclose(out) == 0) && written;
        }
        if (!written) {
            fprintf(stderr, "dianchen: %s: can't be written (%s)\n", file ? file : "standard output", strerror(errno));
            *exit_code = EXIT_REFUSED;
        }
    }
    buffer_fini(&page);
    return error;
}

int command_report(int argc, char **argv)
{
    struct tell tell = {0};
    struct report_order order = {0};
    const struct config_option options[] = {
        TELL_OPTIONS(tell),
        {"--html", NULL, CONFIG_SWITCH, NULL, false, "a page with charts, into FILE or onto stdout", &order.html, 0, 0},
        {"--lang", NULL, CONFIG_TEXT, "en", true, "en or zh: the words of the page", &order.lang_name, 0, 0},
    };
    static const char *const names[] = {"[RUN]", "[FILE]", NULL};
    const struct config_program program = {
        "dianchen",
        "dianchen report [RUN] [--json | --html [FILE] [--lang zh]]",
        "What a run did (default: the newest), with the exit code of the run. --html makes one page that stands by\n"
        "itself: throughput and time by stage, outcomes, rejects, calls against limits, the slowest pages.",
        options,
        sizeof options / sizeof *options,
        names};
    int exit_code = EXIT_COMPLETE;
    enum report_lang lang = REPORT_EN;
    char **operands = NULL;
    size_t count = 0;
    if (command_read(&program, argc, argv, 2, &operands, &count, &exit_code) != 0 ||
        (exit_code = report_words(&order, operands, count, &lang)) != 0 || tell_open(&tell, &exit_code) != 0) {
        return exit_code;
    }
    int error = run_report(tell.store, order.run, &tell.text);
    if (error == 0) {
        exit_code = report_print(buffer_text(&tell.text), tell.json || order.html ? NULL : stdout);
        if (order.html) {
            error = report_html(&tell, order.file, lang, &exit_code);
        } else if (tell.json) {
            printf("%.*s\n", TEXT_ARG(buffer_text(&tell.text)));
        }
    }
    return tell_close(&tell, error, "no such run; dianchen report tells the newest", exit_code);
}

struct listing {
    bool json, whole;
    int64_t shown;
    struct buffer *out;
};

static void put_member(struct buffer *out, bool *first, const char *name, struct text value)
{
    json_put_member(out, first, text_of(name));
    json_put_text(out, value);
}

static void put_json(struct buffer *out, const struct reject *r, bool whole)
{
    bool first = true;
    buffer_add_char(out, '{');
    put_member(out, &first, "key", r->key);
    put_member(out, &first, "number", r->number);
    put_member(out, &first, "class", r->class);
    put_member(out, &first, "code", r->code);
    put_member(out, &first, "message", r->message);
    buffer_format(out, ",\"run\":%lld,\"attempts\":%lld,\"first\":%lld,\"last\":%lld", (long long)r->run,
                  (long long)r->attempts, (long long)r->first, (long long)r->last);
    if (whole) {
        buffer_add_text(out, TEXT(",\"source\":"));
        buffer_add_text(out, r->source.size ? r->source : TEXT("null"));
        buffer_add_text(out, TEXT(",\"payload\":"));
        buffer_add_text(out, r->payload.size ? r->payload : TEXT("null"));
    }
    buffer_add_char(out, '}');
}

static void print_time(const char *what, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char text[40];
    if (localtime_r(&seconds, &tm) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &tm) > 0) {
        printf("  %-9s %s\n", what, text);
    }
}

static int list_reject(void *user, const struct reject *r)
{
    struct listing *listing = user;
    if (listing->json) {
        if (listing->shown > 0) {
            buffer_add_char(listing->out, ',');
        }
        put_json(listing->out, r, listing->whole);
    } else if (listing->whole) {
        printf("%.*s\n  number    %.*s\n  class     %.*s\n  code      %.*s\n  message   %.*s\n  run       %lld\n  "
               "attempts  %lld\n",
               TEXT_ARG(r->key), TEXT_ARG(r->number), TEXT_ARG(r->class), TEXT_ARG(r->code), TEXT_ARG(r->message),
               (long long)r->run, (long long)r->attempts);
        print_time("first", r->first);
        print_time("last", r->last);
        printf("  source    %.*s\n  payload   %.*s\n", TEXT_ARG(r->source), TEXT_ARG(r->payload));
    } else {
        printf("%-20.*s  %-12.*s  %.*s\n", TEXT_ARG(r->key), TEXT_ARG(r->class), TEXT_ARG(r->message));
    }
    listing->shown++;
    return 0;
}

int command_rejects(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "replay") == 0) {
        return command_replay(argc - 1, argv + 1);
    }
    struct tell tell = {0};
    int64_t limit = 1000;
    const struct config_option options[] = {
        TELL_OPTIONS(tell),
        {"--limit", NULL, CONFIG_COUNT, "1000", true, "at most so many", &limit, 1, 1000000},
    };
    static const char *const names[] = {"list|show|replay", "[KEY]", NULL};
    const struct config_program program = {
        "dianchen",
        "dianchen rejects list | dianchen rejects show KEY | dianchen rejects replay [KEY...] [OPTION...]",
        "list: what was refused and still is, one line each. show: one of them, with source and payload.\n"
        "replay: fetched anew and sent again; dianchen rejects replay --help.",
        options,
        sizeof options / sizeof *options,
        names};
    int exit_code = EXIT_COMPLETE;
    char **operands = NULL;
    size_t count = 0;
    if (command_read(&program, argc, argv, 2, &operands, &count, &exit_code) != 0) {
        return exit_code;
    }
    bool show = count == 2 && strcmp(operands[0], "show") == 0;
    if (!show && !(count == 1 && strcmp(operands[0], "list") == 0)) {
        fprintf(stderr, "dianchen: rejects: usage: %s\n", program.synopsis);
        return EXIT_USAGE;
    }
    if (tell_open(&tell, &exit_code) != 0) {
        return exit_code;
    }
    struct listing listing = {tell.json, show, 0, &tell.text};
    struct text key = show ? text_of(operands[1]) : (struct text){NULL, 0};
    int error = reject_each(tell.store, 0, key, show ? 1 : limit, list_reject, &listing);
    if (error == 0 && tell.json && !tell.text.failed) {
        if (show && listing.shown == 1) {
            printf("%.*s\n", TEXT_ARG(buffer_text(&tell.text)));
        } else if (!show) {
            printf("{\"rejects\":[%.*s]}\n", TEXT_ARG(buffer_text(&tell.text)));
        }
    } else if (error == 0 && !show && listing.shown == 0) {
        puts("nothing is refused");
    }
    if (error == 0 && show && listing.shown == 0) {
        error = ERR_NOT_FOUND;
    }
    return tell_close(&tell, error, "no reject of that key; dianchen rejects list shows them", exit_code);
}

int command_explain(int argc, char **argv)
{
    struct tell tell = {0};
    const struct config_option options[] = {TELL_OPTIONS(tell)};
    static const char *const names[] = {"KEY", NULL};
    const struct config_program program = {"dianchen",
                                           "dianchen explain KEY [--json]",
                                           "Everything the ledger knows of one record, by its key in the source.",
                                           options,
                                           sizeof options / sizeof *options,
                                           names};
    int exit_code = EXIT_COMPLETE;
    char **operands = NULL;
    size_t count = 0;
    if (command_read(&program, argc, argv, 1, &operands, &count, &exit_code) != 0) {
        return exit_code;
    }
    if (count == 0) {
        fprintf(stderr, "dianchen: explain: which key? usage: %s\n", program.synopsis);
        return EXIT_USAGE;
    }
    if (tell_open(&tell, &exit_code) != 0) {
        return exit_code;
    }
    int error = ledger_explain(tell.store, text_of(operands[0]), &tell.text);
    if (error == 0 && tell.json) {
        printf("%.*s\n", TEXT_ARG(buffer_text(&tell.text)));
    } else if (error == 0) {
        struct arena arena;
        arena_init(&arena, TELL_LIMIT);
        const cJSON *object = NULL;
        if (json_parse(&arena, buffer_text(&tell.text), TELL_LIMIT, JSON_STRICT, &object, NULL) == 0) {
            struct buffer value;
            buffer_init(&value, TELL_LIMIT);
            for (const cJSON *member = object->child; member != NULL; member = member->next) {
                buffer_clear(&value, 4096);
                json_put_tree(&value, member);
                printf("  %-12s %.*s\n", member->string, TEXT_ARG(buffer_text(&value)));
            }
            buffer_fini(&value);
        }
        arena_fini(&arena);
    }
    return tell_close(&tell, error, "that key was never seen", exit_code);
}
