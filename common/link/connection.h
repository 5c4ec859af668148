/* The connections of a link_out's socket, as its monitor reports them. A connection that has not been let in yet is a
 * stranger: it has CONNECTION_TIME and CONNECTION_STRANGE bytes to say HELLO, and must be among the youngest
 * CONNECTION_STRANGERS. No connection may send more than CONNECTION_BYTES without a message being read from it: libzmq
 * bounds only the size of a part, so a message of endless parts would fill memory. A connection above a limit is shut
 * down; libzmq owns the descriptor, closes it and frees what was received.
 *
 * libzmq may close a descriptor before its event is read here, and the number may be in use again. So a descriptor is
 * shut down only while it is the socket (inode) that was accepted. */
#ifndef DIANCHEN_COMMON_LINK_CONNECTION_H
#define DIANCHEN_COMMON_LINK_CONNECTION_H

#include <stddef.h>
#include <sys/types.h>

#include "common/base/clock.h"

enum {
    CONNECTIONS_MAX = 1024, /* all together; one above it is shut down at once */
    CONNECTION_STRANGERS =
        128,                /* at most, and at most a quarter of the process's descriptors; the oldest is shut down */
    CONNECTION_TIME = 5000, /* ms until HELLO */
    CONNECTION_BYTES = 1 << 20,    /* without a whole message (tcp only: the kernel does not count ipc) */
    CONNECTION_STRANGE = 16 << 10, /* the same of a stranger: a handshake and a HELLO have less, with CURVE too */
    CONNECTION_STRIKES = 16,
    CONNECTION_LOOK = 20, /* ms between looks while there are strangers */
};

struct connections {
    struct connection {
        int fd;
        ino_t inode;
        struct loop_ms since; /* accepted, or a stranger again */
        int64_t bytes;        /* received when a message of it had last been read */
        bool read;            /* a message was read from it since the last look */
        int strikes;          /* frames that no worker sends there */
        bool member;          /* it said HELLO and was let in */
        bool cut;             /* shut down; its end is on the way */
        char host[48];        /* an IP, "this host" */
    } all[CONNECTIONS_MAX];
    size_t count, strangers; /* strangers: neither member nor cut */
    int64_t cuts;            /* how many were shut down so far */
};

/* Events of the monitor. */
void connections_accept(struct connections *connections, int fd, struct loop_ms now);
void connections_end(struct connections *connections, int fd);
/* A message was read from it. */
void connections_read(struct connections *connections, int fd);
/* It sent a frame that no worker sends; at CONNECTION_STRIKES of them it is shut down. Not at the first: the last
 * frames of an ended connection may be read when its descriptor number already belongs to another one. */
void connections_strike(struct connections *connections, int fd);
/* It was let in, or is a stranger again. */
void connections_admit(struct connections *connections, int fd);
void connections_dismiss(struct connections *connections, int fd, struct loop_ms now);
/* Shuts it down now. */
void connections_cut(struct connections *connections, int fd);
/* Shuts down the connections above their limits. */
void connections_judge(struct connections *connections, struct loop_ms now);
/* The peer's address, for people; "an unknown address" if it is not known. Valid until the next event. */
const char *connections_host(const struct connections *connections, int fd);

#endif
