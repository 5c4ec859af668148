/* Functions whose arguments are not all evaluated, or not as values: IF, IFS, SWITCH, AND, OR, IFEMPTY, IFERROR, MATCHES,
 * TABLE, LOOKUP, RUN_DATE. */
#include <stdio.h>

#include "common/scheme/formula/pattern.h"
#include "common/scheme/formula/syntax/emit.h"

static int jump(struct formula_emitter *e, const struct formula_node *node, enum formula_code code, size_t *out)
{
    *out = e->step_count;
    return formula_emit(e, node, NULL, (struct formula_step){.code = (uint8_t)code});
}

static int empty(struct formula_emitter *e, const struct formula_node *node)
{
    return formula_emit_constant(e, node, (struct formula_value){.type = FORMULA_EMPTY});
}

/* A boolean is on the stack behind it. */
static int condition(struct formula_emitter *e, const struct formula_node *node)
{
    size_t start = e->step_count;
    int error = formula_emit_argument(e, node, 'c');
    const struct formula_value *constant = error ? NULL : formula_emitted_constant(e, start);
    if (error || (constant && constant->type == FORMULA_BOOLEAN)) {
        return error;
    }
    struct formula_node self = *node;
    self.next = NULL;
    return formula_emit(e, node, &self, (struct formula_step){.code = CODE_CONDITION});
}

/* A condition that is known already: its steps are taken back. -1: it is not. */
static int known(struct formula_emitter *e, size_t start)
{
    const struct formula_value *constant = formula_emitted_constant(e, start);
    if (!constant || constant->type != FORMULA_BOOLEAN) {
        return -1;
    }
    e->step_count = start;
    return constant->flag;
}

/* IF(c, a, b) and IFS(c1, a1, …): pairs, then what holds where none does. */
static int emit_branches(struct formula_emitter *e, const struct formula_node *node, const struct formula_node *pair,
                         const struct formula_node *otherwise, bool tail)
{
    size_t ends[FORMULA_ARGUMENTS_MAX], end_count = 0, skip = 0;
    int error = 0;
    bool decided = false; /* by a constant: what follows is looked at for faults only */
    for (; pair && pair != otherwise && !error; pair = pair->next->next) {
        size_t start = e->step_count;
        error = condition(e, pair);
        int truth = error ? -1 : known(e, start);
        if (!error && truth < 0) {
            error = jump(e, node, CODE_JUMP_FALSE, &skip);
        }
        size_t branch = e->step_count;
        error = error ? error : e->node(e, pair->next, tail);
        if (!error && (truth == 0 || decided)) {
            e->step_count = decided ? start : branch;
        } else if (!error && truth == 1) {
            decided = true;
        } else if (!error) {
            error = jump(e, node, CODE_JUMP, &ends[end_count++]);
            formula_emit_land(e, skip);
        }
    }
    size_t start = e->step_count;
    if (!error) {
        error = otherwise ? e->node(e, otherwise, tail) : empty(e, node);
    }
    if (decided) {
        e->step_count = start;
    }
    for (size_t i = 0; i < end_count; i++) {
        formula_emit_land(e, ends[i]);
    }
    return error;
}

int formula_emit_if(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    return emit_branches(e, node, node->first, node->count > 2 ? node->last : NULL, tail);
}

int formula_emit_ifs(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    return emit_branches(e, node, node->first, NULL, tail);
}

