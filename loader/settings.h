/* What a person may set of the loader. What the target's platform needs is set by its driver. */
#ifndef DIANCHEN_LOADER_SETTINGS_H
#define DIANCHEN_LOADER_SETTINGS_H

#include "common/alert/alert.h"
#include "common/ledger/ledger.h"
#include "common/stage/stage.h"
#include "loader/driver.h"

struct loader_settings {
    struct stage_options stage;
    const char *upstream;
    const struct target_driver *driver; /* of the scheme's target */
    struct http_network network;
    struct record_options record;
    struct alert_options alert;
    int64_t calls_per_minute; /* -1 = the scheme's */
    int64_t timeout, late, visible;
    bool check, find, json;
    const char *lookup;  /* accounts, or a list of the API file: units; NULL = none */
    const char *changes; /* file for what a dry run would change; NULL = none */
    const char *text;    /* what to look for; NULL = all */
};

/* CONFIG_GO, CONFIG_DONE or ERR_INPUT. Loads the scheme once, to know the driver, whose settings are checked then.
 * settings->check is known even after ERR_INPUT, where it was given. */
int loader_settings_read(int argc, char **argv, struct loader_settings *out, struct cause *cause) WARN_UNUSED;
struct ledger_times loader_settings_times(const struct loader_settings *settings);

/* Is it `dianchen lookup accounts`? Then no account is needed. */
static inline bool loader_settings_accounts(const struct loader_settings *settings)
{
    return settings->lookup && strcmp(settings->lookup, "accounts") == 0;
}

#endif
