#include "extractor/record.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "common/base/language.h"
#include "common/http/mask.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/scheme/formula/date.h"
#include "common/wire/wire.h"

enum { MEMBERS_MAX = 2 * SCHEME_SLOTS_MAX, NESTED_MAX = 4 << 20, BROKEN_LOOK = 32 << 10, SIZE_ROOM = 120 };

/* What a member belongs to: the record, or the one that it is a row of. */
enum row_scope { SCOPE_RECORD, SCOPE_OUTER, SCOPES };

/* The records of a page name their members in the same order, nearly always: what stood at a position in the last record
 * tells the slot without a search. */
struct reader {
    const struct scheme *scheme;
    struct arena *arena;
    size_t known[SCOPES]; /* positions that were seen */
    struct {
        struct text name;
        int slot; /* -1: nobody needs it */
    } seen[SCOPES][MEMBERS_MAX];
    struct text found[SCHEME_SLOTS_MAX]; /* data NULL: not there */
    struct value values[SCHEME_SLOTS_MAX];
    struct buffer nested; /* of the value under way */
    bool repaired;
};

/* "parent.name" */
static int outer_slot(const struct scheme *scheme, struct text name)
{
    size_t prefix = sizeof SCHEME_OUTER - 1;
    for (size_t i = 0; i < scheme->slot_count; i++) {
        struct text slot = scheme->slots[i];
        if (scheme->source.outer[i] && text_equal((struct text){slot.data + prefix, slot.size - prefix}, name)) {
            return (int)i;
        }
    }
    return -1;
}

/* A name with escapes in it is decoded first. */
static int name_slot(struct reader *reader, enum row_scope scope, struct text name)
{
    struct text decoded = name;
    bool repaired = false;
    if (memchr(name.data, '\\', name.size)) {
        struct text quoted = {name.data - 1, name.size + 2};
        if (json_decode_text(quoted, reader->arena, &decoded, &repaired) != 0) {
            return -1;
        }
    }
    return scope == SCOPE_OUTER ? outer_slot(reader->scheme, decoded) : scheme_slot(reader->scheme, decoded);
}

static int slot_of(struct reader *reader, enum row_scope scope, size_t position, struct text name)
{
    if (position < reader->known[scope] && text_equal(reader->seen[scope][position].name, name)) {
        return reader->seen[scope][position].slot;
    }
    int slot = name_slot(reader, scope, name);
    if (position < MEMBERS_MAX) { /* positions come in order */
        reader->seen[scope][position].name = name;
        reader->seen[scope][position].slot = slot;
        reader->known[scope] = position < reader->known[scope] ? reader->known[scope] : position + 1;
    }
    return slot;
}

/* The texts of the members that the scheme uses. False: it is no object. *rows (may be NULL): the list that is split. */
static bool members_find(struct reader *reader, enum row_scope scope, struct text record, struct text *rows)
{
    struct json_walk walk;
    struct text name, value;
    size_t position = 0;
    int more;
    bool split = reader->scheme->source.split.size > 0;
    for (size_t slot = 0; slot < reader->scheme->slot_count; slot++) {
        if (!split || reader->scheme->source.outer[slot] == (scope == SCOPE_OUTER)) {
            reader->found[slot] = (struct text){NULL, 0};
        }
    }
    if (json_walk_begin(&walk, record) != 0 || !walk.object) {
        return false;
    }
    while ((more = json_walk_next(&walk, &name, &value)) == 1) {
        int slot = slot_of(reader, scope, position++, name);
        if (slot >= 0) {
            reader->found[slot] = value;
        }
        if (rows && text_equal(name, reader->scheme->source.split)) {
            *rows = value;
        }
    }
    return more == 0;
}

