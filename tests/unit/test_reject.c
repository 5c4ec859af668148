/* Rejects: added, renewed, listed (newest last), cleared. */
#include "ledger_rig.h"

#include "common/ledger/reject.h"

/* Records 1 to 5 with keys K1 to K5. */
static void fill(struct rig *rig)
{
    rig_write(rig, "INSERT INTO record(id, pair, key, number, held, run, outcome, claim, op, until, adopted) VALUES"
                   "(1, 1, 'K1', NULL, 0, 1, 5, 0, 0, 0, 0), (2, 1, 'K2', 'N2', 0, 1, 5, 0, 0, 0, 0),"
                   "(3, 1, 'K3', NULL, 0, 1, 5, 0, 0, 0, 0), (4, 1, 'K4', NULL, 0, 1, 5, 0, 0, 0, 0),"
                   "(5, 1, 'K5', NULL, 0, 1, 5, 0, 0, 0, 0)");
}

static void put(struct rig *rig, int64_t record, int64_t run, struct text message)
{
    struct reject_entry entry = {.record = record,
                                 .run = run,
                                 .refusal = {TEXT("target"), TEXT("E1"), message},
                                 .source = {"s\0rc", 4},
                                 .payload = TEXT("{}")};
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, reject_put(rig->store, &entry, 1)), 0);
}

struct seen {
    size_t count, stop_after;
    char keys[200];
    int64_t attempts, run, message_size;
};

static int note(void *user, const struct reject *reject)
{
    struct seen *seen = user;
    size_t at = strlen(seen->keys);
    snprintf(seen->keys + at, sizeof seen->keys - at, "%.*s/%.*s ", TEXT_ARG(reject->key), TEXT_ARG(reject->number));
    seen->attempts = reject->attempts;
    seen->run = reject->run;
    seen->message_size = (int64_t)reject->message.size;
    assert_true(text_equal(reject->source, ((struct text){"s\0rc", 4})));
    assert_true(text_equal(reject->class, TEXT("target")) && text_equal(reject->code, TEXT("E1")));
    assert_true(text_equal(reject->payload, TEXT("{}")));
    assert_true(reject->first > 0 && reject->last >= reject->first);
    return ++seen->count == seen->stop_after;
}

static void lists(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    for (int64_t record = 1; record <= 5; record++) {
        put(rig, record, record <= 3 ? 1 : 2, TEXT("no"));
    }
    rig_write(rig, "UPDATE reject SET first = 1000 * record, last = 1000 * record");
    static const struct {
        int64_t run, limit;
        const char *key;
        size_t stop_after;
        const char *keys;
    } rows[] = {
        {0, 0, "", 0, "K1/K1 K2/N2 K3/K3 K4/K4 K5/K5 "},
        {0, 2, "", 0, "K4/K4 K5/K5 "},
        {1, 0, "", 0, "K1/K1 K2/N2 K3/K3 "},
        {1, 1, "", 0, "K3/K3 "},
        {0, 0, "K2", 0, "K2/N2 "},
        {2, 0, "K2", 0, ""},
        {0, 0, "K9", 0, ""},
        {0, 0, "", 1, "K1/K1 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen = {.stop_after = rows[i].stop_after};
        assert_int_equal(
            reject_each(rig->store, REJECT_ANY, rows[i].run, text_of(rows[i].key), rows[i].limit, note, &seen), 0);
        assert_string_equal(seen.keys, rows[i].keys);
    }
}

static void renews_and_clears(void **state)
{
    struct rig *rig = *state;
    static char longest[REJECT_MESSAGE_MAX + 100];
    for (size_t i = 0; i < sizeof longest; i++) {
        longest[i] = "\xe5\xba\x97"[i % 3];
    }
    fill(rig);
    put(rig, 1, 1, TEXT("no"));
    put(rig, 1, 2, (struct text){longest, sizeof longest});
    put(rig, 3, 2, TEXT("no"));
    struct seen seen = {0};
    assert_int_equal(reject_each(rig->store, REJECT_OPEN, 0, TEXT("K1"), 0, note, &seen), 0);
    assert_int_equal(seen.attempts, 2);
    assert_int_equal(seen.run, 2);
    assert_int_equal(seen.message_size, REJECT_MESSAGE_MAX - REJECT_MESSAGE_MAX % 3); /* no half character */

    int64_t again[] = {1, 2}, open = 0;
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, reject_again(rig->store, again, 2, 7)), 0);
    assert_int_equal(rig_ask(rig, "SELECT COUNT(*) FROM reject WHERE run = 7 AND attempts = 2"), 1);

    int64_t many[300];
    for (int64_t i = 0; i < 300; i++) {
        many[i] = i == 299 ? 3 : i + 4;
    }
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, reject_clear(rig->store, many, 300)), 0);
    assert_int_equal(reject_count(rig->store, &open), 0);
    assert_int_equal(open, 1);
    assert_int_equal(rig_ask(rig, "SELECT record FROM reject"), 1);
}

