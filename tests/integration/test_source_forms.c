/* What real sources do with pages, lists, texts, bytes, numbers and statuses (the switches of wdt-double): everything is
 * copied, or the report says that it is not. Each case on both kinds of store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"
#include "tests/unit/store_place.h"

static const char *program;

enum { WORDS = 16 };

static const struct form {
    const char *name;
    const char *source[WORDS]; /* switches of the double */
    int exit_code;
    int64_t records, rejected; /* in the target; refused. -1: no report is looked at */
    const char *proof;         /* of the report */
    const char *said;          /* on stderr; NULL = anything */
} forms[] = {
    /* the end is known */
    {"no total, whole pages", {"--shops", "250", "--total", "never"}, 0, 250, 0, "empty page", NULL},
    {"no total, a short first page",
     {"--shops", "250", "--total", "never", "--short_pages", "0"},
     0,
     249,
     0,
     "empty page",
     NULL},
    {"no total, short pages in the middle",
     {"--shops", "450", "--total", "never", "--short_pages", "1,2", "--short_rows", "60"},
     0,
     330,
     0,
     "empty page",
     NULL},
    {"no total, pages capped",
     {"--shops", "250", "--total", "never", "--page_cap", "40"},
     0,
     250,
     0,
     "empty page",
     NULL},
    {"a total, pages capped", {"--shops", "250", "--page_cap", "40"}, 0, 250, 0, "total", NULL},
    {"a total, as many as one page", {"--shops", "100"}, 0, 100, 0, "total", NULL},
    {"no total, page 0 is page 1",
     {"--shops", "250", "--total", "never", "--page_zero", "one"},
     4,
     250,
     0,
     "none",
     "source.repeats"},
    {"no total, pages without an end",
     {"--shops", "250", "--total", "never", "--endless", "1"},
     4,
     250,
     0,
     "none",
     "again and again"},
    {"a total that is always one too large",
     {"--shops", "130", "--total_off", "1"},
     0,
     130,
     0,
     "empty page",
     "source.total"},
    {"a total that is always too small",
     {"--shops", "130", "--total_off", "-20"},
     0,
     130,
     0,
     "empty page",
     "source.total"},

    {"a total that is the page's own count, pages capped",
     {"--shops", "250", "--total", "page", "--page_cap", "40"},
     0,
     250,
     0,
     "empty page",
     "source.total"},
    {"a total that is the page's own count, a short first page",
     {"--shops", "250", "--total", "page", "--short_pages", "0"},
     0,
     249,
     0,
     "empty page",
     "source.total"},
    {"a total that is the page's own count, short pages in the middle",
     {"--shops", "450", "--total", "page", "--short_pages", "1,2", "--short_rows", "60"},
     0,
     330,
     0,
     "empty page",
     "source.total"},
    {"a total that is the page's own count",
     {"--shops", "250", "--total", "page"},
     0,
     250,
     0,
     "empty page",
     "source.total"},

    /* a reply is understood or refused */
    {"a list as object", {"--shops", "130", "--list_form", "object"}, 0, 130, 0, "total", NULL},
    {"a nested list", {"--shops", "130", "--list_form", "nested"}, 0, 130, 0, "total", NULL},
    {"a list in a text", {"--shops", "130", "--list_form", "string"}, 0, 130, 0, "total", NULL},
    {"one record without a list",
     {"--shops", "101", "--list_form", "single", "--total", "never"},
     0,
     101,
     0,
     "empty page",
     NULL},
    {"another name of the list", {"--shops", "130", "--list_key", "rows"}, 0, 130, 0, "total", NULL},
    {"a table of columns", {"--shops", "130", "--list_form", "table"}, 1, 0, -1, NULL, "shoplist"},
    {"a number in place of the list",
     {"--shops", "130", "--list_form", "number"},
     1,
     0,
     -1,
     NULL,
     "holds no list of records"},

    /* one bad record never holds a page */
    {"half a character", {"--shops", "130", "--damage", "surrogate"}, 0, 130, 0, "total", "record.repaired"},
    {"a NUL", {"--shops", "130", "--damage", "nul", "--damage_shop", "S000007"}, 0, 130, 0, "total", "record.repaired"},
    {"bytes that are no UTF-8",
     {"--shops", "130", "--damage", "bytes", "--damage_shop", "S000007"},
     3,
     129,
     1,
     "total",
     NULL},
    {"a value that is no JSON",
     {"--shops", "130", "--damage", "broken", "--damage_shop", "S000007"},
     3,
     129,
     1,
     "total",
     NULL},
    {"a broken key", {"--shops", "130", "--damage", "broken", "--damage_field", "shop_no"}, 3, 128, 2, "total", NULL},
    {"a list as key",
     {"--shops", "130", "--damage", "list", "--damage_field", "shop_no", "--damage_shop", "S000007"},
     3,
     129,
     1,
     "total",
     NULL},
    {"true as key",
     {"--shops", "130", "--damage", "true", "--damage_field", "shop_no", "--damage_shop", "S000007"},
     3,
     129,
     1,
     "total",
     NULL},
    {"a broken member that nobody uses", {"--shops", "130", "--damage", "extra-broken"}, 0, 130, 0, "total", NULL},
    {"a member that nobody uses, 100,000 deep",
     {"--shops", "130", "--damage", "extra-deep", "--damage_depth", "100000"},
     0,
     130,
     0,
     "total",
     NULL},

    /* one bad record that tears its page: the page is cut until it is alone */
    {"a bare quote",
     {"--shops", "250", "--damage", "quote", "--damage_shop", "S000137"},
     3,
     249,
     1,
     "total",
     "source.torn"},
    {"a bare quote in the first record",
     {"--shops", "130", "--damage", "quote", "--damage_shop", "S000001"},
     3,
     129,
     1,
     "empty page" /* the total was told with it alone */,
     "record.unreadable"},
    {"a bare quote in the last record, no total",
     {"--shops", "130", "--damage", "quote", "--damage_shop", "S000130", "--total", "never"},
     3,
     129,
     1,
     "empty page",
     NULL},
    {"a bare quote in the only record",
     {"--shops", "1", "--damage", "quote", "--total", "never"},
     3,
     0,
     1,
     "empty page",
     NULL},
    {"two bare quotes, which hide all between them",
     {"--shops", "130", "--damage", "quote", "--damage_shop", "S000020,S000060"},
     3,
     128,
     2,
     "total",
     NULL},
    {"two bare quotes, no total",
     {"--shops", "130", "--damage", "quote", "--damage_shop", "S000020,S000060", "--total", "never"},
     3,
     128,
     2,
     "empty page",
     NULL},
    {"a record that is not closed",
     {"--shops", "130", "--damage", "unclosed", "--damage_shop", "S000037"},
     3,
     129,
     1,
     "total",
     NULL},
    {"a bare quote, pages capped",
     {"--shops", "250", "--damage", "quote", "--damage_shop", "S000137", "--page_cap", "40"},
     3,
     249,
     1,
     "total",
     NULL},
    {"a bare quote, pages capped, no total",
     {"--shops", "250", "--damage", "quote", "--damage_shop", "S000137", "--page_cap", "40", "--total", "never"},
     3,
     249,
     1,
     "empty page",
     NULL},
    {"a bare quote in the first page, pages capped, no total",
     {"--shops", "250", "--damage", "quote", "--damage_shop", "S000007", "--page_cap", "40", "--total", "never"},
     3,
     249,
     1,
     "empty page",
     NULL},

    /* a page above 16 MiB */
    {"one record that is too large",
     {"--shops", "250", "--pad", "17000000", "--pad_shop", "S000137"},
     3,
     249,
     1,
     "total",
     "record.unreadable"},
    {"the first record is too large, no total",
     {"--shops", "130", "--pad", "17000000", "--pad_shop", "S000001", "--total", "never"},
     3,
     129,
     1,
     "empty page",
     NULL},
    {"pages that are too large, capped, no total",
     {"--shops", "130", "--pad", "500000", "--page_cap", "40", "--total", "never"},
     0,
     130,
     0,
     "empty page",
     "source.divided"},
    {"pages that are too large", {"--shops", "130", "--pad", "200000"}, 0, 130, 0, "total", "source.divided"},
    {"pages that are too large, no total",
     {"--shops", "130", "--pad", "500000", "--total", "never"},
     0,
     130,
     0,
     "empty page",
     "source.divided"},

    /* bytes mean what the headers say */
    {"GBK", {"--shops", "130", "--charset", "gbk"}, 0, 130, 0, "total", NULL},
    {"GB18030", {"--shops", "130", "--charset", "gb18030"}, 0, 130, 0, "total", NULL},
    {"UTF-16", {"--shops", "130", "--charset", "utf-16"}, 0, 130, 0, "total", NULL},
    {"UTF-16LE", {"--shops", "130", "--charset", "utf-16le"}, 0, 130, 0, "total", NULL},
    {"a byte order mark", {"--shops", "130", "--bom", "1"}, 0, 130, 0, "total", NULL},
    /* something around the JSON, or in its place */
    {"JSONP", {"--shops", "130", "--around", "jsonp"}, 0, 130, 0, "total", "reply.around"},
    {"a guard against scripts", {"--shops", "130", "--around", "guard"}, 0, 130, 0, "total", "reply.around"},
    {"a warning as HTML", {"--shops", "130", "--around", "warning"}, 0, 130, 0, "total", "reply.around"},
    {"a warning in GBK",
     {"--shops", "130", "--around", "notice", "--charset", "gbk"},
     0,
     130,
     0,
     "total",
     "reply.around"},
    {"markup behind it", {"--shops", "130", "--around", "markup"}, 0, 130, 0, "total", "reply.around"},
    {"byte order marks", {"--shops", "130", "--around", "marks"}, 0, 130, 0, "total", NULL},
    {"JSON in quotes", {"--shops", "130", "--around", "quotes"}, 0, 130, 0, "total", "reply.around"},
    {"a gateway that wraps", {"--shops", "130", "--around", "wrapper"}, 0, 130, 0, "total", NULL},
    {"XML", {"--shops", "30", "--around", "xml"}, 4, 0, -1, NULL, "XML, not JSON: <?xml version"},
    {"GBK told as Latin 1",
     {"--shops", "30", "--charset", "gbk", "--charset_told", "iso-8859-1"},
     3,
     0,
     30,
     "total",
     NULL},
    {"GBK that nobody tells", {"--shops", "30", "--charset", "gbk", "--charset_told", "none"}, 3, 0, 30, "total", NULL},
    {"gzip", {"--shops", "130", "--encoding", "gzip"}, 0, 130, 0, "total", NULL},
    {"deflate", {"--shops", "130", "--encoding", "deflate"}, 0, 130, 0, "total", NULL},
    {"deflate without a frame", {"--shops", "130", "--encoding", "raw-deflate"}, 0, 130, 0, "total", NULL},
    {"br", {"--shops", "130", "--encoding", "br"}, 0, 130, 0, "total", NULL},

    /* what trying again can't mend */
    {"moved",
     {"--shops", "30", "--status", "301", "--status_rate", "1"},
     1,
     0,
     -1,
     NULL,
     "moved (HTTP 301) to https://moved.example.com/router/qm; set WDT_URL"},
    {"a proxy's password", {"--shops", "30", "--status", "407", "--status_rate", "1"}, 1, 0, -1, NULL, "HTTPS_PROXY"},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* Names in the target are those of the source, letter for letter: no character was destroyed on the way. */
static void check_names(struct world *w)
{
    char *source = rig_ask(w->source, "shop?shop_no=S000001", NULL);
    char *target = rig_ask(w->target, "material?number=S000001", NULL);
    assert_null(strstr(target, "\xef\xbf\xbd"));
    free(source);
    free(target);
}

static void run_form(const struct form *f)
{
    struct world w;
    struct place place;
    world_open(&w, program, f->source, PLAIN);
    assert_int_equal(place_make(&place), 0);
    rig_set(&w.rig, "DIANCHEN_STORE", place.url);
    struct rig_process *process = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    char *out = world_wait(&w, process, f->exit_code, 120);
    char *err = rig_read(process->err);
    if (f->said && !strstr(err, f->said)) {
        fail_msg("%s: stderr lacks '%s': %s", f->name, f->said, err);
    }
    free(err);
    if (target_number(&w, "materials") != f->records) {
        fail_msg("%s: %lld materials: %s", f->name, (long long)target_number(&w, "materials"), out);
    }
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    if (f->rejected < 0) {
        free(out);
    } else {
        cJSON *report = world_json(out);
        assert_int_equal(rig_number(report, "rejected"), f->rejected);
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(report, "proof")), f->proof);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")), strcmp(f->proof, "none") != 0);
        int64_t sum = 0;
        static const char *const parts[] = {"created", "updated", "unchanged", "filtered", "rejected", "repeated"};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            sum += rig_number(report, parts[i]);
        }
        assert_int_equal(sum, rig_number(report, "seen"));
        cJSON_Delete(report);
        if (f->records > 0 && f->rejected == 0 && !(f->said && strstr(f->said, "repaired"))) {
            check_names(&w);
        }
    }
    rig_close(&w.rig);
    assert_int_equal(place_remove(&place), 0);
}

