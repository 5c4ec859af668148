#include "extractor/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "extractor/page_work.h"
#include "extractor/pages.h"
#include "extractor/tell.h"

enum {
    LEAVE_WAIT = 5000,  /* ms for what is out, of the 8 s that a stop may take */
    JOIN_EVERY = 200,   /* ms between looks for a run to join, where that is all it is here for */
    LOOK_EVERY = 1000,  /* the same between two runs of the schedule */
    BEGIN_WAIT = 10000, /* ms that a run which can't be begun is tried again */
    REPORT_BYTES = 1 << 20,
    READY_EVERY = 500, /* ms between looks at what /readyz tells */
};

/* How a run ended, as runs_total{result} tells; one that another extractor closed is counted there. */
enum run_result { END_COMPLETE, END_INCOMPLETE, END_FOLLOWED, END_FAILED };

struct plan {
    struct plan_options options;
    const struct scheme *scheme;
    struct loop *loop;
    struct store *store;
    struct qimen *qimen;
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
    struct qimen_call look; /* page 0 once more, slice by slice */
    int64_t now_told;       /* what it tells, over all slices; -1 = not */
    struct run_end end;
    struct store_job job; /* begin, or release */
    bool job_busy;        /* begin or close is under way */
    int64_t blocked;      /* loop clock ms, since when another scheme's extractor is in the way; 0 = not */
    int64_t due;          /* out of begin: store clock ms, when a run may begin */
    struct work_mood mood;
    struct loop_timer again, ready;
    struct metric *ends[END_FAILED + 1];

    struct cause cause; /* why we are leaving */
    int exit_code;
    bool failed; /* the run is to be marked: a person must mend something */
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
    struct plan *plan = (struct plan *)((char *)job - offsetof(struct plan, job));
    int error = page_release(store, plan->run.id, text_of(plan->owner));
    if (!error && plan->failed) {
        error = run_fail(store, plan->run.id, text_of(plan->cause.text));
    }
    return error == ERR_STALE ? 0 : error;
}

