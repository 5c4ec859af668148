/* `dianchen eval`: one formula, tried on one record. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/log/log.h"
#include "common/scheme/formula/date.h"
#include "common/scheme/trial.h"
#include "ctl/command/table.h"

enum { RECORD_MAX = 1 << 20, WORK_MAX = 64 << 20, MESSAGE_ROOM = 2000 };

static struct {
    const char *scheme, *record;
    bool json;
} order;
static const struct config_option options[] = {
    OPT_TEXT("--record", order.record, "the record: JSON, @FILE, or - for stdin", .fallback = "{}"),
    OPT_TEXT("--scheme", order.scheme, "fields, tables and variables are those of this scheme"),
    OPT_SWITCH("--json", order.json, "one JSON object: {\"type\",\"value\"}, or {\"error\",\"message\",\"column\"}"),
};
static const char *const operands[] = {"FORMULA", NULL};
const struct config_program eval_program =
    COMMAND_PROGRAM("eval '=FORMULA' [--record JSON|@FILE|-] [--scheme FILE]",
                    "Prints what a formula makes of a record. Without a scheme the record's members are the fields.\n"
                    "Exit code 1 where it fails on the record, 2 where it is wrong for every record.",
                    options, .operands = operands, .operand_most = 1);

static int read_record(struct arena *arena, struct text *out, struct cause *cause)
{
    bool from_stdin = strcmp(order.record, "-") == 0;
    if (!from_stdin && order.record[0] != '@') {
        *out = text_of(order.record);
        return 0;
    }
    FILE *in = from_stdin ? stdin : fopen(order.record + 1, "r");
    if (!in) {
        return cause_set(cause, ERR_INPUT, "%s: cannot be read", order.record + 1);
    }
    char *data = arena_take(arena, RECORD_MAX + 1);
    size_t size = data ? fread(data, 1, RECORD_MAX + 1, in) : 0;
    bool failed = ferror(in) != 0;
    if (!from_stdin) {
        fclose(in);
    }
    if (!data || failed || size > RECORD_MAX) {
        return cause_set(cause, ERR_INPUT, "the record: %s", failed ? "cannot be read" : "larger than 1 MiB");
    }
    *out = (struct text){data, size};
    return 0;
}

static void print_failure(const char *error, int column, const char *message)
{
    if (!order.json) {
        char said[MESSAGE_ROOM];
        print_line(stderr, "%s: %s", error, language_line(text_of(message), said, sizeof said));
        return;
    }
    struct buffer out;
    buffer_init(&out, 4096);
    bool first = true;
    buffer_add_char(&out, '{');
    json_member_text(&out, &first, "error", text_of(error));
    json_member_text(&out, &first, "message", text_of(message));
    buffer_format(&out, ",\"column\":%d}", column);
    print_json(buffer_text(&out));
    buffer_fini(&out);
}

static void print_value(const struct scheme_trial *trial)
{
    struct text text = formula_value_text(&trial->value, trial->arena);
    if (!order.json) {
        print_line(stdout, "%.*s", TEXT_ARG(text));
        return;
    }
    struct buffer out;
    buffer_init(&out, 8 << 20);
    buffer_format(&out, "{\"type\":\"%s\",\"value\":", formula_type_text(trial->value.type));
    json_put_text(&out, text);
    buffer_add_char(&out, '}');
    print_json(buffer_text(&out));
    buffer_fini(&out);
}

static int tell(int error, const struct scheme_trial *trial, const struct cause *cause)
{
    char message[400];
    for (size_t i = 0; i < trial->notes.warning_count; i++) {
        print_line(stderr, "warning: column %d: %s", trial->notes.warnings[i].column, trial->notes.warnings[i].text);
    }
    switch (error) {
    case 0:
        print_value(trial);
        return EXIT_COMPLETE;
    case ERR_REFUSED:
        print_failure(formula_error_text(trial->failure.error), trial->failure.column, trial->failure.text);
        return EXIT_REFUSED;
    case ERR_SYNTAX:
        snprintf(message, sizeof message, "column %d: %s", trial->notes.fault.column, trial->notes.fault.text);
        print_failure("lint", trial->notes.fault.column, message);
        return EXIT_USAGE;
    default:
        return log_fatal(cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
}

/* In China, as formula/date.h counts. */
static int64_t today(void)
{
    enum { DAY = 86400 };
    return (clock_wall() / 1000 + DATE_ZONE) / DAY * DAY;
}

int eval_serve(char **words, size_t count)
{
    struct cause cause;
    if (count == 0 || words[0][0] != '=') {
        cause_set(&cause, ERR_INPUT, "eval: which formula? It begins with = and stands in quotes: %s",
                  "dianchen eval '=ROUND(10/3, 2)'");
        return log_fatal(&cause, EXIT_USAGE);
    }
    struct arena arena;
    arena_init(&arena, WORK_MAX);
    struct scheme_trial trial = {
        .formula = text_of(words[0]), .variable = config_variable_plain, .today = today(), .arena = &arena};
    struct text record = TEXT("{}");
    int error = read_record(&arena, &record, &cause);
    if (!error && json_parse(&arena, record, RECORD_MAX, JSON_RELAXED, &trial.record, &cause) != 0) {
        struct cause why = cause;
        error = cause_set(&cause, ERR_INPUT, "the record is no JSON: %s (--record @FILE reads a file)", why.text);
    }
    if (!error && !cJSON_IsObject(trial.record)) {
        error = cause_set(&cause, ERR_INPUT, "the record is no JSON object: {\"shop_no\": \"S1\"}");
    }
    error = error ? error : scheme_try(order.scheme, &trial, &cause);
    int code = tell(error, &trial, &cause);
    arena_fini(&arena);
    return code;
}
