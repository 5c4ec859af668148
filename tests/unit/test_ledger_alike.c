/* Numbers that a target may take for one: looked up before they are created, never two of them under way at once. */
#include "common/ledger/alike.h"
#include "common/ledger/spelling.h"
#include "ledger_rig.h"

#include <pthread.h>
#include <unistd.h>

static const struct {
    const char *number, *folded;
} spellings[] = {
    {"S0001", "S0001"},
    {"s0001", "S0001"},
    {" S0001\t", "S0001"},
    {"S 0001", "S 0001"},
    {"\xef\xbc\xb3\xef\xbc\x90\x30\x30\x31", "S0001"}, /* full-width S and 0 */
    {"\xe3\x80\x80S0001\xe3\x80\x80", "S0001"},        /* ideographic blanks */
    {"\xe5\xba\x97"
     "1",
     "\xe5\xba\x97"
     "1"}, /* 店1 */
    {"\xe3\x81\x82"
     "a",
     "\xe3\x81\x82"
     "A"},                    /* あa */
    {"\xff\xfe", "\xff\xfe"}, /* no UTF-8 */
    {" ", ""},
};

static void one_spelling_for_all_that_read_alike(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct text out, number = text_of(spellings[i].number);
        assert_int_equal(spelling_fold(&arena, number, &out), 0);
        assert_true(text_equal(out, text_of(spellings[i].folded)));
        for (size_t k = 0; k < sizeof spellings / sizeof *spellings; k++) {
            bool same = strcmp(spellings[i].folded, spellings[k].folded) == 0 && out.size > 0;
            assert_int_equal(spelling_alike(number, text_of(spellings[k].number)), same);
            assert_true(!same || spelling_hash(number) == spelling_hash(text_of(spellings[k].number)));
        }
    }
    arena_fini(&arena);
}

static void the_ways_in_which_it_may_be_stored(void **state)
{
    (void)state;
    static const char *const ways[SPELLING_WAYS] = {" \xef\xbc\xb3-Ab ", "\xef\xbc\xb3-Ab", "S-AB", "s-ab", "S-Ab",
                                                    "\xef\xbc\xb3-AB"};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int way = SPELLING_SENT; way < SPELLING_WAYS; way++) {
        struct text out;
        assert_int_equal(spelling_write(&arena, text_of(ways[SPELLING_SENT]), (enum spelling_way)way, &out), 0);
        assert_true(text_equal(out, text_of(ways[way])));
    }
    arena_fini(&arena);
}

/* In one page the second waits for the first; once that one is made, it is looked up before it is created. */
static void two_of_one_page(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[] = {rig_row("a1", 'a'), rig_row("A1", 'a'), rig_row("B2", 'a')};
    rig_begin(rig, 1, rows, 3);
    assert_int_equal(rows[0].action, ACTION_CLAIM);
    assert_false(rows[0].ask);
    assert_int_equal(rows[1].action, ACTION_BUSY);
    assert_int_equal(rows[2].action, ACTION_CLAIM);
    assert_false(rows[2].ask);
    struct ledger_row again = rig_row("A1", 'a');
    rig_begin(rig, 1, &again, 1);
    assert_int_equal(again.action, ACTION_BUSY); /* the create of a1 may be under way */
    rig_end(rig, &rows[0], 1, VERDICT_SAVED, "71");
    again = rig_row("A1", 'a');
    rig_begin(rig, 1, &again, 1);
    assert_int_equal(again.action, ACTION_CLAIM);
    assert_true(again.ask && text_equal(again.alike, TEXT("a1")));
}

