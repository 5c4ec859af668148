/* `dianchen api read`: one page of a source API, by its file alone, in one form whatever the API is. */
#include <stdio.h>

#include "common/base/print.h"
#include "common/log/log.h"
#include "ctl/children/call.h"
#include "ctl/children/child.h"
#include "ctl/command/table.h"

enum { OUTPUT_LIMIT = 32 << 20 };

static struct {
    int64_t size;
    const char *page, *request, *from, *to;
    struct record_options record;
} order;
static const struct config_option options[] = {
    OPT_TEXT("--page", order.page, "which page: its number, or what the one before said as next"),
    OPT_COUNT("--size", order.size, 1, 100000, "records of a page; default: as many as the API's file allows"),
    OPT_TEXT("--request", order.request, "request parameters, a JSON object: '{\"shop_no\": \"S1\"}'"),
    OPT_TEXT("--from", order.from,
             "where the API is asked for a span of time: its begin, \"2026-01-31 08:00\"; default: the newest one"),
    OPT_TEXT("--to", order.to, "its end; default: now"),
    RECORD_OPTIONS(order.record),
};
static const char *const operands[] = {"FILE", NULL};
const struct config_program api_read_program =
    COMMAND_PROGRAM("api read FILE [--page PAGE] [--request JSON]",
                    "Calls a source API once, by its file in a folder api/, and prints the page as one JSON object, "
                    "{\"total\",\"next\",\"records\"},\n"
                    "whatever form the API itself has. total is null where the API tells none, next where no page "
                    "follows. Fields that\n"
                    "the file marks as secret are \"***\". Changes nothing.",
                    options, .operands = operands, .operand_most = 1);

static int read_it(const char *path, struct buffer *output, struct cause *cause)
{
    char size[24];
    const char *words[16] = {"--read", "--api", path};
    size_t count = 3;
    (void)snprintf(size, sizeof size, "%lld", (long long)order.size);
    const struct {
        const char *flag, *value;
    } given[] = {{"--page", order.page},
                 {"--size", order.size > 0 ? size : NULL},
                 {"--request", order.request},
                 {"--from", order.from},
                 {"--to", order.to}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i].value) {
            words[count++] = given[i].flag;
            words[count++] = given[i].value;
        }
    }
    int code = child_record(&order.record, cause);
    return code ? code : child_call("extractor", words, TEXT(""), output, cause);
}

int api_read_serve(char **words, size_t count)
{
    struct cause cause = {""};
    struct buffer output;
    if (count == 0) {
        (void)cause_set(&cause, ERR_INPUT, "api read: which file? usage: %s", api_read_program.synopsis);
        return log_fatal(&cause, EXIT_USAGE);
    }
    buffer_init(&output, OUTPUT_LIMIT);
    int code = read_it(words[0], &output, &cause);
    if (code < 0) {
        code = log_fatal(&cause, code == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else if (code == 0) {
        print_json(text_trim(buffer_text(&output)));
    }
    buffer_fini(&output);
    return code;
}
