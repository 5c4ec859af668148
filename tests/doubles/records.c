#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dice.h"
#include "makers.h"
#include "shops.h"

struct record_settings record_settings;

enum { MONTH = 30 * 86400 };

struct record {
    char *values[RECORD_FIELDS_MAX];
    time_t touched; /* 0 = never */
};
struct rows {
    struct record *all;
    size_t count, room, made; /* made: how many ever, so that none comes back */
};

static struct rows rows[RECORD_TABLES];

const struct record_table *record_table_by_method(const char *method)
{
    for (size_t i = 0; i < RECORD_TABLES; i++) {
        if (strcmp(record_tables[i].method, method) == 0) {
            return &record_tables[i];
        }
    }
    return NULL;
}

const struct record_table *record_table_by_name(const char *name)
{
    for (size_t i = 0; name && i < RECORD_TABLES; i++) {
        if (strcmp(record_tables[i].name, name) == 0) {
            return &record_tables[i];
        }
    }
    return NULL;
}

static struct rows *rows_of(const struct record_table *table)
{
    return &rows[table - record_tables];
}

static void record_free(const struct record_table *table, struct record *record)
{
    for (size_t i = 0; i < table->field_count; i++) {
        free(record->values[i]);
    }
}

void records_make(void)
{
    for (const struct record_table *table = record_tables; table < record_tables + RECORD_TABLES; table++) {
        struct rows *r = rows_of(table);
        size_t wanted = (size_t)*table->wanted;
        if (wanted > r->made) {
            r->room = r->count + wanted - r->made;
            r->all = blob_memory(r->all, r->room * sizeof *r->all);
        }
        for (; r->made < wanted; r->made++) {
            r->all[r->count].touched = 0;
            table->make(r->made, r->all[r->count++].values);
        }
    }
}

void records_fini(void)
{
    for (const struct record_table *table = record_tables; table < record_tables + RECORD_TABLES; table++) {
        struct rows *r = rows_of(table);
        for (size_t i = 0; i < r->count; i++) {
            record_free(table, &r->all[i]);
        }
        free(r->all);
        *r = (struct rows){0};
    }
}

static int field_index(const struct record_table *table, const char *name)
{
    for (size_t i = 0; i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static struct record *find(const struct record_table *table, const char *key)
{
    const struct rows *r = rows_of(table);
    for (size_t i = 0; key && i < r->count; i++) {
        if (strcmp(r->all[i].values[0], key) == 0) {
            return &r->all[i];
        }
    }
    return NULL;
}

/* ---- pages ---- */

static const char *param(const struct page_query *q, const char *name)
{
    const char *value = form_get(q->form, name);
    return value ? value : "";
}

static bool read_moment(const char *value, time_t *out)
{
    struct tm parts = {0};
    const char *end = strptime(value, "%Y-%m-%d %H:%M:%S", &parts);
    *out = end && *end == '\0' && strlen(value) == 19 ? timegm(&parts) : 0;
    return *out > 0;
}

const char *record_refuses(const struct page_query *q)
{
    time_t start = 0, end = 0;
    bool by_key = *param(q, q->table->fields[0].name) || *param(q, "spec_no");
    if (!q->table->windowed || by_key) {
        return NULL;
    }
    if (!read_moment(param(q, "start_time"), &start) || !read_moment(param(q, "end_time"), &end)) {
        return "start_time或end_time格式错误";
    }
    return end < start ? "结束时间不能小于开始时间" : end - start > MONTH ? "时间跨度不能超过30天" : NULL;
}

/* Times sort as they are written. With a key they are ignored. */
static bool in_window(const struct page_query *q, const struct record *record)
{
    bool shipped = q->table->shipped && strcmp(param(q, "is_by_modified"), "1") != 0;
    const char *at = record->values[field_index(q->table, shipped ? q->table->shipped : q->table->modified)];
    bool by_key = *param(q, q->table->fields[0].name) || *param(q, "spec_no");
    return by_key || !q->table->windowed ||
           (strcmp(at, param(q, "start_time")) >= 0 && strcmp(at, param(q, "end_time")) <= 0);
}

/* Whether one of its specs has this number: as JSON says it. */
static bool has_spec(const struct page_query *q, const struct record *record)
{
    const char *wanted = param(q, "spec_no");
    int list = field_index(q->table, "spec_list");
    char member[200];
    snprintf(member, sizeof member, "\"spec_no\":\"%.150s\"", wanted);
    return !*wanted || (list >= 0 && strstr(record->values[list], member));
}

static bool matches(const struct page_query *q, const struct record *record)
{
    if (record->touched + (time_t)record_settings.shown_late > time(NULL) || !in_window(q, record) ||
        !has_spec(q, record)) {
        return false;
    }
    for (size_t i = 0; i < RECORD_PARAMS_MAX && q->table->params[i]; i++) {
        const char *asked = form_get(q->form, q->table->params[i]);
        int field = field_index(q->table, q->table->params[i]);
        if (asked && *asked && field >= 0 && strcmp(asked, record->values[field]) != 0) {
            return false;
        }
    }
    return true;
}

/* Is it one of "a,b,c"? All are where nothing is listed. */
static bool listed(const char *columns, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = columns; *at; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ", ");
        if (length == size && memcmp(at, name, size) == 0) {
            return true;
        }
        at += length;
    }
    return !*columns;
}

