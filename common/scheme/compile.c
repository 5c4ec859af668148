#include "common/scheme/compile.h"

void *scheme_keep(struct scheme_compile *c, size_t count, size_t size)
{
    void *piece = arena_take(c->keep, (count + 1) * size); /* never nothing: NULL means out of memory */
    if (!piece) {
        c->faults.memory = true;
    }
    return piece;
}

struct text scheme_keep_text(struct scheme_compile *c, struct text t)
{
    if (t.size == 0) {
        return TEXT("");
    }
    struct text kept = arena_text(c->keep, t);
    if (!kept.data) {
        c->faults.memory = true;
        return TEXT("");
    }
    return kept;
}

static bool secret_allowed(const struct scheme_compile *c, struct text name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, c->allow_secret)
    {
        if (text_equal(json_text(item), name)) {
            return true;
        }
    }
    return false;
}

/* A field of the source's record; of its rows, and behind "parent." of the record around them, where it is split. */
static const struct scheme_field *field_of(const struct scheme_compile *c, struct text name, struct scheme_guess *guess)
{
    if (!c->split) {
        return scheme_field_find(&c->source.response, name, guess);
    }
    if (text_starts(name, TEXT(SCHEME_OUTER))) {
        size_t prefix = sizeof SCHEME_OUTER - 1;
        return scheme_field_find(&c->source.response, (struct text){name.data + prefix, name.size - prefix}, guess);
    }
    return scheme_field_find(&c->split->fields, name, guess);
}

const struct scheme_field *scheme_field_of(const struct scheme_compile *c, struct text name)
{
    struct scheme_guess guess;
    return field_of(c, name, &guess);
}

bool scheme_find_field(struct scheme_compile *c, struct text name, int *slot, bool *secret, struct cause *why)
{
    struct scheme_guess guess;
    const struct scheme_field *field = field_of(c, name, &guess);
    if (!field && c->split) {
        cause_set(why, ERR_NOT_FOUND, "%.*s: no such field of %.*s of %.*s%s; fields outside are parent.NAME",
                  (int)text_cut(name, 80), name.data, TEXT_ARG(c->split->name), TEXT_ARG(c->source.name),
                  scheme_guess_tail(&guess));
        return false;
    }
    if (!field) {
        cause_set(why, ERR_NOT_FOUND, "%.*s: no such field of %.*s%s", (int)text_cut(name, 80), name.data,
                  TEXT_ARG(c->source.name), scheme_guess_tail(&guess));
        return false;
    }
    if (field->secret && !secret_allowed(c, field->name)) {
        cause_set(why, ERR_REFUSED,
                  "%.*s (%.*s) is a credential of the shop and stays where it is; to send it all the same, add "
                  "\"allowSecret\": [\"%.*s\"] to /source",
                  TEXT_ARG(field->name), TEXT_ARG(field->label), TEXT_ARG(field->name));
        return false;
    }
    *secret = field->secret;
    struct text id = c->identity ? c->slots[c->scheme->source.id_slot] : name;
    struct text number = c->identity ? c->slots[c->scheme->source.number_slot] : name;
    if (!text_equal(name, id) && !text_equal(name, number)) {
        bool same = text_equal(id, number);
        cause_set(
            why, ERR_REFUSED,
            "%.*s: not known of a record that has vanished, but only %.*s%s%.*s; say under /vanished/disable what the "
            "field becomes",
            TEXT_ARG(name), TEXT_ARG(id), same ? "" : ", ", same ? 0 : (int)number.size, number.data);
        return false;
    }
    for (size_t i = 0; i < c->scheme->slot_count; i++) {
        if (text_equal(c->slots[i], name)) {
            *slot = (int)i;
            return true;
        }
    }
    if (c->scheme->slot_count == SCHEME_SLOTS_MAX) {
        cause_set(why, ERR_LIMIT, "more than %d source fields are used", SCHEME_SLOTS_MAX);
        return false;
    }
    c->slots[c->scheme->slot_count] = c->split ? scheme_keep_text(c, name) : field->name;
    c->secret[c->scheme->slot_count] = field->secret;
    *slot = (int)c->scheme->slot_count++;
    return true;
}

int scheme_use_field(struct scheme_compile *c, const cJSON *node, struct text name)
{
    int slot;
    bool secret;
    struct cause why;
    if (!c->source.loaded || !name.data) {
        return -1;
    }
    if (!scheme_find_field(c, name, &slot, &secret, &why)) {
        scheme_fault(&c->faults, &c->file, node, "%s", why.text);
        return -1;
    }
    return slot;
}

int scheme_use_run_date(struct scheme_compile *c)
{
    if (c->scheme->slot_count == SCHEME_SLOTS_MAX) {
        scheme_fault(&c->faults, &c->file, c->file.root, "more than %d source fields are used", SCHEME_SLOTS_MAX);
        return -1;
    }
    c->slots[c->scheme->slot_count] = TEXT(SCHEME_RUN_DATE);
    c->secret[c->scheme->slot_count] = false;
    return (int)c->scheme->slot_count++;
}
