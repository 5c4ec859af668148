/* A paged list of the target is read whole, or it is said that it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "loader/ask/pass.h"

/* Lists of numbers as pages; a list that was told as it is must be read whole, any other must not pass for whole. */
static void a_list_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned materials, cap; /* rows a page whatever is asked */
        int told;                /* count; -1 = absent */
        bool ignores, moves;
        enum pass_next want;
    } table[] = {
        {"nothing stands there", 0, 50, 0, false, false, PASS_DONE},
        {"one page", 7, 50, 7, false, false, PASS_DONE},
        {"a full page", 50, 50, 50, false, false, PASS_DONE},
        {"several pages", 130, 50, 130, false, false, PASS_DONE},
        {"a count of 0", 130, 50, 0, false, false, PASS_DONE},
        {"no count", 130, 50, -1, false, false, PASS_DONE},
        {"a count too small", 130, 50, 129, false, false, PASS_DONE},
        {"a count too large", 130, 50, 131, false, false, PASS_UNPROVEN},
        {"the page is ignored", 130, 50, 130, true, false, PASS_UNPROVEN},
        {"the page is ignored, no count", 130, 50, -1, true, false, PASS_UNPROVEN},
        {"the page is ignored, but one holds all", 7, 50, 7, true, false, PASS_DONE},
        {"rows move to the end once", 130, 50, 130, false, true, PASS_DONE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct pass pass;
        pass_init(&pass);
        enum pass_next next = PASS_ASK;
        unsigned shift = 0;
        for (int calls = 0; next == PASS_ASK && calls < 100; calls++) {
            static char ids[200][16];
            static struct target_entry entries[200];
            struct target_page page = {entries, 0, table[i].told, -1};
            unsigned from = table[i].ignores ? 0 : ((unsigned)pass.no - 1) * table[i].cap;
            for (unsigned k = from; k < from + table[i].cap && k < table[i].materials; k++, page.count++) {
                snprintf(ids[page.count], sizeof ids[0], "%u", (k + shift) % table[i].materials);
                entries[page.count].id = text_of(ids[page.count]);
            }
            next = pass_page(&pass, &page);
            shift += table[i].moves && calls == 0 ? 60 : 0;
        }
        if (next != table[i].want || (next == PASS_DONE && pass.seen.count != table[i].materials)) {
            fail_msg("%s: %d, %zu seen", table[i].name, (int)next, pass.seen.count);
        }
        pass_fini(&pass);
    }
}

/* All of it is deleted while it is read. */
static void a_list_is_emptied(void **state)
{
    (void)state;
    struct target_entry entries[] = {{.id = TEXT("1")}, {.id = TEXT("2")}};
    struct target_page page = {entries, 2, 3, -1}, none = {entries, 0, 0, -1};
    struct pass pass;
    pass_init(&pass);
    enum pass_next next = pass_page(&pass, &page);
    for (int calls = 0; next == PASS_ASK && calls < 10; calls++) {
        next = pass_page(&pass, &none);
    }
    assert_int_equal(next, PASS_DONE);
    assert_int_equal(pass.seen.count, 0);
    pass_fini(&pass);
}

/* Records vanish while the list is read, and those behind them move up: whoever stood there all the time was shown. */
static void what_stays_is_shown_though_others_vanish(void **state)
{
    (void)state;
    enum { MOST = 60, LISTS = 2000 };
    unsigned dice = 1;
    for (int list = 0; list < LISTS; list++) {
        static char ids[MOST][16];
        static struct target_entry entries[MOST];
        unsigned here[MOST], count, cap, vanish;
        bool shown[MOST] = {false};
        dice = dice * 1103515245 + 12345;
        count = 1 + (dice >> 16) % MOST;
        cap = 2 + (dice >> 8) % 9;
        vanish = (dice >> 4) % 4;
        for (unsigned k = 0; k < count; k++) {
            here[k] = k;
        }
        struct pass pass;
        pass_init(&pass);
        enum pass_next next = PASS_ASK;
        for (int calls = 0; next == PASS_ASK && calls < 500; calls++) {
            struct target_page page = {entries, 0, (int64_t)count, -1};
            for (unsigned k = ((unsigned)pass.no - 1) * cap; k < count && page.count < cap; k++) {
                snprintf(ids[page.count], sizeof ids[0], "%u", here[k]);
                entries[page.count].id = text_of(ids[page.count]);
                shown[here[k]] = true;
                page.count++;
            }
            next = pass_page(&pass, &page);
            dice = dice * 1103515245 + 12345;
            if (vanish > 0 && count > 1 && (dice >> 16) % 3 == 0) {
                unsigned at = (dice >> 20) % count--;
                memmove(&here[at], &here[at + 1], (count - at) * sizeof *here);
                vanish--;
            }
        }
        assert_int_equal(next, PASS_DONE);
        for (unsigned k = 0; k < count; k++) {
            if (!shown[here[k]]) {
                fail_msg("list %d: %u of %u was never shown", list, here[k], count);
            }
        }
        pass_fini(&pass);
    }
}

