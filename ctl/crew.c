#include "ctl/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/config.h"

struct member {
    pid_t pid; /* 0 = not running */
    int err;   /* read end of its stderr, -1 = closed */
    const char *stage;
    char *words[CREW_WORDS + 1];
    const char *first_only;
    bool revive;
    int restarts;
    int64_t start_at; /* when it may be started again; 0 = no */
    struct buffer line;
};

struct crew {
    struct member members[CREW_MAX];
    size_t count, restarts;
    crew_line_fn *line;
    void *user;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The program that stands beside our own executable. */
static int stage_path(const char *stage, char *out, size_t room, struct cause *cause)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0) {
        return cause_set(cause, ERR_IO, "/proc/self/exe: %s", strerror(errno));
    }
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    int n = snprintf(out, room, "%.*s/%s", (int)(slash - self), self, stage);
    if (n < 0 || (size_t)n >= room) {
        return cause_set(cause, ERR_IO, "the path of %s is too long", stage);
    }
    if (access(out, X_OK) != 0) {
        return cause_set(cause, ERR_INPUT,
                         "%s: %s; dianchen expects the stage programs beside itself: run make, or make install", out,
                         strerror(errno));
    }
    return 0;
}

/* Children read the variables that we read. */
static size_t put_env_file(const char **argv, size_t n)
{
    if (config_env_file() != NULL) {
        argv[n++] = "--env-file";
        argv[n++] = config_env_file();
    }
    return n;
}

int crew_new(crew_line_fn *line, void *user, struct crew **out, struct cause *cause)
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    crew->line = line;
    crew->user = user;
    *out = crew;
    return 0;
}

void crew_free(struct crew **held)
{
    struct crew *crew = *held;
    if (crew == NULL) {
        return;
    }
    *held = NULL;
    for (size_t i = 0; i < crew->count; i++) {
        struct member *m = &crew->members[i];
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
    free(crew);
}

/* In the child, between fork and exec. The parent's death is checked once more, since it may have happened before prctl. */
static void become_child(pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(EXIT_UNFINISHED);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int launch(struct member *m, struct cause *cause)
{
    char path[PATH_MAX];
    int error = stage_path(m->stage, path, sizeof path, cause);
    if (error != 0) {
        return error;
    }
    const char *argv[CREW_WORDS + 4] = {path};
    size_t n = put_env_file(argv, 1);
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
    pid_t pid = fork();
    if (pid < 0) {
        error = cause_set(cause, ERR_IO, "starting %s: %s", m->stage, strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (pid == 0) {
        become_child(parent);
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

int crew_start(struct crew *crew, const char *stage, const char *const *words, const char *first_only, bool revive,
               struct cause *cause)
{
    if (crew->count == CREW_MAX) {
        return cause_set(cause, ERR_INPUT, "more than %d workers on one machine: ask for fewer", CREW_MAX);
    }
    struct member *m = &crew->members[crew->count];
    *m = (struct member){.err = -1, .stage = stage, .first_only = first_only, .revive = revive};
    buffer_init(&m->line, CREW_LINE_MAX);
    for (size_t w = 0; words[w] != NULL; w++) {
        if (w == CREW_WORDS || (m->words[w] = strdup(words[w])) == NULL) {
            return cause_set(cause, ERR_MEMORY, "out of memory");
        }
    }
    crew->count++;
    return launch(m, cause);
}

static void take_lines(struct crew *crew, struct member *m)
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
                buffer_add_char(&m->line, block[i]); /* past CREW_LINE_MAX the rest of a line is left out */
                continue;
            }
            crew->line(crew->user, m->stage, buffer_text(&m->line));
            buffer_clear(&m->line, CREW_LINE_MAX);
        }
    }
    if (m->line.size > 0) {
        crew->line(crew->user, m->stage, buffer_text(&m->line));
        buffer_clear(&m->line, CREW_LINE_MAX);
    }
}

/* A child has ended: started again later, or told to the caller. */
static bool member_ended(struct crew *crew, struct member *m, int status, struct crew_end *end)
{
    m->pid = 0;
    if (m->err >= 0) {
        take_lines(crew, m);
    }
    bool crashed = WIFSIGNALED(status);
    if (crashed && m->revive && m->restarts < CREW_RESTARTS) {
        int shift = m->restarts < 5 ? m->restarts : 5;
        m->start_at = now_ms() + (100L << shift);
        m->restarts++;
        crew->restarts++;
        char line[120];
        int n = snprintf(line, sizeof line, "died by signal %d; started again", WTERMSIG(status));
        crew->line(crew->user, m->stage, (struct text){line, n > 0 ? (size_t)n : 0});
        return false;
    }
    *end = (struct crew_end){m->stage, crashed ? -1 : WEXITSTATUS(status), crashed ? WTERMSIG(status) : 0};
    return true;
}

bool crew_poll(struct crew *crew, int ms, struct crew_end *end)
{
    struct pollfd fds[CREW_MAX];
    struct member *who[CREW_MAX];
    nfds_t n = 0;
    for (size_t i = 0; i < crew->count; i++) {
        struct member *m = &crew->members[i];
        if (m->err >= 0) {
            who[n] = m;
            fds[n++] = (struct pollfd){.fd = m->err, .events = POLLIN};
        }
        if (m->start_at != 0 && now_ms() >= m->start_at) {
            struct cause cause;
            if (launch(m, &cause) != 0) {
                m->start_at = now_ms() + 1000;
                crew->line(crew->user, m->stage, text_of(cause.text));
            }
        }
    }
    if (poll(fds, n, ms) > 0) {
        for (nfds_t i = 0; i < n; i++) {
            if (fds[i].revents != 0) {
                take_lines(crew, who[i]);
            }
        }
    }
    for (size_t i = 0; i < crew->count; i++) {
        struct member *m = &crew->members[i];
        int status = 0;
        if (m->pid != 0 && waitpid(m->pid, &status, WNOHANG) == m->pid && member_ended(crew, m, status, end)) {
            return true;
        }
    }
    return false;
}

size_t crew_count(const struct crew *crew, const char *stage)
{
    size_t n = 0;
    for (size_t i = 0; i < crew->count; i++) {
        const struct member *m = &crew->members[i];
        n += (m->pid != 0 || m->start_at != 0) && (stage == NULL || strcmp(m->stage, stage) == 0);
    }
    return n;
}

size_t crew_restarts(const struct crew *crew)
{
    return crew->restarts;
}

void crew_signal(struct crew *crew, const char *stage, int signal)
{
    for (size_t i = 0; i < crew->count; i++) {
        struct member *m = &crew->members[i];
        if (stage != NULL && strcmp(m->stage, stage) != 0) {
            continue;
        }
        m->revive = false;
        m->start_at = 0;
        if (m->pid != 0) {
            kill(m->pid, signal);
        }
    }
}

/* Feeds and drains a child until it closes its stdout. Its input is smaller than what it will ever print back unread. */
static int converse(int in, int out, struct text input, struct buffer *output)
{
    while (out >= 0) {
        struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = in, .events = POLLOUT}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return ERR_IO;
        }
        if (in >= 0 && fds[1].revents != 0) {
            ssize_t size = input.size > 0 ? write(in, input.data, input.size) : 0;
            if (size > 0) {
                input.data += size;
                input.size -= (size_t)size;
            }
            if (input.size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
                close(in);
                in = -1;
            }
        }
        if (fds[0].revents != 0) {
            char block[8192];
            ssize_t size = read(out, block, sizeof block);
            if (size == 0) {
                break;
            }
            if (size > 0) {
                buffer_add(output, block, (size_t)size);
            } else if (errno != EINTR && errno != EAGAIN) {
                break;
            }
        }
    }
    if (in >= 0) {
        close(in);
    }
    return output->failed ? ERR_LIMIT : 0;
}

