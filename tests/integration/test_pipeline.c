/* The three programs between both doubles, over every variant of their behaviour that the API notes leave
 * open: what is in the target afterwards, what the report says, and that a second run writes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/rig.h"

static const char *program;

enum { WORDS = 20 };

struct variant {
    const char *name;
    int shops;                 /* enabled ones */
    const char *source[WORDS]; /* switches of wdt-double beside --shops */
    const char *target[WORDS]; /* switches of xingchen-double */
    const char *scheme[2];     /* text replaced in the scheme */
    const char *run[WORDS];    /* words for `dianchen run` */
    int updated;               /* of the first run: materials that stood there before */
    int filtered;
    int exit_code;
    int rejected;
    bool unkind; /* faults of the target, in the first run only; short times for what may come late */
};

#define ADOPT                                                                                                          \
    {                                                                                                                  \
        "\"existing\": \"reject\"", "\"existing\": \"adopt\""                                                          \
    }
#define BATCH(n)                                                                                                       \
    {                                                                                                                  \
        "\"batch\": 50", "\"batch\": " #n                                                                              \
    }

static const struct variant variants[] = {
    {.name = "no shops", .shops = 0},
    {.name = "one shop", .shops = 1},
    {.name = "one short of a page", .shops = 99},
    {.name = "exactly a page", .shops = 100},
    {.name = "one more than a page", .shops = 101},
    {.name = "two pages", .shops = 200, .source = {"--disabled", "7"}},
    {.name = "many pages", .shops = 1234},
    {.name = "no total", .shops = 1234, .source = {"--total", "never"}},
    {.name = "no total, last page full", .shops = 300, .source = {"--total", "never"}},
    {.name = "no total, no shops", .shops = 0, .source = {"--total", "never", "--empty", "absent"}},
    {.name = "total on every page", .shops = 350, .source = {"--total", "always"}},
    {.name = "shop_list", .shops = 250, .source = {"--list_key", "shop_list"}},
    {.name = "a list key that nobody told us", .shops = 150, .source = {"--list_key", "rows"}},
    {.name = "numbers as text", .shops = 250, .source = {"--numbers", "text"}},
    {.name = "success told twice", .shops = 120, .source = {"--flag", "1"}},
    {.name = "long ids", .shops = 120, .source = {"--long_ids", "1"}},
    {.name = "empty list as object", .shops = 0, .source = {"--empty", "object"}},
    {.name = "empty list as text", .shops = 0, .source = {"--empty", "string"}},
    {.name = "empty list as null", .shops = 0, .source = {"--empty", "null"}},
    {.name = "control characters", .shops = 220, .source = {"--controls", "0.5"}},
    {.name = "disabled ones shown: filtered",
     .shops = 180,
     .source = {"--disabled", "30", "--show_disabled", "1"},
     .filtered = 30},
    {.name = "list replies", .shops = 250, .target = {"--reply", "list"}},
    {.name = "ids in another order", .shops = 250, .target = {"--ids_order", "shuffled"}},
    {.name = "batch limit 1", .shops = 30, .target = {"--batch_max", "1"}, .scheme = BATCH(1)},
    {.name = "batch of 7, list replies",
     .shops = 101,
     .target = {"--batch_max", "7", "--reply", "list"},
     .scheme = BATCH(7)},
    {.name = "duplicates taken", .shops = 250, .target = {"--duplicates", "take"}},
    {.name = "a book that holds some",
     .shops = 250,
     .target = {"--duplicates", "take", "--book", "60", "--book_step", "3"},
     .scheme = ADOPT,
     .updated = 60},
    {.name = "a book that holds all, duplicates rejected",
     .shops = 120,
     .target = {"--book", "120"},
     .scheme = ADOPT,
     .updated = 120},
    {.name = "a list capped below what is asked, duplicates taken",
     .shops = 250,
     .target = {"--duplicates", "take", "--book", "130", "--list_max", "50", "--list_tells", "asked"},
     .scheme = ADOPT,
     .updated = 130},
    {.name = "a list that tells no pages, and a count of 0",
     .shops = 250,
     .target = {"--duplicates", "take", "--book", "130", "--list_max", "50", "--list_totalpage", "zero", "--list_count",
                "zero"},
     .scheme = ADOPT,
     .updated = 130},
    {.name = "a list that moves while it is read",
     .shops = 500,
     .target = {"--duplicates", "take", "--book", "400", "--list_max", "50", "--list_moves", "3", "--list_moves_for",
                "10"},
     .scheme = ADOPT,
     .updated = 400},
    {.name = "a target whose equality is looser, replies lost",
     .shops = 120,
     .target = {"--number_stored", "trim", "--number_compared", "all", "--lost_next", "2"},
     .unkind = true},
    {.name = "source trips now and then",
     .shops = 500,
     .source = {"--http502", "0.1", "--truncate", "0.1", "--reset", "0.1", "--unavailable", "0.1", "--not_json",
                "0.05"}},
    {.name = "source throttles", .shops = 500, .source = {"--throttle", "0.2"}},
    {.name = "several workers, few shops",
     .shops = 30,
     .run = {"--extractors", "4", "--transformers", "2", "--loaders", "2"}},
    {.name = "several workers",
     .shops = 1500,
     .run = {"--extractors", "2", "--transformers", "2", "--loaders", "2"},
     .target = {"--duplicates", "take"}},
    {.name = "token refused by status", .shops = 300, .target = {"--token_uses", "7", "--token_form", "401"}},
    {.name = "token refused by text", .shops = 300, .target = {"--token_uses", "7", "--token_form", "text"}},
    {.name = "token refused in words for every row",
     .shops = 300,
     .target = {"--token_uses", "7", "--token_form", "rows", "--token_words", "会话信息已丢失，请重新登录"}},
    {.name = "token refused in one errorInfo",
     .shops = 300,
     .target = {"--token_uses", "7", "--token_form", "errorinfo", "--token_words", "Session timeout"}},
    {.name = "token refused in the inner message",
     .shops = 300,
     .target = {"--token_uses", "7", "--token_form", "inner", "--token_words", "登录已失效"}},
    {.name = "token refused by HTTP 519, one row a call",
     .shops = 40,
     .target = {"--token_uses", "9", "--token_form", "519", "--token_words", "invalid session"},
     .scheme = BATCH(1)},
    {.name = "token refused in words about the only row",
     .shops = 40,
     .target = {"--token_uses", "9", "--token_form", "rows", "--token_words", "会话超时"},
     .scheme = BATCH(1)},
    {.name = "target throttles in words for every row",
     .shops = 600,
     .target = {"--faults_on", "saves", "--throttle", "0.2", "--throttle_form", "rows", "--retry_after", "0"},
     .unkind = true},
    {.name = "replies lost, requests cut, executed late, hung, garbled",
     .shops = 600,
     .target = {"--duplicates", "take", "--faults_on", "saves", "--lost", "0.1", "--late", "0.1", "--late_ms", "600",
                "--unexecuted", "0.1", "--hang", "0.05", "--truncate", "0.05", "--html", "0.05"},
     .unkind = true},
    {.name = "gateways that answer for a target that executes, and shows it late",
     .shops = 600,
     .target = {"--duplicates", "take", "--faults_on", "saves", "--http502", "0.1", "--http502_executes", "1", "--lost",
                "0.05", "--http519", "0.1", "--visible_ms", "250"},
     .unkind = true},
    {.name = "target throttles",
     .shops = 600,
     .target = {"--faults_on", "saves", "--throttle", "0.2", "--retry_after", "0"},
     .unkind = true},
    {.name = "guilty rows told by position",
     .shops = 200,
     .target = {"--reject_numbers", "S000003,S000007,S000150", "--error_id", "position"},
     .rejected = 3,
     .exit_code = 3},
    {.name = "guilty rows told by number",
     .shops = 200,
     .target = {"--reject_numbers", "S000003,S000007,S000150", "--error_id", "number"},
     .rejected = 3,
     .exit_code = 3},
    {.name = "guilty rows not told",
     .shops = 200,
     .target = {"--reject_numbers", "S000003,S000007,S000150", "--error_id", "nothing"},
     .rejected = 3,
     .exit_code = 3},
    {.name = "guilty rows, list replies",
     .shops = 200,
     .target = {"--reject_numbers", "S000003,S000007,S000150", "--reply", "list"},
     .rejected = 3,
     .exit_code = 3},
    {.name = "guilty rows, the others saved",
     .shops = 200,
     .target = {"--reject_numbers", "S000003,S000007,S000150", "--error_id", "nothing", "--partial", "1"},
     .rejected = 3,
     .exit_code = 3},
};

