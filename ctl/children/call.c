#include "ctl/children/call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/children/child.h"

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

static int call(const char *stage, const char *const *words, struct text input, struct buffer *output, bool quiet,
                struct cause *cause)
{
    char path[PATH_MAX];
    int error = child_path(stage, path, sizeof path, cause);
    if (error != 0) {
        return error;
    }
    const char *argv[CHILD_WORDS_ALL] = {path};
    size_t n = child_put_env_file(argv, 1);
    for (size_t w = 0; w < CHILD_WORDS && words[w] != NULL; w++) {
        argv[n++] = words[w];
    }
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    if (output != NULL && (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)) {
        return cause_set(cause, ERR_IO, "pipe: %s", strerror(errno));
    }
    fflush(stdout);
    pid_t parent = getpid();
    pid_t pid = child_fork();
    if (pid < 0) {
        return cause_set(cause, ERR_IO, "starting %s: %s", stage, strerror(errno));
    }
    if (pid == 0) {
        child_become(parent, stage);
        if (output != NULL) {
            dup2(in[0], STDIN_FILENO);
            dup2(out[1], STDOUT_FILENO);
        }
        if (quiet) {
            dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        }
        execv(path, (char *const *)argv);
        _exit(127);
    }
    if (output != NULL) {
        close(in[0]);
        close(out[1]);
        fcntl(in[1], F_SETFL, O_NONBLOCK);
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

int child_call(const char *stage, const char *const *words, struct text input, struct buffer *output,
               struct cause *cause)
{
    return call(stage, words, input, output, false, cause);
}

int child_call_quiet(const char *stage, const char *const *words, struct text input, struct buffer *output,
                     struct cause *cause)
{
    return call(stage, words, input, output, true, cause);
}

int child_show(const char *stage, const char *const *words, struct cause *cause)
{
    return call(stage, words, (struct text){NULL, 0}, NULL, false, cause);
}
