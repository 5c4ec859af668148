#include "extractor/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/container.h"
#include "common/log/log.h"
#include "common/run/behind.h"
#include "common/run/inbox.h"
#include "common/run/schedule.h"
#include "common/run/terms.h"
#include "extractor/pages.h"

enum {
    LEAVE_WAIT = 5000,  /* ms for what is out, of the 8 s that a stop may take */
    JOIN_EVERY = 200,   /* ms between looks for a run to join, where that is all it is here for */
    LOOK_EVERY = 500,   /* the same between two runs of the schedule, and looks for what others bring (inbox.h) */
    BEGIN_WAIT = 10000, /* ms that one run waits for another version of its scheme to go */
    STORE_LAST = 6500,  /* ms after SIGTERM that the store is waited for */
    READY_EVERY = 500,  /* ms between looks at what /readyz tells */
};

/* How a run ended, as runs_total{result} tells; one that another extractor closed is counted there. */
enum run_result { END_COMPLETE, END_INCOMPLETE, END_FOLLOWED, END_FAILED };

struct plan {
    struct plan_options options;
    const struct scheme *scheme;
    struct loop *loop;
    struct store *store;
    struct source *source;
    struct pages *pages;
    char owner[120];

    enum {
        PHASE_IDLE,
        PHASE_BEGINNING,
        PHASE_READING,
        PHASE_LOOKING,
        PHASE_CLOSING,
        PHASE_LEAVING,
        PHASE_RELEASING,
    } phase;
    struct run_plan run_plan;
    struct run run;
    struct poison poison;
    struct source_call look; /* page 0 once more, slice by slice */
    int64_t now_told;        /* what it tells, over all slices; -1 = not */
    bool reaching;           /* closing: looks for more pages first */
    struct run_closing closing;
    struct store_job job;   /* begin, or release */
    bool job_busy;          /* begin or close is under way */
    struct loop_ms blocked; /* since when another scheme's extractor is in the way; .ms 0 = not */
    struct run_wait wait;   /* out of begin: when a run may begin */
    bool unnoted, noted;    /* the schedule by the clock: the next begin_work notes it; the last one did */
    bool next_told;         /* what a service waits for that has just started, or that it did not wait */
    struct store_outage outage;
    struct loop_timer again, ready;
    struct metric *ends[END_FAILED + 1];

    struct cause cause; /* why we are leaving */
    int exit_code;
    bool rejects; /* the run before this one, which only disables, had some */
    bool failed;  /* the run is to be marked: a person must mend something */
    bool stopped; /* plan_stop: what the store still hands back is dropped */
};

static void over(struct plan *plan, int exit_code)
{
    struct cause cause = plan->cause;
    plan->phase = PHASE_IDLE;
    loop_clear_timer(plan->loop, &plan->again);
    plan->options.ended(plan->options.user, exit_code, &cause);
    log_run(0);
}

/* ---- leaving ---- */

static int release_work(struct store *store, struct store_job *job)
{
    struct plan *plan = CONTAINER_OF(job, struct plan, job);
    int error = page_release(store, plan->run.id, text_of(plan->owner));
    if (!error && plan->failed) {
        error = run_fail(store, plan->run.id, text_of(plan->cause.text));
    }
    return error == ERR_STALE ? 0 : error;
}

static void release_done(struct store_job *job, int error)
{
    struct plan *plan = CONTAINER_OF(job, struct plan, job);
    if (plan->stopped) {
        return;
    }
    if (error) { /* the leases run out by themselves */
        log_line(EVENT_STORE_FAILING, "leases were not given up: %s", store_why(plan->store));
    }
    over(plan, plan->exit_code);
}

static void pages_stopped(void *user)
{
    struct plan *plan = user;
    if (plan->phase != PHASE_LEAVING || plan->job_busy) {
        return; /* begin_done and close_done come back here */
    }
    plan->phase = PHASE_RELEASING;
    plan->job = (struct store_job){.work = release_work, .done = release_done};
    store_submit(plan->store, &plan->job);
}

static void leave(void *user, int exit_code, const struct cause *cause, bool failed)
{
    struct plan *plan = user;
    if (plan->phase == PHASE_IDLE || plan->phase >= PHASE_LEAVING) {
        return;
    }
    plan->exit_code = exit_code;
    plan->cause = cause ? *cause : (struct cause){""};
    plan->failed = failed;
    metric_add(plan->ends[END_FAILED], failed);
    plan->phase = PHASE_LEAVING;
    source_drop(plan->source, &plan->look);
    loop_clear_timer(plan->loop, &plan->again);
    pages_stop(plan->pages, loop_after(loop_now(plan->loop), LEAVE_WAIT));
}

