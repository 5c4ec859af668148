/* `dianchen check`, `lookup`, `preview`, `lint`: what a person tries before the first run. The stage programs
 * make the calls, each with its own credentials, so that a check on one host is a check of that host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "common/stage.h"
#include "ctl/command.h"
#include "ctl/crew.h"
#include "ctl/trial.h"

enum { SAMPLE_LIMIT = 8 << 20, SAMPLE_MOST = 100 };

int command_check(int argc, char **argv)
{
    struct stage_options o = {0};
    struct alert_options alert = {0};
    bool trial = false;
    const struct config_option options[] = {
        STAGE_OPTION_SCHEME(o),
        STAGE_OPTION_STORE(o),
        ALERT_OPTIONS(alert),
        {NULL, "HTTPS_PROXY", CONFIG_TEXT, NULL, false, "proxy for the robot; never for loopback", &alert.proxy, 0, 0},
        {NULL, "NO_PROXY", CONFIG_TEXT, NULL, false, "hosts that need no proxy", &alert.no_proxy, 0, 0},
        {NULL, "DIANCHEN_CA_FILE", CONFIG_TEXT, NULL, false, "authorities to trust instead of the system's",
         &alert.ca_file, 0, 0},
        {"--alert", NULL, CONFIG_SWITCH, NULL, false, "send a trial message to the robot of ALERT_URL, and end", &trial,
         0, 0},
    };
    const struct config_program program = {
        "dianchen",
        "dianchen check [--alert] [OPTION...]",
        "Tries scheme, store, source and target with real calls that change nothing: one line each, with the cure\n"
        "where it fails. Without XINGCHEN_ACCOUNT_ID it lists the accounts that the login sees. With --alert it tries\n"
        "the group robot alone, with a message that everyone in the group will see.",
        options,
        sizeof options / sizeof *options,
        NULL};
    int worst = 0;
    if (command_read(&program, argc, argv, 0, NULL, NULL, &worst) != 0) {
        return worst;
    }
    if (trial) {
        return trial_send(&alert);
    }
    struct cause cause;
    struct store *store = NULL;
    worst = EXIT_COMPLETE;
    if (store_open(o.store, &store, &cause) == 0) {
        printf("ok    store: %s\n", o.store);
        store_close(&store);
    } else {
        printf("FAIL  store: %s\n", cause.text);
        worst = EXIT_USAGE;
    }
    static const char *const stages[] = {"transformer", "extractor", "loader"};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        const char *words[] = {"--check", "--scheme", o.scheme, i == 0 ? NULL : "--store", o.store, NULL};
        int code = crew_show(stages[i], words, &cause);
        if (code < 0) {
            printf("FAIL  %s: %s\n", stages[i], cause.text);
            code = EXIT_REFUSED;
        }
        worst = worst == EXIT_COMPLETE || code == EXIT_USAGE ? (code == EXIT_COMPLETE ? worst : code) : worst;
    }
    return worst;
}

int command_lookup(int argc, char **argv)
{
    struct stage_options o = {0};
    bool json = false;
    const struct config_option options[] = {
        STAGE_OPTION_SCHEME(o),
        STAGE_OPTION_STORE(o),
        {"--json", NULL, CONFIG_SWITCH, NULL, false, "one JSON object on one line", &json, 0, 0},
    };
    static const char *const names[] = {"accounts|units|categories|materials", "[TEXT]", NULL};
    const struct config_program program = {"dianchen",
                                           "dianchen lookup accounts|units|categories|materials [TEXT]",
                                           "The ids of the target that nobody knows by heart, those that hold TEXT.",
                                           options,
                                           sizeof options / sizeof *options,
                                           names};
    char **operands = NULL;
    size_t count = 0;
    int exit_code = 0;
    if (command_read(&program, argc, argv, 2, &operands, &count, &exit_code) != 0) {
        return exit_code;
    }
    struct cause cause;
    if (count == 0) {
        cause_set(&cause, ERR_INPUT, "lookup: of what? accounts, units, categories or materials");
        return log_fatal(&cause, EXIT_USAGE);
    }
    const char *words[12] = {"--lookup", operands[0], "--scheme", o.scheme, "--store", o.store};
    size_t n = 6;
    if (json) {
        words[n++] = "--json";
    }
    if (count == 2) {
        words[n++] = "--";
        words[n++] = operands[1];
    }
    int code = crew_show("loader", words, &cause);
    return code < 0 ? log_fatal(&cause, EXIT_REFUSED) : code;
}

/* Takes the next line off `rest`. False at the end. */
static bool next_line(struct text *rest, struct text *line)
{
    if (rest->size == 0) {
        return false;
    }
    const char *end = memchr(rest->data, '\n', rest->size);
    line->data = rest->data;
    line->size = end ? (size_t)(end - rest->data) : rest->size;
    size_t taken = end ? line->size + 1 : line->size;
    rest->data += taken;
    rest->size -= taken;
    return true;
}

