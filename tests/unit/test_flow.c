/* common/flow as event scripts, then as 100,000 random events against a plain model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/link/flow.h"

enum { PAGES = 64, NAMES = 8 };

/* One step a line. Peers and pages go by number; every word after them is what must happen.
 *   push PAGE ROWS | join P | grant P N | leave P dead/bye | drain P | time MS | unsend PAGE
 *   next P PAGE / none | ack P PAGE yes/no | stale P PAGE yes/no | delay P PAGE MS yes/no | cancel PAGE yes/no
 *   poison PAGE / none | attempt PAGE N | deaths PAGE N | wake MS / never
 *   credit N | queued ROWS | out ROWS | delayed BATCHES | oldest MS */
struct script {
    const char *name, *steps;
};

static const struct script scripts[] = {
    {"nothing moves without a peer, or without credit", "push 1 100; none; join 1; none; grant 1 1; next 1 1; none"},
    {"credit is counted in records", "join 1; grant 1 200; push 1 100; push 2 100; push 3 100;"
                                     "next 1 1; credit 100; next 1 2; credit 0; none; grant 1 100; next 1 3"},
    {"one batch may overdraw, and the debt is paid first",
     "join 1; grant 1 10; push 1 100; push 2 100; next 1 1; credit 0; none; grant 1 90; none; grant 1 1; next 1 2"},
    {"a window smaller than a page still flows",
     "join 1; grant 1 50; push 1 100; push 2 100; next 1 1; ack 1 1 yes; none; grant 1 100; next 1 2"},
    {"an empty page needs credit but costs none", "join 1; push 1 0; none; grant 1 1; next 1 1; credit 1"},
    {"most credit goes first",
     "join 1; join 2; grant 1 100; grant 2 300; push 1 100; push 2 100; push 3 100; push 4 100;"
     "next 2 1; next 2 2; next 1 3; next 2 4; none"},
    {"ties go round robin",
     "join 1; join 2; join 3; grant 1 30; grant 2 30; grant 3 30; push 1 10; push 2 10; push 3 10;"
     "push 4 10; push 5 10; push 6 10; next 1 1; next 2 2; next 3 3; next 1 4; next 2 5; next 3 6"},
    {"an ack ends it", "join 1; grant 1 10; push 1 10; next 1 1; out 10; ack 1 1 yes; out 0; queued 0; oldest -1"},
    {"double, late and foreign acks match nothing",
     "join 1; join 2; grant 1 10; push 1 10; next 1 1; ack 2 1 no; ack 1 2 no; ack 1 1 yes; ack 1 1 no;"
     "grant 1 20; push 3 10; next 1 3; leave 1 bye; ack 1 3 no; queued 10"},
    {"an ack of what waits matches nothing", "join 1; push 1 10; ack 1 1 no; delay 1 1 9 no; stale 1 1 no; queued 10"},
    {"credit dies with the peering", "join 1; grant 1 100; leave 1 dead; push 1 10; none; credit 0; join 2; none"},
    {"what a peer held goes to the front in its old order",
     "join 1; grant 1 30; push 1 10; push 2 10; push 3 10; push 4 10; next 1 1; next 1 2; next 1 3; ack 1 2 yes;"
     "leave 1 dead; join 2; grant 2 99; next 2 1; next 2 3; next 2 4; attempt 1 2; attempt 4 1"},
    {"batches of two peers come back",
     "join 1; join 2; grant 1 10; grant 2 10; push 1 10; push 2 10; push 3 10; next 1 1;"
     "next 2 2; leave 1 bye; leave 2 bye; join 3; grant 3 99; next 3 2; next 3 1; next 3 3"},
    {"a delayed batch never holds up the queue",
     "join 1; grant 1 100; push 1 10; push 2 10; next 1 1; delay 1 1 500 yes; wake 500; delayed 1; next 1 2; none;"
     "time 499; none; time 500; next 1 1; wake never; attempt 1 2"},
    {"what is due goes to the back", "join 1; grant 1 10; push 1 10; next 1 1; delay 1 1 0 yes; push 2 10; push 3 10;"
                                     "grant 1 99; next 1 2; next 1 3; next 1 1"},
    {"due ones come in the order of their times", "join 1; grant 1 99; push 1 1; push 2 1; push 3 1; push 4 1; next 1 "
                                                  "1; next 1 2; next 1 3; next 1 4; delay 1 1 40 yes;"
                                                  "delay 1 2 10 yes; delay 1 3 30 yes; delay 1 4 20 yes; wake 10; "
                                                  "cancel 4 yes; time 100; next 1 2; next 1 3; next 1 1"},
    {"a delayed batch costs its death nothing",
     "join 1; grant 1 99; push 1 1; next 1 1; delay 1 1 5 yes; leave 1 dead; deaths 1 0"},
    {"stale: given up", "join 1; grant 1 9; push 1 1; next 1 1; stale 1 1 yes; queued 0; out 0; stale 1 1 no"},
    {"cancel wherever it stands", "join 1; grant 1 9; push 1 1; push 2 1; push 3 1; next 1 1; next 1 2; delay 1 2 50 "
                                  "yes; cancel 1 yes; cancel 2 yes;"
                                  "cancel 3 yes; cancel 3 no; queued 0; out 0; ack 1 1 no; wake never; leave 1 dead"},
    {"a draining peer gets nothing more, but may ack",
     "join 1; grant 1 99; push 1 1; push 2 1; next 1 1; drain 1; none; credit 0;"
     "ack 1 1 yes; join 2; grant 2 1; next 2 2"},
    {"unsend leaves no trace",
     "join 1; grant 1 10; push 1 10; push 2 10; next 1 1; unsend 1; credit 10; leave 1 dead; deaths 1 0;"
     "join 2; grant 2 99; next 2 1; next 2 2; attempt 1 1"},
    {"three lonely deaths are poison",
     "push 1 1; join 1; grant 1 9; next 1 1; leave 1 dead; deaths 1 1; poison none; join 2; grant 2 9; next 2 1; leave "
     "2 dead;"
     "join 3; grant 3 9; next 3 1; leave 3 dead; poison 1; poison none; queued 0; join 4; grant 4 9; none"},
    {"poison waits aside until it is taken",
     "push 1 1; join 1; grant 1 9; next 1 1; leave 1 dead; join 2; grant 2 9; next 2 1; leave 2 dead;"
     "join 3; grant 3 9; next 3 1; leave 3 dead; join 4; grant 4 9; none; queued 1; cancel 1 yes; poison none"},
    {"goodbyes and refusals never count", "push 1 1; join 1; grant 1 9; next 1 1; leave 1 bye; join 2; grant 2 9; next "
                                          "2 1; delay 2 1 0 yes; leave 2 dead; join 3;"
                                          "grant 3 9; next 3 1; leave 3 bye; deaths 1 0; poison none"},
    {"a death in company does not count, but two make a suspect",
     "push 1 1; push 2 1; join 1; grant 1 9; next 1 1; next 1 2; leave 1 dead; deaths 1 0; deaths 2 0; join 2; grant 2 "
     "9;"
     "next 2 1; next 2 2; leave 2 dead; deaths 1 0; join 3; grant 3 9; next 3 1; none; ack 3 1 yes; next 3 2; none"},
    {"a suspect waits for an empty peer, and one is kept free for it",
     "push 1 1; join 1; grant 1 9; next 1 1; leave 1 dead; join 2; join 3; grant 2 9; grant 3 9; push 2 1; push 3 1; "
     "push 4 1;"
     "next 2 1; next 3 2; next 3 3; next 3 4; none; leave 2 dead; push 5 1; none; ack 3 2 yes; ack 3 3 yes; none; ack "
     "3 4 yes;"
     "next 3 1; none; join 4; grant 4 9; next 4 5"},
    {"one page of many is found to kill",
     "push 1 1; push 2 1; join 1; grant 1 9; next 1 1; next 1 2; leave 1 dead; join 2; grant 2 9; next 2 1; next 2 2; "
     "leave 2 dead;"
     "join 3; grant 3 9; next 3 1; ack 3 1 yes; next 3 2; leave 3 dead; join 4; grant 4 9; next 4 2; leave 4 dead;"
     "join 5; grant 5 9; next 5 2; leave 5 dead; poison 2; queued 0; out 0"},
    {"the oldest is told",
     "time 5; push 1 1; time 9; push 2 1; oldest 5; join 1; grant 1 9; next 1 1; next 1 2; ack 1 1 yes; oldest 9"},
};

