#include "common/scheme/template.h"

enum { ENV_NAME_MAX = 64 };

bool scheme_variable_good(struct text name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!((c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9'))) {
            return false;
        }
    }
    return name.size > 0 && name.size <= ENV_NAME_MAX;
}

/* One `{{…}}` off the front of `rest`, which begins with it. */
static bool take_name(struct scheme_compile *c, const cJSON *node, struct text *rest, struct scheme_part *part)
{
    ptrdiff_t end = text_find(*rest, TEXT("}}"));
    if (end < 0) {
        scheme_fault(&c->faults, &c->file, node, "{{ without }}: %.*s", (int)text_cut(*rest, 80), rest->data);
        return false;
    }
    struct text name = text_trim((struct text){rest->data + 2, (size_t)end - 2});
    *rest = (struct text){rest->data + end + 2, rest->size - (size_t)end - 2};
    if (name.size == 0) {
        scheme_fault(&c->faults, &c->file, node, "{{}} names no field");
        return false;
    }
    *part = (struct scheme_part){.kind = PART_SLOT, .text = name, .slot = -1};
    if (text_starts(name, TEXT("env."))) {
        part->kind = PART_ENV;
        part->text = (struct text){name.data + 4, name.size - 4};
        if (!scheme_variable_good(part->text)) {
            scheme_fault(&c->faults, &c->file, node,
                         "{{%.*s}}: a variable's name has capital letters, digits and _ only, at most %d",
                         (int)text_cut(name, 80), name.data, ENV_NAME_MAX);
            return false;
        }
    }
    return true;
}

bool scheme_template_split(struct scheme_compile *c, const cJSON *node, struct scheme_part *parts, size_t *count)
{
    struct text rest = json_text(node);
    size_t used = 0;
    if (text_find(rest, TEXT("｛｛")) >= 0) {
        scheme_fault(&c->faults, &c->file, node, "full-width braces are plain text: write {{…}} in half width");
        return false;
    }
    while (rest.size > 0) {
        if (used == SCHEME_PARTS_MAX) {
            scheme_fault(&c->faults, &c->file, node, "more than %d parts", SCHEME_PARTS_MAX);
            return false;
        }
        ptrdiff_t start = text_find(rest, TEXT("{{"));
        if (start != 0) {
            size_t size = start < 0 ? rest.size : (size_t)start;
            parts[used++] = (struct scheme_part){.kind = PART_TEXT, .text = {rest.data, size}, .slot = -1};
            rest = (struct text){rest.data + size, rest.size - size};
        } else if (!take_name(c, node, &rest, &parts[used++])) {
            return false;
        }
    }
    *count = used;
    return true;
}
