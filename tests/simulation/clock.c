/* Virtual time: the loop of every process, and all that happens elsewhere, in one order. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { TIMERS_MAX = 64 };

struct loop {
    struct process *process;
    struct loop_timer *timers[TIMERS_MAX];
    size_t count;
    bool stopped;
    int result;
};

struct sim sim;

static struct {
    struct event *heap;
    size_t count, room;
    uint64_t order;
} pending;

/* ---- chance ---- */

uint64_t sim_dice(uint64_t sides)
{
    sim.random ^= sim.random << 13;
    sim.random ^= sim.random >> 7;
    sim.random ^= sim.random << 17;
    return (sim.random >> 11) % sides;
}

bool sim_chance(unsigned permille)
{
    return sim_dice(1000) < permille;
}

int64_t sim_delay(int64_t usual, int64_t most)
{
    return (int64_t)sim_dice((uint64_t)(!sim.calm && sim_chance(60) ? most : usual) + 1);
}

/* ---- the trace ---- */

void sim_note(const char *format, ...)
{
    if (!sim.trace) {
        return;
    }
    char line[400];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    printf("%7" PRId64 ".%03d  %-3s %s\n", sim.now / 1000, (int)(sim.now % 1000), sim.current ? sim.current->name : "-",
           line);
}

void sim_break(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!sim.broken[0]) {
        vsnprintf(sim.broken, sizeof sim.broken, format, list);
        sim_note("BROKEN: %s", sim.broken);
    }
    va_end(list);
}

/* ---- events ---- */

static bool before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void push(struct event event)
{
    if (pending.count == pending.room) {
        pending.room = pending.room ? 2 * pending.room : 256;
        pending.heap = reallocarray(pending.heap, pending.room, sizeof *pending.heap);
        assert(pending.heap);
    }
    event.order = ++pending.order;
    size_t at = pending.count++;
    for (size_t up; at > 0 && before(&event, &pending.heap[up = (at - 1) / 2]); at = up) {
        pending.heap[at] = pending.heap[up];
    }
    pending.heap[at] = event;
}

static struct event pop(void)
{
    struct event first = pending.heap[0], last = pending.heap[--pending.count];
    size_t at = 0;
    for (size_t down = 1; down < pending.count; down = 2 * at + 1) {
        down += down + 1 < pending.count && before(&pending.heap[down + 1], &pending.heap[down]);
        if (!before(&pending.heap[down], &last)) {
            break;
        }
        pending.heap[at] = pending.heap[down];
        at = down;
    }
    if (pending.count > 0) {
        pending.heap[at] = last;
    }
    return first;
}

void sim_at(int64_t at, struct process *process, void (*run)(struct event *event), void *a, void *b, int64_t n)
{
    push((struct event){.at = at > sim.now ? at : sim.now,
                        .process = process,
                        .life = process ? process->life : 0,
                        .run = run,
                        .a = a,
                        .b = b,
                        .n = n});
}

/* ---- turns ---- */

static int64_t wakes(const struct process *process, int64_t at)
{
    return process->frozen_until > at ? process->frozen_until : at;
}

static void after_turn(struct process *process)
{
    sim.current = NULL;
    if (process && process->alive && clock_stopped(process->loop) >= 0) {
        stages_over(process);
    }
}

static struct loop_timer *timer_first(const struct process *process, int64_t *at)
{
    struct loop_timer *first = NULL;
    const struct loop *loop = process->alive ? process->loop : NULL;
    for (size_t i = 0; loop && !loop->stopped && i < loop->count; i++) {
        first = !first || loop_before(loop->timers[i]->due, first->due) ? loop->timers[i] : first;
    }
    if (first) {
        *at = wakes(process, first->due.ms);
    }
    return first;
}

static void event_turn(void)
{
    struct event event = pop();
    struct process *process = event.process;
    if (process && (!process->alive || process->life != event.life || clock_stopped(process->loop) >= 0)) {
        return;
    }
    if (process && process->frozen_until > event.at) {
        event.at = process->frozen_until;
        push(event);
        return;
    }
    sim.now = event.at;
    sim.current = process;
    event.run(&event);
    after_turn(process);
}

bool sim_step(void)
{
    struct process *process = NULL;
    struct loop_timer *timer = NULL;
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < sim.process_count; i++) {
        int64_t at = INT64_MAX;
        struct loop_timer *first = timer_first(&sim.processes[i], &at);
        if (first && at < due) {
            process = &sim.processes[i];
            timer = first;
            due = at;
        }
    }
    if (sim.broken[0] || (!timer && pending.count == 0)) {
        return false;
    }
    sim.count.events++;
    if (pending.count > 0 && pending.heap[0].at <= due) {
        event_turn();
        return true;
    }
    assert(timer);
    sim.now = due > sim.now ? due : sim.now;
    sim.current = process;
    loop_clear_timer(process->loop, timer);
    timer->fn(timer->user);
    after_turn(process);
    return true;
}

void clock_reset(void)
{
    pending.count = 0;
    pending.order = 0;
}

/* ---- common/loop/loop.h ---- */

struct loop *clock_loop(struct process *process)
{
    struct loop *loop = calloc(1, sizeof *loop);
    assert(loop);
    loop->process = process;
    return loop;
}

int clock_stopped(const struct loop *loop)
{
    return loop && loop->stopped ? loop->result : -1;
}

void loop_free(struct loop **loop)
{
    free(*loop);
    *loop = NULL;
}

void loop_stop(struct loop *loop, int result)
{
    loop->stopped = true;
    loop->result = result;
}

struct loop_ms loop_now(const struct loop *loop)
{
    (void)loop;
    return (struct loop_ms){sim.now};
}

void loop_set_timer(struct loop *loop, struct loop_timer *timer, struct loop_ms due)
{
    timer->due = due;
    if (timer->slot == 0) {
        assert(loop->count < TIMERS_MAX);
        loop->timers[loop->count++] = timer;
        timer->slot = loop->count;
    }
}

void loop_set_after(struct loop *loop, struct loop_timer *timer, int64_t ms)
{
    loop_set_timer(loop, timer, loop_after(loop_now(loop), ms));
}

void loop_clear_timer(struct loop *loop, struct loop_timer *timer)
{
    if (timer->slot == 0) {
        return;
    }
    struct loop_timer *last = loop->timers[--loop->count];
    loop->timers[timer->slot - 1] = last;
    last->slot = timer->slot;
    timer->slot = 0;
}

/* Nobody's: descriptors, threads and signals are not of this world. */

struct loop_watch *loop_watch_zmq(struct loop *loop, void *socket, loop_zmq_fn *fn, void *user)
{
    (void)loop, (void)socket, (void)fn, (void)user;
    abort();
}

struct loop_watch *loop_watch_fd(struct loop *loop, int fd, int events, loop_fd_fn *fn, void *user)
{
    (void)loop, (void)fd, (void)events, (void)fn, (void)user;
    abort();
}

void loop_change_fd(struct loop *loop, struct loop_watch *watch, int events)
{
    (void)loop, (void)watch, (void)events;
    abort();
}

void loop_unwatch(struct loop *loop, struct loop_watch **watch)
{
    (void)loop, (void)watch;
    abort();
}

void loop_post(struct loop *loop, struct loop_post *post)
{
    (void)loop, (void)post;
    abort();
}

struct loop_ms loop_turned(const struct loop *loop)
{
    return loop_now(loop);
}
