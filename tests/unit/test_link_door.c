/* Two schemes behind one address: each worker finds the link of its scheme, and what one does is nothing to the other. */
#include "tests/unit/link_rig.h"

enum { PAGES = 300 };

static struct scope scopes[2] = {{.scheme = "goods"}, {.scheme = "orders"}};
static struct stand *stands[2]; /* the second stands on the first one's loop */
static struct link_shared shared;
static struct link_identity ends[2];

static size_t place_of(const struct stand *s)
{
    return s == stands[0] ? 0 : 1;
}

static void acked(void *user, void *tag, const struct page *page, const struct page_times *times)
{
    assert_ptr_equal(scope_now, &scopes[place_of(user)]);
    assert_int_equal(page->no / 1000, place_of(user));
    on_acked(user, tag, page, times);
}

static void credit(void *user)
{
    assert_ptr_equal(scope_now, &scopes[place_of(user)]);
    on_credit(user);
}

static void opens(size_t i, const char *bind)
{
    static const struct link_out_events events = {acked, on_stale, on_poisoned, credit};
    struct cause cause = {""};
    struct scope *before = scope_enter(&scopes[i]);
    struct stand *s = stands[i];
    assert_int_equal(link_out_new(s->zmq, s->loop, bind, &ends[i], &events, s, &s->out, &cause), 0);
    scope_now = before;
}

static void joins(size_t i)
{
    struct link_identity self = transformer;
    self.scheme_hash = ends[i].scheme_hash;
    open_in(stands[i], self);
}

static int set_up(void **state)
{
    (void)state;
    stands[0] = stand_new();
    stands[1] = calloc(1, sizeof *stands[1]);
    assert_non_null(stands[1]);
    stands[1]->zmq = stands[0]->zmq;
    stands[1]->loop = stands[0]->loop;
    buffer_init(&stands[1]->records, WIRE_FRAME_MAX);
    shared = (struct link_shared){.metrics = stands[0]->metrics};
    for (size_t i = 0; i < 2; i++) {
        ends[i] = extractor;
        ends[i].shared = &shared;
        ends[i].scheme_hash = i == 0 ? TEXT("abcd") : TEXT("efgh");
        assert_int_equal(metrics_of_scheme(stands[0]->metrics, scopes[i].scheme, &ends[i].metrics), 0);
    }
    opens(0, "tcp://127.0.0.1:*");
    opens(1, "tcp://127.0.0.1:*");
    assert_string_equal(link_out_address(stands[0]->out), link_out_address(stands[1]->out));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    link_in_free(&stands[1]->in);
    link_out_free(&stands[1]->out);
    buffer_fini(&stands[1]->records);
    free(stands[1]);
    stand_free(stands[0]);
    return 0;
}

static bool both_joined(struct stand *s)
{
    (void)s;
    return both_linked(stands[0]) && both_linked(stands[1]);
}

static void both_join(void)
{
    for (size_t i = 0; i < 2; i++) {
        joins(i);
        link_in_window(stands[i]->in, ROWS, 0);
    }
    until(stands[0], both_joined);
}

static bool both_acked(struct stand *s)
{
    (void)s;
    return all_acked(stands[0]) && all_acked(stands[1]);
}

static void send_pages(size_t i, size_t count)
{
    struct stand *s = stands[i];
    for (size_t n = 0; n < count; n++, s->goal++) {
        send_page(s, (int64_t)i * 1000 + s->goal, 3);
    }
}

static void each_gets_its_own(void **state)
{
    (void)state;
    both_join();
    send_pages(0, PAGES);
    send_pages(1, PAGES / 3);
    until(stands[0], both_acked);
    assert_int_equal(metric_value(metrics_add(ends[0].metrics, FAMILY_BATCHES, NULL)), PAGES);
    assert_int_equal(metric_value(metrics_add(ends[1].metrics, FAMILY_BATCHES, NULL)), PAGES / 3);
}

/* A worker of no scheme of these is refused, and the others hear nothing of it. */
static void a_strange_scheme_is_refused(void **state)
{
    (void)state;
    struct wire_message hello = hello_of(ROLE_TRANSFORMER, "zzzz", "");
    joins(1);
    link_in_window(stands[1]->in, ROWS, 0);
    raw_open(stands[0]);
    raw_say(stands[0], &hello);
    until(stands[0], hears_error);
    assert_non_null(strstr(stands[0]->note, "runs another scheme"));
    send_pages(1, 5);
    until(stands[1], all_acked);
    assert_int_equal(look(stands[0]).peers, 0);
}

/* One link ends: its worker goes, its scheme is strange from then on; the other works on, and may be the last to leave. */
static void one_leaves(void **state)
{
    (void)state;
    both_join();
    until(stands[0], in_freed);
    until(stands[0], out_freed);
    send_pages(1, 20);
    until(stands[1], all_acked);
    struct wire_message hello = hello_of(ROLE_TRANSFORMER, "abcd", "");
    raw_open(stands[1]);
    raw_say(stands[1], &hello);
    until(stands[1], hears_error);
    assert_int_equal(look(stands[1]).peers, 1);
    zmq_close(stands[1]->raw);
    stands[1]->raw = NULL;
    until(stands[1], in_freed);
    until(stands[1], out_freed);
    assert_null(shared.door);
    opens(0, "tcp://127.0.0.1:*");
    assert_non_null(shared.door);
}

/* The worker of one dies with pages in hand: they go to the next one of that scheme, never to the other's. */
static void a_dead_workers_pages(void **state)
{
    (void)state;
    both_join();
    stands[0]->hold = true;
    send_pages(0, 4);
    stands[0]->goal = 4;
    until(stands[0], all_held);
    until(stands[0], in_freed);
    stands[0]->held_count = 0;
    until(stands[0], none_linked);
    send_pages(1, 10);
    until(stands[1], all_acked);
    stands[0]->hold = false;
    joins(0);
    link_in_window(stands[0]->in, ROWS, 0);
    until(stands[0], all_acked);
    assert_int_equal(metric_value(metrics_add(ends[0].metrics, FAMILY_REDELIVERED, "reason=\"peer_gone\"")), 4);
    assert_int_equal(metric_value(metrics_add(ends[1].metrics, FAMILY_REDELIVERED, "reason=\"peer_gone\"")), 0);
}

int main(void)
{
    struct cause cause;
    (void)!log_open("test", "error", &cause);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_gets_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_strange_scheme_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_leaves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_workers_pages, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