/* The bytes of what can't be read, as text: those that are no UTF-8 show as \\xff. */
static struct value broken(struct reader *reader, struct text raw)
{
    raw.size = raw.size < RECORD_BROKEN_MAX ? raw.size : text_cut(raw, RECORD_BROKEN_MAX);
    struct value value = {.kind = VALUE_BROKEN, .text = raw};
    if (text_is_utf8(raw)) {
        return value;
    }
    static const char hex[] = "0123456789abcdef";
    char *start = arena_take(reader->arena, 4 * raw.size + 1), *to = start;
    value.text = TEXT("bytes that are no UTF-8");
    while (start && raw.size > 0) {
        size_t size = text_sequence(raw);
        if (size > 0) {
            memcpy(to, raw.data, size);
            to += size;
        } else {
            unsigned char c = (unsigned char)raw.data[0];
            const char shown[] = {'\\', 'x', hex[c >> 4], hex[c & 15]};
            memcpy(to, shown, sizeof shown);
            to += sizeof shown;
            size = 1;
        }
        raw = (struct text){raw.data + size, raw.size - size};
    }
    if (start) {
        value.text = (struct text){start, (size_t)(to - start)};
    }
    return value;
}

static int nested_read(struct reader *reader, struct text raw, struct value *out)
{
    buffer_clear(&reader->nested, NESTED_MAX);
    bool repaired = false;
    int error = json_compact(raw, reader->arena, &reader->nested, &repaired);
    struct text kept = error ? raw : arena_text(reader->arena, buffer_text(&reader->nested));
    *out = error ? broken(reader, raw) : (struct value){.kind = VALUE_JSON, .repaired = repaired, .text = kept};
    reader->repaired = reader->repaired || repaired;
    return error == ERR_MEMORY || !kept.data ? ERR_MEMORY : 0;
}

static int number_read(struct reader *reader, struct text raw, struct value *out)
{
    struct text plain;
    int error = json_decode_number(raw, reader->arena, &plain);
    if (error == ERR_MEMORY) {
        return error;
    }
    if (error) {
        *out = broken(reader, raw);
    } else if (text_integer(plain, &out->integer) == 0) {
        out->kind = VALUE_INT;
    } else {
        *out = (struct value){.kind = VALUE_NUMBER, .text = plain};
    }
    return 0;
}

static int value_read(struct reader *reader, struct text raw, struct value *out)
{
    *out = (struct value){.kind = VALUE_NIL};
    if (!raw.data) {
        return 0;
    }
    int error = 0;
    switch (raw.data[0]) {
    case '"':
        error = json_decode_text(raw, reader->arena, &out->text, &out->repaired);
        out->kind = VALUE_TEXT;
        reader->repaired = reader->repaired || out->repaired;
        if (error == ERR_SYNTAX) {
            *out = broken(reader, raw);
            error = 0;
        }
        return error;
    case '{':
    case '[':
        return nested_read(reader, raw, out);
    case 't':
    case 'f':
        out->flag = text_equal(raw, TEXT("true"));
        out->kind = VALUE_BOOL;
        if (!out->flag && !text_equal(raw, TEXT("false"))) {
            *out = broken(reader, raw);
        }
        return 0;
    case 'n':
        if (!text_equal(raw, TEXT("null"))) {
            *out = broken(reader, raw);
        }
        return 0;
    default:
        return number_read(reader, raw, out);
    }
}

/* A field that can hold the bytes of a whole record: any that is no name of it and no secret; else the key itself. */
static int spare_slot(const struct scheme *scheme)
{
    for (size_t slot = 0; slot < scheme->slot_count; slot++) {
        bool named = (int)slot == scheme->source.id_slot || (int)slot == scheme->source.number_slot;
        bool day = (int)slot + 1 == scheme->run_date_place;
        if (!named && !day && !(scheme->slot_secret && scheme->slot_secret[slot])) {
            return (int)slot;
        }
    }
    return scheme->source.id_slot;
}

