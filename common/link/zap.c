#include "common/link/zap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zmq.h>

#include "common/link/hello.h"
#include "common/link/socket.h"
#include "common/log/log.h"

enum {
    /* A request: ZeroMQ's envelope, then what RFC 27 says. */
    ZAP_ROUTE,
    ZAP_EMPTY,
    ZAP_VERSION,
    ZAP_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_KEY,
    ZAP_PARTS,
    KEY_BYTES = 32,
};

struct zap {
    struct loop *loop;
    void *socket;
    struct loop_watch *watch;
    zap_refused_fn *refused;
    void *user;
    char dir[PATH_MAX];
    struct stat seen; /* clients.allow when it was last read; all zero = it could not be */
    struct link_key *keys;
    size_t count;
};

bool zap_allows(const struct zap *zap, const char *z85)
{
    for (size_t i = 0; i < zap->count; i++) {
        if (strcmp(zap->keys[i].z85, z85) == 0) {
            return true;
        }
    }
    return false;
}

static void file_look(const struct zap *zap, struct stat *out)
{
    char path[PATH_MAX + 20];
    (void)snprintf(path, sizeof path, "%s/clients.allow", zap->dir);
    if (stat(path, out) != 0) {
        *out = (struct stat){0};
    }
}

/* The look comes first: a change while it is read is seen next time. */
static int keys_read(struct zap *zap, struct cause *cause)
{
    struct link_key *keys = NULL;
    size_t count = 0;
    file_look(zap, &zap->seen);
    int error = link_keys_allowed(zap->dir, &keys, &count, cause);
    if (!error) {
        free(zap->keys);
        zap->keys = keys;
        zap->count = count;
    }
    return error;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool zap_look(struct zap *zap)
{
    struct stat now;
    struct cause cause;
    file_look(zap, &now);
    if (same_file(&now, &zap->seen)) {
        return false;
    }
    if (keys_read(zap, &cause)) {
        log_line(EVENT_LINK_KEYS, "the former keys stand: %s", cause.text);
        return false;
    }
    log_line(EVENT_LINK_KEYS_CHANGED, "%s/clients.allow has changed: %zu keys are let in", zap->dir, zap->count);
    return true;
}

static void reply(struct zap *zap, zmq_msg_t parts[ZAP_PARTS], bool allowed, const struct link_key *key)
{
    const struct text answer[] = {link_frame_text(&parts[ZAP_ROUTE]),
                                  TEXT(""),
                                  TEXT("1.0"),
                                  link_frame_text(&parts[ZAP_ID]),
                                  allowed ? TEXT("200") : TEXT("400"),
                                  TEXT(""),
                                  allowed ? text_of(key->z85) : TEXT(""),
                                  TEXT("")};
    enum { LAST = sizeof answer / sizeof *answer - 1 };
    for (size_t i = 0; i <= LAST; i++) {
        /* The queue to libzmq's own session has room; a session that is gone needs no answer. */
        if (zmq_send(zap->socket, answer[i].data, answer[i].size, ZMQ_DONTWAIT | (i < LAST ? ZMQ_SNDMORE : 0)) < 0) {
            return;
        }
    }
}

static void on_request(void *user, void *socket)
{
    struct zap *zap = user;
    zmq_msg_t parts[ZAP_PARTS];
    struct link_key key = {""};
    char address[100];
    if (link_socket_receive(socket, parts, ZAP_PARTS)) {
        return;
    }
    (void)zap_look(zap);
    struct text bytes = link_frame_text(&parts[ZAP_KEY]);
    bool curve = text_equal(link_frame_text(&parts[ZAP_MECHANISM]), TEXT("CURVE")) && bytes.size == KEY_BYTES &&
                 zmq_z85_encode(key.z85, (const uint8_t *)bytes.data, bytes.size) != NULL;
    bool allowed = curve && zap_allows(zap, key.z85);
    link_copy(address, sizeof address, link_frame_text(&parts[ZAP_ADDRESS]));
    reply(zap, parts, allowed, &key);
    if (!allowed) {
        zap->refused(zap->user, address, &key);
    }
    for (size_t i = 0; i < ZAP_PARTS; i++) {
        zmq_msg_close(&parts[i]);
    }
}

int zap_new(void *context, struct loop *loop, const char *dir, zap_refused_fn *refused, void *user, struct zap **out,
            struct cause *cause)
{
    static const int zero = 0;
    struct zap *zap = calloc(1, sizeof *zap);
    if (!zap) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    zap->loop = loop;
    zap->refused = refused;
    zap->user = user;
    (void)snprintf(zap->dir, sizeof zap->dir, "%s", dir ? dir : "");
    int error = keys_read(zap, cause);
    if (!error) {
        zap->socket = zmq_socket(context, ZMQ_ROUTER);
        if (!zap->socket || zmq_setsockopt(zap->socket, ZMQ_LINGER, &zero, sizeof zero) ||
            zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0 ||
            !(zap->watch = loop_watch_zmq(loop, zap->socket, on_request, zap))) {
            error = cause_set(cause, ERR_IO, "no ZAP handler can be set up (%s)", zmq_strerror(errno));
        }
    }
    if (error) {
        zap_free(&zap);
        return error;
    }
    *out = zap;
    return 0;
}

void zap_free(struct zap **zap)
{
    struct zap *z = *zap;
    *zap = NULL;
    if (!z) {
        return;
    }
    loop_unwatch(z->loop, &z->watch);
    if (z->socket) {
        zmq_close(z->socket);
    }
    free(z->keys);
    free(z);
}
