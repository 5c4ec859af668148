/* A raw HTTP server for unit tests: one thread, poll(), misbehaves as the path of a request says. */
#ifndef DIANCHEN_TESTS_UNIT_RAW_SERVER_H
#define DIANCHEN_TESTS_UNIT_RAW_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS = 16, REQUEST_MAX = 256 << 10 };

struct peer {
    int fd;
    bool deaf; /* reads no more, keeps the connection */
    size_t size;
    char data[REQUEST_MAX + 1];
};

struct server {
    int listener, stop, port;
    pthread_t thread;
    struct peer peers[PEERS];
    _Atomic int connections, closed; /* accepted; closed by the server */
    _Atomic int requests;            /* whole requests */
    _Atomic int greeting;            /* first byte of the newest connection */
    _Atomic bool expect;             /* somebody sent "Expect:" */
    char last[REQUEST_MAX + 1];      /* the last whole request; read it only after its reply */
};

static void peer_close(struct server *server, struct peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
    atomic_fetch_add(&server->closed, 1);
}

static void peer_say(const struct peer *peer, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(peer->fd, text, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        text += sent;
        size -= (size_t)sent;
    }
}

/* 90 s, as servers write it. */
#define LATER(when)                                                                                                    \
    "HTTP/1.1 503 Busy\r\nDate: Tue, 02 Jan 2024 03:04:05 GMT\r\nRetry-After: " when "\r\nContent-Length: 0\r\n\r\n"

