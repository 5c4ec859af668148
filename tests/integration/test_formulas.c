/* A scheme of formulas at work, judged record by record by what stands in the strict target: fifteen wishes that the plain
 * mapping could not express, guilty records alone refused and sent after the mend, look-ups that wait for their answer, and
 * scripts that do what they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/stages.h"
#include "tests/integration/world.h"

static const char *program;

enum { SHOPS_ALL = 30, HOLDS = 16 };

static const struct {
    const char *number, *edit; /* URL-encoded fields of the shop */
    const char *holds[HOLDS];  /* of the material; NULL = it is not there */
} wishes[] = {
    {"S000001",
     "shop_name=%20%E6%97%97%E8%88%B0%E5%BA%97%E3%80%80&prop1=&platform_id=39&province_name=%E6%B5%99%E6%B1%9F&city_"
     "name=&"
     "address=%E6%96%87%E4%B8%80%E8%B7%AF&created=2024-02-09%2008:05:09&prop2=%EF%BF%A51,234.50&contact=JP&zip=%E4%BB%"
     "B6&"
     "website=690123&shop_priority=42&mobile=138-0000%201111&email=a@week.cn&telno=0571-88888888&account_nick=x",
     {"\"name\":\"旗舰店\"", "\"issale\":true", "\"model\":\"拼多多\"", "\"producingpace\":\"浙江\"",
      "\"remark\":\"浙江-文一路\"", "\"prolicense\":\"2024年2月9日\"", "\"gross_weight\":\"160.49\"",
      "\"taxrate\":\"0.1\"", "\"baseunitid_id\":\"2\"", "\"parent_id\":\"900002\"", "\"barcode_barcode\":\"690123\"",
      "\"barcode_unitid_id\":\"2\"", "\"mullabel_number\":\"000042\"", "\"refistrationnumber\":\"13800001111\"",
      "\"helpcode\":\"S00/01\"", "\"costmethod\":\"2\""}},
    {"S000002",
     "prop1=%E8%87%AA%E7%94%A8&platform_id=500&province_name=&city_name=&address=&created=0000-00-00%2000:00:00&prop2="
     "0.05&"
     "contact=&zip=&website=&shop_priority=1234567&mobile=&email=b@fifo.cn&telno=88888888&account_nick=x",
     {"\"issale\":false", "\"model\":\"其他\"", "\"producingpace\":\"未知\"", "\"gross_weight\":\"0.01\"",
      "\"taxrate\":\"0.13\"", "\"baseunitid_id\":\"1\"", "\"parent_id\":\"900001\"", "\"barcode_unitid_id\":\"1\"",
      "\"mullabel_number\":\"1234567\"", "\"costmethod\":\"3\"", "\"ispurchase\":false"}},
    {"S000003", "account_nick=TEST1&prop2=1&zip=", {NULL}},
    {"S000004",
     "prop2=1,000&zip=%E7%AE%B1&email=&telno=010-1234567&platform_id=69&province_name=a&city_name=b&address=c&account_"
     "nick=",
     {"\"gross_weight\":\"130.00\"", "\"baseunitid_id\":\"3\"", "\"parent_id\":\"900003\"", "\"costmethod\":\"1\"",
      "\"ispurchase\":true", "\"remark\":\"a-b-c\"", "\"model\":\"抖店\""}},
};

static void put_file(const struct rig *rig, const char *from, const char *to)
{
    char path[400], *text = rig_read(from);
    snprintf(path, sizeof path, "%s/schemes/%s", rig->folder, to);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
    free(text);
}

static void edit(const char *source, const char *number, const char *fields)
{
    char call[2000];
    snprintf(call, sizeof call, "edit?shop_no=%s&%s", number, fields);
    free(rig_ask(source, call, ""));
}

/* All shops get what the formulas need; the table's get more. */
static void open_world(struct world *w)
{
    world_open(w, program, SHOPS(30), PLAIN);
    put_file(&w->rig, "tests/formula/wishes.json", "shop-to-material.json");
    put_file(&w->rig, "tests/formula/tax.csv", "tax.csv");
    for (int i = 1; i <= SHOPS_ALL; i++) {
        char number[16];
        snprintf(number, sizeof number, "S%06d", i);
        edit(w->source, number, "prop2=1&zip=&account_nick=a&created=2024-01-01%2000:00:00");
    }
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        edit(w->source, wishes[i].number, wishes[i].edit);
    }
}

