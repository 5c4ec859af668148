/* A sealed login opens only unchanged, with the same secret, for the same login. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "loader/xingchen/seal.h"

struct sealed {
    unsigned char key[SEAL_KEY];
    struct buffer text;
};

static const struct text plain = {"token\0group", 11}, context = {"login of a", 10};

static int set_up(void **state)
{
    static struct sealed sealed;
    buffer_init(&sealed.text, 1 << 16);
    assert_int_equal(seal_key(TEXT("client secret"), sealed.key), 0);
    assert_int_equal(seal_close(sealed.key, context, plain, &sealed.text), 0);
    *state = &sealed;
    return 0;
}

static int tear_down(void **state)
{
    buffer_fini(&((struct sealed *)*state)->text);
    return 0;
}

static int open_text(const unsigned char *key, struct text with, struct text text, struct buffer *out)
{
    buffer_init(out, 1 << 16);
    return seal_open(key, with, text, out);
}

static void opens_again(void **state)
{
    struct sealed *sealed = *state;
    struct buffer out;
    assert_int_equal(sealed->text.size, plain.size + SEAL_NONCE + SEAL_TAG);
    assert_true(text_find(buffer_text(&sealed->text), TEXT("token")) < 0);
    assert_int_equal(open_text(sealed->key, context, buffer_text(&sealed->text), &out), 0);
    assert_true(text_equal(buffer_text(&out), plain));
    buffer_fini(&out);
}

static void every_changed_byte_is_refused(void **state)
{
    struct sealed *sealed = *state;
    for (size_t i = 0; i < sealed->text.size; i++) {
        struct buffer out;
        sealed->text.data[i] = (char)(sealed->text.data[i] ^ 1);
        assert_int_equal(open_text(sealed->key, context, buffer_text(&sealed->text), &out), ERR_REFUSED);
        assert_int_equal(out.size, 0);
        sealed->text.data[i] = (char)(sealed->text.data[i] ^ 1);
        buffer_fini(&out);
    }
}

static void every_other_length_is_refused(void **state)
{
    struct sealed *sealed = *state;
    for (size_t size = 0; size < sealed->text.size; size++) {
        struct buffer out;
        assert_int_equal(open_text(sealed->key, context, (struct text){sealed->text.data, size}, &out), ERR_REFUSED);
        assert_int_equal(out.size, 0);
        buffer_fini(&out);
    }
}

static void another_login_or_secret_is_refused(void **state)
{
    struct sealed *sealed = *state;
    struct buffer out;
    assert_int_equal(open_text(sealed->key, TEXT("login of b"), buffer_text(&sealed->text), &out), ERR_REFUSED);
    buffer_fini(&out);
    unsigned char other[SEAL_KEY];
    assert_int_equal(seal_key(TEXT("client secreu"), other), 0);
    assert_int_equal(open_text(other, context, buffer_text(&sealed->text), &out), ERR_REFUSED);
    buffer_fini(&out);
}

static void two_seals_of_one_text_differ(void **state)
{
    struct sealed *sealed = *state;
    struct buffer again;
    buffer_init(&again, 1 << 16);
    assert_int_equal(seal_close(sealed->key, context, plain, &again), 0);
    assert_false(text_equal(buffer_text(&again), buffer_text(&sealed->text)));
    buffer_fini(&again);
}

static void too_much_is_refused(void **state)
{
    struct sealed *sealed = *state;
    static char large[SEAL_TEXT_MAX + 1];
    struct buffer out;
    buffer_init(&out, 1 << 16);
    assert_int_equal(seal_close(sealed->key, context, (struct text){large, sizeof large}, &out), ERR_LIMIT);
    assert_int_equal(out.size, 0);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opens_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_changed_byte_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_other_length_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_login_or_secret_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_seals_of_one_text_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_much_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