static size_t put_words(const char **out, size_t n, const char *const *words)
{
    for (size_t i = 0; i < WORDS && words[i] != NULL; i++) {
        if (strncmp(words[i], "--", 2) == 0 || n > 0) {
            out[n++] = words[i];
        }
    }
    return n;
}

static void expect(const cJSON *object, const char *name, int64_t wanted, const char *where)
{
    int64_t got = rig_number(object, name);
    if (got != wanted) {
        char *text = cJSON_PrintUnformatted(object);
        print_error("%s: %s is %lld, not %lld, in %s\n", where, name, (long long)got, (long long)wanted, text);
        free(text);
        fail();
    }
}

/* `dianchen run --json` with more words: its report. */
static cJSON *run(struct rig *rig, const char *const *more, int exit_code, const char *where)
{
    const char *words[WORDS + 4] = {"run", "--json"};
    put_words(words, 2, more);
    struct rig_process *process = NULL;
    int code = rig_run(rig, "dianchen", words, &process);
    char *text = rig_read(process->out);
    cJSON *report = cJSON_Parse(text);
    if (code != exit_code || report == NULL) {
        char *err = rig_read(process->err);
        print_error("%s: exit code %d, not %d\nstdout: %s\nstderr: %s\n", where, code, exit_code, text, err);
        free(err);
    }
    assert_non_null(report);
    assert_int_equal(code, exit_code);
    free(text);
    return report;
}

