#include "console/work/live.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "console/work/child.h"

enum {
    LINE_MAX_BYTES = 1 << 20,
    LOOK_EVERY = 300, /* ms between looks whether anybody watches */
    AGAIN = 3000,     /* ms until stages that did not answer are asked again */
    OLD = 6000,       /* ms after which a line tells of the past */
};

struct live {
    const char *at;
    pthread_t thread;
    pthread_mutex_t lock;
    int watchers;
    bool stop;
    struct buffer line; /* the newest whole one */
    int64_t line_at;
};

static bool wanted(struct live *live, bool *stop)
{
    pthread_mutex_lock(&live->lock);
    bool on = live->watchers > 0 && !live->stop;
    *stop = live->stop;
    pthread_mutex_unlock(&live->lock);
    return on;
}

static void line_keep(struct live *live, struct text line)
{
    pthread_mutex_lock(&live->lock);
    buffer_clear(&live->line, LINE_MAX_BYTES);
    buffer_add_text(&live->line, line);
    live->line_at = clock_ms();
    pthread_mutex_unlock(&live->lock);
}

/* Lines, as long as anybody watches and the program prints. */
static void follow(struct live *live, int fd)
{
    struct buffer held;
    bool stop, more = true;
    buffer_init(&held, LINE_MAX_BYTES);
    while (more && wanted(live, &stop)) {
        struct pollfd one = {.fd = fd, .events = POLLIN};
        char block[8192];
        if (poll(&one, 1, LOOK_EVERY) <= 0) {
            continue;
        }
        ssize_t size = read(fd, block, sizeof block);
        more = size > 0;
        for (ssize_t i = 0; i < size; i++) {
            if (block[i] != '\n') {
                buffer_add_char(&held, block[i]);
                continue;
            }
            if (!held.failed) {
                line_keep(live, buffer_text(&held));
            }
            buffer_clear(&held, LINE_MAX_BYTES);
        }
    }
    buffer_fini(&held);
}

static void *live_run(void *user)
{
    struct live *live = user;
    bool stop = false;
    int64_t not_before = 0;
    while (!stop) {
        if (!wanted(live, &stop) || clock_ms() < not_before) {
            (void)poll(NULL, 0, LOOK_EVERY);
            continue;
        }
        const char *const words[] = {"top", "--json", "--every", "2s", live->at ? "--at" : NULL, live->at, NULL};
        struct cause cause;
        pid_t pid;
        int fd;
        if (child_begin(words, false, &pid, &fd, &cause) == 0) {
            follow(live, fd);
            (void)child_end(pid, fd);
        }
        not_before = clock_ms() + AGAIN;
    }
    return NULL;
}

int live_new(const char *at, struct live **out, struct cause *cause)
{
    struct live *live = calloc(1, sizeof *live);
    if (!live) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    live->at = at;
    buffer_init(&live->line, LINE_MAX_BYTES);
    pthread_mutex_init(&live->lock, NULL);
    if (pthread_create(&live->thread, NULL, live_run, live) != 0) {
        pthread_mutex_destroy(&live->lock);
        free(live);
        return cause_set(cause, ERR_MEMORY, "no thread could be started");
    }
    *out = live;
    return 0;
}

void live_free(struct live **held)
{
    struct live *live = *held;
    *held = NULL;
    if (!live) {
        return;
    }
    pthread_mutex_lock(&live->lock);
    live->stop = true;
    pthread_mutex_unlock(&live->lock);
    pthread_join(live->thread, NULL);
    pthread_mutex_destroy(&live->lock);
    buffer_fini(&live->line);
    free(live);
}

void live_watch(struct live *live, bool on)
{
    pthread_mutex_lock(&live->lock);
    live->watchers += on ? 1 : -1;
    pthread_mutex_unlock(&live->lock);
}

void live_take(struct live *live, struct buffer *out)
{
    pthread_mutex_lock(&live->lock);
    bool fresh = live->line_at > 0 && clock_ms() - live->line_at < OLD && live->line.size > 0;
    buffer_add_text(out, fresh ? buffer_text(&live->line) : TEXT("null"));
    pthread_mutex_unlock(&live->lock);
}
