#include "common/scheme/target.h"

#include "common/scheme/cast.h"
#include "common/scheme/env.h"
#include "common/scheme/expression.h"
#include "common/scheme/lookups.h"
#include "common/scheme/nested.h"
#include "common/scheme/template.h"
#include "common/scheme/then/choose.h"

enum { CONSTANT_MAX = 1 << 20, CHOICES_SHOWN = 1 << 16, VANISHED_PERCENT = 10 };

/* A constant that the target would refuse for every record is told before any is sent. `json`: the value as it would go out. */
static void check_choice(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                         struct text json)
{
    bool quoted = json.size >= 2 && json.data[0] == '"';
    struct text value = quoted ? (struct text){json.data + 1, json.size - 2} : json;
    struct buffer list;
    buffer_init(&list, CHOICES_SHOWN);
    bool known = field->choice_count == 0 || value.size == 0;
    for (size_t i = 0; i < field->choice_count; i++) {
        const struct scheme_choice *choice = &field->choices[i];
        known = known || text_equal(choice->value, value);
        buffer_format(&list, "%s%.*s (%.*s)", i > 0 ? ", " : "", TEXT_ARG(choice->value), TEXT_ARG(choice->label));
    }
    if (!known) {
        scheme_fault(&c->faults, &c->file, node, "'%.*s' is no value of %.*s (%.*s); it takes %.*s", TEXT_ARG(value),
                     TEXT_ARG(field->name), TEXT_ARG(field->label), TEXT_ARG(buffer_text(&list)));
    }
    buffer_fini(&list);
}

/* A literal or a text without {{}}: cast now, so that no record can fail on it. False when the field stays unset. */
static bool compile_constant(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                             struct scheme_assignment *out)
{
    out->kind = ASSIGN_JSON;
    bool set = scheme_compile_constant(c, node, field, &out->json);
    if (set) {
        check_choice(c, node, field, out->json);
    }
    return set;
}

/* A formula that gives the same for every record: cast now as well. */
static bool constant_formula(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                             struct scheme_assignment *out)
{
    struct value value;
    if (formula_value_plain(formula_constant(out->formula), &c->work, &value) != 0) {
        c->faults.memory = true;
        return false;
    }
    struct buffer json;
    buffer_init(&json, CONSTANT_MAX);
    int error = scheme_cast(field->type, &value, &json);
    if (error == ERR_NOT_FOUND && field->required) {
        scheme_fault(&c->faults, &c->file, node, "%.*s (%.*s) is required and can't be empty", TEXT_ARG(field->name),
                     TEXT_ARG(field->label));
    } else if (error == ERR_SYNTAX) {
        scheme_fault(&c->faults, &c->file, node, "what the formula gives can't be %s, the type of %.*s (%.*s)",
                     scheme_type_text(field->type), TEXT_ARG(field->name), TEXT_ARG(field->label));
    }
    out->kind = ASSIGN_JSON;
    out->json = scheme_keep_text(c, buffer_text(&json));
    if (error == 0) {
        check_choice(c, node, field, out->json);
    }
    buffer_fini(&json);
    return error == 0;
}

/* "=price" alone is what "{{price}}" is. */
static bool field_formula(struct scheme_compile *c, int slot, struct scheme_assignment *out)
{
    struct scheme_part *part = scheme_keep(c, 1, sizeof *part);
    if (!part) {
        return false;
    }
    *part = (struct scheme_part){.kind = PART_SLOT, .slot = slot, .text = c->slots[slot]};
    out->kind = ASSIGN_TEMPLATE;
    out->template = (struct scheme_template){part, 1};
    return true;
}

static bool compile_formula(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                            struct scheme_assignment *out)
{
    const struct scheme_expression at = {.node = node, .target = field};
    out->formula = scheme_compile_formula(c, &at, json_text(node));
    if (!out->formula || !c->source.loaded) {
        return false;
    }
    if (formula_slot(out->formula) >= 0) {
        return field_formula(c, formula_slot(out->formula), out);
    }
    out->kind = ASSIGN_FORMULA;
    return formula_constant(out->formula) ? constant_formula(c, node, field, out) : true;
}

