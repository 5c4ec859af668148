/* May an address be called without TLS? */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/http/http.h"

/* localhost, *.localhost, 127.x.x.x in numbers, [::1]. */
static bool is_loopback(struct text host)
{
    static const struct text local = {"localhost", 9};
    while (host.size > 0 && host.data[host.size - 1] == '.') {
        host.size--;
    }
    if (host.size >= local.size &&
        text_equal_nocase((struct text){host.data + host.size - local.size, local.size}, local) &&
        (host.size == local.size || host.data[host.size - local.size - 1] == '.')) {
        return true;
    }
    char name[INET_ADDRSTRLEN];
    struct in_addr v4;
    (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(host));
    return (host.size < sizeof name && inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127) ||
           text_equal(host, TEXT("[::1]"));
}

int http_check_plain(const char *name, const char *url, struct cause *cause)
{
    static const char head[] = "http://";
    const char *word = config_variable("PLAIN_HTTP");
    bool allowed = word && strcmp(word, "allow") == 0;
    if (word && !allowed) {
        return cause_set(cause, ERR_INPUT, "PLAIN_HTTP: '%s' is no word for it: leave it unset, or write allow", word);
    }
    if (allowed || strncasecmp(url, head, sizeof head - 1) != 0) {
        return 0;
    }
    const char *host = url + sizeof head - 1;
    for (size_t i = strcspn(host, "/?#"); i-- > 0;) { /* behind the name and password of the user */
        if (host[i] == '@') {
            host += i + 1;
            break;
        }
    }
    size_t size = *host == '[' ? strcspn(host, "]/?#") + (strchr(host, ']') != NULL) : strcspn(host, ":/?#");
    return is_loopback((struct text){host, size})
               ? 0
               : cause_set(cause, ERR_INPUT,
                           "%s: plain http would show secrets to everyone on the way to that host; write https://, or "
                           "set PLAIN_HTTP=allow where the network itself is private",
                           name);
}
