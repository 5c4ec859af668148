#include "common/link_door.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/metrics.h"

enum { DOOR_PAUSE = 1000 /* ms between lines about strangers: whoever sends many must not fill the log */ };

void link_door_tell(struct link_door *door, const struct cause *cause)
{
    enum { TOLD = sizeof door->told / sizeof *door->told };
    uint64_t hash = 0xcbf29ce484222325U;
    for (const char *at = cause->text; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3U;
    }
    for (size_t i = 0; i < TOLD; i++) {
        if (door->told[i] == hash) {
            return;
        }
    }
    door->told[door->told_turn++ % TOLD] = hash;
    log_event(LOG_WARN, "link.refused", cause->text, NULL);
}

/* The same about one who is not known: the next of its kind comes again, so a line may be left out. */
static void tell_stranger(struct link_door *door, const struct cause *cause)
{
    int64_t now = loop_now(door->loop);
    metric_add(door->refused, 1);
    if (now - door->told_at >= DOOR_PAUSE) {
        door->told_at = now;
        link_door_tell(door, cause);
    }
}

static void on_refused(void *user, const char *address, const struct link_key *key)
{
    struct link_door *door = user;
    struct cause cause;
    cause_set(
        &cause, ERR_REFUSED,
        "a client at %s has a key (%.8s…) that is not let in here: add its client.public to clients.allow of this %s",
        *address ? address : "this host", key->z85, door->role);
    tell_stranger(door, &cause);
}

static void note_host(struct link_door *door, int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    char *host = door->hosts[(size_t)fd % (sizeof door->hosts / sizeof *door->hosts)];
    const void *ip = &((const struct sockaddr_in *)&address)->sin_addr;
    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
        address.ss_family = AF_UNSPEC; /* gone already */
    } else if (address.ss_family == AF_INET6) {
        ip = &((const struct sockaddr_in6 *)&address)->sin6_addr;
    }
    if ((address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
        !inet_ntop(address.ss_family, ip, host, sizeof *door->hosts)) {
        (void)snprintf(host, sizeof *door->hosts, "%s",
                       address.ss_family == AF_UNIX ? "this host" : "an unknown address");
    }
}

static void tell_failure(struct link_door *door, int fd)
{
    const char *host = door->hosts[(size_t)fd % (sizeof door->hosts / sizeof *door->hosts)];
    struct cause cause;
    if (door->failure == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
        cause_set(&cause, ERR_REFUSED,
                  "a client at %s speaks %s, this %s speaks %s: set LINK_SECURITY alike on both sides", host,
                  door->zap ? "plain text" : "CURVE", door->role, door->zap ? "CURVE" : "plain text");
    } else if (door->failure == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC) {
        cause_set(
            &cause, ERR_REFUSED,
            "a client at %s knows another server key: its server.public must belong to the server.secret of this %s",
            host, door->role);
    } else {
        metric_add(door->refused, 1);
        log_line(LOG_DEBUG, "link.stranger", "something at %s that speaks no ZeroMQ was cut off", host);
        return;
    }
    tell_stranger(door, &cause);
}

/* A failure carries its reason, the end of the connection that follows at once its descriptor. */
void link_door_event(struct link_door *door, int event, int value)
{
    switch (event) {
    case ZMQ_EVENT_ACCEPTED:
        note_host(door, value);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        door->failure = value;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        door->failure = ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED;
        break;
    case ZMQ_EVENT_DISCONNECTED:
        if (door->failure) {
            tell_failure(door, value);
            door->failure = 0;
        }
        break;
    default:
        break;
    }
}

int link_door_open(struct link_door *door, void *context, void *socket, struct loop *loop,
                   const struct link_identity *self, const struct link_address *address, struct cause *cause)
{
    enum link_security security;
    int error = link_security_read(self->security, &security, cause);
    door->loop = loop;
    door->role = peering_role(self->role);
    door->told_at = -DOOR_PAUSE;
    if (!error && link_security_curve(security, address)) {
        error = link_keys_serve(socket, self->key_dir, cause);
        error = error ? error : zap_new(context, loop, self->key_dir, on_refused, door, &door->zap, cause);
    }
    if (self->metrics) {
        door->refused = metrics_add(self->metrics, METRIC_COUNTER, "refused_connections_total", NULL,
                                    "connections that were not let in: no ZeroMQ, another key, another security");
    }
    return error;
}

void link_door_close(struct link_door *door)
{
    zap_free(&door->zap);
}
