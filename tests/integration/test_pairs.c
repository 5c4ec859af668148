/* Pairs of APIs that are nothing but files: what stands in the target after a run, each record once with the values that the
 * source has; a second run writes nothing; one change at the source is one update. Against targets that take duplicates, lose
 * replies, and have no call that finds one record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

enum { WORDS = 20 };

struct pair {
    struct rig_pair files;
    const char *of;                     /* in the doubles: "store" */
    const char *several, *doubled;      /* in the target's report */
    const char *records[3];             /* switches of the source */
    int64_t records_read, filtered;     /* that a run sees; of these */
    const char *edit;                   /* of one record at the source */
    const char *edited, *field, *value; /* its number in the target, what it says then */
    const char *number, *named;         /* a record in the target, and what it says: a piece of JSON */
};

static const struct pair stores = {
    .files = {"warehouse-to-store", "wdt.warehouse.query", "jdy.basedata.store_save", NULL, NULL},
    .of = "store",
    .several = "stores",
    .doubled = "doubled_stores",
    .records = {"--warehouses", "130"},
    .records_read = 117, /* every tenth is disabled */
    .edit = "edit?of=warehouse&no=W000007&name=%E5%8C%97%E4%BB%93",
    .edited = "W000007",
    .field = "name",
    .value = "北仓",
    .number = "W000014",
    .named = "\"remark\":\"残次仓",
};
static const struct pair customers = {
    .files = {"shop-to-customer", "wdt.shop.query", "jdy.basedata.customer_batch_save", NULL, NULL},
    .of = "customer",
    .several = "customers",
    .doubled = "doubled_customers",
    .records = {"--shops", "130"},
    .records_read = 130,
    .edit = "edit?shop_no=S000007&shop_name=%E5%8C%97%E5%BA%97",
    .edited = "S000007",
    .field = "name",
    .value = "北店",
    .number = "S000014",
    .named = "\"contactpersons\":[{\"contactperson\":\"",
};
static const struct pair suppliers = {
    .files = {"provider-to-supplier", "wdt.purchase.provider.query", "jdy.basedata.supplier_batch_save", NULL, NULL},
    .of = "supplier",
    .several = "suppliers",
    .doubled = "doubled_suppliers",
    .records = {"--providers", "130"},
    .records_read = 130,
    .filtered = 22, /* thirteen disabled, ten deleted, one of them both */
    .edit = "edit?of=provider&no=P000007&provider_name=%E5%8C%97%E5%8E%82",
    .edited = "P000007",
    .field = "name",
    .value = "北厂",
    .number = "P000014",
    .named = "\"bomentity\":[{\"contactperson\":\"",
};

static const struct pair materials = {
    .files = {"shop-to-material", "wdt.shop.query", "jdy.basedata.material_batch_save", NULL, NULL},
    .several = "materials",
    .doubled = "doubled_numbers",
    .records_read = 130,
};

struct variant {
    const char *name;
    const struct pair *pair;
    const char *source[6], *target[WORDS]; /* switches of the doubles */
    const char *from, *to;                 /* in the scheme */
    int64_t stands;                        /* records that stand there before, adopted */
    int rejected;
    const char *says; /* on stderr of the first run */
};

#define UNKIND                                                                                                         \
    "--duplicates", "take", "--faults_on", "saves", "--lost", "0.1", "--late", "0.1", "--late_ms", "600",              \
        "--truncate", "0.05"
#define ADOPT .from = "\"existing\": \"reject\"", .to = "\"existing\": \"adopt\""

