#include "common/scheme/source.h"
#include "common/scheme/env.h"
#include "common/scheme/expression.h"

#include "common/config/config.h"
#include "common/scheme/cast.h"
#include "common/scheme/expression.h"
#include "common/scheme/template.h"
#include "common/scheme/window.h"

/* A string or number of the scheme, as text. */
static bool plain_text(struct scheme_compile *c, const cJSON *item, struct text *out)
{
    struct value value;
    if (!cJSON_IsString(item) && !cJSON_IsNumber(item) && !cJSON_IsBool(item)) {
        scheme_fault(&c->faults, &c->file, item, "must be a text or a number");
        return false;
    }
    if (scheme_value_of(item, &c->work, &value) != 0) {
        c->faults.memory = true;
        return false;
    }
    char room[SCHEME_NUMBER_ROOM];
    *out = scheme_keep_text(c, scheme_value_text(&value, room));
    return true;
}

/* What stands in {{}} of a parameter stands alone: the source's client fills it in, without templates. */
static bool param_value(struct scheme_compile *c, const cJSON *item, struct scheme_param *param)
{
    param->kind = PARAM_CONSTANT;
    if (!cJSON_IsString(item)) {
        return plain_text(c, item, &param->value);
    }
    struct scheme_part parts[SCHEME_PARTS_MAX];
    size_t count = 0;
    if (!scheme_template_split(c, item, parts, &count)) {
        return false;
    }
    bool template = false;
    for (size_t i = 0; i < count; i++) {
        template = template || parts[i].kind != PART_TEXT;
    }
    if (!template) {
        param->value = scheme_keep_text(c, json_text(item));
        return true;
    }
    struct cause why;
    if (count == 1 && parts[0].kind == PART_ENV &&
        (scheme_variable_secret(parts[0].text) || !scheme_env_listed(c, parts[0].text, &why))) {
        scheme_fault(&c->faults, &c->file, item, "env.%.*s: %s", TEXT_ARG(parts[0].text),
                     scheme_variable_secret(parts[0].text) ? "a secret can't be the value of a field" : why.text);
        return false;
    }
    if (count == 1 && parts[0].kind == PART_ENV) {
        param->kind = PARAM_ENV;
        param->value = scheme_keep_text(c, parts[0].text);
    } else if (count == 1 && text_equal(parts[0].text, TEXT("PAGINATION_PAGE_SIZE"))) {
        param->kind = PARAM_PAGE_SIZE;
    } else if (count == 1 && text_equal(parts[0].text, TEXT("PAGINATION_START_PAGE"))) {
        param->kind = PARAM_PAGE_NO;
    } else {
        scheme_fault(&c->faults, &c->file, item,
                     "a request parameter is a text, {{PAGINATION_PAGE_SIZE}}, {{PAGINATION_START_PAGE}} or "
                     "{{env.NAME}} alone");
        return false;
    }
    return true;
}

/* The parameters of an object; `slice` ones may not touch the paging. */
static const struct scheme_param *compile_params(struct scheme_compile *c, const cJSON *object, bool slice,
                                                 size_t *count)
{
    struct scheme_param *params = scheme_keep(c, (size_t)cJSON_GetArraySize(object), sizeof *params);
    *count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        struct scheme_guess guess;
        struct text name = text_of(item->string);
        if (!params || !c->source.loaded) {
            return NULL;
        }
        if (!scheme_field_find(&c->source.request, name, &guess)) {
            scheme_fault(&c->faults, &c->file, item, "no such request parameter of %.*s%s", TEXT_ARG(c->source.name),
                         scheme_guess_tail(&guess));
            continue;
        }
        if (scheme_is_window_param(c, item, name)) {
            continue;
        }
        struct scheme_param *param = &params[*count];
        *param = (struct scheme_param){.name = scheme_keep_text(c, name)};
        if (!param_value(c, item, param)) {
            continue;
        }
        bool size = text_equal(name, c->source.size_param), number = text_equal(name, c->source.number_param);
        if (slice && (size || number)) {
            scheme_fault(&c->faults, &c->file, item, "a slice can't change the paging");
        } else if (size != (param->kind == PARAM_PAGE_SIZE) || number != (param->kind == PARAM_PAGE_NO)) {
            scheme_fault(&c->faults, &c->file, item,
                         "{{PAGINATION_PAGE_SIZE}} is for %.*s, {{PAGINATION_START_PAGE}} for %.*s",
                         TEXT_ARG(c->source.size_param), TEXT_ARG(c->source.number_param));
        }
        param->where = scheme_where(&c->faults, c->keep, &c->file, item);
        (*count)++;
    }
    return params;
}

