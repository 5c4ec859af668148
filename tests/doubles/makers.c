#include "makers.h"

#include <stdarg.h>
#include <stdio.h>

#include "dice.h"
#include "shops.h"

enum { CHINA = 8 * 3600, DAY = 86400 };

char *record_text(const char *format, ...)
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

char *record_moment(time_t at)
{
    struct tm parts;
    char room[40];
    at += CHINA;
    (void)gmtime_r(&at, &parts);
    (void)strftime(room, sizeof room, "%Y-%m-%d %H:%M:%S", &parts);
    return record_text("%s", room);
}

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

/* Every tenth is disabled; addresses hold quotes and a tab now and then. */
static void make_warehouse(size_t i, char *values[])
{
    static const char *const cities[] = {"杭州市", "广州市", "武汉市", "成都市"};
    unsigned long n = (unsigned long)i + 1;
    uint64_t luck = dice_mix((uint64_t)shop_settings.seed * 7919 + n);
    char *const made[] = {record_text("W%06lu", n),
                          record_text("%lu", 2000 + n),
                          record_text("仓库 W%06lu%s", n, luck % 9 == 0 ? " “主”" : ""),
                          record_text("%d", luck % 5 == 0 ? 127 : 1),
                          record_text("0"),
                          record_text("省%lu", n % 30),
                          record_text("%s", cities[luck % 4]),
                          record_text("%s", luck % 3 ? "西湖区" : ""),
                          record_text("%s", luck % 4 ? "" : "EXT-1"),
                          record_text(luck % 11 == 0 ? "文一路\t%lu 号 \"A\" 座" : "文一路 %lu 号", n),
                          record_text("%s", luck % 2 ? "王仓管" : ""),
                          record_text("0571-%08lu", n),
                          record_text("%s", luck % 3 ? "13800000000" : ""),
                          record_text("310000"),
                          record_text("%d", n % 7 == 0),
                          record_text("%d", n % 10 == 0),
                          record_text("0"),
                          record_text("%s", ""),
                          record_text("%s", ""),
                          record_text("%s", luck % 6 ? "" : "旧系统迁移"),
                          record_text("%s", ""),
                          record_text("%s", ""),
                          record_text("2024-01-02 03:04:05"),
                          record_text("2024-01-02 03:04:05")};
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
    char *const made[] = {record_text("G%06lu", n),
                          record_text("%lu", 5000 + n),
                          record_text("货品 G%06lu", n),
                          record_text("货%lu", n),
                          record_text("%s", ""),
                          record_text("1"),
                          record_text("%d", specs),
                          record_text("品牌%lu", n % 7),
                          record_text("%s", n % 2 ? "商品" : "服务"),
                          record_text("%s", n % 3 == 0 ? "箱" : "件"),
                          record_text("%s", ""),
                          record_text("%s", n % 4 ? "" : "旧货"),
                          record_text("0"),
                          record_moment(at),
                          record_moment(at),
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
    char *const made[] = {record_text("%lu", 700000 + n),
                          record_text("CK%08lu", n),
                          record_text("JY%08lu", n),
                          record_text("TB%010lu", n * 7919),
                          record_text("%d", n % 20 == 0 ? 55
                                            : n % 3     ? 95
                                                        : 110),
                          record_text("1"),
                          record_text("W%06lu", n % 9 + 1),
                          record_text("S%06lu", n % shops + 1),
                          record_moment(at),
                          record_text("%lu.0000", total),
                          record_text("0.0000"),
                          record_text("0.0000"),
                          record_text("%s", n % 5 ? "" : "加急 \"送\""),
                          record_moment(at - 3600),
                          record_moment(at),
                          list.data};
    memcpy(values, made, sizeof made);
}

/* ---- providers ---- */

static const struct record_field provider_fields[] = {
    {"provider_no", RECORD_TEXT},
    {"provider_id", RECORD_NUMBER},
    {"provider_name", RECORD_TEXT},
    {"provider_group", RECORD_TEXT},
    {"contact", RECORD_TEXT},
    {"telno", RECORD_TEXT},
    {"mobile", RECORD_TEXT},
    {"email", RECORD_TEXT},
    {"account_bank_no", RECORD_TEXT},
    {"account_bank", RECORD_TEXT},
    {"collect_name", RECORD_TEXT},
    {"country", RECORD_NUMBER},
    {"province", RECORD_NUMBER},
    {"city", RECORD_NUMBER},
    {"district", RECORD_NUMBER},
    {"address", RECORD_TEXT},
    {"purchase_cycle_days", RECORD_NUMBER},
    {"arrive_cycle_days", RECORD_NUMBER},
    {"charge_cycle_days", RECORD_NUMBER},
    {"last_purchase_time", RECORD_TEXT},
    {"remark", RECORD_TEXT},
    {"is_disabled", RECORD_NUMBER},
    {"deleted", RECORD_NUMBER},
    {"created", RECORD_TEXT},
    {"modified", RECORD_TEXT},
};

/* Disabled and deleted ones come with the others: every tenth is disabled, every thirteenth deleted. */
static void make_provider(size_t i, char *values[])
{
    unsigned long n = (unsigned long)i + 1;
    uint64_t luck = dice_mix((uint64_t)shop_settings.seed * 104729 + n);
    char *const made[] = {record_text("P%06lu", n),
                          record_text("%lu", 8000 + n),
                          record_text(luck % 9 ? "供应商 P%06lu" : "　供应商 P%06lu ", n),
                          record_text("%s", luck % 2 ? "面料" : "包装"),
                          record_text("%s", n % 3 ? "赵采购" : ""),
                          record_text("0571-%08lu", n),
                          record_text("%s", luck % 4 ? "13900000000" : ""),
                          record_text("%s", luck % 3 ? "" : "p@example.com"),
                          record_text("62220%014lu", n),
                          record_text("%s", "招商银行"),
                          record_text("户名 %lu", n),
                          record_text("0"),
                          record_text("330000"),
                          record_text("330100"),
                          record_text("330106"),
                          record_text("文二路 %lu 号", n),
                          record_text("%lu", n % 30),
                          record_text("7"),
                          record_text("30"),
                          record_text("0000-00-00 00:00:00"),
                          record_text("%s", luck % 5 ? "" : "月结"),
                          record_text("%d", n % 10 == 0),
                          record_text("%d", n % 13 == 0),
                          record_text("2024-01-02 03:04:05"),
                          record_text("2024-01-02 03:04:05")};
    memcpy(values, made, sizeof made);
}

#define FIELDS(list) list, sizeof(list) / sizeof *(list)
const struct record_table record_tables[RECORD_TABLES] = {
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
    {"provider",
     "wdt.purchase.provider.query",
     "provider_list",
     {"column", "provider_no", "provider_name"},
     FIELDS(provider_fields),
     &record_settings.providers,
     "modified",
     NULL,
     false,
     make_provider},
};
