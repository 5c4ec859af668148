/* The target's half of the scheme compiler: which field gets what. */
#include "common/scheme_compile.h"
#include "common/scheme_value.h"

enum { VALUE_SHOWN = 80, CONSTANT_MAX = 1 << 20 };

/* A literal or a text without {{}}: cast now, so that no record can fail on it. False when the field stays unset. */
static bool compile_constant(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                             struct scheme_assignment *out)
{
    struct value value;
    if (scheme_value_of(node, &c->work, &value) != 0) {
        c->faults.memory = true;
        return false;
    }
    struct buffer json;
    buffer_init(&json, CONSTANT_MAX);
    int error = scheme_cast(field->type, &value, &json);
    if (error == ERR_SYNTAX) {
        char room[SCHEME_NUMBER_ROOM];
        struct text shown = scheme_value_text(&value, room);
        scheme_fault(&c->faults, &c->file, node, "%.*s does not become %s, the type of %.*s (%.*s)",
                     (int)text_cut(shown, VALUE_SHOWN), shown.data, scheme_type_text(field->type),
                     TEXT_ARG(field->name), TEXT_ARG(field->label));
    } else if (error == ERR_NOT_FOUND && field->required) {
        scheme_fault(&c->faults, &c->file, node, "%.*s (%.*s) is required and can't be empty", TEXT_ARG(field->name),
                     TEXT_ARG(field->label));
    } else if (json.failed) {
        c->faults.memory = true;
    } else {
        out->kind = ASSIGN_JSON;
        out->json = scheme_keep_text(c, buffer_text(&json));
    }
    buffer_fini(&json);
    return error == 0;
}

/* Text is what a mix makes, and what most source fields are: it never becomes an array. */
static void check_array(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                        const struct scheme_part *parts, size_t count)
{
    struct scheme_guess guess;
    const struct scheme_field *source =
        count == 1 && parts[0].kind == PART_SLOT ? scheme_field_find(&c->source.response, parts[0].text, &guess) : NULL;
    if (field->type == TYPE_ARRAY && c->source.loaded && (!source || source->type != TYPE_ARRAY)) {
        scheme_fault(&c->faults, &c->file, node, "%.*s (%.*s) takes an array: give a source field of that type, or […]",
                     TEXT_ARG(field->name), TEXT_ARG(field->label));
    }
}

static bool compile_value(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                          struct scheme_assignment *out)
{
    if (!cJSON_IsString(node)) {
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
    for (size_t i = 0; i < count; i++) {
        parts[i] = split[i];
        if (parts[i].kind == PART_SLOT) {
            parts[i].slot = scheme_use_field(c, node, split[i].text);
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

/* What finds the record again in the target must be what the ledger calls its number: a create whose reply was
 * lost is looked up by it. */
static void check_number(struct scheme_compile *c, const cJSON *request)
{
    const cJSON *node = json_get(request, c->target.number.data);
    struct text number = c->scheme->source.number_slot >= 0 ? c->slots[c->scheme->source.number_slot] : TEXT("");
    if (number.size == 0) {
        return;
    }
    if (!node) {
        scheme_fault(&c->faults, &c->file, request, "\"%.*s\": \"{{%.*s}}\" is missing: records are found again by it",
                     TEXT_ARG(c->target.number), TEXT_ARG(number));
        return;
    }
    struct text text = json_text(node);
    bool same = false;
    if (text_starts(text, TEXT("{{")) && text.size > 4 && text_find(text, TEXT("}}")) == (ptrdiff_t)text.size - 2) {
        same = text_equal(text_trim((struct text){text.data + 2, text.size - 4}), number);
    }
    if (!same) {
        scheme_fault(&c->faults, &c->file, node,
                     "must be {{%.*s}}, the field that /source/number names: records are "
                     "found again by it",
                     TEXT_ARG(number));
    }
}

static void compile_request(struct scheme_compile *c, const cJSON *request)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, request)
    {
        struct scheme_guess guess;
        struct text name = text_of(item->string);
        if (text_equal(name, c->target.id)) {
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
        const cJSON *node = json_get(request, field->name.data);
        if (text_equal(field->name, c->target.id)) {
            continue;
        }
        if (!node && field->required) {
            scheme_fault(&c->faults, &c->file, request, "%.*s (%.*s) is missing, and %.*s requires it",
                         TEXT_ARG(field->name), TEXT_ARG(field->label), TEXT_ARG(c->target.name));
        }
        struct scheme_assignment *one = &out[used];
        *one = (struct scheme_assignment){
            .name = field->name, .type = field->type, .required = field->required, .lookup = field->lookup};
        if (!node || !compile_value(c, node, field, one)) {
            continue;
        }
        one->where = scheme_where(&c->faults, c->keep, &c->file, node);
        struct buffer member;
        buffer_init(&member, CONSTANT_MAX);
        json_put_text(&member, field->name);
        buffer_add_char(&member, ':');
        one->member = scheme_keep_text(c, buffer_text(&member));
        buffer_fini(&member);
        used++;
    }
    c->scheme->target.fields = out;
    c->scheme->target.field_count = used;
    check_number(c, request);
}

void scheme_compile_target(struct scheme_compile *c, const cJSON *target)
{
    static const char *const existing[] = {"reject", "adopt", NULL};
    struct scheme *scheme = c->scheme;
    (void)scheme_check(&c->faults, &c->file, target, DOCUMENT_SCHEME, "/target");
    scheme_api_read(&c->faults, &c->work, c->keep, &c->file, json_get(target, "api"), DOCUMENT_TARGET_API,
                    &c->target_file, &c->target);
    scheme->target.api = c->target.name;
    scheme->target.batch = scheme_get_integer(target, "batch", 50);
    scheme->target.adopt = scheme_get_word(target, "existing", existing, 1) == 1;
    const cJSON *limits = json_get(target, "limits");
    if (cJSON_IsObject(limits)) {
        (void)scheme_check(&c->faults, &c->file, limits, DOCUMENT_SCHEME, "/target/limits");
    }
    scheme->target.calls_per_minute = scheme_get_integer(limits, "callsPerMinute", 300);
    scheme->target.concurrency = scheme_get_integer(limits, "concurrency", 4);
    const cJSON *request = json_get(target, "request");
    if (cJSON_IsObject(request) && c->target.loaded) {
        compile_request(c, request);
    }
}
