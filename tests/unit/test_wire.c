/* Frames: what is written is read back, and garbage is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/wire/wire.h"

#define PAGE                                                                                                           \
    {                                                                                                                  \
        .run = INT64_MAX, .slice = INT32_MAX, .no = 123456789012, .fence = 0                                           \
    }
#define BYTES(literal) ((struct text){literal, sizeof(literal) - 1})

static void test_check(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct text frame;
        int error;
    } cases[] = {
        {"nothing", BYTES(""), ERR_SYNTAX},
        {"nil", BYTES("\xc0"), 0},
        {"small integers", BYTES("\x92\x7f\xe0"), 0},
        {"two values", BYTES("\xc0\xc0"), ERR_SYNTAX},
        {"the byte that is never used", BYTES("\xc1"), ERR_SYNTAX},
        {"empty list", BYTES("\x90"), 0},
        {"list cut short", BYTES("\x92\xc0"), ERR_SYNTAX},
        {"a list of 268 million in five bytes", BYTES("\xdd\x0f\xff\xff\xff"), ERR_SYNTAX},
        {"a map of 4 thousand million", BYTES("\xdf\xff\xff\xff\xff\xc0\xc0"), ERR_SYNTAX},
        {"map of one", BYTES("\x81\xa1k\xc0"), 0},
        {"map without its value", BYTES("\x81\xa1k"), ERR_SYNTAX},
        {"map that counts pairs", BYTES("\xde\x00\x02\xc0\xc0\xc0"), ERR_SYNTAX},
        {"str8", BYTES("\xd9\x02hi"), 0},
        {"str8 cut", BYTES("\xd9\x03hi"), ERR_SYNTAX},
        {"str16 without length", BYTES("\xda\x00"), ERR_SYNTAX},
        {"str32 of 4 GiB", BYTES("\xdb\xff\xff\xff\xffhi"), ERR_SYNTAX},
        {"bin8, bin16, bin32", BYTES("\x93\xc4\x01x\xc5\x00\x01x\xc6\x00\x00\x00\x01x"), 0},
        {"bin cut", BYTES("\xc6\x00\x00\x00\x02x"), ERR_SYNTAX},
        {"integers of every width",
         BYTES("\x98\xcc\x80\xcd\x01\x00\xce\x00\x01\x00\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00"
               "\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
         0},
        {"an integer cut", BYTES("\xcf\x00\x00\x00"), ERR_SYNTAX},
        {"float and double", BYTES("\x92\xca\x00\x00\x00\x00\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), 0},
        {"ext of every form", BYTES("\x94\xd4\x01x\xd5\x01xx\xc7\x00\x01\xd8\x01xxxxxxxxxxxxxxxx"), 0},
        {"ext without type", BYTES("\xd4"), ERR_SYNTAX},
        {"fixext cut", BYTES("\xd8\x01xxxxxxxxxxxxxxx"), ERR_SYNTAX},
        {"ext8 without type", BYTES("\xc7\x00"), ERR_SYNTAX},
        {"six deep", BYTES("\x91\x91\x91\x91\x91\x90"), 0},
        {"seven deep", BYTES("\x91\x91\x91\x91\x91\x91\x90"), ERR_LIMIT},
        {"seven deep, in the second place", BYTES("\x92\xc0\x91\x91\x91\x91\x91\x90"), ERR_LIMIT},
        {"side by side is not deep", BYTES("\x97\x90\x90\x90\x90\x91\x90\x90\x90"), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("  %s\n", cases[i].name);
        assert_int_equal(wire_check(cases[i].frame), cases[i].error);
    }
    char *large = calloc(1, WIRE_FRAME_MAX + 1);
    assert_non_null(large);
    assert_int_equal(wire_check((struct text){large, WIRE_FRAME_MAX + 1}), ERR_LIMIT);
    free(large);
}

/* Copies the frame to the heap, so that ASan sees any byte read behind it. */
static int read_tight(struct text frame, struct wire_message *out)
{
    char *copy = malloc(frame.size + 1);
    assert_non_null(copy);
    memmove(copy + 1, frame.data, frame.size);
    int error = wire_read((struct text){copy + 1, frame.size}, out);
    free(copy);
    return error;
}

