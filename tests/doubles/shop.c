/* What one shop looks like: all 60 fields of the reply, from its serial and the seed alone. */
#include "dice.h"
#include "shops.h"

/* name, and N where the API gives a number */
#define SHOP_FIELDS(X)                                                                                                 \
    X(platform_id, 1)                                                                                                  \
    X(sub_platform_id, 1)                                                                                              \
    X(shop_id, 1)                                                                                                      \
    X(shop_no, 0)                                                                                                      \
    X(shop_name, 0)                                                                                                    \
    X(account_id, 0)                                                                                                   \
    X(account_nick, 0)                                                                                                 \
    X(province, 1)                                                                                                     \
    X(city, 1)                                                                                                         \
    X(district, 1)                                                                                                     \
    X(province_name, 0)                                                                                                \
    X(city_name, 0)                                                                                                    \
    X(district_name, 0)                                                                                                \
    X(address, 0)                                                                                                      \
    X(contact, 0)                                                                                                      \
    X(zip, 0)                                                                                                          \
    X(mobile, 0)                                                                                                       \
    X(telno, 0)                                                                                                        \
    X(remark, 0)                                                                                                       \
    X(pay_account_id, 0)                                                                                               \
    X(auth_state, 1)                                                                                                   \
    X(push_rds_id, 1)                                                                                                  \
    X(pay_auth_state, 1)                                                                                               \
    X(app_key, 0)                                                                                                      \
    X(refresh_token, 0)                                                                                                \
    X(sh_secret, 0)                                                                                                    \
    X(auth_time, 0)                                                                                                    \
    X(expire_time, 0)                                                                                                  \
    X(re_expire_time, 0)                                                                                               \
    X(freeze_auth_to, 0)                                                                                               \
    X(wms_check, 1)                                                                                                    \
    X(logistics_id, 1)                                                                                                 \
    X(cod_logistics_id, 1)                                                                                             \
    X(country, 1)                                                                                                      \
    X(address_id, 1)                                                                                                   \
    X(email, 0)                                                                                                        \
    X(website, 0)                                                                                                      \
    X(prop1, 0)                                                                                                        \
    X(prop2, 0)                                                                                                        \
    X(is_undownload_trade, 1)                                                                                          \
    X(invoice_provider_id, 1)                                                                                          \
    X(group_id, 1)                                                                                                     \
    X(is_hold_enabled, 1)                                                                                              \
    X(is_nomerge, 1)                                                                                                   \
    X(is_nosplit, 1)                                                                                                   \
    X(is_forbidden_setwarebygoods, 1)                                                                                  \
    X(is_setwarebygoods, 1)                                                                                            \
    X(cust_data, 0)                                                                                                    \
    X(is_topreorder, 1)                                                                                                \
    X(is_disabled, 1)                                                                                                  \
    X(taobao_shop_id, 1)                                                                                               \
    X(invoice_payee_id, 1)                                                                                             \
    X(paper_invoice_provider_id, 1)                                                                                    \
    X(logistics_sync_delay, 1)                                                                                         \
    X(forbidden_logistics_list, 0)                                                                                     \
    X(shop_priority, 1)                                                                                                \
    X(great_deal_limit, 1)                                                                                             \
    X(great_deal_warehouse, 1)                                                                                         \
    X(modified, 0)                                                                                                     \
    X(created, 0)

#define SHOP_ENUM(name, number) F_##name,
enum { SHOP_FIELDS(SHOP_ENUM) FIELD_COUNT };
#define SHOP_ENTRY(name, number) {"\"" #name "\":", sizeof #name + 2, number},
static const struct {
    const char *member; /* `"name":` */
    size_t length;
    bool number;
} fields[FIELD_COUNT] = {SHOP_FIELDS(SHOP_ENTRY)};

/* All texts below are the insides of JSON strings, escaped already. */
static const char *const platforms[] = {"1", "1",  "39", "39", "3",  "69", "69",  "75",  "13",  "14", "17",
                                        "9", "56", "32", "28", "0",  "83", "101", "127", "139", "2",  "5",
                                        "7", "37", "8",  "6",  "50", "39", "1",   "3",   "69",  "1"};
static const char *const brands[] = {"云栖",     "禾木良品", "小满",     "青禾",   "北岸咖啡", "山野集",
                                     "知味坊",   "三顿茶",   "蓝鲸户外", "初棉",   "木子家居", "老街口",
                                     "松果童装", "半亩花田", "春风十里", "海大厨", "阿婆家",   "鹿角巷",
                                     "素履",     "极光数码", "喜禾",     "一叶子", "百草堂",   "南屏晚"};
