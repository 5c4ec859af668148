/* Runs the code of a formula: a loop over steps and a stack of values, no recursion. */

#include <stdio.h>

#include "common/scheme/formula/ask.h"
#include "common/scheme/formula/code.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/formula/list.h"
#include "common/scheme/formula/lua/script.h"
#include "common/scheme/formula/pattern.h"
#include "common/scheme/formula/table.h"
#include "common/scheme/formula/value.h"

struct handler { /* of IFERROR */
    const struct formula_step *at;
    struct formula_value *top;
};

enum { STACK_LEAST = 16, FEW_HANDLERS = 4 }; /* as nearly every formula needs */

/* ---- messages ---- */

/* What an argument should have been. */
static const char *wanted(char kind, enum formula_type type)
{
    switch (kind) {
    case 'n':
        return type == FORMULA_LIST
                   ? N_("a single number is needed: SUM, MIN, MAX and INDEX take a list, and so does lua.NAME(…)")
               : type == FORMULA_EMPTY || type == FORMULA_TEXT ? N_("a number is needed; IFEMPTY(…, 0) puts one there")
                                                               : "a number is needed";
    case 'd':
        return "a date is needed";
    case 'c':
        return "a condition is needed: true, false, 1 or 0";
    default:
        return "a single value is needed";
    }
}

static const char *plain_words(enum formula_error error)
{
    switch (error) {
    case FORMULA_DIVIDE:
        return "division by zero";
    case FORMULA_OVERFLOW:
        return "more digits than a number may have (36, and 18 of them after the point)";
    case FORMULA_LOOKUP:
        return "not in the table";
    case FORMULA_RANGE:
        return "too large or too small";
    case FORMULA_NO_DATE:
        return "there is no such day";
    default:
        return "it does not fit here";
    }
}

/* "column 8: goods_count is 0: division by zero" */
static int tell(struct formula_machine *m, const struct formula_step *step, const struct formula_value *operands,
                enum formula_error error)
{
    const struct formula *f = m->formula;
    bool blamed = m->guilty >= 0 && operands;
    const struct formula_place *place = &f->places[step->place + (blamed ? m->guilty : -1)];
    const char *what = m->what ? m->what : plain_words(error);
    m->failure->error = error;
    m->failure->column = place->column;
    if (!blamed) {
        snprintf(m->failure->text, sizeof m->failure->text, "column %d: %s", place->column, what);
        return ERR_REFUSED;
    }
    struct text name = {f->source.data + place->from, (size_t)(place->to - place->from)};
    char shown[200];
    formula_show(&operands[m->guilty], shown, sizeof shown);
    bool literal = name.size > 0 && (*name.data == '"' || (*name.data >= '0' && *name.data <= '9'));
    int cut = (int)text_cut(name, 60);
    if (literal) {
        snprintf(m->failure->text, sizeof m->failure->text, "column %d: %.*s: %s", place->column, cut, name.data, what);
    } else if (f->secret) {
        snprintf(m->failure->text, sizeof m->failure->text, "column %d: the value of %.*s: %s", place->column, cut,
                 name.data, what);
    } else {
        snprintf(m->failure->text, sizeof m->failure->text, "column %d: %.*s is %s: %s", place->column, cut, name.data,
                 shown, what);
    }
    return ERR_REFUSED;
}

/* ---- operands ---- */

