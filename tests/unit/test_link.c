/* How batches pass from one end of the link to the other, and come back. */
#include "tests/unit/link_rig.h"

static void test_batches_flow(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    for (int64_t i = 0; i < 50; i++) {
        send_page(s, i, ROWS); /* nobody is there yet */
    }
    assert_int_equal(look(s).queued_rows, 50 * ROWS);
    assert_int_equal(link_out_room(s->out), -50 * ROWS);
    struct page twice = {.run = 7, .no = 3, .fence = 2};
    wire_put_nil(&s->records);
    assert_int_equal(link_out_send(s->out, &twice, 1, &s->records, NULL), ERR_BUSY);
    assert_int_equal(link_out_send(s->out, &twice, WIRE_ROWS_MAX + 1, &s->records, NULL), ERR_LIMIT);
    assert_int_equal(s->records.size, 1);
    buffer_clear(&s->records, 1024);
    open_in(s, transformer);
    until(s, both_linked);
    assert_int_equal(s->acked, 0); /* no window, no credit */
    assert_string_equal(s->store, "s1");
    link_in_window(s->in, (int64_t)4 * ROWS, 0);
    s->goal = 50;
    until(s, all_acked);
    assert_int_equal(look(s).queued_rows + look(s).out_rows, 0);
    assert_int_equal(counted(s, FAMILY_BATCHES, NULL), 50);
    assert_int_equal(s->gone + s->stale + s->poisoned, 0);
    stand_free(s);
}

static void test_window_bounds_what_is_out(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    s->hold = true;
    open_out(s, extractor);
    open_in(s, transformer);
    link_in_window(s->in, 50, 0); /* less than a page: one at a time */
    for (int64_t i = 0; i < 10; i++) {
        send_page(s, i, ROWS);
    }
    s->goal = 1;
    until(s, all_held);
    assert_int_equal(look(s).out_batches, 1);
    assert_int_equal(link_in_batches(s->in), 1);
    link_in_ack(s->in, s->held[--s->held_count]);
    until(s, all_held);
    assert_int_equal(look(s).out_batches, 1);
    link_in_window(s->in, 350, 0);
    s->goal = 4;
    until(s, all_held);
    assert_int_equal(look(s).out_rows, 4 * ROWS);
    assert_int_equal(look(s).credit, 0);
    stand_free(s);
}

static void test_drain_and_goodbye(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    s->hold = true;
    open_out(s, extractor);
    open_in(s, transformer);
    link_in_window(s->in, (int64_t)3 * ROWS, 0);
    for (int64_t i = 0; i < 6; i++) {
        send_page(s, i, ROWS);
    }
    s->goal = 3;
    until(s, all_held);
    link_in_drain(s->in);
    link_in_ack(s->in, s->held[--s->held_count]); /* may still be acked; nothing new comes for it */
    s->goal = 1;
    until(s, all_acked);
    assert_int_equal(look(s).out_batches, 2);
    assert_int_equal(look(s).credit, 0);
    until(s, in_freed); /* BYE: the others come back at once, and count as no death */
    until(s, none_linked);
    assert_int_equal(look(s).queued_batches, 5);
    assert_int_equal(counted(s, FAMILY_REDELIVERED, "reason=\"peer_gone\""), 2);
    s->hold = false;
    open_in(s, transformer);
    link_in_window(s->in, (int64_t)3 * ROWS, 0);
    s->goal = 6;
    until(s, all_acked);
    stand_free(s);
}

static void test_a_refused_batch_comes_again(void **state)
{
    (void)state;
    static const struct {
        enum wire_nack reason;
        int64_t after;
        const char *label;
    } cases[] = {
        {NACK_BUSY, 30, "reason=\"busy\""}, {NACK_FAILED, 0, "reason=\"failed\""}, {NACK_DRAIN, 0, "reason=\"drain\""}};
    struct stand *s = stand_new();
    open_out(s, extractor);
    raw_join(s, 10000);
    send_page(s, 5, 3);
    until(s, hears_batch);
    char body[sizeof s->body];
    memcpy(body, s->body, sizeof body);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(s->heard.attempt, i + 1);
        assert_int_equal(s->heard.page.no, 5);
        assert_memory_equal(s->body, body, sizeof body); /* header rebuilt, records unchanged */
        raw_say(
            s, &(struct wire_message){
                   .type = WIRE_NACK, .page = s->heard.page, .reason = cases[i].reason, .retry_after = cases[i].after});
        until(s, hears_batch);
        assert_int_equal(counted(s, FAMILY_REDELIVERED, cases[i].label), 1);
    }
    assert_int_equal(s->heard.attempt, 4);
    raw_say(s, &(struct wire_message){.type = WIRE_NACK, .page = s->heard.page, .reason = NACK_STALE});
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = s->heard.page}); /* matches nothing any more */
    send_page(s, 6, 1);
    until(s, hears_batch);
    assert_int_equal(s->stale, 1);
    assert_int_equal(s->acked, 0);
    assert_int_equal(look(s).out_batches, 1);
    stand_free(s);
}

