/* common/flow at its bounds: peers, pages, windows; and how little a peer gets that never acks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/link/flow.h"

static void test_peer_limit(void **state)
{
    (void)state;
    struct flow *flow = NULL;
    uint32_t first = 0;
    assert_int_equal(flow_new(&flow), 0);
    for (int i = 0; i < FLOW_PEERS_MAX; i++) {
        uint32_t id = flow_join(flow);
        assert_int_not_equal(id, 0);
        first = first ? first : id;
    }
    assert_int_equal(flow_join(flow), 0);
    flow_leave(flow, first, true);
    assert_true(flow_join(flow) > first); /* an id never comes again */
    flow_free(&flow, NULL, NULL);
}

static void test_many_pages(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    struct flow *flow = NULL;
    struct flow_batch *batches = calloc(MANY, sizeof *batches);
    assert_non_null(batches);
    assert_int_equal(flow_new(&flow), 0);
    for (int i = 0; i < MANY; i++) {
        batches[i].page = (struct page){.run = 1, .slice = i % 3, .no = i / 3, .fence = 1 + i % 2};
        batches[i].rows = 1;
        flow_push(flow, &batches[i], (struct loop_ms){i});
    }
    uint32_t peer = flow_join(flow), id;
    flow_grant(flow, peer, INT64_MAX);
    int acked = 0;
    for (; acked < FLOW_OUT_MAX; acked++) { /* it earns the right to as many */
        assert_ptr_equal(flow_next(flow, (struct loop_ms){0}, &id), &batches[acked]);
        assert_ptr_equal(flow_ack(flow, peer, &batches[acked].page), &batches[acked]);
    }
    for (int i = 0; i < FLOW_OUT_MAX; i++) {
        assert_ptr_equal(flow_next(flow, (struct loop_ms){0}, &id), &batches[acked + i]);
    }
    assert_null(flow_next(flow, (struct loop_ms){0}, &id)); /* FLOW_OUT_MAX with one peer */
    for (int i = 0; i < MANY; i++) {
        struct page other = {.run = 1, .slice = i % 3, .no = i / 3, .fence = 3 + i % 2};
        assert_null(flow_find(flow, &other));
        assert_ptr_equal(flow_cancel(flow, &batches[i].page), i < acked ? NULL : &batches[i]);
    }
    flow_free(&flow, NULL, NULL);
    free(batches);
}

