/* Both ends of the link on one loop, over real sockets; strangers speak to them through a raw DEALER. */
#ifndef DIANCHEN_TESTS_UNIT_LINK_RIG_H
#define DIANCHEN_TESTS_UNIT_LINK_RIG_H

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "common/link/upstream.h"
#include "common/log/log.h"
#include "common/observe/metrics.h"

enum { PATIENCE = 20000 /* ms until a condition that never comes fails the test */, HELD_MAX = 4000, ROWS = 100 };

struct stand {
    void *zmq;
    struct loop *loop;
    struct metrics *metrics;
    struct loop_timer look;
    bool (*wanted)(struct stand *);
    int64_t patience;
    struct link_out *out;
    struct link_in *in;
    size_t acked, stale, poisoned, gone, credits;
    struct page_times times; /* of the last ack */
    int64_t goal;
    bool hold; /* the worker keeps what it gets */
    struct link_in_batch *held[HELD_MAX];
    size_t held_count;
    int64_t attempt;
    char store[WIRE_NAME_MAX + 1];
    struct buffer records;
    void *raw;
    struct wire_message heard; /* the last frame that the raw peer read; texts are gone */
    char note[WIRE_NOTE_MAX + 1];
    char body[64];
};

static const struct link_identity extractor = {
    .role = ROLE_EXTRACTOR, .scheme_hash = {"abcd", 4}, .store_id = {"s1", 2}};
static const struct link_identity transformer = {.role = ROLE_TRANSFORMER, .scheme_hash = {"abcd", 4}};
static const struct link_identity loader = {.role = ROLE_LOADER, .scheme_hash = {"abcd", 4}, .store_id = {"s1", 2}};

static inline void on_acked(void *user, void *tag, const struct page *page, const struct page_times *times)
{
    struct stand *s = user;
    assert_int_equal((intptr_t)tag, page->no);
    s->times = *times;
    s->acked++;
}

static inline void on_stale(void *user, void *tag, const struct page *page)
{
    assert_int_equal((intptr_t)tag, page->no);
    ((struct stand *)user)->stale++;
}

static inline void on_poisoned(void *user, void *tag, const struct page *page, size_t rows, struct text records)
{
    assert_int_equal((intptr_t)tag, page->no);
    assert_true(rows > 0 && records.size > 0);
    ((struct stand *)user)->poisoned++;
}

static inline void on_credit(void *user)
{
    ((struct stand *)user)->credits++;
}

static inline void on_batch(void *user, struct link_in_batch *batch)
{
    struct stand *s = user;
    struct text rest = batch->records, raw;
    struct value value;
    for (size_t i = 0; i < batch->rows; i++) {
        assert_int_equal(wire_take_source(&rest, 1, &value, &raw), 0);
        assert_int_equal(value.integer, batch->page.no * 1000 + (int64_t)i);
    }
    assert_int_equal(rest.size, 0);
    s->attempt = batch->attempt;
    if (s->hold) {
        assert_true(s->held_count < HELD_MAX);
        s->held[s->held_count++] = batch;
    } else {
        batch->times = (struct page_times){.map = 11, .wait = 22, .write = 33, .commit = 44, .calls = 5};
        link_in_ack(s->in, batch);
    }
}

static inline void on_gone(void *user, struct link_in_batch *batch)
{
    struct stand *s = user;
    size_t at = 0;
    while (s->held[at] != batch) {
        at++;
        assert_true(at < s->held_count);
    }
    s->held[at] = s->held[--s->held_count];
    s->gone++;
}

static inline void on_store(void *user, struct text id)
{
    struct stand *s = user;
    link_copy(s->store, sizeof s->store, id);
}

static const struct link_out_events out_events = {on_acked, on_stale, on_poisoned, on_credit};
static const struct link_in_events in_events = {on_batch, on_gone, on_store};

static inline void on_look(void *user)
{
    struct stand *s = user;
    if (s->wanted(s)) {
        loop_stop(s->loop, 0);
    } else if (loop_now(s->loop).ms > s->patience) {
        loop_stop(s->loop, 1);
    } else {
        loop_set_timer(s->loop, &s->look, (struct loop_ms){loop_now(s->loop).ms + 1});
    }
}

/* Turns the loop until it is so. */
static inline void until(struct stand *s, bool (*wanted)(struct stand *))
{
    s->wanted = wanted;
    s->look = (struct loop_timer){.fn = on_look, .user = s};
    s->patience = loop_now(s->loop).ms + PATIENCE;
    loop_set_timer(s->loop, &s->look, (struct loop_ms){0});
    assert_int_equal(loop_run(s->loop), 0);
}

static inline struct stand *stand_new(void)
{
    struct stand *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->zmq = zmq_ctx_new();
    assert_non_null(s->zmq);
    assert_int_equal(loop_new(&s->loop), 0);
    assert_int_equal(metrics_new(&s->metrics), 0);
    buffer_init(&s->records, WIRE_FRAME_MAX);
    return s;
}

static inline void stand_free(struct stand *s)
{
    link_in_free(&s->in);
    link_out_free(&s->out);
    if (s->raw) {
        zmq_close(s->raw);
    }
    zmq_ctx_term(s->zmq);
    loop_free(&s->loop);
    metrics_free(&s->metrics);
    buffer_fini(&s->records);
    free(s);
}