/* One vanishes and one appears, wherever and whenever: the count stays, and what moves past the reader in between is shown. */
static void what_stays_is_shown_though_the_count_stays(void **state)
{
    (void)state;
    enum { MOST = 14 };
    for (unsigned count = 1; count <= MOST; count++) {
        for (unsigned turn = 0; turn < 4 * MOST * MOST * MOST; turn++) {
            static char ids[MOST][16];
            static struct target_entry entries[MOST];
            unsigned here[MOST], cap = 2 + turn % 4, from = turn / 4 % MOST, to = turn / (4 * MOST) % MOST;
            int when = (int)(turn / (4 * MOST * MOST));
            bool shown[MOST + 1] = {false};
            if (from >= count || to >= count) {
                continue;
            }
            for (unsigned k = 0; k < count; k++) {
                here[k] = k;
            }
            struct pass pass;
            pass_init(&pass);
            enum pass_next next = PASS_ASK;
            for (int calls = 0; next == PASS_ASK && calls < 100; calls++) {
                struct target_page page = {entries, 0, (int64_t)count, -1};
                for (unsigned k = ((unsigned)pass.no - 1) * cap; k < count && page.count < cap; k++) {
                    snprintf(ids[page.count], sizeof ids[0], "%u", here[k]);
                    entries[page.count].id = text_of(ids[page.count]);
                    shown[here[k]] = true;
                    page.count++;
                }
                next = pass_page(&pass, &page);
                if (calls == when) {
                    memmove(&here[from], &here[from + 1], (count - from - 1) * sizeof *here);
                    memmove(&here[to + 1], &here[to], (count - to - 1) * sizeof *here);
                    here[to] = MOST;
                    shown[MOST] = true; /* what has just come need not be */
                }
            }
            assert_int_equal(next, PASS_DONE);
            for (unsigned k = 0; k < count; k++) {
                if (!shown[here[k]]) {
                    fail_msg("%u by %u, from %u to %u after call %d: %u was never shown", count, cap, from, to, when,
                             here[k]);
                }
            }
            pass_fini(&pass);
        }
    }
}

/* A page was too large: all is read anew, half as much at a time. Offsets count what came. */
static void a_pass_starts_anew_in_smaller_pages(void **state)
{
    (void)state;
    struct pass pass;
    struct target_entry entries[] = {{.id = TEXT("1")}, {.id = TEXT("2")}, {.id = TEXT("3")}};
    pass_init(&pass);
    assert_int_equal(pass.size, 100);
    assert_int_equal(pass_page(&pass, &(struct target_page){entries, 3, -1, -1}), PASS_ASK);
    assert_int_equal(pass.rows, 3);
    for (int64_t size = 50; size > 0; size /= 2) {
        assert_true(pass_smaller(&pass));
        assert_int_equal(pass.size, size);
        assert_int_equal(pass.no, 1);
        assert_int_equal(pass.rows, 0);
        assert_int_equal(pass.seen.count, 0);
        assert_int_equal(pass.calls, 1);
    }
    assert_false(pass_smaller(&pass));
    pass_fini(&pass);
}

/* What the proof costs: each page but the last once more. */
static void a_list_of_50000_takes_1000_calls(void **state)
{
    (void)state;
    enum { MATERIALS = 50000, CAP = 100 };
    struct pass pass;
    pass_init(&pass);
    enum pass_next next = PASS_ASK;
    while (next == PASS_ASK) {
        static char ids[CAP][24];
        static struct target_entry entries[CAP];
        struct target_page page = {entries, 0, MATERIALS, -1};
        for (int64_t k = (pass.no - 1) * CAP; k < MATERIALS && page.count < CAP; k++) {
            snprintf(ids[page.count], sizeof ids[0], "%lld", (long long)k);
            entries[page.count].id = text_of(ids[page.count]);
            page.count++;
        }
        next = pass_page(&pass, &page);
    }
    assert_int_equal(next, PASS_DONE);
    assert_int_equal(pass.seen.count, MATERIALS);
    assert_int_equal(pass.calls, 1000); /* 500 pages, an empty one, 499 of them once more */
    pass_fini(&pass);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_list_is_emptied),
        cmocka_unit_test(what_stays_is_shown_though_others_vanish),
        cmocka_unit_test(what_stays_is_shown_though_the_count_stays),
        cmocka_unit_test(a_pass_starts_anew_in_smaller_pages),
        cmocka_unit_test(a_list_of_50000_takes_1000_calls),
    };
    return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}
