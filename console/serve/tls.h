/* The certificate and the private key with which the console speaks https. */
#ifndef DIANCHEN_CONSOLE_SERVE_TLS_H
#define DIANCHEN_CONSOLE_SERVE_TLS_H

#include "common/base/error.h"

/* Versions and ciphers, in the words of GnuTLS, which libmicrohttpd uses. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

struct tls {
    char *certificate, *key; /* PEM, each with a NUL behind; NULL = plain http */
};

/* Reads both files, and checks that they belong together and that the certificate has not expired. The caller owns *out: tls_free.
 * ERR_INPUT with the cure. */
int tls_read(const char *certificate, const char *key, struct tls *out, struct cause *cause) WARN_UNUSED;
/* Wipes the key. Does nothing where nothing was read. */
void tls_free(struct tls *tls);

#endif