/* The target refused nothing for its form: no unknown or mistyped field, no oversized batch, no secret. */
static cJSON *target_report(const char *url, const char *where)
{
    cJSON *report = rig_ask_json(url, "report");
    for (const cJSON *item = report->child; item != NULL; item = item->next) {
        bool asked_for = strcmp(item->string, "refused_token") == 0 || strcmp(item->string, "refused_rejected") == 0;
        if (strncmp(item->string, "refused_", 8) == 0 && !asked_for && cJSON_IsNumber(item) && item->valuedouble != 0) {
            print_error("%s: the target counts %s = %g\n", where, item->string, item->valuedouble);
            fail();
        }
    }
    expect(report, "secrets_seen", 0, where);
    expect(report, "doubled_numbers", 0, where);
    return report;
}

static void expect_sums(const cJSON *report, const char *where)
{
    static const char *const parts[] = {"created", "updated", "unchanged", "filtered", "rejected", "repeated"};
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        sum += rig_number(report, parts[i]);
    }
    expect(report, "seen", sum, where);
    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete"))) {
        char *text = cJSON_PrintUnformatted(report);
        print_error("%s: not complete: %s\n", where, text);
        free(text);
        fail();
    }
}

/* Every material of the target, by number, is there once: what the double itself counts. */
static void expect_target(const char *url, const struct variant *v, int64_t materials, int64_t logins)
{
    cJSON *target = target_report(url, v->name);
    expect(target, "materials", materials, v->name);
    expect(target, "distinct_numbers", materials, v->name);
    if (logins > 0) {
        expect(target, "logins", logins, v->name);
    }
    cJSON_Delete(target);
}

