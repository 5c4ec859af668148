#include "common/scheme/formula/syntax/emit.h"

#include <stdio.h>

#include "common/scheme/formula/date.h"
#include "common/scheme/formula/value.h"

int formula_emit_fault(struct formula_emitter *e, const struct formula_node *node, const char *text)
{
    return formula_fault(&e->notes->fault, node->from_column, "%s", text);
}

static void place(struct formula_emitter *e, const struct formula_node *node, int column)
{
    if (e->place_count < PLACES_MAX) {
        e->places[e->place_count++] = (struct formula_place){node->from, node->to, (uint16_t)column};
    }
}

int formula_emit(struct formula_emitter *e, const struct formula_node *node, const struct formula_node *operands,
                 struct formula_step step)
{
    place(e, node, node->column);
    step.place = (uint16_t)e->place_count;
    for (const struct formula_node *one = operands; one; one = one->next) {
        place(e, one, one->from_column);
    }
    if (e->step_count == FORMULA_STEPS_MAX || e->place_count == PLACES_MAX) {
        return formula_emit_fault(e, node, "the formula is too large: cut it in two");
    }
    e->steps[e->step_count++] = step;
    return 0;
}

int formula_emit_constant(struct formula_emitter *e, const struct formula_node *node, struct formula_value value)
{
    if (e->constant_count == CONSTANTS_MAX) {
        return formula_emit_fault(e, node, "the formula has too many constants: cut it in two");
    }
    if (value.type == FORMULA_TEXT && value.text.size > 0) {
        value.text = arena_text(e->keep, value.text);
        if (!value.text.data) {
            return ERR_MEMORY;
        }
    }
    e->constants[e->constant_count] = value;
    return formula_emit(e, node, NULL, (struct formula_step){.code = CODE_CONSTANT, .a = (int32_t)e->constant_count++});
}

void formula_emit_land(struct formula_emitter *e, size_t jump)
{
    e->steps[jump].a = (int32_t)e->step_count;
}

/* The only step since `start` if that is a constant, else NULL. */
struct formula_value *formula_emitted_constant(struct formula_emitter *e, size_t start)
{
    return e->step_count == start + 1 && e->steps[start].code == CODE_CONSTANT ? &e->constants[e->steps[start].a]
                                                                               : NULL;
}

/* ---- names ---- */

bool formula_emit_find(struct formula_emitter *e, enum formula_name kind, struct text name, struct formula_meaning *out)
{
    *out = (struct formula_meaning){.index = -1};
    e->why.text[0] = '\0';
    return e->scope->find(e->scope->user, kind, name, out, &e->why);
}

int formula_emit_unknown(struct formula_emitter *e, const struct formula_node *node, struct text name)
{
    return formula_fault(&e->notes->fault, node->column, "%.*s: %s", (int)text_cut(name, 80), name.data, e->why.text);
}

/* ---- arguments ---- */

int formula_emit_check(struct formula_emitter *e, const struct formula_node *node, size_t start, char kind)
{
    struct formula_value *value = formula_emitted_constant(e, start);
    bool literal = node->kind == NODE_CONSTANT;
    if (!value) {
        return 0;
    }
    struct decimal number;
    int64_t date;
    bool flag;
    char shown[120], text[300];
    const char *wants = NULL;
    switch (kind) {
    case '+':
    case 'n':
        wants = !formula_as_number(value, &number)           ? NULL
                : kind == '+' && value->type == FORMULA_TEXT ? N_("a number (& joins texts)")
                                                             : "a number";
        *value = wants ? *value : formula_number(number);
        break;
    case 'd':
        wants = formula_as_date(value, &date) ? "a date, as in \"2024-02-29\"" : NULL;
        *value = wants ? *value : formula_date(date);
        break;
    case 'c':
        wants = formula_condition(value, &flag) ? "a condition: true, false, 1 or 0" : NULL;
        *value = wants ? *value : formula_flag(flag);
        break;
    case 't':
        if (value->type != FORMULA_TEXT && value->type <= FORMULA_DATE) {
            *value = formula_text(formula_value_text(value, e->keep));
        }
        break;
    default:
        break;
    }
    if (!wants || !literal) {
        return 0;
    }
    formula_show(value, shown, sizeof shown);
    snprintf(text, sizeof text, "%s stands where %s is needed", shown, wants);
    return formula_emit_fault(e, node, text);
}

/* "month", month: a word of the calendar, known when the scheme is loaded. */
static int emit_unit(struct formula_emitter *e, const struct formula_node *node)
{
    static const char *const short_words[DATE_UNITS] = {"y", "m", "d", "", "", ""}; /* as DATEDIF of a spreadsheet */
    struct text word = node->kind == NODE_NAME ? node->name : node->value.text;
    bool is_word = node->kind == NODE_NAME || (node->kind == NODE_CONSTANT && node->value.type == FORMULA_TEXT);
    for (int i = 0; is_word && i < DATE_UNITS; i++) {
        bool plural = word.size == strlen(date_unit_words[i]) + 1 && (word.data[word.size - 1] | 0x20) == 's';
        struct text single = {word.data, word.size - plural};
        if (text_equal_nocase(single, text_of(date_unit_words[i])) ||
            (word.size > 0 && text_equal_nocase(word, text_of(short_words[i])))) {
            return formula_emit_constant(e, node, formula_number(decimal_of(i)));
        }
    }
    return formula_emit_fault(e, node, "the unit is \"year\", \"month\", \"day\", \"hour\", \"minute\" or \"second\"");
}

int formula_emit_argument(struct formula_emitter *e, const struct formula_node *node, char kind)
{
    if (kind == 'u') {
        return emit_unit(e, node);
    }
    size_t start = e->step_count;
    int error = e->node(e, node, false);
    return error ? error : formula_emit_check(e, node, start, kind);
}
