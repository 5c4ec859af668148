#include "common/scheme/expression.h"

#include "common/scheme/env.h"
#include "common/scheme/lookups.h"
#include "common/scheme/tables.h"
#include "common/scheme/template.h"

enum { MIX_MAX = FORMULA_SIZE_MAX };

struct names { /* what a formula's names are looked up in */
    struct scheme_compile *c;
    const struct scheme_expression *at;
};

bool scheme_is_formula(struct text value)
{
    return value.size > 0 && value.data[0] == '=';
}

/* Bytes of the blank that `t` begins with: of ASCII, a no-break space, the full-width one; 0 for none. */
static size_t blank(struct text t)
{
    if (t.size > 0 && (*t.data == ' ' || (*t.data >= '\t' && *t.data <= '\r'))) {
        return 1;
    }
    return text_starts(t, TEXT("\xc2\xa0")) ? strlen("\xc2\xa0") : text_starts(t, TEXT("　")) ? strlen("　") : 0;
}

bool scheme_is_nearly_formula(struct text value)
{
    struct text t = value;
    for (size_t size; (size = blank(t)) > 0;) {
        t = (struct text){t.data + size, t.size - size};
    }
    return text_starts(t, TEXT("＝")) || (t.size < value.size && text_starts(t, TEXT("=")));
}

bool scheme_refuse_nearly(struct scheme_compile *c, const cJSON *node)
{
    if (!scheme_is_nearly_formula(json_text(node))) {
        return false;
    }
    scheme_fault(&c->faults, &c->file, node,
                 "a formula begins with =, in half width and without a blank before it; a text that begins so is "
                 "itself written as a formula: =\"＝…\"");
    return true;
}

bool scheme_is_quoted(struct text value, struct text *constant)
{
    if (!text_starts(value, TEXT("'="))) {
        return false;
    }
    *constant = (struct text){value.data + 1, value.size - 1};
    return true;
}

static bool find_variable(struct scheme_compile *c, const struct scheme_expression *at, struct text name, int *index,
                          struct cause *why)
{
    if (!scheme_variable_good(name)) {
        cause_set(why, ERR_SYNTAX, "a variable's name has capital letters, digits and _ only");
        return false;
    }
    if (scheme_variable_secret(name)) {
        cause_set(why, ERR_REFUSED, "a secret can't be the value of a field");
        return false;
    }
    if (!scheme_env_listed(c, name, why)) {
        return false;
    }
    size_t count = c->scheme->variable_count;
    for (size_t i = 0; i < count; i++) {
        if (text_equal(c->variables[i].name, name)) {
            *index = (int)i;
            return true;
        }
    }
    if (count == SCHEME_VARIABLES_MAX) {
        cause_set(why, ERR_LIMIT, "more than %d variables", SCHEME_VARIABLES_MAX);
        return false;
    }
    c->variables[count] = (struct scheme_variable){
        .name = scheme_keep_text(c, name),
        .where = scheme_where(&c->faults, c->keep, &c->file, at->node),
        .lookup = at->target ? at->target->lookup : TEXT(""),
    };
    *index = (int)c->scheme->variable_count++;
    return true;
}

/* A member of the row; of a path the first part. */
static bool find_member(const struct scheme_expression *at, struct text name, struct cause *why)
{
    struct scheme_guess guess;
    ptrdiff_t dot = text_find(name, TEXT("."));
    struct text first = {name.data, dot > 0 ? (size_t)dot : name.size};
    if (!at->row_fields || !at->row_fields->items || scheme_field_find(at->row_fields, first, &guess)) {
        return true;
    }
    cause_set(why, ERR_NOT_FOUND, "the rows of %.*s have no such field%s; fields outside them are parent.NAME",
              TEXT_ARG(at->rows), scheme_guess_tail(&guess));
    return false;
}