static void test_messages_read_back(void **state)
{
    (void)state;
    static const struct wire_message messages[] = {
        {.type = WIRE_HELLO, .hello = {ROLE_LOADER, 1, {"ab", 2}, {"", 0}, {"主机:7", 8}}},
        {.type = WIRE_WELCOME, .hello = {ROLE_EXTRACTOR, 77, {"", 0}, {"s", 1}, {"h", 1}}},
        {.type = WIRE_CREDIT, .credit = INT64_MAX},
        {.type = WIRE_ACK, .page = PAGE},
        {.type = WIRE_ACK, .page = PAGE, .times = {0, 0, 1, 2000, 3000000, PAGE_TIME_MAX, PAGE_CALLS_MAX}},
        {.type = WIRE_NACK, .page = PAGE, .reason = NACK_FAILED, .retry_after = 31000, .note = {"why", 3}},
        {.type = WIRE_PING},
        {.type = WIRE_DRAIN},
        {.type = WIRE_BYE},
        {.type = WIRE_ERROR, .note = {"no", 2}},
        {.type = WIRE_BATCH, .page = PAGE, .attempt = 3, .rows = 2, .records = {"\x90\xc0", 2}},
    };
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const struct wire_message *m = &messages[i];
        struct buffer frame;
        struct wire_message got;
        buffer_init(&frame, 1 << 20);
        wire_write(&frame, m);
        buffer_add_text(&frame, m->records);
        assert_false(frame.failed);
        assert_int_equal(wire_read(buffer_text(&frame), &got), 0);
        assert_int_equal(got.type, m->type);
        assert_int_equal(got.hello.role, m->hello.role);
        assert_int_equal(got.hello.protocol, m->hello.protocol);
        assert_true(text_equal(got.hello.scheme_hash, m->hello.scheme_hash));
        assert_true(text_equal(got.hello.store_id, m->hello.store_id));
        assert_true(text_equal(got.hello.peer_name, m->hello.peer_name));
        assert_int_equal(got.credit, m->credit);
        assert_memory_equal(&got.page, &m->page, sizeof got.page);
        assert_memory_equal(&got.times, &m->times, sizeof got.times);
        assert_int_equal(got.attempt, m->attempt);
        assert_int_equal(got.rows, m->rows);
        assert_true(text_equal(got.records, m->records));
        assert_int_equal(got.reason, m->reason);
        assert_int_equal(got.retry_after, m->retry_after);
        assert_true(text_equal(got.note, m->note));
        for (size_t size = 0; size < frame.size; size++) { /* every cut is noticed */
            assert_int_equal(read_tight((struct text){frame.data, size}, &got), ERR_SYNTAX);
        }
        for (size_t at = 0; at < frame.size; at++) { /* no flipped byte does harm */
            char kept = frame.data[at];
            for (int byte = 0; byte < 256; byte++) {
                frame.data[at] = (char)byte;
                (void)!read_tight(buffer_text(&frame), &got);
            }
            frame.data[at] = kept;
        }
        buffer_fini(&frame);
    }
}

