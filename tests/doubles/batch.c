#include "batch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "dice.h"
#include "fields.h"
#include "lookups.h"
#include "materials.h"
#include "server.h"
#include "spelling.h"

enum { HOUR = 3600 * 1000 };

struct batch_settings batch_settings;
struct batch_count batch_count;

struct member {
    int field;
    struct scan_value value;
};
static struct member *members;
static struct batch_row *rows;
static size_t member_count, member_room, row_count, row_room;
static struct blob decoded, composed, folded;
static uint64_t auto_number;

static const char *const names[BATCH_REFUSALS] = {"none",        "json",     "shape",   "batch_size", "unknown_field",
                                                  "field_twice", "type",     "missing", "unit",       "one_unit",
                                                  "enum",        "decimal",  "parent",  "id",         "duplicate",
                                                  "name_clash",  "rejected", "audited"};

const char *batch_refusal_name(enum batch_refusal refusal)
{
    return names[refusal];
}

const struct batch_row *batch_row(size_t index)
{
    return &rows[index];
}

size_t batch_rows(void)
{
    return row_count;
}

void batch_fini(void)
{
    free(members);
    free(rows);
    blob_fini(&decoded);
    blob_fini(&composed);
    blob_fini(&folded);
}

bool batch_unit_exists(const char *id, size_t length)
{
    return length == 1 && *id >= '1' && *id <= (lookup_settings.more_units ? '4' : '3');
}

bool batch_group_exists(const char *id, size_t length)
{
    return length == 6 && memcmp(id, "90000", 5) == 0 && id[5] >= '1' && id[5] <= '4';
}

/* What a string means. `decoded` has room for every string four times, more than is ever asked: it never moves. */
static struct batch_part meaning(const struct scan_value *v)
{
    if (!v->escaped) {
        return (struct batch_part){v->raw + 1, v->length - 2};
    }
    size_t start = decoded.length;
    scan_decode(v, &decoded);
    return (struct batch_part){decoded.data + start, decoded.length - start};
}

static void keep_member(int field, const struct scan_value *value)
{
    if (member_count == member_room) {
        member_room = member_room > 0 ? member_room * 2 : 4096;
        members = blob_memory(members, member_room * sizeof *members);
    }
    members[member_count++] = (struct member){field, *value};
}

static struct batch_row *keep_row(void)
{
    if (row_count == row_room) {
        row_room = row_room > 0 ? row_room * 2 : 256;
        rows = blob_memory(rows, row_room * sizeof *rows);
    }
    struct batch_row *r = &rows[row_count++];
    size_t cleared = offsetof(struct batch_row, message) + 1;
    memset(r, 0, cleared);
    r->first = member_count;
    r->verbatim = true;
    return r;
}

static enum batch_refusal refuse(char text[200], enum batch_refusal refusal, const char *what, const char *data,
                                 size_t length)
{
    snprintf(text, 200, "%s: %.*s", what, (int)(length < 80 ? length : 80), data);
    return refusal;
}

static enum batch_refusal read_row(struct scan *s, char text[200])
{
    struct batch_row *r = keep_row();
    bool seen[FIELDS_MAX] = {false};
    struct scan_value name, value;
    if (!scan_enter(s, '{')) {
        return refuse(text, BATCH_TYPE, "items 的元素必须是对象", "", 0);
    }
    const char *start = s->at;
    while (scan_member(s, &name)) {
        struct batch_part plain = meaning(&name);
        r->verbatim = r->verbatim && !name.escaped;
        int field = field_find(plain.data, plain.length);
        if (!scan_value(s, &value)) {
            return BATCH_JSON;
        }
        if (field < 0) {
            return refuse(text, BATCH_UNKNOWN_FIELD, "未知字段", plain.data, plain.length);
        }
        if (seen[field]) {
            return refuse(text, BATCH_FIELD_TWICE, "字段重复", plain.data, plain.length);
        }
        if (!field_takes(field, &value)) {
            return refuse(text, BATCH_TYPE, "字段类型错误", plain.data, plain.length);
        }
        seen[field] = true;
        keep_member(field, &value);
    }
    if (s->fault) {
        return BATCH_JSON;
    }
    r->count = member_count - r->first;
    r->inside = (struct batch_part){start, (size_t)(s->at - start) - 1};
    return BATCH_FINE;
}

static enum batch_refusal read_items(struct scan *s, char text[200])
{
    if (!scan_enter(s, '[')) {
        return refuse(text, BATCH_SHAPE, "items 必须是数组", "", 0);
    }
    while (scan_element(s)) {
        if (row_count == (size_t)batch_settings.batch_max) {
            return refuse(text, BATCH_SIZE, "批量数量超出限制", "", 0);
        }
        enum batch_refusal refusal = read_row(s, text);
        if (refusal != BATCH_FINE) {
            return refusal;
        }
    }
    return s->fault ? BATCH_JSON : BATCH_FINE;
}

