/* The CURVE keys of a link: a folder (LINK_KEY_DIR) of small text files, a key being 40 characters of Z85.
 *
 *   server.secret  who binds             server.public  who connects: the key of all its upstreams
 *   client.secret  who connects          client.public  for people: what goes into clients.allow
 *   clients.allow  who binds: the public keys of the clients let in, one a line; a comment behind, or a line "# …"
 *
 * One folder copied to every host serves; a host of its own keys has another client.secret. */
#ifndef DIANCHEN_COMMON_LINK_KEYS_H
#define DIANCHEN_COMMON_LINK_KEYS_H

#include "common/link_address.h"

#define LINK_KEY_DIR_DEFAULT "var/keys"

enum {
    LINK_KEY = 40,                /* characters */
    LINK_KEY_FILE_MAX = 64 << 10, /* bytes of clients.allow */
};
struct link_key {
    char z85[LINK_KEY + 1];
};

enum link_security { SECURITY_BY_ADDRESS, SECURITY_CURVE, SECURITY_NONE };
/* LINK_SECURITY: "curve", "none", NULL = by address. ERR_INPUT for another word. */
int link_security_read(const char *word, enum link_security *out, struct cause *cause) WARN_UNUSED;
/* Is this address spoken to in CURVE? By address: unless it is a number of loopback or an ipc path; names always. */
bool link_security_curve(enum link_security security, const struct link_address *address);

/* Make a ZeroMQ socket the end that lets clients in (only those of the ZAP handler: zap.h), or a client, before it binds
 * or connects. ERR_INPUT: a file of `dir` is missing or holds no key; the cause has the cure. */
int link_keys_serve(void *socket, const char *dir, struct cause *cause) WARN_UNUSED;
struct link_client {
    struct link_key server, public, secret;
};
int link_client_read(const char *dir, struct link_client *out, struct cause *cause) WARN_UNUSED;
int link_client_dress(void *socket, const struct link_client *client) WARN_UNUSED; /* ERR_IO */
/* The keys of clients.allow, at least one, to be freed by the caller. ERR_INPUT with file, line and cure. */
int link_keys_allowed(const char *dir, struct link_key **out, size_t *count, struct cause *cause) WARN_UNUSED;

/* Makes `dir` (0700, parents too) and a fresh set in it, secret files 0600. ERR_INPUT, with nothing changed, where any of
 * the files stands there. */
int link_keys_new(const char *dir, struct cause *cause) WARN_UNUSED;

#endif