/* One argument as its function wants it. */
static enum formula_error convert(struct formula_machine *m, char kind, int place, struct formula_value *v)
{
    enum formula_error error = FORMULA_FINE;
    struct decimal number;
    struct text text;
    int64_t date;
    bool flag;
    switch (kind) {
    case 't':
        if (v->type != FORMULA_TEXT) {
            error = formula_as_text(m, v, &text);
            *v = error ? *v : formula_text(text);
        }
        break;
    case 'n':
        if (v->type != FORMULA_NUMBER) {
            error = formula_as_number(v, &number);
            if (!error) {
                v->type = FORMULA_NUMBER;
                v->number = number;
            }
        }
        break;
    case 'd':
        if (v->type != FORMULA_DATE) {
            error = formula_as_date(v, &date);
            *v = error ? *v : formula_date(date);
        }
        break;
    case 'c':
        error = formula_condition(v, &flag);
        *v = error ? *v : formula_flag(flag);
        break;
    default:
        break;
    }
    if (error && error != FORMULA_RANGE) {
        m->guilty = place;
        m->what = error == FORMULA_OVERFLOW                                                ? NULL
                  : kind == 'n' && (error == FORMULA_NO_NUMBER || v->type == FORMULA_DATE) ? formula_no_number(m, v)
                  : kind == 'd' && error == FORMULA_NO_DATE                                ? FORMULA_NO_DATE_WORDS
                                                                                           : wanted(kind, v->type);
    }
    return error;
}

static enum formula_error both_numbers(struct formula_machine *m, struct formula_value *two)
{
    enum formula_error error = convert(m, 'n', 0, &two[0]);
    return error ? error : convert(m, 'n', 1, &two[1]);
}

/* The digits of two numbers don't fit in one: the first is told. */
static enum formula_error limit(struct formula_machine *m, int error)
{
    return error ? formula_blame(m, 0, FORMULA_OVERFLOW, NULL) : FORMULA_FINE;
}

/* Was a text meant, and no number that is written in another way? */
static bool is_words(const struct formula_machine *m, const struct formula_value *operands)
{
    struct text t = operands[m->guilty].text;
    return strcmp(m->what, FORMULA_NUMBER_WORDS) == 0 && !text_has(TEXT("0123456789+-."), t.data[0]);
}

static enum formula_error arithmetic(struct formula_machine *m, enum formula_operator operator, int places,
                                     enum decimal_rounding rounding, struct formula_value *two)
{
    enum formula_error error = both_numbers(m, two);
    if (error == FORMULA_NO_NUMBER && operator== OPERATOR_ADD && is_words(m, two)) {
        m->what = N_("a number is needed; & joins texts");
    }
    if (error) {
        return error;
    }
    struct decimal *a = &two[0].number, *b = &two[1].number;
    switch (operator) {
    case OPERATOR_ADD:
        return limit(m, decimal_add(a, b, a));
    case OPERATOR_SUBTRACT:
        return limit(m, decimal_subtract(a, b, a));
    case OPERATOR_MULTIPLY:
        return limit(m, decimal_multiply(a, b, places, rounding, a));
    default:
        break;
    }
    if (b->units == 0) {
        return formula_blame(m, 1, FORMULA_DIVIDE, NULL);
    }
    return limit(m, decimal_divide(a, b, places, rounding, a));
}

static enum formula_error comparison(struct formula_machine *m, enum formula_operator operator,
                                     struct formula_value * two)
{
    bool holds;
    enum formula_error error;
    if (operator== OPERATOR_EQUAL || operator== OPERATOR_UNEQUAL) {
        error = formula_equal(m, &two[0], &two[1], &holds);
        holds = holds == (operator== OPERATOR_EQUAL);
    } else {
        int order = 0;
        bool broken;
        error = formula_order(m, &two[0], &two[1], &order, &broken);
        holds = operator== OPERATOR_BELOW       ? order < 0 :
                operator== OPERATOR_BELOW_EQUAL ? order <= 0
                :
                operator== OPERATOR_ABOVE ? order > 0
                                          : order >= 0;
    }
    if (!error) {
        two[0] = formula_flag(holds);
    }
    return error;
}

static enum formula_error operate(struct formula_machine *m, const struct formula_step *step, struct formula_value *two)
{
    enum formula_operator operator=(enum formula_operator) step->count;
    return operator>= OPERATOR_EQUAL ? comparison(m, operator, two)
                                     : arithmetic(m, operator, DECIMAL_PLACES, DECIMAL_HALF, two);
}

