#include "common/loop/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/clock.h"
#include "common/base/metric.h"
#include "common/log/log.h"

/* A turn: wait -> clock -> timers -> ZeroMQ sockets -> descriptors -> free what was unwatched.
 * A watch that is taken away during a turn is only marked dead: its memory stays until the turn's end,
 * because an event already fetched for it may still lie in the batch. */

enum {
    LOOP_WAIT_MAX = 1000, /* ms: loop_turned moves at least this often */
    LOOP_EVENTS = 64,     /* epoll events a turn; level-triggered, so the rest comes with the next */
};

struct loop_watch {
    struct loop_watch *next, *prev; /* all that live, or the dead ones (next only) */
    int fd;
    int events; /* LOOP_*; 0 = not in the epoll set */
    void *socket;
    loop_fd_fn *fd_fn;
    loop_zmq_fn *zmq_fn;
    void *user;
    struct scope *scope;
    bool dead;
};

struct loop {
    int epoll_fd, wake_fd, signal_fd;
    struct loop_watch *watches, *dead;

    /* items[0] is the epoll descriptor, items[i + 1] belongs to sockets[i]; a NULL there was unwatched. */
    zmq_pollitem_t *items;
    struct loop_watch **sockets;
    size_t socket_count, socket_room;
    bool socket_gone; /* a NULL in sockets waits to be closed up */

    struct loop_timer **heap;
    size_t heap_size, heap_room;

    _Atomic(struct loop_post *) posts; /* newest first */
    struct loop_watch *wake_watch, *signal_watch;
    void (*drain)(void *user);
    void *drain_user;
    bool drained;

    struct loop_ms now;
    _Atomic int64_t turned; /* ms */
    struct metric *busy;
    bool stopped;
    int result;
};

static void clock_turn(struct loop *loop)
{
    loop->now.ms = clock_ms();
    atomic_store_explicit(&loop->turned, loop->now.ms, memory_order_relaxed);
}

struct loop_ms loop_now(const struct loop *loop)
{
    return loop->now;
}

struct loop_ms loop_turned(const struct loop *loop)
{
    return (struct loop_ms){atomic_load_explicit(&loop->turned, memory_order_relaxed)};
}

void loop_meter(struct loop *loop, struct metric *busy)
{
    loop->busy = busy;
}

/* ---- timers: a binary heap, the earliest at 0 ---- */

static void heap_place(struct loop *loop, size_t at, struct loop_timer *timer)
{
    loop->heap[at] = timer;
    timer->slot = at + 1;
}

static void heap_settle(struct loop *loop, size_t at, struct loop_timer *timer)
{
    while (at > 0 && loop_before(timer->due, loop->heap[(at - 1) / 2]->due)) {
        heap_place(loop, at, loop->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= loop->heap_size) {
            break;
        }
        if (child + 1 < loop->heap_size && loop_before(loop->heap[child + 1]->due, loop->heap[child]->due)) {
            child++;
        }
        if (!loop_before(loop->heap[child]->due, timer->due)) {
            break;
        }
        heap_place(loop, at, loop->heap[child]);
        at = child;
    }
    heap_place(loop, at, timer);
}

void loop_set_timer(struct loop *loop, struct loop_timer *timer, struct loop_ms due)
{
    timer->due = due;
    timer->scope = scope_now;
    if (timer->slot) {
        heap_settle(loop, timer->slot - 1, timer);
        return;
    }
    if (loop->heap_size == loop->heap_room) {
        size_t room = loop->heap_room ? 2 * loop->heap_room : 64;
        struct loop_timer **grown = reallocarray(loop->heap, room, sizeof(void *));
        if (!grown) {
            /* A program that can't keep its deadlines must not go on; what is durable resumes. */
            struct cause cause;
            cause_set(&cause, ERR_MEMORY,
                      "out of memory for a timer; give this process more memory and start it again");
            _exit(log_fatal(&cause, EXIT_UNFINISHED));
        }
        loop->heap = grown;
        loop->heap_room = room;
    }
    loop->heap_size++;
    heap_settle(loop, loop->heap_size - 1, timer);
}

void loop_set_after(struct loop *loop, struct loop_timer *timer, int64_t ms)
{
    loop_set_timer(loop, timer, loop_after(loop_now(loop), ms));
}

void loop_clear_timer(struct loop *loop, struct loop_timer *timer)
{
    if (!timer->slot) {
        return;
    }
    size_t at = timer->slot - 1;
    timer->slot = 0;
    struct loop_timer *last = loop->heap[--loop->heap_size];
    if (last != timer) {
        heap_settle(loop, at, last);
    }
}

static void timers_fire(struct loop *loop)
{
    /* A timer that sets itself to "now" again waits for the next turn, so that sockets get theirs. */
    for (size_t left = loop->heap_size; left > 0 && loop->heap_size > 0 && !loop_before(loop->now, loop->heap[0]->due);
         left--) {
        struct loop_timer *timer = loop->heap[0];
        loop_clear_timer(loop, timer);
        scope_now = timer->scope;
        timer->fn(timer->user);
    }
}

/* ---- watches ---- */

