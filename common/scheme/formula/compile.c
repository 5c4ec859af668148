/* From the tree of a formula to its code: names are looked up, constants converted and folded, jumps laid. */
#include "common/scheme/formula/syntax/emit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/scheme/formula/date.h"
#include "common/scheme/formula/table.h"

static void warn(struct formula_emitter *e, int column, const char *text, const char *meaning)
{
    struct formula_notes *notes = e->notes;
    if (notes->warning_count < FORMULA_WARNINGS_MAX) {
        struct formula_note *note = &notes->warnings[notes->warning_count++];
        note->column = column;
        snprintf(note->text, sizeof note->text, "%.200s: %s", text, meaning);
    }
}

/* ---- folding ---- */

static struct formula formula_so_far(const struct formula_emitter *e, size_t start)
{
    return (struct formula){.source = e->source,
                            .steps = e->steps + start,
                            .step_count = e->step_count - start,
                            .stack = e->stack,
                            .handlers = e->handlers,
                            .constants = e->constants,
                            .places = e->places,
                            .patterns = (const struct formula_pattern *const *)e->patterns};
}

/* Steps since `start` that only work on constants become one. Lists stay: they are made anew for each record. */
static int fold(struct formula_emitter *e, const struct formula_node *node, size_t start)
{
    for (size_t i = start; i + 1 < e->step_count; i++) {
        if (e->steps[i].code != CODE_CONSTANT) {
            return 0;
        }
    }
    struct formula whole = formula_so_far(e, start);
    struct formula_run run = {.arena = e->work};
    struct formula_value value;
    struct formula_failure failure;
    int error = formula_evaluate(&whole, &run, &value, &failure);
    if (error == ERR_REFUSED) {
        if (e->caught == 0) {
            warn(e, failure.column, strchr(failure.text, ':') + 2, "this fails for every record");
        }
        return 0;
    }
    if (error || value.type == FORMULA_LIST) {
        return error;
    }
    e->step_count = start;
    return formula_emit_constant(e, node, value);
}

/* ---- names ---- */

static int path_constant(struct formula_emitter *e, const struct formula_node *node, struct text path, int32_t *out)
{
    int error = formula_emit_constant(e, node, formula_text(path));
    if (!error) {
        *out = e->steps[--e->step_count].a; /* only its constant is wanted */
    }
    return error;
}

static struct text behind(struct text name, size_t size)
{
    return (struct text){name.data + size, name.size - size};
}

/* A field of the record, or of a list or object in one. */
static int emit_field(struct formula_emitter *e, const struct formula_node *node, struct text name)
{
    struct formula_meaning meaning;
    struct formula_step step = {.code = CODE_SLOT};
    if (!formula_emit_find(e, NAME_FIELD, name, &meaning)) {
        ptrdiff_t dot = text_find(name, TEXT("."));
        struct cause whole = e->why;
        if (dot <= 0 || !formula_emit_find(e, NAME_FIELD, (struct text){name.data, (size_t)dot}, &meaning)) {
            e->why = dot <= 0 ? whole : e->why;
            return formula_emit_unknown(e, node, node->name);
        }
        step.code = CODE_PATH;
        int error = path_constant(e, node, behind(name, (size_t)dot + 1), &step.b);
        if (error) {
            return error;
        }
    }
    step.a = meaning.index;
    e->secret = e->secret || meaning.secret;
    struct formula_node self = *node;
    self.next = NULL;
    return formula_emit(e, node, &self, step);
}

static int emit_name(struct formula_emitter *e, const struct formula_node *node)
{
    struct formula_meaning meaning;
    struct text name = node->name;
    if (text_starts(name, TEXT("env."))) {
        if (!formula_emit_find(e, NAME_VARIABLE, behind(name, 4), &meaning)) {
            return formula_emit_unknown(e, node, node->name);
        }
        e->secret = true;
        return formula_emit(e, node, NULL, (struct formula_step){.code = CODE_VARIABLE, .a = meaning.index});
    }
    bool outer = e->scope->row && text_starts(name, TEXT("parent."));
    if (!e->scope->row || outer) {
        return emit_field(e, node, outer ? behind(name, sizeof "parent." - 1) : name);
    }
    if (!formula_emit_find(e, NAME_MEMBER, name, &meaning)) {
        return formula_emit_unknown(e, node, node->name);
    }
    e->secret = e->secret || meaning.secret;
    struct formula_step step = {.code = CODE_MEMBER};
    int error = path_constant(e, node, name, &step.a);
    return error ? error : formula_emit(e, node, NULL, step);
}

/* ---- calls ---- */