struct stand {
    struct flow *flow;
    int64_t now;
    uint32_t peers[NAMES];
    struct flow_batch batches[NAMES];
};

static struct page page_named(int name)
{
    return (struct page){.run = 7, .slice = 1, .no = name, .fence = 3};
}

static struct flow_state look(const struct stand *stand)
{
    struct flow_state state;
    flow_look(stand->flow, &state);
    return state;
}

static void run_event(struct stand *s, const char *verb, int a, int b, int c)
{
    struct page page = page_named(a);
    if (strcmp(verb, "push") == 0) {
        s->batches[a] = (struct flow_batch){.page = page, .rows = (size_t)b};
        flow_push(s->flow, &s->batches[a], (struct loop_ms){s->now});
    } else if (strcmp(verb, "join") == 0) {
        s->peers[a] = flow_join(s->flow);
        assert_int_not_equal(s->peers[a], 0);
    } else if (strcmp(verb, "grant") == 0) {
        flow_grant(s->flow, s->peers[a], b);
    } else if (strcmp(verb, "drain") == 0) {
        flow_draining(s->flow, s->peers[a]);
    } else if (strcmp(verb, "time") == 0) {
        s->now = a;
    } else if (strcmp(verb, "unsend") == 0) {
        flow_unsend(s->flow, &s->batches[a]);
    } else if (strcmp(verb, "next") == 0) {
        uint32_t peer = 0;
        assert_ptr_equal(flow_next(s->flow, (struct loop_ms){s->now}, &peer), &s->batches[b]);
        assert_int_equal(peer, s->peers[a]);
    } else if (strcmp(verb, "attempt") == 0) {
        assert_int_equal(s->batches[a].attempt, b);
    } else if (strcmp(verb, "deaths") == 0) {
        assert_int_equal(s->batches[a].deaths, b);
    } else if (strcmp(verb, "poison") == 0) {
        assert_ptr_equal(flow_poisoned(s->flow), &s->batches[a]);
    } else if (strcmp(verb, "wake") == 0) {
        assert_int_equal(flow_wake(s->flow).ms, a);
    } else if (strcmp(verb, "credit") == 0) {
        assert_int_equal(look(s).credit, a);
    } else if (strcmp(verb, "queued") == 0) {
        assert_int_equal(look(s).queued_rows, a);
    } else if (strcmp(verb, "out") == 0) {
        assert_int_equal(look(s).out_rows, a);
    } else if (strcmp(verb, "delayed") == 0) {
        assert_int_equal(look(s).delayed_batches, a);
    } else if (strcmp(verb, "oldest") == 0) {
        assert_int_equal(look(s).oldest.ms, a < 0 ? INT64_MAX : a);
    } else {
        fail_msg("no such step: %s %d %d %d", verb, a, b, c);
    }
}