static struct loop_watch *watch_new(struct loop *loop)
{
    struct loop_watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->fd = -1;
        watch->scope = scope_now;
        watch->next = loop->watches;
        if (watch->next) {
            watch->next->prev = watch;
        }
        loop->watches = watch;
    }
    return watch;
}

static int epoll_apply(const struct loop *loop, struct loop_watch *watch, int events)
{
    struct epoll_event event = {.data.ptr = watch};
    event.events = (events & LOOP_READ ? (uint32_t)EPOLLIN : 0U) | (events & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0U);
    /* Nothing asked for: out of the set, or a hang-up would be told for ever. */
    int op = !watch->events ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    return epoll_ctl(loop->epoll_fd, op, watch->fd, &event);
}

struct loop_watch *loop_watch_fd(struct loop *loop, int fd, int events, loop_fd_fn *fn, void *user)
{
    struct loop_watch *watch = watch_new(loop);
    if (!watch) {
        return NULL;
    }
    watch->fd = fd;
    watch->fd_fn = fn;
    watch->user = user;
    if (events && epoll_apply(loop, watch, events) != 0) {
        loop_unwatch(loop, &watch);
        return NULL;
    }
    watch->events = events;
    return watch;
}

void loop_change_fd(struct loop *loop, struct loop_watch *watch, int events)
{
    if (events == watch->events) {
        return;
    }
    if (epoll_apply(loop, watch, events) == 0 || !events) {
        watch->events = events;
    } else {
        log_line(EVENT_LOOP_WATCH, "descriptor %d can't be watched: errno %d", watch->fd, errno);
    }
}

struct loop_watch *loop_watch_zmq(struct loop *loop, void *socket, loop_zmq_fn *fn, void *user)
{
    if (loop->socket_count == loop->socket_room) {
        size_t room = loop->socket_room ? 2 * loop->socket_room : 8;
        struct loop_watch **sockets = reallocarray(loop->sockets, room, sizeof(void *));
        if (!sockets) {
            return NULL;
        }
        loop->sockets = sockets;
        zmq_pollitem_t *items = reallocarray(loop->items, room + 1, sizeof *items);
        if (!items) {
            return NULL;
        }
        loop->items = items;
        loop->socket_room = room;
    }
    struct loop_watch *watch = watch_new(loop);
    if (!watch) {
        return NULL;
    }
    watch->socket = socket;
    watch->zmq_fn = fn;
    watch->user = user;
    loop->items[0] = (zmq_pollitem_t){.fd = loop->epoll_fd, .events = ZMQ_POLLIN};
    loop->sockets[loop->socket_count++] = watch;
    loop->items[loop->socket_count] = (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
    return watch;
}

void loop_unwatch(struct loop *loop, struct loop_watch **watch)
{
    struct loop_watch *w = *watch;
    *watch = NULL;
    if (!w) {
        return;
    }
    if (w->events) {
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    }
    for (size_t i = 0; w->socket && i < loop->socket_count; i++) {
        if (loop->sockets[i] == w) {
            loop->sockets[i] = NULL;
            loop->socket_gone = true;
        }
    }
    if (w->prev) {
        w->prev->next = w->next;
    } else {
        loop->watches = w->next;
    }
    if (w->next) {
        w->next->prev = w->prev;
    }
    w->dead = true;
    w->next = loop->dead;
    loop->dead = w;
}

static void watches_reap(struct loop *loop)
{
    while (loop->dead) {
        struct loop_watch *watch = loop->dead;
        loop->dead = watch->next;
        free(watch);
    }
    if (loop->socket_gone) {
        size_t kept = 0;
        for (size_t i = 0; i < loop->socket_count; i++) {
            if (loop->sockets[i]) {
                loop->sockets[kept++] = loop->sockets[i];
                loop->items[kept] = loop->items[i + 1];
            }
        }
        loop->socket_count = kept;
        loop->socket_gone = false;
    }
}

/* ---- posts and signals ---- */

void loop_post(struct loop *loop, struct loop_post *post)
{
    struct loop_post *head = atomic_load_explicit(&loop->posts, memory_order_relaxed);
    do {
        post->next = head;
    } while (
        !atomic_compare_exchange_weak_explicit(&loop->posts, &head, post, memory_order_release, memory_order_relaxed));
    if (!head) {
        /* Who finds the queue empty wakes the loop; it takes all of it at once. */
        uint64_t one = 1;
        ssize_t written;
        do {
            written = write(loop->wake_fd, &one, sizeof one);
        } while (written < 0 && errno == EINTR);
    }
}

static void posts_run(void *user, int fd, int events)
{
    (void)events;
    struct loop *loop = user;
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0) {
        return;
    }
    struct loop_post *newest = atomic_exchange_explicit(&loop->posts, NULL, memory_order_acquire);
    struct loop_post *oldest = NULL;
    while (newest) {
        struct loop_post *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct loop_post *post = oldest;
        oldest = post->next; /* before fn: it may free or post the node again */
        post->fn(post);
    }
}