static void source_ended(void *user, int exit_code, const struct cause *cause)
{
    leave(user, exit_code, cause, exit_code == EXIT_REFUSED);
}

bool plan_leave(struct plan *plan)
{
    if (plan->phase == PHASE_IDLE) {
        return false;
    }
    link_out_drain(pages_link(plan->pages));
    store_hurry(plan->store, STORE_LAST);
    leave(plan, EXIT_UNFINISHED, NULL, false);
    return true;
}

/* ---- closing ---- */

static void close_done(struct store_job *job, int error);

static void close_submit(void *user)
{
    struct plan *plan = user;
    int64_t told = pages_told(plan->pages);
    plan->phase = PHASE_CLOSING;
    plan->closing.reach_only = plan->reaching;
    plan->closing.plan = &plan->run_plan;
    plan->closing.scheme = plan->scheme;
    plan->closing.owner = text_of(plan->owner);
    plan->closing.run = plan->run;
    plan->closing.total = plan->now_told;
    plan->closing.moved = plan->now_told >= 0 && told >= 0 && plan->now_told != told;
    plan->closing.job.work = run_closing_run;
    plan->closing.job.first = true;
    plan->closing.job.done = close_done;
    plan->job_busy = true;
    store_submit(plan->store, &plan->closing.job);
}

static void look_ask(struct plan *plan, int slice);

static void looked(struct source_call *call, const struct source_answer *answer)
{
    struct plan *plan = CONTAINER_OF(call, struct plan, look);
    if (answer->total < 0) {
        plan->now_told = -1;
        close_submit(plan);
        return;
    }
    plan->now_told += answer->total; /* no overflow: a slice tells at most SOURCE_TOTAL_MAX */
    look_ask(plan, call->slice + 1);
}

static void look_ask(struct plan *plan, int slice)
{
    if ((size_t)slice >= plan->scheme->source.slice_count) {
        close_submit(plan);
        return;
    }
    plan->look = (struct source_call){
        .slice = slice,
        .page = plan->scheme->source.first_page,
        .page_size = plan->scheme->source.page_size,
        .total_only = true,
        .done = looked,
    };
    source_ask(plan->source, &plan->look);
}

/* Where the source told a total: do the pages hold that many records? If not, there may be more behind them. Then it is asked once
 * more: it may have moved. A window is not: what leaves it comes in the next one, and nothing older than the lag comes into it. */
static void none_open(void *user, bool gone)
{
    struct plan *plan = user;
    plan->now_told = -1;
    plan->reaching = !gone && pages_told(plan->pages) >= 0 && plan->run.kind == RUN_SYNC && plan->run.window.step == 0;
    close_submit(plan);
}

static void look_begin(struct plan *plan)
{
    plan->reaching = false;
    plan->phase = PHASE_LOOKING;
    plan->now_told = 0;
    look_ask(plan, 0);
}

static void begun_tell(const struct plan *plan, const struct run *run)
{
    if (plan->options.begun) {
        plan->options.begun(plan->options.user, run);
    }
}

static void reading_begin(struct plan *plan, const struct run *run)
{
    plan->run = *run;
    plan->phase = PHASE_READING;
    plan->next_told = true;
    plan->wait.told = TEXT("");
    log_run(run->id);
    log_event(run->resumed ? EVENT_RUN_RESUMED : EVENT_RUN_STARTED,
              run->resumed ? "going on with a run that stood open" : "a run begins", "run", LOG_INT(run->id),
              "follow_up", LOG_INT(run->follow_up), "limit", LOG_INT(run->limit), "slices", LOG_INT(run->slices), NULL);
    if (run->kind != RUN_VANISHED || run->resumed) {
        begun_tell(plan, run);
    }
    pages_begin(plan->pages, &plan->run, plan->source, &plan->poison);
}