/* Objects and lists with formulas in them, and those whose fields the API file tells. */
static bool compile_nested(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                           struct scheme_assignment *out)
{
    if (field->type != TYPE_ARRAY) {
        scheme_fault(&c->faults, &c->file, node, "%.*s (%.*s) is no array: formulas inside of it are not possible",
                     TEXT_ARG(field->name), TEXT_ARG(field->label));
        return false;
    }
    if (cJSON_IsObject(node) && !json_get(node, "each")) {
        scheme_fault(&c->faults, &c->file, node,
                     "%.*s (%.*s) takes an array: write [{…}], or { \"each\": …, \"fields\": {…} }",
                     TEXT_ARG(field->name), TEXT_ARG(field->label));
        return false;
    }
    out->kind = ASSIGN_NESTED;
    out->nested = scheme_compile_nested(c, node, field);
    return out->nested != NULL;
}

/* Text is what a mix makes, and what most source fields are: it never becomes an array. */
static void check_array(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                        const struct scheme_part *parts, size_t count)
{
    const struct scheme_field *source =
        count == 1 && parts[0].kind == PART_SLOT ? scheme_field_of(c, parts[0].text) : NULL;
    if (field->type == TYPE_ARRAY && c->source.loaded && (!source || source->type != TYPE_ARRAY)) {
        scheme_fault(&c->faults, &c->file, node, "%.*s (%.*s) takes an array: give a source field of that type, or […]",
                     TEXT_ARG(field->name), TEXT_ARG(field->label));
    }
}

static bool compile_value(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                          struct scheme_assignment *out)
{
    struct text constant_text;
    if (!cJSON_IsString(node)) {
        bool nested = (cJSON_IsArray(node) && node->child && field->fields.items) || scheme_nested_lives(node);
        return nested ? compile_nested(c, node, field, out) : compile_constant(c, node, field, out);
    }
    if (scheme_is_formula(json_text(node))) {
        return compile_formula(c, node, field, out);
    }
    if (scheme_refuse_nearly(c, node)) {
        return false;
    }
    if (scheme_is_quoted(json_text(node), &constant_text)) {
        return compile_constant(c, node, field, out);
    }
    struct scheme_part split[SCHEME_PARTS_MAX];
    size_t count = 0;
    if (!scheme_template_split(c, node, split, &count)) {
        return false;
    }
    bool constant = true;
    for (size_t i = 0; i < count; i++) {
        constant = constant && split[i].kind == PART_TEXT;
    }
    if (constant) {
        return compile_constant(c, node, field, out);
    }
    struct scheme_part *parts = scheme_keep(c, count, sizeof *parts);
    if (!parts) {
        return false;
    }
    int before = c->faults.count;
    struct cause why;
    for (size_t i = 0; i < count; i++) {
        parts[i] = split[i];
        if (parts[i].kind == PART_SLOT) {
            parts[i].slot = scheme_use_field(c, node, split[i].text);
        } else if (parts[i].kind == PART_ENV && scheme_variable_secret(split[i].text)) {
            scheme_fault(&c->faults, &c->file, node, "env.%.*s: a secret can't be the value of a field",
                         TEXT_ARG(split[i].text));
        } else if (parts[i].kind == PART_ENV && !scheme_env_listed(c, split[i].text, &why)) {
            scheme_fault(&c->faults, &c->file, node, "env.%.*s: %s", TEXT_ARG(split[i].text), why.text);
        }
        parts[i].text = scheme_keep_text(c, split[i].text);
    }
    if (c->faults.count == before) {
        check_array(c, node, field, split, count);
    }
    out->kind = ASSIGN_TEMPLATE;
    out->template = (struct scheme_template){parts, count};
    return true;
}

/* What people are shown beside the value. */
static struct text written_formula(struct scheme_compile *c, const cJSON *node)
{
    if (cJSON_IsString(node)) {
        return scheme_is_formula(json_text(node)) ? scheme_keep_text(c, json_text(node)) : TEXT("");
    }
    struct buffer json;
    buffer_init(&json, CONSTANT_MAX);
    if (scheme_nested_lives(node)) {
        json_put_tree(&json, node);
    }
    struct text kept = scheme_keep_text(c, buffer_text(&json));
    buffer_fini(&json);
    return kept;
}

