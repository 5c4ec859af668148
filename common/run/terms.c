#include "common/run/terms.h"

#include "common/scheme/formula/date.h"

static int moment(const char *option, const char *text, int64_t *out, struct cause *cause)
{
    int64_t date = 0;
    if (date_parse(text_of(text), &date) != 0) {
        return cause_set(cause, ERR_INPUT, "%s: %s: no day or time; write 2026-01-31, or \"2026-01-31 08:00\"", option,
                         text);
    }
    *out = (date - DATE_ZONE) * 1000;
    return 0;
}

int run_plan_windows(const struct scheme *scheme, const char *from, const char *to, struct run_plan *out,
                     struct cause *cause)
{
    const struct scheme_window *window = &scheme->source.window;
    out->request = text_of(window->request);
    out->reread_every = window->reread_every;
    out->reread_back = window->reread_back;
    out->window = (struct window_terms){.since = window->since,
                                        .lag = window->lag,
                                        .overlap = window->overlap,
                                        .step = window->step,
                                        .most = window->most};
    if (!from && !to) {
        return 0;
    }
    if (window->step == 0) {
        return cause_set(cause, ERR_INPUT, "--from, --to: %.*s is read whole each time, not by windows of time",
                         TEXT_ARG(scheme->source.api));
    }
    if (!from) {
        return cause_set(cause, ERR_INPUT, "--to goes with --from");
    }
    int error = moment("--from", from, &out->window.from, cause);
    out->window.to = store_wall() - window->lag;
    error = error || !to ? error : moment("--to", to, &out->window.to, cause);
    if (!error && (out->window.to <= out->window.from || out->window.from <= 0)) {
        return cause_set(cause, ERR_INPUT, "--from %s, --to %s: the end must lie behind the beginning", from,
                         to ? to : "now");
    }
    return error;
}
