/* What others bring: how it waits, which run takes it, and that nothing of it is lost, on every store. */
#include "tests/unit/run_rig.h"

#include "common/run/inbox.h"
#include "common/run/replay.h"

static const struct text scheme = {"shop-to-material", 16};

/* A run that is over: A was refused, B is in the target. */
static int world_make(void **state)
{
    if (store_make(state)) {
        return -1;
    }
    struct run run = begin("h1", 1);
    struct page page = claim_one(run.id, "me");
    write_text("insert into pair (source, target, scheme) values ('sid', 'T1', 'shop-to-material')");
    write_text("update run set target = 'T1', pair = (select min(id) from pair)");
    finish(&page, 2, 1, -1, -1, -1);
    write_text("insert into record (id, pair, key, run, outcome, hash) select 1, min(id), 'A', 1, 5, digest from pair, "
               "page group by digest");
    write_text(
        "insert into record (id, pair, key, run, outcome, hash, held) select 2, min(id), 'B', 1, 1, digest, 1 from "
        "pair, page group by digest");
    write_text(
        "insert into reject (record, run, class, code, message, first, last) values (1, 1, 'target', 'E1', '', 0, "
        "0)");
    return run_close(store, run.id, -1, NULL);
}

static int put(enum inbox_kind kind, const char *key, const char *record)
{
    const struct inbox_item item = {text_of(key), text_of(record)};
    size_t bad = 9;
    return inbox_put(store, scheme, kind, &item, 1, &bad);
}

static int begin_inbox(bool keys, struct run *run)
{
    struct run_plan plan = plan_of("h1", 1);
    return inbox_begin(store, &plan, keys, run);
}

static int64_t waiting(void)
{
    int64_t count = -1;
    assert_int_equal(inbox_count(store, scheme, &count), 0);
    return count;
}

static void run_end(const struct run *run)
{
    struct page pages[10];
    size_t count = claim(run->id, "me", 10, pages);
    for (size_t i = 0; i < count; i++) {
        finish(&pages[i], 0, 0, -1, -1, -1);
    }
    assert_int_equal(run_close(store, run->id, -1, NULL), 0);
}

static int text_add(void *user, struct text record)
{
    struct buffer *out = user;
    buffer_add_text(out, record);
    buffer_add_char(out, ' ');
    return 0;
}

/* The records of a page, and none behind it. */
static void expect_page(int64_t run, int64_t no, const char *wanted)
{
    const struct page page = {.run = run, .no = no};
    struct buffer out;
    buffer_init(&out, 1 << 20);
    assert_int_equal(inbox_each(store, &page, text_add, &out), 0);
    buffer_add_char(&out, '\0');
    assert_string_equal(out.data, wanted);
    buffer_fini(&out);
}

static void keys_are_slices(void **state)
{
    (void)state;
    struct run run;
    char key[KEY_MAX + 1];
    assert_int_equal(begin_inbox(true, &run), ERR_NOT_FOUND);
    assert_int_equal(put(INBOX_KEY, "B", ""), 0);
    assert_int_equal(put(INBOX_KEY, "A", ""), 0);
    assert_int_equal(put(INBOX_KEY, "B", ""), 0);
    assert_int_equal(waiting(), 2);
    assert_int_equal(begin_inbox(false, &run), ERR_NOT_FOUND); /* a source that can't be asked for them */
    assert_int_equal(begin_inbox(true, &run), 0);
    assert_int_equal(run.kind, RUN_REPLAY);
    assert_int_equal(run.slices, 2);
    assert_int_equal(replay_key(store, run.id, 0, key), 0);
    assert_string_equal(key, "B");
    assert_int_equal(replay_key(store, run.id, 1, key), 0);
    assert_string_equal(key, "A");
    /* What was refused is sent again though nothing changed. */
    assert_int_equal(number_of("select count(*) from record where key = 'A' and hash is null"), 1);
    assert_int_equal(number_of("select count(*) from record where key = 'B' and hash is not null"), 1);
    int64_t first = run.id;
    assert_int_equal(begin_inbox(true, &run), ERR_NOT_FOUND); /* all that there is has been taken */
    assert_int_equal(put(INBOX_KEY, "C", ""), 0);
    assert_int_equal(begin_inbox(true, &run), ERR_BUSY);
    assert_int_equal(run.id, first);
    run.id = first;
    run_end(&run);
    assert_int_equal(waiting(), 1);
}

static void the_last_word_of_a_record_counts(void **state)
{
    (void)state;
    struct run run;
    assert_int_equal(put(INBOX_RECORD, "K", "{1}"), 0);
    assert_int_equal(put(INBOX_RECORD, "L", "{2}"), 0);
    assert_int_equal(put(INBOX_RECORD, "K", "{3}"), 0);
    assert_int_equal(begin_inbox(true, &run), 0);
    assert_int_equal(run.kind, RUN_PUSHED);
    expect_page(run.id, 0, "{3} {2} ");
    expect_page(run.id, 1, "");
    /* One that comes while the run is at work is for the next one. */
    assert_int_equal(put(INBOX_RECORD, "L", "{4}"), 0);
    expect_page(run.id, 0, "{3} {2} ");
    run_end(&run);
    assert_int_equal(waiting(), 1);
    assert_int_equal(begin_inbox(true, &run), 0);
    expect_page(run.id, 0, "{4} ");
    run_end(&run);
    assert_int_equal(waiting(), 0);
}