static const struct answer {
    const char *path, *text;
    enum { THEN_KEEP, THEN_CLOSE, THEN_HANG, THEN_BIG } then;
} answers[] = {
    {"/elsewhere",
     "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/router/qm?access_token=hidden\r\nContent-Length: "
     "0\r\n\r\n",
     THEN_KEEP},
    {"/chinese",
     "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=GBK\r\nContent-Length: 4\r\n\r\n\xb5\xea\xc6\xcc",
     THEN_KEEP},
    {"/strange", "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 4\r\n\r\nabcd", THEN_CLOSE},
    {"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", THEN_KEEP},
    {"/keep-then-close", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", THEN_CLOSE},
    {"/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
     THEN_KEEP},
    {"/cut-chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", THEN_CLOSE},
    {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", THEN_CLOSE},
    {"/die", "", THEN_CLOSE},
    {"/hang", "", THEN_HANG},
    {"/half", "HTTP/1.1 200 OK\r\nContent-Le", THEN_CLOSE},
    {"/just-continue", "HTTP/1.1 100 Continue\r\n\r\n", THEN_CLOSE},
    {"/noise", "\x16\x03\x01 what is this?\r\n\r\n", THEN_CLOSE},
    {"/big", "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", THEN_BIG},
    {"/full", "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n", THEN_BIG},
    {"/headers", "HTTP/1.1 200 OK\r\nX: ", THEN_BIG},
    {"/moved", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", THEN_KEEP},
    {"/later", "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", THEN_KEEP},
    {"/later-date",
     "HTTP/1.1 503 Busy\r\nDate: Tue, 02 Jan 2024 03:04:05 GMT\r\nRetry-After: Tue, 02 Jan 2024 03:05:35 GMT\r\n"
     "Content-Length: 0\r\n\r\n",
     THEN_KEEP},
    {"/later-past", "HTTP/1.1 503 Busy\r\nRetry-After: Tue, 02 Jan 2018 03:05:35 GMT\r\nContent-Length: 0\r\n\r\n",
     THEN_KEEP},
    {"/later-what", "HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", THEN_KEEP},
    {"/later-never", "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999\r\nContent-Length: 0\r\n\r\n", THEN_KEEP},
    {"/later-rfc850", LATER("Tuesday, 02-Jan-24 03:05:35 GMT"), THEN_KEEP},
    {"/later-asctime", LATER("Tue Jan  2 03:05:35 2024"), THEN_KEEP},
    {"/later-iso", LATER("2024-01-02T03:05:35Z"), THEN_KEEP},
    {"/later-zone", LATER("2024-01-02T11:05:35.000+08:00"), THEN_KEEP},
    {"/later-west", LATER("2024-01-01T21:35:35-0530"), THEN_KEEP},
    {"/later-china", LATER("2024-01-02 11:05:35"), THEN_KEEP},
    {"/later-utc", LATER("2024-01-02 03:05:35"), THEN_KEEP},
    {"/later-epoch", LATER("1704164735"), THEN_KEEP},
    {"/later-epoch-ms", LATER("1704164735000"), THEN_KEEP},
    {"/later-unit", LATER("90 s"), THEN_KEEP},
    {"/later-fraction", LATER("89.5"), THEN_KEEP},
    {"/later-minus", LATER("-1"), THEN_KEEP},
};

static void peer_answer(struct server *server, struct peer *peer)
{
    static char filler[(64 << 10) + 1];
    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct answer *a = &answers[i];
        const char *path = strchr(peer->data, ' ');
        size_t size = strlen(a->path);
        if (!path || strncmp(path + 1, a->path, size) != 0 || (path[1 + size] != ' ' && path[1 + size] != '?')) {
            continue;
        }
        peer->size = 0;
        peer_say(peer, a->text, strlen(a->text));
        if (a->then == THEN_BIG) {
            peer_say(peer, filler, strcmp(a->path, "/full") == 0 ? sizeof filler - 1 : sizeof filler);
            if (strcmp(a->path, "/headers") == 0) {
                peer_say(peer, "\r\n\r\n", 4);
            }
        } else if (a->then == THEN_CLOSE) {
            peer_close(server, peer);
        } else if (a->then == THEN_HANG) {
            peer->deaf = true;
        }
        return;
    }
    peer_close(server, peer);
}

static void peer_read(struct server *server, struct peer *peer)
{
    ssize_t got = recv(peer->fd, peer->data + peer->size, REQUEST_MAX - peer->size, 0);
    if (got <= 0) {
        peer_close(server, peer);
        return;
    }
    if (peer->size == 0) {
        atomic_store(&server->greeting, (unsigned char)peer->data[0]);
    }
    peer->size += (size_t)got;
    peer->data[peer->size] = '\0';
    const char *end = strstr(peer->data, "\r\n\r\n");
    if (!end) {
        return;
    }
    if (strncmp(peer->data, "POST /stall ", 12) == 0) {
        peer->deaf = true;
        return;
    }
    const char *length = strstr(peer->data, "Content-Length: ");
    size_t body = length && length < end ? (size_t)strtoul(length + 16, NULL, 10) : 0;
    if (peer->size < (size_t)(end + 4 - peer->data) + body) {
        return;
    }
    if (strstr(peer->data, "Expect:")) {
        atomic_store(&server->expect, true);
    }
    memcpy(server->last, peer->data, peer->size + 1);
    atomic_fetch_add(&server->requests, 1);
    peer_answer(server, peer);
}

static void *server_run(void *user)
{
    struct server *server = user;
    for (;;) {
        struct pollfd polled[PEERS + 2] = {{.fd = server->stop, .events = POLLIN},
                                           {.fd = server->listener, .events = POLLIN}};
        for (int i = 0; i < PEERS; i++) {
            const struct peer *peer = &server->peers[i];
            polled[i + 2] = (struct pollfd){.fd = peer->deaf ? -1 : peer->fd, .events = POLLIN};
        }
        poll(polled, PEERS + 2, -1);
        if (polled[0].revents) {
            return NULL;
        }
        for (int i = 0; i < PEERS; i++) {
            if (polled[i + 2].revents) {
                peer_read(server, &server->peers[i]);
            }
        }
        for (int i = 0; polled[1].revents && i < PEERS; i++) {
            struct peer *peer = &server->peers[i];
            if (peer->fd < 0) {
                peer->fd = accept(server->listener, NULL, NULL);
                peer->size = 0;
                peer->deaf = false;
                atomic_fetch_add(&server->connections, peer->fd >= 0);
                break;
            }
        }
    }
}

static int listener_open(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, PEERS), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void server_start(struct server *server)
{
    for (int i = 0; i < PEERS; i++) {
        server->peers[i].fd = -1;
    }
    server->listener = listener_open(&server->port);
    server->stop = eventfd(0, 0);
    assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
}

static void server_stop(struct server *server)
{
    uint64_t one = 1;
    assert_int_equal(write(server->stop, &one, sizeof one), sizeof one);
    pthread_join(server->thread, NULL);
    for (int i = 0; i < PEERS; i++) {
        if (server->peers[i].fd >= 0) {
            close(server->peers[i].fd);
        }
    }
    close(server->listener);
    close(server->stop);
}

#endif
