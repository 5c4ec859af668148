#include "transformer/map.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/scheme_value.h"

enum { CONSTANTS_MAX = 4 << 20, SHOWN = 80 /* bytes of a value in a message */, MESSAGE_MAX = 500, KEY_ROOM = 32 };

/* A payload is made of pieces `,"name":value`, the first comma overwritten by the brace. What is the same for all
 * records is rendered once, neighbours in one piece; a step is such a piece, or a field to be evaluated. */
struct step {
    struct text constant;                  /* rendered pieces; for a field: `,"name":` */
    const struct scheme_assignment *field; /* NULL: a constant */
    const struct scheme_part *parts;       /* variables resolved to PART_TEXT */
    size_t count;
    bool hidden; /* holds a variable or a secret field: its value stands in no message */
};

struct map {
    const struct scheme *scheme;
    struct step *steps;
    size_t step_count;
    struct arena arena;                   /* constants and parts */
    struct buffer payload, mix;           /* of the record under way */
    char key[KEY_ROOM], number[KEY_ROOM]; /* where they are no texts by themselves */
    char stub[KEY_ROOM];
    char message[MESSAGE_MAX];
    EVP_MD_CTX *digest;
    EVP_MD *sha256;
};

/* ---- making one ---- */

static int variable_missing(const struct scheme_assignment *field, struct text name, struct cause *cause)
{
    char hint[80] = "";
    if (field->lookup.size > 0) {
        snprintf(hint, sizeof hint, "; `dianchen lookup %.*s` lists the ids", TEXT_ARG(field->lookup));
    }
    return cause_set(cause, ERR_INPUT, "%.*s: the scheme needs it (%s); set it in the environment or .env%s",
                     TEXT_ARG(name), field->where.data, hint);
}

/* The template with its variables as texts. *fixed: no slot is left. */
static int resolve_parts(struct map *map, const struct scheme_assignment *field,
                         const char *(*variable)(const char *name), struct step *step, bool *fixed, struct cause *cause)
{
    struct scheme_part *parts = arena_take(&map->arena, field->template.count * sizeof *parts);
    if (!parts) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    *fixed = true;
    for (size_t i = 0; i < field->template.count; i++) {
        parts[i] = field->template.parts[i];
        if (parts[i].kind == PART_ENV) {
            const char *value = variable(parts[i].text.data); /* kept texts end with a NUL */
            if (!value || !*value) {
                return variable_missing(field, parts[i].text, cause);
            }
            parts[i].kind = PART_TEXT;
            parts[i].text = arena_text(&map->arena, text_of(value));
            if (!parts[i].text.data) {
                return cause_set(cause, ERR_MEMORY, "out of memory");
            }
            step->hidden = true;
        } else if (parts[i].kind == PART_SLOT) {
            *fixed = false;
            step->hidden = step->hidden || map->scheme->slot_secret[parts[i].slot];
        }
    }
    step->parts = parts;
    step->count = field->template.count;
    return 0;
}

static void mix_parts(struct map *map, const struct step *step, const struct value *slots)
{
    buffer_clear(&map->mix, MAP_PAYLOAD_MAX);
    for (size_t i = 0; i < step->count; i++) {
        char room[SCHEME_NUMBER_ROOM];
        const struct scheme_part *part = &step->parts[i];
        buffer_add_text(&map->mix, part->kind == PART_TEXT ? part->text : scheme_value_text(&slots[part->slot], room));
    }
}

static int add_constant(struct map *map, const struct scheme_assignment *field, const struct step *step,
                        struct buffer *constants, struct cause *cause)
{
    buffer_add_char(constants, ',');
    buffer_add_text(constants, field->member);
    if (field->kind == ASSIGN_JSON) {
        buffer_add_text(constants, field->json);
        return 0;
    }
    mix_parts(map, step, NULL);
    struct value value = {.kind = VALUE_TEXT, .text = buffer_text(&map->mix)};
    if (scheme_cast(field->type, &value, constants) != 0) {
        return cause_set(cause, ERR_INPUT, "the variable of %.*s (%s) must become %s", TEXT_ARG(field->name),
                         field->where.data, scheme_type_text(field->type));
    }
    return 0;
}

