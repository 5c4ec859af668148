/* What a person may set of the extractor. */
#ifndef DIANCHEN_EXTRACTOR_SETTINGS_H
#define DIANCHEN_EXTRACTOR_SETTINGS_H

#include "common/alert.h"
#include "common/stage.h"
#include "extractor/qimen.h"

struct settings {
    struct stage_options stage;
    const char *bind;
    bool once, begin_new, join, check;
    int64_t limit, sample, run;
    int64_t calls_per_minute; /* -1 = the scheme's */
    const char *url, *app_key, *app_secret, *sid, *target_app_key, *sign_name;
    enum sign_method sign;
    const char *proxy, *no_proxy, *ca_file;
    struct alert_options alert;
};

/* CONFIG_GO, CONFIG_DONE or ERR_INPUT. settings->check and ->sample are known even then, where they were given. */
int settings_read(int argc, char **argv, struct settings *settings, struct cause *cause) WARN_UNUSED;
/* The part of it that makes calls; loop, http, limit, patience and events are the caller's to fill. */
struct qimen_options settings_source(const struct settings *settings, const struct scheme *scheme);
int settings_http(const struct settings *settings, const struct stage *stage, struct http **out,
                  struct cause *cause) WARN_UNUSED;

#endif