/* What finds the record again in the target must be what the ledger calls its number: a create whose reply was
 * lost is looked up by it. */
static void check_number(struct scheme_compile *c, const cJSON *request)
{
    const cJSON *node = json_get(request, c->target.target.number.data);
    struct text number = c->scheme->source.number_slot >= 0 ? c->slots[c->scheme->source.number_slot] : TEXT("");
    if (number.size == 0) {
        return;
    }
    if (!node) {
        scheme_fault(&c->faults, &c->file, request, "\"%.*s\": \"{{%.*s}}\" is missing: records are found again by it",
                     TEXT_ARG(c->target.target.number), TEXT_ARG(number));
        return;
    }
    struct text text = json_text(node);
    bool same = false;
    if (text_starts(text, TEXT("{{")) && text.size > 4 && text_find(text, TEXT("}}")) == (ptrdiff_t)text.size - 2) {
        same = text_equal(text_trim((struct text){text.data + 2, text.size - 4}), number);
    } else if (scheme_is_formula(text)) {
        same = text_equal(text_trim((struct text){text.data + 1, text.size - 1}), number);
    }
    if (!same) {
        scheme_fault(&c->faults, &c->file, node,
                     "must be {{%.*s}}, the field that /source/number names: records are "
                     "found again by it",
                     TEXT_ARG(number));
    }
}

/* The fields that are sent, in the order of the API file. What `request` lacks and the target must have is as in `base`, unless
 * that is NULL. */
static void compile_fields(struct scheme_compile *c, const cJSON *request, const cJSON *base,
                           const struct scheme_assignment **fields, size_t *count)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, request)
    {
        struct scheme_guess guess;
        struct text name = text_of(item->string);
        if (text_equal(name, c->target.target.id)) {
            scheme_fault(&c->faults, &c->file, item, "is filled in by itself when a record is updated; leave it out");
        } else if (!scheme_field_find(&c->target.request, name, &guess)) {
            scheme_fault(&c->faults, &c->file, item, "no such field of %.*s%s", TEXT_ARG(c->target.name),
                         scheme_guess_tail(&guess));
        }
    }
    struct scheme_assignment *out = scheme_keep(c, c->target.request.count, sizeof *out);
    if (!out) {
        return;
    }
    size_t used = 0;
    for (size_t i = 0; i < c->target.request.count; i++) {
        const struct scheme_field *field = &c->target.request.items[i];
        bool must = field->required || text_equal(field->name, c->target.target.number);
        const cJSON *node = json_get(request, field->name.data);
        if (text_equal(field->name, c->target.target.id)) {
            continue;
        }
        node = !node && must && base ? json_get(base, field->name.data) : node;
        if (!node && field->required && !base) {
            scheme_fault(&c->faults, &c->file, request, "%.*s (%.*s) is missing, and %.*s requires it",
                         TEXT_ARG(field->name), TEXT_ARG(field->label), TEXT_ARG(c->target.name));
        }
        struct scheme_assignment *one = &out[used];
        *one = (struct scheme_assignment){
            .name = field->name, .type = field->type, .required = field->required, .lookup = field->lookup};
        if (!node || !compile_value(c, node, field, one)) {
            continue;
        }
        one->written = written_formula(c, node);
        one->where = scheme_where(&c->faults, c->keep, &c->file, node);
        struct buffer member;
        buffer_init(&member, CONSTANT_MAX);
        json_put_text(&member, field->name);
        buffer_add_char(&member, ':');
        one->member = scheme_keep_text(c, buffer_text(&member));
        buffer_fini(&member);
        used++;
    }
    *fields = out;
    *count = used;
}

