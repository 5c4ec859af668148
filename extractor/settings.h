/* What a person may set of the extractor. What the source's platform needs is set by its driver. */
#ifndef DIANCHEN_EXTRACTOR_SETTINGS_H
#define DIANCHEN_EXTRACTOR_SETTINGS_H

#include "common/alert/alert.h"
#include "common/stage/stage.h"
#include "extractor/driver.h"

struct settings {
    struct stage_options stage;
    const char *bind;
    bool once, begin_new, join, check, read, vanish_all;
    int64_t limit, sample, run;
    const char *page;                   /* of --read: its number, from 1, or its cursor; NULL = the first */
    int64_t size;                       /* its records, 0 = as many as it may hold */
    const char *note_run;               /* file for the id of the run at hand; NULL = none */
    const char *from, *to;              /* span of time of a new run, or of --read; NULL = not given */
    int64_t calls_per_minute;           /* -1 = the scheme's */
    const struct source_driver *driver; /* of the scheme's source; NULL for a folder of schemes */
    struct http_network network;
    struct record_options record;
    struct alert_options alert; /* complete */
};

/* CONFIG_GO, CONFIG_DONE or ERR_INPUT. Loads the scheme once, to know the driver, whose settings are checked then; of a folder, which
 * only a service takes, settings_driver does so scheme by scheme.
 * settings->check, ->sample and ->read are known even after ERR_INPUT, where they were given. */
int settings_read(int argc, char **argv, struct settings *settings, struct cause *cause) WARN_UNUSED;
/* The driver of a scheme's source, everything set that it needs. ERR_INPUT with the cause. */
int settings_driver(const struct settings *settings, const struct scheme *scheme, const struct source_driver **out,
                    struct cause *cause) WARN_UNUSED;
/* The HTTP client of the source. ERR_INPUT with the cause. */
int settings_http(const struct settings *settings, const struct stage *stage, struct http **out,
                  struct cause *cause) WARN_UNUSED;

#endif