static int call(const char *stage, const char *const *words, struct text input, struct buffer *output,
                struct cause *cause)
{
    char path[PATH_MAX];
    int error = stage_path(stage, path, sizeof path, cause);
    if (error != 0) {
        return error;
    }
    const char *argv[CREW_WORDS + 4] = {path};
    size_t n = put_env_file(argv, 1);
    for (size_t w = 0; w < CREW_WORDS && words[w] != NULL; w++) {
        argv[n++] = words[w];
    }
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    if (output != NULL && (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)) {
        return cause_set(cause, ERR_IO, "pipe: %s", strerror(errno));
    }
    fflush(stdout);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        return cause_set(cause, ERR_IO, "starting %s: %s", stage, strerror(errno));
    }
    if (pid == 0) {
        become_child(parent);
        if (output != NULL) {
            dup2(in[0], STDIN_FILENO);
            dup2(out[1], STDOUT_FILENO);
        }
        execv(path, (char *const *)argv);
        _exit(127);
    }
    if (output != NULL) {
        close(in[0]);
        close(out[1]);
        fcntl(in[1], F_SETFL, O_NONBLOCK);
        signal(SIGPIPE, SIG_IGN);
        error = converse(in[1], out[0], input, output);
        close(out[0]);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (error != 0) {
        return cause_set(cause, error, "%s printed too much", stage);
    }
    if (WIFSIGNALED(status)) {
        return cause_set(cause, ERR_IO, "%s died by signal %d", stage, WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}

int crew_call(const char *stage, const char *const *words, struct text input, struct buffer *output,
              struct cause *cause)
{
    return call(stage, words, input, output, cause);
}

int crew_show(const char *stage, const char *const *words, struct cause *cause)
{
    return call(stage, words, (struct text){NULL, 0}, NULL, cause);
}