static void test_window(void **state)
{
    (void)state;
    static const struct {
        struct flow_window window;
        int64_t unused;
        size_t upstreams;
        int64_t grant;
    } cases[] = {
        {{.size = 400}, 0, 1, 400},
        {{.size = 400}, 0, 0, 0},
        {{.size = 0}, 0, 1, 0},
        {{.size = 400}, 0, 4, 100},
        {{.size = 3}, 0, 10, 1},                      /* more upstreams than records */
        {{.size = 400, .granted = 400}, 400, 1, 0},   /* all granted */
        {{.size = 400, .granted = 301}, 301, 1, 0},   /* less than a quarter free: later */
        {{.size = 400, .granted = 300}, 300, 1, 100}, /* a quarter */
        {{.size = 400, .in_hand = 200, .granted = 100}, 100, 1, 100},
        {{.size = 400, .in_hand = 400}, 0, 1, 0}, /* full hands */
        {{.size = 50, .in_hand = 100, .granted = -50},
         -50,
         1,
         0}, /* overdrawn, not yet acked: still above the window */
        {{.size = 50, .in_hand = 0, .granted = -50}, -50, 1, 100}, /* acked: the debt and a full window */
        {{.size = 100, .granted = 400}, 400, 1, 0},                /* the window shrank */
        {{.size = 400, .granted = 400}, 0, 2, 50},                 /* another sits on the whole window */
        {{.size = 400, .granted = 350}, -50, 2, 100},              /* … and this one owes */
        {{.size = 400, .in_hand = 400, .granted = 400}, 0, 2, 0},
        {{.size = 400, .granted = 200}, 0, 2, 200}, /* its even share */
        {{.size = 400, .granted = 400}, 200, 2, 0},
        {{.size = 400, .in_hand = 9000, .waiting = 9000}, 0, 1, 400}, /* who waits takes no part, however much it is */
        {{.size = 400, .in_hand = 9300, .waiting = 9000}, 0, 1, 100},
        {{.size = 400, .in_hand = 9301, .waiting = 9000}, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("  window %zu\n", i);
        assert_int_equal(flow_window_grant(&cases[i].window, cases[i].unused, cases[i].upstreams), cases[i].grant);
    }
}

enum { PAGES = 100, ROWS = 100 };

static void push_pages(struct flow *flow, struct flow_batch batches[PAGES])
{
    for (int i = 0; i < PAGES; i++) {
        batches[i] = (struct flow_batch){.page = {.run = 1, .no = i, .fence = 1}, .rows = ROWS};
        flow_push(flow, &batches[i], (struct loop_ms){0});
    }
}

/* One grants itself all there is and answers nothing; the other works. The first gets FLOW_FIRST pages, no more. */
static void test_a_greedy_peer_gets_little(void **state)
{
    (void)state;
    struct flow *flow = NULL;
    struct flow_batch batches[PAGES], *batch;
    struct flow_state look;
    assert_int_equal(flow_new(&flow), 0);
    uint32_t greedy = flow_join(flow), honest = flow_join(flow), id;
    flow_grant(flow, greedy, 9999999);
    flow_look(flow, &look);
    assert_int_equal(look.credit, FLOW_FIRST * ROWS); /* nobody reads ahead for what it claims */
    push_pages(flow, batches);
    int taken = 0, acked = 0;
    while (flow_grant(flow, honest, ROWS), (batch = flow_next(flow, (struct loop_ms){0}, &id)) != NULL) {
        taken += id == greedy;
        if (id == honest) {
            assert_ptr_equal(flow_ack(flow, honest, &batch->page), batch);
            acked++;
        }
    }
    assert_int_equal(taken, FLOW_FIRST);
    assert_int_equal(acked, PAGES - FLOW_FIRST);
    flow_free(&flow, NULL, NULL);
}

/* What stands with a peer without a touch is overdue; a touch begins its time again. */
static void test_overdue(void **state)
{
    (void)state;
    struct flow *flow = NULL;
    struct flow_batch batches[PAGES], *batch;
    assert_int_equal(flow_new(&flow), 0);
    uint32_t peer = flow_join(flow), other = flow_join(flow), id;
    push_pages(flow, batches);
    flow_grant(flow, peer, (int64_t)2 * ROWS);
    batch = flow_next(flow, (struct loop_ms){1000}, &id);
    assert_ptr_equal(flow_next(flow, (struct loop_ms){2000}, &id), &batches[1]);
    assert_null(flow_overdue(flow, (struct loop_ms){1500}, 500));
    assert_ptr_equal(flow_overdue(flow, (struct loop_ms){1501}, 500), batch);
    flow_touch(flow, other, &batch->page, (struct loop_ms){1501}); /* it has no right to */
    assert_ptr_equal(flow_overdue(flow, (struct loop_ms){1501}, 500), batch);
    flow_touch(flow, peer, &batch->page, (struct loop_ms){2501});
    assert_null(flow_overdue(flow, (struct loop_ms){2500}, 500));
    assert_ptr_equal(flow_overdue(flow, (struct loop_ms){2501}, 500), &batches[1]);
    flow_leave(flow, peer, true);
    assert_null(flow_overdue(flow, (struct loop_ms){9999}, 500)); /* they are in the queue again */
    flow_free(&flow, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peer_limit), cmocka_unit_test(test_many_pages),
        cmocka_unit_test(test_window),     cmocka_unit_test(test_a_greedy_peer_gets_little),
        cmocka_unit_test(test_overdue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