/* What has gathered becomes a step. */
static int flush_constants(struct map *map, struct buffer *constants)
{
    if (constants->failed) {
        return ERR_MEMORY;
    }
    if (constants->size > 0) {
        struct text kept = arena_text(&map->arena, buffer_text(constants));
        if (!kept.data) {
            return ERR_MEMORY;
        }
        map->steps[map->step_count++] = (struct step){.constant = kept};
        buffer_clear(constants, CONSTANTS_MAX);
    }
    return 0;
}

static int make_steps(struct map *map, const char *(*variable)(const char *name), struct buffer *constants,
                      struct cause *cause)
{
    for (size_t i = 0; i < map->scheme->target.field_count; i++) {
        const struct scheme_assignment *field = &map->scheme->target.fields[i];
        struct step step = {.field = field};
        bool fixed = true;
        int error = 0;
        if (field->kind == ASSIGN_TEMPLATE) {
            error = resolve_parts(map, field, variable, &step, &fixed, cause);
        }
        if (!error && fixed) {
            error = add_constant(map, field, &step, constants, cause);
        } else if (!error) {
            if (flush_constants(map, constants) != 0) {
                return cause_set(cause, ERR_MEMORY, "out of memory");
            }
            buffer_add_char(constants, ',');
            buffer_add_text(constants, field->member);
            step.constant = arena_text(&map->arena, buffer_text(constants));
            if (constants->failed || !step.constant.data) {
                return cause_set(cause, ERR_MEMORY, "out of memory");
            }
            buffer_clear(constants, CONSTANTS_MAX);
            map->steps[map->step_count++] = step;
        }
        if (error) {
            return error;
        }
    }
    return flush_constants(map, constants) ? cause_set(cause, ERR_MEMORY, "out of memory") : 0;
}

int map_new(const struct scheme *scheme, const char *(*variable)(const char *name), struct map **out,
            struct cause *cause)
{
    struct map *map = calloc(1, sizeof *map);
    if (!map) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    map->scheme = scheme;
    arena_init(&map->arena, CONSTANTS_MAX);
    buffer_init(&map->payload, MAP_PAYLOAD_MAX);
    buffer_init(&map->mix, MAP_PAYLOAD_MAX);
    map->digest = EVP_MD_CTX_new();
    map->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    map->steps = calloc(2 * scheme->target.field_count + 1, sizeof *map->steps);
    struct buffer constants;
    buffer_init(&constants, CONSTANTS_MAX);
    int error = map->digest && map->sha256 && map->steps ? make_steps(map, variable, &constants, cause)
                                                         : cause_set(cause, ERR_MEMORY, "out of memory");
    buffer_fini(&constants);
    if (error) {
        map_free(&map);
        return error;
    }
    *out = map;
    return 0;
}

void map_free(struct map **map)
{
    if (*map) {
        EVP_MD_CTX_free((*map)->digest);
        EVP_MD_free((*map)->sha256);
        buffer_fini(&(*map)->payload);
        buffer_fini(&(*map)->mix);
        arena_fini(&(*map)->arena);
        free((*map)->steps);
        free(*map);
        *map = NULL;
    }
}

/* ---- a record ---- */

static int hash_texts(struct map *map, struct text first, struct text second, uint8_t out[HASH_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestInit_ex2(map->digest, map->sha256, NULL) != 1 ||
        EVP_DigestUpdate(map->digest, first.data, first.size) != 1 ||
        EVP_DigestUpdate(map->digest, second.data, second.size) != 1 ||
        EVP_DigestFinal_ex(map->digest, digest, &size) != 1) {
        return ERR_MEMORY;
    }
    memcpy(out, digest, HASH_SIZE);
    return 0;
}

static bool any_equal(const struct scheme_filter *filter, struct text text)
{
    for (size_t i = 0; i < filter->value_count; i++) {
        if (text_equal(filter->values[i], text)) {
            return true;
        }
    }
    return false;
}

