/* make bench FORMULAS=1: what formulas cost the transformer. One record mapped over and over by two schemes that differ in
 * five formulas (join, table, exact price x quantity, date, condition); CPU time of this process, best of several turns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/config/config.h"
#include "transformer/map.h"

enum { TURNS = 60, RECORDS = 20000 }; /* short turns: the best of them was hardly disturbed */

static const char head[] =
    "{ \"name\": \"bench\", \"source\": { \"api\": \"wdt.shop.query\", \"id\": \"shop_no\", \"number\": \"shop_no\",\n"
    "  \"request\": { \"page_size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page_no\": \"{{PAGINATION_START_PAGE}}\" } },\n"
    "  \"tables\": { \"platform\": { \"1\": \"淘宝\", \"3\": \"京东\", \"39\": \"拼多多\", \"69\": \"抖店\" } },\n"
    "  \"script\": \"bench.lua\", \"target\": { \"api\": \"jdy/basedata/material_batch_save\", \"request\": {\n"
    "    \"number\": \"{{shop_no}}\", \"name\": \"{{shop_name}}\", \"helpcode\": \"{{shop_no}}\",\n"
    "    \"baseunitid_id\": \"1\", \"purchaseunitid_id\": \"1\", \"saleunitid_id\": \"1\", \"storeunitid_id\": \"1\",\n"
    "    \"auxunitid_id\": \"1\", \"costmethod\": \"1\"";

static const char *const formulas[] = {
    ",\n    \"remark\": \"=TEXTJOIN(\\\"-\\\", TRUE, province_name, city_name, district_name, address)\"",
    ",\n    \"model\": \"=TABLE(platform, platform_id, \\\"其他\\\")\"",
    ",\n    \"gross_weight\": \"=ROUND(zip * telno, 2)\"",
    ",\n    \"producingpace\": \"=TEXT(contact, \\\"yyyy/MM/dd\\\")\"",
    ",\n    \"barcode\": \"=IF(AND(is_disabled <> 1, LEN(shop_no) > 3), shop_no, account_id)\"",
    ",\n    \"remark\": \"=lua.join(province_name, zip, telno, address)\"",
};
/* Plain fields of about the same length in the same places. */
static const char *const plain_fields[] = {
    ",\n    \"remark\": \"{{province_name}}{{city_name}}{{district_name}}{{address}}\"",
    ",\n    \"model\": \"{{district_name}}\"",
    ",\n    \"gross_weight\": \"{{zip}}\"",
    ",\n    \"producingpace\": \"{{mobile}}\"",
    ",\n    \"barcode\": \"{{shop_no}}\"",
};
enum { FORMULAS = sizeof plain_fields / sizeof *plain_fields }; /* and one of Lua behind them */

static char folder[] = "/tmp/dianchen-bench-XXXXXX";

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static struct map *map_of(size_t first, size_t count, const struct scheme **scheme)
{
    char path[100];
    struct scheme *loaded = NULL;
    struct map *map = NULL;
    struct cause cause;
    snprintf(path, sizeof path, "%s/scheme.json", folder);
    FILE *out = fopen(path, "w");
    if (!out) {
        fail("the scheme can't be written");
    }
    fputs(head, out);
    bool lua = first == FORMULAS; /* in the place of the join */
    for (size_t i = 0; i < FORMULAS; i++) {
        bool made = i >= first && i < first + count;
        fputs(lua && i == 0 ? formulas[FORMULAS] : made ? formulas[i] : plain_fields[i], out);
    }
    fputs("\n  } } }\n", out);
    fclose(out);
    if (scheme_load(path, &loaded, &cause) != 0 || map_new(loaded, config_variable, &map, &cause) != 0) {
        fail(cause.text);
    }
    *scheme = loaded;
    return map;
}

static struct value value_of(struct text field)
{
    static const struct {
        const char *name, *value;
    } values[] = {
        {"shop_no", "S000001"},
        {"shop_name", "旗舰店一号"},
        {"platform_id", "39"},
        {"province_name", "浙江省"},
        {"city_name", ""},
        {"district_name", "西湖区"},
        {"address", "文一路 123 号"},
        {"zip", "19.99"},
        {"telno", "3"},
        {"mobile", "2024/02/29"},
        {"contact", "2024-02-29 08:05:09"},
        {"is_disabled", "0"},
        {"account_id", "A1"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (text_equal(field, text_of(values[i].name))) {
            return (struct value){.kind = VALUE_TEXT, .text = text_of(values[i].value)};
        }
    }
    return (struct value){.kind = VALUE_NIL};
}

static double cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ((double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec) * 1e9 +
           ((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec) * 1e3;
}

/* ns of CPU a record, the best of the turns. */
static double measure(size_t first, size_t count, int turns, int records)
{
    const struct scheme *scheme;
    struct map *map = map_of(first, count, &scheme);
    struct value slots[SCHEME_SLOTS_MAX];
    struct mapped row;
    double best = 0;
    for (size_t i = 0; i < scheme->slot_count; i++) {
        slots[i] = value_of(scheme->slots[i]);
    }
    for (int turn = 0; turn < turns; turn++) {
        double start = cpu_ns();
        for (int i = 0; i < records; i++) {
            if (map_record(map, slots, TEXT("\x90"), &row) != 0 || row.kind != RECORD_PAYLOAD) {
                fail("the record was not mapped");
            }
        }
        double spent = (cpu_ns() - start) / records;
        best = turn == 0 || spent < best ? spent : best;
    }
    map_free(&map);
    scheme_free((struct scheme **)&scheme);
    return best;
}

static void write_script(const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out) {
        fail("the script can't be written");
    }
    fputs("function join(a, b, c, d) return a .. '-' .. b .. '-' .. c .. '-' .. d end\n", out);
    fclose(out);
}

static void remove_all(const char *api, const char *script)
{
    char path[100];
    unlink(api);
    unlink(script);
    snprintf(path, sizeof path, "%s/scheme.json", folder);
    unlink(path);
    rmdir(folder);
}

int main(int argc, char **argv)
{
    char path[100], api[4096];
    if (!mkdtemp(folder) || !realpath("schemes/api", api)) {
        fail("run it from the top folder");
    }
    snprintf(path, sizeof path, "%s/api", folder);
    if (symlink(api, path) != 0) {
        fail("the folder of the API files can't be linked");
    }
    char script[100];
    snprintf(script, sizeof script, "%s/bench.lua", folder);
    write_script(script);
    if (argc == 3) { /* for tests/bench/instructions.sh: so many formulas, or "lua", on so many records, once */
        bool lua = strcmp(argv[1], "lua") == 0;
        size_t count = lua ? 1 : (size_t)strtoul(argv[1], NULL, 10);
        (void)measure(lua ? FORMULAS : 0, count, 1, (int)strtol(argv[2], NULL, 10));
        remove_all(path, script);
        return 0;
    }
    static const char *const names[] = {"join", "table", "price x quantity", "date", "condition"};
    double plain = measure(0, 0, TURNS, RECORDS);
    printf("plain mapping          %7.0f ns a record\n", plain);
    for (size_t i = 0; i < FORMULAS; i++) {
        printf("  + %-18s %7.0f ns\n", names[i], measure(i, 1, TURNS, RECORDS) - plain);
    }
    printf("  + %-18s %7.0f ns\n", "Lua, four values", measure(FORMULAS, 1, TURNS, RECORDS) - plain);
    printf("five formulas          %7.0f ns beyond the plain mapping\n", measure(0, FORMULAS, TURNS, RECORDS) - plain);
    remove_all(path, script);
    return 0;
}
