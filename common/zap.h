/* Who may connect with CURVE: the ZAP handler (ZeroMQ RFC 27) of a context, answering from LINK_KEY_DIR/clients.allow.
 * libzmq asks it only about clients that know the server's key. One a context; everything on the loop's thread. */
#ifndef DIANCHEN_COMMON_ZAP_H
#define DIANCHEN_COMMON_ZAP_H

#include "common/link_keys.h"
#include "common/loop.h"

struct zap;
/* A client was turned away: its address (an IP, "" for ipc) and its public key. */
typedef void zap_refused_fn(void *user, const char *address, const struct link_key *key);

/* Before any socket of the context binds. ERR_INPUT: clients.allow is missing or faulty. `dir` is copied. */
int zap_new(void *context, struct loop *loop, const char *dir, zap_refused_fn *refused, void *user, struct zap **out,
            struct cause *cause) WARN_UNUSED;
void zap_free(struct zap **zap);
/* Reads clients.allow again if it has changed; true when the keys have. A file that is missing or faulty is told, and
 * the former keys stand. */
bool zap_look(struct zap *zap);
/* Is this key (as the User-Id of a message has it) let in? */
bool zap_allows(const struct zap *zap, const char *z85);

#endif