static void expect_report(struct world *w, const char *const *names, const int64_t *counts)
{
    cJSON *report = world_json(COMMAND(w, 3, "report", "--json"));
    for (size_t i = 0; names[i]; i++) {
        if (rig_number(report, names[i]) != counts[i]) {
            char *text = cJSON_Print(report), *list = COMMAND(w, 0, "rejects", "list");
            fail_msg("%s is not %d: %s\n%s", names[i], (int)counts[i], text, list);
        }
    }
    cJSON_Delete(report);
}

static void maps_what_was_wished(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    free(COMMAND(&w, 0, "run"));
    assert_int_equal(target_number(&w, "materials"), SHOPS_ALL - 1);
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        char call[60];
        snprintf(call, sizeof call, "/_/material?number=%s", wishes[i].number);
        char url[400];
        snprintf(url, sizeof url, "%s%s", w.target, call);
        char *material = rig_http_any(url);
        assert_int_equal(strstr(material, wishes[i].number) != NULL, wishes[i].holds[0] != NULL);
        for (size_t j = 0; j < HOLDS && wishes[i].holds[j]; j++) {
            if (!strstr(material, wishes[i].holds[j])) {
                fail_msg("%s lacks %s: %s", wishes[i].number, wishes[i].holds[j], material);
            }
        }
        free(material);
    }
    /* The same records give the same payloads: nothing is sent. */
    free(rig_ask(w.target, "reset_counters", ""));
    free(COMMAND(&w, 0, "run"));
    assert_int_equal(target_number(&w, "saves"), 0);
    rig_close(&w.rig);
}

static void guilty_records_alone_are_refused(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    edit(w.source, "S000007", "prop2=%E9%9D%A2%E8%AE%AE"); /* 面议 */
    edit(w.source, "S000008", "created=soon");
    free(COMMAND(&w, 3, "run"));
    expect_report(&w, (const char *[]){"created", "filtered", "rejected", NULL},
                  (const int64_t[]){SHOPS_ALL - 3, 1, 2});
    char *list = COMMAND(&w, 0, "rejects", "list", "--json");
    assert_non_null(strstr(list, "field gross_weight: column 20: prop2 is '面议': no number"));
    assert_non_null(strstr(list, "field prolicense: column 7: created is 'soon': the format is one for dates"));
    assert_non_null(strstr(list, "\"formula\""));
    assert_non_null(strstr(list, "formula.number"));
    free(list);

    edit(w.source, "S000007", "prop2=88");
    edit(w.source, "S000008", "created=2024-03-01%2000:00:00");
    free(rig_ask(w.target, "reset_counters", ""));
    free(COMMAND(&w, 0, "run"));
    assert_int_equal(target_number(&w, "rows"), 2);
    assert_int_equal(target_number(&w, "materials"), SHOPS_ALL - 1);
    rig_close(&w.rig);
}

/* A unit that the target does not have yet: its records wait, and every run tries them again. */
static void look_ups_wait_for_their_answer(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    edit(w.source, "S000011", "zip=%E5%90%A8"); /* 吨 */
    edit(w.source, "S000012", "zip=%E5%90%A8");
    free(COMMAND(&w, 3, "run"));
    assert_int_equal(target_number(&w, "materials"), SHOPS_ALL - 3);
    char *list = COMMAND(&w, 0, "rejects", "list", "--json");
    assert_non_null(strstr(list, "unit '吨': not in the target's list units"));
    assert_non_null(strstr(list, "\"lookup\""));
    free(list);
    char *report = COMMAND(&w, 3, "report");
    assert_non_null(
        strstr(report, "2 wait for a look-up: unit '吨': not in the target's list units; every run tries again"));
    free(report);
    /* Each question has a line of its own, the most frequent first; of many the rest is counted. */
    static const char *const others[] = {"S000013", "S000014", "S000015", "S000016", "S000017"};
    for (int i = 0; i < 5; i++) {
        char fields[20];
        snprintf(fields, sizeof fields, "zip=u%d", i);
        edit(w.source, others[i], fields);
    }
    free(COMMAND(&w, 3, "run"));
    report = COMMAND(&w, 3, "report");
    assert_non_null(strstr(report, "2 wait for a look-up: unit '吨'"));
    assert_non_null(strstr(report, "1 wait for a look-up: unit 'u0': not in the target's list units; every run"));
    assert_non_null(strstr(report, "1 more wait for other look-ups: dianchen rejects list --class lookup"));
    free(report);
    for (int i = 0; i < 5; i++) {
        edit(w.source, others[i], "zip=");
    }
    free(COMMAND(&w, 3, "run"));
    assert_int_equal(target_number(&w, "materials"), SHOPS_ALL - 3);

    free(rig_ask(w.target, "set?more_units=1", ""));
    free(rig_ask(w.target, "reset_counters", ""));
    free(COMMAND(&w, 0, "run"));
    assert_int_equal(target_number(&w, "rows"), 2);
    assert_int_equal(target_number(&w, "materials"), SHOPS_ALL - 1);
    char *material = rig_ask(w.target, "material?number=S000011", NULL);
    assert_non_null(strstr(material, "\"baseunitid_id\":\"4\""));
    free(material);
    cJSON *status = world_json(COMMAND(&w, 0, "status", "--json"));
    assert_int_equal(rig_number(status, "rejects_open"), 0);
    cJSON_Delete(status);
    rig_close(&w.rig);
}