/* Steps that end in yes, no, dead, bye, none or never. */
static void run_worded(struct stand *s, const char *verb, int a, int b, int c, const char *word)
{
    struct page page = page_named(b);
    uint32_t peer = 0;
    if (strcmp(verb, "none") == 0) {
        assert_null(flow_next(s->flow, (struct loop_ms){s->now}, &peer));
    } else if (strcmp(verb, "poison") == 0) {
        assert_null(flow_poisoned(s->flow));
    } else if (strcmp(verb, "wake") == 0) {
        assert_int_equal(flow_wake(s->flow).ms, INT64_MAX);
    } else if (strcmp(verb, "leave") == 0) {
        flow_leave(s->flow, s->peers[a], strcmp(word, "bye") == 0);
    } else if (strcmp(verb, "ack") == 0) {
        assert_ptr_equal(flow_ack(s->flow, s->peers[a], &page), strcmp(word, "yes") == 0 ? &s->batches[b] : NULL);
    } else if (strcmp(verb, "stale") == 0) {
        assert_ptr_equal(flow_give_up(s->flow, s->peers[a], &page), strcmp(word, "yes") == 0 ? &s->batches[b] : NULL);
    } else if (strcmp(verb, "delay") == 0) {
        assert_int_equal(flow_delay(s->flow, s->peers[a], &page, (struct loop_ms){c}), strcmp(word, "yes") == 0);
    } else if (strcmp(verb, "cancel") == 0) {
        page = page_named(a);
        assert_ptr_equal(flow_cancel(s->flow, &page), strcmp(word, "yes") == 0 ? &s->batches[a] : NULL);
    } else {
        fail_msg("no such step: %s … %s", verb, word);
    }
}

