#include "records.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dice.h"
#include "shops.h"

struct record_settings record_settings;

enum { CHINA = 8 * 3600, DAY = 86400, MONTH = 30 * DAY };

struct record {
    char *values[RECORD_FIELDS_MAX];
    time_t shown; /* from then on */
};
struct rows {
    struct record *all;
    size_t count, room, made; /* made: how many ever, so that none comes back */
};

/* ---- warehouses ---- */

static const struct record_field warehouse_fields[] = {
    {"warehouse_no", RECORD_TEXT},
    {"warehouse_id", RECORD_NUMBER},
    {"name", RECORD_TEXT},
    {"warehouse_type", RECORD_NUMBER},
    {"sub_type", RECORD_NUMBER},
    {"province", RECORD_TEXT},
    {"city", RECORD_TEXT},
    {"district", RECORD_TEXT},
    {"ext_warehouse_no", RECORD_TEXT},
    {"address", RECORD_TEXT},
    {"contact", RECORD_TEXT},
    {"telno", RECORD_TEXT},
    {"mobile", RECORD_TEXT},
    {"zip", RECORD_TEXT},
    {"is_defect", RECORD_NUMBER},
    {"is_disabled", RECORD_NUMBER},
    {"match_warehouse_id", RECORD_NUMBER},
    {"coordinates_x", RECORD_TEXT},
    {"coordinates_y", RECORD_TEXT},
    {"remark", RECORD_TEXT},
    {"prop1", RECORD_TEXT},
    {"prop2", RECORD_TEXT},
    {"created", RECORD_TEXT},
    {"modified", RECORD_TEXT},
};

__attribute__((format(printf, 1, 2))) static char *text(const char *format, ...)
{
    struct blob b = {0};
    va_list list;
    char room[4000];
    va_start(list, format);
    vsnprintf(room, sizeof room, format, list);
    va_end(list);
    blob_puts(&b, room);
    blob_put(&b, "", 1);
    return b.data;
}

/* Every tenth is disabled; addresses hold quotes and a tab now and then. */
static void make_warehouse(size_t i, char *values[])
{
    static const char *const cities[] = {"杭州市", "广州市", "武汉市", "成都市"};
    unsigned long n = (unsigned long)i + 1;
    uint64_t luck = dice_mix((uint64_t)shop_settings.seed * 7919 + n);
    char *const made[] = {text("W%06lu", n),
                          text("%lu", 2000 + n),
                          text("仓库 W%06lu%s", n, luck % 9 == 0 ? " “主”" : ""),
                          text("%d", luck % 5 == 0 ? 127 : 1),
                          text("0"),
                          text("省%lu", n % 30),
                          text("%s", cities[luck % 4]),
                          text("%s", luck % 3 ? "西湖区" : ""),
                          text("%s", luck % 4 ? "" : "EXT-1"),
                          text(luck % 11 == 0 ? "文一路\t%lu 号 \"A\" 座" : "文一路 %lu 号", n),
                          text("%s", luck % 2 ? "王仓管" : ""),
                          text("0571-%08lu", n),
                          text("%s", luck % 3 ? "13800000000" : ""),
                          text("310000"),
                          text("%d", n % 7 == 0),
                          text("%d", n % 10 == 0),
                          text("0"),
                          text("%s", ""),
                          text("%s", ""),
                          text("%s", luck % 6 ? "" : "旧系统迁移"),
                          text("%s", ""),
                          text("%s", ""),
                          text("2024-01-02 03:04:05"),
                          text("2024-01-02 03:04:05")};
    memcpy(values, made, sizeof made);
}

/* ---- goods ---- */

static const struct record_field goods_fields[] = {
    {"goods_no", RECORD_TEXT},     {"goods_id", RECORD_NUMBER},    {"goods_name", RECORD_TEXT},
    {"short_name", RECORD_TEXT},   {"alias", RECORD_TEXT},         {"goods_type", RECORD_NUMBER},
    {"spec_count", RECORD_NUMBER}, {"brand_name", RECORD_TEXT},    {"class_name", RECORD_TEXT},
    {"unit_name", RECORD_TEXT},    {"origin", RECORD_TEXT},        {"remark", RECORD_TEXT},
    {"deleted", RECORD_NUMBER},    {"goods_created", RECORD_TEXT}, {"goods_modified", RECORD_TEXT},
    {"spec_list", RECORD_JSON},
};

/* "2026-01-31 08:00:00" in China. */
static char *moment(time_t at)
{
    struct tm parts;
    char room[40];
    at += CHINA;
    (void)gmtime_r(&at, &parts);
    (void)strftime(room, sizeof room, "%Y-%m-%d %H:%M:%S", &parts);
    return text("%s", room);
}

