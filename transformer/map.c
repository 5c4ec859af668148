#include "transformer/map.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/scheme/cast.h"
#include "transformer/evaluate.h"
#include "transformer/filter.h"
#include "transformer/identity.h"
#include "transformer/trim.h"

enum { CONSTANTS_MAX = 4 << 20, SHOWN = 80 /* bytes of a value in a message */, MESSAGE_MAX = 500, KEY_ROOM = 32 };

/* A payload is made of pieces `,"name":value`, the first comma overwritten by the brace. What is the same for all
 * records is rendered once, neighbours in one piece; a step is such a piece, or a field to be evaluated. */
struct map_step {
    struct text constant;                  /* rendered pieces; for a field: `,"name":` */
    const struct scheme_assignment *field; /* NULL: a constant */
    const struct scheme_part *parts;       /* variables resolved to PART_TEXT */
    size_t count;
    bool gathers; /* a formula or an array with such: its value is made by evaluate.c */
    bool hidden;  /* holds a variable or a secret field: its value stands in no message */
};

struct map_steps { /* what a payload is made of */
    const struct scheme_assignment *fields;
    size_t field_count;
    struct map_step *items;
    size_t count;
};

struct map {
    const struct scheme *scheme;
    struct map_steps all, lost;           /* of a record; of one that the source has lost */
    struct arena arena;                   /* constants and parts */
    struct evaluation evaluation;         /* where the scheme has formulas */
    struct buffer payload, mix;           /* of the record under way */
    char key[KEY_ROOM], number[KEY_ROOM]; /* where they are no texts by themselves */
    char stub[KEY_ROOM];
    char trimmed[TRIM_ROOM];
    struct value slots[SCHEME_SLOTS_MAX]; /* of the record, where its number was trimmed */
    char message[MESSAGE_MAX];
    EVP_MD_CTX *digest;
    EVP_MD *sha256;
};

/* ---- making one ---- */

/* The template with its variables as texts. *fixed: no slot is left. */
static int resolve_parts(struct map *map, const struct scheme_assignment *field,
                         const char *(*variable)(const char *name), struct map_step *step, bool *fixed,
                         struct cause *cause)
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
                return evaluation_missing(parts[i].text, field->where, field->lookup, cause);
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

static void mix_parts(struct map *map, const struct map_step *step, const struct value *slots)
{
    buffer_clear(&map->mix, MAP_PAYLOAD_MAX);
    for (size_t i = 0; i < step->count; i++) {
        char room[SCHEME_NUMBER_ROOM];
        const struct scheme_part *part = &step->parts[i];
        buffer_add_text(&map->mix, part->kind == PART_TEXT ? part->text : scheme_value_text(&slots[part->slot], room));
    }
}

