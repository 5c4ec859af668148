/* `dianchen test`: the tests of a scheme, run through the transformer that would map its records. */
#include <stdio.h>
#include <string.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/scheme/formula/question.h"
#include "common/scheme/scheme.h"
#include "ctl/children/call.h"
#include "ctl/command/table.h"

enum { FILE_MAX = 1 << 20, OUTPUT_MAX = 64 << 20, WORK_MAX = 256 << 20 };

static struct {
    bool json;
} order;
static const struct config_option options[] = {
    OPT_SWITCH("--json", order.json, "one JSON object: {\"passed\",\"failed\",\"failures\":[{\"name\",\"why\"}]}"),
};
static const char *const operands[] = {"SCHEME", NULL};
const struct config_program test_program =
    COMMAND_PROGRAM("test SCHEME",
                    "Runs the tests that stand in a scheme, and shows what differs. Exit code 1 where one fails.\n"
                    "Variables of the environment that are not set are \"1\" here.",
                    options, .operands = operands, .operand_most = 1);

/* Compares one field: numbers by what they print as, all else as JSON. */
static void compare_field(const cJSON *expected, const cJSON *payload, struct buffer *why)
{
    const cJSON *actual = json_get(payload, expected->string);
    struct buffer wanted, given;
    buffer_init(&wanted, FILE_MAX);
    buffer_init(&given, FILE_MAX);
    json_put_tree(&wanted, expected);
    if (actual) {
        json_put_tree(&given, actual);
    } else {
        buffer_add_text(&given, TEXT("null"));
    }
    if (!text_equal(buffer_text(&wanted), buffer_text(&given))) {
        buffer_format(why, "%s%s: expected %.*s, but is %.*s", why->size > 0 ? "; " : "", expected->string,
                      TEXT_ARG(buffer_text(&wanted)), TEXT_ARG(actual ? buffer_text(&given) : TEXT("left out")));
    }
    buffer_fini(&wanted);
    buffer_fini(&given);
}

/* The look-ups of a test: {"unit": {"件": "1"}}. */
static int find_answer(void *user, const struct question *question, struct text *id)
{
    const cJSON *list, *item;
    for (list = user ? ((const cJSON *)user)->child : NULL; list; list = list->next) {
        if (!text_equal(text_of(list->string), question->name)) {
            continue;
        }
        cJSON_ArrayForEach(item, list)
        {
            if (text_equal(text_of(item->string), question->key)) {
                *id = json_text(item);
                return 0;
            }
        }
    }
    return ERR_NOT_FOUND;
}

/* The answer with its look-ups answered; where one is not, *why says so and the line stays as it is. */
static struct text answered(const cJSON *test, struct text line, struct arena *arena, struct buffer *why)
{
    struct buffer out;
    struct question missing = {TEXT(""), TEXT("")};
    buffer_init(&out, OUTPUT_MAX);
    const cJSON *lookups = json_get(test, "lookups");
    int error = question_resolve(line, find_answer, (void *)lookups, arena, &out, &missing);
    struct text text = error ? line : arena_text(arena, buffer_text(&out));
    if (error) {
        buffer_format(why, "\"lookups\" of the test has no %.*s '%.*s'", TEXT_ARG(missing.name), TEXT_ARG(missing.key));
    }
    buffer_fini(&out);
    return text;
}

static void judge(const cJSON *test, const cJSON *answer, struct buffer *why)
{
    struct text outcome = json_text(json_get(answer, "outcome")), message = json_text(json_get(answer, "message"));
    const cJSON *filtered = json_get(test, "filtered"), *expected;
    struct text reject = json_text(json_get(test, "reject"));
    bool is_filtered = text_equal(outcome, TEXT("filtered"));
    if (filtered && is_filtered != (bool)cJSON_IsTrue(filtered)) {
        buffer_format(why, "expected to be %s, but is %.*s", cJSON_IsTrue(filtered) ? "filtered" : "sent",
                      TEXT_ARG(outcome));
        return;
    }
    if (reject.data) {
        if (!text_equal(outcome, TEXT("rejected"))) {
            buffer_format(why, "expected to be rejected, but is %.*s", TEXT_ARG(outcome));
        } else if (text_find(message, reject) < 0) {
            buffer_format(why, "expected a reason with '%.*s', but it is '%.*s'", TEXT_ARG(reject), TEXT_ARG(message));
        }
        return;
    }
    if (!filtered && !text_equal(outcome, TEXT("payload"))) {
        buffer_format(why, "expected a payload, but is %.*s%s%.*s", TEXT_ARG(outcome), message.size ? ": " : "",
                      TEXT_ARG(message));
        return;
    }
    cJSON_ArrayForEach(expected, json_get(test, "expect"))
    {
        compare_field(expected, json_get(answer, "payload"), why);
    }
}

