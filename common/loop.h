/* One thread that owns the sockets and never blocks. zmq_poll over the ZeroMQ sockets and one epoll
 * descriptor that stands for everything else (ZMQ_FD is edge-triggered and misses events).
 * All calls from the loop's thread, except loop_post. Callbacks may add and remove anything,
 * themselves included. */
#ifndef DIANCHEN_COMMON_LOOP_H
#define DIANCHEN_COMMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct loop;
struct metric;
struct loop_watch; /* a descriptor or ZeroMQ socket being watched */

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

int loop_new(struct loop **out) WARN_UNUSED;
void loop_free(struct loop **loop);
/* Runs until loop_stop. Returns the value given to loop_stop, or ERR_IO. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int result);
/* Milliseconds of CLOCK_BOOTTIME, read once per turn; it never goes back. */
int64_t loop_now(const struct loop *loop);
/* When the loop last turned, ms of the same clock; any thread. */
int64_t loop_turned(const struct loop *loop);
/* `busy` runs (metrics.h) while the loop does not wait. It must outlive the loop's last turn. */
void loop_meter(struct loop *loop, struct metric *busy);

typedef void loop_fd_fn(void *user, int fd, int events);
/* `events` may be 0 for now; NULL when out of memory. */
struct loop_watch *loop_watch_fd(struct loop *loop, int fd, int events, loop_fd_fn *fn, void *user);
void loop_change_fd(struct loop *loop, struct loop_watch *watch, int events);
typedef void loop_zmq_fn(void *user, void *socket);
/* Called while the socket is readable (level-triggered): take a bounded number of messages and return. */
struct loop_watch *loop_watch_zmq(struct loop *loop, void *socket, loop_zmq_fn *fn, void *user);
/* Stops watching and forgets; the descriptor or socket stays open. NULLs the pointer. */
void loop_unwatch(struct loop *loop, struct loop_watch **watch);

/* Timers are embedded in their owner; zero-initialise. A timer fires once; set it again in its function. */
struct loop_timer {
    int64_t due; /* ms, loop clock */
    size_t slot; /* place in the heap + 1; 0 = not set */
    void (*fn)(void *user);
    void *user;
};
void loop_set_timer(struct loop *loop, struct loop_timer *timer, int64_t due); /* moves it when set already */
void loop_clear_timer(struct loop *loop, struct loop_timer *timer);

/* Runs `fn` on the loop's thread soon. Any thread. Nodes are embedded, owned by the caller until run. */
struct loop_post {
    struct loop_post *next;
    void (*fn)(struct loop_post *post);
};
void loop_post(struct loop *loop, struct loop_post *post);

/* SIGTERM and SIGINT: the first calls `drain` (once), the second exits at once with code 4.
 * Blocks the signals in this and later threads: call before starting any. */
int loop_on_signal(struct loop *loop, void (*drain)(void *user), void *user) WARN_UNUSED;

#endif
