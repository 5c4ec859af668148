#include "common/link/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

bool link_address_of(const char *ip, const char *port, struct link_address *out)
{
    struct in_addr four;
    struct in6_addr six;
    struct link_address address = {.kind = ADDRESS_NUMBER};
    bool is_four = inet_pton(AF_INET, ip, &four) == 1;
    if (is_four) {
        address.private = ntohl(four.s_addr) >> 24 == 127;
    } else if (inet_pton(AF_INET6, ip, &six) == 1) {
        address.private = IN6_IS_ADDR_LOOPBACK(&six);
    } else {
        return false;
    }
    (void)snprintf(address.host, sizeof address.host, "%s", ip);
    (void)snprintf(address.port, sizeof address.port, "%s", port);
    (void)snprintf(address.endpoint, sizeof address.endpoint, is_four ? "tcp://%s:%s" : "tcp://[%s]:%s", ip, port);
    *out = address;
    return true;
}

static bool is_name(struct text host)
{
    for (size_t i = 0; i < host.size; i++) {
        char c = host.data[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '-' && c != '.' && c != '_') {
            return false;
        }
    }
    return host.size > 0;
}

static int read_tcp(struct text source, struct text rest, bool bind, struct link_address *out, struct cause *cause)
{
    char host[sizeof out->host];
    char port[sizeof out->port];
    int64_t number = 0;
    size_t colon = rest.size;
    while (colon > 0 && rest.data[colon - 1] != ':') {
        colon--;
    }
    struct text h = {rest.data, colon > 0 ? colon - 1 : 0};
    struct text p = {rest.data + colon, rest.size - colon};
    bool bracketed = h.size > 2 && h.data[0] == '[' && h.data[h.size - 1] == ']';
    if (bracketed) {
        h = (struct text){h.data + 1, h.size - 2};
    }
    if (text_equal(h, TEXT("localhost"))) {
        h = TEXT("127.0.0.1");
    }
    bool any_port = bind && (text_equal(p, TEXT("*")) || text_equal(p, TEXT("0")));
    if (h.size == 0 || h.size >= sizeof host ||
        (!any_port && (text_integer(p, &number) || number < 1 || number > 65535))) {
        return cause_set(cause, ERR_INPUT, "%.*s: not an address; write tcp://HOST:PORT with a port of 1 to 65535",
                         TEXT_ARG(source));
    }
    (void)snprintf(host, sizeof host, "%.*s", TEXT_ARG(h));
    (void)snprintf(port, sizeof port, any_port ? "*" : "%d", (int)number);
    if (link_address_of(host, port, out)) {
        return 0;
    }
    bool star = bind && text_equal(h, TEXT("*"));
    if (bracketed || (!star && !is_name(h))) {
        return cause_set(cause, ERR_INPUT, "%.*s: no such host; write tcp://HOST:PORT, an IPv6 address in brackets",
                         TEXT_ARG(source));
    }
    struct link_address address = {.kind = ADDRESS_NAME};
    (void)snprintf(address.host, sizeof address.host, "%s", host);
    (void)snprintf(address.port, sizeof address.port, "%s", port);
    (void)snprintf(address.endpoint, sizeof address.endpoint, "tcp://%s:%s", host, port);
    *out = address;
    return 0;
}

int link_address_read(struct text source, bool bind, struct link_address *out, struct cause *cause)
{
    struct link_address address = {.kind = ADDRESS_LOCAL, .private = true};
    if (text_starts(source, TEXT("tcp://"))) {
        return read_tcp(source, (struct text){source.data + 6, source.size - 6}, bind, out, cause);
    }
    bool ipc = text_starts(source, TEXT("ipc://")) && source.size > 6;
    bool inproc = text_starts(source, TEXT("inproc://")) && source.size > 9;
    bool cut = memchr(source.data, '\0', source.size) != NULL; /* libzmq would take what stands before it */
    if ((!ipc && !inproc) || cut || source.size >= sizeof address.endpoint) {
        return cause_set(cause, ERR_INPUT, "%.*s: not an address; write tcp://HOST:PORT or ipc://PATH",
                         TEXT_ARG(source));
    }
    (void)snprintf(address.endpoint, sizeof address.endpoint, "%.*s", TEXT_ARG(source));
    *out = address;
    return 0;
}

static bool is_taken(const char *endpoint)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct text path = text_of(endpoint);
    if (!text_starts(path, TEXT("ipc://")) || path.size - 6 >= sizeof address.sun_path) {
        return false;
    }
    memcpy(address.sun_path, endpoint + 6, path.size - 6);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool taken = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return taken;
}

/* The folder of an ipc path: others who may write there could put a socket of theirs in its place. One that is named
 * relative to where the program runs (the default) is made, for its owner alone. */
static int prepare_folder(const char *endpoint, struct cause *cause)
{
    char folder[LINK_ADDRESS_MAX];
    struct stat status;
    if (!text_starts(text_of(endpoint), TEXT("ipc://")) || endpoint[6] == '@') {
        return 0;
    }
    (void)snprintf(folder, sizeof folder, "%s", endpoint + 6);
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder) {
        return 0;
    }
    *slash = '\0';
    for (char *at = folder; folder[0] != '/' && at; at = strchr(at + 1, '/')) {
        char *end = strchr(at + 1, '/');
        if (end) {
            *end = '\0';
        }
        (void)mkdir(folder, 0700); /* where that fails, bind says why */
        if (end) {
            *end = '/';
        }
    }
    if (stat(folder, &status) == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) && !(status.st_mode & S_ISVTX)) {
        return cause_set(cause, ERR_INPUT, "%s: others may write to the folder %s and take its place: chmod 700 %s",
                         endpoint, folder, folder);
    }
    return 0;
}

int link_address_bind(void *socket, const char *bind, const struct link_address *address, char bound[LINK_ADDRESS_MAX],
                      struct cause *cause)
{
    if (prepare_folder(address->endpoint, cause)) {
        return ERR_INPUT;
    }
    int error = is_taken(address->endpoint) ? EADDRINUSE : 0;
    if (!error && zmq_bind(socket, address->endpoint) != 0) {
        error = errno;
    }
    if (error == EADDRINUSE) {
        return cause_set(cause, ERR_INPUT, "%s is taken: stop the program that has it, or choose another with --bind",
                         bind);
    }
    if (error == ENODEV || error == EADDRNOTAVAIL) {
        return cause_set(cause, ERR_INPUT, "%s is no address of this host: choose another with --bind", bind);
    }
    if (error) {
        return cause_set(cause, ERR_INPUT, "%s can't be bound (%s): choose another with --bind", bind,
                         zmq_strerror(error));
    }
    size_t size = LINK_ADDRESS_MAX;
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &size) != 0) {
        return cause_set(cause, ERR_IO, "%s: the bound address is not known (%s)", bind, zmq_strerror(errno));
    }
    return 0;
}