static const char *const trades[] = {"服饰", "食品", "家纺", "美妆", "母婴", "数码", "茶业", "生鲜",
                                     "文具", "箱包", "宠物", "户外", "酒水", "灯具", "图书", "花艺"};
static const char *const kinds[] = {"旗舰店", "专营店", "专卖店", "官方店", "企业店", "直播间", "工厂店", "会员店"};
/* Around the name: quotes, backslashes, emoji, rare characters, escapes in every spelling. */
static const struct {
    const char *before, *after;
} frames[] = {{"\\\"", "\\\""},     {"", "\\\\分销\\\\"}, {"🌸", "🎁"},
              {"", "（A&B<C>'s）"}, {"𠮷野家", ""},       {"\\u4e91\\u6816", "\\ud83d\\ude00"},
              {"", "\\/官方\\/"},   {"é", " ñandú "}};
static const struct {
    const char *province, *province_name, *city, *city_name, *district, *district_name, *zip, *code;
} places[] = {{"330000", "浙江省", "330100", "杭州市", "330106", "西湖区", "310013", "0571"},
              {"310000", "上海", "310100", "上海市", "310115", "浦东新区", "200120", "021"},
              {"440000", "广东省", "440300", "深圳市", "440305", "南山区", "518052", "0755"},
              {"440000", "广东省", "440100", "广州市", "440106", "天河区", "510630", "020"},
              {"110000", "北京", "110100", "北京市", "110105", "朝阳区", "100020", "010"},
              {"510000", "四川省", "510100", "成都市", "510107", "武侯区", "610041", "028"},
              {"320000", "江苏省", "320500", "苏州市", "320571", "苏州工业园区", "215021", "0512"},
              {"350000", "福建省", "350500", "泉州市", "350582", "晋江市", "362200", "0595"},
              {"650000", "新疆维吾尔自治区", "653100", "喀什地区", "653101", "喀什市", "844000", "0998"},
              {"370000", "山东省", "370200", "青岛市", "370202", "市南区", "266071", "0532"},
              {"420000", "湖北省", "420100", "武汉市", "420106", "武昌区", "430060", "027"},
              {"460000", "海南省", "460100", "海口市", "460105", "秀英区", "570311", "0898"}};
static const char *const roads[] = {"文三路",   "世纪大道", "科技园南路", "建设一路",
                                    "人民东路", "解放北路", "学院路",     "滨江大道"};
static const char *const people[] = {"王芳", "李伟", "张敏", "刘洋", "陈静", "杨帆", "赵磊", "欧阳娜娜"};
static const char long_remark[] =
    "本店商品与线下门店同款，库存共享，安全库存 20 件；大单（50 件以上）先电话确认再审单，联系人 赵经理。"
    "发票统一由财务开具，抬头必须与付款方一致；电子发票 7 个工作日内发送。换货只换不修，运费由责任方承担，"
    "质检照片上传到共享盘。包材使用环保纸箱，禁止使用黑色胶带。节假日前三天停止接受定制订单，"
    "恢复时间以公告为准。仓库盘点日（每月最后一个周五）不出库。";
static const char *const remarks[] = {
    "",
    "",
    "",
    "",
    "拼团店",
    "2024 年新开，运费模板 A",
    "",
    "默认发申通",
    "与 S000001 共用仓库",
    "默认发中通，偏远地区改邮政",
    "周末不发货\\n工作日 16:00 前下单当天发",
    "客服交接：\\\"加急\\\" 单转 8012 分机；退货地址见 C:\\\\店铺\\\\说明.txt",
    "活动期间仓库优先级：杭州仓 > 苏州仓 > 广州仓\\t赠品另计",
    "",
    "双11 大促专用店铺 🎉 活动结束后停用",
    long_remark,
};

struct facts {
    uint64_t a, b;
    uint32_t entry;
    uint32_t serial;
    char no[16];
    size_t no_length;
};

static void put_serial(char out[16], size_t *length, uint32_t entry)
{
    uint32_t serial = entry & ~SHOP_DISABLED;
    char digits[10];
    size_t n = 0;
    for (; serial > 0 || n < 6; serial /= 10) {
        digits[n++] = (char)('0' + serial % 10);
    }
    out[0] = entry & SHOP_DISABLED ? 'D' : 'S';
    for (size_t i = 0; i < n; i++) {
        out[1 + i] = digits[n - 1 - i];
    }
    *length = n + 1;
}

void shop_number(struct blob *out, uint32_t entry)
{
    char no[16];
    size_t length;
    const char *edit = shop_is_edited(entry) ? shop_edit(entry, F_shop_no) : NULL;
    if (edit) {
        blob_puts(out, edit);
        return;
    }
    put_serial(no, &length, entry);
    blob_put(out, no, length);
}