static enum formula_error rounded(struct formula_machine *m, const struct formula_step *step,
                                  struct formula_value *three)
{
    int places;
    enum formula_error error = both_numbers(m, three);
    error = error ? error : convert(m, 'n', 2, &three[2]);
    error = error ? error : formula_places(m, 2, &three[2].number, &places);
    return error ? error
                 : arithmetic(m, (enum formula_operator)step->count, places, (enum decimal_rounding)step->a, three);
}

static enum formula_error join(struct formula_machine *m, size_t count, struct formula_value *values)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        enum formula_error error = convert(m, 't', (int)i, &values[i]);
        if (error) {
            return error;
        }
        size += values[i].text.size;
    }
    if (size > FORMULA_TEXT_MAX) {
        return formula_blame(m, -1, FORMULA_RANGE, "the text grows beyond 1 MiB");
    }
    char *to = formula_take(m, size);
    if (!to) {
        return FORMULA_RANGE;
    }
    struct text whole = {to, size};
    for (size_t i = 0; i < count; i++) {
        if (values[i].text.size > 0) {
            memcpy(to, values[i].text.data, values[i].text.size);
            to += values[i].text.size;
        }
    }
    values[0] = formula_text(whole);
    return FORMULA_FINE;
}

static enum formula_error is_in(struct formula_machine *m, size_t count, struct formula_value *values)
{
    bool found = false;
    for (size_t i = 1; i <= count && !found; i++) {
        const struct formula_value *items;
        size_t many;
        struct formula_value self = {.type = FORMULA_EMPTY};
        enum formula_error error = formula_items(m, &values[i], &items, &many);
        if (values[i].type == FORMULA_EMPTY) {
            items = &self;
            many = 1;
        }
        for (size_t j = 0; j < many && !found && !error; j++) {
            error = formula_equal(m, &values[0], &items[j], &found);
        }
        if (error) {
            return formula_blame(m, values[0].type >= FORMULA_LIST ? 0 : (int)i, error, m->what);
        }
    }
    values[0] = formula_flag(found);
    return FORMULA_FINE;
}

/* Is the argument what its function wants, as it stands? */
static inline bool fits(char kind, enum formula_type type)
{
    return kind == 'x' || (kind == 't' && type == FORMULA_TEXT) || (kind == 'n' && type == FORMULA_NUMBER) ||
           (kind == 'c' && type == FORMULA_BOOLEAN);
}

static enum formula_error call(struct formula_machine *m, const struct formula_step *step, struct formula_value *args)
{
    const struct formula_function *function = &formula_functions[step->a];
    const char *kind = function->takes;
    for (size_t i = 0; i < step->count; i++) {
        enum formula_error error = fits(*kind, args[i].type) ? FORMULA_FINE : convert(m, *kind, (int)i, &args[i]);
        if (error) {
            return error;
        }
        kind += kind[0] && kind[1];
    }
    struct formula_value out = {.type = FORMULA_EMPTY};
    m->step = step;
    enum formula_error error = function->compute(m, args, step->count, &out);
    if (!error) {
        args[0] = out;
    }
    return error;
}

static enum formula_error matches(struct formula_machine *m, const struct formula_step *step, struct formula_value *v)
{
    bool found = false;
    enum formula_error error = convert(m, 't', 0, v);
    if (!error && formula_pattern_search(m->formula->patterns[step->a], m->run->arena, v->text, &found) != 0) {
        error = formula_blame(m, -1, FORMULA_RANGE, "the text is too long for this pattern");
    }
    if (!error) {
        *v = formula_flag(found);
    }
    return error;
}

static enum formula_error script(struct formula_machine *m, const struct formula_step *step, struct formula_value *args)
{
    struct formula_value out;
    enum formula_error error = formula_script_call(m->run->script, (size_t)step->a, m, args, step->count, &out);
    if (!error) {
        args[0] = out;
    }
    return error;
}

/* ---- LOOKUP ---- */