static void put_spec(struct blob *out, unsigned long n, int k)
{
    blob_printf(out,
                "%s{\"spec_id\":%lu,\"spec_no\":\"G%06lu-%d\",\"spec_code\":\"%d\",\"barcode\":\"69%09lu%d\","
                "\"spec_name\":\"规格 %d\",\"spec_unit_name\":\"%s\",\"retail_price\":\"%lu.%02d00\","
                "\"wholesale_price\":\"%lu.5000\",\"weight\":\"0.%d\",\"deleted\":0}",
                k > 1 ? "," : "", n * 10 + (unsigned long)k, n, k, k, n, k, k, n % 3 == 0 ? "箱" : "件", n % 100 + 1, k,
                n % 90 + 1, k);
}

/* One to five specs each, but for every fifteenth, which has none. */
static void make_goods(size_t i, char *values[])
{
    unsigned long n = (unsigned long)i + 1;
    int specs = n % 15 == 0 ? 0 : (int)(n % 5) + 1;
    time_t span = (time_t)(record_settings.goods_days * DAY), of = (time_t)record_settings.goods;
    time_t at = time(NULL) - 120 - span + span * (time_t)i / (of > 0 ? of : 1);
    struct blob list = {0};
    blob_puts(&list, "[");
    for (int k = 1; k <= specs; k++) {
        put_spec(&list, n, k);
    }
    blob_put(&list, "]", 2);
    char *const made[] = {text("G%06lu", n),
                          text("%lu", 5000 + n),
                          text("货品 G%06lu", n),
                          text("货%lu", n),
                          text("%s", ""),
                          text("1"),
                          text("%d", specs),
                          text("品牌%lu", n % 7),
                          text("%s", n % 2 ? "商品" : "服务"),
                          text("%s", n % 3 == 0 ? "箱" : "件"),
                          text("%s", ""),
                          text("%s", n % 4 ? "" : "旧货"),
                          text("0"),
                          moment(at),
                          moment(at),
                          list.data};
    memcpy(values, made, sizeof made);
}

/* ---- stock-out orders ---- */

static const struct record_field stockout_fields[] = {
    {"stockout_id", RECORD_NUMBER}, {"order_no", RECORD_TEXT},   {"src_order_no", RECORD_TEXT},
    {"src_tids", RECORD_TEXT},      {"status", RECORD_NUMBER},   {"trade_type", RECORD_NUMBER},
    {"warehouse_no", RECORD_TEXT},  {"shop_no", RECORD_TEXT},    {"consign_time", RECORD_TEXT},
    {"goods_count", RECORD_TEXT},   {"receivable", RECORD_TEXT}, {"post_amount", RECORD_TEXT},
    {"cs_remark", RECORD_TEXT},     {"created", RECORD_TEXT},    {"modified", RECORD_TEXT},
    {"details_list", RECORD_JSON},
};

/* A row of a spec that the goods above have. Every seventh is a gift; row 3 of some orders has nothing in it. */
static void put_detail(struct blob *out, unsigned long n, unsigned long k, unsigned long *total)
{
    unsigned long goods = record_settings.goods > 1 ? (unsigned long)record_settings.goods : 1;
    uint64_t luck = dice_mix(n * 64 + k);
    unsigned long of = luck % goods + 1, count = k == 3 && n % 6 == 0 ? 0 : luck / 7 % 5 + 1;
    of = of % 15 == 0 ? of - 1 : of;
    bool gift = luck % 7 == 0;
    unsigned long amount = gift || count == 0 ? 0 : luck / 11 % 100000 + 1, post = gift || count == 0 ? 0 : luck % 300;
    blob_printf(out,
                "%s{\"rec_id\":%lu,\"spec_no\":\"G%06lu-%lu\",\"gift_type\":%d,\"goods_count\":\"%lu.0000\","
                "\"total_amount\":\"%lu.%02lu00\",\"share_post\":\"%lu.%04lu\"}",
                k > 1 ? "," : "", n * 10 + k, of, luck / 13 % (of % 5 + 1) + 1, gift, count, amount / 100, amount % 100,
                post / 100, post % 100 * 100 + (gift || count == 0 ? 0 : luck % 100));
    *total += count;
}