void scheme_compile_target(struct scheme_compile *c, const cJSON *target)
{
    static const char *const existing[] = {"reject", "adopt", "skip", NULL}; /* enum scheme_existing */
    struct scheme *scheme = c->scheme;
    (void)scheme_check(&c->faults, &c->file, target, DOCUMENT_SCHEME, "/target");
    scheme_api_read(&c->faults, &c->work, c->keep, &c->file, json_get(target, "api"), DOCUMENT_TARGET_API,
                    &c->target_file, &c->target);
    scheme->target.api = c->target.name;
    scheme->target.form = c->target.target;
    int64_t most = c->target.loaded ? c->target.target.save_most : SCHEME_BATCH_MAX;
    scheme->target.batch = scheme_get_integer(target, "batch", most < SCHEME_BATCH ? most : SCHEME_BATCH);
    if (scheme->target.batch > most) {
        scheme_fault(&c->faults, &c->file, json_get(target, "batch"), "%.*s takes at most %lld record%s a call",
                     TEXT_ARG(c->target.name), (long long)most, most == 1 ? "" : "s");
    }
    scheme->target.existing = (enum scheme_existing)scheme_get_word(target, "existing", existing, EXISTING_REJECT);
    then_compile(c, target);
    const cJSON *limits = json_get(target, "limits");
    if (cJSON_IsObject(limits)) {
        (void)scheme_check(&c->faults, &c->file, limits, DOCUMENT_SCHEME, "/target/limits");
    }
    scheme->target.calls_per_minute = scheme_get_integer(limits, "callsPerMinute", 300);
    scheme->target.concurrency = scheme_get_integer(limits, "concurrency", 4);
    scheme_compile_lookups(c, json_get(c->file.root, "lookups"));
    const cJSON *request = json_get(target, "request");
    if (cJSON_IsObject(request) && c->target.loaded) {
        compile_fields(c, request, NULL, &scheme->target.fields, &scheme->target.field_count);
        check_number(c, request);
    }
}

/* ---- what the source has lost ---- */

static void compile_disable(struct scheme_compile *c, const cJSON *disable)
{
    struct scheme *scheme = c->scheme;
    const cJSON *number = json_get(disable, c->target.loaded ? c->target.target.number.data : "");
    if (!disable->child) {
        scheme_fault(&c->faults, &c->file, disable, "says no field: { \"enable\": \"0\" }");
    } else if (number) {
        scheme_fault(&c->faults, &c->file, number, "is filled in by itself: a record keeps its number; leave it out");
    } else if (c->target.loaded && c->source.loaded && scheme->source.id_slot >= 0 && scheme->source.number_slot >= 0) {
        c->identity = true;
        compile_fields(c, disable, json_get(json_get(c->file.root, "target"), "request"), &scheme->vanished.fields,
                       &scheme->vanished.field_count);
        c->identity = false;
    }
}

/* Only a run that sees everything can tell that something is gone. */
static void check_source(struct scheme_compile *c, const cJSON *vanished)
{
    if (c->scheme->source.window.start.size > 0) {
        scheme_fault(&c->faults, &c->file, vanished,
                     "%.*s is read by windows of time, so a run never sees all records and can't tell which are gone: "
                     "leave it out",
                     TEXT_ARG(c->source.name));
    } else if (c->scheme->source.split.size > 0) {
        scheme_fault(
            &c->faults, &c->file, vanished,
            "the source is split into rows, and a record without its rows would make all of them vanish: leave "
            "it out");
    }
}

void scheme_compile_vanished(struct scheme_compile *c, const cJSON *vanished)
{
    struct scheme *scheme = c->scheme;
    if (!vanished) {
        return;
    }
    int word = cJSON_IsString(vanished)
                   ? scheme_get_word(c->file.root, "vanished", scheme_vanished_words, VANISHED_DISABLE)
                   : VANISHED_DISABLE;
    const cJSON *disable = json_get(vanished, "disable");
    if (word == VANISHED_DISABLE && !cJSON_IsObject(vanished)) {
        scheme_fault(&c->faults, &c->file, vanished,
                     "must be ignore, report, or { \"disable\": { the fields that are set in the target } }");
        return;
    }
    scheme->vanished.then = (enum scheme_vanished)word;
    if (word == VANISHED_DISABLE && scheme_check(&c->faults, &c->file, vanished, DOCUMENT_SCHEME, "/vanished")) {
        scheme->vanished.percent = scheme_get_integer(vanished, "percent", VANISHED_PERCENT);
        compile_disable(c, disable);
    }
    if (word != VANISHED_IGNORE) {
        check_source(c, vanished);
    }
}