static void look_ups_are_counted(void **state)
{
    (void)state;
    struct stages s;
    char address[STAGES_ADDRESS], number[16];
    stages_open(&s, program, "30");
    put_file(&s.rig, "tests/formula/wishes.json", "shop-to-material.json");
    put_file(&s.rig, "tests/formula/tax.csv", "tax.csv");
    rig_set(&s.rig, "METRICS_BIND", "127.0.0.1:0");
    for (int i = 1; i <= SHOPS_ALL; i++) {
        snprintf(number, sizeof number, "S%06d", i);
        edit(s.source, number,
             i == 11 ? "prop2=1&zip=%E5%90%A8&account_nick=a&created=2024-01-01%2000:00:00" /* 吨 */
                     : "prop2=1&zip=&account_nick=a&created=2024-01-01%2000:00:00");
    }
    struct rig_process *extractor = stages_extractor(&s, address);
    stages_transformer(&s, address, address);
    const char *words[] = {"--upstream", address, NULL};
    struct rig_process *loader = rig_start(&s.rig, "loader", words);
    assert_int_equal(rig_wait(&s.rig, extractor, STAGES_PATIENCE), 3);
    assert_int_equal(rig_series(loader, "dianchen_lookups_total{result=\"absent\"}"), 1);
    assert_int_equal(rig_series(loader, "dianchen_lookups_total{result=\"ambiguous\"}"), 0);
    assert_int_equal(rig_series(loader, "dianchen_lookups_total{result=\"found\"}"), SHOPS_ALL - 1);
    rig_close(&s.rig);
}

