#include "common/scheme/fixed.h"

#include <stdio.h>

#include "common/config/config.h"

bool scheme_fixed_id(const struct scheme_assignment *field, struct text *id, struct text *from)
{
    *from = field->name;
    if (field->lookup.size == 0) {
        return false;
    }
    if (field->kind == ASSIGN_TEMPLATE && field->template.count == 1 && field->template.parts[0].kind == PART_ENV) {
        char name[80];
        (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(field->template.parts[0].text));
        const char *value = config_variable_plain(name);
        *from = field->template.parts[0].text;
        *id = text_of(value);
        return value != NULL;
    }
    if (field->kind == ASSIGN_JSON) {
        struct text json = field->json;
        bool quoted = json.size >= 2 && json.data[0] == '"';
        *id = quoted ? (struct text){json.data + 1, json.size - 2} : json;
        return true;
    }
    return false;
}