static void records_of_an_unknown_key_keep_their_order(void **state)
{
    (void)state;
    struct run run;
    const struct inbox_item items[] = {{TEXT(""), TEXT("{1}")}, {TEXT(""), TEXT("{2}")}};
    size_t bad;
    assert_int_equal(inbox_put(store, scheme, INBOX_RECORD, items, 2, &bad), 0);
    assert_int_equal(put(INBOX_RECORD, "", "{3}"), 0);
    assert_int_equal(begin_inbox(true, &run), 0);
    expect_page(run.id, 0, "{1} {2} "); /* a call, a run */
    assert_int_equal(put(INBOX_RECORD, "", "{4}"), 0);
    run_end(&run);
    assert_int_equal(begin_inbox(true, &run), 0);
    expect_page(run.id, 0, "{3} ");
    run_end(&run);
    assert_int_equal(begin_inbox(true, &run), 0);
    expect_page(run.id, 0, "{4} ");
    run_end(&run);
}

static void an_abandoned_run_loses_nothing(void **state)
{
    (void)state;
    struct run run, sync;
    struct run_plan plan = plan_of("h2", 1); /* the scheme has changed */
    assert_int_equal(put(INBOX_RECORD, "K", "{1}"), 0);
    assert_int_equal(put(INBOX_RECORD, "L", "{2}"), 0);
    assert_int_equal(begin_inbox(true, &run), 0);
    assert_int_equal(run_begin(store, &plan, &sync), 0);
    assert_true(sync.id != run.id && sync.kind == RUN_SYNC);
    assert_int_equal(put(INBOX_RECORD, "L", "{3}"), 0); /* newer than what the abandoned one had */
    run_end(&sync);
    assert_int_equal(begin_inbox(true, &run), 0);
    expect_page(run.id, 0, "{1} {3} ");
    run_end(&run);
    assert_int_equal(waiting(), 0);
}

static void many_are_several_pages_and_runs(void **state)
{
    (void)state;
    struct run run;
    static struct inbox_item items[INBOX_MOST];
    static char keys[INBOX_MOST][12];
    size_t bad;
    for (int i = 0; i < INBOX_MOST; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%d", i);
        items[i] = (struct inbox_item){text_of(keys[i]), TEXT("{}")};
    }
    assert_int_equal(inbox_put(store, scheme, INBOX_RECORD, items, INBOX_MOST, &bad), 0);
    assert_int_equal(put(INBOX_RECORD, "one more", "{}"), 0);
    assert_int_equal(put(INBOX_KEY, "a key", ""), 0);
    assert_int_equal(begin_inbox(true, &run), 0);
    assert_int_equal(run.kind, RUN_REPLAY); /* keys come first */
    run_end(&run);
    assert_int_equal(begin_inbox(true, &run), 0);
    assert_int_equal(number_of("select count(*) from page where run = (select max(id) from run)"),
                     INBOX_MOST / INBOX_PAGE);
    run_end(&run);
    assert_int_equal(waiting(), 1);
}

static void what_is_wrong_is_not_taken_in(void **state)
{
    (void)state;
    char large[KEY_MAX + 2];
    struct run run;
    size_t bad = 0;
    const struct inbox_item items[] = {{TEXT("good"), TEXT("")}, {TEXT("\xff"), TEXT("")}};
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_int_equal(put(INBOX_KEY, "", ""), ERR_INPUT);
    assert_int_equal(put(INBOX_KEY, large, ""), ERR_INPUT);
    assert_int_equal(put(INBOX_RECORD, large, "{}"), ERR_INPUT);
    assert_int_equal(inbox_put(store, scheme, INBOX_KEY, items, 2, &bad), ERR_INPUT);
    assert_int_equal(bad, 1);
    assert_int_equal(waiting(), 0);
    /* A scheme that has had no run has no accounts yet. */
    const struct inbox_item item = {TEXT("K"), TEXT("")};
    struct run_plan plan = plan_of("h1", 1);
    plan.scheme = TEXT("another");
    assert_int_equal(inbox_put(store, plan.scheme, INBOX_KEY, &item, 1, &bad), 0);
    assert_int_equal(inbox_begin(store, &plan, true, &run), ERR_NOT_FOUND);
}

int main(void)
{
#define WITH_A_RUN(f) cmocka_unit_test_setup_teardown(f, world_make, store_remove)
    const struct CMUnitTest tests[] = {
        WITH_A_RUN(keys_are_slices),
        WITH_A_RUN(the_last_word_of_a_record_counts),
        WITH_A_RUN(records_of_an_unknown_key_keep_their_order),
        WITH_A_RUN(an_abandoned_run_loses_nothing),
        WITH_A_RUN(many_are_several_pages_and_runs),
        WITH_A_RUN(what_is_wrong_is_not_taken_in),
    };
    return RUN_ON_EVERY_STORE(tests);
}
