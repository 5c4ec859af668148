/* Who may connect to a link_out: its keys, and one log line about each kind of client that was refused. */
#ifndef DIANCHEN_COMMON_LINK_ADMISSION_H
#define DIANCHEN_COMMON_LINK_ADMISSION_H

#include "common/link/connection.h"
#include "common/link/socket.h"
#include "common/link/zap.h"

struct admission {
    const char *role;
    struct zap *zap;   /* NULL: plain text */
    uint64_t told[16]; /* hashes of the last refusals logged, so that each is logged once */
    size_t told_turn;
    struct connections connections;
    int64_t counted;       /* of connections.cuts */
    int64_t lines;         /* log lines that may still be written */
    int64_t left_out;      /* log lines suppressed since the last one written */
    struct loop_ms filled; /* when `lines` last grew */
    struct loop *loop;
    int failure; /* reason of the handshake that failed last; the event of its connection's end follows */
    struct metric *refused;
};

/* Sets the security options of `socket`, before it binds to `address`; opens the ZAP handler where the address wants CURVE.
 * The struct must not move afterwards. ERR_INPUT with the cure; ERR_MEMORY, ERR_IO. */
int admission_open(struct admission *admission, void *context, void *socket, struct loop *loop,
                   const struct link_identity *self, const struct link_address *address,
                   struct cause *cause) WARN_UNUSED;
/* Close the socket first. */
void admission_close(struct admission *admission);
/* Logs a refusal; the same sentence only once, however often the client comes back. */
void admission_tell(struct admission *admission, const struct cause *cause);
/* May a line about a peer be logged now? ADMISSION_LINES at once, then one a second, so that a peer that comes and goes can't
 * fill the log. Suppressed lines are counted and reported in one line later. */
bool admission_may_log(struct admission *admission);
/* Takes an event of the socket's monitor; logs and counts handshakes that failed. */
void admission_event(struct admission *admission, int event, int value);
/* Shuts down connections above their limits (connection.h). Call it every CONNECTION_LOOK ms while
 * admission_has_strangers. */
void admission_look(struct admission *admission);
static inline bool admission_has_strangers(const struct admission *admission)
{
    return admission->connections.strangers > 0;
}

#endif