static inline void open_out(struct stand *s, struct link_identity self)
{
    struct cause cause = {""};
    self.metrics = s->metrics;
    assert_int_equal(link_out_new(s->zmq, s->loop, "tcp://127.0.0.1:*", &self, &out_events, s, &s->out, &cause), 0);
}

static inline void open_in(struct stand *s, struct link_identity self)
{
    struct cause cause = {""};
    assert_int_equal(link_in_new(s->zmq, s->loop, link_out_address(s->out), &self, &in_events, s, &s->in, &cause), 0);
}

static inline void send_page(struct stand *s, int64_t no, size_t rows)
{
    struct page page = {.run = 7, .slice = 0, .no = no, .fence = 2};
    for (size_t i = 0; i < rows; i++) {
        wire_put_array(&s->records, 1);
        wire_put_integer(&s->records, no * 1000 + (int64_t)i);
    }
    assert_int_equal(link_out_send(s->out, &page, rows, &s->records, (void *)(intptr_t)no), 0);
    assert_int_equal(s->records.size, 0);
}

static inline int64_t counted(struct stand *s, enum metric_family family, const char *label)
{
    return metric_value(metrics_add(s->metrics, family, label));
}

static inline struct flow_state look(struct stand *s)
{
    struct flow_state state;
    link_out_state(s->out, &state);
    return state;
}

static inline bool all_acked(struct stand *s)
{
    return s->acked == (size_t)s->goal;
}
static inline bool both_linked(struct stand *s)
{
    return link_in_peers(s->in) == 1 && look(s).peers == 1;
}
static inline bool all_held(struct stand *s)
{
    return s->held_count == (size_t)s->goal;
}
static inline bool none_linked(struct stand *s)
{
    return look(s).peers == 0;
}
static inline bool in_freed(struct stand *s)
{
    link_in_free(&s->in);
    return true;
}
static inline bool out_freed(struct stand *s)
{
    link_out_free(&s->out);
    return true;
}
static inline bool richly_granted(struct stand *s)
{
    return look(s).credit >= (int64_t)FLOW_FIRST * ROWS && look(s).credit < FLOW_CREDIT_MAX;
}
static inline bool in_refused(struct stand *s)
{
    return s->in->upstreams[0]->refusal[0] != 0;
}

/* ---- a stranger ---- */

static inline void raw_open(struct stand *s)
{
    int zero = 0;
    if (s->raw) {
        zmq_close(s->raw);
    }
    s->raw = zmq_socket(s->zmq, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(s->raw, ZMQ_LINGER, &zero, sizeof zero), 0);
    assert_int_equal(zmq_connect(s->raw, link_out_address(s->out)), 0);
}

static inline void raw_say(struct stand *s, const struct wire_message *message)
{
    struct buffer frame;
    buffer_init(&frame, WIRE_FRAME_MAX);
    wire_write(&frame, message);
    assert_int_equal(zmq_send(s->raw, frame.data, frame.size, 0), (int)frame.size);
    buffer_fini(&frame);
}

/* Takes frames off the raw socket; keeps the last one that is no PING. */
static inline bool raw_hears(struct stand *s, enum wire_type type)
{
    for (;;) {
        zmq_msg_t frame;
        struct wire_message message;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, s->raw, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&frame);
            return false;
        }
        assert_int_equal(wire_read(link_frame_text(&frame), &message), 0);
        if (message.type != WIRE_PING) {
            s->heard = message;
            link_copy(s->note, sizeof s->note, message.note);
            size_t size = message.records.size < sizeof s->body ? message.records.size : sizeof s->body;
            memset(s->body, 0, sizeof s->body);
            if (size > 0) {
                memcpy(s->body, message.records.data, size);
            }
        }
        zmq_msg_close(&frame);
        if (message.type == type) {
            return true;
        }
    }
}
static inline bool hears_welcome(struct stand *s)
{
    return raw_hears(s, WIRE_WELCOME);
}
static inline bool hears_batch(struct stand *s)
{
    return raw_hears(s, WIRE_BATCH);
}
static inline bool hears_error(struct stand *s)
{
    return raw_hears(s, WIRE_ERROR);
}
static inline bool hears_drain(struct stand *s)
{
    return raw_hears(s, WIRE_DRAIN);
}
static inline bool hears_bye(struct stand *s)
{
    return raw_hears(s, WIRE_BYE);
}

static inline struct wire_message hello_of(enum wire_role role, const char *scheme, const char *store)
{
    return (struct wire_message){.type = WIRE_HELLO,
                                 .hello = {.role = role,
                                           .protocol = WIRE_PROTOCOL,
                                           .scheme_hash = text_of(scheme),
                                           .store_id = text_of(store),
                                           .peer_name = TEXT("raw:1")}};
}

static inline void raw_join(struct stand *s, int64_t credit)
{
    struct wire_message hello = hello_of(ROLE_TRANSFORMER, "abcd", "");
    raw_open(s);
    raw_say(s, &hello);
    until(s, hears_welcome);
    raw_say(s, &(struct wire_message){.type = WIRE_CREDIT, .credit = credit});
}

#endif
