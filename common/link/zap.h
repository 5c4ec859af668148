/* The ZAP handler (ZeroMQ RFC 27) of a context: it decides for libzmq whether a CURVE client may connect, by
 * LINK_KEY_DIR/clients.allow. Only clients that know the server's key get that far. One handler a context; on the loop's
 * thread. */
#ifndef DIANCHEN_COMMON_LINK_ZAP_H
#define DIANCHEN_COMMON_LINK_ZAP_H

#include "common/link/keys.h"
#include "common/loop/loop.h"

struct zap;
/* A client was refused: its address (an IP, "" for ipc) and its public key. */
typedef void zap_refused_fn(void *user, const char *address, const struct link_key *key);

/* Before any socket of the context binds. ERR_INPUT: clients.allow is missing or faulty. `dir` is copied. */
int zap_new(void *context, struct loop *loop, const char *dir, zap_refused_fn *refused, void *user, struct zap **out,
            struct cause *cause) WARN_UNUSED;
void zap_free(struct zap **zap);
/* Reads clients.allow again where it has changed; true where it was read. If the file is missing or
 * faulty, that is logged and the former keys stay valid. */
bool zap_look(struct zap *zap);
/* May a client with this key connect? `z85` is the key as text, as in the User-Id of a message. */
bool zap_allows(const struct zap *zap, const char *z85);

#endif
