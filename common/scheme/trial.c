#include "common/scheme/trial.h"

#include <stdlib.h>

#include "common/scheme/cast.h"
#include "common/scheme/expression.h"
#include "common/scheme/formula/record.h"

struct trial_visit {
    struct scheme_trial *trial;
    struct cause *cause;
};

static int run_in_scheme(struct scheme_compile *c, struct scheme_trial *trial, const struct formula *formula,
                         struct cause *cause)
{
    struct value *slots = arena_take(trial->arena, (c->scheme->slot_count + 1) * sizeof *slots);
    struct text variables[SCHEME_VARIABLES_MAX];
    if (!slots) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < c->scheme->slot_count; i++) {
        int error = scheme_value_of(json_get(trial->record, c->slots[i].data), trial->arena, &slots[i]);
        if (error) {
            return error;
        }
    }
    for (size_t i = 0; i < c->scheme->variable_count; i++) {
        const char *value = trial->variable(c->variables[i].name.data);
        if (!value && formula_hides(formula)) {
            return cause_set(cause, ERR_INPUT, "%.*s: not set in the environment or .env",
                             TEXT_ARG(c->variables[i].name));
        }
        variables[i] = text_of(value);
    }
    struct formula_run run = {
        .slots = slots, .variables = variables, .arena = trial->arena, .script = c->script, .run_date = trial->today};
    return formula_evaluate(formula, &run, &trial->value, &trial->failure);
}

/* Texts of the value may stand in the scheme, which is about to go. */
static int keep_value(struct scheme_trial *trial)
{
    struct formula_value *v = &trial->value;
    if (v->type == FORMULA_LIST) {
        struct text json = formula_value_text(v, trial->arena);
        v->list.json = arena_text(trial->arena, json);
        return v->list.json.data ? 0 : ERR_MEMORY;
    }
    if (v->type == FORMULA_TEXT || v->type == FORMULA_QUESTION) {
        v->text = arena_text(trial->arena, v->text);
        return v->text.data ? 0 : ERR_MEMORY;
    }
    return 0;
}

static int try_in_scheme(struct scheme_compile *c, void *user)
{
    struct trial_visit *visit = user;
    const struct scheme_expression at = {.node = c->file.root};
    const struct formula *formula;
    int error = scheme_compile_expression(c, &at, visit->trial->formula, &formula, &visit->trial->notes);
    error = error ? error : run_in_scheme(c, visit->trial, formula, visit->cause);
    return error ? error : keep_value(visit->trial);
}

static int try_alone(struct scheme_trial *trial, struct cause *cause)
{
    const struct formula *formula;
    struct formula_record *record = calloc(1, sizeof *record);
    if (!record) {
        return ERR_MEMORY;
    }
    int error = formula_record_init(record, trial->arena, trial->record, NULL, cause);
    if (error == ERR_SYNTAX) {
        error = ERR_INPUT;
    }
    struct formula_scope scope = formula_record_scope(record);
    error =
        error ? error : formula_compile(trial->arena, trial->arena, trial->formula, &scope, &formula, &trial->notes);
    struct formula_run run = formula_record_run(record);
    run.run_date = trial->today;
    error = error ? error : formula_evaluate(formula, &run, &trial->value, &trial->failure);
    error = error ? error : keep_value(trial);
    free(record);
    return error;
}

int scheme_try(const char *path, struct scheme_trial *trial, struct cause *cause)
{
    struct trial_visit visit = {trial, cause};
    trial->notes.warning_count = 0;
    int error = path ? scheme_visit(path, try_in_scheme, &visit, cause) : try_alone(trial, cause);
    return error == ERR_MEMORY ? cause_set(cause, error, "out of memory") : error;
}