/* The key, where the bytes of a broken record show it: then its reject can be found, and replayed, by that. */
static bool key_seen(struct reader *reader, struct text bytes, struct value *out)
{
    struct text name = reader->scheme->slots[reader->scheme->source.id_slot], rest = bytes, value;
    while (rest.size > name.size + 2) {
        const char *found = memmem(rest.data, rest.size, name.data, name.size);
        if (!found) {
            return false;
        }
        rest = (struct text){found + name.size, (size_t)(rest.data + rest.size - found) - name.size};
        bool quoted = found > bytes.data && found[-1] == '"' && rest.size > 0 && rest.data[0] == '"';
        struct text after = {rest.data + 1, rest.size > 0 ? rest.size - 1 : 0};
        after = text_trim(after);
        if (!quoted || after.size == 0 || after.data[0] != ':') {
            continue;
        }
        after = (struct text){after.data + 1, after.size - 1};
        if (json_take(&after, &value) == 0 && value.size <= KEY_MAX && value_read(reader, value, out) == 0) {
            return out->kind == VALUE_INT || out->kind == VALUE_NUMBER ||
                   (out->kind == VALUE_TEXT && out->text.size > 0);
        }
        return false;
    }
    return false;
}

/* What is no object, or no JSON inside. Secrets may stand anywhere in it. */
static int broken_read(struct reader *reader, struct text record)
{
    const struct scheme *scheme = reader->scheme;
    struct buffer masked;
    memset(reader->values, 0, scheme->slot_count * sizeof *reader->values);
    record.size = record.size < BROKEN_LOOK ? record.size : (size_t)BROKEN_LOOK;
    buffer_init(&masked, (size_t)8 * BROKEN_LOOK);
    mask_json(&masked, record, MASK_SECRETS);
    struct text bytes = arena_text(reader->arena, buffer_text(&masked));
    bool failed = masked.failed || !bytes.data;
    buffer_fini(&masked);
    if (failed) {
        return ERR_MEMORY;
    }
    /* Of a record that is split, the bytes may hold the keys of other rows. */
    bool keyed = scheme->source.split.size == 0 && key_seen(reader, bytes, &reader->values[scheme->source.id_slot]);
    reader->values[keyed ? spare_slot(scheme) : scheme->source.id_slot] = broken(reader, bytes);
    return 0;
}

/* Fills the values of one record; data NULL: of what is around it alone. ERR_MEMORY. */
static int record_read(struct reader *reader, struct text record)
{
    size_t count = reader->scheme->slot_count;
    reader->repaired = false;
    if (!record.data) {
        for (size_t slot = 0; slot < count; slot++) {
            if (!reader->scheme->source.outer[slot]) {
                reader->found[slot] = (struct text){NULL, 0};
            }
        }
    } else if (!members_find(reader, SCOPE_RECORD, record, NULL)) {
        return broken_read(reader, record);
    }
    int error = 0;
    for (size_t slot = 0; !error && slot < count; slot++) {
        error = value_read(reader, reader->found[slot], &reader->values[slot]);
    }
    return error;
}

static void repaired_tell(const struct reader *reader)
{
    char room[SCHEME_NUMBER_ROOM];
    struct text key = scheme_value_text(&reader->values[reader->scheme->source.id_slot], room);
    log_event(EVENT_RECORD_REPAIRED, "a text of the record held half a character or a NUL: U+FFFD stands in its place",
              "key", LOG_TEXT(key), NULL);
}

static void key_add(EVP_MD_CTX *sum, const struct value *id, struct text record)
{
    char room[SCHEME_NUMBER_ROOM];
    struct text key = scheme_value_text(id, room);
    if (key.size > 0) {
        (void)EVP_DigestUpdate(sum, key.data, key.size);
        (void)EVP_DigestUpdate(sum, "", 1); /* a NUL: no two lists of keys run together */
    } else {
        (void)EVP_DigestUpdate(sum, record.data, record.size); /* no key: the whole record stands for itself */
    }
}

static void reader_init(struct reader *reader, const struct scheme *scheme, struct arena *arena)
{
    memset(reader->known, 0, sizeof reader->known);
    reader->repaired = false;
    reader->scheme = scheme;
    reader->arena = arena;
    buffer_init(&reader->nested, NESTED_MAX);
}