/* A body that is one row. */
static enum batch_refusal read_single(struct scan *s, char text[200])
{
    enum batch_refusal refusal = read_row(s, text);
    if (refusal == BATCH_JSON || (refusal == BATCH_FINE && !scan_done(s))) {
        return refuse(text, BATCH_JSON, "JSON 格式错误", s->fault ? s->fault : "", s->fault ? strlen(s->fault) : 0);
    }
    return refusal;
}

static enum batch_refusal read_all(const char *body, size_t length, char text[200])
{
    struct scan s;
    struct scan_value name;
    bool found = false;
    scan_init(&s, body, length);
    if (!entity->items) {
        return read_single(&s, text);
    }
    if (!scan_enter(&s, '{')) {
        return refuse(text, BATCH_JSON, "请求体不是 JSON 对象", "", 0);
    }
    while (scan_member(&s, &name)) {
        if (!scan_is(&name, entity->items) || found) {
            return refuse(text, BATCH_SHAPE, "未知参数", name.raw, name.length);
        }
        found = true;
        enum batch_refusal refusal = read_items(&s, text);
        if (refusal == BATCH_JSON) {
            return refuse(text, BATCH_JSON, "JSON 格式错误", s.fault, s.fault ? strlen(s.fault) : 0);
        }
        if (refusal != BATCH_FINE) {
            return refusal;
        }
    }
    if (!scan_done(&s)) {
        return refuse(text, BATCH_JSON, "JSON 格式错误", s.fault, strlen(s.fault));
    }
    if (!found || row_count == 0) {
        return refuse(text, found ? BATCH_SIZE : BATCH_SHAPE, "items 不能为空", "", 0);
    }
    return BATCH_FINE;
}

/* Takes what the checks need out of a row's members, once the whole call is known to be well-formed. */
static void digest_row(struct batch_row *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct member *m = &members[r->first + i];
        switch (entity->fields[m->field].role) {
        case ROLE_ID:
            r->id = meaning(&m->value);
            r->verbatim = false;
            break;
        case ROLE_NUMBER:
            r->number = meaning(&m->value);
            break;
        case ROLE_NAME:
            r->name = meaning(&m->value);
            break;
        case ROLE_MULTI_UNIT:
            r->multi_unit = *m->value.raw == 't';
            break;
        default:
            break;
        }
    }
    r->verbatim = r->verbatim && r->number.length > 0 && spelling_settings.stored == SPELLING_EXACT;
    r->update = r->id.length > 0;
    size_t length = r->number.length;
    const char *key = spelling_key(r->number.data, &length, &folded);
    r->number_hash = dice_hash(key, length);
    r->name_hash = dice_hash(r->name.data, r->name.length) | 1;
}

enum batch_refusal batch_read(const char *body, size_t length, char text[200])
{
    member_count = row_count = decoded.length = 0;
    blob_reserve(&decoded, 4 * length + 1);
    enum batch_refusal refusal = read_all(body, length, text);
    if (refusal != BATCH_FINE) {
        row_count = 0;
        batch_count.refusals[refusal]++;
        return refusal;
    }
    for (size_t i = 0; i < row_count; i++) {
        digest_row(&rows[i]);
    }
    return BATCH_FINE;
}

void batch_mark_sent(void)
{
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].number.length > 0) {
            material_sent(rows[i].number.data, rows[i].number.length);
        }
    }
}

__attribute__((format(printf, 3, 4))) static void blame(struct batch_row *r, enum batch_refusal refusal,
                                                        const char *format, ...)
{
    if (r->refusal != BATCH_FINE) {
        return;
    }
    va_list list;
    va_start(list, format);
    vsnprintf(r->message, sizeof r->message, format, list);
    va_end(list);
    r->refusal = refusal;
}

/* Words of a switch, in which {number} stands for the row's number. */
static void blame_in(struct batch_row *r, enum batch_refusal refusal, const char *words)
{
    const char *mark = strstr(words, "{number}");
    if (!mark) {
        blame(r, refusal, "%s", words);
        return;
    }
    blame(r, refusal, "%.*s%.*s%s", (int)(mark - words), words, (int)(r->number.length < 60 ? r->number.length : 60),
          r->number.data, mark + strlen("{number}"));
}

void batch_refuse_from(size_t index, const char *words)
{
    for (size_t i = index; i < row_count; i++) {
        blame_in(&rows[i], BATCH_REJECTED, words);
    }
}

static bool is_decimal(struct batch_part p)
{
    size_t digits = 0, dots = 0;
    for (size_t i = 0; i < p.length; i++) {
        if (p.data[i] >= '0' && p.data[i] <= '9') {
            digits++;
        } else if (p.data[i] == '.' && dots == 0 && digits > 0) {
            dots++;
        } else if (p.data[i] != '-' || i > 0) {
            return false;
        }
    }
    return digits > 0;
}

