/* Bytes from outside that no text holds, on every way into the store: nothing ends, nothing is mixed up, and both stores
 * keep the same. */
#include "ledger_rig.h"

#include "common/ledger/existing.h"
#include "common/ledger/reject.h"
#include "common/run/replay.h"

static const struct text hostile[] = {
    {"\xff", 1},             /* never in UTF-8 */
    {"a\0b", 3},             /* a NUL */
    {"\xed\xa0\x80", 3},     /* half a surrogate pair */
    {"\xc0\xaf", 2},         /* an overlong slash */
    {"\xe5\xba", 2},         /* cut in the middle */
    {"\xf4\x90\x80\x80", 4}, /* behind the last character */
    {"x\x80\xbfy", 4},       /* ends without a beginning */
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

struct seen {
    int count;
    char class[60], message[200], payload[100];
};

static int look(void *user, const struct reject *reject)
{
    struct seen *seen = user;
    seen->count++;
    snprintf(seen->class, sizeof seen->class, "%.*s", TEXT_ARG(reject->class));
    snprintf(seen->message, sizeof seen->message, "%.*s", TEXT_ARG(reject->message));
    snprintf(seen->payload, sizeof seen->payload, "%.*s", TEXT_ARG(reject->payload));
    assert_true(text_is_storable(reject->key) && text_is_storable(reject->message) &&
                text_is_storable(reject->payload) && text_is_storable(reject->code));
    return 0;
}

static struct seen rejects_of(struct rig *rig, struct text key)
{
    struct seen seen = {0};
    assert_int_equal(store_begin(rig->store, false), 0);
    assert_int_equal(store_end(rig->store, reject_each(rig->store, REJECT_ANY, 0, key, 0, look, &seen)), 0);
    return seen;
}

static void keys_become_rejects_of_their_own(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[HOSTILE + 1];
    for (int i = 0; i < HOSTILE; i++) {
        rows[i] = rig_row("", (char)('a' + i));
        rows[i].in.key = hostile[i];
    }
    rows[HOSTILE] = rig_row("K", 'z'); /* goes its way beside them */
    rig_begin(rig, 1, rows, HOSTILE + 1);
    for (int i = 0; i < HOSTILE; i++) {
        assert_int_equal(rows[i].action, ACTION_STAMP);
        assert_int_equal(rows[i].outcome, OUTCOME_REJECTED);
        assert_true(text_starts(rows[i].in.key, TEXT("(bad key) ")));
        struct seen seen = rejects_of(rig, rows[i].in.key);
        assert_int_equal(seen.count, 1);
        assert_string_equal(seen.class, "mapping");
        assert_string_equal(seen.message, "the key holds bytes that are no UTF-8, or a NUL");
    }
    assert_int_equal(rows[HOSTILE].action, ACTION_CLAIM);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record"), HOSTILE + 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject"), HOSTILE);
    rig_run(rig, 2); /* the next run meets the same again, and nothing grows */
    for (int i = 0; i < HOSTILE; i++) {
        rows[i] = rig_row("", (char)('a' + i));
        rows[i].in.key = hostile[i];
    }
    rig_begin(rig, 2, rows, HOSTILE);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record"), HOSTILE + 1);
    assert_int_equal(rig_ask(rig, "SELECT CAST(SUM(attempts) AS bigint) FROM reject"), HOSTILE);
}

static void numbers_become_rejects(void **state)
{
    struct rig *rig = *state;
    struct ledger_row rows[HOSTILE];
    static char keys[HOSTILE][16];
    for (int i = 0; i < HOSTILE; i++) {
        snprintf(keys[i], sizeof keys[i], "K%d", i);
        rows[i] = rig_row(keys[i], 'a');
        rows[i].in.number = hostile[i];
    }
    rig_begin(rig, 1, rows, HOSTILE);
    for (int i = 0; i < HOSTILE; i++) {
        assert_int_equal(rows[i].outcome, OUTCOME_REJECTED);
        assert_string_equal(rejects_of(rig, text_of(keys[i])).message,
                            "the number holds bytes that are no UTF-8, or a NUL");
    }
}