int formula_emit_switch(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    size_t ends[FORMULA_ARGUMENTS_MAX], end_count = 0, next;
    const struct formula_node *key = node->first->next;
    int error = e->node(e, node->first, false);
    for (; key && key->next && !error; key = key->next->next) {
        error = e->node(e, key, false);
        struct formula_node two[2] = {*node->first, *key};
        two[0].next = &two[1];
        two[1].next = NULL;
        next = e->step_count;
        error = error ? error : formula_emit(e, node, two, (struct formula_step){.code = CODE_JUMP_SAME});
        error = error ? error : e->node(e, key->next, tail);
        error = error ? error : jump(e, node, CODE_JUMP, &ends[end_count++]);
        if (!error) {
            formula_emit_land(e, next);
        }
    }
    error = error ? error : formula_emit(e, node, NULL, (struct formula_step){.code = CODE_POP});
    if (!error) {
        error = key ? e->node(e, key, tail) : empty(e, node);
    }
    for (size_t i = 0; i < end_count; i++) {
        formula_emit_land(e, ends[i]);
    }
    return error;
}

/* AND: false as soon as one does not hold; OR: true as soon as one does. */
static int emit_all(struct formula_emitter *e, const struct formula_node *node, bool all)
{
    size_t jumps[FORMULA_ARGUMENTS_MAX], count = 0, next;
    int error = 0;
    for (const struct formula_node *one = node->first; one && !error; one = one->next) {
        error = condition(e, one);
        if (all) {
            error = error ? error : jump(e, node, CODE_JUMP_FALSE, &jumps[count++]);
            continue;
        }
        error = error ? error : jump(e, node, CODE_JUMP_FALSE, &next);
        error = error ? error : formula_emit_constant(e, node, formula_flag(true));
        error = error ? error : jump(e, node, CODE_JUMP, &jumps[count++]);
        if (!error) {
            formula_emit_land(e, next);
        }
    }
    size_t end = 0;
    error = error ? error : formula_emit_constant(e, node, formula_flag(all));
    if (!error && all) {
        error = jump(e, node, CODE_JUMP, &end);
        for (size_t i = 0; i < count; i++) {
            formula_emit_land(e, jumps[i]);
        }
        error = error ? error : formula_emit_constant(e, node, formula_flag(false));
        formula_emit_land(e, end);
        return error;
    }
    for (size_t i = 0; i < count; i++) {
        formula_emit_land(e, jumps[i]);
    }
    return error;
}

int formula_emit_and(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    (void)tail;
    return emit_all(e, node, true);
}

int formula_emit_or(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    (void)tail;
    return emit_all(e, node, false);
}

int formula_emit_ifempty(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    size_t end;
    int error = e->node(e, node->first, tail);
    error = error ? error : jump(e, node, CODE_JUMP_FULL, &end);
    error = error ? error : e->node(e, node->last, tail);
    if (!error) {
        formula_emit_land(e, end);
    }
    return error;
}

int formula_emit_iferror(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    size_t catch, release;
    int error = jump(e, node, CODE_CATCH, &catch);
    e->caught++;
    e->handlers = (size_t)e->caught > e->handlers ? (size_t)e->caught : e->handlers;
    error = error ? error : e->node(e, node->first, tail);
    e->caught--;
    error = error ? error : jump(e, node, CODE_RELEASE, &release);
    if (error) {
        return error;
    }
    formula_emit_land(e, catch);
    error = e->node(e, node->last, tail);
    struct formula_node two[2] = {*node->first, *node->last};
    two[0].next = &two[1];
    error = error ? error : formula_emit(e, node, two, (struct formula_step){.code = CODE_DEFAULT});
    if (!error) {
        formula_emit_land(e, release);
    }
    return error;
}

int formula_emit_matches(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    (void)tail;
    const struct formula_node *source = node->last;
    if (source->kind != NODE_CONSTANT || source->value.type != FORMULA_TEXT) {
        return formula_emit_fault(e, source, "the pattern must stand there as a text, so that it is checked now");
    }
    if (e->pattern_count == PATTERNS_MAX) {
        return formula_emit_fault(e, node, "more than 16 patterns in one formula");
    }
    int error = formula_pattern_compile(e->keep, source->value.text, &e->patterns[e->pattern_count], &e->why);
    if (error) {
        return error == ERR_SYNTAX ? formula_emit_fault(e, source, e->why.text) : error;
    }
    struct formula_node self = *node->first;
    self.next = NULL;
    error = formula_emit_argument(e, node->first, 't');
    return error ? error
                 : formula_emit(e, node, &self,
                                (struct formula_step){.code = CODE_MATCHES, .a = (int32_t)e->pattern_count++});
}