static bool one_of(struct batch_part p, const char *letters)
{
    return p.length == 1 && strchr(letters, *p.data);
}

/* Everything that a row's own members tell. */
static void check_members(struct batch_row *r)
{
    bool seen[FIELDS_MAX] = {false};
    struct batch_part base = {"", 0};
    for (size_t i = 0; i < r->count; i++) {
        const struct member *m = &members[r->first + i];
        if (entity->fields[m->field].role == ROLE_BASE_UNIT) {
            base = meaning(&m->value);
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        const struct member *m = &members[r->first + i];
        const struct field *f = &entity->fields[m->field];
        if (m->value.type != SCAN_STRING) {
            continue;
        }
        struct batch_part p = meaning(&m->value);
        if (p.length == 0) {
            continue;
        }
        seen[m->field] = true;
        if (f->kind == FIELD_UNIT && !batch_unit_exists(p.data, p.length)) {
            blame(r, BATCH_UNIT, "计量单位不存在: %s", f->name);
        }
        if (f->role == ROLE_UNIT && !r->multi_unit &&
            (p.length != base.length || memcmp(p.data, base.data, p.length) != 0)) {
            blame(r, BATCH_ONE_UNIT, "未启用多单位时单位必须与计量单位一致: %s", f->name);
        }
        if (f->kind == FIELD_DECIMAL && !is_decimal(p)) {
            blame(r, BATCH_DECIMAL, "不是有效的数字: %s", f->name);
        }
        if ((f->role == ROLE_COST && !one_of(p, "123")) || (f->role == ROLE_INVENTORY && !one_of(p, "01")) ||
            (f->role == ROLE_PERIOD && !one_of(p, "123"))) {
            blame(r, BATCH_ENUM, "取值不在范围内: %s", f->name);
        }
        if (f->role == ROLE_PARENT && !batch_group_exists(p.data, p.length)) {
            blame(r, BATCH_PARENT, "商品类别不存在");
        }
    }
    for (size_t i = 0; i < entity->count; i++) {
        if (entity->fields[i].required && !seen[i]) {
            blame(r, BATCH_MISSING, "必填字段不能为空: %s", entity->fields[i].name);
        }
    }
}

static bool listed(const char *list, struct batch_part number)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length > 0 && length == number.length && memcmp(list, number.data, length) == 0) {
            return true;
        }
        list += length + (list[length] == ',');
    }
    return false;
}

/* One in so many numbers, by the digits at its end. */
static bool is_unlucky(struct batch_part number)
{
    size_t at = number.length;
    while (at > 0 && number.length - at < 9 && number.data[at - 1] >= '0' && number.data[at - 1] <= '9') {
        at--;
    }
    int64_t value = 0;
    for (size_t i = at; i < number.length; i++) {
        value = value * 10 + (number.data[i] - '0');
    }
    return batch_settings.reject_every > 0 && at < number.length && value % batch_settings.reject_every == 0;
}

/* What the book and the rows before it in the same batch say to row `index`. */
static void check_book(size_t index)
{
    struct batch_row *r = &rows[index];
    struct material *own = r->update ? material_by_id(r->id.data, r->id.length) : NULL;
    if (r->update && !own) {
        blame_in(r, BATCH_ID, batch_settings.gone_words);
    }
    if (own && own->audited) {
        blame(r, BATCH_AUDITED, "单据已审核，不能修改");
    }
    if (listed(batch_settings.reject_numbers, r->number) || is_unlucky(r->number)) {
        blame_in(r, BATCH_REJECTED, batch_settings.reject_words);
    }
    bool number_taken = false, name_taken = batch_settings.reject_name_clash && material_name_taken(r->name_hash, own);
    if (batch_settings.duplicates == 0 && r->number.length > 0) {
        const struct material *there = material_by_number(r->number.data, r->number.length);
        number_taken = there && there != own && !(own && own->number == there->number);
    }
    for (size_t i = 0; i < index; i++) {
        if (batch_settings.duplicates == 0 && r->number.length > 0 && rows[i].number_hash == r->number_hash) {
            number_taken = true;
        }
        if (batch_settings.reject_name_clash && rows[i].name_hash == r->name_hash) {
            name_taken = true;
        }
    }
    if (number_taken) {
        blame_in(r, BATCH_DUPLICATE, batch_settings.duplicate_words);
    }
    if (name_taken) {
        blame(r, BATCH_NAME_CLASH, "商品名称 %.*s 已存在", (int)(r->name.length < 90 ? r->name.length : 90),
              r->name.data);
    }
}

