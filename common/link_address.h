/* Where a link binds or connects, read and judged: which addresses are numbers, which leave this host.
 * libzmq resolves names in its I/O thread and takes the first address only, so names never reach it. */
#ifndef DIANCHEN_COMMON_LINK_ADDRESS_H
#define DIANCHEN_COMMON_LINK_ADDRESS_H

#include "common/error.h"
#include "common/text.h"

enum { LINK_ADDRESS_MAX = 300 };

struct link_address {
    enum {
        ADDRESS_NUMBER /* tcp, an IP address */,
        ADDRESS_NAME /* tcp, a DNS name */,
        ADDRESS_LOCAL /* ipc, inproc */
    } kind;
    bool private;                    /* loopback, ipc or inproc: never leaves this host */
    char host[256];                  /* without brackets; empty for ADDRESS_LOCAL */
    char port[8];                    /* "" for ADDRESS_LOCAL */
    char endpoint[LINK_ADDRESS_MAX]; /* for zmq_bind or zmq_connect; of an ADDRESS_NAME only for people */
};

/* tcp://HOST:PORT, tcp://[V6]:PORT, ipc://PATH, inproc://NAME. "localhost" is 127.0.0.1. To bind, HOST may be * and
 * PORT * or 0, and a name is an interface of this host. ERR_INPUT with the cure. */
int link_address_read(struct text source, bool bind, struct link_address *out, struct cause *cause) WARN_UNUSED;
/* Binds `socket` (ZeroMQ) there; `bound` gets the endpoint with a wildcard port resolved. `bind` is how the person wrote
 * it. An ipc path on which somebody listens is taken, though libzmq would take it over. ERR_INPUT with the cure. */
int link_address_bind(void *socket, const char *bind, const struct link_address *address, char bound[LINK_ADDRESS_MAX],
                      struct cause *cause) WARN_UNUSED;
/* The endpoint of an IP address as text; false when it is none. */
bool link_address_of(const char *ip, const char *port, struct link_address *out);

#endif
