/* The book of the target: one reader at a time, the first id of a number stays, nothing after the end. */
#include "ledger_rig.h"

#include "common/book.h"

enum { LEASE = 30000 };

static int claim(struct rig *rig, const char *owner, enum book_state *book)
{
    assert_int_equal(store_begin(rig->store, true), 0);
    return store_end(rig->store, book_claim(rig->store, TEXT("A1"), text_of(owner), LEASE, book));
}

static int put(struct rig *rig, const char *number, const char *id)
{
    struct book_entry entry = {text_of(number), text_of(id)};
    assert_int_equal(store_begin(rig->store, true), 0);
    return store_end(rig->store, book_put(rig->store, TEXT("A1"), &entry, 1));
}

static int finish(struct rig *rig, const char *owner)
{
    assert_int_equal(store_begin(rig->store, true), 0);
    return store_end(rig->store, book_finish(rig->store, TEXT("A1"), text_of(owner)));
}

static void has_one_reader(void **state)
{
    struct rig *rig = *state;
    enum book_state book = BOOK_READ;
    assert_int_equal(claim(rig, "one", &book), 0);
    assert_int_equal(book, BOOK_UNREAD);
    assert_int_equal(claim(rig, "two", &book), ERR_BUSY);
    rig->now += LEASE - 1;
    assert_int_equal(claim(rig, "one", &book), 0); /* renewed */
    rig->now += LEASE - 1;
    assert_int_equal(claim(rig, "two", &book), ERR_BUSY);
    rig->now += 1;
    assert_int_equal(claim(rig, "two", &book), 0);
    assert_int_equal(finish(rig, "one"), ERR_STALE);
    assert_int_equal(finish(rig, "two"), 0);
    assert_int_equal(finish(rig, "two"), ERR_STALE);
    assert_int_equal(claim(rig, "one", &book), 0);
    assert_int_equal(book, BOOK_READ);
}

static void keeps_the_first(void **state)
{
    struct rig *rig = *state;
    enum book_state book;
    assert_int_equal(claim(rig, "one", &book), 0);
    assert_int_equal(put(rig, "N1", "7"), 0);
    assert_int_equal(put(rig, "N1", "8"), 0);
    assert_int_equal(put(rig, "N2", "9"), 0);
    assert_int_equal(finish(rig, "one"), 0);
    assert_int_equal(put(rig, "N3", "10"), ERR_STALE);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM book WHERE account = 'A1'"), 2);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM book WHERE number = 'N1' AND target_id = '7'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(has_one_reader, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(keeps_the_first, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
