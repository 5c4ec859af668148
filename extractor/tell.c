#include "extractor/tell.h"

#include <stdio.h>

#include "extractor/page_work.h"

static const char *trouble(void *user, const char **name)
{
    const struct tell *tell = user;
    return tell->plan ? plan_trouble(tell->plan, name) : NULL;
}

int tell_open(const struct settings *settings, const struct stage *stage, struct tell *tell, struct cause *cause)
{
    struct alert_options options = settings->alert;
    char worker[sizeof stage->peer_name + 12];
    tell->loop = stage->loop;
    options.proxy = settings->proxy;
    options.no_proxy = settings->no_proxy;
    options.ca_file = settings->ca_file;
    (void)snprintf(worker, sizeof worker, "extractor %s", stage->peer_name);
    int error =
        alert_new(stage->loop, stage->store, &options, stage->scheme->name, worker, NULL, NULL, &tell->alert, cause);
    if (!error) {
        alert_watch(tell->alert, trouble, tell);
    }
    return error;
}

void tell_closed(struct tell *tell, const struct run_end *end)
{
    const struct run_sums *sums = &end->sums;
    bool incomplete = !end->complete;
    if (end->followed || (!incomplete && sums->rejected == 0)) {
        return; /* the run that follows tells */
    }
    char what[600];
    (void)snprintf(what, sizeof what,
                   "run %lld is %s, %lld records rejected\nseen %lld, created %lld, updated %lld, unchanged %lld, "
                   "filtered %lld; %lld.%lld s%s%s",
                   (long long)end->run.id, sums->state, (long long)sums->rejected, (long long)sums->seen,
                   (long long)sums->created, (long long)sums->updated, (long long)sums->unchanged,
                   (long long)sums->filtered, (long long)(sums->ms / 1000), (long long)(sums->ms / 100 % 10),
                   incomplete ? "\nit saw other records than the source says it has: run again" : "",
                   sums->rejected > 0 ? "\ndianchen rejects list, by reason:" : "");
    alert_raise(tell->alert, incomplete ? "run.incomplete" : "run.rejects", what, sums->rejected > 0 ? end->run.id : 0);
    tell->told = true;
}

void tell_ended(struct tell *tell, int exit_code, const struct cause *cause)
{
    bool bad = (exit_code == EXIT_REFUSED || exit_code == EXIT_UNFINISHED) && cause->text[0] != '\0';
    if (bad && !tell->told) {
        const char *name = NULL;
        char what[sizeof cause->text + 40];
        bool failed = exit_code == EXIT_REFUSED;
        (void)snprintf(what, sizeof what, "a run %s: %s", failed ? "failed" : "is unfinished", cause->text);
        const char *stands = failed ? NULL : plan_trouble(tell->plan, &name);
        alert_raise(tell->alert, failed ? "run.failed" : stands ? name : "run.unfinished", what, 0);
    }
    tell->told = false;
}

static void all_told(void *user)
{
    const struct tell *tell = user;
    loop_stop(tell->loop, tell->exit_code);
}

void tell_stop(struct tell *tell, int exit_code, bool draining)
{
    if (!tell->stopping) {
        tell->stopping = true;
        tell->exit_code = exit_code;
        alert_settle(tell->alert, tell->loop, draining ? ALERT_DRAIN : ALERT_LAST, all_told, tell);
    }
}
