/* A proxy between a program and a PostgreSQL server: it cuts connections, loses what the server says of a
 * commit, and counts. A process of its own that listens on a socket in a folder; one more for each connection. */
#ifndef DIANCHEN_TESTS_UNIT_POSTGRES_PROXY_H
#define DIANCHEN_TESTS_UNIT_POSTGRES_PROXY_H

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <signal.h>

struct proxy_orders {      /* shared with the proxy's processes */
    _Atomic int cut_first; /* so many of the next connections end after the server's `cut_after`th chunk of bytes */
    _Atomic int cut_after;
    _Atomic int lose;                      /* so many of the next commits are done, and the reply is lost */
    _Atomic int cut;                       /* so many of the next commits are not done: the connection ends before */
    _Atomic int lose_percent, cut_percent; /* of all commits */
    _Atomic int deaf;                      /* what is sent to the server stays here, without an end */
    const char *_Atomic words;             /* said to the next `crowded` connections, which then end; a literal */
    _Atomic int crowded;
    _Atomic int full; /* a pooler without a session: only the first message of a connection passes */
    _Atomic int commits, lost, cuts, connections;
    _Atomic unsigned dice;
};

struct proxy {
    struct proxy_orders *orders;
    pid_t pid;
    char folder[60];
};

struct proxy_line {
    struct proxy_orders *orders;
    int client, server;
    unsigned char bytes[1 << 20]; /* of the client, not yet passed on */
    size_t size;
    bool started; /* behind the first message, which has no type */
    bool losing;  /* the reply to what is sent now does not arrive */
    int chunks;   /* that came from the server */
    int most;     /* 0 = without end */
};

static inline bool proxy_take(_Atomic int *left)
{
    int n = atomic_load(left);
    while (n > 0 && !atomic_compare_exchange_weak(left, &n, n - 1)) {
    }
    return n > 0;
}

static inline bool proxy_chance(struct proxy_orders *orders, int percent)
{
    unsigned n = atomic_fetch_add(&orders->dice, 1);
    n = n * 2654435761u;
    return percent > 0 && (int)((n >> 16) % 100) < percent;
}