static void compile_slices(struct scheme_compile *c, const cJSON *slices)
{
    int count = cJSON_IsArray(slices) ? cJSON_GetArraySize(slices) : 1;
    if (count < 1 || count > SCHEME_SLICES_MAX) {
        scheme_fault(&c->faults, &c->file, slices, "needs 1 to %d slices; [{}] reads all in one", SCHEME_SLICES_MAX);
        return;
    }
    struct scheme_slice *out = scheme_keep(c, (size_t)count, sizeof *out);
    if (!out) {
        return;
    }
    memset(out, 0, (size_t)count * sizeof *out);
    size_t i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, slices)
    {
        if (!cJSON_IsObject(item)) {
            scheme_fault(&c->faults, &c->file, item, "must be an object: {…}");
            continue;
        }
        out[i].params = compile_params(c, item, true, &out[i].count);
        i++;
    }
    c->scheme->source.slices = out;
    c->scheme->source.slice_count = (size_t)count;
}

static void compile_paging(struct scheme_compile *c, const cJSON *source)
{
    const cJSON *paging = json_get(source, "pagination");
    if (cJSON_IsObject(paging)) {
        (void)scheme_check(&c->faults, &c->file, paging, DOCUMENT_SCHEME, "/source/pagination");
    }
    int64_t max = c->source.max_size;
    c->scheme->source.page_size = scheme_get_integer(paging, "pageSize", max);
    c->scheme->source.first_page = scheme_get_integer(paging, "startPage", c->source.first_page);
    if (!c->source.loaded) {
        return;
    }
    int64_t size = c->scheme->source.page_size;
    if (size > max && size <= 1000) {
        scheme_fault(&c->faults, &c->file, json_get(paging, "pageSize"), "%.*s gives at most %lld records a page",
                     TEXT_ARG(c->source.name), (long long)max);
    }
    bool has_size = false, has_number = false;
    for (size_t i = 0; i < c->scheme->source.request_count; i++) {
        has_size = has_size || c->scheme->source.request[i].kind == PARAM_PAGE_SIZE;
        has_number = has_number || c->scheme->source.request[i].kind == PARAM_PAGE_NO;
    }
    const cJSON *request = json_get(source, "request");
    if (c->source.size_param.size == 0) {
        return; /* one reply holds all */
    }
    if (!json_get(request, c->source.size_param.data) && !has_size) {
        scheme_fault(&c->faults, &c->file, request, "\"%.*s\": \"{{PAGINATION_PAGE_SIZE}}\" is missing",
                     TEXT_ARG(c->source.size_param));
    }
    if (!json_get(request, c->source.number_param.data) && !has_number) {
        scheme_fault(&c->faults, &c->file, request, "\"%.*s\": \"{{PAGINATION_START_PAGE}}\" is missing",
                     TEXT_ARG(c->source.number_param));
    }
}

static void check_allowed(struct scheme_compile *c)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, c->allow_secret)
    {
        struct scheme_guess guess;
        const struct scheme_field *field = scheme_field_find(&c->source.response, json_text(item), &guess);
        if (!field) {
            scheme_fault(&c->faults, &c->file, item, "no such field of %.*s%s", TEXT_ARG(c->source.name),
                         scheme_guess_tail(&guess));
        } else if (!field->secret) {
            scheme_fault(&c->faults, &c->file, item, "%.*s is not secret: it needs no permission",
                         TEXT_ARG(field->name));
        }
    }
}

/* Keys, numbers and titles stand in logs, reports and rejects, so a secret can be none of them. */
static int use_name(struct scheme_compile *c, const cJSON *source, const char *key)
{
    const cJSON *node = json_get(source, key);
    int slot = scheme_use_field(c, node, scheme_get_text(source, key));
    if (slot >= 0 && c->secret[slot]) {
        scheme_fault(&c->faults, &c->file, node, "a secret field can't name a record");
    }
    return slot;
}

static void find_split(struct scheme_compile *c, const cJSON *node)
{
    struct scheme_guess guess;
    c->scheme->source.split = TEXT("");
    if (!cJSON_IsString(node) || !c->source.loaded) {
        return;
    }
    const struct scheme_field *field = scheme_field_find(&c->source.response, json_text(node), &guess);
    if (!field) {
        scheme_fault(&c->faults, &c->file, node, "no such field of %.*s%s", TEXT_ARG(c->source.name),
                     scheme_guess_tail(&guess));
    } else if (field->type != TYPE_ARRAY || !field->fields.items) {
        scheme_fault(&c->faults, &c->file, node, "the API file of %.*s tells no fields of rows in it",
                     TEXT_ARG(c->source.name));
    } else {
        c->split = field;
        c->scheme->source.split = field->name;
    }
}

