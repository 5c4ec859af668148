/* The CURVE keys of a link: small text files in a folder (LINK_KEY_DIR); a key is 40 characters of Z85.
 *
 *   the end that binds:     server.secret; clients.allow: public keys of the clients let in, one a line, comments with #
 *   the end that connects:  client.secret; server.public: the key of all its upstreams
 *   for people:             client.public, to be copied into clients.allow
 *
 * One folder may be copied to all hosts; a host with its own keys has its own client.secret. */
#ifndef DIANCHEN_COMMON_LINK_KEYS_H
#define DIANCHEN_COMMON_LINK_KEYS_H

#include "common/link/address.h"

#define LINK_KEY_DIR_DEFAULT "var/keys"

enum {
    LINK_KEY = 40,                /* characters */
    LINK_KEY_FILE_MAX = 64 << 10, /* bytes of clients.allow */
};
struct link_key {
    char z85[LINK_KEY + 1];
};

enum link_security { SECURITY_BY_ADDRESS, SECURITY_CURVE, SECURITY_NONE };
/* Reads LINK_SECURITY: "curve", "none", NULL = by address. ERR_INPUT for another word. */
int link_security_read(const char *word, enum link_security *out, struct cause *cause) WARN_UNUSED;
/* Does this address need CURVE? By address: all but loopback numbers and ipc paths; names always. */
bool link_security_curve(enum link_security security, const struct link_address *address);

/* Makes a ZeroMQ socket a CURVE server, before it binds; zap.h decides which clients it lets in. ERR_INPUT: a file of
 * `dir` is missing or holds no key; the cause has the cure. */
int link_keys_serve(void *socket, const char *dir, struct cause *cause) WARN_UNUSED;
struct link_client {
    struct link_key server, public, secret;
};
/* The keys of a CURVE client. Wipe the struct when it is no longer needed. ERR_INPUT as above. */
int link_client_read(const char *dir, struct link_client *out, struct cause *cause) WARN_UNUSED;
/* Makes a ZeroMQ socket a CURVE client, before it connects. ERR_IO. */
int link_client_apply(void *socket, const struct link_client *client) WARN_UNUSED;
/* The keys of clients.allow, at least one, to be freed by the caller. ERR_INPUT with file, line and cure. */
int link_keys_allowed(const char *dir, struct link_key **out, size_t *count, struct cause *cause) WARN_UNUSED;

/* Creates `dir` (0700, its parents too) with a new set of keys (secret files 0600). ERR_INPUT, and nothing is changed: one
 * of the files exists already. */
int link_keys_new(const char *dir, struct cause *cause) WARN_UNUSED;

#endif