/* With the fields of `columns`, in the table's order. */
static void put_record(struct blob *out, const struct record_table *table, const struct record *record,
                       const char *columns)
{
    bool first = true;
    blob_puts(out, "{");
    for (size_t i = 0; i < table->field_count; i++) {
        const char *value = record->values[i];
        if (!listed(columns, table->fields[i].name)) {
            continue;
        }
        blob_puts(out, first ? "" : ",");
        first = false;
        blob_quote(out, table->fields[i].name);
        blob_puts(out, ":");
        if (table->fields[i].kind == RECORD_NUMBER) {
            shop_put_number(out, value, strlen(value));
        } else if (table->fields[i].kind == RECORD_JSON) {
            blob_puts(out, value);
        } else {
            blob_quote(out, value);
        }
    }
    blob_puts(out, "}");
}

/* Puts the rows of the page (out may be NULL); *total is how many match. */
static size_t put_rows(struct blob *out, const struct page_query *q, size_t *total)
{
    const struct rows *r = rows_of(q->table);
    size_t size = (size_t)q->page_size, cap = (size_t)page_settings.page_cap, from, put = 0;
    size = cap > 0 && size > cap ? cap : size;
    from = (size_t)q->page_no * size;
    *total = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!matches(q, &r->all[i])) {
            continue;
        }
        if (*total >= from && *total < from + size) {
            if (out) {
                blob_puts(out, put > 0 ? "," : "");
                put_record(out, q->table, &r->all[i], param(q, "column"));
            }
            put++;
        }
        ++*total;
    }
    return put;
}

struct page_fact record_page_look(const struct page_query *q)
{
    size_t total, put = put_rows(NULL, q, &total);
    uint64_t key = dice_hash(q->table->name, strlen(q->table->name));
    for (size_t i = 0; i < RECORD_PARAMS_MAX && q->table->params[i]; i++) {
        const char *asked = form_get(q->form, q->table->params[i]);
        key = dice_mix(key ^ (asked ? dice_hash(asked, strlen(asked)) : 1));
    }
    return (struct page_fact){.key = dice_mix(key ^ ((uint64_t)q->page_no << 16 | (uint64_t)q->page_size)),
                              .rows = put,
                              .beyond = put == 0 && q->page_no > 0};
}

void record_page_render(struct blob *out, const struct page_query *q)
{
    static const char *const nothing[] = {"[]", "", "{}", "\"\"", "null"};
    struct blob list = {0}, digits = {0};
    size_t total, put = put_rows(&list, q, &total);
    bool as_text = shop_settings.numbers == NUMBERS_TEXT;
    blob_puts(out, as_text ? "{\"response\":{\"errorcode\":\"0\"" : "{\"response\":{\"errorcode\":0");
    blob_puts(out, ",\"message\":\"ok\"");
    bool own = page_settings.total == TOTAL_PAGE; /* the page's own count */
    if (own || page_settings.total == TOTAL_ALWAYS || (page_settings.total == TOTAL_FIRST && q->page_no == 0)) {
        blob_integer(&digits, (int64_t)(own ? put : total) + page_settings.total_off);
        blob_puts(out, ",\"total_count\":");
        shop_put_number(out, digits.data, digits.length);
    }
    if (put > 0 || page_settings.empty != EMPTY_ABSENT) {
        blob_puts(out, ",");
        blob_quote(out, q->table->list);
        blob_puts(out, ":");
        blob_puts(out, put > 0 ? "[" : nothing[page_settings.empty]);
        blob_put(out, list.data, list.length);
        blob_puts(out, put > 0 ? "]" : "");
    }
    blob_puts(out, "}}");
    blob_fini(&list);
    blob_fini(&digits);
}

/* ---- controls ---- */

static void set(char **value, const char *to)
{
    free(*value);
    *value = record_text("%s", to);
}

/* A record that was changed is the newest. */
static void touch(const struct record_table *table, struct record *record)
{
    struct rows *r = rows_of(table);
    int modified = field_index(table, table->modified);
    time_t now = time(NULL);
    free(record->values[modified]);
    record->values[modified] = record_moment(now);
    record->touched = now;
    struct record newest = *record;
    memmove(record, record + 1, (size_t)(r->all + r->count - record - 1) * sizeof *record);
    r->all[r->count - 1] = newest;
}

bool records_edit(const struct record_table *table, const char *key, const struct form *form)
{
    struct record *record = find(table, key);
    if (!record) {
        return false;
    }
    for (size_t i = 0; i < form->count; i++) {
        const char *name = form->pairs[i].name;
        bool order = strcmp(name, "of") == 0 || strcmp(name, "no") == 0;
        int field = field_index(table, name);
        if (!order && field < 0) {
            return false;
        }
        if (!order) {
            set(&record->values[field], form->pairs[i].value);
        }
    }
    touch(table, record);
    return true;
}

bool records_remove(const struct record_table *table, const char *key)
{
    struct rows *r = rows_of(table);
    struct record *record = find(table, key);
    if (!record) {
        return false;
    }
    record_free(table, record);
    memmove(record, record + 1, (size_t)(r->all + r->count - record - 1) * sizeof *record);
    r->count--;
    return true;
}

void records_list(const struct record_table *table, struct blob *out)
{
    const struct rows *r = rows_of(table);
    for (size_t i = 0; i < r->count; i++) {
        blob_puts(out, r->all[i].values[0]);
        blob_puts(out, "\n");
    }
}

bool records_print(const struct record_table *table, const char *key, struct blob *out)
{
    const struct record *record = find(table, key);
    if (record) {
        put_record(out, table, record, "");
    }
    return record != NULL;
}