static void signal_taken(void *user, int fd, int events)
{
    (void)events;
    struct loop *loop = user;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (loop->drained) {
            _exit(EXIT_UNFINISHED);
        }
        loop->drained = true;
        loop->drain(loop->drain_user);
    }
}

int loop_on_signal(struct loop *loop, void (*drain)(void *user), void *user)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) {
        return ERR_IO;
    }
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) {
        return ERR_IO;
    }
    loop->signal_watch = loop_watch_fd(loop, fd, LOOP_READ, signal_taken, loop);
    if (!loop->signal_watch) {
        close(fd);
        return ERR_MEMORY;
    }
    loop->signal_fd = fd;
    loop->drain = drain;
    loop->drain_user = user;
    return 0;
}

/* ---- life ---- */

int loop_new(struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        return ERR_MEMORY;
    }
    loop->signal_fd = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    clock_turn(loop);
    if (loop->epoll_fd < 0 || loop->wake_fd < 0) {
        loop_free(&loop);
        return ERR_IO;
    }
    loop->wake_watch = loop_watch_fd(loop, loop->wake_fd, LOOP_READ, posts_run, loop);
    if (!loop->wake_watch) {
        loop_free(&loop);
        return ERR_MEMORY;
    }
    *out = loop;
    return 0;
}

void loop_free(struct loop **loop)
{
    struct loop *l = *loop;
    *loop = NULL;
    if (!l) {
        return;
    }
    while (l->watches) {
        struct loop_watch *watch = l->watches;
        loop_unwatch(l, &watch);
    }
    watches_reap(l);
    if (l->signal_fd >= 0) {
        close(l->signal_fd);
    }
    if (l->wake_fd >= 0) {
        close(l->wake_fd);
    }
    if (l->epoll_fd >= 0) {
        close(l->epoll_fd);
    }
    free(l->items);
    free(l->sockets);
    free(l->heap);
    free(l);
}

/* ---- the turn ---- */

static int wait_time(const struct loop *loop)
{
    if (loop->heap_size == 0) {
        return LOOP_WAIT_MAX;
    }
    int64_t wait = loop_since(loop->heap[0]->due, loop->now);
    return wait <= 0 ? 0 : wait >= LOOP_WAIT_MAX ? LOOP_WAIT_MAX : (int)wait;
}

/* Waits, and fetches descriptor events into `events` only when there are any. */
static int events_wait(struct loop *loop, struct epoll_event *events, int *count)
{
    *count = 0;
    int timeout = wait_time(loop);
    if (loop->socket_count == 0) {
        int got = epoll_wait(loop->epoll_fd, events, LOOP_EVENTS, timeout);
        if (got < 0 && errno != EINTR) {
            return ERR_IO;
        }
        *count = got < 0 ? 0 : got;
        return 0;
    }
    if (zmq_poll(loop->items, (int)loop->socket_count + 1, timeout) < 0) {
        if (zmq_errno() != EINTR) {
            log_line(EVENT_LOOP_POLL, "waiting for the link failed: %s", zmq_strerror(zmq_errno()));
            return ERR_IO;
        }
        for (size_t i = 0; i <= loop->socket_count; i++) {
            loop->items[i].revents = 0;
        }
        return 0;
    }
    if (loop->items[0].revents) {
        int got = epoll_wait(loop->epoll_fd, events, LOOP_EVENTS, 0);
        *count = got < 0 ? 0 : got;
    }
    return 0;
}

static void sockets_serve(struct loop *loop, size_t count)
{
    /* Those added meanwhile stand behind `count` and have not been polled yet. */
    for (size_t i = 0; i < count; i++) {
        struct loop_watch *watch = loop->sockets[i];
        if (watch && loop->items[i + 1].revents) {
            scope_now = watch->scope;
            watch->zmq_fn(watch->user, watch->socket);
        }
    }
}

static void descriptors_serve(const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        struct loop_watch *watch = events[i].data.ptr;
        uint32_t told = events[i].events;
        int ready = (told & EPOLLIN ? LOOP_READ : 0) | (told & EPOLLOUT ? LOOP_WRITE : 0);
        if (told & (EPOLLERR | EPOLLHUP)) {
            ready |= watch->events; /* the next read or write tells what is wrong */
        }
        ready &= watch->events;
        if (!watch->dead && ready) {
            scope_now = watch->scope;
            watch->fd_fn(watch->user, watch->fd, ready);
        }
    }
}

int loop_run(struct loop *loop)
{
    struct epoll_event events[LOOP_EVENTS];
    clock_turn(loop);
    while (!loop->stopped) {
        int count = 0;
        size_t polled = loop->socket_count;
        metric_run(loop->busy, false);
        int error = events_wait(loop, events, &count);
        metric_run(loop->busy, true);
        if (error) {
            return error;
        }
        clock_turn(loop);
        timers_fire(loop);
        sockets_serve(loop, polled);
        descriptors_serve(events, count);
        watches_reap(loop);
        scope_now = NULL;
    }
    metric_run(loop->busy, false);
    loop->stopped = false;
    return loop->result;
}

void loop_stop(struct loop *loop, int result)
{
    loop->stopped = true;
    loop->result = result;
}