static int add_constant(struct map *map, const struct scheme_assignment *field, const struct map_step *step,
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
static int flush_constants(struct map *map, struct map_steps *steps, struct buffer *constants)
{
    if (constants->failed) {
        return ERR_MEMORY;
    }
    if (constants->size > 0) {
        struct text kept = arena_text(&map->arena, buffer_text(constants));
        if (!kept.data) {
            return ERR_MEMORY;
        }
        steps->items[steps->count++] = (struct map_step){.constant = kept};
        buffer_clear(constants, CONSTANTS_MAX);
    }
    return 0;
}

static int add_steps(struct map *map, struct map_steps *steps, const char *(*variable)(const char *name),
                     struct buffer *constants, struct cause *cause)
{
    for (size_t i = 0; i < steps->field_count; i++) {
        const struct scheme_assignment *field = &steps->fields[i];
        struct map_step step = {.field = field};
        bool fixed = field->kind == ASSIGN_JSON;
        int error = 0;
        step.gathers = field->kind == ASSIGN_FORMULA || field->kind == ASSIGN_NESTED;
        if (field->kind == ASSIGN_TEMPLATE) {
            error = resolve_parts(map, field, variable, &step, &fixed, cause);
        }
        if (!error && fixed) {
            error = add_constant(map, field, &step, constants, cause);
        } else if (!error) {
            if (flush_constants(map, steps, constants) != 0) {
                return cause_set(cause, ERR_MEMORY, "out of memory");
            }
            buffer_add_char(constants, ',');
            buffer_add_text(constants, field->member);
            step.constant = arena_text(&map->arena, buffer_text(constants));
            if (constants->failed || !step.constant.data) {
                return cause_set(cause, ERR_MEMORY, "out of memory");
            }
            buffer_clear(constants, CONSTANTS_MAX);
            steps->items[steps->count++] = step;
        }
        if (error) {
            return error;
        }
    }
    return flush_constants(map, steps, constants) ? cause_set(cause, ERR_MEMORY, "out of memory") : 0;
}

static int make_steps(struct map *map, struct map_steps *steps, const char *(*variable)(const char *name),
                      struct cause *cause)
{
    struct buffer constants;
    buffer_init(&constants, CONSTANTS_MAX);
    steps->items = calloc(2 * steps->field_count + 1, sizeof *steps->items);
    int error = steps->items ? add_steps(map, steps, variable, &constants, cause)
                             : cause_set(cause, ERR_MEMORY, "out of memory");
    buffer_fini(&constants);
    return error;
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
    map->all = (struct map_steps){.fields = scheme->target.fields, .field_count = scheme->target.field_count};
    map->lost = (struct map_steps){.fields = scheme->vanished.fields, .field_count = scheme->vanished.field_count};
    int error = map->digest && map->sha256 ? make_steps(map, &map->all, variable, cause)
                                           : cause_set(cause, ERR_MEMORY, "out of memory");
    error = error ? error : make_steps(map, &map->lost, variable, cause);
    if (!error && scheme->formulas) {
        error = evaluation_init(&map->evaluation, scheme, variable, cause);
    }
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
        evaluation_fini(&(*map)->evaluation);
        free((*map)->all.items);
        free((*map)->lost.items);
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

static void refuse(struct map *map, struct mapped *row, struct text class, size_t size)
{
    struct text line = {map->message, size < sizeof map->message ? size : sizeof map->message - 1};
    line.size = text_cut(line, line.size);
    row->kind = RECORD_UNMAPPABLE;
    row->payload = TEXT("");
    row->refusal = (struct refusal){.class = class, .code = TEXT(""), .message = line};
}

/* "field coefficient1: "abc" of shop_priority does not become a whole number" */
static void refuse_field(struct map *map, const struct map_step *step, int error, struct text shown, struct mapped *row)
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

/* "field price: column 8: goods_count is 0: division by zero" */
static void refuse_formula(struct map *map, struct mapped *row)
{
    const struct evaluation *e = &map->evaluation;
    int size = snprintf(map->message, sizeof map->message, "%s: %s", e->place, e->failure.text);
    refuse(map, row, TEXT("formula"), (size_t)size);
    row->refusal.code = text_of(formula_error_text(e->failure.error));
}

/* False where the filter itself fails: the record is refused then. */
static bool filter_formula_holds(struct map *map, bool *holds, struct mapped *row)
{
    int error = evaluate_filter(&map->evaluation, holds);
    if (error == ERR_REFUSED) {
        refuse_formula(map, row);
    } else if (error) {
        int size = snprintf(map->message, sizeof map->message, "filter: %s", FORMULA_ARENA_FULL);
        refuse(map, row, TEXT("formula"), (size_t)size);
    }
    return error == 0;
}

/* What a formula gives, cast; the message names the formula where that fails. */
static int render_formula(struct map *map, const struct map_step *step, struct mapped *row)
{
    struct value value;
    int error = evaluate_field(&map->evaluation, step->field, &value);
    if (error == ERR_REFUSED) {
        refuse_formula(map, row);
    }
    if (error) {
        return error;
    }
    if (value.kind == VALUE_JSON && formula_asks(step->field->formula) &&
        text_starts(value.text, TEXT("{\"$lookup\""))) {
        buffer_add_text(&map->payload, value.text);
        return 0;
    }
    error = scheme_cast(step->field->type, &value, &map->payload);
    if (error == ERR_SYNTAX || (error == ERR_NOT_FOUND && step->field->required)) {
        char room[SCHEME_NUMBER_ROOM];
        struct text shown = scheme_value_text(&value, room), source = formula_source(step->field->formula);
        bool hidden = formula_hides(step->field->formula);
        int size = error == ERR_NOT_FOUND
                       ? snprintf(map->message, sizeof map->message,
                                  "field %.*s: empty (from %.*s), and the target requires it",
                                  TEXT_ARG(step->field->name), (int)text_cut(source, SHOWN), source.data)
                       : snprintf(map->message, sizeof map->message, "field %.*s: '%.*s' of %.*s does not become %s",
                                  TEXT_ARG(step->field->name), hidden ? 3 : (int)text_cut(shown, SHOWN),
                                  hidden       ? "***"
                                  : shown.data ? shown.data
                                               : "",
                                  (int)text_cut(source, SHOWN), source.data, scheme_type_text(step->field->type));
        refuse(map, row, TEXT("mapping"), (size_t)size);
        return ERR_REFUSED;
    }
    return error;
}

static int render_nested(struct map *map, const struct map_step *step, struct mapped *row)
{
    int error = evaluate_nested(&map->evaluation, step->field, &map->payload);
    if (error == ERR_REFUSED) {
        refuse_formula(map, row);
    } else if (error == ERR_NOT_FOUND && step->field->required) {
        int size = snprintf(map->message, sizeof map->message, "field %.*s: no row, and the target requires it",
                            TEXT_ARG(step->field->name));
        refuse(map, row, TEXT("mapping"), (size_t)size);
        error = ERR_REFUSED;
    }
    return error;
}

/* Appends the step's piece, or nothing where it is empty. False when the record is refused. */
static bool render_made(struct map *map, const struct map_step *step, struct mapped *row)
{
    size_t before = map->payload.size;
    buffer_add_text(&map->payload, step->constant);
    int error = step->field->kind == ASSIGN_FORMULA ? render_formula(map, step, row) : render_nested(map, step, row);
    if (error) {
        map->payload.size = before;
    }
    if (error == ERR_MEMORY) {
        int size = snprintf(map->message, sizeof map->message, "field %.*s: %s", TEXT_ARG(step->field->name),
                            FORMULA_ARENA_FULL);
        refuse(map, row, TEXT("formula"), (size_t)size);
        row->refusal.code = text_of(formula_error_text(FORMULA_RANGE));
    }
    return error != ERR_REFUSED && error != ERR_MEMORY;
}

/* Appends the step's piece. False when the record is refused. */
static bool render_field(struct map *map, const struct map_step *step, const struct value *slots, struct mapped *row)
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

static bool render(struct map *map, const struct map_steps *steps, const struct value *slots, struct mapped *row)
{
    buffer_clear(&map->payload, MAP_PAYLOAD_MAX);
    map->mix.failed = false;
    for (size_t i = 0; i < steps->count; i++) {
        if (!steps->items[i].field) {
            buffer_add_text(&map->payload, steps->items[i].constant);
        } else if (steps->items[i].gathers) {
            if (!render_made(map, &steps->items[i], row)) {
                return false;
            }
        } else if (!render_field(map, &steps->items[i], slots, row)) {
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

static bool identify(struct map *map, const struct value *slots, struct mapped *row)
{
    int size = 0;
    struct text class = TEXT("mapping");
    const struct scheme *scheme = map->scheme;
    if (row->key.size == 0) {
        class = TEXT("keyless");
        size = snprintf(map->message, sizeof map->message, "source field %.*s is %s: the record has no key",
                        TEXT_ARG(scheme->slots[scheme->source.id_slot]), identity_lack(&slots[scheme->source.id_slot]));
    } else if (row->key.size > KEY_MAX) {
        size = snprintf(
            map->message, sizeof map->message, "source field %.*s is the key and longer than %d bytes: '%.*s…'",
            TEXT_ARG(scheme->slots[scheme->source.id_slot]), KEY_MAX, (int)text_cut(row->key, SHOWN), row->key.data);
    } else if (row->number.size == 0) {
        size = snprintf(map->message, sizeof map->message, "source field %.*s is %s: the record has no number",
                        TEXT_ARG(scheme->slots[scheme->source.number_slot]),
                        identity_lack(&slots[scheme->source.number_slot]));
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

/* Notes values that the extractor repaired. One that it could not read: the record is refused, with the bytes. */
static bool readable(struct map *map, const struct value *slots, struct mapped *row)
{
    const struct scheme *scheme = map->scheme;
    size_t broken = SIZE_MAX;
    for (size_t i = scheme->slot_count; i-- > 0;) {
        row->notes |= slots[i].repaired ? NOTE_REPAIRED : 0;
        broken = slots[i].kind == VALUE_BROKEN ? i : broken;
    }
    if (broken == SIZE_MAX) {
        return true;
    }
    bool secret = scheme->slot_secret[broken];
    int size = snprintf(map->message, sizeof map->message, "source field %.*s can't be read%s%.*s",
                        TEXT_ARG(scheme->slots[broken]), secret ? "" : ": ",
                        secret ? 0 : (int)text_cut(slots[broken].text, SHOWN), slots[broken].text.data);
    refuse(map, row, TEXT("unreadable"), (size_t)size);
    return false;
}

/* The number, wherever it stands in the payload, loses what nobody sees, and has the letters that the scheme says; the key stays as
 * the source has it. */
static const struct value *trim(struct map *map, const struct value *slots, struct mapped *row)
{
    const struct scheme *scheme = map->scheme;
    const struct value *number = &slots[scheme->source.number_slot];
    struct text text = number->text;
    if (number->kind != VALUE_TEXT) {
        return slots;
    }
    bool trimmed = scheme->trim && trim_text(text, map->trimmed, &text);
    if (!trim_letters(text, scheme->letters, map->trimmed, &text) && !trimmed) {
        return slots;
    }
    memcpy(map->slots, slots, scheme->slot_count * sizeof *slots);
    map->slots[scheme->source.number_slot].text = text;
    row->notes |= trimmed ? NOTE_TRIMMED : 0;
    row->number = text;
    return map->slots;
}

static struct mapped row_of(struct map *map, const struct value *slots, struct text raw)
{
    const struct scheme *scheme = map->scheme;
    return (struct mapped){
        .kind = RECORD_PAYLOAD,
        .key = identity_of(&slots[scheme->source.id_slot], map->key),
        .number = identity_of(&slots[scheme->source.number_slot], map->number),
        .payload = TEXT(""),
        .source = raw,
    };
}

static int stub(struct map *map, struct mapped *row, const char *keyless)
{
    if (hash_texts(map, row->source, TEXT(""), row->hash) != 0) {
        return ERR_MEMORY;
    }
    if (row->key.size == 0 || row->key.size > KEY_MAX) {
        row->key = stub_key(map, row->key.size == 0 ? keyless : "long key", row->hash);
    }
    if (row->number.size == 0 || row->number.size > KEY_MAX) {
        row->number = row->key;
    }
    return 0;
}

int map_record(struct map *map, const struct value *slots, struct text raw, struct mapped *out)
{
    struct mapped row = row_of(map, slots, raw);
    if (identity_rowless(map->scheme, slots)) {
        row.kind = RECORD_FILTERED;
        row.key = TEXT("");
        int rowless = stub(map, &row, "no rows");
        *out = row;
        return rowless;
    }
    slots = trim(map, slots, &row);
    if (map->scheme->formulas) {
        evaluation_begin(&map->evaluation, slots);
    }
    bool refused = !readable(map, slots, &row);
    bool passes = !refused && filters_hold(map->scheme, slots);
    refused = refused || (passes && map->scheme->filter_formula && !filter_formula_holds(map, &passes, &row));
    passes = passes && !refused;
    if (!passes && !refused) {
        row.kind = RECORD_FILTERED;
    }
    if (passes && identify(map, slots, &row) && render(map, &map->all, slots, &row)) {
        if (hash_texts(map, row.number, row.payload, row.hash) != 0) {
            return ERR_MEMORY;
        }
        *out = row;
        return 0;
    }
    int error = stub(map, &row, "no key");
    if (!error) {
        *out = row;
    }
    return error;
}

int map_apart(struct map *map, const struct value *slots, struct text raw, struct mapped *out)
{
    struct mapped row = row_of(map, slots, raw);
    row.kind = RECORD_UNMAPPABLE;
    row.refusal = (struct refusal){TEXT("poison"), TEXT(""),
                                   TEXT("it ended every worker that it was given to: read their logs and report it; "
                                        "rejects replay tries it again")};
    int error = stub(map, &row, "no key");
    if (!error) {
        *out = row;
    }
    return error;
}

int map_lost(struct map *map, const struct value *slots, struct text raw, struct mapped *out)
{
    struct mapped row = row_of(map, slots, raw);
    if (map->scheme->formulas) {
        evaluation_begin(&map->evaluation, slots);
    }
    bool made = identify(map, slots, &row) && render(map, &map->lost, slots, &row);
    int error = made ? hash_texts(map, row.number, row.payload, row.hash) : stub(map, &row, "no key");
    if (!error) {
        *out = row;
    }
    return error;
}