static bool filter_holds(const struct scheme_filter *filter, const struct value *slots)
{
    char room[SCHEME_NUMBER_ROOM];
    struct text text = scheme_value_text(&slots[filter->slot], room);
    switch (filter->op) {
    case FILTER_EQ:
    case FILTER_IN:
        return any_equal(filter, text);
    case FILTER_NE:
    case FILTER_NOT_IN:
        return !any_equal(filter, text);
    case FILTER_EMPTY:
        return text.size == 0;
    case FILTER_NOT_EMPTY:
        return text.size > 0;
    case FILTER_CONTAINS:
        return text_find(text, filter->values[0]) >= 0;
    case FILTER_PREFIX:
        return text_starts(text, filter->values[0]);
    }
    return false;
}

static bool filters_hold(const struct scheme *scheme, const struct value *slots)
{
    for (size_t i = 0; i < scheme->filter_count; i++) {
        if (!filter_holds(&scheme->filters[i], slots)) {
            return false;
        }
    }
    return true;
}

static void refuse(struct map *map, struct ledger_row *row, struct text class, size_t size)
{
    struct text line = {map->message, size < sizeof map->message ? size : sizeof map->message - 1};
    line.size = text_cut(line, line.size);
    row->kind = RECORD_UNMAPPABLE;
    row->payload = TEXT("");
    row->refusal = (struct refusal){.class = class, .code = TEXT(""), .message = line};
}

/* "field coefficient1: "abc" of shop_priority does not become a whole number" */
static void refuse_field(struct map *map, const struct step *step, int error, struct text shown, struct ledger_row *row)
{
    char names[160];
    size_t used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < step->count && used < sizeof names; i++) {
        if (step->parts[i].kind == PART_SLOT) {
            int n =
                snprintf(names + used, sizeof names - used, "%s%.*s", used ? ", " : "", TEXT_ARG(step->parts[i].text));
            used += n > 0 ? (size_t)n : 0;
        }
    }
    int size;
    if (error == ERR_NOT_FOUND) {
        size = snprintf(map->message, sizeof map->message, "field %.*s: empty (from %s), and the target requires it",
                        TEXT_ARG(step->field->name), names);
    } else if (step->hidden) {
        size = snprintf(map->message, sizeof map->message, "field %.*s: the value of %s does not become %s",
                        TEXT_ARG(step->field->name), names, scheme_type_text(step->field->type));
    } else {
        size = snprintf(map->message, sizeof map->message, "field %.*s: '%.*s' of %s does not become %s",
                        TEXT_ARG(step->field->name), (int)text_cut(shown, SHOWN), shown.data ? shown.data : "", names,
                        scheme_type_text(step->field->type));
    }
    refuse(map, row, TEXT("mapping"), (size_t)size);
}

/* Appends the step's piece. False when the record is refused. */
static bool render_field(struct map *map, const struct step *step, const struct value *slots, struct ledger_row *row)
{
    size_t before = map->payload.size;
    struct value mixed;
    const struct value *value = &mixed;
    if (step->count == 1) {
        value = &slots[step->parts[0].slot];
    } else {
        mix_parts(map, step, slots);
        mixed = (struct value){.kind = VALUE_TEXT, .text = buffer_text(&map->mix)};
    }
    buffer_add_text(&map->payload, step->constant);
    int error = scheme_cast(step->field->type, value, &map->payload);
    if (!error) {
        return true;
    }
    map->payload.size = before;
    if (error == ERR_NOT_FOUND && !step->field->required) {
        return true; /* left out: the target keeps what it has */
    }
    char room[SCHEME_NUMBER_ROOM];
    refuse_field(map, step, error, scheme_value_text(value, room), row);
    return false;
}

static bool render(struct map *map, const struct value *slots, struct ledger_row *row)
{
    buffer_clear(&map->payload, MAP_PAYLOAD_MAX);
    map->mix.failed = false;
    for (size_t i = 0; i < map->step_count; i++) {
        if (!map->steps[i].field) {
            buffer_add_text(&map->payload, map->steps[i].constant);
        } else if (!render_field(map, &map->steps[i], slots, row)) {
            return false;
        }
    }
    buffer_add_char(&map->payload, '}');
    if (map->payload.failed || map->mix.failed) {
        int size = snprintf(map->message, sizeof map->message, "the payload is larger than %d bytes", MAP_PAYLOAD_MAX);
        refuse(map, row, TEXT("mapping"), (size_t)size);
        return false;
    }
    map->payload.data[0] = '{'; /* over the first comma; a payload always has its number */
    row->payload = buffer_text(&map->payload);
    return true;
}