static int read_tests(const char *path, struct arena *arena, const cJSON **tests, struct cause *cause)
{
    const cJSON *root = NULL;
    FILE *in = fopen(path, "r");
    char *data = arena_take(arena, FILE_MAX + 1);
    size_t size = in && data ? fread(data, 1, FILE_MAX + 1, in) : 0;
    if (in) {
        fclose(in);
    }
    if (size == 0 || size > FILE_MAX) {
        return cause_set(cause, ERR_INPUT, "%s: cannot be read", path);
    }
    int error = json_parse(arena, (struct text){data, size}, FILE_MAX, JSON_RELAXED, &root, cause);
    *tests = json_get(root, "tests");
    if (!error && (!cJSON_IsArray(*tests) || !(*tests)->child)) {
        error = cause_set(cause, ERR_INPUT, "%s: has no \"tests\"", path);
    }
    return error;
}

static int map_records(const char *path, const cJSON *tests, struct buffer *answers, struct cause *cause)
{
    const char *words[] = {"--map", "--unset", "1", "--scheme", path, NULL};
    struct buffer records;
    const cJSON *test;
    buffer_init(&records, OUTPUT_MAX);
    cJSON_ArrayForEach(test, tests)
    {
        json_put_tree(&records, json_get(test, "record"));
        buffer_add_char(&records, '\n');
    }
    int code = child_call("transformer", words, buffer_text(&records), answers, cause);
    buffer_fini(&records);
    return code;
}

static void put_failure(struct buffer *failures, const char *name, struct text why)
{
    bool first = true;
    buffer_add_text(failures, failures->size > 0 ? TEXT(",{") : TEXT("{"));
    json_put_member(failures, &first, TEXT("name"));
    json_put_text(failures, text_of(name));
    json_put_member(failures, &first, TEXT("why"));
    json_put_text(failures, why);
    buffer_add_char(failures, '}');
}

static int judge_all(const cJSON *tests, struct text answers, struct arena *arena)
{
    int passed = 0, failed = 0;
    const cJSON *test;
    struct buffer why, failures;
    buffer_init(&why, FILE_MAX);
    buffer_init(&failures, OUTPUT_MAX);
    cJSON_ArrayForEach(test, tests)
    {
        const char *name = cJSON_GetStringValue(json_get(test, "name"));
        const char *end = memchr(answers.data, '\n', answers.size);
        size_t size = end ? (size_t)(end - answers.data) : answers.size;
        const cJSON *answer = NULL;
        struct cause cause = {""};
        buffer_clear(&why, FILE_MAX);
        struct text line = {answers.data, size};
        if (question_stands(line)) {
            line = answered(test, line, arena, &why);
        }
        if (why.size == 0 && (size == 0 || json_parse(arena, line, OUTPUT_MAX, JSON_STRICT, &answer, &cause) != 0)) {
            buffer_format(&why, "the transformer gave no answer");
        } else if (why.size == 0) {
            judge(test, answer, &why);
        }
        answers = end ? (struct text){end + 1, answers.size - size - 1} : (struct text){answers.data, 0};
        passed += why.size == 0;
        failed += why.size > 0;
        if (why.size > 0) {
            put_failure(&failures, name, buffer_text(&why));
        }
        if (!order.json) {
            print_line(stdout, "%s  %s%s%.*s", why.size ? _("FAIL") : _("ok  "), name, why.size ? ": " : "",
                       TEXT_ARG(buffer_text(&why)));
        }
    }
    if (order.json) {
        struct buffer all;
        buffer_init(&all, OUTPUT_MAX);
        buffer_format(&all, "{\"passed\":%d,\"failed\":%d,\"failures\":[", passed, failed);
        buffer_add_text(&all, buffer_text(&failures));
        buffer_add_text(&all, TEXT("]}"));
        print_json(buffer_text(&all));
        buffer_fini(&all);
    } else {
        print_line(stdout, "%d passed, %d failed", passed, failed);
    }
    buffer_fini(&why);
    buffer_fini(&failures);
    return failed ? EXIT_REFUSED : EXIT_COMPLETE;
}

int test_serve(char **words, size_t count)
{
    struct cause cause;
    struct arena arena;
    struct scheme *scheme = NULL;
    const cJSON *tests = NULL;
    struct buffer answers;
    if (count == 0) {
        cause_set(&cause, ERR_INPUT, "test: which scheme? usage: %s", test_program.synopsis);
        return log_fatal(&cause, EXIT_USAGE);
    }
    arena_init(&arena, WORK_MAX);
    buffer_init(&answers, OUTPUT_MAX);
    int code = scheme_load(words[0], &scheme, &cause);
    code = code ? code : read_tests(words[0], &arena, &tests, &cause);
    code = code ? code : map_records(words[0], tests, &answers, &cause);
    if (code < 0) {
        code = log_fatal(&cause, code == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else if (code == 0) {
        code = judge_all(tests, buffer_text(&answers), &arena);
    }
    scheme_free(&scheme);
    buffer_fini(&answers);
    arena_fini(&arena);
    return code;
}
