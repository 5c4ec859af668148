#include "ctl/run/unfinished.h"

#include <stdio.h>

#include "common/base/print.h"
#include "common/config/config.h"

/* "a replay of 3 records", "the first 100 records", "all records" */
static void describe(const struct run_standing *run, char *out, size_t room)
{
    if (run->kind == RUN_REPLAY) {
        snprintf(out, room, "a replay of %lld record%s", (long long)run->keys, run->keys == 1 ? "" : "s");
    } else if (run->kind == RUN_VANISHED) {
        snprintf(out, room, "%lld record%s that the source has lost", (long long)run->keys, run->keys == 1 ? "" : "s");
    } else if (run->kind == RUN_PUSHED) {
        snprintf(out, room, "records that were pushed");
    } else if (run->limit > 0) {
        snprintf(out, room, "the first %lld records", (long long)run->limit);
    } else {
        snprintf(out, room, "all records");
    }
}

/* One line, and what is to be done. */
static int decide(const struct run_standing *run, const struct unfinished_asked *asked, struct unfinished *out,
                  struct cause *cause)
{
    int64_t limit = asked->limit;
    char what[60], head[160];
    describe(run, what, sizeof what);
    snprintf(head, sizeof head, "run %lld (%s) stands unfinished, %lld of %lld pages are done", (long long)run->id,
             what, (long long)run->pages_done, (long long)run->pages);
    bool part = run->kind != RUN_SYNC;
    bool other = asked->begin_new || asked->span || run->limit != limit || !run->same_scheme;
    if (run->state == RUN_FAILED && run->rows_done == 0 && !part && other) {
        out->anew = true;
    } else if (asked->begin_new) {
        print_line(stderr, "dianchen: %s: it is abandoned, a new one begins", head);
    } else if (!run->same_scheme) {
        print_line(stderr, "dianchen: %s: the scheme has changed since, so it is abandoned and a new one begins", head);
    } else if (part || asked->span || (run->limit > 0 && (limit == 0 || run->limit < limit))) {
        print_line(stderr, "dianchen: %s: it is finished first, then the run that you asked for begins", head);
        out->first = true;
    } else if (limit > 0 && run->limit != limit) {
        return cause_set(cause, ERR_INPUT,
                         "%s: finishing it reads more than --limit %lld; dianchen run finishes it, dianchen run --new "
                         "--limit %lld abandons it",
                         head, (long long)limit, (long long)limit);
    } else {
        print_line(stderr, "dianchen: %s: it is finished now (--new would abandon it)", head);
    }
    return 0;
}

struct text unfinished_source(const struct scheme *scheme)
{
    static const struct {
        const char *driver, *account, *address;
    } names[] = {
        {"qimen", "WDT_SID", NULL}, {"rest", "REST_ACCOUNT", "REST_URL"}, {"soap", "SOAP_ACCOUNT", "SOAP_URL"}};
    const char *source = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_equal(scheme->source.driver, text_of(names[i].driver))) {
            source = config_variable(names[i].account);
            source = source || !names[i].address ? source : config_variable(names[i].address);
        }
    }
    return text_of(source ? source : "");
}

static int look(struct store *store, const struct scheme *scheme, struct run_standing *out)
{
    *out = (struct run_standing){0};
    int error = store_begin(store, false);
    error = error ? error
                  : store_end(store,
                              run_standing(store, scheme->name, text_of(scheme->hash), unfinished_source(scheme), out));
    return error == ERR_NOT_FOUND ? 0 : error;
}

int unfinished_tell(struct store *store, const struct scheme *scheme, const struct unfinished_asked *asked,
                    struct unfinished *out, struct cause *cause)
{
    *out = (struct unfinished){.first = false};
    if (look(store, scheme, &out->run) != 0) {
        return cause_set(cause, ERR_IO, "store %s", store_why(store));
    }
    return out->run.id != 0 ? decide(&out->run, asked, out, cause) : 0;
}

static int drop(struct store *store, void *user)
{
    const int64_t *run = user;
    struct run_progress now;
    int error = run_progress(store, *run, &now);
    return error || now.state != RUN_OPEN || now.rows_done > 0 ? error : run_abandon(store, *run);
}

int unfinished_drop(struct store *store, int64_t run, const struct unfinished *before)
{
    return run == before->run.id ? 0 : store_insist(store, drop, &run);
}
