#include "extractor/alerts.h"

#include <stdio.h>

int alerts_open(const struct alert_options *options, const struct stage *stage,
                const char *(*trouble)(void *user, const char **name), void *user, struct run_alerts *alerts,
                struct cause *cause)
{
    char worker[sizeof stage->peer_name + 12];
    (void)snprintf(worker, sizeof worker, "extractor %s", stage->peer_name);
    *alerts = (struct run_alerts){.stage = stage, .trouble = trouble, .user = user};
    int error =
        alert_new(stage->loop, stage->store, options, stage->scheme->name, worker, NULL, NULL, &alerts->alert, cause);
    if (!error) {
        alert_watch(alerts->alert, trouble, user);
    }
    return error;
}

void alerts_closed(struct run_alerts *alerts, const struct run_closing *closing)
{
    const struct run_sums *sums = &closing->sums;
    bool incomplete = !closing->sums.complete;
    if (closing->vanished.stopped) {
        struct cause cause;
        (void)closing_vanished(closing, &cause);
        alert_raise(alerts->alert, "run.vanished", cause.text, 0);
        alerts->told = true;
    }
    bool followed = closing->followed && closing->next.kind != RUN_VANISHED;
    if (followed || (!incomplete && sums->rejected == 0)) {
        return; /* the run that follows tells */
    }
    char what[600];
    (void)snprintf(what, sizeof what,
                   "run %lld is %s, %lld records rejected\nseen %lld, created %lld, updated %lld, unchanged %lld, "
                   "filtered %lld; %lld.%lld s%s%s%s%s",
                   (long long)closing->run.id, sums->state, (long long)sums->rejected, (long long)sums->seen,
                   (long long)sums->created, (long long)sums->updated, (long long)sums->unchanged,
                   (long long)sums->filtered, (long long)(sums->ms / 1000), (long long)(sums->ms / 100 % 10),
                   incomplete ? "\n" : "", incomplete ? closing_incomplete(closing) : "",
                   incomplete ? ": run again" : "", sums->rejected > 0 ? "\ndianchen rejects list, by reason:" : "");
    alert_raise(alerts->alert, incomplete ? "run.incomplete" : "run.rejects", what,
                sums->rejected > 0 ? closing->run.id : 0);
    alerts->told = true;
}

void alerts_ended(struct run_alerts *alerts, int exit_code, const struct cause *cause)
{
    bool bad = (exit_code == EXIT_REFUSED || exit_code == EXIT_UNFINISHED) && cause->text[0] != '\0';
    if (bad && !alerts->told) {
        const char *name = NULL;
        char what[sizeof cause->text + 40];
        bool failed = exit_code == EXIT_REFUSED;
        (void)snprintf(what, sizeof what, "a run %s: %s", failed ? "failed" : "is unfinished", cause->text);
        const char *stands = failed ? NULL : alerts->trouble(alerts->user, &name);
        alert_raise(alerts->alert, failed ? "run.failed" : stands ? name : "run.unfinished", what, 0);
    }
    alerts->told = false;
}

static void all_told(void *user)
{
    const struct run_alerts *alerts = user;
    stage_end(alerts->stage, alerts->exit_code);
}

void alerts_stop(struct run_alerts *alerts, int exit_code, bool draining)
{
    if (!alerts->stopping) {
        alerts->stopping = true;
        alerts->exit_code = exit_code;
        alert_settle(alerts->alert, alerts->stage->loop, draining ? ALERT_DRAIN : ALERT_LAST, all_told, alerts);
    }
}
