/* Buffers and arenas: caps hold, failures stick, memory is kept for the next batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"

static void buffer_grows_to_its_limit(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (int i = 0; i < 100; i++) {
        buffer_format(&buffer, "%09d,", i);
    }
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 1000);
    assert_memory_equal(buffer.data + 990, "000000099,", 10);
    buffer_add_char(&buffer, 'x');
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 1000);
    buffer_fini(&buffer);
    assert_null(buffer.data);
}

static void buffer_failure_sticks(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 4);
    buffer_add_text(&buffer, TEXT("abcde"));
    buffer_add_text(&buffer, TEXT("a"));
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 0);
    buffer_clear(&buffer, 4);
    buffer_add_text(&buffer, TEXT("a"));
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 1);
    buffer_fini(&buffer);
}

static void buffer_reserves_and_formats_long_lines(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    buffer_clear(&buffer, 0);
    char *room = buffer_reserve(&buffer, 3);
    assert_non_null(room);
    for (int i = 0; i < 3; i++) {
        room[i] = "abc"[i];
    }
    buffer.size += 3;
    buffer_format(&buffer, "%0900d", 7);
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 903);
    assert_int_equal(buffer.data[902], '7');
    size_t held = buffer.room;
    buffer_clear(&buffer, held);
    assert_non_null(buffer.data);
    buffer_clear(&buffer, held - 1);
    assert_null(buffer.data);
    buffer_wipe(&buffer);
}

static void arena_aligns_copies_and_caps(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100000);
    struct text copy = arena_text(&arena, TEXT("店"));
    assert_int_equal(copy.size, 3);
    assert_int_equal(copy.data[3], '\0');
    assert_int_equal(arena_text(&arena, (struct text){NULL, 0}).data[0], '\0');
    size_t pieces = 0;
    for (char *piece = arena_take(&arena, 1000); piece; piece = arena_take(&arena, 1000)) {
        assert_int_equal((uintptr_t)piece % 16, 0);
        memset(piece, 0xff, 1000);
        pieces++;
    }
    assert_in_range(pieces, 80, 100);
    assert_true(arena.held <= arena.limit);
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 8));
    assert_memory_equal(copy.data, "店", 4);
    arena_fini(&arena);
    assert_int_equal(arena.held, 0);
}

static void arena_reuses_its_chunks(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int round = 0; round < 3; round++) {
        size_t held = arena.held;
        for (int i = 0; i < 200; i++) {
            assert_non_null(arena_take(&arena, 999));
        }
        assert_true(round == 0 || arena.held == held);
        arena_reset(&arena, 1 << 20);
        assert_int_equal(arena.used, 0);
    }
    arena_reset(&arena, 20000);
    assert_true(arena.held <= 20000);
    assert_non_null(arena_take(&arena, 50000));
    arena_reset(&arena, 0);
    assert_int_equal(arena.held, 0);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_grows_to_its_limit),
        cmocka_unit_test(buffer_failure_sticks),
        cmocka_unit_test(buffer_reserves_and_formats_long_lines),
        cmocka_unit_test(arena_aligns_copies_and_caps),
        cmocka_unit_test(arena_reuses_its_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
