/* The way to the database: off this host its certificate is verified, unless the URL says otherwise. Then the log does, too. */
#ifndef DIANCHEN_COMMON_STORE_POSTGRES_WAY_H
#define DIANCHEN_COMMON_STORE_POSTGRES_WAY_H

#include <stdbool.h>

struct pg_way {
    const char *sslmode;     /* what libpq is told where the URL says nothing; NULL = its own default */
    const char *sslrootcert; /* the same; lives as long as the process */
    bool remote;             /* a host of the URL is not this one */
    char less[24];           /* remote, and this sslmode of the URL or of PGSSLMODE verifies less; "" = verify-full */
};
/* `url` can be parsed by libpq. */
void pg_way_find(const char *url, struct pg_way *out);
/* What a person can do about a connection that failed, by what libpq says of it: it may be TLS that the server lacks, or its
 * certificate. "" where `why` says it itself. */
const char *pg_way_cure(const struct pg_way *way, const char *why);
/* Logs `less`, once a process. `shown` is the server, without secrets. */
void pg_way_tell(const struct pg_way *way, const char *shown);

#endif
