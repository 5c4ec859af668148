#include "extractor/record.h"

#include <math.h>
#include <openssl/evp.h>

#include "common/wire.h"

enum { MEMBERS_MAX = 2 * SCHEME_SLOTS_MAX };

/* The records of a page name their members in the same order, nearly always: what stood at a position in the last
 * record tells the slot without a search. */
struct reader {
    const struct scheme *scheme;
    struct {
        const char *name;
        int slot; /* -1: nobody needs it */
    } seen[MEMBERS_MAX];
    const cJSON *found[SCHEME_SLOTS_MAX];
};

static int slot_of(struct reader *reader, size_t position, const char *name)
{
    if (position >= MEMBERS_MAX) {
        return scheme_slot(reader->scheme, text_of(name));
    }
    if (!reader->seen[position].name || strcmp(reader->seen[position].name, name) != 0) {
        reader->seen[position].name = name;
        reader->seen[position].slot = scheme_slot(reader->scheme, text_of(name));
    }
    return reader->seen[position].slot;
}

static void element_read(struct reader *reader, const cJSON *element)
{
    for (size_t slot = 0; slot < reader->scheme->slot_count; slot++) {
        reader->found[slot] = NULL;
    }
    if (!cJSON_IsObject(element)) {
        return;
    }
    size_t position = 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, element)
    {
        int slot = slot_of(reader, position++, member->string);
        if (slot >= 0) {
            reader->found[slot] = member;
        }
    }
}

static struct value value_of(const cJSON *item, struct buffer *scratch)
{
    if (!item || cJSON_IsNull(item)) {
        return (struct value){.kind = VALUE_NIL};
    }
    if (cJSON_IsString(item)) {
        return (struct value){.kind = VALUE_TEXT, .text = json_text(item)};
    }
    if (cJSON_IsBool(item)) {
        return (struct value){.kind = VALUE_BOOL, .flag = cJSON_IsTrue(item)};
    }
    if (cJSON_IsNumber(item)) {
        double number = item->valuedouble;
        if (number == floor(number) && fabs(number) < 9e15) {
            return (struct value){.kind = VALUE_INT, .integer = (int64_t)number};
        }
        return (struct value){.kind = VALUE_REAL, .real = number};
    }
    buffer_clear(scratch, scratch->limit);
    json_put_tree(scratch, item);
    return (struct value){.kind = VALUE_JSON, .text = buffer_text(scratch)};
}

static void key_add(EVP_MD_CTX *sum, const cJSON *id, struct text record)
{
    struct text key = json_text(id);
    if (cJSON_IsNumber(id)) {
        (void)EVP_DigestUpdate(sum, &id->valuedouble, sizeof id->valuedouble);
    } else if (key.size > 0) {
        (void)EVP_DigestUpdate(sum, key.data, key.size + 1); /* with its NUL: no two lists of keys run together */
    } else {
        (void)EVP_DigestUpdate(sum, record.data, record.size); /* no key: the whole record stands for itself */
    }
}

int record_pack(const struct scheme *scheme, const cJSON *list, size_t most, struct buffer *out, struct buffer *scratch,
                uint8_t digest[RECORD_DIGEST], size_t *rows)
{
    struct reader reader = {.scheme = scheme};
    unsigned char sum_bytes[EVP_MAX_MD_SIZE] = {0};
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    if (!sum || EVP_DigestInit_ex(sum, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(sum);
        return ERR_MEMORY;
    }
    size_t count = 0;
    bool failed = false;
    for (const cJSON *element = list ? list->child : NULL; element && count < most; element = element->next) {
        size_t start = out->size;
        element_read(&reader, element);
        wire_put_array(out, scheme->slot_count);
        for (size_t slot = 0; slot < scheme->slot_count; slot++) {
            struct value value = value_of(reader.found[slot], scratch);
            failed = failed || (value.kind == VALUE_JSON && scratch->failed);
            wire_put_value(out, &value);
        }
        if (failed || out->failed) {
            break;
        }
        key_add(sum, reader.found[scheme->source.id_slot], (struct text){out->data + start, out->size - start});
        count++;
    }
    failed = failed || out->failed;
    if (!failed && count > 0 && EVP_DigestFinal_ex(sum, sum_bytes, NULL) != 1) {
        failed = true;
    }
    EVP_MD_CTX_free(sum);
    if (failed) {
        return ERR_LIMIT;
    }
    memcpy(digest, sum_bytes, RECORD_DIGEST);
    *rows = count;
    return 0;
}

struct text record_first(const struct scheme *scheme, struct text records)
{
    struct value values[SCHEME_SLOTS_MAX];
    struct text rest = records, raw;
    if (wire_take_apart(&rest, &raw)) {
        return (struct text){records.data, records.size - rest.size};
    }
    return wire_take_source(&rest, scheme->slot_count, values, &raw) == 0 ? raw : records;
}

void record_keep(const struct scheme *scheme, struct text key, struct buffer *records, size_t *rows)
{
    struct value values[SCHEME_SLOTS_MAX];
    struct text rest = buffer_text(records), raw;
    size_t kept = 0, size = 0;
    while (rest.size > 0 && wire_take_source(&rest, scheme->slot_count, values, &raw) == 0) {
        char room[SCHEME_NUMBER_ROOM];
        if (text_equal(scheme_value_text(&values[scheme->source.id_slot], room), key)) {
            memmove(records->data + size, raw.data, raw.size);
            size += raw.size;
            kept++;
        }
    }
    records->size = size;
    *rows = kept;
}

struct text record_key(const struct scheme *scheme, struct text records, char room[SCHEME_NUMBER_ROOM])
{
    struct value values[SCHEME_SLOTS_MAX];
    struct text raw;
    bool read = wire_take_source(&records, scheme->slot_count, values, &raw) == 0;
    return read ? scheme_value_text(&values[scheme->source.id_slot], room) : TEXT("");
}

void record_show(const struct scheme *scheme, const cJSON *element, struct buffer *out)
{
    struct reader reader = {.scheme = scheme};
    element_read(&reader, element);
    bool first = true;
    buffer_add_char(out, '{');
    for (size_t slot = 0; slot < scheme->slot_count; slot++) {
        const cJSON *item = reader.found[slot];
        if (!item) {
            continue;
        }
        json_put_member(out, &first, scheme->slots[slot]);
        if (scheme->slot_secret && scheme->slot_secret[slot]) {
            json_put_text(out, TEXT("***"));
        } else {
            json_put_tree(out, item);
        }
    }
    buffer_add_char(out, '}');
}