/* An object's members, one a line, indented: `    shop_no   "S1"`. */
static void print_members(const cJSON *object, struct buffer *scratch)
{
    for (const cJSON *member = object ? object->child : NULL; member != NULL; member = member->next) {
        buffer_clear(scratch, SAMPLE_LIMIT);
        json_put_tree(scratch, member);
        printf("    %-20s %.*s\n", member->string, TEXT_ARG(buffer_text(scratch)));
    }
}

static void print_pair(int number, struct text source, struct text mapped)
{
    struct arena arena;
    arena_init(&arena, SAMPLE_LIMIT);
    struct buffer scratch;
    buffer_init(&scratch, SAMPLE_LIMIT);
    const cJSON *from = NULL;
    const cJSON *to = NULL;
    if (json_parse(&arena, source, SAMPLE_LIMIT, JSON_STRICT, &from, NULL) == 0 &&
        json_parse(&arena, mapped, SAMPLE_LIMIT, JSON_STRICT, &to, NULL) == 0) {
        struct text outcome = json_text(json_get(to, "outcome"));
        struct text message = json_text(json_get(to, "message"));
        printf("%d. %.*s: %.*s%s%.*s\n  source\n", number, TEXT_ARG(json_text(json_get(to, "key"))), TEXT_ARG(outcome),
               message.size ? ": " : "", TEXT_ARG(message));
        print_members(from, &scratch);
        if (cJSON_IsObject(json_get(to, "payload"))) {
            puts("  payload");
            print_members(json_get(to, "payload"), &scratch);
        }
    }
    buffer_fini(&scratch);
    arena_fini(&arena);
}

int command_preview(int argc, char **argv)
{
    struct stage_options o = {0};
    int64_t want = 5;
    bool json = false;
    const struct config_option options[] = {
        STAGE_OPTION_SCHEME(o),
        {"-n", NULL, CONFIG_COUNT, "5", true, "how many records", &want, 1, SAMPLE_MOST},
        {"--json", NULL, CONFIG_SWITCH, NULL, false, "one JSON object: {\"records\":[{\"source\",\"mapped\"}]}", &json,
         0, 0},
    };
    const struct config_program program = {
        "dianchen",
        "dianchen preview [-n 5]",
        "Fetches a page, maps it, shows source and payload side by side; writes nothing.",
        options,
        sizeof options / sizeof *options,
        NULL};
    int exit_code = 0;
    if (command_read(&program, argc, argv, 0, NULL, NULL, &exit_code) != 0) {
        return exit_code;
    }
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)want);
    struct cause cause;
    struct buffer source;
    struct buffer mapped;
    buffer_init(&source, SAMPLE_LIMIT);
    buffer_init(&mapped, SAMPLE_LIMIT);
    const char *sample[] = {"--sample", number, "--scheme", o.scheme, NULL};
    int code = crew_call("extractor", sample, TEXT(""), &source, &cause);
    if (code == 0) {
        const char *map[] = {"--map", "--scheme", o.scheme, NULL};
        code = crew_call("transformer", map, buffer_text(&source), &mapped, &cause);
    }
    if (code < 0) {
        code = log_fatal(&cause, code == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else if (code == 0) {
        struct text sources = buffer_text(&source);
        struct text results = buffer_text(&mapped);
        struct text from;
        struct text to;
        int shown = 0;
        fputs(json ? "{\"records\":[" : "", stdout);
        while (next_line(&sources, &from) && next_line(&results, &to)) {
            if (json) {
                printf("%s{\"source\":%.*s,\"mapped\":%.*s}", shown ? "," : "", TEXT_ARG(from), TEXT_ARG(to));
            } else {
                print_pair(shown + 1, from, to);
            }
            shown++;
        }
        puts(json ? "]}" : shown == 0 ? "the source has no records to show" : "");
    }
    buffer_fini(&source);
    buffer_fini(&mapped);
    return code;
}

static void print_fault(void *user, const char *line)
{
    (void)user;
    puts(line);
}

int command_lint(int argc, char **argv)
{
    static const char *const names[] = {"FILE", NULL};
    const struct config_program program = {
        "dianchen",
        "dianchen lint FILE",
        "Every error of a scheme, with line and path. Exit code 2 when there is one.",
        NULL,
        0,
        names};
    char **operands = NULL;
    size_t count = 0;
    int exit_code = 0;
    if (command_read(&program, argc, argv, 1, &operands, &count, &exit_code) != 0) {
        return exit_code;
    }
    if (count == 0) {
        struct cause cause;
        cause_set(&cause, ERR_INPUT, "lint: which file? usage: %s", program.synopsis);
        return log_fatal(&cause, EXIT_USAGE);
    }
    int faults = scheme_lint(operands[0], print_fault, NULL);
    if (faults == 0) {
        printf("%s: ok\n", operands[0]);
    }
    return faults == 0 ? EXIT_COMPLETE : EXIT_USAGE;
}