void scheme_compile_source(struct scheme_compile *c, const cJSON *source)
{
    struct scheme *scheme = c->scheme;
    (void)scheme_check(&c->faults, &c->file, source, DOCUMENT_SCHEME, "/source");
    scheme_api_read(&c->faults, &c->work, c->keep, &c->file, json_get(source, "api"), DOCUMENT_SOURCE_API,
                    &c->source_file, &c->source);
    scheme->source.api = c->source.name;
    scheme->source.driver = c->source.driver;
    scheme->source.list_keys = c->source.list_keys;
    scheme->source.list_key_count = c->source.list_key_count;
    scheme->source.rest = c->source.rest;
    scheme->source.soap = c->source.soap;
    c->allow_secret = json_get(source, "allowSecret");
    if (c->source.loaded) {
        check_allowed(c);
    }
    find_split(c, json_get(source, "split"));
    scheme->source.id_slot = use_name(c, source, "id");
    scheme->source.number_slot = use_name(c, source, "number");
    scheme->source.title_slot = use_name(c, source, "title");
    const cJSON *request = json_get(source, "request");
    if (cJSON_IsObject(request)) {
        scheme->source.request = compile_params(c, request, false, &scheme->source.request_count);
    }
    compile_slices(c, json_get(source, "slices"));
    struct scheme_guess guess;
    struct text id = scheme_get_text(source, "id");
    bool asks = c->source.loaded && id.size > 0 && scheme_field_find(&c->source.request, id, &guess);
    scheme->source.key_param = asks ? scheme_keep_text(c, id) : TEXT("");
    compile_paging(c, source);
    scheme_compile_window(c, source);
    const cJSON *limits = json_get(source, "limits");
    if (cJSON_IsObject(limits)) {
        (void)scheme_check(&c->faults, &c->file, limits, DOCUMENT_SCHEME, "/source/limits");
    }
    scheme->source.calls_per_minute = scheme_get_integer(limits, "callsPerMinute", 60);
    scheme->source.concurrency = scheme_get_integer(limits, "concurrency", 4);
}

/* ---- filter ---- */

static void filter_values(struct scheme_compile *c, const cJSON *node, struct scheme_filter *out)
{
    const cJSON *value = json_get(node, "value");
    bool none = out->op == FILTER_EMPTY || out->op == FILTER_NOT_EMPTY;
    bool list = out->op == FILTER_IN || out->op == FILTER_NOT_IN;
    const char *op = scheme_op_words[out->op];
    if (none && value) {
        scheme_fault(&c->faults, &c->file, value, "op %s takes no value", op);
    } else if (!none && !value) {
        scheme_fault(&c->faults, &c->file, node, "op %s needs a value", op);
    } else if (list && !cJSON_IsArray(value)) {
        scheme_fault(&c->faults, &c->file, value, "op %s needs a list: [\"1\", \"2\"]", op);
    }
    int count = list ? cJSON_GetArraySize(value) : 1;
    if (none || !value || (list && !cJSON_IsArray(value))) {
        return;
    }
    if (count < 1 || count > SCHEME_VALUES_MAX) {
        scheme_fault(&c->faults, &c->file, value, "needs 1 to %d values", SCHEME_VALUES_MAX);
        return;
    }
    struct text *values = scheme_keep(c, (size_t)count, sizeof *values);
    if (!values) {
        return;
    }
    for (const cJSON *item = list ? value->child : value; item; item = list ? item->next : NULL) {
        if (plain_text(c, item, &values[out->value_count])) {
            out->value_count++;
        }
    }
    if ((out->op == FILTER_CONTAINS || out->op == FILTER_PREFIX) && out->value_count == 1 && values[0].size == 0) {
        scheme_fault(&c->faults, &c->file, value,
                     "op %s needs a text that is not empty: every record has the empty one", op);
    }
    out->values = values;
}

void scheme_compile_filter(struct scheme_compile *c, const cJSON *filter)
{
    if (cJSON_IsString(filter) && scheme_is_formula(json_text(filter))) {
        const struct scheme_expression at = {.node = filter, .condition = true};
        c->scheme->filter_formula = scheme_compile_formula(c, &at, json_text(filter));
        return;
    }
    if (filter && !cJSON_IsArray(filter)) {
        scheme_fault(&c->faults, &c->file, filter, "must be a list of conditions, or a formula: \"=…\"");
        return;
    }
    int count = cJSON_IsArray(filter) ? cJSON_GetArraySize(filter) : 0;
    if (count > SCHEME_FILTERS_MAX) {
        scheme_fault(&c->faults, &c->file, filter, "more than %d conditions", SCHEME_FILTERS_MAX);
        return;
    }
    struct scheme_filter *out = scheme_keep(c, (size_t)count, sizeof *out);
    if (!out) {
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, filter)
    {
        if (!scheme_check(&c->faults, &c->file, item, DOCUMENT_SCHEME, "/filter/*")) {
            continue;
        }
        struct scheme_filter *one = &out[c->scheme->filter_count++];
        *one = (struct scheme_filter){
            .slot = scheme_use_field(c, json_get(item, "field"), scheme_get_text(item, "field")),
            .op = (enum filter_op)scheme_get_word(item, "op", scheme_op_words, FILTER_EQ),
        };
        filter_values(c, item, one);
    }
    c->scheme->filters = out;
}
