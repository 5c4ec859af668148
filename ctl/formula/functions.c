/* `dianchen functions`: the table of functions, for people, editors and the documents. */
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/config/config.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/scheme/formula/function.h"
#include "ctl/command/table.h"

static struct {
    bool json, markdown, chinese;
} order;
static const struct config_option options[] = {
    OPT_SWITCH("--json", order.json, "one JSON object: {\"functions\":[…]}"),
    OPT_SWITCH("--markdown", order.markdown, "the rows of docs/formulas.md"),
    OPT_SWITCH("--zh", order.chinese, "with --markdown: those of docs/formulas.zh-CN.md"),
};
static const char *const operands[] = {"NAME", NULL};
const struct config_program functions_program =
    COMMAND_PROGRAM("functions [NAME] [--json | --markdown [--zh]]",
                    "The functions of formulas: arguments, what they give, an example with its result.", options,
                    .operands = operands, .operand_most = 1);

static void print_all_json(const struct formula_function *one)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    buffer_add_text(&out, TEXT("{\"functions\":["));
    for (size_t i = 0; i < formula_function_count; i++) {
        const struct formula_function *f = &formula_functions[i];
        if (one && f != one) {
            continue;
        }
        bool first = true;
        buffer_add_text(&out, one || i == 0 ? TEXT("{") : TEXT(",{"));
        json_member_text(&out, &first, "name", text_of(f->name));
        json_member_text(&out, &first, "kind", text_of(formula_kind_en[f->kind]));
        json_member_text(&out, &first, "arguments", text_of(f->arguments));
        buffer_format(&out, ",\"least\":%d,\"most\":%d", f->least, f->most);
        json_member_text(&out, &first, "en", text_of(f->en));
        json_member_text(&out, &first, "zh", text_of(f->zh));
        json_member_text(&out, &first, "example", text_of(f->example));
        json_member_text(&out, &first, "result", text_of(f->result));
        buffer_add_char(&out, '}');
    }
    buffer_add_text(&out, TEXT("]}"));
    print_json(buffer_text(&out));
    buffer_fini(&out);
}

/* In a table's cell a bar would end it. */
static void put_cell(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        buffer_add_text(out, *text == '|' ? TEXT("\\") : TEXT(""));
        buffer_add_char(out, *text);
    }
}

static void print_row(const struct formula_function *f)
{
    struct buffer row;
    buffer_init(&row, 4096);
    buffer_format(&row, "| `%s(%s)` | ", f->name, f->arguments);
    put_cell(&row, order.chinese ? f->zh : f->en);
    buffer_add_text(&row, TEXT(" | `"));
    put_cell(&row, f->example);
    buffer_add_text(&row, TEXT("` → `"));
    put_cell(&row, f->result);
    buffer_add_text(&row, TEXT("` |"));
    print_line(stdout, "%.*s", TEXT_ARG(buffer_text(&row)));
    buffer_fini(&row);
}

static void print_markdown(void)
{
    const char *const *kinds = order.chinese ? formula_kind_zh : formula_kind_en;
    for (size_t i = 0; i < formula_function_count; i++) {
        const struct formula_function *f = &formula_functions[i];
        if (i == 0 || f[-1].kind != f->kind) {
            print_line(stdout, "%s", "");
            print_line(stdout, "### %s", kinds[f->kind]);
            print_line(stdout, order.chinese ? "| 函数 | 结果 | 例子 |" : "| function | gives | example |");
            print_line(stdout, "|---|---|---|");
        }
        print_row(f);
    }
}

static void print_one(const struct formula_function *f)
{
    print_line(stdout, "%s(%s)", f->name, f->arguments);
    print_line(stdout, "    %s", language_other() ? f->zh : f->en);
    print_line(stdout, "    %s  gives  %s", f->example, f->result);
}

int functions_serve(char **words, size_t count)
{
    const struct formula_function *one = NULL;
    if (count > 0) {
        int index = formula_function_find(text_of(words[0]));
        if (index < 0) {
            struct cause cause;
            const char *instead = formula_function_instead(text_of(words[0]));
            cause_set(&cause, ERR_INPUT, "%s: no such function%s%s; `dianchen functions` lists them", words[0],
                      instead ? "; write " : "", instead ? instead : "");
            return log_fatal(&cause, EXIT_USAGE);
        }
        one = &formula_functions[index];
    }
    if (order.json) {
        print_all_json(one);
        return EXIT_COMPLETE;
    }
    if (order.markdown) {
        print_markdown();
        return EXIT_COMPLETE;
    }
    if (one) {
        print_one(one);
        return EXIT_COMPLETE;
    }
    for (size_t i = 0; i < formula_function_count; i++) {
        const struct formula_function *f = &formula_functions[i];
        if (i == 0 || f[-1].kind != f->kind) {
            print_line(stdout, "%s", language_other() ? formula_kind_zh[f->kind] : formula_kind_en[f->kind]);
        }
        print_line(stdout, "  %s(%s)", f->name, f->arguments);
        print_line(stdout, "      %s", language_other() ? f->zh : f->en);
    }
    return EXIT_COMPLETE;
}