static void check_form(void **state)
{
    const struct form *f = *state;
    for (int turn = 0; turn < 2; turn++) {
        place_postgres = turn == 1;
        run_form(f);
    }
}

/* A reply that is not understood is an error for `check` and `preview` too. */
static void unknown_forms_are_told_everywhere(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "30", "--list_form", "number", NULL}, PLAIN);
    char *checked = COMMAND(&w, 1, "check");
    assert_non_null(strstr(checked, "holds no list of records"));
    free(checked);
    char *shown = COMPLAINT(&w, 1, "preview");
    assert_non_null(strstr(shown, "holds no list of records"));
    free(shown);
    rig_close(&w.rig);
}

/* The bytes of a record that could not be read stand in its reject. */
static void an_unreadable_record_keeps_its_bytes(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "5", "--damage", "broken", "--damage_shop", "S000003", NULL},
               PLAIN);
    free(COMMAND(&w, 3, "run", "--json"));
    cJSON *reject = world_json(COMMAND(&w, 0, "rejects", "show", "S000003", "--json"));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(reject, "class")), "unreadable");
    assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(reject, "message")), "shop_name"));
    const cJSON *source = cJSON_GetObjectItem(reject, "source");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(source, "shop_name")), "nope");
    cJSON_Delete(reject);
    rig_close(&w.rig);
}