/* A second scheme, of stores, that refers to the materials of the first by their ids. */
static void write_labels(struct world *w)
{
    static const char scheme[] =
        "{ \"name\": \"labels\",\n"
        "  \"source\": { \"api\": \"wdt.shop.query\", \"id\": \"shop_no\", \"number\": \"shop_id\", \"request\": {\n"
        "    \"page_size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page_no\": \"{{PAGINATION_START_PAGE}}\" } },\n"
        "  \"lookups\": { \"shop\": { \"scheme\": \"shop-to-material\" } },\n"
        "  \"target\": { \"api\": \"jdy/basedata/store_save\", \"request\": {\n"
        "    \"number\": \"{{shop_id}}\", \"name\": \"{{shop_no}}\", \"address\": \"=LOOKUP(shop, shop_no)\",\n"
        "    \"remark\": \"=LOOKUP(shop, IF(shop_no = \\\"S000001\\\", \\\"none\\\", shop_no), \\\"no shop\\\")\" } } "
        "}\n";
    char path[400];
    snprintf(path, sizeof path, "%s/schemes/labels.json", w->rig.folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(scheme, out);
    assert_int_equal(fclose(out), 0);
}

/* The text of a member of what stands under this number. */
static void member_of(struct world *w, const char *what, const char *number, const char *member, char *out, size_t size)
{
    char call[80], key[40];
    snprintf(call, sizeof call, "material?of=%s&number=%s", what, number);
    snprintf(key, sizeof key, "\"%s\":\"", member);
    char *material = rig_ask(w->target, call, NULL);
    const char *at = strstr(material, key);
    assert_non_null(at);
    at += strlen(key);
    snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
    free(material);
}

enum { SHOPS_ASKED = 12 };

static void expect_label(struct world *w, int shop)
{
    char id[40], found[40], number[40];
    snprintf(number, sizeof number, "S%06d", shop);
    member_of(w, "material", number, "id", id, sizeof id);
    snprintf(number, sizeof number, "%d", 100 + shop);
    member_of(w, "store", number, "address", found, sizeof found);
    assert_string_equal(found, id);
    member_of(w, "store", number, "remark", found, sizeof found);
    assert_string_equal(found, shop == 1 ? "no shop" : id);
}

/* The ways in which ids are asked for that no reply told; calls that each costs for the eleven of the first run. */
static const struct {
    const char *target[5];
    int64_t batches, details, lists_least;
} ways[] = {
    {{NULL}, 1, 0, 0},
    {{"--detail_batch_number", "0", NULL}, 1, SHOPS_ASKED - 1, 0},
    {{"--unsubscribed", "material_detail_batch,material_detail", NULL}, 1, 1, SHOPS_ASKED - 1},
    {{"--unsubscribed", "material_detail_batch,material_detail", "--list_search", "nothing", NULL}, 1, 1, 2},
};

static void ask_another_scheme(const char *const *target, int64_t batches, int64_t details, int64_t lists_least)
{
    struct world w;
    char number[40], fields[40], path[400];
    world_open(&w, program, SHOPS(12), target);
    write_labels(&w);
    put_file(&w.rig, "schemes/api/jdy.basedata.store_save.json", "api/jdy.basedata.store_save.json");
    snprintf(path, sizeof path, "%s/schemes/labels.json", w.rig.folder);
    for (int i = 1; i <= SHOPS_ASKED; i++) {
        snprintf(number, sizeof number, "S%06d", i);
        snprintf(fields, sizeof fields, "shop_id=%d", 100 + i);
        edit(w.source, number, fields);
    }
    edit(w.source, "S000005", "shop_name="); /* the first scheme refuses it */
    free(COMMAND(&w, 3, "run"));
    free(rig_ask(w.target, "reset_counters", ""));
    free(COMMAND(&w, 3, "run", "--scheme", path));
    assert_int_equal(target_number(&w, "detail_batches"), batches);
    assert_int_equal(target_number(&w, "details"), details);
    assert_true(target_number(&w, "lists") >= lists_least);
    for (int i = 1; i <= SHOPS_ASKED; i++) {
        if (i != 5) {
            expect_label(&w, i);
        }
    }
    char *list = COMMAND(&w, 0, "rejects", "list", "--json");
    assert_non_null(strstr(list, "shop 'S000005': not written yet by scheme shop-to-material"));
    free(list);
    char *report = COMMAND(&w, 3, "report");
    assert_non_null(strstr(report, "1 wait for a look-up: shop 'S000005'"));
    free(report);

    /* A person is told what was asked and answered, and of what waits that nothing need be replayed. */
    char id[40], answer[80];
    member_of(&w, "material", "S000002", "id", id, sizeof id);
    snprintf(answer, sizeof answer, "Look-up shop 'S000002': id %s.", id);
    char *story = COMMAND(&w, 0, "explain", "S000002");
    assert_non_null(strstr(story, answer));
    free(story);
    snprintf(answer, sizeof answer, "\"lookups\":[[\"shop\",\"S000002\",\"%s\"]", id);
    story = COMMAND(&w, 0, "explain", "S000002", "--json");
    assert_non_null(strstr(story, answer));
    free(story);
    story = COMMAND(&w, 0, "explain", "S000005");
    assert_non_null(strstr(story, "shop 'S000005': not written yet by scheme shop-to-material"));
    assert_non_null(strstr(story, "every run tries again by itself"));
    free(story);

    /* The reject is tried again; the ids are known by now and not asked for. */
    edit(w.source, "S000005", "shop_name=A");
    free(COMMAND(&w, 0, "run"));
    free(rig_ask(w.target, "reset_counters", ""));
    free(COMMAND(&w, 0, "run", "--scheme", path));
    assert_true(target_number(&w, "details") + target_number(&w, "detail_batches") <= 1);
    expect_label(&w, 5);
    rig_close(&w.rig);
}

static void another_scheme_is_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        ask_another_scheme(ways[i].target, ways[i].batches, ways[i].details, ways[i].lists_least);
    }
}

static void expect_told(const char *const *told, size_t count, char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (!strstr(text, told[i])) {
            fail_msg("%s is not told in %s", told[i], text);
        }
    }
    free(text);
}