static enum formula_error ask(struct formula_machine *m, const struct formula_step *step, struct formula_value *args)
{
    enum formula_error error = convert(m, 't', 0, &args[0]);
    if (!error && step->count && args[1].type != FORMULA_QUESTION) {
        error = convert(m, 't', 1, &args[1]);
    }
    if (error) {
        return error;
    }
    if (args[0].text.size == 0) { /* nothing is asked for */
        args[0] = step->count ? args[1] : (struct formula_value){.type = FORMULA_EMPTY};
        return FORMULA_FINE;
    }
    return formula_question(m, m->formula->constants[step->a].text, &args[0], step->count ? &args[1] : NULL, &args[0]);
}

/* IFERROR(LOOKUP(…), y): y becomes the default, at the innermost end of a chain. */
static enum formula_error add_default(struct formula_machine *m, struct formula_value *two)
{
    enum formula_error error = two[1].type == FORMULA_QUESTION ? FORMULA_FINE : convert(m, 't', 1, &two[1]);
    if (error) {
        return error;
    }
    return formula_question_default(m, &two[0], &two[1]);
}

/* ---- the loop ---- */

/* What a step pushes that takes nothing. */
static enum formula_error push(struct formula_machine *m, const struct formula_step *step, struct formula_value *out)
{
    const struct formula_value *constants = m->formula->constants;
    switch (step->code) {
    case CODE_SLOT:
        *out = formula_of_slot(m, &m->run->slots[step->a]);
        return FORMULA_FINE;
    case CODE_PATH:
        return formula_path(m, &m->run->slots[step->a], constants[step->b].text, out);
    case CODE_MEMBER:
        return formula_row_path(m, m->run->row, constants[step->a].text, out);
    case CODE_VARIABLE:
        *out = formula_text(m->run->variables[step->a]);
        return FORMULA_FINE;
    default:
        *out = formula_date(m->run->run_date);
        return FORMULA_FINE;
    }
}

/* A step that works on the values from `base` on and leaves one there. */
static enum formula_error work(struct formula_machine *m, const struct formula_step *step, struct formula_value *base)
{
    enum formula_error error;
    switch (step->code) {
    case CODE_NEGATE:
        error = convert(m, 'n', 0, base);
        if (!error) {
            base->number = decimal_negate(base->number);
        }
        return error;
    case CODE_ROUNDED:
        return rounded(m, step, base);
    case CODE_JOIN:
        return join(m, step->count, base);
    case CODE_IN:
        return is_in(m, step->count, base);
    case CODE_MATCHES:
        return matches(m, step, base);
    case CODE_QUESTION:
        return ask(m, step, base);
    case CODE_SCRIPT:
        return script(m, step, base);
    default: /* CODE_DEFAULT */
        if (base->type != FORMULA_QUESTION) {
            base[0] = base[1]; /* the error's place */
            return FORMULA_FINE;
        }
        return add_default(m, base);
    }
}

/* How many values a step of work() takes. */
static size_t operands(const struct formula_step *step)
{
    switch (step->code) {
    case CODE_DEFAULT:
        return 2;
    case CODE_ROUNDED:
        return 3;
    case CODE_JOIN:
    case CODE_SCRIPT:
        return step->count;
    case CODE_IN:
    case CODE_QUESTION:
        return step->count + (size_t)1;
    default:
        return 1;
    }
}

static enum formula_error look_up(struct formula_machine *m, const struct formula_step *step, struct formula_value *key,
                                  bool *found)
{
    enum formula_error error = convert(m, 't', 0, key);
    if (error) {
        return error;
    }
    struct formula_value value;
    *found = formula_table_get(m->formula->tables[step->a], key->text, (size_t)step->b, &value);
    if (*found) {
        *key = value;
    } else if (step->count == 0) {
        return formula_blame(m, 0, FORMULA_LOOKUP, NULL);
    }
    return FORMULA_FINE;
}