static const struct variant variants[] = {
    {.name = "stores", .pair = &stores},
    {.name = "stores, total never told, pages of 30",
     .pair = &stores,
     .source = {"--total", "never", "--page_cap", "30"}},
    {.name = "stores, numbers as text", .pair = &stores, .source = {"--numbers", "text"}},
    {.name = "stores, list replies", .pair = &stores, .target = {"--reply", "list"}},
    {.name = "stores, replies lost", .pair = &stores, .target = {UNKIND}},
    {.name = "stores, replies lost, shown late", .pair = &stores, .target = {UNKIND, "--visible_ms", "300"}},
    {.name = "stores, no call that finds one",
     .pair = &stores,
     .target = {UNKIND, "--unsubscribed", "store_detail"},
     .says = "lookup.unsubscribed"},
    {.name = "stores, no call that finds one, and a list that searches nothing",
     .pair = &stores,
     .target = {UNKIND, "--unsubscribed", "store_detail", "--list_search", "names", "--unexecuted", "0.2"},
     .says = "lookup.search"},
    {.name = "stores, some refused", .pair = &stores, .target = {"--reject_numbers", "W000003,W000011"}, .rejected = 2},
    {.name = "stores, a book of disabled ones",
     .pair = &stores,
     .target = {"--duplicates", "take", "--book", "19", "--book_of", "store", "--book_disabled", "1"},
     .stands = 18,
     ADOPT},
    {.name = "customers", .pair = &customers},
    {.name = "customers, replies lost", .pair = &customers, .target = {UNKIND}},
    {.name = "customers, no call that finds several",
     .pair = &customers,
     .target = {UNKIND, "--unsubscribed", "customer_detail_batch"},
     .says = "lookup.unsubscribed"},
    {.name = "customers, no call that finds any",
     .pair = &customers,
     .target = {UNKIND, "--unsubscribed", "customer_detail_batch,customer_detail", "--visible_ms", "300"},
     .says = "lookup.unsubscribed"},
    {.name = "suppliers", .pair = &suppliers},
    {.name = "suppliers, a result for each row", .pair = &suppliers, .target = {"--reply", "list"}},
    {.name = "suppliers, replies lost", .pair = &suppliers, .target = {UNKIND}},
    {.name = "customers, some refused, the others saved",
     .pair = &customers,
     .target = {"--reject_numbers", "S000003,S000011", "--partial", "1", "--error_id", "nothing"},
     .rejected = 2},
};

static const char *program;

static void expect(const cJSON *report, const char *name, int64_t wanted, const struct variant *v)
{
    int64_t got = rig_number(report, name);
    if (got != wanted) {
        char *text = cJSON_PrintUnformatted(report);
        print_error("%s: %s is %lld, not %lld, in %s\n", v->name, name, (long long)got, (long long)wanted, text);
        free(text);
    }
    assert_int_equal(got, wanted);
}

static void expect_run(struct world *w, const struct variant *v, int64_t created, int64_t updated, const char *says)
{
    struct rig_process *run = rig_start(&w->rig, "dianchen", (const char *[]){"run", "--json", NULL});
    char *out = world_wait(w, run, v->rejected > 0 ? 3 : 0, 100);
    char *err = rig_read(run->err);
    if (says != NULL && strstr(err, says) == NULL) {
        print_error("%s: nothing says %s:\n%s\n", v->name, says, err);
        fail();
    }
    free(err);
    cJSON *report = world_json(out);
    int64_t seen = v->pair->records_read;
    expect(report, "seen", seen, v);
    expect(report, "created", created, v);
    expect(report, "updated", updated, v);
    expect(report, "rejected", v->rejected, v);
    expect(report, "unchanged", seen - created - updated - v->rejected - v->pair->filtered, v);
    expect(report, "filtered", v->pair->filtered, v);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")));
    cJSON_Delete(report);
}

/* Each record once, and no call that a strict target refuses. */
static void expect_target(struct world *w, const struct variant *v, int64_t records)
{
    cJSON *report = rig_ask_json(w->target, "report");
    expect(report, v->pair->several, records, v);
    expect(report, v->pair->doubled, 0, v);
    expect(report, "materials", 0, v);
    expect(report, "saves_refused", 0, v);
    expect(report, "refused_path", 0, v);
    expect(report, "refused_lookup", 0, v);
    expect(report, "secrets_seen", 0, v);
    cJSON_Delete(report);
}