/* The record that tore its page is found by its key, shows its bytes without secrets, and is copied once it is mended. */
static void a_torn_record_has_its_key(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "130", "--damage", "quote", "--damage_shop", "S000037", NULL},
               PLAIN);
    free(COMMAND(&w, 3, "run", "--json"));
    char *shown = COMMAND(&w, 0, "rejects", "show", "S000037", "--json");
    assert_non_null(strstr(shown, "record 37 of slice 0"));
    assert_null(strstr(shown, "secret-")); /* values of secret fields; rig_close looks into the store */
    cJSON *reject = world_json(shown);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(reject, "class")), "unreadable");
    cJSON_Delete(reject);
    free(rig_ask(w.source, "set?damage=none", ""));
    free(COMMAND(&w, 0, "rejects", "replay", "S000037"));
    assert_int_equal(target_number(&w, "materials"), 130);
    rig_close(&w.rig);
}

/* Where no reply at all can be read, it is not for the records to answer: nothing is refused, and the run stays open. */
static void a_source_that_is_torn_itself_refuses_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "130", "--damage", "quote", "--damage_shop", "all", NULL},
               PLAIN);
    char *sample = COMPLAINT(&w, 4, "preview");
    assert_non_null(strstr(sample, "not JSON"));
    free(sample);
    rig_close(&w.rig);
}