/* What the target says is kept with U+FFFD in the place of each byte that is none. */
static void refusals_are_kept_cleaned(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < HOSTILE; i++) {
        char key[16], message[20];
        snprintf(key, sizeof key, "K%d", i);
        struct ledger_row row = rig_row(key, 'a');
        rig_begin(rig, 1, &row, 1);
        struct ledger_result result = rig_result(&row, 1, VERDICT_REFUSED, "");
        snprintf(message, sizeof message, "no ");
        memcpy(message + 3, hostile[i].data, hostile[i].size);
        result.refusal = (struct refusal){TEXT("target"), hostile[i], {message, 3 + hostile[i].size}};
        result.payload = hostile[i];
        assert_int_equal(rig_end_one(rig, result), 0);
        struct seen seen = rejects_of(rig, text_of(key));
        assert_int_equal(seen.count, 1);
        assert_true(strncmp(seen.message, "no ", 3) == 0 && strstr(seen.message, "\xef\xbf\xbd"));
        assert_non_null(strstr(seen.payload, "\xef\xbf\xbd"));
    }
}

static void ids_of_the_target_are_none(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < HOSTILE; i++) {
        char key[16];
        snprintf(key, sizeof key, "K%d", i);
        struct ledger_row row = rig_row(key, 'a');
        rig_begin(rig, 1, &row, 1);
        struct ledger_result result = rig_result(&row, 1, VERDICT_SAVED, "");
        result.target_id = hostile[i];
        assert_int_equal(rig_end_one(rig, result), 0);
    }
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE target_id IS NULL AND outcome = 1"), HOSTILE);
    const struct existing_reading reading = {
        .account = TEXT("A1"), .scheme = TEXT("other"), .owner = TEXT("me"), .lease = 1000};
    struct existing_material materials[HOSTILE + 1];
    for (int i = 0; i < HOSTILE; i++) {
        materials[i] = (struct existing_material){hostile[i], TEXT("1")};
    }
    materials[HOSTILE] = (struct existing_material){TEXT("N"), hostile[0]};
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, existing_put(rig->store, &reading, materials, HOSTILE + 1)), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM existing"), 1);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM existing WHERE number = 'N' AND target_id = ''"), 1);
}

static void questions_find_nothing(void **state)
{
    struct rig *rig = *state;
    const struct run_plan plan = {.scheme = TEXT("shops"), .scheme_hash = TEXT("aa"), .source = TEXT("sid")};
    struct ledger_row row = rig_row("K", 'a');
    rig_begin(rig, 1, &row, 1);
    rig_write(rig, "UPDATE run SET state = 2");
    for (int i = 0; i < HOSTILE; i++) {
        struct buffer json;
        struct replay replay;
        const struct replay_choice by_key = {.keys = &hostile[i], .key_count = 1, .code = TEXT(""), .class = TEXT("")};
        const struct replay_choice by_code = {.code = hostile[i], .class = TEXT("")};
        buffer_init(&json, 1 << 16);
        assert_int_equal(rejects_of(rig, hostile[i]).count, 0);
        assert_int_equal(store_begin(rig->store, true), 0);
        assert_int_equal(ledger_explain(rig->store, hostile[i], &json), ERR_NOT_FOUND);
        assert_int_equal(replay_begin(rig->store, &plan, &by_key, &replay), ERR_NOT_FOUND);
        assert_int_equal(store_end(rig->store, ERR_NOT_FOUND), ERR_NOT_FOUND);
        assert_int_equal(store_begin(rig->store, true), 0);
        assert_int_equal(replay_begin(rig->store, &plan, &by_code, &replay), ERR_NOT_FOUND);
        assert_int_equal(store_end(rig->store, ERR_NOT_FOUND), ERR_NOT_FOUND);
        buffer_fini(&json);
    }
}

static void causes_are_kept_cleaned(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < HOSTILE; i++) {
        enum run_state run = RUN_OPEN;
        struct cause cause = {""};
        assert_int_equal(store_begin(rig->store, true), 0);
        assert_int_equal(run_fail(rig->store, 1, hostile[i]), 0);
        assert_int_equal(run_state(rig->store, 1, &run, &cause), 0);
        assert_int_equal(store_end(rig->store, 0), 0);
        assert_int_equal(run, RUN_FAILED);
        assert_non_null(strstr(cause.text, "\xef\xbf\xbd"));
    }
}

#define ON_STORE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STORE(keys_become_rejects_of_their_own), ON_STORE(numbers_become_rejects),
        ON_STORE(refusals_are_kept_cleaned),        ON_STORE(ids_of_the_target_are_none),
        ON_STORE(questions_find_nothing),           ON_STORE(causes_are_kept_cleaned),
    };
    return RUN_ON_EVERY_STORE(tests);
}
