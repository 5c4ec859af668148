/* What an editor of formulas asks: which functions there are, and what a formula makes of a record. */
#include <microhttpd.h>

#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/scheme/formula/date.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/trial.h"
#include "console/api/calls.h"
#include "console/console.h"
#include "console/serve/said.h"

enum { WORK_MOST = 24 << 20, DAY = 86400 };

int functions_list(struct api_request *request, struct api_answer *answer)
{
    (void)request;
    struct buffer *out = &answer->body;
    buffer_add_char(out, '[');
    for (size_t i = 0; i < formula_function_count; i++) {
        const struct formula_function *one = &formula_functions[i];
        bool first = true;
        buffer_add_text(out, i ? TEXT(",{") : TEXT("{"));
        json_member_text(out, &first, "name", text_of(one->name));
        json_member_text(out, &first, "kind", text_of(formula_kind_en[one->kind]));
        json_member_text(out, &first, "arguments", text_of(one->arguments));
        json_member_text(out, &first, "en", text_of(one->en));
        json_member_text(out, &first, "zh", text_of(one->zh));
        json_member_text(out, &first, "example", text_of(one->example));
        json_member_text(out, &first, "result", text_of(one->result));
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
    return 0;
}

/* A fault of the formula, a failure on this record, or the value; and warnings. */
static void trial_put(struct buffer *out, int error, const struct scheme_trial *trial, bool chinese)
{
    bool first = true;
    buffer_add_char(out, '{');
    json_member_flag(out, &first, "ok", error == 0);
    if (error == 0) {
        json_member_text(out, &first, "type", text_of(formula_type_text(trial->value.type)));
        json_member_text(out, &first, "value", formula_value_text(&trial->value, trial->arena));
    } else {
        bool fault = error == ERR_SYNTAX;
        json_member_text(out, &first, "error",
                         fault ? TEXT("lint") : text_of(formula_error_text(trial->failure.error)));
        put_said(out, &first, "message", text_of(fault ? trial->notes.fault.text : trial->failure.text), chinese);
        json_member_integer(out, &first, "column", fault ? trial->notes.fault.column : trial->failure.column);
    }
    json_put_member(out, &first, TEXT("warnings"));
    buffer_add_char(out, '[');
    for (size_t i = 0; i < trial->notes.warning_count; i++) {
        bool inner = true;
        buffer_add_text(out, i ? TEXT(",{") : TEXT("{"));
        json_member_integer(out, &inner, "column", trial->notes.warnings[i].column);
        put_said(out, &inner, "message", text_of(trial->notes.warnings[i].text), chinese);
        buffer_add_char(out, '}');
    }
    buffer_add_text(out, TEXT("]}"));
}

int formulas_eval(struct api_request *request, struct api_answer *answer)
{
    struct text formula = json_text(json_get(request->body, "formula"));
    struct text file = json_text(json_get(request->body, "scheme"));
    const cJSON *record = json_get(request->body, "record");
    struct catalog_entry scheme;
    struct arena arena;
    struct cause cause = {""};
    if (!text_starts(formula, TEXT("=")) || formula.size > FORMULA_SIZE_MAX) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "formula",
                              "a formula begins with = and has at most %d bytes", (int)FORMULA_SIZE_MAX);
    }
    if (file.size > 0 && !catalog_find(request->console->catalog, file, &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "scheme", "there is no scheme %.*s", TEXT_ARG(file));
    }
    arena_init(&arena, WORK_MOST);
    const cJSON *empty = NULL;
    (void)!json_parse(&arena, TEXT("{}"), 2, JSON_STRICT, &empty, NULL);
    struct scheme_trial trial = {.formula = formula,
                                 .record = record ? record : empty,
                                 .variable = config_variable_plain,
                                 .today = (clock_wall() / 1000 + DATE_ZONE) / DAY * DAY,
                                 .arena = &arena};
    int error = scheme_try(file.size > 0 ? scheme.path : NULL, &trial, &cause);
    if (error == ERR_INPUT) {
        (void)answer_problem(answer, MHD_HTTP_CONFLICT, "scheme-fault", "%s", cause.text);
    } else if (error == 0 || error == ERR_SYNTAX || error == ERR_REFUSED) {
        trial_put(&answer->body, error, &trial, request->chinese);
        error = 0;
    }
    arena_fini(&arena);
    return error;
}