static void closed(struct plan *plan, const struct run_closing *closing)
{
    const struct run_sums *sums = &closing->sums;
    if (closing->failed.text[0] != '\0') {
        metric_add(plan->ends[END_FAILED], !closing->others);
        plan->cause = closing->failed;
        over(plan, EXIT_REFUSED);
        return;
    }
    bool lost = closing->followed && closing->next.kind == RUN_VANISHED;
    enum run_result result = closing->followed && !lost ? END_FOLLOWED
                             : closing->sums.complete   ? END_COMPLETE
                                                        : END_INCOMPLETE;
    metric_add(plan->ends[result], !closing->others);
    log_event(
        EVENT_RUN_FINISHED, closing->sums.complete ? "the run is complete" : "the run is finished, but not complete",
        "run", LOG_INT(closing->run.id), "state", LOG_STR(sums->state), "seen", LOG_INT(sums->seen), "created",
        LOG_INT(sums->created), "updated", LOG_INT(sums->updated), "unchanged", LOG_INT(sums->unchanged), "filtered",
        LOG_INT(sums->filtered), "rejected", LOG_INT(sums->rejected), "repeated", LOG_INT(sums->repeated),
        "milliseconds", LOG_INT(sums->ms), "records_per_second", LOG_INT(sums->rate), NULL);
    if (!closing->others) {
        plan->options.closed(plan->options.user, closing);
    }
    if (sums->held && !closing->others) {
        log_event(EVENT_WINDOW_HELD,
                  "records wait for a look-up: the next run reads this span again, so that they are tried again", "run",
                  LOG_INT(closing->run.id), NULL);
    }
    if (closing->forgotten > 0) {
        log_event(EVENT_RUNS_FORGOTTEN, "runs that ended long ago were taken out of the store", "runs",
                  LOG_INT(closing->forgotten), NULL);
    }
    if (closing->followed && plan->phase == PHASE_CLOSING) {
        struct run next = closing->next;
        if (!closing->others) {
            log_event(
                lost ? EVENT_RUN_VANISHED : EVENT_RUN_FOLLOWS,
                lost ? "records are not at the source any more: a run follows that updates them in the target"
                : closing->guessed
                    ? "a page was cut and its place is not certain: another run follows, which counts pages by the "
                      "size that is asked for"
                : sums->mixed ? "records came twice where pages were read in parts, so that others may be missing: "
                                "another run follows"
                              : "the source moved while it was read: another run follows",
                "run", LOG_INT(next.id), NULL);
        }
        plan->rejects = lost && sums->rejected > 0;
        next.resumed = next.resumed && !lost; /* who waits for this run reads the report of the one before */
        reading_begin(plan, &next);
        return;
    }
    if (!closing->sums.complete && !closing->followed) {
        (void)cause_set(&plan->cause, ERR_REFUSED, "run %lld is finished but not complete: %s; run again",
                        (long long)closing->run.id, closing_incomplete(closing));
    } else if (sums->complete && closing->run.limit == 0 && sums->source_total >= 0 && sums->proof == PROOF_EMPTY) {
        log_event(
            EVENT_SOURCE_TOTAL,
            "the source tells another total than it has records, twice now; all pages were read up to an empty one",
            "total", LOG_INT(sums->source_total), "seen", LOG_INT(sums->seen), NULL);
    }
    if (closing->vanished.stopped) { /* a service goes on reading: what comes is no less right */
        (void)closing_vanished(closing, &plan->cause);
        over(plan, plan->run_plan.every > 0 ? EXIT_UNFINISHED : EXIT_REFUSED);
        return;
    }
    over(plan, !closing->sums.complete || closing->followed  ? EXIT_UNFINISHED
               : closing->sums.rejected > 0 || plan->rejects ? EXIT_REJECTS
                                                             : EXIT_COMPLETE);
}

static void close_done(struct store_job *job, int error)
{
    struct run_closing *closing = CONTAINER_OF(job, struct run_closing, job);
    struct plan *plan = CONTAINER_OF(closing, struct plan, closing);
    plan->job_busy = false;
    if (plan->stopped) {
        return;
    }
    if (!error) {
        outage_over(&plan->outage);
    }
    if (!error && !closing->busy && !closing->reach_only) {
        closed(plan, closing);
    } else if (plan->phase == PHASE_LEAVING) {
        pages_stop(plan->pages, loop_now(plan->loop));
    } else if (!error && !closing->busy) {
        look_begin(plan);
    } else if (!error) {
        plan->phase = PHASE_READING;
        pages_resume(plan->pages);
    } else {
        struct cause cause;
        if (outage_note(&plan->outage, plan->store, error, loop_now(plan->loop), &cause)) {
            leave(plan, EXIT_UNFINISHED, &cause, false);
            return;
        }
        plan->again.fn = close_submit;
        loop_set_timer(plan->loop, &plan->again, plan->outage.not_before);
    }
}

/* ---- beginning ---- */