static void release_done(struct store_job *job, int error)
{
    struct plan *plan = (struct plan *)((char *)job - offsetof(struct plan, job));
    if (error) { /* the leases run out by themselves */
        log_line(LOG_WARN, "store.failing", "leases were not given up: %s", store_why(plan->store));
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
    qimen_drop(plan->qimen, &plan->look);
    loop_clear_timer(plan->loop, &plan->again);
    pages_stop(plan->pages, loop_now(plan->loop) + LEAVE_WAIT);
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
    plan->end.plan = &plan->run_plan;
    plan->end.run = plan->run;
    plan->end.total = plan->now_told;
    plan->end.moved = plan->now_told >= 0 && told >= 0 && plan->now_told != told;
    plan->end.job.work = run_end_run;
    plan->end.job.done = close_done;
    plan->job_busy = true;
    store_submit(plan->store, &plan->end.job);
}

static void look_ask(struct plan *plan, int slice);

static void looked(struct qimen_call *call, const struct reply *reply)
{
    struct plan *plan = (struct plan *)((char *)call - offsetof(struct plan, look));
    if (reply->total < 0) {
        plan->now_told = -1;
        close_submit(plan);
        return;
    }
    plan->now_told += reply->total;
    look_ask(plan, call->slice + 1);
}

static void look_ask(struct plan *plan, int slice)
{
    if ((size_t)slice >= plan->scheme->source.slice_count) {
        close_submit(plan);
        return;
    }
    plan->look = (struct qimen_call){
        .slice = slice,
        .page = plan->scheme->source.first_page,
        .page_size = plan->scheme->source.page_size,
        .done = looked,
    };
    qimen_ask(plan->qimen, &plan->look);
}

/* Where the source told a total it is asked once more: it may have moved while it was read. */
static void none_open(void *user, bool gone)
{
    struct plan *plan = user;
    plan->now_told = -1;
    if (gone || pages_told(plan->pages) < 0 || plan->run.limit > 0 || plan->run.kind == RUN_REPLAY) {
        close_submit(plan);
        return;
    }
    plan->phase = PHASE_LOOKING;
    plan->now_told = 0;
    look_ask(plan, 0);
}

static void reading_begin(struct plan *plan, const struct run *run)
{
    plan->run = *run;
    plan->phase = PHASE_READING;
    log_run(run->id);
    log_event(LOG_INFO, run->resumed ? "run.resumed" : "run.started",
              run->resumed ? "going on with a run that stood open" : "a run begins", "run", LOG_INT(run->id),
              "follow_up", LOG_INT(run->follow_up), "limit", LOG_INT(run->limit), NULL);
    pages_begin(plan->pages, &plan->run, plan->qimen, &plan->poison);
}

static void closed(struct plan *plan, const struct run_end *end)
{
    const struct run_sums *sums = &end->sums;
    if (end->failed.text[0] != '\0') {
        metric_add(plan->ends[END_FAILED], !end->others);
        plan->cause = end->failed;
        over(plan, EXIT_REFUSED);
        return;
    }
    enum run_result result = end->followed ? END_FOLLOWED : end->complete ? END_COMPLETE : END_INCOMPLETE;
    metric_add(plan->ends[result], !end->others);
    log_event(LOG_INFO, "run.finished", end->complete ? "the run is complete" : "the run is finished, but not complete",
              "run", LOG_INT(end->run.id), "state", LOG_STR(sums->state), "seen", LOG_INT(sums->seen), "created",
              LOG_INT(sums->created), "updated", LOG_INT(sums->updated), "unchanged", LOG_INT(sums->unchanged),
              "filtered", LOG_INT(sums->filtered), "rejected", LOG_INT(sums->rejected), "repeated",
              LOG_INT(sums->repeated), "milliseconds", LOG_INT(sums->ms), "records_per_second", LOG_INT(sums->rate),
              NULL);
    if (!end->others) {
        tell_closed(plan->options.tell, end);
    }
    if (end->forgotten > 0) {
        log_event(LOG_INFO, "runs.forgotten", "runs that ended long ago were taken out of the store", "runs",
                  LOG_INT(end->forgotten), NULL);
    }
    if (end->followed && plan->phase == PHASE_CLOSING) {
        if (!end->others) {
            log_event(LOG_WARN, "run.follows", "the source moved while it was read: another run follows", "run",
                      LOG_INT(end->next.id), NULL);
        }
        struct run next = end->next;
        reading_begin(plan, &next);
        return;
    }
    if (!end->complete && !end->followed) {
        (void)cause_set(
            &plan->cause, ERR_REFUSED,
            "run %lld is finished but not complete: it saw other records than the source says it has; run again",
            (long long)end->run.id);
    }
    over(plan, !end->complete || end->followed ? EXIT_UNFINISHED
               : end->sums.rejected > 0        ? EXIT_REJECTS
                                               : EXIT_COMPLETE);
}

static void close_done(struct store_job *job, int error)
{
    struct run_end *end = (struct run_end *)((char *)job - offsetof(struct run_end, job));
    struct plan *plan = (struct plan *)((char *)end - offsetof(struct plan, end));
    plan->job_busy = false;
    if (!error) {
        work_took(&plan->mood);
    }
    if (!error && !end->busy) {
        closed(plan, end);
    } else if (plan->phase == PHASE_LEAVING) {
        pages_stop(plan->pages, loop_now(plan->loop));
    } else if (!error) {
        plan->phase = PHASE_READING;
        pages_resume(plan->pages);
    } else {
        struct cause cause;
        if (work_refused(&plan->mood, plan->store, error, loop_now(plan->loop), &cause)) {
            leave(plan, EXIT_UNFINISHED, &cause, false);
            return;
        }
        plan->again.fn = close_submit;
        loop_set_timer(plan->loop, &plan->again, plan->mood.not_before);
    }
}

/* ---- beginning ---- */

static int begin_work(struct store *store, struct store_job *job)
{
    struct plan *plan = (struct plan *)((char *)job - offsetof(struct plan, job));
    int error = run_begin(store, &plan->run_plan, &plan->run);
    if (error == ERR_NOT_FOUND && plan->run_plan.every > 0 && run_due(store, &plan->run_plan, &plan->due)) {
        error = ERR_IO;
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

static void begin_again(struct plan *plan, int64_t at)
{
    plan->again.fn = begin_submit;
    loop_set_timer(plan->loop, &plan->again, at);
}

/* An extractor with another version of the scheme is at it. Whoever is here for one run gives up after a while. */
static void begin_blocked(struct plan *plan, int64_t now)
{
    struct cause cause;
    (void)cause_set(
        &cause, ERR_REFUSED,
        "an extractor with another version of scheme %.*s is reading with this store: stop it, or start both "
        "with the same scheme files",
        TEXT_ARG(plan->scheme->name));
    if (plan->blocked == 0) {
        plan->blocked = now;
        log_event(LOG_WARN, "run.refused", cause.text, NULL);
    } else if (plan->run_plan.every == 0 && now - plan->blocked >= BEGIN_WAIT) {
        plan->cause = cause;
        over(plan, EXIT_UNFINISHED);
        return;
    }
    begin_again(plan, now + LOOK_EVERY);
}

static void begin_done(struct store_job *job, int error)
{
    struct plan *plan = (struct plan *)((char *)job - offsetof(struct plan, job));
    int64_t now = loop_now(plan->loop);
    plan->job_busy = false;
    if (!error) {
        work_took(&plan->mood);
        plan->run_plan.abandon = false; /* the runs that follow are ours */
        plan->blocked = 0;
    }
    if (plan->phase == PHASE_LEAVING) {
        pages_stop(plan->pages, now);
    } else if (!error) {
        struct run run = plan->run;
        reading_begin(plan, &run);
    } else if (error == ERR_STALE && plan->options.run != 0) {
        plan->run = (struct run){.id = plan->options.run}; /* over already: its report says how */
        close_submit(plan);
    } else if (error == ERR_NOT_FOUND && plan->options.run != 0) {
        (void)cause_set(&plan->cause, error,
                        "run %lld is none of this scheme and source account; check --scheme and WDT_SID",
                        (long long)plan->options.run);
        over(plan, EXIT_USAGE);
    } else if (error == ERR_NOT_FOUND && (plan->options.join || plan->run_plan.every > 0)) {
        work_took(&plan->mood);
        int64_t pause = plan->options.join ? JOIN_EVERY : plan->due - store_now(plan->store);
        pause = pause > LOOK_EVERY ? LOOK_EVERY : pause;
        begin_again(plan, now + (pause > 0 ? pause : 1));
    } else if (error == ERR_REFUSED) {
        begin_blocked(plan, now);
    } else {
        (void)work_refused(&plan->mood, plan->store, error, now, &plan->cause);
        if (now - plan->mood.since >= BEGIN_WAIT) {
            (void)cause_set(&plan->cause, error, "no run could be begun: %s", store_why(plan->store));
            over(plan, EXIT_UNFINISHED);
            return;
        }
        begin_again(plan, plan->mood.not_before);
    }
}

static void ready_look(void *user)
{
    struct plan *plan = user;
    const char *reason = pages_ail(plan->pages);
    reason = reason ? reason : plan->mood.failing ? "the store takes no commits" : qimen_ails(plan->qimen);
    metrics_ready(plan->options.stage->metrics, reason);
    loop_set_timer(plan->loop, &plan->ready, loop_now(plan->loop) + READY_EVERY);
}

void plan_start(struct plan *plan, bool abandon)
{
    plan->run_plan.abandon = abandon;
    plan->cause.text[0] = '\0';
    plan->failed = false;
    plan->mood = (struct work_mood){0};
    plan->phase = PHASE_BEGINNING;
    qimen_revive(plan->qimen);
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
    bool alone;
    const char *why = qimen_trouble(plan->qimen);
    *name = "source.down";
    if (!why && plan->mood.failing) {
        *name = "store.failing";
        why = "the store takes no commit";
    } else if (!why && nobody_takes(plan, &alone)) {
        *name = "extractor.alone";
        why = alone ? "no transformer is linked with this extractor"
                    : "transformers are linked, but no loader that takes records";
    }
    return why;
}

int64_t plan_banned_until(const struct plan *plan)
{
    return qimen_banned_until(plan->qimen);
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
        plan->ends[i] =
            metrics_add(stage->metrics, METRIC_COUNTER, "runs_total", results[i],
                        "Runs that ended here, by how; followed: the source moved, another run reads again.");
    }
    buffer_init(&plan->end.report, REPORT_BYTES);
    /* Two containers may have the same host name and process id: leases are told apart by chance. */
    (void)snprintf(plan->owner, sizeof plan->owner, "%s:%08x", stage->peer_name, arc4random());
    plan->run_plan = (struct run_plan){
        .scheme = stage->scheme->name,
        .scheme_hash = text_of(stage->scheme->hash),
        .source = text_of(options->source->sid),
        .slices = (int)stage->scheme->source.slice_count,
        .first_page = stage->scheme->source.first_page,
        .limit = options->limit,
        .resume_only = options->join,
        .every = options->every,
        .only = options->run,
        .keep = stage->scheme->keep,
    };
    struct qimen_options source = *options->source;
    source.ended = source_ended;
    source.user = plan;
    int error = qimen_new(&source, &plan->qimen, cause);
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

void plan_free(struct plan **plan_held)
{
    struct plan *plan = *plan_held;
    *plan_held = NULL;
    if (!plan) {
        return;
    }
    loop_clear_timer(plan->loop, &plan->again);
    loop_clear_timer(plan->loop, &plan->ready);
    pages_free(&plan->pages);
    qimen_free(&plan->qimen);
    poison_fini(&plan->poison);
    buffer_fini(&plan->end.report);
    free(plan);
}
