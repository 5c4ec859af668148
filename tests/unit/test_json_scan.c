/* Walking JSON by brackets: skipped values do no harm, taken values keep their digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/json/scan.h"

static struct arena arena;

static void takes_values(void **state)
{
    static const struct {
        const char *text, *value, *rest; /* value NULL: none */
    } rows[] = {
        {" 12, 3", "12", ", 3"},
        {"\"a\\\"b\" x", "\"a\\\"b\"", " x"},
        {"{\"a\":[1,{\"b\":\"}\"}]}]", "{\"a\":[1,{\"b\":\"}\"}]}", "]"},
        {"{\"a\":nonsense here, \\x}", "{\"a\":nonsense here, \\x}", ""},
        {"true", "true", ""},
        {"\"open", NULL, ""},
        {"\"open\\", NULL, ""},
        {"[1,2", NULL, ""},
        {"", NULL, ""},
        {",", NULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text rest = text_of(rows[i].text), value;
        int error = json_take(&rest, &value);
        assert_int_equal(error != 0, rows[i].value == NULL);
        if (!error) {
            assert_true(text_equal(value, text_of(rows[i].value)));
            assert_true(text_equal(rest, text_of(rows[i].rest)));
        }
    }
}

static void walks(void **state)
{
    static const struct {
        const char *text;
        int count, end; /* end 0 or ERR_SYNTAX */
    } rows[] = {
        {"{}", 0, 0},
        {"[ ]", 0, 0},
        {"{\"a\":1,\"b\":{\"c\":[]} }", 2, 0},
        {"[1, \"x\" ,null]", 3, 0},
        {"[1 2]", 1, -1},
        {"{\"a\" 1}", 0, -1},
        {"{\"a\":1,}", 1, 0},
        {"[1,]", 1, 0},
        {"[1,,]", 1, -1},
        {"[,]", 0, -1},
        {"{a:1}", 0, -1},
        {"[,1]", 0, -1},
        {"{\"a\":}", 0, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_walk walk;
        struct text name, value;
        int count = 0, more;
        assert_int_equal(json_walk_begin(&walk, text_of(rows[i].text)), 0);
        while ((more = json_walk_next(&walk, &name, &value)) == 1) {
            count++;
        }
        if (count != rows[i].count || (more != 0) != (rows[i].end != 0)) {
            fail_msg("%s: %d members, then %d", rows[i].text, count, more);
        }
    }
    struct json_walk walk;
    assert_int_equal(json_walk_begin(&walk, TEXT("12")), ERR_SYNTAX);
}

/* A member nested deeper than any stack would bear. */
static void skips_any_depth(void **state)
{
    static const size_t DEPTH = 1000000;
    (void)state;
    struct buffer text;
    buffer_init(&text, 4 << 20);
    buffer_add_text(&text, TEXT("{\"a\":"));
    for (size_t i = 0; i < DEPTH; i++) {
        buffer_add_char(&text, '[');
    }
    for (size_t i = 0; i < DEPTH; i++) {
        buffer_add_char(&text, ']');
    }
    buffer_add_text(&text, TEXT(",\"b\":1}"));
    assert_false(text.failed);
    struct json_walk walk;
    struct text name, value;
    assert_int_equal(json_walk_begin(&walk, buffer_text(&text)), 0);
    assert_int_equal(json_walk_next(&walk, &name, &value), 1);
    assert_int_equal(json_walk_next(&walk, &name, &value), 1);
    assert_true(text_equal(name, TEXT("b")) && text_equal(value, TEXT("1")));
    assert_int_equal(json_walk_next(&walk, &name, &value), 0);
    struct buffer out;
    bool repaired = false;
    buffer_init(&out, 1 << 20);
    assert_int_equal(json_compact((struct text){text.data + 5, text.size - 12}, &arena, &out, &repaired), ERR_LIMIT);
    buffer_fini(&out);
    buffer_fini(&text);
}

/* What can't be read costs nothing around it. */
static void mends_what_it_can(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *want; /* want NULL: it can't be mended */
    } rows[] = {
        {"{\"a\": nope, \"b\":[1,NaN,01,-Infinity,-02,\"x\\q\"]}",
         "{\"a\":null,\"b\":[1,null,\"01\",null,\"-02\",\"x\\\\q\"]}"},
        {"{\"a\":True,\"b\":1.50,\"c\":\"\\ud83d\"}", "{\"a\":null,\"b\":1.5,\"c\":\"\uFFFD\"}"},
        {"{\"a\":\"\xff\",\"b\":null}", "{\"a\":\"\xff\",\"b\":null}"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1],2],3]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[null,3]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"},
        {"{\"a\":1", NULL},
        {"{\"a\" 1}", NULL},
        {"{\"a\":}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        int error = json_mend(text_of(rows[i].raw), &arena, &out);
        bool same = rows[i].want && text_equal(buffer_text(&out), text_of(rows[i].want));
        if ((error == 0) != (rows[i].want != NULL) || (!error && !same)) {
            fail_msg("%s: %d, %.*s", rows[i].raw, error, TEXT_ARG(buffer_text(&out)));
        }
        buffer_fini(&out);
    }
}