static int begin_work(struct store *store, struct store_job *job)
{
    struct plan *plan = CONTAINER_OF(job, struct plan, job);
    char who[HOLD_WHO_MAX];
    bool held = false;
    plan->noted = plan->unnoted;
    if (plan->unnoted) { /* a job of its own: one that ends with an error leaves nothing in the store */
        plan->unnoted = false;
        return schedule_note(store, &plan->run_plan);
    }
    int error = plan->run_plan.every > 0 ? hold_find(store, plan->run_plan.scheme, &held, who) : 0;
    if (error || held) {
        plan->wait.due = store_after(store_now(store), LOOK_EVERY);
        return error ? error : ERR_NOT_FOUND;
    }
    error = run_begin(store, &plan->run_plan, &plan->run);
    if (error == ERR_NOT_FOUND && plan->run_plan.every > 0) {
        error = inbox_begin(store, &plan->run_plan, plan->scheme->source.key_param.size > 0, &plan->run);
        error = error == ERR_BUSY ? ERR_NOT_FOUND : error; /* it is another's: the next look resumes it */
    }
    if (error == ERR_NOT_FOUND && plan->run_plan.every > 0) {
        int looked = run_wait_look(store, &plan->run_plan, LOOK_EVERY, &plan->wait);
        plan->unnoted = looked == ERR_NOT_FOUND;
        error = looked && !plan->unnoted ? ERR_IO : error;
    }
    return error ? error : poison_load(store, &plan->run_plan, &plan->poison);
}

static void begin_done(struct store_job *job, int error);

static void begin_submit(void *user)
{
    struct plan *plan = user;
    plan->job_busy = true;
    plan->job = (struct store_job){.work = begin_work, .done = begin_done};
    store_submit(plan->store, &plan->job);
}

static void begin_again(struct plan *plan, struct loop_ms at)
{
    plan->again.fn = begin_submit;
    loop_set_timer(plan->loop, &plan->again, at);
}

/* An extractor with another version of the scheme is at it. Whoever is here for one run gives up after a while. */
static void begin_blocked(struct plan *plan, struct loop_ms now)
{
    struct cause cause;
    (void)cause_set(
        &cause, ERR_REFUSED,
        "an extractor with another version of scheme %.*s is reading with this store: stop it, or start both "
        "with the same scheme files",
        TEXT_ARG(plan->scheme->name));
    if (plan->blocked.ms == 0) {
        plan->blocked = now;
        log_event(EVENT_RUN_REFUSED, cause.text, NULL);
    } else if (plan->run_plan.every == 0 && loop_since(now, plan->blocked) >= BEGIN_WAIT) {
        plan->cause = cause;
        over(plan, EXIT_UNFINISHED);
        return;
    }
    begin_again(plan, loop_after(now, LOOK_EVERY));
}

static void begin_done(struct store_job *job, int error)
{
    struct plan *plan = CONTAINER_OF(job, struct plan, job);
    struct loop_ms now = loop_now(plan->loop);
    plan->job_busy = false;
    if (plan->stopped) {
        return;
    }
    error = !error && plan->noted ? ERR_NOT_FOUND : error;
    if (!error) {
        outage_over(&plan->outage);
        plan->run_plan.abandon = false; /* the runs that follow are ours */
        plan->blocked.ms = 0;
    }
    if (plan->phase == PHASE_LEAVING) {
        if (!error) { /* it stands open: who started it must know */
            begun_tell(plan, &plan->run);
        }
        pages_stop(plan->pages, now);
    } else if (!error) {
        struct run run = plan->run;
        reading_begin(plan, &run);
    } else if (error == ERR_STALE && plan->options.run != 0) {
        plan->run = (struct run){.id = plan->options.run}; /* over already: its report says how */
        close_submit(plan);
    } else if (error == ERR_NOT_FOUND && plan->options.run != 0) {
        (void)cause_set(&plan->cause, error,
                        "run %lld is none of this scheme and source account; check --scheme and %s",
                        (long long)plan->options.run, plan->options.account_setting);
        over(plan, EXIT_USAGE);
    } else if (error == ERR_NOT_FOUND && (plan->options.join || plan->run_plan.every > 0)) {
        outage_over(&plan->outage);
        run_wait_tell(&plan->wait);
        int64_t pause = plan->options.join ? JOIN_EVERY : store_since(plan->wait.due, store_now(plan->store));
        schedule_tell(&plan->next_told, plan->options.join ? 0 : pause);
        pause = pause > LOOK_EVERY ? LOOK_EVERY : pause;
        begin_again(plan, loop_after(now, pause > 0 ? pause : 1));
    } else if (error == ERR_REFUSED) {
        begin_blocked(plan, now);
    } else if (outage_note(&plan->outage, plan->store, error, now, &plan->cause)) {
        over(plan, EXIT_UNFINISHED);
    } else {
        begin_again(plan, plan->outage.not_before);
    }
}

/* Why no page can go out; *fails: the store is silent, or says no. */
static const char *unready(const struct plan *plan, bool *fails)
{
    bool pages_fail;
    const char *reason = pages_unready(plan->pages, &pages_fail);
    *fails = store_hangs(plan->store) || plan->outage.failing || pages_fail;
    return reason;
}

