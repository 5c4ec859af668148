#include "extractor/parts.h"

#include <stdio.h>

enum { EVERY_UNSET = 60000 /* ms between runs where the scheme says nothing */ };

/* Why the extractor can't work now. */
static const char *trouble(void *user, const char **name)
{
    const struct parts *parts = user;
    return parts->plan ? plan_trouble(parts->plan, name) : NULL;
}

/* All extractors of one account share one pace. */
static int pace_open(const struct settings *s, const struct stage *stage, struct limit **out, struct cause *cause)
{
    const struct scheme *scheme = stage->scheme;
    char api[200], name[400];
    (void)snprintf(api, sizeof api, "%.*s", TEXT_ARG(scheme->source.api));
    (void)snprintf(name, sizeof name, "%s %s", api, s->driver->account());
    int64_t pace = s->calls_per_minute >= 0 ? s->calls_per_minute : scheme->source.calls_per_minute;
    int error = limit_new(stage->loop, stage->store, stage->metrics, api, name, pace, out);
    return error ? cause_set(cause, error, "out of memory") : 0;
}

int parts_open(const struct settings *s, const struct stage *stage, const struct parts_events *events, void *user,
               struct parts *parts, struct cause *cause)
{
    const struct scheme *scheme = stage->scheme;
    int64_t every = scheme->every > 0 ? scheme->every : EVERY_UNSET;
    int error = settings_http(s, stage, &parts->http, cause);
    error = error ? error : pace_open(s, stage, &parts->limit, cause);
    error = error ? error : alerts_open(&s->alert, stage, trouble, parts, &parts->alerts, cause);
    if (error) {
        return error;
    }
    const struct source_options source = {
        .driver = s->driver,
        .scheme = scheme,
        .loop = stage->loop,
        .http = parts->http,
        .limit = parts->limit,
        .store = stage->store,
        .patience = RETRY_GIVE_UP,
    };
    const struct plan_options plan = {
        .stage = stage,
        .bind = s->bind,
        .source = &source,
        .account = text_of(s->driver->account()),
        .account_setting = s->driver->account_setting,
        .limit = s->limit,
        .from = s->from,
        .to = s->to,
        .vanish_all = s->vanish_all,
        .join = s->join,
        .every = s->once ? 0 : every,
        .at = scheme->at,
        .run = s->run,
        .ended = events->ended,
        .begun = events->begun,
        .closed = events->closed,
        .user = user,
    };
    return plan_new(&plan, &parts->plan, cause);
}

void parts_stop(struct parts *parts)
{
    alert_stop(parts->alerts.alert);
    if (parts->plan) {
        plan_stop(parts->plan);
    }
    limit_free(&parts->limit);
    http_free(&parts->http);
}

void parts_free(struct parts *parts)
{
    plan_free(&parts->plan);
    alert_free(&parts->alerts.alert);
}