/* One to eight rows each; every twentieth is not shipped yet. */
static void make_stockout(size_t i, char *values[])
{
    unsigned long n = (unsigned long)i + 1, total = 0;
    unsigned long shops = shop_settings.shops > 0 ? (unsigned long)shop_settings.shops : 1;
    time_t at = time(NULL) - 120 - DAY + DAY * (time_t)i / (time_t)(record_settings.stockouts + 1);
    struct blob list = {0};
    blob_puts(&list, "[");
    for (unsigned long k = 1; k <= n % 8 + 1; k++) {
        put_detail(&list, n, k, &total);
    }
    blob_put(&list, "]", 2);
    char *const made[] = {text("%lu", 700000 + n),
                          text("CK%08lu", n),
                          text("JY%08lu", n),
                          text("TB%010lu", n * 7919),
                          text("%d", n % 20 == 0 ? 55
                                     : n % 3     ? 95
                                                 : 110),
                          text("1"),
                          text("W%06lu", n % 9 + 1),
                          text("S%06lu", n % shops + 1),
                          moment(at),
                          text("%lu.0000", total),
                          text("0.0000"),
                          text("0.0000"),
                          text("%s", n % 5 ? "" : "加急 \"送\""),
                          moment(at - 3600),
                          moment(at),
                          list.data};
    memcpy(values, made, sizeof made);
}

#define FIELDS(list) list, sizeof(list) / sizeof *(list)
static const struct record_table tables[] = {
    {"warehouse",
     "wdt.warehouse.query",
     "warehouses",
     {"warehouse_no", "warehouse_type", "is_disabled", "start_time", "end_time"},
     FIELDS(warehouse_fields),
     &record_settings.warehouses,
     "modified",
     NULL,
     false,
     make_warehouse},
    {"goods",
     "wdt.goods.query",
     "goods_list",
     {"goods_no", "spec_no", "barcode", "brand_no", "class_name", "deleted", "start_time", "end_time"},
     FIELDS(goods_fields),
     &record_settings.goods,
     "goods_modified",
     NULL,
     true,
     make_goods},
    {"stockout",
     "wdt.stockout.order.query.trade",
     "stockout_list",
     {"status", "src_order_no", "src_tid", "stockout_no", "shop_no", "warehouse_no", "is_by_modified", "start_time",
      "end_time"},
     FIELDS(stockout_fields),
     &record_settings.stockouts,
     "modified",
     "consign_time",
     true,
     make_stockout},
};
enum { TABLES = sizeof tables / sizeof *tables };
static struct rows rows[TABLES];

const struct record_table *record_table_by_method(const char *method)
{
    for (size_t i = 0; i < TABLES; i++) {
        if (strcmp(tables[i].method, method) == 0) {
            return &tables[i];
        }
    }
    return NULL;
}

const struct record_table *record_table_by_name(const char *name)
{
    for (size_t i = 0; name && i < TABLES; i++) {
        if (strcmp(tables[i].name, name) == 0) {
            return &tables[i];
        }
    }
    return NULL;
}

static struct rows *rows_of(const struct record_table *table)
{
    return &rows[table - tables];
}

static void record_free(const struct record_table *table, struct record *record)
{
    for (size_t i = 0; i < table->field_count; i++) {
        free(record->values[i]);
    }
}

void records_make(void)
{
    for (const struct record_table *table = tables; table < tables + TABLES; table++) {
        struct rows *r = rows_of(table);
        size_t wanted = (size_t)*table->wanted;
        if (wanted > r->made) {
            r->room = r->count + wanted - r->made;
            r->all = blob_memory(r->all, r->room * sizeof *r->all);
        }
        for (; r->made < wanted; r->made++) {
            r->all[r->count].shown = 0;
            table->make(r->made, r->all[r->count++].values);
        }
    }
}

void records_fini(void)
{
    for (const struct record_table *table = tables; table < tables + TABLES; table++) {
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
    if (record->shown > time(NULL) || !in_window(q, record) || !has_spec(q, record)) {
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

static void put_record(struct blob *out, const struct record_table *table, const struct record *record)
{
    for (size_t i = 0; i < table->field_count; i++) {
        const char *value = record->values[i];
        blob_puts(out, i == 0 ? "{" : ",");
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
                put_record(out, q->table, &r->all[i]);
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
    if (page_settings.total == TOTAL_ALWAYS || (page_settings.total == TOTAL_FIRST && q->page_no == 0)) {
        blob_integer(&digits, (int64_t)total + page_settings.total_off);
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
    *value = text("%s", to);
}

/* A record that was changed is the newest. */
static void touch(const struct record_table *table, struct record *record)
{
    struct rows *r = rows_of(table);
    int modified = field_index(table, table->modified);
    time_t now = time(NULL);
    free(record->values[modified]);
    record->values[modified] = moment(now);
    record->shown = now + (time_t)record_settings.shown_late;
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
        put_record(out, table, record);
    }
    return record != NULL;
}