static inline bool proxy_write(int fd, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        if (n <= 0 && errno != EINTR) {
            return false;
        }
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static inline bool proxy_is_commit(const unsigned char *message, size_t size)
{
    /* Parse: type, length, name, text */
    return message[0] == 'P' && size > 12 && message[5] == 0 && memcmp(message + 6, "commit", 7) == 0;
}

/* What the server says of it is waited for, to its end (ReadyForQuery), and thrown away. */
static inline void proxy_lose(struct proxy_line *line)
{
    unsigned char last[6] = {0};
    unsigned char bytes[4096];
    ssize_t n;
    while ((n = read(line->server, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            memmove(last, last + 1, 5);
            last[5] = bytes[i];
        }
        if (memcmp(last, "Z\0\0\0\5", 5) == 0) {
            break;
        }
    }
    atomic_fetch_add(&line->orders->lost, 1);
    _exit(0);
}

static inline void proxy_message(struct proxy_line *line, size_t size)
{
    struct proxy_orders *orders = line->orders;
    while (atomic_load(&orders->deaf) || (line->started && atomic_load(&orders->full))) {
        usleep(10000);
    }
    if (line->started && proxy_is_commit(line->bytes, size)) {
        atomic_fetch_add(&orders->commits, 1);
        line->losing = proxy_take(&orders->lose) || proxy_chance(orders, atomic_load(&orders->lose_percent));
        if (!line->losing && (proxy_take(&orders->cut) || proxy_chance(orders, atomic_load(&orders->cut_percent)))) {
            atomic_fetch_add(&orders->cuts, 1);
            _exit(0);
        }
    }
    bool sync = line->started && line->bytes[0] == 'S';
    line->started = true;
    if (!proxy_write(line->server, line->bytes, size)) {
        _exit(0);
    }
    line->size -= size;
    memmove(line->bytes, line->bytes + size, line->size);
    if (sync && line->losing) {
        proxy_lose(line);
    }
}

static inline void proxy_client(struct proxy_line *line)
{
    ssize_t n = read(line->client, line->bytes + line->size, sizeof line->bytes - line->size);
    if (n <= 0) {
        _exit(0);
    }
    line->size += (size_t)n;
    for (;;) {
        size_t head = line->started ? 1 : 0;
        if (line->size < head + 4) {
            return;
        }
        const unsigned char *at = line->bytes + head;
        size_t size = head + ((size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3]);
        if (size > sizeof line->bytes) {
            _exit(1);
        }
        if (line->size < size) {
            return;
        }
        proxy_message(line, size);
    }
}

/* As a server that has too many clients. */
static inline void proxy_turn_away(int client, const char *words)
{
    unsigned char bytes[300], first[1000];
    (void)!read(client, first, sizeof first);
    int size = snprintf((char *)bytes + 5, sizeof bytes - 5, "SFATAL%cC53300%cM%s%c", 0, 0, words, 0) + 1;
    bytes[0] = 'E';
    bytes[1] = bytes[2] = 0;
    bytes[3] = (unsigned char)((size + 4) >> 8);
    bytes[4] = (unsigned char)(size + 4);
    (void)proxy_write(client, bytes, (size_t)size + 5);
    _exit(0);
}

static inline void proxy_serve(struct proxy_orders *orders, int client, const char *server)
{
    static struct proxy_line line;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/.s.PGSQL.5432", server);
    line.orders = orders;
    line.client = client;
    line.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    line.most = proxy_take(&orders->cut_first) ? atomic_load(&orders->cut_after) : 0;
    atomic_fetch_add(&orders->connections, 1);
    if (proxy_take(&orders->crowded)) {
        proxy_turn_away(client, atomic_load(&orders->words));
    }
    if (connect(line.server, (struct sockaddr *)&address, sizeof address) != 0) {
        _exit(0);
    }
    for (;;) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = line.server, .events = POLLIN}};
        poll(fds, 2, -1);
        if (fds[1].revents) {
            unsigned char bytes[65536];
            ssize_t n = read(line.server, bytes, sizeof bytes);
            line.chunks++;
            if (n <= 0 || (line.most > 0 && line.chunks >= line.most) || !proxy_write(client, bytes, (size_t)n)) {
                _exit(0);
            }
        }
        if (fds[0].revents) {
            proxy_client(&line);
        }
    }
}

static inline int proxy_start(struct proxy *proxy)
{
    const char *server = getenv("TEST_POSTGRES_FOLDER");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(proxy->folder, sizeof proxy->folder, "/tmp/proxy-XXXXXX");
    proxy->orders = mmap(NULL, sizeof *proxy->orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!server || proxy->orders == MAP_FAILED || !mkdtemp(proxy->folder)) {
        return -1;
    }
    memset(proxy->orders, 0, sizeof *proxy->orders);
    snprintf(address.sun_path, sizeof address.sun_path, "%.60s/.s.PGSQL.5432", proxy->folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 100) != 0) {
        return -1;
    }
    proxy->pid = fork();
    if (proxy->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        for (;;) {
            int client = accept(fd, NULL, NULL);
            if (client >= 0 && fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(fd);
                proxy_serve(proxy->orders, client, server);
            }
            close(client);
        }
    }
    close(fd);
    return proxy->pid > 0 ? 0 : -1;
}

static inline void proxy_stop(struct proxy *proxy)
{
    char path[100];
    kill(proxy->pid, SIGKILL);
    waitpid(proxy->pid, NULL, 0);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", proxy->folder);
    unlink(path);
    rmdir(proxy->folder);
    munmap(proxy->orders, sizeof *proxy->orders);
}

/* `url` of a store, by way of the proxy. */
static inline void proxy_url(const struct proxy *proxy, const char *url, char *out, size_t size)
{
    const char *server = getenv("TEST_POSTGRES_FOLDER"), *at = server ? strstr(url, server) : NULL;
    if (at) {
        snprintf(out, size, "%.*s%s%s", (int)(at - url), url, proxy->folder, at + strlen(server));
    } else {
        snprintf(out, size, "%s", url);
    }
}

#endif