static void keys_are(struct rig *rig, enum reject_which which, const char *keys)
{
    struct seen seen = {0};
    assert_int_equal(reject_each(rig->store, which, 0, TEXT(""), 0, note, &seen), 0);
    assert_string_equal(seen.keys, keys);
}

static int64_t close_some(struct rig *rig, const struct reject_closing *which)
{
    int64_t closed = -1;
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, reject_close(rig->store, which, &closed)), 0);
    return closed;
}

/* By record, key, class and code, of one scheme; once. What is only seen again stays closed; what is refused anew is open. */
static void closes(void **state)
{
    struct rig *rig = *state;
    int64_t open = 0;
    fill(rig);
    rig_write(rig, "INSERT INTO pair(id, source, target, scheme) VALUES(1, 's', 't', 'one')");
    for (int64_t record = 1; record <= 5; record++) {
        put(rig, record, 1, TEXT("no"));
    }
    rig_write(rig, "UPDATE reject SET first = 1000 * record, last = 1000 * record");
    const struct text none = TEXT("");
    assert_int_equal(close_some(rig, &(struct reject_closing){none, none, none, none, 4, 0}), 1);
    assert_int_equal(close_some(rig, &(struct reject_closing){none, none, none, none, 4, 0}), 0);
    assert_int_equal(close_some(rig, &(struct reject_closing){TEXT("other"), TEXT("K2"), none, none, 0, 0}), 0);
    assert_int_equal(close_some(rig, &(struct reject_closing){none, TEXT("K2"), none, none, 0, 0}), 1);
    assert_int_equal(close_some(rig, &(struct reject_closing){none, none, TEXT("target"), TEXT("E2"), 0, 0}), 0);
    keys_are(rig, REJECT_OPEN, "K1/K1 K3/K3 K5/K5 ");
    keys_are(rig, REJECT_CLOSED, "K2/N2 K4/K4 ");
    keys_are(rig, REJECT_ANY, "K1/K1 K2/N2 K3/K3 K4/K4 K5/K5 ");
    assert_int_equal(reject_count(rig->store, &open), 0);
    assert_int_equal(open, 3);

    const int64_t again[] = {2, 4};
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, reject_again(rig->store, again, 2, 7)), 0);
    keys_are(rig, REJECT_CLOSED, "K2/N2 K4/K4 ");
    put(rig, 4, 8, TEXT("no"));
    keys_are(rig, REJECT_CLOSED, "K2/N2 ");
    assert_int_equal(close_some(rig, &(struct reject_closing){none, none, TEXT("target"), TEXT("E1"), 0, 0}), 4);
    keys_are(rig, REJECT_OPEN, "");
    put(rig, 1, 9, TEXT("no"));
    const struct reject_closing then = {none, none, none, none, 1, 7000};
    assert_int_equal(close_some(rig, &then), 1);
    assert_int_equal(close_some(rig, &then), 1); /* once more, after a lost reply */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(renews_and_clears, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(closes, rig_open, rig_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