/* A key that the record itself does not give: of its bytes, so that the same record gets the same one again. */
static struct text stub_key(struct map *map, const char *what, const uint8_t hash[HASH_SIZE])
{
    int size = snprintf(map->stub, sizeof map->stub, "(%s) ", what);
    for (size_t i = 0; i < 8; i++) {
        size += snprintf(map->stub + size, sizeof map->stub - (size_t)size, "%02x", (unsigned)hash[i]);
    }
    return (struct text){map->stub, (size_t)size};
}

static bool identify(struct map *map, struct ledger_row *row)
{
    int size = 0;
    struct text class = TEXT("mapping");
    const struct scheme *scheme = map->scheme;
    if (row->key.size == 0) {
        class = TEXT("keyless");
        size = snprintf(map->message, sizeof map->message, "source field %.*s is empty: the record has no key",
                        TEXT_ARG(scheme->slots[scheme->source.id_slot]));
    } else if (row->key.size > KEY_MAX) {
        size = snprintf(
            map->message, sizeof map->message, "source field %.*s is the key and longer than %d bytes: '%.*s…'",
            TEXT_ARG(scheme->slots[scheme->source.id_slot]), KEY_MAX, (int)text_cut(row->key, SHOWN), row->key.data);
    } else if (row->number.size == 0) {
        size = snprintf(map->message, sizeof map->message, "source field %.*s is empty: the record has no number",
                        TEXT_ARG(scheme->slots[scheme->source.number_slot]));
    } else if (row->number.size > KEY_MAX) {
        size = snprintf(map->message, sizeof map->message,
                        "source field %.*s is the number and longer than %d bytes: '%.*s…'",
                        TEXT_ARG(scheme->slots[scheme->source.number_slot]), KEY_MAX, (int)text_cut(row->number, SHOWN),
                        row->number.data);
    } else {
        return true;
    }
    refuse(map, row, class, (size_t)size);
    return false;
}

static struct ledger_row row_of(struct map *map, const struct value *slots, struct text raw)
{
    const struct scheme *scheme = map->scheme;
    return (struct ledger_row){
        .kind = RECORD_PAYLOAD,
        .key = scheme_value_text(&slots[scheme->source.id_slot], map->key),
        .number = scheme_value_text(&slots[scheme->source.number_slot], map->number),
        .payload = TEXT(""),
        .source = raw,
    };
}

static int stub(struct map *map, struct ledger_row *row)
{
    if (hash_texts(map, row->source, TEXT(""), row->hash) != 0) {
        return ERR_MEMORY;
    }
    if (row->key.size == 0 || row->key.size > KEY_MAX) {
        row->key = stub_key(map, row->key.size == 0 ? "no key" : "long key", row->hash);
    }
    if (row->number.size == 0 || row->number.size > KEY_MAX) {
        row->number = row->key;
    }
    return 0;
}

int map_record(struct map *map, const struct value *slots, struct text raw, struct ledger_row *out)
{
    struct ledger_row row = row_of(map, slots, raw);
    if (!filters_hold(map->scheme, slots)) {
        row.kind = RECORD_FILTERED;
    } else if (identify(map, &row) && render(map, slots, &row)) {
        if (hash_texts(map, row.number, row.payload, row.hash) != 0) {
            return ERR_MEMORY;
        }
        *out = row;
        return 0;
    }
    int error = stub(map, &row);
    if (!error) {
        *out = row;
    }
    return error;
}

int map_apart(struct map *map, const struct value *slots, struct text raw, struct ledger_row *out)
{
    struct ledger_row row = row_of(map, slots, raw);
    row.kind = RECORD_UNMAPPABLE;
    row.refusal = (struct refusal){TEXT("poison"), TEXT(""),
                                   TEXT("it ended every worker that it was given to: read their logs and report it; "
                                        "rejects replay tries it again")};
    int error = stub(map, &row);
    if (!error) {
        *out = row;
    }
    return error;
}