static int check_count(struct formula_emitter *e, const struct formula_node *node,
                       const struct formula_function *function)
{
    bool odd = function->emit == formula_emit_ifs && node->count % 2 != 0;
    if (node->count >= function->least && node->count <= function->most && !odd) {
        return 0;
    }
    return formula_fault(&e->notes->fault, node->column, "%s has %zu argument%s; it is written %s(%s)", function->name,
                         node->count, node->count == 1 ? "" : "s", function->name, function->arguments);
}

static int check_format(struct formula_emitter *e, const struct formula_node *node)
{
    const char *fault =
        node->kind == NODE_CONSTANT && node->value.type == FORMULA_TEXT ? formula_format_fault(node->value.text) : NULL;
    return fault ? formula_emit_fault(e, node, fault) : 0;
}

/* ROUND(a / b, n): the quotient is rounded once, not first at its 18th digit. */
static int emit_rounded(struct formula_emitter *e, const struct formula_node *node,
                        const struct formula_function *function)
{
    const struct formula_node *inner = node->first;
    enum decimal_rounding rounding = function->compute == formula_round     ? DECIMAL_HALF
                                     : function->compute == formula_roundup ? DECIMAL_UP
                                     : function->compute == formula_int     ? DECIMAL_FLOOR
                                                                            : DECIMAL_DOWN;
    struct formula_node operands[3] = {*inner->first, *inner->last, node->count > 1 ? *node->last : *node};
    for (size_t i = 0; i < 3; i++) {
        operands[i].next = i < 2 ? &operands[i + 1] : NULL;
    }
    int error = formula_emit_argument(e, inner->first, 'n');
    error = error ? error : formula_emit_argument(e, inner->last, 'n');
    if (!error) {
        error = node->count > 1 ? formula_emit_argument(e, node->last, 'n')
                                : formula_emit_constant(e, node, formula_number(decimal_of(0)));
    }
    return error ? error
                 : formula_emit(e, node, operands,
                                (struct formula_step){
                                    .code = CODE_ROUNDED, .count = (uint16_t)inner->operator, .a =(int32_t) rounding});
}

static bool rounds_once(const struct formula_node *node, const struct formula_function *function)
{
    bool rounds = function->compute == formula_round || function->compute == formula_roundup ||
                  function->compute == formula_rounddown || function->compute == formula_int;
    const struct formula_node *inner = node->first;
    return rounds && inner->kind == NODE_OPERATOR &&
           (inner->operator== OPERATOR_DIVIDE || inner->operator== OPERATOR_MULTIPLY);
}

static int emit_call(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    size_t start = e->step_count;
    if (text_starts(node->name, TEXT("lua."))) {
        return formula_emit_script(e, node);
    }
    int index = formula_function_find(node->name);
    assert(index >= 0); /* the parser told the others */
    const struct formula_function *function = &formula_functions[index];
    int error = check_count(e, node, function);
    if (error) {
        return error;
    }
    if (function->emit) {
        error = function->emit(e, node, tail);
        return error || function->emit != formula_emit_matches ? error : fold(e, node, start);
    }
    if (rounds_once(node, function)) {
        error = emit_rounded(e, node, function);
        return error ? error : fold(e, node, start);
    }
    const char *kind = function->takes;
    for (const struct formula_node *one = node->first; one && !error; one = one->next) {
        error = formula_emit_argument(e, one, *kind);
        kind += kind[0] && kind[1];
    }
    struct formula_step step = {.code = CODE_CALL, .a = index, .count = (uint16_t)node->count};
    if (!error &&
        (function->compute == formula_text_fn || (function->compute == formula_datevalue && node->count > 1))) {
        error = check_format(e, node->last);
        step.b = node->last->kind == NODE_CONSTANT;
    }
    error = error ? error : formula_emit(e, node, node->first, step);
    return error ? error : fold(e, node, start);
}

/* ---- nodes ---- */

static int emit_operands(struct formula_emitter *e, const struct formula_node *node, char kind,
                         struct formula_step step)
{
    size_t start = e->step_count;
    int error = 0;
    for (const struct formula_node *one = node->first; one && !error; one = one->next) {
        error = formula_emit_argument(e, one, kind);
    }
    error = error ? error : formula_emit(e, node, node->first, step);
    return error ? error : fold(e, node, start);
}

static char operand_kind(enum formula_operator operator)
{
    return operator== OPERATOR_ADD ? '+' : operator<OPERATOR_EQUAL ? 'n' : 'x';
}

static int emit_node(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    switch (node->kind) {
    case NODE_CONSTANT:
        return formula_emit_constant(e, node, node->value);
    case NODE_NAME:
        return emit_name(e, node);
    case NODE_CALL:
        return emit_call(e, node, tail);
    case NODE_NEGATE:
        return emit_operands(e, node, 'n', (struct formula_step){.code = CODE_NEGATE});
    case NODE_OPERATOR:
        return emit_operands(e, node, operand_kind(node->operator),
                             (struct formula_step){.code = CODE_OPERATOR, .count = (uint16_t)node->operator});
    case NODE_JOIN:
        return emit_operands(e, node, 't', (struct formula_step){.code = CODE_JOIN, .count = (uint16_t)node->count});
    case NODE_IN:
        return emit_operands(e, node, 'x',
                             (struct formula_step){.code = CODE_IN, .count = (uint16_t)(node->count - 1)});
    }
    return ERR_SYNTAX;
}

