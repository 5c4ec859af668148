/* Records that ended every worker are set apart, and do not affect others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wire/wire.h"
#include "extractor/poison.h"
#include "extractor/record.h"

static const struct text slots[] = {{"no", 2}, {"name", 4}};
static const bool secret[2];
static const struct scheme scheme = {
    .slots = slots, .slot_secret = secret, .slot_count = 2, .source = {.id_slot = 0, .number_slot = 0}};

static void put_record(struct buffer *out, struct text no, struct text name)
{
    wire_put_array(out, 2);
    wire_put_text(out, no);
    wire_put_text(out, name);
}

/* A page that fills its buffer to the last byte. Marked it is longer; refused for that it was fetched for ever. */
static void a_full_page_is_marked(void **state)
{
    (void)state;
    struct buffer records;
    buffer_init(&records, 1000);
    put_record(&records, TEXT("A"), TEXT("harmless"));
    put_record(&records, TEXT("B"), TEXT("deadly"));
    records.limit = records.size;
    struct poison_record known = {TEXT("B"), TEXT("{\"no\":\"B\",\"name\":\"deadly\"}")};
    const struct poison poison = {&known, 1};
    assert_int_equal(poison_mark(&poison, &scheme, &records), 0);

    struct text rest = buffer_text(&records), raw;
    struct value values[2];
    assert_false(wire_take_apart(&rest, &raw));
    assert_int_equal(wire_take_source(&rest, 2, values, &raw), 0);
    assert_true(text_equal(values[0].text, TEXT("A")));
    assert_true(wire_take_apart(&rest, &raw));
    assert_int_equal(rest.size, 0);
    buffer_fini(&records);
}

/* The same key with other contents is another record: perhaps somebody mended it. */
static void a_changed_record_is_tried_again(void **state)
{
    (void)state;
    struct buffer records;
    buffer_init(&records, 1000);
    put_record(&records, TEXT("B"), TEXT("mended"));
    struct poison_record known = {TEXT("B"), TEXT("{\"no\":\"B\",\"name\":\"deadly\"}")};
    const struct poison poison = {&known, 1};
    assert_int_equal(poison_mark(&poison, &scheme, &records), 0);
    struct text rest = buffer_text(&records), raw;
    assert_false(wire_take_apart(&rest, &raw));
    buffer_fini(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_page_is_marked),
        cmocka_unit_test(a_changed_record_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