/* The message begins with the name already. */
static void drop_name(struct text name, struct cause *why)
{
    struct text told = text_of(why->text);
    if (text_starts(told, name) && told.size > name.size + 2 && told.data[name.size] == ':') {
        memmove(why->text, why->text + name.size + 2, told.size - name.size - 1);
    }
}

static bool find(void *user, enum formula_name kind, struct text name, struct formula_meaning *out, struct cause *why)
{
    const struct names *names = user;
    struct scheme_compile *c = names->c;
    switch (kind) {
    case NAME_FIELD:
        if (!c->source.loaded) {
            out->index = 0; /* the API file's faults are told: there is nothing to judge by */
            return true;
        }
        if (!scheme_find_field(c, name, &out->index, &out->secret, why)) {
            drop_name(name, why);
            return false;
        }
        return true;
    case NAME_MEMBER:
        return find_member(names->at, name, why);
    case NAME_VARIABLE:
        return find_variable(c, names->at, name, &out->index, why);
    case NAME_TABLE:
        return scheme_find_table(c, name, &out->table, &out->index, why);
    case NAME_LOOKUP:
        return scheme_find_lookup(c, name, why);
    case NAME_SCRIPT:
        return scheme_find_function(c, name, &out->index, why);
    }
    return false;
}

int scheme_compile_expression(struct scheme_compile *c, const struct scheme_expression *at, struct text source,
                              const struct formula **out, struct formula_notes *notes)
{
    struct names names = {c, at};
    const struct formula_scope scope = {.user = &names, .row = at->row, .condition = at->condition, .find = find};
    return formula_compile(c->keep, &c->work, source, &scope, out, notes);
}

const struct formula *scheme_compile_formula(struct scheme_compile *c, const struct scheme_expression *at,
                                             struct text source)
{
    const struct formula *formula = NULL;
    struct formula_notes notes;
    int error = scheme_compile_expression(c, at, source, &formula, &notes);
    for (size_t i = 0; i < notes.warning_count; i++) {
        scheme_warn(&c->faults, &c->file, at->node, "column %d: %s", notes.warnings[i].column, notes.warnings[i].text);
    }
    if (error == ERR_MEMORY) {
        c->faults.memory = true;
    } else if (error) {
        scheme_fault(&c->faults, &c->file, at->node, "column %d: %s", notes.fault.column, notes.fault.text);
    } else if (at->condition && formula_asks(formula)) {
        scheme_fault(&c->faults, &c->file, at->node,
                     "a LOOKUP can't decide: its id is known only when the record is written");
    }
    c->scheme->formulas = true;
    if (!error && formula_uses_run_date(formula) && c->scheme->run_date_place == 0) {
        c->scheme->run_date_place = scheme_use_run_date(c) + 1;
    }
    return error ? NULL : formula;
}

const struct formula *scheme_compile_mix(struct scheme_compile *c, const struct scheme_expression *at)
{
    struct scheme_part parts[SCHEME_PARTS_MAX];
    size_t count = 0;
    if (!scheme_template_split(c, at->node, parts, &count)) {
        return NULL;
    }
    struct buffer source;
    buffer_init(&source, MIX_MAX);
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(&source, i == 0 ? TEXT("=") : TEXT("&"));
        if (parts[i].kind == PART_TEXT) {
            buffer_add_char(&source, '"');
            for (size_t j = 0; j < parts[i].text.size; j++) {
                buffer_add(&source, "\"\"", parts[i].text.data[j] == '"' ? 1 : 0);
                buffer_add_char(&source, parts[i].text.data[j]);
            }
            buffer_add_char(&source, '"');
        } else {
            buffer_format(&source, "{{%s%.*s}}", parts[i].kind == PART_ENV ? "env." : "", TEXT_ARG(parts[i].text));
        }
    }
    const struct formula *formula = NULL;
    if (source.failed) {
        scheme_fault(&c->faults, &c->file, at->node, "longer than %d bytes", MIX_MAX);
    } else {
        formula = scheme_compile_formula(c, at, buffer_text(&source));
    }
    buffer_fini(&source);
    return formula;
}