/* One step: a verb, up to three numbers, perhaps a last word. */
static void run_step(struct stand *s, const char *step, size_t length)
{
    char words[2][12] = {"", ""};
    int numbers[3] = {0};
    size_t word_count = 0, number_count = 0;
    for (const char *at = step, *end = step + length; at < end;) {
        at += strspn(at, " ");
        size_t size = strcspn(at, " ;");
        if ((*at >= '0' && *at <= '9') || *at == '-') {
            assert_true(number_count < 3);
            numbers[number_count++] = (int)strtol(at, NULL, 10);
        } else {
            assert_true(word_count < 2 && size < sizeof words[0]);
            memcpy(words[word_count++], at, size);
        }
        at += size;
    }
    if (*words[1] || strcmp(words[0], "none") == 0) {
        run_worded(s, words[0], numbers[0], numbers[1], numbers[2], words[1]);
    } else {
        run_event(s, words[0], numbers[0], numbers[1], numbers[2]);
    }
}

static void test_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct stand stand = {0};
        print_message("  %s\n", scripts[i].name);
        assert_int_equal(flow_new(&stand.flow), 0);
        for (const char *at = scripts[i].steps; *at;) {
            size_t length = strcspn(at, ";");
            run_step(&stand, at, length);
            at += length + (at[length] == ';');
        }
        flow_free(&stand.flow, NULL, NULL);
    }
}

/* ---- random events against a model that keeps one line a batch ---- */

struct shadow {
    enum { GONE, WAITING, LATER, SENT, SPOILT } where;
    int64_t until;
    size_t peer; /* index into peers while SENT */
};
struct model {
    struct flow *flow;
    struct flow_batch batches[PAGES];
    struct shadow shadows[PAGES];
    uint32_t peers[NAMES];
    int64_t credit[NAMES];
    bool draining[NAMES];
    size_t acked[NAMES];
    int64_t now;
    uint64_t seed;
};

static uint64_t chance(struct model *m, uint64_t below)
{
    m->seed ^= m->seed << 13;
    m->seed ^= m->seed >> 7;
    m->seed ^= m->seed << 17;
    return (m->seed >> 11) % below;
}

static void model_check(struct model *m)
{
    struct flow_state state;
    size_t queued = 0, queued_rows = 0, out = 0, out_rows = 0, delayed = 0, live = 0;
    int64_t credit = 0, oldest = INT64_MAX;
    for (size_t i = 0; i < PAGES; i++) {
        const struct shadow *shadow = &m->shadows[i];
        const struct flow_batch *batch = &m->batches[i];
        assert_ptr_equal(flow_find(m->flow, &batch->page), shadow->where == GONE ? NULL : batch);
        if (shadow->where == GONE) {
            continue;
        }
        oldest = batch->born.ms < oldest ? batch->born.ms : oldest;
        if (shadow->where == SENT) {
            assert_int_equal(batch->peer, m->peers[shadow->peer]);
            out++;
            out_rows += batch->rows;
        } else {
            assert_int_equal(batch->peer, 0);
            delayed += shadow->where == LATER;
            queued++;
            queued_rows += batch->rows;
        }
    }
    for (size_t i = 0; i < NAMES; i++) {
        live += m->peers[i] != 0;
        credit += m->peers[i] && !m->draining[i] && m->credit[i] > 0 ? m->credit[i] : 0;
    }
    flow_look(m->flow, &state);
    assert_int_equal(state.peers, live);
    assert_int_equal(state.queued_batches, queued);
    assert_int_equal(state.queued_rows, queued_rows);
    assert_int_equal(state.out_batches, out);
    assert_int_equal(state.out_rows, out_rows);
    assert_int_equal(state.delayed_batches, delayed);
    assert_true(state.credit >= 0 && state.credit <= credit);
    assert_int_equal(state.oldest.ms, oldest);
}

