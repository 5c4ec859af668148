#include "console/serve/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/log/log.h"
#include "console/console.h"

static struct text header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return text_of(value ? value : "");
}

/* "HOST:PORT" without its port. */
static struct text host_of(struct text authority)
{
    if (authority.size > 0 && authority.data[0] == '[') {
        ptrdiff_t end = text_find(authority, TEXT("]"));
        return end > 0 ? (struct text){authority.data, (size_t)end + 1} : authority;
    }
    ptrdiff_t colon = text_find(authority, TEXT(":"));
    return colon >= 0 ? (struct text){authority.data, (size_t)colon} : authority;
}

static bool is_named(const char *hosts, struct text host)
{
    struct text rest = text_of(hosts ? hosts : "");
    while (rest.size > 0) {
        ptrdiff_t comma = text_find(rest, TEXT(","));
        struct text one = {rest.data, comma >= 0 ? (size_t)comma : rest.size};
        if (one.size > 0 && text_equal_nocase(one, host)) {
            return true;
        }
        size_t gone = one.size + (comma >= 0 ? 1 : 0);
        rest = (struct text){rest.data + gone, rest.size - gone};
    }
    return false;
}

/* An address in numbers can't be made to lead elsewhere, as a name can; one beyond this host counts where the console is open. */
static bool is_address(struct text host, bool open)
{
    char name[64];
    struct in_addr v4;
    struct in6_addr v6;
    bool bracketed = host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']';
    host = bracketed ? (struct text){host.data + 1, host.size - 2} : host;
    if (host.size == 0 || host.size >= sizeof name) {
        return false;
    }
    memcpy(name, host.data, host.size);
    name[host.size] = '\0';
    if (bracketed) {
        return inet_pton(AF_INET6, name, &v6) == 1 && (open || IN6_IS_ADDR_LOOPBACK(&v6));
    }
    return inet_pton(AF_INET, name, &v4) == 1 && (open || ntohl(v4.s_addr) >> 24 == 127);
}

bool guard_host(const struct console *console, struct MHD_Connection *connection)
{
    struct text host = host_of(header(connection, "Host"));
    return text_equal_nocase(host, TEXT("localhost")) || is_address(host, console->open) ||
           is_named(console->hosts, host);
}

/* A browser says where a page came from that sends a request: it must be this console. */
static bool origin_fits(const struct console *console, struct MHD_Connection *connection)
{
    struct text origin = header(connection, "Origin"), site = header(connection, "Sec-Fetch-Site");
    if (site.size > 0 && !text_equal(site, TEXT("same-origin")) && !text_equal(site, TEXT("none"))) {
        return false;
    }
    if (origin.size == 0) {
        return true;
    }
    struct text scheme = text_of(console->tls.key ? "https://" : "http://");
    return text_starts(origin, scheme) &&
           text_equal_nocase((struct text){origin.data + scheme.size, origin.size - scheme.size},
                             header(connection, "Host"));
}

void guard_cookie_name(struct MHD_Connection *connection, char out[40])
{
    struct text host = header(connection, "Host");
    struct text name = host_of(host);
    const char *port = host.size > name.size ? name.data + name.size + 1 : "80";
    size_t size = strspn(port, "0123456789");
    (void)snprintf(out, 40, "dianchen_%.*s", (int)(size < 5 ? size : 5), port);
}

static int token_look(struct store *store, void *user)
{
    struct {
        const char *hash;
        struct visitor *visitor;
    } *look = user;
    return token_find(store, look->hash, look->visitor->name, &look->visitor->role);
}

int guard_token(struct console *console, const char *hash, struct visitor *visitor)
{
    struct cause cause;
    struct {
        const char *hash;
        struct visitor *visitor;
    } look = {hash, visitor};
    return stores_use(console->stores, false, token_look, &look, &cause);
}

static int wrong_token(struct api_answer *answer)
{
    (void)answer_problem(answer, MHD_HTTP_UNAUTHORIZED, GUARD_WRONG_TOKEN, "the token is none of this console");
    answer_cure(answer, "dianchen console token new --name NAME makes one");
    return ERR_REFUSED;
}

void guard_delay(struct console *console, struct api_answer *answer)
{
    if (!answer->code || strcmp(answer->code, GUARD_WRONG_TOKEN) != 0) {
        return;
    }
    if (session_penalty(console->sessions)) {
        log_event(EVENT_CONSOLE_REFUSED, "a call came with a token that is none", (const char *)NULL);
        return;
    }
    answer->retry_after = 2;
    (void)answer_problem(answer, MHD_HTTP_TOO_MANY_REQUESTS, "busy", "many calls came with tokens that are none");
}

static int by_cookie(struct console *console, struct text cookie, struct visitor *visitor)
{
    char hash[TOKEN_HASH + 1];
    struct visitor found;
    int error = session_find(console->sessions, cookie, &found, hash);
    if (!error && hash[0]) {
        error = guard_token(console, hash, &found); /* it may be gone, or have another role by now */
        if (error == ERR_NOT_FOUND) {
            session_end(console->sessions, cookie);
        }
    }
    if (!error) {
        *visitor = found;
    }
    return error;
}

bool guard_still(struct console *console, struct text session, const char *hash)
{
    struct visitor visitor = {.role = ROLE_NOBODY};
    return (hash[0] ? guard_token(console, hash, &visitor) : by_cookie(console, session, &visitor)) == 0;
}

int guard_visitor(struct console *console, struct MHD_Connection *connection, struct visitor *visitor,
                  struct text *session, struct api_answer *answer)
{
    struct text bearer = header(connection, "Authorization"), scheme = TEXT("Bearer ");
    *visitor = (struct visitor){.role = ROLE_NOBODY};
    *session = TEXT("");
    if (!origin_fits(console, connection)) {
        return answer_problem(answer, MHD_HTTP_FORBIDDEN, "origin", "a page of another origin may not call this API");
    }
    if (bearer.size > scheme.size && text_equal_nocase((struct text){bearer.data, scheme.size}, scheme)) {
        struct text token = {bearer.data + scheme.size, bearer.size - scheme.size};
        int error = token_hash(token, visitor->hash);
        error = error ? error : guard_token(console, visitor->hash, visitor);
        return error == ERR_NOT_FOUND ? wrong_token(answer) : error;
    }
    if (!text_equal(header(connection, "X-Dianchen"), TEXT("1"))) {
        return 0; /* what needs nobody is open; for all else there is nobody */
    }
    char name[40];
    guard_cookie_name(connection, name);
    *session = text_of(MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, name));
    if (!session_key_fits(console->sessions, *session, header(connection, "X-Dianchen-Key"))) {
        *session = TEXT("");
        return 0;
    }
    int error = by_cookie(console, *session, visitor);
    return error == ERR_NOT_FOUND ? 0 : error;
}