static void check_variant(void **state)
{
    const struct variant *v = *state;
    struct rig rig;
    rig_open(&rig, program);
    char shops[16];
    snprintf(shops, sizeof shops, "%d", v->shops);
    const char *source_words[WORDS + 4] = {"--shops", shops};
    put_words(source_words, 2, v->source);
    const char *target_words[WORDS + 2] = {NULL};
    put_words(target_words, 0, v->target);
    char source[300];
    char target[300];
    rig_double(&rig, "wdt-double", source_words, source, sizeof source);
    rig_double(&rig, "xingchen-double", target_words, target, sizeof target);
    rig_credentials(&rig, source, target);
    rig_scheme(&rig, v->scheme[0], v->scheme[1]);
    rig_store(&rig, "dianchen.db");

    if (v->unkind) {
        rig_set(&rig, "TARGET_TIMEOUT", "500ms");
        rig_set(&rig, "TARGET_LATE", "1s");
        rig_set(&rig, "TARGET_VISIBLE", "300ms");
    }
    cJSON *report = run(&rig, v->run, v->exit_code, v->name);
    expect_sums(report, v->name);
    expect(report, "seen", v->shops + v->filtered, v->name);
    expect(report, "created", v->shops - v->updated - v->rejected, v->name);
    expect(report, "updated", v->updated, v->name);
    expect(report, "filtered", v->filtered, v->name);
    expect(report, "rejected", v->rejected, v->name);
    cJSON_Delete(report);
    bool token_dies = v->target[0] != NULL && strcmp(v->target[0], "--token_uses") == 0;
    expect_target(target, v, v->shops - v->rejected,
                  token_dies || v->shops == 0 /* it may be over before the loader is in */ ? 0 : 1);

    if (v->unkind) {
        free(rig_ask(target, "set?lost=0&late=0&unexecuted=0&hang=0&truncate=0&html=0&http502=0&http519=0&throttle=0",
                     ""));
    }

    /* Nothing changed: nothing is sent, and the login is still the first one. */
    free(rig_ask(target, "reset_counters", ""));
    report = run(&rig, v->run, v->exit_code, v->name);
    expect_sums(report, v->name);
    expect(report, "unchanged", v->shops - v->rejected, v->name);
    expect(report, "created", 0, v->name);
    cJSON_Delete(report);
    cJSON *quiet = target_report(target, v->name);
    expect(quiet, "saves", 0, v->name);
    cJSON_Delete(quiet);

    /* One shop renamed: one update, with its id. */
    if (v->shops > 20) {
        free(rig_ask(source, "edit?shop_no=S000020&shop_name=%E6%94%B9%E5%90%8D%E4%BA%86", ""));
        free(rig_ask(target, "reset_counters", ""));
        report = run(&rig, v->run, v->exit_code, v->name);
        expect(report, "updated", 1, v->name);
        expect(report, "created", 0, v->name);
        cJSON_Delete(report);
        cJSON *one = target_report(target, v->name);
        expect(one, "creates", 0, v->name);
        expect(one, "updates", 1, v->name);
        expect(one, "rows", 1, v->name);
        cJSON_Delete(one);
        char *material = rig_ask(target, "material?number=S000020", NULL);
        assert_non_null(strstr(material, "改名了"));
        free(material);
        expect_target(target, v, v->shops - v->rejected, 0);
    }
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    program = argv[0];
    enum { COUNT = sizeof variants / sizeof *variants };
    struct CMUnitTest tests[COUNT];
    size_t n = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (argc < 2 || strstr(variants[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = variants[i].name, .test_func = check_variant, .initial_state = (void *)(uintptr_t)&variants[i]};
        }
    }
    return _cmocka_run_group_tests("pipeline", tests, n, NULL, NULL);
}