/* Whichever of them is what it folds to, and whichever was first. */
static void found_both_ways(void **state)
{
    struct rig *rig = *state;
    static const char *const pairs[][2] = {{"C3", "c3"},
                                           {"d4", "D4"},
                                           {"e5 ", "\xef\xbc\xa5"
                                                   "5"}};
    for (size_t i = 0; i < 3; i++) {
        struct ledger_row first = rig_row(pairs[i][0], 'a'), second = rig_row(pairs[i][1], 'a');
        rig_begin(rig, 1, &first, 1);
        assert_false(first.ask);
        rig_end(rig, &first, 1, VERDICT_SAVED, "");
        rig_begin(rig, 1, &second, 1);
        assert_true(second.ask && text_equal(second.alike, text_of(pairs[i][0])));
        rig_end(rig, &second, 1, VERDICT_SAVED, "");
        rig_begin(rig, 1, &second, 1);
        assert_int_equal(second.action, ACTION_FINAL); /* one that is known is not looked for again */
    }
}

/* What stood there before us. */
static void the_book(void **state)
{
    struct rig *rig = *state;
    rig_write(rig, "INSERT INTO existing(account, number, target_id) VALUES('A1', 'F6', '77'), ('A1', 'g7', '78')");
    struct text marked;
    assert_int_equal(alike_of_existing(&rig->arena, TEXT("F6"), &marked), 0);
    assert_int_equal(marked.size, 0);
    assert_int_equal(alike_of_existing(&rig->arena, TEXT("g7"), &marked), 0);
    const struct sql_value values[] = {SQL_STRING(marked), SQL_STRING(TEXT(ALIKE_EXISTING))};
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_run(rig->store,
                               "INSERT INTO existing(account, number, target_id) VALUES('A1', $1, '78'), ('A1', $2, "
                               "'')",
                               values, 2, NULL),
                     0);
    assert_int_equal(store_end(rig->store, 0), 0);
    struct ledger_row rows[] = {rig_row("f6", 'a'), rig_row("G7", 'a'), rig_row("H8", 'a')};
    rig_begin(rig, 1, rows, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows[i].action, ACTION_CLAIM);
        assert_int_equal(rows[i].ask, i < 2);
        assert_int_equal(rows[i].alike.size, 0);
    }
}

struct other { /* a second loader */
    struct rig rig;
    struct ledger_row row;
    pthread_t thread;
};

static void *begin_beside(void *user)
{
    struct other *other = user;
    rig_begin(&other->rig, 1, &other->row, 1);
    return NULL;
}

/* Two loaders begin them at the same moment: the second sees what the first has done, whichever of them is folded. */
static void two_loaders_at_once(void **state)
{
    static const char *const pairs[][2] = {{"g1", "G1"}, {"H1", "h1"}, {"i1 ", "i1"}};
    struct rig *rig = *state;
    struct other other = {.rig = {.now = rig->now}};
    struct cause cause;
    assert_int_equal(store_open(rig->place.url, &other.rig.store, &cause), 0);
    store_set_clock(other.rig.store, rig_now, &other.rig);
    arena_init(&other.rig.arena, 1 << 20);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct ledger_row first = rig_row(pairs[i][0], 'a');
        struct ledger_batch batch = rig_batch(rig, 1, &first, 1);
        other.row = rig_row(pairs[i][1], 'a');
        assert_int_equal(store_begin(rig->store, true), 0);
        assert_int_equal(ledger_begin(rig->store, &batch), 0);
        assert_int_equal(pthread_create(&other.thread, NULL, begin_beside, &other), 0);
        usleep(200000); /* it comes to the lock, or goes past it */
        assert_int_equal(store_end(rig->store, 0), 0);
        assert_int_equal(pthread_join(other.thread, NULL), 0);
        assert_int_equal(first.action, ACTION_CLAIM);
        assert_int_equal(other.row.action, ACTION_BUSY);
    }
    store_close(&other.rig.store);
    arena_fini(&other.rig.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_spelling_for_all_that_read_alike),
        cmocka_unit_test(the_ways_in_which_it_may_be_stored),
        cmocka_unit_test_setup_teardown(two_of_one_page, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(found_both_ways, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(two_loaders_at_once, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(the_book, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
