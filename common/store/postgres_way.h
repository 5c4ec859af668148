/* Verification of the database server. The certificate of a server on another host is verified, unless the URL says
 * otherwise; then the log warns. */
#ifndef DIANCHEN_COMMON_STORE_POSTGRES_WAY_H
#define DIANCHEN_COMMON_STORE_POSTGRES_WAY_H

#include <stdbool.h>

struct pg_way {
    const char *sslmode;     /* for libpq, if the URL says nothing; NULL = its own default */
    const char *sslrootcert; /* the same; lives as long as the process */
    bool remote;             /* a host of the URL is not this one */
    char less[24];           /* remote: the sslmode of the URL or of PGSSLMODE, if that verifies less; else "" */
};
/* Fills *out from a URL that libpq can parse. */
void pg_way_find(const char *url, struct pg_way *out);
/* What a person can do about a failed connection, judged by libpq's message `why`: the server may lack TLS, or its
 * certificate may be at fault. "" = `why` says enough. */
const char *pg_way_cure(const struct pg_way *way, const char *why);
/* Logs `less`, once a process. `shown` is the server, without secrets. */
void pg_way_tell(const struct pg_way *way, const char *shown);

#endif