void shop_put_number(struct blob *out, const char *digits, size_t length)
{
    bool fraction = memchr(digits, '.', length) != NULL;
    if (shop_settings.numbers == NUMBERS_TEXT) {
        blob_put(out, "\"", 1);
        blob_put(out, digits, length);
        blob_put(out, "\"", 1);
    } else if (shop_settings.numbers == NUMBERS_EXPONENT && !fraction) {
        blob_put(out, digits, 1);
        blob_put(out, ".", 1);
        blob_put(out, length > 1 ? digits + 1 : "0", length > 1 ? length - 1 : 1);
        blob_put(out, "E", 1);
        blob_integer(out, (int64_t)length - 1);
    } else {
        blob_put(out, digits, length);
        blob_puts(out, shop_settings.numbers == NUMBERS_FLOAT && !fraction ? ".0" : "");
    }
}

static uint64_t first_hash(uint32_t entry)
{
    return dice_mix((uint64_t)shop_settings.seed << 32 ^ entry);
}

const char *shop_platform(uint32_t entry)
{
    return platforms[first_hash(entry) % (sizeof platforms / sizeof *platforms)];
}

int shop_field(const char *name, bool *number)
{
    size_t length = strlen(name);
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (fields[i].length == length + 3 && memcmp(fields[i].member + 1, name, length) == 0) {
            *number = fields[i].number;
            return i;
        }
    }
    return -1;
}

#define PICK(list, bits) ((list)[(bits) % (sizeof(list) / sizeof *(list))])
#define PLACE(member) blob_puts(out, places[(f->a >> 8) % (sizeof places / sizeof *places)].member)

static void put_name(struct blob *out, const struct facts *f)
{
    bool framed = f->b % 8 == 0;
    size_t frame = (f->b >> 3) % (sizeof frames / sizeof *frames);
    if (framed) {
        blob_puts(out, frames[frame].before);
    }
    blob_puts(out, PICK(brands, f->a >> 16));
    blob_puts(out, PICK(trades, f->a >> 24));
    blob_puts(out, PICK(kinds, f->a >> 32));
    if (framed) {
        blob_puts(out, frames[frame].after);
    }
    blob_put(out, f->no, f->no_length);
}

static void put_two(struct blob *out, uint64_t value)
{
    blob_put(out, (const char[]){(char)('0' + value / 10 % 10), (char)('0' + value % 10)}, 2);
}

static void put_time(struct blob *out, const char *year, uint64_t bits)
{
    blob_puts(out, year);
    blob_put(out, "-", 1);
    put_two(out, 1 + bits % 12);
    blob_put(out, "-", 1);
    put_two(out, 1 + (bits >> 8) % 28);
    blob_put(out, " ", 1);
    put_two(out, (bits >> 16) % 24);
    blob_put(out, ":", 1);
    put_two(out, (bits >> 24) % 60);
    blob_put(out, ":", 1);
    put_two(out, (bits >> 32) % 60);
}

static void put_secret(struct blob *out, const struct facts *f, const char *kind)
{
    blob_puts(out, "SECRET-");
    blob_put(out, f->no, f->no_length);
    blob_puts(out, kind);
}

static void put_shop_id(struct blob *out, const struct facts *f)
{
    int64_t base = shop_settings.long_ids ? 7012345678901234000 : f->entry & SHOP_DISABLED ? 900000000 : 1000;
    blob_integer(out, base + f->serial);
}

static void put_address(struct blob *out, const struct facts *f)
{
    blob_puts(out, PICK(roads, f->b >> 8));
    blob_integer(out, (int64_t)(1 + (f->b >> 12) % 800));
    blob_puts(out, "号");
    blob_integer(out, (int64_t)(1 + (f->b >> 22) % 30));
    blob_puts(out, f->b % 5 == 0 ? "幢\\\"B座\\\"" : "幢");
    blob_integer(out, (int64_t)(101 + (f->b >> 30) % 2400));
    blob_puts(out, "室");
}

static void put_mobile(struct blob *out, const struct facts *f)
{
    blob_puts(out, "13");
    blob_integer(out, (int64_t)(100000000 + f->a % 900000000));
}