/* Each value with what the scheme makes it from: a field alone, a constant, rows. */
static void preview_shows_formulas(void **state)
{
    static const char *const wished[] = {
        "\"S000001\"   =shop_no\n",
        "   =TRIM(shop_name)\n",
        "[{\"barcode_barcode\":\"690123\",\"barcode_unitid_id\":{\"$lookup\":[\"unit\",\"件\"]}}]   "
        "[{\"barcode_barcode\":\"=IFEMPTY(website, shop_no)\",\"barcode_unitid_id\":\"=LOOKUP(unit, IFEMPTY(zip, "
        "\\\"个\\\"))\"}]\n",
    };
    static const char *const scripted[] = {"\"M42\"   =\"M\" & 6 * 7\n", "   =lua.weigh(account_nick, prop2)\n"};
    (void)state;
    struct world w;
    open_world(&w);
    expect_told(wished, sizeof wished / sizeof *wished, COMMAND(&w, 0, "preview", "-n", "1"));
    put_file(&w.rig, "tests/formula/script.json", "shop-to-material.json");
    put_file(&w.rig, "tests/formula/shop.lua", "shop.lua");
    edit(w.source, "S000001", "prop2=19.99");
    expect_told(scripted, sizeof scripted / sizeof *scripted, COMMAND(&w, 0, "preview", "-n", "1"));
    rig_close(&w.rig);
}

/* What some shops make the script do rejects these alone: the transformer lives, and its memory is bounded. */
static void hostile_scripts_reject_their_records(void **state)
{
    enum { SHOPS = 60, EVERY = 5, PEAK_MIB = 64 };
    static const char *const deeds[] = {"endless", "memory", "text", "deep"};
    (void)state;
    struct stages s;
    char address[STAGES_ADDRESS];
    stages_open(&s, program, "60");
    put_file(&s.rig, "tests/formula/script.json", "shop-to-material.json");
    put_file(&s.rig, "tests/formula/shop.lua", "shop.lua");
    for (int i = 1; i <= SHOPS; i++) {
        char number[16], fields[80];
        const char *nick = i % EVERY == 3 ? deeds[i / EVERY % (int)(sizeof deeds / sizeof *deeds)] : "a";
        snprintf(number, sizeof number, "S%06d", i);
        snprintf(fields, sizeof fields, "prop2=19.99&account_nick=%s", nick);
        edit(s.source, number, fields);
    }
    struct rig_process *extractor = stages_extractor(&s, address);
    struct rig_process *transformer = stages_transformer(&s, address, address);
    const char *words[] = {"--upstream", address, NULL};
    (void)rig_start(&s.rig, "loader", words);
    assert_int_equal(rig_wait(&s.rig, extractor, STAGES_PATIENCE), 3);
    stages_expect(&s, SHOPS - SHOPS / EVERY);
    char *material = rig_ask(s.target, "material?number=S000001", NULL);
    assert_non_null(strstr(material, "\"gross_weight\":\"59.97\""));
    free(material);

    struct rig_process *list = NULL;
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"rejects", "list", "--json", NULL}, &list), 0);
    char *text = rig_read(list->out);
    int blamed = 0;
    for (const char *at = text; (at = strstr(at, "formula.script")) != NULL; at++) {
        blamed++;
    }
    assert_int_equal(blamed, SHOPS / EVERY);
    assert_non_null(strstr(text, "takes more than a million steps"));
    assert_non_null(strstr(text, "it takes more than 8 MiB"));
    free(text);

    assert_false(rig_ended(transformer)); /* nobody would start it again */
    int64_t peak = rig_peak_kib(transformer);
    print_message("  transformer: peak %lld KiB\n", (long long)peak);
    assert_true(peak > 0 && (!rig_is_weighed(program) || peak <= (int64_t)PEAK_MIB * 1024));
    rig_close(&s.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_what_was_wished),
        cmocka_unit_test(guilty_records_alone_are_refused),
        cmocka_unit_test(look_ups_wait_for_their_answer),
        cmocka_unit_test(look_ups_are_counted),
        cmocka_unit_test(another_scheme_is_asked),
        cmocka_unit_test(preview_shows_formulas),
        cmocka_unit_test(hostile_scripts_reject_their_records),
    };
    return cmocka_run_group_tests_name("formulas", tests, NULL, NULL);
}