static void put_member(struct blob *out, int field, const char *raw, size_t length)
{
    if (out->length > 0) {
        blob_put(out, ",", 1);
    }
    blob_quote(out, entity->fields[field].name);
    blob_put(out, ":", 1);
    blob_put(out, raw, length);
}

/* The row's members on top of those that the material has already; id and number left out, as they are kept apart. */
static void compose(const struct batch_row *r, const struct material *old)
{
    bool sent[FIELDS_MAX] = {false};
    composed.length = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct member *m = &members[r->first + i];
        enum field_role role = entity->fields[m->field].role;
        sent[m->field] = true;
        if (role != ROLE_ID && role != ROLE_NUMBER) {
            put_member(&composed, m->field, m->value.raw, m->value.length);
        }
    }
    if (!old) {
        return;
    }
    struct blob object = {0};
    struct scan s;
    struct scan_value name, value;
    blob_puts(&object, "{");
    blob_put(&object, old->text, old->length);
    blob_puts(&object, "}");
    scan_init(&s, object.data, object.length);
    bool open = scan_enter(&s, '{');
    while (open && scan_member(&s, &name) && scan_value(&s, &value)) {
        int field = field_find(name.raw + 1, name.length - 2);
        if (field >= 0 && !sent[field] && entity->fields[field].role != ROLE_NUMBER) {
            put_member(&composed, field, value.raw, value.length);
        }
    }
    blob_fini(&object);
}

static void put_composed_number(const char *number, size_t length)
{
    blob_puts(&composed, composed.length > 0 ? "," : "");
    blob_quote(&composed, entity_number());
    blob_puts(&composed, ":");
    blob_string(&composed, number, length);
}

static void save_row(struct batch_row *r)
{
    char made[24];
    struct blob stored = {0};
    struct batch_part number = r->number;
    number.data = spelling_stored(number.data, &number.length, &stored);
    if (r->update) {
        struct material *m = material_by_id(r->id.data, r->id.length);
        if (r->number.length == 0) {
            blob_puts(&stored, material_number(m));
            number = (struct batch_part){blob_text(&stored), stored.length};
        }
        compose(r, m);
        put_composed_number(number.data, number.length);
        material_update(m, number.data, number.length, r->name_hash, composed.data, composed.length);
        batch_count.updates++;
        r->saved = m->id;
    } else if (r->verbatim) {
        r->saved =
            material_create(number.data, number.length, r->name_hash, r->inside.data, r->inside.length, server_now())
                ->id;
        batch_count.creates++;
    } else {
        if (r->number.length == 0) {
            snprintf(made, sizeof made, "SP%08llu", (unsigned long long)++auto_number);
            number = (struct batch_part){made, strlen(made)};
        }
        compose(r, NULL);
        put_composed_number(number.data, number.length);
        r->saved =
            material_create(number.data, number.length, r->name_hash, composed.data, composed.length, server_now())->id;
        batch_count.creates++;
    }
    blob_fini(&stored);
    batch_count.rows_saved++;
}

void batch_execute(void)
{
    size_t guilty = 0;
    for (size_t i = 0; i < row_count; i++) {
        check_members(&rows[i]);
        check_book(i);
        if (rows[i].refusal == BATCH_FINE) {
            continue;
        }
        guilty++;
        batch_count.rows_refused++;
        batch_count.refusals[rows[i].refusal]++;
    }
    if (guilty > 0 && !batch_settings.partial) {
        batch_count.rows_spared += (int64_t)(row_count - guilty);
        return;
    }
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].refusal == BATCH_FINE) {
            save_row(&rows[i]);
        }
    }
}

static void compose_old(const char *number, bool copy)
{
    composed.length = 0;
    blob_printf(&composed, "\"%s\":\"%s\",\"%s\":\"旧资料 %s%s\"", entity_number(), number,
                entity_kind() == ENTITY_BILL ? "remark" : "name", number, copy ? " (副本)" : "");
    if (entity_kind() == ENTITY_MATERIAL) {
        blob_puts(&composed, ",\"baseunitid_id\":\"1\",\"purchaseunitid_id\":\"1\",\"saleunitid_id\":\"1\","
                             "\"storeunitid_id\":\"1\",\"auxunitid_id\":\"1\",\"costmethod\":\"1\"");
    }
}

void batch_fill_book(int64_t from, int64_t until, int64_t step, int64_t each, bool disabled)
{
    for (int64_t i = from * each; i < until * each; i++) {
        char number[80];
        int length = snprintf(number, sizeof number, "%.40s%s%06lld", batch_settings.book_mark, entity->letter,
                              1 + (long long)i / each * step);
        compose_old(number, i % each != 0);
        struct material *m = material_create(number, (size_t)length, dice_hash(number, (uint64_t)length) | 1,
                                             composed.data, composed.length, server_now() - HOUR);
        material_disable(m, disabled);
    }
}