/* A record that leaves the others of its page no room: its key, and how large it is. */
static void oversize(struct reader *reader, size_t size, char room[SIZE_ROOM])
{
    const struct scheme *scheme = reader->scheme;
    struct value key = reader->values[scheme->source.id_slot];
    struct value *spare = &reader->values[spare_slot(scheme)];
    int used = snprintf(room, SIZE_ROOM, N_("(the whole record: %zu bytes, too many for its page)"), size);
    memset(reader->values, 0, scheme->slot_count * sizeof *reader->values);
    if (key.text.size <= KEY_MAX) {
        reader->values[scheme->source.id_slot] = key;
    }
    *spare = (struct value){.kind = VALUE_BROKEN, .text = {room, (size_t)used}};
}

static void values_put(const struct reader *reader, struct buffer *out)
{
    wire_put_array(out, reader->scheme->slot_count);
    for (size_t slot = 0; slot < reader->scheme->slot_count; slot++) {
        wire_put_value(out, &reader->values[slot]);
    }
}

struct packing {
    struct reader reader;
    EVP_MD_CTX *sum;
    struct buffer *out;
    int64_t day;
    size_t most; /* bytes that a record may take */
    size_t rows;
};

static int pack_one(struct packing *packing, struct text record)
{
    struct reader *reader = &packing->reader;
    const struct scheme *scheme = reader->scheme;
    struct buffer *out = packing->out;
    size_t start = out->size;
    int error = record_read(reader, record);
    if (scheme->run_date_place > 0) {
        reader->values[scheme->run_date_place - 1] = (struct value){.kind = VALUE_INT, .integer = packing->day};
    }
    if (!error) {
        values_put(reader, out);
    }
    if (!error && packing->most < SIZE_MAX && (out->failed || out->size - start > packing->most)) {
        char room[SIZE_ROOM];
        oversize(reader, record.size, room);
        out->failed = false;
        out->size = start;
        values_put(reader, out);
    }
    error = error ? error : out->failed ? ERR_LIMIT : 0;
    if (!error) {
        key_add(packing->sum, &reader->values[scheme->source.id_slot],
                (struct text){out->data + start, out->size - start});
        packing->rows++;
    }
    if (!error && reader->repaired) {
        repaired_tell(reader);
    }
    return error;
}

/* The next of the rows of an outer record. 1: *row is one; 0: there is none (any more); *walk is zero before the first. What
 * can't be a list is one row, which nobody can read. */
struct row_walk {
    struct json_walk walk;
    bool begun, over;
};
static int row_next(struct row_walk *at, struct text rows, struct text *row)
{
    struct text name;
    bool nothing = !rows.data || text_equal(rows, TEXT("null")) || text_equal(rows, TEXT("\"\""));
    if (at->over || nothing) {
        return 0;
    }
    if (!at->begun && json_walk_begin(&at->walk, rows) != 0) {
        at->over = true;
        *row = rows;
        return 1;
    }
    at->begun = true;
    int more = json_walk_next(&at->walk, &name, row);
    at->over = more != 1;
    if (more < 0) {
        *row = rows;
    }
    return more != 0;
}

/* Each row of a record that is split; the record itself where it has none. */
static int pack_rows(struct packing *packing, struct text record)
{
    struct text rows = {NULL, 0}, row;
    struct row_walk walk = {.begun = false};
    size_t before = packing->rows;
    if (!members_find(&packing->reader, SCOPE_OUTER, record, &rows)) {
        return pack_one(packing, record);
    }
    int error = 0;
    while (!error && row_next(&walk, rows, &row) == 1) {
        error = pack_one(packing, row);
    }
    return error || packing->rows > before ? error : pack_one(packing, (struct text){NULL, 0});
}

