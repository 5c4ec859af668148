/* The settings of the loader. The settings of the target's platform belong to its driver. */
#ifndef DIANCHEN_LOADER_SETTINGS_H
#define DIANCHEN_LOADER_SETTINGS_H

#include "common/alert/alert.h"
#include "common/ledger/ledger.h"
#include "common/stage/stage.h"
#include "loader/driver.h"

struct loader_settings {
    struct stage_options stage;
    const char *upstream;
    const struct target_driver *driver; /* of the scheme's target; NULL for a folder of schemes */
    struct http_network network;
    struct record_options record;
    struct alert_options alert;
    int64_t calls_per_minute;       /* -1 = the scheme's */
    int64_t timeout, late, visible; /* ms: TARGET_TIMEOUT, TARGET_LATE, TARGET_VISIBLE */
    bool check, find, json;
    const char *lookup;  /* "accounts", or a list that the API file names ("units"); NULL = none */
    const char *changes; /* file for what a dry run would change; NULL = none */
    const char *text;    /* --lookup: only entries with this text; NULL = all */
};

/* Reads flags and environment. CONFIG_GO: start. CONFIG_DONE: the answer was printed (--help), end with 0. ERR_INPUT with the
 * cause. Loads the scheme once, to know the driver, and checks the driver's settings; of a folder, which only a service takes,
 * loader_settings_driver does so scheme by scheme. Texts live as long as the process.
 * out->check is set even after ERR_INPUT, where --check was given. */
int loader_settings_read(int argc, char **argv, struct loader_settings *out, struct cause *cause) WARN_UNUSED;
/* Sets the driver of a scheme's target, everything set that it needs. ERR_INPUT with the cause. */
int loader_settings_driver(struct loader_settings *settings, const struct scheme *scheme,
                           struct cause *cause) WARN_UNUSED;
/* How long a claim holds, computed from timeout, late and visible. */
struct ledger_times loader_settings_times(const struct loader_settings *settings);

/* Is it `dianchen lookup accounts`? Then no account is needed. */
static inline bool loader_settings_accounts(const struct loader_settings *settings)
{
    return settings->lookup && strcmp(settings->lookup, "accounts") == 0;
}

#endif
