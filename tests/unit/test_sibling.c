/* What a LOOKUP into another scheme's ledger is answered from: its records in the same account, of the run's own source
 * first. And ids that the target tells later are noted without taking a record from who works on it. */
#include "common/ledger/sibling.h"

#include "ledger_rig.h"

static const char records[] =
    "INSERT INTO pair(id, source, target, scheme) VALUES(1, 'sid', 'A1', 'shops'), (2, 'sid', 'store A1', 'stores'), "
    "(3, 'other', 'store A1', 'stores'), (4, 'sid', 'store B2', 'stores'), (5, 'third', 'store A1', 'stores')";
static const char rows[] =
    "INSERT INTO record(id, pair, key, number, target_id, held, claim) VALUES"
    "(1, 2, 'found', NULL, '101', 1, 0), (2, 2, 'held', 'N2', NULL, 1, 0), (3, 2, 'refused', NULL, NULL, 0, 0), "
    "(4, 2, 'pending', NULL, NULL, 0, 9), (5, 4, 'elsewhere', NULL, '105', 1, 0), (6, 1, 'shop', NULL, '106', 1, 0), "
    "(7, 3, 'found', NULL, '107', 1, 0), (8, 3, 'theirs', NULL, '108', 1, 0), (9, 3, 'both', NULL, '109', 1, 0), "
    "(10, 5, 'both', NULL, '110', 1, 0), (11, 3, 'same', NULL, '111', 1, 0), (12, 5, 'same', NULL, '111', 1, 0), "
    "(13, 2, 'updated', NULL, NULL, 2, 77), (14, 2, 'known', NULL, '114', 2, 78)";

static const struct {
    const char *key;
    enum sibling_state state;
    const char *answer; /* id, or number */
} cases[] = {
    {"found", SIBLING_FOUND, "101"}, /* not the other source's */
    {"held", SIBLING_HELD, "N2"},      {"refused", SIBLING_ABSENT, ""}, {"pending", SIBLING_ABSENT, ""},
    {"elsewhere", SIBLING_ABSENT, ""}, {"shop", SIBLING_ABSENT, ""},    {"theirs", SIBLING_FOUND, "108"},
    {"both", SIBLING_TWICE, NULL},     {"same", SIBLING_FOUND, "111"},  {"updated", SIBLING_HELD, "updated"},
    {"known", SIBLING_FOUND, "114"},   {"nobody", SIBLING_ABSENT, ""},
};
enum { CASES = sizeof cases / sizeof *cases };

static void answers(void **state)
{
    struct rig *rig = *state;
    struct sibling asked[CASES];
    rig_write(rig, records);
    rig_write(rig, rows);
    for (size_t i = 0; i < CASES; i++) {
        asked[i] = (struct sibling){TEXT("store A1"), TEXT("stores"), text_of(cases[i].key), .state = SIBLING_TWICE};
    }
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(siblings_find(rig->store, 1, asked, CASES, &rig->arena), 0);
    assert_int_equal(store_end(rig->store, 0), 0);
    for (size_t i = 0; i < CASES; i++) {
        struct text answer = asked[i].state == SIBLING_FOUND  ? asked[i].id
                             : asked[i].state == SIBLING_HELD ? asked[i].number
                                                              : TEXT("");
        if (asked[i].state != cases[i].state || (cases[i].answer && !text_equal(answer, text_of(cases[i].answer)))) {
            fail_msg("%s: state %d, %.*s", cases[i].key, asked[i].state, TEXT_ARG(answer));
        }
    }
}

static void notes_ids(void **state)
{
    struct rig *rig = *state;
    static const struct sibling_id ids[] = {{1, TEXT("found"), TEXT("201")},
                                            {2, TEXT("N2"), TEXT("202")},
                                            {3, TEXT("refused"), TEXT("203")},
                                            {13, TEXT("updated"), TEXT("213")},
                                            {5, TEXT("moved"), TEXT("205")}};
    rig_write(rig, records);
    rig_write(rig, rows);
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(siblings_note(rig->store, ids, sizeof ids / sizeof *ids), 0);
    assert_int_equal(store_end(rig->store, 0), 0);
    assert_int_equal(rig_ask(rig, "SELECT CAST(target_id AS bigint) FROM record WHERE id = 1"), 101); /* it had one */
    assert_int_equal(rig_ask(rig, "SELECT CAST(target_id AS bigint) FROM record WHERE id = 2"), 202);
    assert_int_equal(rig_ask(rig, "SELECT count(*) FROM record WHERE target_id IN ('201', '203', '213', '205')"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(notes_ids, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
