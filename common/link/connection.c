#include "common/link/connection.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct connection *find(struct connections *connections, int fd)
{
    for (size_t i = 0; i < connections->count; i++) {
        if (connections->all[i].fd == fd) {
            return &connections->all[i];
        }
    }
    return NULL;
}

static bool is_stranger(const struct connection *connection)
{
    return !connection->member && !connection->cut;
}

static void name_host(struct connection *connection)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    const void *ip = &((const struct sockaddr_in *)&address)->sin_addr;
    if (getpeername(connection->fd, (struct sockaddr *)&address, &size) != 0) {
        address.ss_family = AF_UNSPEC; /* gone already */
    } else if (address.ss_family == AF_INET6) {
        ip = &((const struct sockaddr_in6 *)&address)->sin6_addr;
    }
    if ((address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
        !inet_ntop(address.ss_family, ip, connection->host, sizeof connection->host)) {
        (void)snprintf(connection->host, sizeof connection->host, "%s",
                       address.ss_family == AF_UNIX ? "this host" : "an unknown address");
    }
}

static bool is_same(const struct connection *connection)
{
    struct stat status;
    return fstat(connection->fd, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_ino == connection->inode;
}

static void cut(struct connections *connections, struct connection *connection)
{
    if (connection->cut) {
        return;
    }
    connections->strangers -= is_stranger(connection);
    connection->cut = true;
    connections->cuts++;
    if (is_same(connection)) {
        (void)shutdown(connection->fd, SHUT_RDWR);
    }
}

void connections_accept(struct connections *connections, int fd, struct loop_ms now)
{
    struct stat status;
    connections_end(connections, fd); /* its end was not reported: the number is what counts */
    if (fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return; /* gone already */
    }
    if (connections->count == CONNECTIONS_MAX) {
        (void)shutdown(fd, SHUT_RDWR);
        return;
    }
    struct connection *connection = &connections->all[connections->count++];
    *connection = (struct connection){.fd = fd, .inode = status.st_ino, .since = now};
    name_host(connection);
    connections->strangers++;
}

void connections_end(struct connections *connections, int fd)
{
    struct connection *connection = find(connections, fd);
    if (connection) {
        connections->strangers -= is_stranger(connection);
        *connection = connections->all[--connections->count];
    }
}

void connections_read(struct connections *connections, int fd)
{
    struct connection *connection = find(connections, fd);
    if (connection) {
        connection->read = true;
    }
}

void connections_admit(struct connections *connections, int fd)
{
    struct connection *connection = find(connections, fd);
    if (connection) {
        connections->strangers -= is_stranger(connection);
        connection->member = true;
    }
}

void connections_dismiss(struct connections *connections, int fd, struct loop_ms now)
{
    struct connection *connection = find(connections, fd);
    if (connection && connection->member) {
        connection->member = false;
        connection->since = now;
        connections->strangers += is_stranger(connection);
    }
}

void connections_cut(struct connections *connections, int fd)
{
    struct connection *connection = find(connections, fd);
    if (connection) {
        cut(connections, connection);
    }
}

void connections_strike(struct connections *connections, int fd)
{
    struct connection *connection = find(connections, fd);
    if (connection && ++connection->strikes >= CONNECTION_STRIKES) {
        cut(connections, connection);
    }
}

/* All bytes that the kernel took from it; 0 where it does not say (ipc). */
static int64_t received(const struct connection *connection)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return 0;
    }
    return (int64_t)info.tcpi_bytes_received;
}

/* A quarter of the descriptors at most: workers, the store and the metrics need the rest. */
static size_t strangers_most(void)
{
    struct rlimit limit;
    size_t most = CONNECTION_STRANGERS;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 4 < most) {
        most = (size_t)limit.rlim_cur / 4;
    }
    return most;
}

static struct connection *oldest_stranger(struct connections *connections)
{
    struct connection *oldest = NULL;
    for (size_t i = 0; i < connections->count; i++) {
        struct connection *connection = &connections->all[i];
        if (is_stranger(connection) && (!oldest || loop_before(connection->since, oldest->since))) {
            oldest = connection;
        }
    }
    return oldest;
}

void connections_judge(struct connections *connections, struct loop_ms now)
{
    size_t strangers = strangers_most();
    for (size_t i = 0; i < connections->count; i++) {
        struct connection *connection = &connections->all[i];
        if (connection->cut) {
            continue;
        }
        int64_t bytes = received(connection);
        if (connection->read) {
            connection->read = false;
            connection->bytes = bytes;
        }
        bool late = !connection->member && loop_since(now, connection->since) > CONNECTION_TIME;
        int64_t most = connection->member ? CONNECTION_BYTES : CONNECTION_STRANGE;
        if (late || bytes - connection->bytes > most) {
            cut(connections, connection);
        }
    }
    while (connections->strangers > strangers) {
        cut(connections, oldest_stranger(connections));
    }
}

const char *connections_host(const struct connections *connections, int fd)
{
    for (size_t i = 0; i < connections->count; i++) {
        if (connections->all[i].fd == fd) {
            return connections->all[i].host;
        }
    }
    return "an unknown address";
}
