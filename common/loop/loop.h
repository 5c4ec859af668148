/* The event loop: one thread owns the sockets and never blocks. It uses zmq_poll on the ZeroMQ sockets and on one epoll
 * descriptor for everything else (ZMQ_FD is edge-triggered and misses events).
 * A timer and a watch keep the scope (scope.h) in which they were set, and their functions are called in it.
 * All calls from the loop's thread, except where stated. Callbacks may add and remove anything, also themselves. */
#ifndef DIANCHEN_COMMON_LOOP_LOOP_H
#define DIANCHEN_COMMON_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/scope.h"

struct loop;
struct metric;
struct loop_watch; /* a descriptor or ZeroMQ socket being watched */

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* ERR_MEMORY, ERR_IO. */
int loop_new(struct loop **out) WARN_UNUSED;
void loop_free(struct loop **loop);
/* Runs until loop_stop. Returns the value given to loop_stop, or ERR_IO. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int result);
/* The time: ms of CLOCK_BOOTTIME, read once per turn; it never goes back. */
struct loop_ms loop_now(const struct loop *loop);
/* When the last turn began, on the same clock. Any thread. */
struct loop_ms loop_turned(const struct loop *loop);
/* `busy` (metric_run) counts the time in which the loop does not wait. It must live until the last turn. */
void loop_meter(struct loop *loop, struct metric *busy);

typedef void loop_fd_fn(void *user, int fd, int events);
/* Calls `fn` when one of `events` (LOOP_READ, LOOP_WRITE; 0 = none yet) is possible. NULL when out of memory. */
struct loop_watch *loop_watch_fd(struct loop *loop, int fd, int events, loop_fd_fn *fn, void *user);
void loop_change_fd(struct loop *loop, struct loop_watch *watch, int events);
typedef void loop_zmq_fn(void *user, void *socket);
/* Called while the socket is readable (level-triggered): take a bounded number of messages and return. */
struct loop_watch *loop_watch_zmq(struct loop *loop, void *socket, loop_zmq_fn *fn, void *user);
/* Stops watching and frees the watch; the descriptor or socket stays open. Sets the pointer to NULL. */
void loop_unwatch(struct loop *loop, struct loop_watch **watch);

/* Timers are embedded in their owner; zero-initialise. A timer fires once; set it again in its function. */
struct loop_timer {
    struct loop_ms due;
    size_t slot; /* place in the heap + 1; 0 = not set */
    void (*fn)(void *user);
    void *user;
    struct scope *scope; /* the loop's */
};
/* Sets the timer, or moves it when it is set already. */
void loop_set_timer(struct loop *loop, struct loop_timer *timer, struct loop_ms due);
/* The same for `ms` milliseconds from now. */
void loop_set_after(struct loop *loop, struct loop_timer *timer, int64_t ms);
void loop_clear_timer(struct loop *loop, struct loop_timer *timer);

/* A function to run on the loop's thread. Embedded in its owner; it must live until `fn` has been called. */
struct loop_post {
    struct loop_post *next;
    void (*fn)(struct loop_post *post);
};
/* Runs post->fn on the loop's thread soon. Any thread. */
void loop_post(struct loop *loop, struct loop_post *post);

/* SIGTERM and SIGINT: the first calls `drain` (once), the second exits at once with code 4.
 * Blocks the signals in this and later threads: call before starting any. */
int loop_on_signal(struct loop *loop, void (*drain)(void *user), void *user) WARN_UNUSED;

#endif