/* platform, "platform": a word that says which. */
static bool word_of(const struct formula_node *node, struct text *out)
{
    bool quoted = node->kind == NODE_CONSTANT && node->value.type == FORMULA_TEXT;
    *out = quoted ? node->value.text : node->name;
    return quoted || node->kind == NODE_NAME;
}

static int find_word(struct formula_emitter *e, const struct formula_node *node, enum formula_name kind,
                     struct formula_meaning *meaning, struct text *word)
{
    if (!word_of(node, word)) {
        return formula_emit_fault(e, node,
                                  kind == NAME_TABLE ? "the first argument is the name of a table"
                                                     : "the first argument is the name of a look-up");
    }
    return formula_emit_find(e, kind, *word, meaning) ? 0 : formula_emit_unknown(e, node, *word);
}

int formula_emit_table(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    struct formula_meaning meaning = {.index = 0};
    struct text word;
    const struct formula_node *key = node->first->next;
    int error = find_word(e, node->first, NAME_TABLE, &meaning, &word);
    if (!error && e->table_count == TABLES_MAX) {
        error = formula_emit_fault(e, node, "more than 64 tables in one formula");
    }
    error = error ? error : formula_emit_argument(e, key, 't');
    if (error) {
        return error;
    }
    struct formula_node self = *key;
    self.next = NULL;
    e->tables[e->table_count] = meaning.table;
    size_t at = e->step_count;
    error = formula_emit(e, node, &self,
                         (struct formula_step){.code = CODE_TABLE, .a = (int32_t)e->table_count++, .b = meaning.index});
    if (!error && key->next) {
        error = e->node(e, key->next, tail);
        e->steps[at].count = (uint16_t)e->step_count;
    }
    return error;
}

int formula_emit_lookup(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    struct formula_meaning meaning = {.index = 0};
    struct text word;
    const struct formula_node *key = node->first->next;
    if (!tail) {
        return formula_emit_fault(e, node,
                                  "LOOKUP must be the whole value, or a branch of IF, IFS, SWITCH, IFEMPTY or IFERROR: "
                                  "its id is known only when the record is written");
    }
    int error = find_word(e, node->first, NAME_LOOKUP, &meaning, &word);
    error = error ? error : formula_emit_argument(e, key, 't');
    if (!error && key->next) {
        error = e->node(e, key->next, true);
    }
    error = error ? error : formula_emit_constant(e, node, formula_text(word));
    if (error) {
        return error;
    }
    int32_t name = e->steps[--e->step_count].a;
    e->asks = true;
    return formula_emit(e, node, key,
                        (struct formula_step){.code = CODE_QUESTION, .a = name, .count = key->next ? 1 : 0});
}

int formula_emit_script(struct formula_emitter *e, const struct formula_node *node)
{
    struct text name = {node->name.data + 4, node->name.size - 4};
    struct formula_meaning meaning = {.index = 0};
    if (!formula_emit_find(e, NAME_SCRIPT, name, &meaning)) {
        return formula_emit_unknown(e, node, node->name);
    }
    int error = 0;
    for (const struct formula_node *one = node->first; one && !error; one = one->next) {
        error = formula_emit_argument(e, one, 'x');
    }
    return error ? error
                 : formula_emit(
                       e, node, node->first,
                       (struct formula_step){.code = CODE_SCRIPT, .a = meaning.index, .count = (uint16_t)node->count});
}

int formula_emit_run_date(struct formula_emitter *e, const struct formula_node *node, bool tail)
{
    (void)tail;
    e->uses_run_date = true;
    return formula_emit(e, node, NULL, (struct formula_step){.code = CODE_RUN_DATE});
}
