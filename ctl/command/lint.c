/* `dianchen lint`: a scheme's errors. */
#include <stdio.h>

#include "common/base/buffer.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/scheme/api_lint.h"
#include "common/scheme/scheme.h"
#include "ctl/command/table.h"

static bool json;
static const struct config_option options[] = {
    OPT_SWITCH("--json", json, "one JSON object: {\"file\",\"ok\",\"faults\":[…]}, in English"),
};
static const char *const operands[] = {"FILE", NULL};
const struct config_program lint_program = COMMAND_PROGRAM(
    "lint FILE [--json]",
    "Every error of a scheme, or of an API file in a folder api/, with line and path. Exit code 2 when there is one.",
    options, .operands = operands, .operand_most = 1);

enum { JSON_BYTES = 16 << 20 };

static int lint(const char *file, void (*fault)(void *user, const char *line), void *user)
{
    return scheme_is_api_file(file) ? scheme_lint_api(file, fault, user) : scheme_lint(file, fault, user);
}

static void print_fault(void *user, const char *line)
{
    (void)user;
    print_sentence(stdout, text_of(line));
}

static void put_fault(void *user, const char *line)
{
    struct buffer *out = user;
    buffer_add_text(out, out->size > 0 ? TEXT(",") : TEXT(""));
    json_put_text(out, text_of(line));
}

static int lint_json(const char *file)
{
    struct buffer faults, whole;
    buffer_init(&faults, JSON_BYTES);
    buffer_init(&whole, (size_t)2 * JSON_BYTES);
    int count = lint(file, put_fault, &faults);
    buffer_add_text(&whole, TEXT("{\"file\":"));
    json_put_text(&whole, text_of(file));
    buffer_format(&whole, ",\"ok\":%s,\"faults\":[", count == 0 ? "true" : "false");
    buffer_add_text(&whole, buffer_text(&faults));
    buffer_add_text(&whole, TEXT("]}"));
    print_json(buffer_text(&whole));
    buffer_fini(&faults);
    buffer_fini(&whole);
    return count == 0 ? EXIT_COMPLETE : EXIT_USAGE;
}

int lint_serve(char **words, size_t count)
{
    if (count == 0) {
        struct cause cause;
        cause_set(&cause, ERR_INPUT, "lint: which file? usage: %s", lint_program.synopsis);
        return log_fatal(&cause, EXIT_USAGE);
    }
    if (json) {
        return lint_json(words[0]);
    }
    int faults = lint(words[0], print_fault, NULL);
    if (faults == 0) {
        print_line(stdout, "%s%s", words[0], _(": ok"));
    }
    return faults == 0 ? EXIT_COMPLETE : EXIT_USAGE;
}
