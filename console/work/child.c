#include "console/work/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/config/config.h"

enum { END_WAIT = 9000 /* ms from SIGTERM to SIGKILL */, LOOK_EVERY = 20 /* ms */ };

static _Atomic int running;

static int program_path(char out[PATH_MAX], struct cause *cause)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = NULL;
    if (size > 0) {
        self[size] = '\0';
        slash = strrchr(self, '/');
    }
    int n = slash ? snprintf(out, PATH_MAX, "%.*s/dianchen", (int)(slash - self), self) : -1;
    if (n < 0 || n >= PATH_MAX || access(out, X_OK) != 0) {
        return cause_set(cause, ERR_INPUT,
                         "the program dianchen is not beside the console; make install puts it there");
    }
    return 0;
}

static bool place_take(void)
{
    if (atomic_fetch_add(&running, 1) < CHILDREN_MOST) {
        return true;
    }
    atomic_fetch_sub(&running, 1);
    return false;
}

/* In a process group of its own, with the default signals, and stdin from nowhere. */
static int spawn(const char *const *words, const int out, const int said, pid_t *pid, struct cause *cause)
{
    char path[PATH_MAX];
    const char *argv[CHILD_WORDS_MOST + 4] = {path};
    size_t n = 1;
    int error = program_path(path, cause);
    if (error) {
        return error;
    }
    /* The command's own words come first, then the env file, then options. */
    bool told = !config_env_file();
    for (size_t w = 0; w < CHILD_WORDS_MOST && (words[w] || !told); w++) {
        if (!told && (!words[w] || words[w][0] == '-')) {
            argv[n++] = "--env-file";
            argv[n++] = config_env_file();
            told = true;
        }
        if (!words[w]) {
            break;
        }
        argv[n++] = words[w];
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (said >= 0) {
        posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
    } else {
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int failed = posix_spawn(pid, path, &actions, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed ? cause_set(cause, ERR_IO, "dianchen could not be started: error %d", failed) : 0;
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool child_ended(pid_t pid, int *code)
{
    int status = 0;
    pid_t got = waitpid(pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) {
        return false;
    }
    *code = got == pid ? code_of(status) : -1;
    atomic_fetch_sub(&running, 1);
    return true;
}

int child_end(pid_t pid, int out)
{
    int code = -1;
    if (out >= 0) {
        close(out);
    }
    (void)kill(-pid, SIGTERM);
    for (int64_t began = clock_ms(); !child_ended(pid, &code);) {
        if (clock_ms() - began > END_WAIT) {
            (void)kill(-pid, SIGKILL);
        }
        (void)poll(NULL, 0, LOOK_EVERY);
    }
    return code;
}

int child_begin(const char *const *words, bool all, pid_t *pid, int *out, struct cause *cause)
{
    int ends[2] = {-1, -1};
    if (!place_take()) {
        return cause_set(cause, ERR_BUSY, "%d programs are at work already; try again in a moment", (int)CHILDREN_MOST);
    }
    int error = pipe2(ends, O_CLOEXEC) ? cause_set(cause, ERR_IO, "no pipe: error %d", errno) : 0;
    error = error ? error : spawn(words, ends[1], all ? ends[1] : -1, pid, cause);
    if (ends[1] >= 0) {
        close(ends[1]);
    }
    if (error) {
        if (ends[0] >= 0) {
            close(ends[0]);
        }
        atomic_fetch_sub(&running, 1);
        return error;
    }
    *out = ends[0];
    return 0;
}

/* One of the two pipes: false at its end, or when more came than is taken. */
static bool pipe_take(int fd, struct buffer *out)
{
    char block[8192];
    ssize_t size = read(fd, block, sizeof block);
    if (size < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    if (size > 0) {
        buffer_add(out, block, (size_t)size);
    }
    return size > 0 && !out->failed;
}

static int converse(const int fds[2], int64_t until, struct buffer *out, struct buffer *said, struct cause *cause)
{
    struct pollfd polled[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        int64_t left = until - clock_ms();
        if (left <= 0) {
            return cause_set(cause, ERR_TIMEOUT, "it took too long, and was ended");
        }
        if (poll(polled, 2, (int)(left < 1000 ? left : 1000)) < 0 && errno != EINTR) {
            return cause_set(cause, ERR_IO, "poll: error %d", errno);
        }
        if (polled[0].revents && !pipe_take(fds[0], out)) {
            polled[0].fd = -1;
        }
        if (polled[1].revents && !pipe_take(fds[1], said)) {
            polled[1].fd = -1;
        }
        polled[0].revents = polled[1].revents = 0;
        if (out->failed || said->failed) {
            return cause_set(cause, ERR_LIMIT, "it printed too much");
        }
    }
    return 0;
}

int child_ask(const char *const *words, int seconds, struct buffer *out, struct buffer *said, struct cause *cause)
{
    int first[2] = {-1, -1}, second[2] = {-1, -1};
    pid_t pid = -1;
    if (!place_take()) {
        return cause_set(cause, ERR_BUSY, "%d programs are at work already; try again in a moment", (int)CHILDREN_MOST);
    }
    int error = pipe2(first, O_CLOEXEC) || pipe2(second, O_CLOEXEC) ? ERR_IO : 0;
    error =
        error ? cause_set(cause, error, "no pipe: error %d", errno) : spawn(words, first[1], second[1], &pid, cause);
    for (int i = 0; i < 2; i++) {
        int *ends = i ? second : first;
        if (ends[1] >= 0) {
            close(ends[1]);
        }
    }
    int code = 0;
    if (error) {
        atomic_fetch_sub(&running, 1);
    } else {
        const int fds[2] = {first[0], second[0]};
        error = converse(fds, clock_ms() + (int64_t)seconds * 1000, out, said, cause);
        if (error) {
            (void)child_end(pid, -1);
        } else {
            while (!child_ended(pid, &code)) {
                (void)poll(NULL, 0, 2);
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        int fd = i ? second[0] : first[0];
        if (fd >= 0) {
            close(fd);
        }
    }
    if (!error && code < 0) {
        error = cause_set(cause, ERR_IO, "dianchen was ended by a signal");
    }
    return error ? error : code;
}

struct text child_last_line(struct text said)
{
    said = text_trim(said);
    const char *at = said.size > 0 ? memrchr(said.data, '\n', said.size) : NULL;
    return at ? (struct text){at + 1, said.size - (size_t)(at + 1 - said.data)} : said;
}