static void model_next(struct model *m)
{
    uint32_t id = 0;
    struct flow_batch *batch = flow_next(m->flow, (struct loop_ms){m->now}, &id);
    for (size_t i = 0; i < PAGES; i++) { /* what is due has left the heap */
        if (m->shadows[i].where == LATER && m->shadows[i].until <= m->now) {
            m->shadows[i].where = WAITING;
        }
    }
    if (!batch) {
        return;
    }
    size_t name = 0, held = 0;
    while (m->peers[name] != id) {
        name++;
        assert_true(name < NAMES);
    }
    struct shadow *shadow = &m->shadows[batch - m->batches];
    for (size_t i = 0; i < PAGES; i++) {
        held += m->shadows[i].where == SENT && m->shadows[i].peer == name;
    }
    assert_int_equal(shadow->where, WAITING);
    assert_true(m->credit[name] > 0 && !m->draining[name]);
    assert_true(held < FLOW_FIRST + 2 * m->acked[name]);
    if (batch->deaths > 0 || batch->losses >= FLOW_LOSSES) {
        assert_int_equal(held, 0);
    }
    m->credit[name] -= (int64_t)batch->rows;
    *shadow = (struct shadow){.where = SENT, .peer = name};
}

static void model_leave(struct model *m, size_t name)
{
    size_t held = 0;
    bool announced = chance(m, 2);
    for (size_t i = 0; i < PAGES; i++) {
        held += m->shadows[i].where == SENT && m->shadows[i].peer == name;
    }
    int deaths[PAGES];
    for (size_t i = 0; i < PAGES; i++) {
        deaths[i] = m->batches[i].deaths;
    }
    flow_leave(m->flow, m->peers[name], announced);
    for (size_t i = 0; i < PAGES; i++) {
        struct shadow *shadow = &m->shadows[i];
        if (shadow->where == SENT && shadow->peer == name) {
            assert_int_equal(m->batches[i].deaths, deaths[i] + (!announced && held == 1));
            shadow->where = m->batches[i].deaths >= FLOW_POISON ? SPOILT : WAITING;
        }
    }
    m->peers[name] = 0;
}

