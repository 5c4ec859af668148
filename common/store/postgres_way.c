#include "common/store/postgres_way.h"

#include <arpa/inet.h>
#include <postgresql/libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/language.h"
#include "common/base/text.h"
#include "common/config/config.h"
#include "common/log/log.h"

/* A socket in the file system, localhost, 127.x.x.x, ::1. Empty is libpq's own socket. */
static bool is_here(struct text host)
{
    char name[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;
    if (host.size == 0 || host.data[0] == '/' || host.data[0] == '@' || text_equal_nocase(host, TEXT("localhost"))) {
        return true;
    }
    if (host.size >= sizeof name) {
        return false;
    }
    (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(host));
    return (inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127) ||
           (inet_pton(AF_INET6, name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6));
}

static bool all_here(const char *hosts)
{
    for (const char *at = hosts ? hosts : "";; at++) {
        size_t size = strcspn(at, ",");
        if (!is_here((struct text){at, size})) {
            return false;
        }
        at += size;
        if (*at == '\0') {
            return true;
        }
    }
}

/* What the URL says, or the environment. */
struct said {
    const char *host, *hostaddr, *sslmode, *sslrootcert;
};

static void said_read(const PQconninfoOption *options, struct said *out)
{
    *out = (struct said){config_variable("PGHOST"), config_variable("PGHOSTADDR"), config_variable("PGSSLMODE"),
                         config_variable("PGSSLROOTCERT")};
    for (const PQconninfoOption *o = options; o && o->keyword; o++) {
        const char **value = strcmp(o->keyword, "host") == 0          ? &out->host
                             : strcmp(o->keyword, "hostaddr") == 0    ? &out->hostaddr
                             : strcmp(o->keyword, "sslmode") == 0     ? &out->sslmode
                             : strcmp(o->keyword, "sslrootcert") == 0 ? &out->sslrootcert
                                                                      : NULL;
        if (value && o->val && *o->val) {
            *value = o->val;
        }
    }
}

/* libpq's own place for it, else what every other program on this host trusts. */
static const char *roots_find(void)
{
    static const char system[] = "/etc/ssl/certs/ca-certificates.crt";
    const char *set = config_variable("DIANCHEN_CA_FILE"), *home = config_variable("HOME");
    char own[512];
    (void)snprintf(own, sizeof own, "%s/.postgresql/root.crt", home ? home : "");
    return set ? set : access(own, R_OK) == 0 ? NULL : system;
}

void pg_way_find(const char *url, struct pg_way *out)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    struct said said;
    said_read(options, &said);
    *out = (struct pg_way){.remote = !all_here(said.hostaddr ? said.hostaddr : said.host)};
    const char *mode = said.sslmode ? said.sslmode : out->remote ? "verify-full" : "prefer";
    if (!said.sslmode && out->remote) {
        out->sslmode = "verify-full";
    }
    if (out->remote && strcmp(mode, "verify-full") != 0) {
        (void)snprintf(out->less, sizeof out->less, "%s", mode);
    }
    if (!said.sslrootcert && strncmp(mode, "verify-", strlen("verify-")) == 0) {
        out->sslrootcert = roots_find();
    }
    PQconninfoFree(options);
}

const char *pg_way_cure(const struct pg_way *way, const char *why)
{
    if (way->remote && (strstr(why, "SSL") || strstr(why, "certificate"))) {
        return N_("name its certificate's authority with ?sslmode=verify-full&sslrootcert=FILE in DIANCHEN_STORE, or "
                  "write ?sslmode=disable where the network itself is private");
    }
    if (strstr(why, "pool sessions")) {
        return ""; /* that says it all */
    }
    if (strstr(why, "read-only")) {
        return N_("name the server that takes writes in DIANCHEN_STORE; a standby takes none, and of several hosts "
                  "(@a,b/dianchen) the one that does is found");
    }
    return N_("is the server up, and are address, user and password those of DIANCHEN_STORE?");
}

void pg_way_tell(const struct pg_way *way, const char *shown)
{
    static atomic_bool told;
    if (way->less[0] && !atomic_exchange(&told, true)) {
        log_line(
            EVENT_STORE_UNVERIFIED,
            "store %s: sslmode=%s does not verify which server answers; write sslmode=verify-full where the network "
            "is not private",
            shown, way->less);
    }
}