/* --limit N is N records, though the server gives fewer a page than it was asked for. */
static void a_limit_is_kept_where_pages_are_capped(void **state)
{
    const char *total = *state;
    for (int turn = 0; turn < 2; turn++) {
        struct world w;
        struct place place;
        place_postgres = turn == 1;
        world_open(&w, program, (const char *[]){"--shops", "250", "--page_cap", "40", "--total", total, NULL}, PLAIN);
        assert_int_equal(place_make(&place), 0);
        rig_set(&w.rig, "DIANCHEN_STORE", place.url);
        cJSON *report = world_json(COMMAND(&w, 0, "run", "--limit", "110", "--json"));
        assert_int_equal(rig_number(report, "created"), 110);
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")));
        cJSON_Delete(report);
        assert_int_equal(target_number(&w, "materials"), 110);
        rig_close(&w.rig);
        assert_int_equal(place_remove(&place), 0);
    }
}

int main(int argc, char **argv)
{
    program = argv[0];
    struct CMUnitTest tests[FORMS + 6];
    size_t n = 0;
    for (size_t i = 0; i < FORMS; i++) {
        if (argc < 2 || strstr(forms[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = forms[i].name, .test_func = check_form, .initial_state = (void *)(uintptr_t)&forms[i]};
        }
    }
    const struct CMUnitTest others[] = {
        cmocka_unit_test(unknown_forms_are_told_everywhere),
        cmocka_unit_test(an_unreadable_record_keeps_its_bytes),
        cmocka_unit_test(a_torn_record_has_its_key),
        cmocka_unit_test(a_source_that_is_torn_itself_refuses_nothing),
        cmocka_unit_test_prestate(a_limit_is_kept_where_pages_are_capped, (void *)(uintptr_t) "first"),
        cmocka_unit_test_prestate(a_limit_is_kept_where_pages_are_capped, (void *)(uintptr_t) "never"),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (argc < 2 || strstr(others[i].name, argv[1]) != NULL) {
            tests[n++] = others[i];
        }
    }
    return _cmocka_run_group_tests("forms of the source", tests, n, NULL, NULL);
}
