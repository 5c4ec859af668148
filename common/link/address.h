/* The addresses of links. libzmq resolves a name in its I/O thread and takes the first address only, so names are resolved
 * by dns.h and libzmq gets numbers. */
#ifndef DIANCHEN_COMMON_LINK_ADDRESS_H
#define DIANCHEN_COMMON_LINK_ADDRESS_H

#include "common/base/error.h"
#include "common/base/text.h"

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

/* Reads tcp://HOST:PORT, tcp://[V6]:PORT, ipc://PATH or inproc://NAME; "localhost" is 127.0.0.1. To bind, HOST may be *,
 * PORT may be * or 0, and a name is an interface of this host. ERR_INPUT with the cure. */
int link_address_read(struct text source, bool bind, struct link_address *out, struct cause *cause) WARN_UNUSED;
/* Binds a ZeroMQ socket; `bound` gets the endpoint with a wildcard port resolved. `bind` is what the user wrote, for
 * messages. An ipc path on which another program listens is refused (libzmq would take it over). The folder of a
 * relative ipc path is created (0700); a folder that others may write to is refused. ERR_INPUT with the cure. */
int link_address_bind(void *socket, const char *bind, const struct link_address *address, char bound[LINK_ADDRESS_MAX],
                      struct cause *cause) WARN_UNUSED;
/* The address of an IP number and a port, both as text; false when `ip` is no number. */
bool link_address_of(const char *ip, const char *port, struct link_address *out);

#endif