static void model_step(struct model *m)
{
    size_t name = (size_t)chance(m, NAMES), i = (size_t)chance(m, PAGES);
    struct flow_batch *batch = &m->batches[i];
    struct shadow *shadow = &m->shadows[i];
    bool held = shadow->where == SENT && m->peers[name] && shadow->peer == name;
    switch (chance(m, 16)) {
    case 0:
        if (!m->peers[name]) {
            m->peers[name] = flow_join(m->flow);
            m->credit[name] = 0;
            m->draining[name] = false;
            m->acked[name] = 0;
        }
        break;
    case 1:
        if (m->peers[name] && chance(m, 4) == 0) {
            model_leave(m, name);
        }
        break;
    case 2:
    case 3: {
        int64_t records = (int64_t)chance(m, 300) - 20;
        flow_grant(m->flow, m->peers[name], records);
        m->credit[name] += m->peers[name] && records > 0 ? records : 0;
        break;
    }
    case 4:
        if (m->peers[name] && chance(m, 8) == 0) {
            flow_draining(m->flow, m->peers[name]);
            m->draining[name] = true;
        }
        break;
    case 5:
    case 6:
    case 7:
        if (shadow->where == GONE) {
            batch->page = (struct page){.run = (int64_t)chance(m, 3), .no = (int64_t)i, .fence = (int64_t)chance(m, 9)};
            batch->rows = (size_t)chance(m, 120);
            flow_push(m->flow, batch, (struct loop_ms){m->now});
            *shadow = (struct shadow){.where = WAITING};
        }
        break;
    case 8:
        m->now += (int64_t)chance(m, 50);
        break;
    case 9:
        if (held && chance(m, 4) == 0) {
            flow_unsend(m->flow, batch);
            m->credit[name] += (int64_t)batch->rows;
            shadow->where = WAITING;
        }
        break;
    case 10:
        if (chance(m, 16) == 0) {
            assert_ptr_equal(flow_cancel(m->flow, &batch->page), shadow->where == GONE ? NULL : batch);
            shadow->where = GONE;
        }
        break;
    case 11: {
        struct flow_batch *spoilt = flow_poisoned(m->flow);
        for (size_t k = 0; k < PAGES; k++) {
            assert_true(spoilt || m->shadows[k].where != SPOILT);
        }
        if (spoilt) {
            assert_int_equal(m->shadows[spoilt - m->batches].where, SPOILT);
            m->shadows[spoilt - m->batches].where = GONE;
        }
        break;
    }
    case 12: {
        int64_t until = m->now + (int64_t)chance(m, 200);
        assert_int_equal(flow_delay(m->flow, m->peers[name], &batch->page, (struct loop_ms){until}), held);
        if (held) {
            *shadow = (struct shadow){.where = LATER, .until = until};
        }
        break;
    }
    case 13: {
        assert_ptr_equal(flow_ack(m->flow, m->peers[name], &batch->page), held ? batch : NULL);
        shadow->where = held ? GONE : shadow->where;
        m->acked[name] += held;
        break;
    }
    default:
        model_next(m);
    }
}

static void count_drop(void *user, struct flow_batch *batch)
{
    (void)batch;
    ++*(size_t *)user;
}

static void test_random_events(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        static struct model m;
        size_t left = 0, dropped = 0;
        m = (struct model){.seed = seed * 0x9e3779b97f4a7c15U};
        assert_int_equal(flow_new(&m.flow), 0);
        for (size_t i = 0; i < PAGES; i++) {
            m.batches[i].page = (struct page){.no = (int64_t)i, .fence = 99};
        }
        for (int step = 0; step < 100000; step++) {
            model_step(&m);
            if (step % 8 == 0) {
                model_check(&m);
            }
        }
        for (size_t i = 0; i < PAGES; i++) {
            left += m.shadows[i].where != GONE;
        }
        flow_free(&m.flow, count_drop, &dropped);
        assert_int_equal(dropped, left);
    }
}

/* Nothing may stay for ever while a worker with credit lives and acks: wary or not, all is sent in the end. */
static void test_nothing_sticks(void **state)
{
    (void)state;
    static struct model m;
    m = (struct model){.seed = 12345};
    assert_int_equal(flow_new(&m.flow), 0);
    for (size_t i = 0; i < PAGES; i++) {
        m.batches[i].page = (struct page){.no = (int64_t)i, .fence = 99};
    }
    for (int round = 0; round < 500; round++) {
        for (int step = 0; step < 200; step++) {
            model_step(&m);
        }
        for (size_t name = 0; name < NAMES; name++) {
            if (m.peers[name]) {
                flow_leave(m.flow, m.peers[name], true);
            }
            m.peers[name] = 0;
        }
        uint32_t survivor = flow_join(m.flow), id;
        m.now += 1000;
        struct flow_batch *batch;
        while (flow_poisoned(m.flow)) {
        }
        do {
            flow_grant(m.flow, survivor, 1000);
            batch = flow_next(m.flow, (struct loop_ms){m.now}, &id);
            if (batch) {
                assert_int_equal(id, survivor);
                assert_ptr_equal(flow_ack(m.flow, id, &batch->page), batch);
            }
        } while (batch);
        flow_leave(m.flow, survivor, true);
        struct flow_state end;
        flow_look(m.flow, &end);
        assert_int_equal(end.queued_batches + end.out_batches, 0);
        for (size_t i = 0; i < PAGES; i++) {
            m.shadows[i].where = GONE;
        }
    }
    flow_free(&m.flow, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scripts), cmocka_unit_test(test_random_events),
                                       cmocka_unit_test(test_nothing_sticks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