/* ---- the whole ---- */

enum { STACK_SPARE = 4 /* places of errors and defaults */ };

/* An upper bound of the values on the stack at once. */
static int stack_need(const struct formula_node *node)
{
    int most = 1, under = 0;
    for (const struct formula_node *one = node->first; one; one = one->next, under++) {
        int need = under + stack_need(one);
        most = need > most ? need : most;
    }
    return most + 2;
}

static void *kept(struct arena *keep, const void *from, size_t count, size_t size)
{
    void *copy = arena_take(keep, (count + 1) * size);
    if (copy && count > 0) {
        memcpy(copy, from, count * size);
    }
    return copy;
}

static int finish(struct formula_emitter *e, const struct formula **out)
{
    struct formula *formula = arena_take(e->keep, sizeof *formula);
    struct formula_step *steps = kept(e->keep, e->steps, e->step_count, sizeof *e->steps);
    struct formula_value *constants = kept(e->keep, e->constants, e->constant_count, sizeof *e->constants);
    struct formula_place *places = kept(e->keep, e->places, e->place_count, sizeof *e->places);
    const struct formula_pattern **patterns = kept(e->keep, e->patterns, e->pattern_count, sizeof(void *));
    const struct formula_table **tables = kept(e->keep, e->tables, e->table_count, sizeof(void *));
    if (!formula || !steps || !constants || !places || !patterns || !tables) {
        return ERR_MEMORY;
    }
    *formula = (struct formula){.source = e->source,
                                .steps = steps,
                                .step_count = e->step_count,
                                .stack = e->stack,
                                .handlers = e->handlers,
                                .constants = constants,
                                .places = places,
                                .patterns = patterns,
                                .tables = tables,
                                .secret = e->secret,
                                .uses_run_date = e->uses_run_date,
                                .asks = e->asks};
    *out = formula;
    return 0;
}

/* The value becomes a boolean. A LOOKUP can't: whoever compiles a condition refuses it. */
static int emit_condition(struct formula_emitter *e, const struct formula_node *node)
{
    int error = formula_emit_check(e, node, 0, 'c');
    const struct formula_value *constant = formula_emitted_constant(e, 0);
    if (error || e->asks || (constant && constant->type == FORMULA_BOOLEAN)) {
        return error;
    }
    return formula_emit(e, node, node, (struct formula_step){.code = CODE_CONDITION});
}

int formula_compile(struct arena *keep, struct arena *work, struct text source, const struct formula_scope *scope,
                    const struct formula **out, struct formula_notes *notes)
{
    struct formula_emitter *e = calloc(1, sizeof *e);
    struct formula_node *node;
    *notes = (struct formula_notes){.warning_count = 0};
    if (!e) {
        return ERR_MEMORY;
    }
    *e = (struct formula_emitter){.keep = keep, .work = work, .scope = scope, .notes = notes, .node = emit_node};
    int error = formula_parse(work, source, &node, &notes->fault);
    if (!error) {
        e->source = arena_text(keep, source);
        error = e->source.data ? 0 : ERR_MEMORY;
    }
    e->stack = error ? 0 : (size_t)stack_need(node) + STACK_SPARE;
    if (e->stack > FORMULA_STACK_MAX) {
        error = formula_emit_fault(e, node, "too many values at once: cut the formula in two");
    }
    error = error ? error : emit_node(e, node, true);
    error = error || !scope->condition ? error : emit_condition(e, node);
    if (!error && e->uses_run_date) {
        warn(e, 1, "RUN_DATE()", "a value that changes by itself: every record is sent again each day");
    }
    error = error ? error : finish(e, out);
    free(e);
    return error;
}

struct text formula_source(const struct formula *formula)
{
    return formula->source;
}

const struct formula_value *formula_constant(const struct formula *formula)
{
    bool constant = formula->step_count == 1 && formula->steps[0].code == CODE_CONSTANT;
    return constant ? &formula->constants[formula->steps[0].a] : NULL;
}

int formula_slot(const struct formula *formula)
{
    return formula->step_count == 1 && formula->steps[0].code == CODE_SLOT ? formula->steps[0].a : -1;
}

bool formula_hides(const struct formula *formula)
{
    return formula->secret;
}

bool formula_uses_run_date(const struct formula *formula)
{
    return formula->uses_run_date;
}

bool formula_asks(const struct formula *formula)
{
    return formula->asks;
}