static void test_messages_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct text frame;
        int error;
    } cases[] = {
        {"another version", BYTES("\x92\x02\x07"), ERR_REFUSED},
        {"another version with fields unknown here", BYTES("\x93\x02\x63\x80"), ERR_REFUSED},
        {"no version", BYTES("\x92\xc0\x07"), ERR_SYNTAX},
        {"no type", BYTES("\x91\x01"), ERR_SYNTAX},
        {"type 0", BYTES("\x92\x01\x00"), ERR_SYNTAX},
        {"type 11", BYTES("\x92\x01\x0b"), ERR_SYNTAX},
        {"a map", BYTES("\x81\x01\x07"), ERR_SYNTAX},
        {"no list", BYTES("\x07"), ERR_SYNTAX},
        {"ping with a field", BYTES("\x93\x01\x07\xc0"), ERR_SYNTAX},
        {"credit below zero", BYTES("\x93\x01\x03\xff"), ERR_SYNTAX},
        {"credit above int64", BYTES("\x93\x01\x03\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), ERR_SYNTAX},
        {"credit as text", BYTES("\x93\x01\x03\xa1\x31"), ERR_SYNTAX},
        {"ack with three numbers", BYTES("\x95\x01\x05\x01\x01\x01"), ERR_SYNTAX},
        {"ack without times", BYTES("\x96\x01\x05\x01\x01\x01\x01"), ERR_SYNTAX},
        {"ack of slice 2^31", BYTES("\x9b\x01\x05\x01\xce\x80\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00"), ERR_SYNTAX},
        {"ack with a time below zero", BYTES("\x9b\x01\x05\x01\x01\x01\x01\x00\xff\x00\x00\x00"), ERR_SYNTAX},
        {"ack with a time as text", BYTES("\x9b\x01\x05\x01\x01\x01\x01\x00\x00\x00\xa1\x31\x00"), ERR_SYNTAX},
        {"nack for reason 0", BYTES("\x99\x01\x06\x01\x01\x01\x01\x00\x00\xa0"), ERR_SYNTAX},
        {"nack for reason 5", BYTES("\x99\x01\x06\x01\x01\x01\x01\x05\x00\xa0"), ERR_SYNTAX},
        {"hello of role 0", BYTES("\x97\x01\x01\x00\x01\xa0\xa0\xa0"), ERR_SYNTAX},
        {"hello of role 4", BYTES("\x97\x01\x01\x04\x01\xa0\xa0\xa0"), ERR_SYNTAX},
        {"hello with a number for a name", BYTES("\x97\x01\x01\x01\x01\xa0\xa0\x01"), ERR_SYNTAX},
        {"batch whose records are a map", BYTES("\x98\x01\x04\x01\x01\x01\x01\x01\x80"), ERR_SYNTAX},
        {"batch whose records are text", BYTES("\x98\x01\x04\x01\x01\x01\x01\x01\xa0"), ERR_SYNTAX},
        {"batch below zero", BYTES("\x98\x01\x04\xff\x01\x01\x01\x01\x90"), ERR_SYNTAX},
        {"batch without records", BYTES("\x97\x01\x04\x01\x01\x01\x01\x01"), ERR_SYNTAX},
        {"batch with more behind", BYTES("\x99\x01\x04\x01\x01\x01\x01\x01\x90\xc0"), ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire_message got;
        print_message("  %s\n", cases[i].name);
        assert_int_equal(read_tight(cases[i].frame, &got), cases[i].error);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct buffer frame;
    struct wire_message got;
    char long_text[WIRE_NOTE_MAX + 10];
    memset(long_text, 'x', sizeof long_text);
    buffer_init(&frame, 1 << 20);
    for (size_t rows = WIRE_ROWS_MAX; rows <= WIRE_ROWS_MAX + 1; rows++) {
        struct wire_message batch = {.type = WIRE_BATCH, .rows = rows};
        buffer_clear(&frame, 0);
        wire_write(&frame, &batch);
        for (size_t i = 0; i < rows; i++) {
            wire_put_nil(&frame);
        }
        assert_int_equal(wire_read(buffer_text(&frame), &got), rows > WIRE_ROWS_MAX ? ERR_LIMIT : 0);
    }
    buffer_clear(&frame, 0);
    wire_write(&frame, &(struct wire_message){.type = WIRE_ERROR, .note = {long_text, sizeof long_text}});
    assert_int_equal(wire_read(buffer_text(&frame), &got), 0);
    assert_int_equal(got.note.size, WIRE_NOTE_MAX);
    buffer_clear(&frame, 0); /* one that did not cut: the reader does */
    wire_put_array(&frame, 3);
    wire_put_integer(&frame, WIRE_VERSION);
    wire_put_integer(&frame, WIRE_ERROR);
    wire_put_text(&frame, (struct text){long_text, sizeof long_text});
    assert_int_equal(wire_read(buffer_text(&frame), &got), 0);
    assert_int_equal(got.note.size, WIRE_NOTE_MAX);
    buffer_clear(&frame, 0); /* times are cut to what can be added up */
    wire_put_array(&frame, 11);
    wire_put_integer(&frame, WIRE_VERSION);
    wire_put_integer(&frame, WIRE_ACK);
    for (int i = 0; i < 9; i++) {
        wire_put_integer(&frame, i < 4 ? 1 : INT64_MAX);
    }
    assert_int_equal(wire_read(buffer_text(&frame), &got), 0);
    assert_int_equal(got.times.map, PAGE_TIME_MAX);
    assert_int_equal(got.times.commit, PAGE_TIME_MAX);
    assert_int_equal(got.times.calls, PAGE_CALLS_MAX);
    buffer_clear(&frame, 0);
    wire_put_array(&frame, 7);
    for (int i = 0; i < 4; i++) {
        wire_put_integer(&frame, 1);
    }
    wire_put_text(&frame, (struct text){long_text, WIRE_NAME_MAX + 1});
    wire_put_text(&frame, TEXT(""));
    wire_put_text(&frame, TEXT(""));
    assert_int_equal(wire_read(buffer_text(&frame), &got), ERR_SYNTAX);
    buffer_fini(&frame);
}

static void assert_value(const struct value *a, const struct value *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->repaired, b->repaired);
    switch (a->kind) {
    case VALUE_BOOL:
        assert_int_equal(a->flag, b->flag);
        break;
    case VALUE_INT:
        assert_int_equal(a->integer, b->integer);
        break;
    case VALUE_REAL:
        assert_true(a->real == b->real);
        break;
    case VALUE_TEXT:
    case VALUE_NUMBER:
    case VALUE_BROKEN:
    case VALUE_JSON:
        assert_true(text_equal(a->text, b->text));
        break;
    case VALUE_NIL:
        break;
    }
}

static void test_source_records(void **state)
{
    (void)state;
    static char big[70000];
    memset(big, 'y', sizeof big);
    const struct value values[] = {
        {.kind = VALUE_NIL},
        {.kind = VALUE_BOOL, .flag = true},
        {.kind = VALUE_BOOL, .flag = false},
        {.kind = VALUE_INT, .integer = 0},
        {.kind = VALUE_INT, .integer = -1},
        {.kind = VALUE_INT, .integer = -33},
        {.kind = VALUE_INT, .integer = 128},
        {.kind = VALUE_INT, .integer = 65536},
        {.kind = VALUE_INT, .integer = -32769},
        {.kind = VALUE_INT, .integer = INT64_MAX},
        {.kind = VALUE_INT, .integer = INT64_MIN},
        {.kind = VALUE_REAL, .real = 3.25},
        {.kind = VALUE_TEXT, .text = {"", 0}},
        {.kind = VALUE_TEXT, .text = TEXT("店铺一号")},
        {.kind = VALUE_TEXT, .text = {big, 200}},
        {.kind = VALUE_TEXT, .text = {big, 40000}},
        {.kind = VALUE_TEXT, .text = {big, sizeof big}},
        {.kind = VALUE_JSON, .text = TEXT("[1]")},
        {.kind = VALUE_NUMBER, .text = TEXT("1.5")},
        {.kind = VALUE_BROKEN, .text = TEXT("\xff")},
        {.kind = VALUE_JSON, .text = TEXT("{\"a\":[1,2]}")},
        {.kind = VALUE_JSON, .text = {big, 300}},
        {.kind = VALUE_TEXT, .repaired = true, .text = TEXT("\xef\xbf\xbd")},
        {.kind = VALUE_JSON, .repaired = true, .text = TEXT("[\"\xef\xbf\xbd\"]")},
    };
    enum { COUNT = sizeof values / sizeof *values };
    struct buffer out;
    buffer_init(&out, 1 << 22);
    for (int record = 0; record < 3; record++) {
        wire_put_array(&out, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            wire_put_value(&out, &values[i]);
        }
    }
    struct text rest = buffer_text(&out), raw;
    for (int record = 0; record < 3; record++) {
        struct value got[COUNT + 2];
        memset(got, 0xff, sizeof got);
        const char *start = rest.data;
        assert_int_equal(wire_take_source(&rest, COUNT + 2, got, &raw), 0);
        for (size_t i = 0; i < COUNT; i++) {
            assert_value(&got[i], &values[i]);
        }
        assert_int_equal(got[COUNT].kind, VALUE_NIL);
        assert_int_equal(got[COUNT + 1].kind, VALUE_NIL);
        assert_ptr_equal(raw.data, start);
        assert_int_equal(raw.size, out.size / 3);
        assert_int_equal(wire_check(raw), 0);
    }
    struct value one;
    assert_int_equal(rest.size, 0);
    assert_int_equal(wire_take_source(&rest, 1, &one, &raw), ERR_SYNTAX);
    buffer_fini(&out);
}

/* One that is set apart is seen as such, and by nobody taken for a record. */
static void test_set_apart(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    wire_put_apart(&out, BYTES("\x92\x01\xa1x"));
    buffer_add_text(&out, BYTES("\x91\x05"));
    struct text rest = buffer_text(&out), raw = TEXT("kept");
    struct value values[2];
    assert_int_equal(wire_take_source(&rest, 2, values, &raw), ERR_SYNTAX);
    assert_int_equal(raw.size, 4);
    assert_true(wire_take_apart(&rest, &raw));
    assert_int_equal(wire_take_source(&raw, 2, values, &raw), 0);
    assert_int_equal(values[0].integer, 1);
    assert_true(text_equal(values[1].text, TEXT("x")));
    assert_false(wire_take_apart(&rest, &raw));
    assert_int_equal(wire_take_source(&rest, 2, values, &raw), 0);
    assert_int_equal(values[0].integer, 5);
    assert_false(wire_take_apart(&rest, &raw));
    for (size_t cut = 1; cut < 6; cut++) {
        rest = (struct text){out.data, cut};
        assert_false(wire_take_apart(&rest, &raw));
        assert_int_equal(rest.size, cut);
    }
    buffer_fini(&out);
}

static void test_source_records_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct text record;
    } cases[] = {
        {"no list", BYTES("\xc0")},
        {"a map", BYTES("\x81\xc0\xc0")},
        {"more values than slots", BYTES("\x93\xc0\xc0\xc0")},
        {"cut short", BYTES("\x92\xc0")},
        {"a list inside", BYTES("\x92\x90\xc0")},
        {"bytes inside", BYTES("\x91\xc4\x01x")},
        {"an ext of another type", BYTES("\x91\xd4\x02x")},
        {"an integer above int64", BYTES("\x91\xcf\x80\x00\x00\x00\x00\x00\x00\x00")},
        {"text cut", BYTES("\x91\xa5xx")},
        {"the unused byte", BYTES("\x91\xc1")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value values[2];
        struct text rest = cases[i].record, raw = TEXT("kept");
        print_message("  %s\n", cases[i].name);
        assert_int_equal(wire_take_source(&rest, 2, values, &raw), ERR_SYNTAX);
        assert_ptr_equal(rest.data, cases[i].record.data);
        assert_int_equal(rest.size, cases[i].record.size);
        assert_int_equal(raw.size, 4);
    }
}

static struct mapped row_of(enum record_kind kind)
{
    return (struct mapped){.kind = kind,
                           .notes = kind == RECORD_PAYLOAD    ? NOTES_ALL
                                    : kind == RECORD_FILTERED ? NOTE_TRIMMED
                                                              : 0,
                           .key = TEXT("店001"),
                           .number = TEXT("001"),
                           .hash = "0123456789abcde",
                           .payload = kind == RECORD_PAYLOAD ? TEXT("{\"name\":\"店\"}") : TEXT(""),
                           .source = BYTES("\x91\x01"),
                           .refusal = {TEXT("mapping"), TEXT("E1"), TEXT("field x is no number")}};
}

static void test_mapped_records(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    for (int kind = RECORD_PAYLOAD; kind <= RECORD_UNMAPPABLE; kind++) {
        struct mapped row = row_of((enum record_kind)kind);
        wire_put_mapped(&out, &row);
    }
    struct text rest = buffer_text(&out);
    for (int kind = RECORD_PAYLOAD; kind <= RECORD_UNMAPPABLE; kind++) {
        struct mapped row, want = row_of((enum record_kind)kind);
        memset(&row, 0xff, sizeof row);
        assert_int_equal(wire_take_mapped(&rest, &row), 0);
        assert_int_equal(row.kind, kind);
        assert_true(text_equal(row.key, want.key) && text_equal(row.number, want.number));
        assert_true(text_equal(row.payload, want.payload) && text_equal(row.source, want.source));
        assert_memory_equal(row.hash, want.hash, HASH_SIZE);
        assert_int_equal(row.notes, want.notes);
        bool refused = kind == RECORD_UNMAPPABLE;
        assert_true(text_equal(row.refusal.class, refused ? want.refusal.class : TEXT("")));
        assert_true(text_equal(row.refusal.code, refused ? want.refusal.code : TEXT("")));
        assert_true(text_equal(row.refusal.message, refused ? want.refusal.message : TEXT("")));
    }
    assert_int_equal(rest.size, 0);
    for (size_t size = 0; size < out.size; size++) { /* cut anywhere: fewer records, never more */
        struct mapped row;
        size_t taken = 0;
        rest = (struct text){out.data, size};
        while (wire_take_mapped(&rest, &row) == 0) {
            taken++;
        }
        assert_true(taken < 3);
    }
    buffer_fini(&out);
}

static void test_mapped_records_refused(void **state)
{
    (void)state;
    static char long_key[KEY_MAX + 1];
    memset(long_key, 'k', sizeof long_key);
    struct text too_long = {long_key, sizeof long_key}, just = {long_key, KEY_MAX};
    struct {
        const char *name;
        struct mapped row;
        int error;
    } cases[] = {
        {"a key of KEY_MAX", row_of(RECORD_PAYLOAD), 0},
        {"a key above KEY_MAX", row_of(RECORD_PAYLOAD), ERR_SYNTAX},
        {"a number above KEY_MAX", row_of(RECORD_PAYLOAD), ERR_SYNTAX},
        {"no key", row_of(RECORD_PAYLOAD), ERR_SYNTAX},
        {"no payload", row_of(RECORD_PAYLOAD), ERR_SYNTAX},
        {"kind 3", row_of(RECORD_PAYLOAD), ERR_SYNTAX},
        {"keyless, unmappable", row_of(RECORD_UNMAPPABLE), 0},
    };
    cases[0].row.key = just;
    cases[1].row.key = too_long;
    cases[2].row.number = too_long;
    cases[3].row.key = TEXT("");
    cases[4].row.payload = TEXT("");
    cases[5].row.kind = (enum record_kind)3;
    cases[6].row.key = TEXT("");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        struct mapped row;
        print_message("  %s\n", cases[i].name);
        buffer_init(&out, 1 << 20);
        wire_put_mapped(&out, &cases[i].row);
        struct text rest = buffer_text(&out);
        assert_int_equal(wire_take_mapped(&rest, &row), cases[i].error);
        buffer_fini(&out);
    }
    struct mapped row;
    struct text short_hash = BYTES("\x96\x00\xa1k\xa1n\xc4\x01h\xa2{}\xc4\x00");
    assert_int_equal(wire_take_mapped(&short_hash, &row), ERR_SYNTAX);
    struct text text_hash = BYTES("\x96\x01\xa1k\xa1n\xb0"
                                  "0123456789abcdef\xa0\xc4\x00");
    assert_int_equal(wire_take_mapped(&text_hash, &row), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_messages_read_back),
        cmocka_unit_test(test_messages_refused),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_source_records),
        cmocka_unit_test(test_set_apart),
        cmocka_unit_test(test_source_records_refused),
        cmocka_unit_test(test_mapped_records),
        cmocka_unit_test(test_mapped_records_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
