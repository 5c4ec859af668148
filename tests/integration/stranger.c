#include "tests/integration/stranger.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "tests/integration/rig.h"

int stranger_port(const char *address)
{
    return (int)strtol(strrchr(address, ':') + 1, NULL, 10);
}

uint32_t stranger_dice(void)
{
    static uint32_t seed = 11;
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

int stranger_connect(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 2};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        rig_fail("no socket could be made");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    (void)!connect(fd, (struct sockaddr *)&address, sizeof address); /* what listened may have ended by now */
    return fd;
}

static void say(int fd, const void *bytes, size_t size)
{
    (void)!send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

#define SAY(fd, literal) say(fd, literal, sizeof(literal) - 1)

static void say_garbage(int fd)
{
    unsigned char bytes[512];
    size_t size = stranger_dice() % sizeof bytes;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)stranger_dice();
    }
    say(fd, bytes, size);
}

/* RFC 23: signature, version, mechanism, no server. */
static void say_greeting(int fd, const char *mechanism)
{
    char greeting[64] = "\xff\0\0\0\0\0\0\0\1\x7f\3";
    (void)snprintf(greeting + 12, 20, "%s", mechanism);
    say(fd, greeting, sizeof greeting);
}

static void say_ready(int fd)
{
    static const char ready[] = "\4\x29\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\0";
    say(fd, ready, sizeof ready - 1);
}

void stranger_throw(int port, uint32_t kind)
{
    int fd = stranger_connect(port);
    switch (kind % 8) {
    case 0:
        say_garbage(fd);
        break;
    case 1:
        say_greeting(fd, "NULL");
        say_garbage(fd);
        break;
    case 2:
        say_greeting(fd, "CURVE");
        say_garbage(fd);
        break;
    case 3:
        say_greeting(fd, "NOSUCH");
        break;
    case 4: /* a frame of 2^62 bytes */
        say_greeting(fd, "NULL");
        say_ready(fd);
        SAY(fd, "\2\x40\0\0\0\0\0\0\0");
        say_garbage(fd);
        break;
    case 5: /* frames that are no messages, one of many parts, and the rest of one never comes */
        say_greeting(fd, "NULL");
        say_ready(fd);
        SAY(fd, "\0\3\x92\1\1\1\1\x93\1\1\x93\0\5\xdd\x0f\xff\xff\xff\0\x50xyz");
        break;
    case 6:
        SAY(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        break;
    default: /* CURVE's HELLO with a signature that fits no key */
        say_greeting(fd, "CURVE");
        SAY(fd, "\4\xc8\5HELLO\1\0");
        for (int i = 0; i < 4; i++) {
            say_garbage(fd);
        }
        break;
    }
    close(fd);
}

/* A ZeroMQ socket, of the right kind, that says nothing right. */
int stranger_frames(void *socket)
{
    int offered = 0;
    unsigned char bytes[32] = {0x97, 1};
    for (int i = 0; i < 50; i++) {
        for (size_t k = i % 2 ? 2 : 0; k < sizeof bytes; k++) {
            bytes[k] = (unsigned char)stranger_dice();
        }
        size_t size = stranger_dice() % sizeof bytes;
        offered += zmq_send(socket, bytes, size, ZMQ_DONTWAIT | (i % 7 == 0 ? ZMQ_SNDMORE : 0)) >= 0;
    }
    return offered;
}

/* Is the other end still there, as far as a send can tell? */
static bool put(int fd, const void *bytes, size_t size, int64_t *sent)
{
    ssize_t got = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    *sent += got > 0 ? got : 0;
    return got >= 0 || errno == EAGAIN || errno == EWOULDBLOCK;
}

bool stranger_part(int fd, int64_t *sent)
{
    enum { HEAD = 9, PART = 4000, PARTS = 16, ROUNDS = 4 };
    static char parts[PARTS * (HEAD + PART)];
    if (!parts[0]) {
        static const char head[HEAD] = {3, 0, 0, 0, 0, 0, 0, 0x0f, (char)0xa0}; /* more follows; 4000 bytes */
        for (size_t at = 0; at < sizeof parts; at += HEAD + PART) {
            memcpy(parts + at, head, HEAD);
        }
    }
    if (*sent == 0) {
        say_greeting(fd, "NULL");
        say_ready(fd);
    }
    bool there = true;
    int64_t goal = *sent + ROUNDS * (int64_t)sizeof parts, before = -1;
    while (there && *sent < goal && *sent != before) {
        size_t from = (size_t)(*sent % (int64_t)sizeof parts);
        before = *sent;
        there = put(fd, parts + from, sizeof parts - from, sent);
    }
    return there;
}

bool stranger_handshake(int fd, int64_t *sent)
{
    if (*sent == 0) {
        bool large = stranger_dice() % 4 == 0;
        say_greeting(fd, "CURVE");
        if (large) {
            SAY(fd, "\6\0\0\0\0\0\xff\0\0"); /* a command of 16,711,680 bytes */
        } else {
            SAY(fd, "\6\0\0\0\0\0\0\x0f\xa0"); /* one of 4,000 */
        }
    }
    static const char some[32];
    return put(fd, some, sizeof some, sent);
}

bool stranger_request(int fd, int64_t *sent)
{
    static const char head[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    return put(fd, *sent == 0 ? head : "x", *sent == 0 ? sizeof head - 1 : 1, sent);
}
