#include "common/link/admission.h"

#include "common/link/hello.h"
#include "common/log/log.h"
#include "common/observe/metrics.h"

enum { ADMISSION_LINES = 40 /* at once */, ADMISSION_REFILL = 1000 /* ms a line */ };

bool admission_may_log(struct admission *admission)
{
    struct loop_ms now = loop_now(admission->loop);
    int64_t more = loop_since(now, admission->filled) / ADMISSION_REFILL;
    if (more > 0) {
        admission->filled = loop_after(admission->filled, more * ADMISSION_REFILL);
        int64_t lines = admission->lines + more;
        admission->lines = lines < ADMISSION_LINES ? lines : ADMISSION_LINES;
    }
    if (admission->lines == 0) {
        admission->left_out++;
        return false;
    }
    admission->lines--;
    if (admission->left_out > 0) {
        log_event(EVENT_LINK_BUSY, "peers come and go too often to log each", "left_out", LOG_INT(admission->left_out),
                  NULL);
        admission->left_out = 0;
    }
    return true;
}

void admission_tell(struct admission *admission, const struct cause *cause)
{
    enum { TOLD = sizeof admission->told / sizeof *admission->told };
    uint64_t hash = 0xcbf29ce484222325U;
    for (const char *at = cause->text; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3U;
    }
    for (size_t i = 0; i < TOLD; i++) {
        if (admission->told[i] == hash) {
            return;
        }
    }
    if (admission_may_log(admission)) {
        admission->told[admission->told_turn++ % TOLD] = hash;
        log_event(EVENT_LINK_REFUSED, cause->text, NULL);
    }
}

static void on_refused(void *user, const char *address, const struct link_key *key)
{
    struct admission *admission = user;
    struct cause cause;
    cause_set(
        &cause, ERR_REFUSED,
        "a client at %s has a key (%.8s…) that is not let in here: add its client.public to clients.allow of this %s",
        *address ? address : "this host", key->z85, admission->role);
    metric_add(admission->refused, 1);
    admission_tell(admission, &cause);
}

static void tell_failure(struct admission *admission, int fd)
{
    const char *host = connections_host(&admission->connections, fd);
    struct cause cause;
    if (admission->failure == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
        cause_set(&cause, ERR_REFUSED,
                  "a client at %s speaks %s, this %s speaks %s: set LINK_SECURITY alike on both sides", host,
                  admission->zap ? "plain text" : "CURVE", admission->role, admission->zap ? "CURVE" : "plain text");
    } else if (admission->failure == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC) {
        cause_set(
            &cause, ERR_REFUSED,
            "a client at %s knows another server key: its server.public must belong to the server.secret of this %s",
            host, admission->role);
    } else {
        metric_add(admission->refused, 1);
        log_line(EVENT_LINK_STRANGER, "something at %s that speaks no ZeroMQ was cut off", host);
        return;
    }
    metric_add(admission->refused, 1);
    admission_tell(admission, &cause);
}

void admission_look(struct admission *admission)
{
    struct connections *connections = &admission->connections;
    connections_judge(connections, loop_now(admission->loop));
    int64_t cuts = connections->cuts - admission->counted;
    if (cuts > 0) {
        admission->counted = connections->cuts;
        metric_add(admission->refused, cuts);
        log_line(EVENT_LINK_STRANGER, "%lld connections that took too much were cut off", (long long)cuts);
    }
}

/* A failure carries its reason, the end of the connection that follows at once its descriptor. */
void admission_event(struct admission *admission, int event, int value)
{
    switch (event) {
    case ZMQ_EVENT_ACCEPTED:
        connections_accept(&admission->connections, value, loop_now(admission->loop));
        admission_look(admission);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        admission->failure = value;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        admission->failure = ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED;
        break;
    case ZMQ_EVENT_DISCONNECTED:
        if (admission->failure) {
            tell_failure(admission, value);
            admission->failure = 0;
        }
        connections_end(&admission->connections, value);
        break;
    default:
        break;
    }
}

int admission_open(struct admission *admission, void *context, void *socket, struct loop *loop,
                   const struct link_identity *self, const struct link_address *address, struct cause *cause)
{
    enum link_security security;
    int error = link_security_read(self->security, &security, cause);
    admission->loop = loop;
    admission->role = hello_role(self->role);
    admission->lines = ADMISSION_LINES;
    admission->filled = loop_now(loop);
    if (!error && link_security_curve(security, address)) {
        error = link_keys_serve(socket, self->key_dir, cause);
        error = error ? error : zap_new(context, loop, self->key_dir, on_refused, admission, &admission->zap, cause);
    }
    if (self->metrics) {
        admission->refused = metrics_add(self->metrics, FAMILY_REFUSED_CONNECTIONS, NULL);
    }
    return error;
}

void admission_close(struct admission *admission)
{
    zap_free(&admission->zap);
}
