#include "ctl/children/group.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "ctl/children/child.h"

struct child {
    pid_t pid; /* 0 = not running */
    int err;   /* read end of its stderr, -1 = closed */
    const char *stage;
    char *words[CHILD_WORDS + 1];
    const char *first_only;
    bool revive;
    int restarts;
    int asked;        /* the signal that it got from us; 0 = none */
    int64_t start_at; /* when it may be started again; 0 = no */
    struct buffer line;
};

struct children {
    struct child all[CHILDREN_MAX];
    size_t count, restarts;
    child_line_fn *line;
    void *user;
};

int children_new(child_line_fn *line, void *user, struct children **out, struct cause *cause)
{
    struct children *children = calloc(1, sizeof *children);
    if (children == NULL) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    children->line = line;
    children->user = user;
    *out = children;
    return 0;
}

void children_free(struct children **held)
{
    struct children *children = *held;
    if (children == NULL) {
        return;
    }
    *held = NULL;
    for (size_t i = 0; i < children->count; i++) {
        struct child *m = &children->all[i];
        if (m->pid != 0) {
            kill(m->pid, SIGKILL);
            waitpid(m->pid, NULL, 0);
        }
        if (m->err >= 0) {
            close(m->err);
        }
        for (size_t w = 0; m->words[w] != NULL; w++) {
            free(m->words[w]);
        }
        buffer_fini(&m->line);
    }
    free(children);
}

static int launch(struct child *m, struct cause *cause)
{
    char path[PATH_MAX];
    int error = child_path(m->stage, path, sizeof path, cause);
    if (error != 0) {
        return error;
    }
    const char *argv[CHILD_WORDS_ALL] = {path};
    size_t n = child_put_env_file(argv, 1);
    for (size_t w = 0; m->words[w] != NULL; w++) {
        if (m->restarts == 0 || m->first_only == NULL || strcmp(m->words[w], m->first_only) != 0) {
            argv[n++] = m->words[w];
        }
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return cause_set(cause, ERR_IO, "pipe: %s", strerror(errno));
    }
    pid_t parent = getpid();
    pid_t pid = child_fork();
    if (pid < 0) {
        error = cause_set(cause, ERR_IO, "starting %s: %s", m->stage, strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (pid == 0) {
        child_become(parent, m->stage);
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execv(path, (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    if (m->err >= 0) {
        close(m->err);
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    m->err = ends[0];
    m->pid = pid;
    m->start_at = 0;
    return 0;
}

int children_start(struct children *children, const char *stage, const char *const *words, const char *first_only,
                   bool revive, struct cause *cause)
{
    if (children->count == CHILDREN_MAX) {
        return cause_set(cause, ERR_INPUT, "more than %d workers on one machine: ask for fewer", CHILDREN_MAX);
    }
    struct child *m = &children->all[children->count];
    *m = (struct child){.err = -1, .stage = stage, .first_only = first_only, .revive = revive};
    buffer_init(&m->line, CHILD_LINE_MAX);
    for (size_t w = 0; words[w] != NULL; w++) {
        if (w == CHILD_WORDS || (m->words[w] = strdup(words[w])) == NULL) {
            return cause_set(cause, ERR_MEMORY, "out of memory");
        }
    }
    children->count++;
    return launch(m, cause);
}

static void take_lines(struct children *children, struct child *m)
{
    char block[4096];
    for (;;) {
        ssize_t size = read(m->err, block, sizeof block);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && errno == EAGAIN) {
            return;
        }
        if (size <= 0) {
            close(m->err);
            m->err = -1;
            break;
        }
        for (ssize_t i = 0; i < size; i++) {
            if (block[i] != '\n') {
                buffer_add_char(&m->line, block[i]); /* past CHILD_LINE_MAX the rest of a line is left out */
                continue;
            }
            children->line(children->user, m->stage, buffer_text(&m->line));
            buffer_clear(&m->line, CHILD_LINE_MAX);
        }
    }
    if (m->line.size > 0) {
        children->line(children->user, m->stage, buffer_text(&m->line));
        buffer_clear(&m->line, CHILD_LINE_MAX);
    }
}

/* A child has ended: started again later, or told to the caller. */
static bool member_ended(struct children *children, struct child *m, int status, struct child_exit *end)
{
    m->pid = 0;
    if (m->err >= 0) {
        take_lines(children, m);
    }
    bool crashed = WIFSIGNALED(status);
    if (crashed && m->revive && m->restarts < CHILD_RESTARTS) {
        int shift = m->restarts < 5 ? m->restarts : 5;
        m->start_at = clock_ms() + (100L << shift);
        m->restarts++;
        children->restarts++;
        char line[120];
        int n = snprintf(line, sizeof line, "died by signal %d; started again", WTERMSIG(status));
        children->line(children->user, m->stage, (struct text){line, n > 0 ? (size_t)n : 0});
        return false;
    }
    *end = (struct child_exit){m->stage, crashed ? -1 : WEXITSTATUS(status), crashed ? WTERMSIG(status) : 0,
                               crashed && WTERMSIG(status) == m->asked};
    return true;
}

bool children_poll(struct children *children, int ms, struct child_exit *end)
{
    struct pollfd fds[CHILDREN_MAX];
    struct child *who[CHILDREN_MAX];
    nfds_t n = 0;
    for (size_t i = 0; i < children->count; i++) {
        struct child *m = &children->all[i];
        if (m->err >= 0) {
            who[n] = m;
            fds[n++] = (struct pollfd){.fd = m->err, .events = POLLIN};
        }
        if (m->start_at != 0 && clock_ms() >= m->start_at) {
            struct cause cause;
            if (launch(m, &cause) != 0) {
                m->start_at = clock_ms() + 1000;
                children->line(children->user, m->stage, text_of(cause.text));
            }
        }
    }
    if (poll(fds, n, ms) > 0) {
        for (nfds_t i = 0; i < n; i++) {
            if (fds[i].revents != 0) {
                take_lines(children, who[i]);
            }
        }
    }
    for (size_t i = 0; i < children->count; i++) {
        struct child *m = &children->all[i];
        int status = 0;
        if (m->pid != 0 && waitpid(m->pid, &status, WNOHANG) == m->pid && member_ended(children, m, status, end)) {
            return true;
        }
    }
    return false;
}

size_t children_count(const struct children *children, const char *stage)
{
    size_t n = 0;
    for (size_t i = 0; i < children->count; i++) {
        const struct child *m = &children->all[i];
        n += (m->pid != 0 || m->start_at != 0) && (stage == NULL || strcmp(m->stage, stage) == 0);
    }
    return n;
}

size_t children_restarts(const struct children *children)
{
    return children->restarts;
}

void children_signal(struct children *children, const char *stage, int signal)
{
    for (size_t i = 0; i < children->count; i++) {
        struct child *m = &children->all[i];
        if (stage != NULL && strcmp(m->stage, stage) != 0) {
            continue;
        }
        m->revive = false;
        m->start_at = 0;
        if (m->pid != 0) {
            kill(m->pid, signal);
            m->asked = signal;
        }
    }
}
