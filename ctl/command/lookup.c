/* `dianchen lookup`: ids of the target that nobody knows by heart. The loader asks for them. */
#include <stdio.h>

#include "common/log/log.h"
#include "ctl/children/call.h"
#include "ctl/children/child.h"
#include "ctl/command/table.h"

static struct {
    const char *scheme;
    bool json;
    struct record_options record;
} order;
static const struct config_option options[] = {
    OPT_SETTING(SCHEME, order.scheme),
    OPT_SWITCH("--json", order.json, "one JSON object on one line"),
    RECORD_OPTIONS(order.record),
};
static const char *const operands[] = {"accounts|LIST", "[TEXT]", NULL};
const struct config_program lookup_program = COMMAND_PROGRAM(
    "lookup accounts|LIST [TEXT]",
    "The ids of the target that nobody knows by heart, those that hold TEXT: accounts, or a list that the "
    "target's API file names under /lookups (units, categories, materials).",
    options, .operands = operands, .operand_most = 2);

int lookup_serve(char **words, size_t count)
{
    struct cause cause;
    if (count == 0) {
        cause_set(&cause, ERR_INPUT,
                  "lookup: of what? accounts, or a list of the target's API file: units, categories, materials");
        return log_fatal(&cause, EXIT_USAGE);
    }
    const char *args[8] = {"--lookup", words[0], "--scheme", order.scheme};
    size_t n = 4;
    if (order.json) {
        args[n++] = "--json";
    }
    if (count == 2) {
        args[n++] = "--";
        args[n++] = words[1];
    }
    int code = child_record(&order.record, &cause);
    code = code ? code : child_show("loader", args, &cause);
    return code < 0 ? log_fatal(&cause, EXIT_REFUSED) : code;
}
