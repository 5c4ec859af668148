/* The body of a save: payloads untouched, the id in front where one is known. And accountGroup's forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "common/json/json.h"
#include "loader/xingchen/account.h"
#include "loader/xingchen/body.h"

static const struct target_form form = {
    .id = {"id", 2},
    .number = {"number", 6},
    .save_items = {"items", 5},
    .find_by = {"no", 2},
    .list = {.page = {"page", 4}, .size = {"pagesize", 8}, .search = {"search", 6}, .with = {"\"enable\":-1", 11}}};

static void writes_items(void **state)
{
    (void)state;
    static const struct {
        struct target_item items[3];
        size_t count;
        const char *want;
    } table[] = {
        {{{TEXT("{\"a\":\"店\"}"), {NULL, 0}}}, 1, "{\"items\":[{\"a\":\"店\"}]}"},
        {{{TEXT("{\"a\":1}"), TEXT("77")}}, 1, "{\"items\":[{\"id\":\"77\",\"a\":1}]}"},
        {{{TEXT("{}"), TEXT("77")}}, 1, "{\"items\":[{\"id\":\"77\"}]}"},
        {{{TEXT("{ }"), TEXT("77")}}, 1, "{\"items\":[{\"id\":\"77\"}]}"},
        {{{TEXT("{\"a\":1}"), {NULL, 0}},
          {TEXT("{\"a\":2}"), TEXT("1234567890123456789")},
          {TEXT("{\"a\":3}"), {NULL, 0}}},
         3,
         "{\"items\":[{\"a\":1},{\"id\":\"1234567890123456789\",\"a\":2},{\"a\":3}]}"},
        {{{TEXT("{\"a\":1}"), TEXT("q\"\\")}}, 1, "{\"items\":[{\"id\":\"q\\\"\\\\\",\"a\":1}]}"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buffer out;
        buffer_init(&out, 4096);
        body_save(&out, &form, table[i].items, table[i].count);
        assert_false(out.failed);
        if (!text_equal(buffer_text(&out), text_of(table[i].want))) {
            fail_msg("%.*s, wanted %s", (int)out.size, out.data, table[i].want);
        }
        buffer_fini(&out);
    }
}

static void expect(struct buffer *out, const char *want)
{
    if (!text_equal(buffer_text(out), text_of(want))) {
        fail_msg("%.*s, wanted %s", (int)out->size, out->data, want);
    }
    buffer_clear(out, 4096);
}

static void writes_one_record_without_a_wrapper(void **state)
{
    (void)state;
    struct target_form one = form;
    one.save_items = TEXT("");
    struct buffer out;
    buffer_init(&out, 4096);
    body_save(&out, &one, &(struct target_item){TEXT("{\"a\":1}"), TEXT("")}, 1);
    expect(&out, "{\"a\":1}");
    body_save(&out, &one, &(struct target_item){TEXT("{\"a\":1}"), TEXT("77")}, 1);
    expect(&out, "{\"id\":\"77\",\"a\":1}");
    buffer_fini(&out);
}

static void asks_as_the_api_file_says(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 4096);
    body_find_one(&out, &form, TEXT("N\"1"));
    expect(&out, "{\"no\":\"N\\\"1\"}");
    const struct text numbers[] = {TEXT("N1"), TEXT("N2")};
    body_find_many(&out, &form, numbers, 2);
    expect(&out, "{\"items\":[{\"no\":\"N1\"},{\"no\":\"N2\"}]}");
    body_list(&out, &form, &(struct target_ask){.no = 2, .size = 100});
    expect(&out, "{\"enable\":-1,\"page\":2,\"pagesize\":100}");
    body_list(&out, &form, &(struct target_ask){.no = 1, .size = 100, .search = TEXT("N1")});
    expect(&out, "{\"enable\":-1,\"search\":\"N1\",\"page\":1,\"pagesize\":100}");
    body_list(&out, &form, &(struct target_ask){.no = 1, .size = 100, .other = true});
    expect(&out, "{\"page\":1,\"pagesize\":100}");
    struct target_form plain = form;
    plain.list.search = plain.list.with = TEXT("");
    body_list(&out, &plain, &(struct target_ask){.no = 1, .size = 9, .search = TEXT("N1")});
    expect(&out, "{\"page\":1,\"pagesize\":9}");
    buffer_fini(&out);
}

static void stops_at_the_limit(void **state)
{
    (void)state;
    struct target_item item = {TEXT("{\"a\":\"0123456789\"}"), {NULL, 0}};
    struct buffer out;
    buffer_init(&out, 20);
    body_save(&out, &form, &item, 1);
    assert_true(out.failed);
    buffer_fini(&out);
}

static void note_account(void *user, const struct target_account *account)
{
    struct buffer *seen = user;
    buffer_format(seen, "%.*s=%.*s;", TEXT_ARG(account->id), TEXT_ARG(account->group));
}

static void reads_accounts(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        int count;
        const char *want;
    } table[] = {
        {"[{\"serviceId\":\"3\",\"accountGroups\":[{\"accountId\":\"1\",\"groupName\":\"a\"},{\"accountId\":2,"
         "\"groupName\":\"b\"}]}]",
         2, "1=a;2=b;"},
        {"[{\"accountGroups\":[]},{\"accountGroups\":[{\"accountId\":\"9007199254740993\",\"groupName\":\"c\"}]}]", 1,
         "9007199254740993=c;"},
        {"[{\"accountId\":\"5\",\"groupName\":\"d\"}]", 1, "5=d;"},
        {"[{\"accountGroups\":[{\"groupName\":\"d\"},7]}]", 0, ""},
        {"[]", 0, ""},
        {"{}", ERR_SYNTAX, ""},
        {"null", ERR_SYNTAX, ""},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const cJSON *data = NULL;
        struct buffer seen;
        buffer_init(&seen, 4096);
        assert_int_equal(json_parse(&arena, text_of(table[i].data), 4096, JSON_STRICT, &data, NULL), 0);
        const struct answer answer = {.data = data};
        assert_int_equal(account_each(&arena, &answer, note_account, &seen), table[i].count);
        assert_true(text_equal(buffer_text(&seen), text_of(table[i].want)));
        buffer_fini(&seen);
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_items),
        cmocka_unit_test(writes_one_record_without_a_wrapper),
        cmocka_unit_test(asks_as_the_api_file_says),
        cmocka_unit_test(stops_at_the_limit),
        cmocka_unit_test(reads_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