/* The value of one field, quotes aside. */
static void put_value(struct blob *out, int field, const struct facts *f)
{
    switch (field) {
    case F_platform_id:
        blob_puts(out, PICK(platforms, f->a));
        break;
    case F_shop_id:
        put_shop_id(out, f);
        break;
    case F_shop_no:
        blob_put(out, f->no, f->no_length);
        break;
    case F_shop_name:
        put_name(out, f);
        break;
    case F_account_id:
        blob_puts(out, "22");
        blob_integer(out, (int64_t)(100000000 + (f->b >> 5) % 899999999));
        break;
    case F_account_nick:
        blob_puts(out, PICK(brands, f->a >> 16));
        blob_puts(out, ":运营");
        blob_integer(out, (int64_t)(f->b % 9));
        break;
    case F_province:
        PLACE(province);
        break;
    case F_city:
        PLACE(city);
        break;
    case F_district:
        PLACE(district);
        break;
    case F_province_name:
        PLACE(province_name);
        break;
    case F_city_name:
        PLACE(city_name);
        break;
    case F_district_name:
        PLACE(district_name);
        break;
    case F_address:
        if (f->b % 11 != 3) {
            put_address(out, f);
        }
        break;
    case F_contact:
        if (f->b % 3 != 0) {
            blob_puts(out, PICK(people, f->b >> 40));
        }
        break;
    case F_zip:
        if (f->b % 4 != 0) {
            PLACE(zip);
        }
        break;
    case F_mobile:
        put_mobile(out, f);
        break;
    case F_telno:
        if (f->b % 3 == 1) {
            PLACE(code);
            blob_put(out, "-", 1);
            blob_integer(out, (int64_t)(20000000 + (f->a >> 9) % 69999999));
        }
        break;
    case F_remark:
        blob_puts(out, PICK(remarks, f->a >> 40));
        break;
    case F_pay_account_id:
        put_secret(out, f, "-pay");
        break;
    case F_app_key:
        put_secret(out, f, "-appkey");
        break;
    case F_refresh_token:
        put_secret(out, f, "-refresh");
        break;
    case F_sh_secret:
        put_secret(out, f, "-sh");
        break;
    case F_auth_time:
        put_time(out, "2024", f->a >> 5);
        break;
    case F_expire_time:
        put_time(out, "2031", f->a >> 7);
        break;
    case F_re_expire_time:
        if (f->b % 2 == 0) {
            put_time(out, "2032", f->a >> 9);
        }
        break;
    case F_freeze_auth_to:
        if (f->b % 16 == 7) {
            blob_puts(out, "0000-00-00 00:00:00");
        }
        break;
    case F_modified:
        put_time(out, "2025", f->b >> 3);
        break;
    case F_created:
        put_time(out, "2023", f->b >> 6);
        break;
    case F_email:
        if (f->b % 2 == 0) {
            blob_puts(out, "shop");
            blob_put(out, f->no, f->no_length);
            blob_puts(out, "@example.com");
        }
        break;
    case F_website:
        if (f->b % 3 == 0) {
            blob_puts(out, "https:\\/\\/shop");
            blob_integer(out, f->serial);
            blob_puts(out, ".example.com\\/?from=erp&id=1");
        }
        break;
    case F_auth_state:
        blob_puts(out, f->b % 16 == 5 ? "2" : "1");
        break;
    case F_is_disabled:
        blob_puts(out, f->entry & SHOP_DISABLED ? "1" : "0");
        break;
    case F_logistics_id:
        blob_integer(out, (int64_t)((f->b >> 20) % 40));
        break;
    case F_group_id:
        blob_integer(out, (int64_t)((f->b >> 28) % 6));
        break;
    case F_sub_platform_id:
        blob_puts(out, f->a >> 60 < 8 ? "1" : "0");
        break;
    case F_shop_priority:
        blob_integer(out, (int64_t)(f->b % 1000));
        break;
    case F_great_deal_limit:
        blob_puts(out, f->b % 9 == 0 ? "50.0000" : "0.0000");
        break;
    default:
        if (fields[field].number) {
            blob_put(out, "0", 1);
        }
    }
}

void shop_render(struct blob *out, uint32_t entry)
{
    struct facts f = {.entry = entry, .serial = entry & ~SHOP_DISABLED, .a = first_hash(entry)};
    f.b = dice_mix(f.a);
    put_serial(f.no, &f.no_length, entry);
    bool edited = shop_is_edited(entry);
    struct blob value = {0};
    blob_reserve(out, 4096);
    for (int i = 0; i < FIELD_COUNT; i++) {
        blob_put(out, i == 0 ? "{" : ",", 1);
        blob_put(out, fields[i].member, fields[i].length);
        bool odd = fields[i].number && shop_settings.numbers != NUMBERS_PLAIN;
        struct blob *to = odd ? &value : out;
        value.length = 0;
        if (!fields[i].number) {
            blob_put(out, "\"", 1);
        }
        const char *edit = edited ? shop_edit(entry, i) : NULL;
        if (edit) {
            blob_puts(to, edit);
        } else {
            put_value(to, i, &f);
        }
        if (odd) {
            shop_put_number(out, value.data, value.length);
        }
        if (!fields[i].number) {
            blob_put(out, "\"", 1);
        }
    }
    blob_put(out, "}", 1);
    blob_fini(&value);
}