static int pack(const struct scheme *scheme, const struct text *records, size_t count, struct packing *packing,
                struct arena *arena, uint8_t digest[RECORD_DIGEST])
{
    unsigned char sum_bytes[EVP_MAX_MD_SIZE] = {0};
    packing->sum = EVP_MD_CTX_new();
    packing->rows = 0;
    if (!packing->sum || EVP_DigestInit_ex(packing->sum, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(packing->sum);
        return ERR_MEMORY;
    }
    reader_init(&packing->reader, scheme, arena);
    int error = 0;
    for (size_t i = 0; !error && i < count; i++) {
        error = scheme->source.split.size > 0 ? pack_rows(packing, records[i]) : pack_one(packing, records[i]);
    }
    if (!error && count > 0 && EVP_DigestFinal_ex(packing->sum, sum_bytes, NULL) != 1) {
        error = ERR_MEMORY;
    }
    buffer_fini(&packing->reader.nested);
    EVP_MD_CTX_free(packing->sum);
    if (!error) {
        memcpy(digest, sum_bytes, RECORD_DIGEST);
    }
    return error;
}

int record_pack(const struct scheme *scheme, const struct text *records, size_t count, int64_t day, struct buffer *out,
                struct arena *arena, uint8_t digest[RECORD_DIGEST], size_t *rows)
{
    struct packing packing; /* large: not cleared, reader_init does what is needed */
    bool split = scheme->source.split.size > 0;
    size_t before = out->size, room = out->limit - before;
    packing.out = out;
    packing.day = day;
    packing.most = SIZE_MAX;
    int error = pack(scheme, records, count, &packing, arena, digest);
    if (error == ERR_LIMIT && (count > 1 || split)) {
        out->failed = false;
        out->size = before;
        packing.most = room / (split ? WIRE_ROWS_MAX : count);
        error = pack(scheme, records, count, &packing, arena, digest);
    }
    if (!error) {
        *rows = packing.rows;
    }
    return error;
}

int64_t record_day(int64_t moment)
{
    enum { DAY = 86400 };
    return (moment / 1000 + DATE_ZONE) / DAY * DAY;
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

/* As JSON; a text that could not be read shows its bytes. */
static void value_show(struct reader *reader, struct text raw, struct buffer *out)
{
    struct value value;
    char room[SCHEME_NUMBER_ROOM];
    if (value_read(reader, raw, &value) != 0) {
        out->failed = true;
    } else if (value.kind == VALUE_TEXT || value.kind == VALUE_BROKEN) {
        json_put_text(out, value.text);
    } else if (value.kind == VALUE_NIL) {
        buffer_add_text(out, TEXT("null"));
    } else {
        buffer_add_text(out, value.kind == VALUE_JSON ? value.text : scheme_value_text(&value, room));
    }
}

static void show_found(struct reader *reader, struct buffer *out)
{
    const struct scheme *scheme = reader->scheme;
    bool first = true;
    buffer_add_char(out, '{');
    for (size_t slot = 0; slot < scheme->slot_count; slot++) {
        if (!reader->found[slot].data) {
            continue;
        }
        json_put_member(out, &first, scheme->slots[slot]);
        if (scheme->slot_secret && scheme->slot_secret[slot]) {
            json_put_text(out, TEXT("***"));
        } else {
            value_show(reader, reader->found[slot], out);
        }
    }
    buffer_add_char(out, '}');
}

static void show_one(struct reader *reader, struct text record, struct buffer *out)
{
    if (!members_find(reader, SCOPE_RECORD, record, NULL)) {
        reader->found[reader->scheme->source.id_slot] = record;
    }
    show_found(reader, out);
}

size_t record_show(const struct scheme *scheme, struct text record, size_t most, struct arena *arena,
                   struct buffer *out)
{
    struct reader reader;
    struct text rows = {NULL, 0}, row;
    struct row_walk walk = {.begun = false};
    size_t shown = 0;
    reader_init(&reader, scheme, arena);
    bool split = scheme->source.split.size > 0 && members_find(&reader, SCOPE_OUTER, record, &rows);
    while (split && shown < most && row_next(&walk, rows, &row) == 1) {
        buffer_add_text(out, shown > 0 ? TEXT("\n") : TEXT(""));
        show_one(&reader, row, out);
        shown++;
    }
    if (!split) {
        show_one(&reader, record, out);
        shown = 1;
    }
    buffer_fini(&reader.nested);
    return shown;
}
