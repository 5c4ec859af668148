/* The options of the console: of the program itself, and of `dianchen console`, which becomes that program. */
#ifndef DIANCHEN_COMMON_CONFIG_CONSOLE_H
#define DIANCHEN_COMMON_CONFIG_CONSOLE_H

#include "common/config/config.h"

struct console_order { /* texts as config.h gives them; NULL = not given */
    const char *scheme, *store, *log, *bind, *at, *metrics, *name, *certificate, *key, *password, *hosts;
    const char *webhook, *webhook_secret, *proxy, *http_proxy, *no_proxy, *ca_file;
    bool read_only, published, no_link;
};

enum { CONSOLE_WORDS = 3 /* most operands */ };
#define CONSOLE_OPERANDS                                                                                               \
    {                                                                                                                  \
        "[password | token new|list|remove]", "[NAME]", NULL                                                           \
    }

/* The rows of a table of options (config.h) that fill in `order`. */
#define CONSOLE_OPTIONS(order)                                                                                         \
    OPT_SETTING(SCHEME, (order).scheme, .help = "a scheme file; those beside it are shown too"),                       \
        OPT_SETTING(STORE, (order).store), OPT_SETTING(LOG, (order).log),                                              \
        OPT_TEXT("--bind", (order).bind,                                                                               \
                 "HOST:PORT; beyond loopback addresses only with --tls-certificate, --tls-key and --password-file; "   \
                 "port 0 = any",                                                                                       \
                 .fallback = "127.0.0.1:9700"),                                                                        \
        OPT_TEXT("--at", (order).at,                                                                                   \
                 "where the workers serve /metrics: HOST:PORT,… (a name: all of its); unset: what runs on this "     \
                 "machine"),                                                                                           \
        OPT_TEXT("--metrics", (order).metrics, "HOST:PORT of the console's own /metrics, or off",                      \
                 .fallback = "127.0.0.1:9704"),                                                                        \
        OPT_SWITCH(                                                                                                    \
            "--published", (order).published,                                                                          \
            "in a container: --bind may be any address of it, whose port the engine publishes on 127.0.0.1 alone"),    \
        OPT_TEXT("--tls-certificate", (order).certificate, "FILE in PEM, the whole chain: the console speaks https"),  \
        OPT_TEXT("--tls-key", (order).key, "FILE in PEM: its private key"),                                            \
        OPT_TEXT("--password-file", (order).password,                                                                  \
                 "FILE of the password that people may log in with (console password makes it)"),                      \
        OPT_TEXT("--host", (order).hosts,                                                                              \
                 "NAME,…: names under which browsers may reach the console, besides addresses"),                       \
        OPT_SWITCH("--no-link", (order).no_link, "print no link: people sign in with a token"),                        \
        OPT_TEXT("--name", (order).name, "token new: whose token it is"),                                              \
        OPT_SWITCH("--read-only", (order).read_only, "token new: it may read, and change nothing"),                    \
        OPT_SETTING(WEBHOOK_URL, (order).webhook), OPT_SETTING(WEBHOOK_SECRET, (order).webhook_secret),                \
        OPT_SETTING(HTTPS_PROXY, (order).proxy), OPT_SETTING(HTTP_PROXY, (order).http_proxy),                          \
        OPT_SETTING(NO_PROXY, (order).no_proxy), OPT_SETTING(CA_FILE, (order).ca_file)

#endif