/* The formulas of a record use one stack, one after the other. NULL: no memory. */
static struct formula_value *stack_of(const struct formula_machine *m)
{
    struct formula_run *run = m->run;
    size_t need = m->formula->stack;
    if (need > run->stack_room) {
        run->stack_room = need < STACK_LEAST ? STACK_LEAST : need;
        run->stack = arena_take(run->arena, run->stack_room * sizeof *run->stack);
        run->stack_room = run->stack ? run->stack_room : 0;
    }
    return run->stack;
}

static int evaluate(struct formula_machine *m, struct formula_value *out)
{
    const struct formula *f = m->formula;
    const struct formula_step *first = f->steps, *end = first + f->step_count;
    struct formula_value *stack = stack_of(m);
    struct handler few[FEW_HANDLERS], *handlers = few;
    if (f->handlers > FEW_HANDLERS) {
        handlers = arena_take(m->run->arena, f->handlers * sizeof *handlers);
    }
    struct formula_value *top = stack; /* the first that is free */
    size_t handler_count = 0;
    if (!stack || !handlers) {
        return ERR_MEMORY;
    }
    for (const struct formula_step *step = first; step < end; step++) {
        enum formula_error error = FORMULA_FINE;
        struct formula_value *base = top;
        bool holds = false;
        m->guilty = -1;
        m->what = NULL;
        switch (step->code) {
        case CODE_SLOT: /* the steps of nearly every formula first, without a detour */
            if (m->run->slots[step->a].kind == VALUE_TEXT) {
                top->type = FORMULA_TEXT;
                top++->text = m->run->slots[step->a].text;
                break;
            }
            error = push(m, step, top++);
            break;
        case CODE_CONSTANT:
            *top++ = f->constants[step->a];
            break;
        case CODE_CALL:
            base = top - step->count;
            error = call(m, step, base);
            top = base + 1;
            break;
        case CODE_OPERATOR:
            base = top - 2;
            error = operate(m, step, base);
            top = base + 1;
            break;
        case CODE_PATH:
        case CODE_MEMBER:
        case CODE_VARIABLE:
        case CODE_RUN_DATE:
            error = push(m, step, top++);
            break;
        case CODE_CONDITION:
            base = top - 1;
            error = base->type == FORMULA_BOOLEAN ? FORMULA_FINE : convert(m, 'c', 0, base);
            break;
        case CODE_JUMP:
            step = first + step->a - 1;
            break;
        case CODE_JUMP_FALSE:
            if (!(--top)->flag) {
                step = first + step->a - 1;
            }
            break;
        case CODE_JUMP_SAME:
            base = top - 2;
            error = formula_equal(m, &base[0], &base[1], &holds);
            top = holds ? base : base + 1;
            step = !error && !holds ? first + step->a - 1 : step;
            break;
        case CODE_JUMP_FULL:
            if (formula_is_empty(top - 1)) {
                top--;
            } else {
                step = first + step->a - 1;
            }
            break;
        case CODE_POP:
            top--;
            break;
        case CODE_TABLE:
            base = top - 1;
            error = look_up(m, step, base, &holds);
            if (holds && step->count > 0) {
                step = first + step->count - 1;
            } else if (!holds && !error) {
                top--; /* its default follows */
            }
            break;
        case CODE_CATCH:
            handlers[handler_count++] = (struct handler){first + step->a, top};
            break;
        case CODE_RELEASE:
            handler_count--;
            if (top[-1].type != FORMULA_QUESTION || top[-1].flag) {
                step = first + step->a - 1;
            }
            break;
        default:
            base = top - operands(step);
            error = work(m, step, base);
            top = base + 1;
        }
        if (!error) {
            continue;
        }
        if (handler_count == 0) {
            return tell(m, step, base, error);
        }
        step = handlers[--handler_count].at - 1;
        top = handlers[handler_count].top;
        *top++ = (struct formula_value){.type = FORMULA_EMPTY};
    }
    *out = top[-1];
    return 0;
}

int formula_evaluate(const struct formula *formula, struct formula_run *run, struct formula_value *out,
                     struct formula_failure *failure)
{
    struct formula_machine m = {.run = run, .formula = formula, .failure = failure};
    return evaluate(&m, out);
}