static void decodes_strings(void **state)
{
    static const struct {
        const char *raw, *text; /* text NULL: refused */
        bool repaired;
    } rows[] = {
        {"\"plain 店\"", "plain 店", false},
        {"\"\"", "", false},
        {"\"a\\n\\t\\\"\\\\\\/\\u5e97\"", "a\n\t\"\\/店", false},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", false},
        {"\"x\\ud83d\"", "x\xef\xbf\xbd", true},
        {"\"\\ude00x\"", "\xef\xbf\xbdx", true},
        {"\"\\ud83d\\u0041\"",
         "\xef\xbf\xbd"
         "A",
         true},
        {"\"a\\u0000b\"",
         "a\xef\xbf\xbd"
         "b",
         true},
        {"\"a\x01\x0b\tb\"", "a\tb", false},
        {"\"\\x41\"", NULL, false},
        {"\"\\u12G4\"", NULL, false},
        {"\"\\u12\"", NULL, false},
        {"\"\xff\"", NULL, false},
        {"\"\xc0\xaf\"", NULL, false},
        {"12", NULL, false},
        {"\"", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text out;
        bool repaired = false;
        int error = json_decode_text(text_of(rows[i].raw), &arena, &out, &repaired);
        if ((error != 0) != (rows[i].text == NULL) ||
            (!error && (!text_equal(out, text_of(rows[i].text)) || repaired != rows[i].repaired))) {
            fail_msg("row %zu: %s", i, rows[i].raw);
        }
    }
}

static void numbers_keep_their_digits(void **state)
{
    static const struct {
        const char *raw, *text;
    } rows[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.00", "0"},
        {"17", "17"},
        {"12345678901234567890123", "12345678901234567890123"},
        {"1.50", "1.5"},
        {"1.0", "1"},
        {"1.0E18", "1000000000000000000"},
        {"1e+3", "1000"},
        {"1.25e1", "12.5"},
        {"125e-2", "1.25"},
        {"5e-3", "0.005"},
        {"-5.5E-1", "-0.55"},
        {"100e-2", "1"},
        {"0.10", "0.1"},
        {"0e5", "0"},
        {"9007199254740993.0", "9007199254740993"},
        {"1e999", "1e999"},
        {"1e99999999999999999999", "1e99999999999999999999"},
        {"01", NULL},
        {"+1", NULL},
        {".5", NULL},
        {"1.", NULL},
        {"1e", NULL},
        {"1e+", NULL},
        {"NaN", NULL},
        {"0x10", NULL},
        {"1-2", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text out = {"", 0};
        int error = json_decode_number(text_of(rows[i].raw), &arena, &out);
        if ((error != 0) != (rows[i].text == NULL) || (!error && !text_equal(out, text_of(rows[i].text)))) {
            fail_msg("%s: %.*s", rows[i].raw, TEXT_ARG(out));
        }
    }
}

static void compacts(void **state)
{
    static const struct {
        const char *raw, *text;
    } rows[] = {
        {"{ \"a\" : [ 1.0 , null,true ,\"x\\u0041\" ] , \"\\u0062\":{} }", "{\"a\":[1,null,true,\"xA\"],\"b\":{}}"},
        {"[]", "[]"},
        {"[1}", NULL},
        {"{\"a\":tru}", NULL},
        {"[\"\\q\"]", NULL},
        {"[1 2]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        bool repaired = false;
        buffer_init(&out, 1000);
        int error = json_compact(text_of(rows[i].raw), &arena, &out, &repaired);
        if ((error != 0) != (rows[i].text == NULL) ||
            (!error && !text_equal(buffer_text(&out), text_of(rows[i].text)))) {
            fail_msg("%s: %d %.*s", rows[i].raw, error, TEXT_ARG(buffer_text(&out)));
        }
        buffer_fini(&out);
    }
}

/* Walks a container by its marks and without, as deep as it goes: each step must be the same. Returns the steps. */
static size_t walk_both(struct text container, const struct json_marks *marks)
{
    struct json_walk plain, marked;
    struct text plain_name, plain_value, marked_name, marked_value;
    int error = json_walk_begin(&plain, container);
    assert_int_equal(json_walk_marked(&marked, container, marks), error);
    size_t steps = 0;
    while (!error) {
        int more = json_walk_next(&plain, &plain_name, &plain_value);
        assert_int_equal(json_walk_next(&marked, &marked_name, &marked_value), more);
        if (more != 1) {
            break;
        }
        assert_true(plain_name.data == marked_name.data && plain_name.size == marked_name.size);
        assert_true(plain_value.data == marked_value.data && plain_value.size == marked_value.size);
        steps += 1 + walk_both(plain_value, marks);
    }
    return steps;
}

static uint64_t dice;
static size_t roll(size_t sides)
{
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(dice >> 33) % sides;
}

static void put_any(struct buffer *out, int depth)
{
    static const char *const scalars[] = {"1.50", "null", "\"a]}\\\"{\"", "\"\"", "\"\\\\\"", "x", " 7 "};
    size_t kind = roll(depth > 8 ? 1 : 3);
    if (kind == 0) {
        buffer_add_text(out, text_of(scalars[roll(sizeof scalars / sizeof *scalars)]));
        return;
    }
    buffer_add_char(out, kind == 1 ? '{' : '[');
    for (size_t i = roll(5); i-- > 0;) {
        buffer_add_text(out, kind == 1 ? TEXT("\"n}\" :") : TEXT(""));
        put_any(out, depth + 1);
        buffer_add_text(out, i > 0 ? TEXT(", ") : TEXT(""));
    }
    buffer_add_char(out, kind == 1 ? '}' : ']');
}

/* Texts of any nesting, whole and with bytes changed: marks change no outcome. */
static void marks_change_nothing(void **state)
{
    size_t whole = 0, steps = 0;
    (void)state;
    for (dice = 1; whole < 20000;) {
        struct buffer text;
        buffer_init(&text, 1 << 16);
        buffer_add_char(&text, '[');
        put_any(&text, 0);
        buffer_add_text(&text, TEXT(",{\"last\":[[]]}] "));
        for (size_t i = roll(3); i-- > 0;) {
            text.data[roll(text.size)] = "{}[]\",:\\ "[roll(9)];
        }
        struct json_marks marks = {.arena = &arena};
        struct text rest = buffer_text(&text), again = rest, value, same;
        int error = json_take(&again, &same);
        assert_int_equal(json_take_marked(&rest, &value, &marks), error);
        if (!error) {
            assert_true(value.data == same.data && value.size == same.size && rest.data == again.data);
            steps += walk_both(value, &marks);
            whole++;
        }
        buffer_fini(&text);
        arena_reset(&arena, 1 << 20);
    }
    assert_true(steps > 10 * whole);
}

/* Where marks end, because memory or the cap does, the walk looks for itself. */
static void marks_that_do_not_fit(void **state)
{
    enum { COUNT = JSON_MARKS_MAX + 1000 };
    struct arena small, large;
    struct buffer text;
    (void)state;
    buffer_init(&text, 4 << 20);
    buffer_add_char(&text, '[');
    for (size_t i = 0; i < COUNT; i++) {
        buffer_add_text(&text, i ? TEXT(",{\"a\":[1]}") : TEXT("{\"a\":[1]}"));
    }
    buffer_add_char(&text, ']');
    arena_init(&small, 1 << 14);
    arena_init(&large, 64 << 20);
    struct json_marks few = {.arena = &small}, most = {.arena = &large};
    struct text rest = buffer_text(&text), value;
    assert_int_equal(json_take_marked(&rest, &value, &few), 0);
    assert_true(few.count > 0 && few.count < 1000);
    assert_int_equal(walk_both(value, &few), 3 * (size_t)COUNT);
    rest = buffer_text(&text);
    assert_int_equal(json_take_marked(&rest, &value, &most), 0);
    assert_int_equal(most.count, JSON_MARKS_MAX);
    assert_int_equal(walk_both(value, &most), 3 * (size_t)COUNT);
    arena_fini(&small);
    arena_fini(&large);
    buffer_fini(&text);
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_values),
        cmocka_unit_test(walks),
        cmocka_unit_test(skips_any_depth),
        cmocka_unit_test(mends_what_it_can),
        cmocka_unit_test(decodes_strings),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(compacts),
        cmocka_unit_test(marks_change_nothing),
        cmocka_unit_test(marks_that_do_not_fit),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