static char *record_of(struct world *w, const struct variant *v, const char *number)
{
    char path[100];
    snprintf(path, sizeof path, "material?of=%s&number=%s", v->pair->of, number);
    return rig_ask(w->target, path, NULL);
}

static void expect_text(const struct variant *v, char *record, const char *text)
{
    if (strstr(record, text) == NULL) {
        print_error("%s: %s does not hold %s\n", v->name, record, text);
        fail();
    }
    free(record);
}

static void moves(void **state)
{
    const struct variant *v = *state;
    const struct pair *pair = v->pair;
    struct world w;
    const char *source[10] = {pair->records[0], pair->records[1]};
    memcpy(source + 2, v->source, sizeof v->source);
    world_open(&w, program, source, v->target);
    struct rig_pair files = pair->files;
    files.from = v->from;
    files.to = v->to;
    rig_pair(&w.rig, &files);
    rig_set(&w.rig, "TARGET_TIMEOUT", "1s");
    rig_set(&w.rig, "TARGET_LATE", "1s");
    rig_set(&w.rig, "TARGET_VISIBLE", "500ms");
    char scheme[sizeof w.rig.folder + 60];
    snprintf(scheme, sizeof scheme, "%s/schemes/%s.json", w.rig.folder, pair->files.scheme);
    free(COMMAND(&w, 0, "test", scheme)); /* the scheme's own tests */
    int64_t whole = pair->records_read - pair->filtered - v->rejected;
    expect_run(&w, v, whole - v->stands, v->stands, v->says);
    int64_t extra = v->stands > 0 ? 1 : 0; /* of the book, one is of a warehouse that is disabled */
    expect_target(&w, v, whole + extra);
    expect_text(v, record_of(&w, v, pair->number), pair->named);

    free(rig_ask(w.target, "set?lost=0&late=0&truncate=0", ""));
    int64_t writes = target_number(&w, "rows_saved");
    expect_run(&w, v, 0, 0, NULL);
    assert_int_equal(target_number(&w, "rows_saved"), writes);

    char text[100];
    free(rig_ask(w.source, pair->edit, ""));
    expect_run(&w, v, 0, 1, NULL);
    assert_int_equal(target_number(&w, "rows_saved"), writes + 1);
    snprintf(text, sizeof text, "\"%s\":\"%s\"", pair->field, pair->value);
    expect_text(v, record_of(&w, v, pair->edited), text);
    expect_target(&w, v, whole + extra);
    rig_close(&w.rig);
}

/* All pairs in one store and one account, where a shop is a material and a customer under the same number. */
static void share_a_store(void **state)
{
    (void)state;
    static const struct variant all[] = {{.name = "materials beside", .pair = &materials},
                                         {.name = "customers beside", .pair = &customers},
                                         {.name = "stores beside", .pair = &stores}};
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "130", "--warehouses", "130", NULL},
               (const char *[]){"--duplicates", "take", NULL});
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            rig_pair(&w.rig, &all[i].pair->files);
            expect_run(&w, &all[i], round == 0 ? all[i].pair->records_read : 0, 0, NULL);
        }
    }
    cJSON *report = rig_ask_json(w.target, "report");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        expect(report, all[i].pair->several, all[i].pair->records_read, &all[i]);
        expect(report, all[i].pair->doubled, 0, &all[i]);
    }
    cJSON_Delete(report);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    enum { COUNT = sizeof variants / sizeof *variants };
    struct CMUnitTest tests[COUNT + 1];
    size_t n = 0;
    program = argv[0];
    if (argc < 2) {
        tests[n++] = (struct CMUnitTest)cmocka_unit_test(share_a_store);
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (argc < 2 || strstr(variants[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = variants[i].name, .test_func = moves, .initial_state = (void *)(uintptr_t)&variants[i]};
        }
    }
    return _cmocka_run_group_tests("pairs", tests, n, NULL, NULL);
}