static void test_late_and_double_acks(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    raw_join(s, 10000);
    send_page(s, 1, 1);
    send_page(s, 2, 1);
    until(s, hears_batch);
    struct page page = {.run = 7, .no = 2, .fence = 2}, other = page;
    other.fence = 3;
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = other}); /* another fence: not this page */
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = page});
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = page});
    s->goal = 1;
    until(s, all_acked);
    page.no = 1;
    raw_say(s, &(struct wire_message){.type = WIRE_BYE});
    until(s, none_linked);
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = page}); /* the peering is over */
    open_in(s, transformer);
    link_in_window(s->in, 1, 0);
    s->goal = 2;
    until(s, all_acked);
    assert_int_equal(s->attempt, 2);
    assert_int_equal(s->times.map, 11); /* what the worker told comes with its ack */
    assert_int_equal(s->times.wait, 22);
    assert_int_equal(s->times.write, 33);
    assert_int_equal(s->times.commit, 44);
    assert_int_equal(s->times.calls, 5);
    stand_free(s);
}

/* What a worker said before it ended counts, even when the end is known first. */
static void test_last_words_count(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    int linger = 1000;
    open_out(s, extractor);
    for (int64_t i = 0; i < 20; i++) {
        raw_join(s, 10);
        send_page(s, i, 10);
        until(s, hears_batch);
        raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = s->heard.page});
        zmq_setsockopt(s->raw, ZMQ_LINGER, &linger, sizeof linger);
        zmq_close(s->raw); /* both lie in the sockets before the loop turns again */
        s->raw = NULL;
        (void)poll(NULL, 0, 5);
        until(s, none_linked);
        assert_int_equal(s->acked, i + 1);
    }
    assert_int_equal(counted(s, FAMILY_REDELIVERED, "reason=\"peer_gone\""), 0);
    stand_free(s);
}

static void test_drain_of_the_upstream_is_told(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    raw_join(s, 10);
    link_out_drain(s->out);
    until(s, hears_drain);
    raw_join(s, 10); /* who comes later hears it too */
    until(s, hears_drain);
    send_page(s, 1, 1); /* what is still here goes out */
    until(s, hears_batch);
    until(s, out_freed);
    until(s, hears_bye);
    stand_free(s);
}

static void test_cancel(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    raw_join(s, 1);
    send_page(s, 1, 1);
    until(s, hears_batch);
    struct page page = s->heard.page;
    send_page(s, 2, 1);
    link_out_cancel(s->out, &page, false);
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = page});
    raw_say(s, &(struct wire_message){.type = WIRE_CREDIT, .credit = 1});
    until(s, hears_batch);
    assert_int_equal(s->heard.page.no, 2);
    link_out_cancel(s->out, &s->heard.page, false);
    assert_int_equal(s->acked, 0);
    assert_int_equal(look(s).queued_batches + look(s).out_batches, 0);
    stand_free(s);
}

static bool none_out(struct stand *s)
{
    return look(s).out_batches == 0;
}

/* An ack names the page alone: that of a part which nobody waits for any more is not one of the whole page. */
static void test_the_ack_of_a_cancelled_part(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    struct buffer records;
    buffer_init(&records, 100);
    open_out(s, extractor);
    raw_join(s, 100);
    send_page(s, 1, 1);
    until(s, hears_batch);
    struct page page = s->heard.page;
    link_out_cancel(s->out, &page, true);
    assert_int_equal(link_out_send(s->out, &page, 2, &records, NULL), ERR_BUSY);
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = page});
    until(s, none_out);
    assert_int_equal(s->acked, 0);
    /* Where its worker ends, it goes to no other. */
    send_page(s, 1, 1);
    until(s, hears_batch);
    link_out_cancel(s->out, &page, true);
    raw_say(s, &(struct wire_message){.type = WIRE_BYE});
    until(s, none_linked);
    raw_join(s, 100);
    send_page(s, 1, 1);
    until(s, hears_batch);
    assert_int_equal(s->heard.attempt, 1);
    assert_int_equal(look(s).out_batches, 1);
    raw_say(s, &(struct wire_message){.type = WIRE_ACK, .page = page});
    s->goal = 1;
    until(s, all_acked);
    buffer_fini(&records);
    stand_free(s);
}

/* A worker that holds its connection but says nothing is given up; its batch goes to another. */
static void test_silence_ends_a_peering(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    int64_t silent = loop_now(s->loop).ms; /* its last word comes after this */
    raw_join(s, 10);
    send_page(s, 1, 1);
    until(s, hears_batch);
    until(s, hears_bye);
    assert_true(loop_now(s->loop).ms - silent >= LINK_SILENCE);
    until(s, none_linked);
    assert_int_equal(look(s).queued_batches, 1);
    assert_int_equal(s->poisoned, 0);
    stand_free(s);
}

int main(void)
{
    struct cause cause;
    if (log_open("test_link", "error", &cause)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_flow),
        cmocka_unit_test(test_window_bounds_what_is_out),
        cmocka_unit_test(test_drain_and_goodbye),
        cmocka_unit_test(test_a_refused_batch_comes_again),
        cmocka_unit_test(test_late_and_double_acks),
        cmocka_unit_test(test_last_words_count),
        cmocka_unit_test(test_drain_of_the_upstream_is_told),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_the_ack_of_a_cancelled_part),
        cmocka_unit_test(test_silence_ends_a_peering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
