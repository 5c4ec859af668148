/* What a loader is told by flags, environment and env file. */
#ifndef DIANCHEN_LOADER_OPTIONS_H
#define DIANCHEN_LOADER_OPTIONS_H

#include "common/alert.h"
#include "common/ledger.h"
#include "common/stage.h"

struct options {
    struct stage_options stage;
    const char *upstream;
    const char *url; /* without a slash at its end */
    const char *client_id, *client_secret, *username, *password;
    const char *account;     /* NULL only for --check and --lookup accounts */
    const char *group;       /* NULL = looked up */
    const char *router_addr; /* NULL = not sent */
    const char *proxy, *no_proxy, *ca_file;
    struct alert_options alert;
    int64_t calls_per_minute; /* -1 = the scheme's */
    int64_t timeout, late, visible;
    bool check, json;
    const char *lookup; /* accounts, units, categories, materials; NULL = none */
    const char *text;   /* what to look for; NULL = all */
    char base[512];     /* where url points */
};

/* CONFIG_GO, CONFIG_DONE or ERR_INPUT. */
int options_read(int argc, char **argv, struct options *out, struct cause *cause) WARN_UNUSED;
struct ledger_times options_times(const struct options *options);

#endif