static void ready_look(void *user)
{
    struct plan *plan = user;
    bool fails;
    const char *reason = unready(plan, &fails);
    reason = reason ? reason : fails ? "the store takes no commits" : source_unready(plan->source);
    metrics_ready(plan->options.stage->metrics, reason);
    loop_set_after(plan->loop, &plan->ready, READY_EVERY);
}

void plan_start(struct plan *plan, bool abandon)
{
    plan->run_plan.abandon = abandon;
    plan->cause.text[0] = '\0';
    plan->failed = plan->rejects = false;
    plan->outage = (struct store_outage){0};
    plan->phase = PHASE_BEGINNING;
    source_revive(plan->source);
    begin_submit(plan);
}

/* Pages wait, and nobody takes them: no transformer, or transformers without a loader. */
static bool nobody_takes(const struct plan *plan, bool *alone)
{
    struct flow_state link;
    link_out_state(pages_link(plan->pages), &link);
    *alone = link.peers == 0;
    return plan->phase == PHASE_READING && link.out_batches == 0 && link.credit <= 0;
}

const char *plan_trouble(const struct plan *plan, const char **name)
{
    bool alone, fails;
    const char *why = source_trouble(plan->source);
    (void)unready(plan, &fails);
    *name = "source.down";
    if (!why && fails) {
        *name = "store.failing";
        why = "the store takes no commit";
    } else if (!why && nobody_takes(plan, &alone)) {
        *name = "extractor.alone";
        why = alone ? "no transformer is linked with this extractor"
                    : "transformers are linked, but no loader that takes records";
    }
    return why;
}

bool plan_held(const struct plan *plan)
{
    return pages_held(plan->pages);
}

struct store_ms plan_banned_until(const struct plan *plan)
{
    return source_banned_until(plan->source);
}

const char *plan_address(const struct plan *plan)
{
    return link_out_address(pages_link(plan->pages));
}

int plan_new(const struct plan_options *options, struct plan **out, struct cause *cause)
{
    static const struct pages_events events = {.none_open = none_open, .broken = leave, .stopped = pages_stopped};
    const struct stage *stage = options->stage;
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    plan->options = *options;
    plan->scheme = stage->scheme;
    plan->loop = stage->loop;
    plan->store = stage->store;
    plan->again.user = plan;
    static const char *const results[] = {"result=\"complete\"", "result=\"incomplete\"", "result=\"followed\"",
                                          "result=\"failed\""};
    for (size_t i = 0; i <= END_FAILED; i++) {
        plan->ends[i] = metrics_add(stage->metrics, FAMILY_RUNS, results[i]);
    }
    (void)snprintf(plan->owner, sizeof plan->owner, "%s", stage->owner);
    plan->run_plan = (struct run_plan){
        .scheme = stage->scheme->name,
        .scheme_hash = text_of(stage->scheme->hash),
        .source = options->account,
        .api = stage->scheme->source.api,
        .slices = (int)stage->scheme->source.slice_count,
        .first_page = stage->scheme->source.first_page,
        .limit = options->limit,
        .vanish_all = options->vanish_all,
        .resume_only = options->join,
        .every = options->every,
        .at = options->at,
        .order = stage->scheme,
        .only = options->run,
        .keep = stage->scheme->keep,
    };
    int error = run_plan_windows(stage->scheme, options->from, options->to, &plan->run_plan, cause);
    struct source_options source = *options->source;
    source.ended = source_ended;
    source.user = plan;
    error = error ? error : source_new(&source, &plan->source, cause);
    if (!error) {
        error = pages_new(stage, options->bind, plan->owner, &events, plan, &plan->pages, cause);
    }
    if (error) {
        plan_free(&plan);
        return error;
    }
    plan->ready = (struct loop_timer){.fn = ready_look, .user = plan};
    ready_look(plan);
    *out = plan;
    return 0;
}

void plan_stop(struct plan *plan)
{
    if (plan->stopped) {
        return;
    }
    plan->stopped = true;
    loop_clear_timer(plan->loop, &plan->again);
    loop_clear_timer(plan->loop, &plan->ready);
    if (plan->pages) {
        pages_close(plan->pages);
    }
    source_free(&plan->source);
}

void plan_free(struct plan **plan_held)
{
    struct plan *plan = *plan_held;
    *plan_held = NULL;
    if (!plan) {
        return;
    }
    plan_stop(plan);
    pages_free(&plan->pages);
    poison_fini(&plan->poison);
    free(plan);
}
