#include "common/wire/wire.h"

#include "common/json/json.h"
#include "common/scheme/scheme.h"

static void put_value(struct buffer *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NIL:
        buffer_add_text(out, TEXT("null"));
        break;
    case VALUE_BOOL:
        buffer_add_text(out, value->flag ? TEXT("true") : TEXT("false"));
        break;
    case VALUE_INT:
        buffer_format(out, "%lld", (long long)value->integer);
        break;
    case VALUE_REAL:
        json_put_number(out, value->real);
        break;
    case VALUE_NUMBER:
        buffer_add_text(out, value->text);
        break;
    case VALUE_BROKEN:
    case VALUE_TEXT:
        json_put_text(out, value->text);
        break;
    case VALUE_JSON:
        buffer_add_text(out, value->text);
        break;
    }
}

int wire_put_source(struct buffer *out, const struct source_form *form, struct text raw)
{
    struct value values[SCHEME_SLOTS_MAX];
    struct text whole;
    if (form->count > SCHEME_SLOTS_MAX || wire_take_source(&raw, form->count, values, &whole) != 0) {
        return ERR_SYNTAX;
    }
    bool first = true;
    buffer_add_char(out, '{');
    for (size_t i = 0; i < form->count; i++) {
        json_put_member(out, &first, form->names[i]);
        put_value(out, &values[i]);
    }
    buffer_add_char(out, '}');
    return 0;
}
