#include "extractor/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "extractor/page_work.h"
#include "extractor/record.h"

enum {
    PAGES_MAX = 100000,    /* of a slice where no total is told: an endless source must end */
    RENEW_EVERY = 1000,    /* ms, of a lease of PAGE_LEASE */
    LOOK_EVERY = 5000,     /* ms between counts of all pages for the metrics */
    POLL_EVERY = 300,      /* ms: others hold the open pages; one may come free */
    STORE_PAUSE = 500,     /* ms until a commit that failed is tried again */
    LEAVE_WAIT = 5000,     /* ms for what is out, of the 8 s that a stop may take */
    PAGE_BYTES = 15 << 20, /* of a packed page: fits a frame */
    SCRATCH_BYTES = 4 << 20,
};

struct held { /* a page in hand */
    struct held *next, *prev;
    struct plan *plan;
    struct page page;
    enum held_state { HELD_WAITING, HELD_FETCHING, HELD_OUT, HELD_SPLIT, HELD_ENDING } state;
    struct qimen_call call;
    bool noted;   /* the store knows what it held; else a note is due once it was fetched */
    bool in_work; /* the commit under way has it */
    bool gone;    /* not ours any more: freed when that commit is back */
    struct page_facts facts;
    int64_t last_page, next_page;
    /* A page that kills its workers goes out record by record. */
    struct buffer rest;
    size_t rest_done; /* bytes that came back */
};

enum phase { PHASE_IDLE, PHASE_BEGINNING, PHASE_READING, PHASE_LOOKING, PHASE_CLOSING, PHASE_LEAVING, PHASE_RELEASING };

struct plan {
    struct plan_options options;
    const struct scheme *scheme;
    struct loop *loop;
    struct store *store;
    struct qimen *qimen;
    struct link_out *link;
    char owner[120], source[200];

    enum phase phase;
    struct run_plan run_plan;
    struct run run;
    struct held *held;
    size_t counts[HELD_ENDING + 1]; /* pages in hand by state */
    bool dry;                       /* the last claim got less than it asked for: no page is free now */
    int64_t poll_at, renew_at, look_at;
    struct loop_timer go;
    struct page_work work;
    bool work_busy, work_failing;
    int64_t work_not_before, failing_since;

    struct qimen_call look; /* page 0 once more, slice by slice */
    int64_t told, now_told; /* totals over all slices; -1 = not */

    struct run_end end;
    struct store_job job; /* begin, or release */
    int begin_error;
    bool closing_busy;

    struct cause cause; /* why we are leaving */
    int exit_code;
    bool failed; /* the run is to be marked: a person must mend something */
    int64_t leave_by;

    struct buffer scratch;
    struct metric *sent, *pages_open, *pages_done, *source_total;
};

static void wake(struct plan *plan)
{
    loop_set_timer(plan->loop, &plan->go, loop_now(plan->loop));
}

static void wake_at(struct plan *plan, int64_t at)
{
    if (!plan->go.slot || plan->go.due > at) {
        loop_set_timer(plan->loop, &plan->go, at);
    }
}

/* ---- pages in hand ---- */

static void held_move(struct held *held, enum held_state state)
{
    held->plan->counts[held->state]--;
    held->state = state;
    held->plan->counts[state]++;
}

static void held_free(struct held *held)
{
    struct plan *plan = held->plan;
    qimen_drop(plan->qimen, &held->call);
    if (held->in_work) {
        held->gone = true;
        return;
    }
    plan->counts[held->state]--;
    if (held->prev) {
        held->prev->next = held->next;
    } else {
        plan->held = held->next;
    }
    if (held->next) {
        held->next->prev = held->prev;
    }
    buffer_fini(&held->rest);
    free(held);
}

static void fetched(struct qimen_call *call, const struct reply *reply);

static bool held_add(struct plan *plan, const struct page *page)
{
    struct held *held = calloc(1, sizeof *held);
    if (!held) {
        return false; /* its lease runs out, and it is claimed again */
    }
    *held = (struct held){.next = plan->held, .plan = plan, .page = *page, .state = HELD_WAITING};
    held->call = (struct qimen_call){.slice = page->slice, .page = page->no, .done = fetched};
    held->call.page_size = plan->scheme->source.page_size;
    buffer_init(&held->rest, PAGE_BYTES);
    if (plan->held) {
        plan->held->prev = held;
    }
    plan->held = held;
    plan->counts[HELD_WAITING]++;
    return true;
}

/* ---- leaving ---- */

static void leave(struct plan *plan, int exit_code, const struct cause *cause, bool failed)
{
    if (plan->phase == PHASE_IDLE || plan->phase >= PHASE_LEAVING) {
        return;
    }
    plan->exit_code = exit_code;
    plan->cause = cause ? *cause : (struct cause){""};
    plan->failed = failed;
    plan->leave_by = loop_now(plan->loop) + LEAVE_WAIT;
    plan->phase = PHASE_LEAVING;
    wake(plan);
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
    link_out_drain(plan->link);
    leave(plan, EXIT_UNFINISHED, NULL, false);
    return true;
}

/* ---- fetching ---- */

/* Records that this slice may give to a run with a limit: the limit is dealt out over the slices. INT64_MAX = all. */
static int64_t slice_limit(const struct plan *plan, int32_t slice)
{
    int64_t slices = (int64_t)plan->scheme->source.slice_count;
    if (plan->run.limit <= 0) {
        return INT64_MAX;
    }
    return plan->run.limit / slices + (slice < plan->run.limit % slices);
}

/* Records of the slice before this page. */
static int64_t rows_before(const struct plan *plan, int64_t no)
{
    return (no - plan->scheme->source.first_page) * plan->scheme->source.page_size;
}

/* What the page says about the pages behind it. */
static void facts_set(struct held *held, size_t came, int64_t total)
{
    const struct plan *plan = held->plan;
    int64_t size = plan->scheme->source.page_size, first = plan->scheme->source.first_page;
    int64_t most = slice_limit(plan, held->page.slice), no = held->page.no;
    held->last_page = held->next_page = -1;
    held->facts.total = -1;
    if (no == first && total >= 0) {
        int64_t rows = total < most ? total : most;
        int64_t pages = rows / size + (rows % size != 0);
        held->facts.total = total;
        held->last_page = first + (pages > 0 ? pages - 1 : 0);
    }
    /* A page that is not full is the last one. A full one is followed, unless the pages behind it are open already. */
    bool full = (int64_t)came >= size && rows_before(plan, no + 1) < most;
    if (full && no + 1 - first < PAGES_MAX && held->last_page <= no) {
        held->next_page = no + 1;
    } else if (full && no + 1 - first >= PAGES_MAX) {
        log_event(LOG_WARN, "source.endless",
                  "the slice is ended at the page cap; use slices or filters in source.request", "run",
                  LOG_INT(held->page.run), "slice", LOG_INT(held->page.slice), "page", LOG_INT(no), NULL);
    }
}

static void send_out(struct held *held, size_t rows, struct buffer *records)
{
    struct plan *plan = held->plan;
    int error = link_out_send(plan->link, &held->page, rows, records, held);
    buffer_fini(records);
    if (error) {
        struct cause cause;
        (void)cause_set(&cause, error, "a page could not be given to the transformers: %s", error_text(error));
        leave(plan, EXIT_UNFINISHED, &cause, false);
        return;
    }
    held_move(held, HELD_OUT);
    metric_add(plan->sent, (int64_t)rows);
}

static void fetched(struct qimen_call *call, const struct reply *reply)
{
    struct held *held = (struct held *)((char *)call - offsetof(struct held, call));
    struct plan *plan = held->plan;
    int64_t left = slice_limit(plan, held->page.slice) - rows_before(plan, held->page.no);
    size_t most = left > 0 ? (size_t)left : 0, rows = 0;
    struct buffer records;
    struct cause cause;
    buffer_init(&records, PAGE_BYTES);
    int error = reply->rows > WIRE_ROWS_MAX && most > WIRE_ROWS_MAX ? ERR_LIMIT : 0;
    if (!error) {
        error = record_pack(plan->scheme, reply->list, most, &records, &plan->scratch, held->facts.digest, &rows);
    }
    if (error) {
        buffer_fini(&records);
        (void)cause_set(&cause, error,
                        "page %lld of slice %d holds %zu records that do not fit a batch (%s); lower "
                        "source.pagination.pageSize of the scheme",
                        (long long)held->page.no, (int)held->page.slice, reply->rows, error_text(error));
        leave(plan, EXIT_REFUSED, &cause, true);
        return;
    }
    held->facts.rows = (int64_t)rows;
    facts_set(held, reply->rows, reply->total);
    held->noted = false;
    if (rows == 0) {
        buffer_fini(&records);
        held_move(held, HELD_ENDING);
    } else {
        send_out(held, rows, &records);
    }
    wake(plan);
}

/* As many as the target takes, and `concurrency` pages in store for the moment it takes more. */
static int64_t pages_wanted(const struct plan *plan)
{
    int64_t size = plan->scheme->source.page_size, concurrency = plan->scheme->source.concurrency;
    int64_t room = link_out_room(plan->link) + concurrency * size;
    int64_t wanted = room > 0 ? (room + size - 1) / size : 0;
    return wanted - (int64_t)plan->counts[HELD_FETCHING];
}

static void fetch_some(struct plan *plan)
{
    int64_t wanted = pages_wanted(plan);
    struct held *next;
    /* The oldest claims stand at the end; the order does not matter to anybody. */
    for (struct held *held = plan->held; held && wanted > 0; held = next) {
        next = held->next;
        if (held->state != HELD_WAITING || held->gone) {
            continue;
        }
        if ((int64_t)plan->counts[HELD_FETCHING] >= plan->scheme->source.concurrency) {
            return;
        }
        held_move(held, HELD_FETCHING);
        qimen_ask(plan->qimen, &held->call);
        wanted--;
        if (plan->phase != PHASE_READING) {
            return;
        }
    }
}

/* ---- what comes back from the link ---- */

static void split_next(struct held *held)
{
    struct plan *plan = held->plan;
    struct text rest = {held->rest.data + held->rest_done, held->rest.size - held->rest_done}, raw;
    struct value values[SCHEME_SLOTS_MAX];
    struct buffer one;
    buffer_init(&one, PAGE_BYTES);
    if (wire_take_source(&rest, plan->scheme->slot_count, values, &raw) == 0) {
        buffer_add_text(&one, raw);
        held->rest_done += raw.size;
    }
    send_out(held, 1, &one);
}

static void on_acked(void *user, void *tag, const struct page *page)
{
    struct held *held = tag;
    (void)page;
    held_move(held, held->rest_done < held->rest.size ? HELD_SPLIT : HELD_ENDING);
    wake(user);
}

static void on_stale(void *user, void *tag, const struct page *page)
{
    (void)page;
    held_free(tag);
    wake(user);
}

static void poison_found(struct plan *plan, const struct held *held, struct text record)
{
    struct value values[SCHEME_SLOTS_MAX];
    struct text raw, key = {NULL, 0};
    if (wire_take_source(&record, plan->scheme->slot_count, values, &raw) == 0 &&
        values[plan->scheme->source.id_slot].kind == VALUE_TEXT) {
        key = values[plan->scheme->source.id_slot].text;
    }
    struct cause cause;
    (void)cause_set(&cause, ERR_REFUSED,
                    "record '%.*s' (run %lld, slice %d, page %lld) ended every worker that it was given to; read their "
                    "logs, keep it out with a filter of the scheme, and report it",
                    (int)text_cut(key, 100), key.data ? key.data : "", (long long)held->page.run, (int)held->page.slice,
                    (long long)held->page.no);
    leave(plan, EXIT_REFUSED, &cause, true);
}

static void on_poisoned(void *user, void *tag, const struct page *page, size_t rows, struct text records)
{
    struct plan *plan = user;
    struct held *held = tag;
    if (rows == 1) {
        poison_found(plan, held, records);
        held_free(held);
        return;
    }
    log_event(LOG_WARN, "page.poison", "a page ended its worker again and again; its records now go out one by one",
              "run", LOG_INT(page->run), "slice", LOG_INT(page->slice), "page", LOG_INT(page->no), NULL);
    buffer_clear(&held->rest, 0);
    buffer_add_text(&held->rest, records);
    held->rest_done = 0;
    held_move(held, HELD_SPLIT);
    wake(plan);
}

static void on_credit(void *user)
{
    struct plan *plan = user;
    if (plan->phase == PHASE_READING || plan->phase == PHASE_LEAVING) {
        wake(plan);
    }
}

/* ---- commits ---- */

static void work_done(struct store_job *job, int error);

/* The store said no: kept for later. Said once. True when it is time to give up. */
static bool store_refused(struct plan *plan, int error)
{
    int64_t now = loop_now(plan->loop);
    plan->work_not_before = now + STORE_PAUSE;
    if (!plan->work_failing) {
        plan->work_failing = true;
        plan->failing_since = now;
        log_line(LOG_WARN, "store.failing", "%s (%s); trying again", store_why(plan->store), error_text(error));
    }
    wake_at(plan, plan->work_not_before);
    if (now - plan->failing_since < LIMIT_GIVE_UP) {
        return false;
    }
    (void)cause_set(&plan->cause, error, "the store: %s", store_why(plan->store));
    return true;
}

static void store_took(struct plan *plan)
{
    if (plan->work_failing) {
        plan->work_failing = false;
        log_line(LOG_INFO, "store.back", "the store takes commits again");
    }
}

static size_t claims_wanted(const struct plan *plan, int64_t now)
{
    if (plan->phase != PHASE_READING || (plan->dry && now < plan->poll_at)) {
        return 0;
    }
    int64_t wanted = pages_wanted(plan) - (int64_t)plan->counts[HELD_WAITING];
    return wanted <= 0 ? 0 : wanted > WORK_CLAIMS ? (size_t)WORK_CLAIMS : (size_t)wanted;
}

static void work_fill(struct plan *plan, struct page_work *work, int64_t now)
{
    work->note_count = work->end_count = 0;
    for (struct held *held = plan->held; held; held = held->next) {
        bool fetched_it = held->state >= HELD_OUT;
        if (fetched_it && !held->noted && work->note_count < WORK_PAGES) {
            work->notes[work->note_count++] =
                (struct page_note){.page = held->page, .facts = held->facts, .last_page = held->last_page, .tag = held};
            held->in_work = true;
        }
        if (held->state == HELD_ENDING && (held->noted || held->in_work) && work->end_count < WORK_PAGES) {
            work->ends[work->end_count++] =
                (struct page_end){.page = held->page, .next_page = held->next_page, .tag = held};
            held->in_work = true;
        }
    }
    work->run = plan->run.id;
    work->owner = text_of(plan->owner);
    work->claim_want = claims_wanted(plan, now);
    work->renew = now >= plan->renew_at && plan->held;
    work->look = now >= plan->look_at || (plan->dry && !plan->held);
}

static void work_submit(struct plan *plan)
{
    int64_t now = loop_now(plan->loop);
    struct page_work *work = &plan->work;
    if (plan->work_busy || now < plan->work_not_before) {
        return;
    }
    work_fill(plan, work, now);
    if (work->note_count + work->end_count + work->claim_want == 0 && !work->renew && !work->look) {
        return;
    }
    plan->renew_at = work->renew ? now + RENEW_EVERY : plan->renew_at;
    plan->look_at = work->look ? now + LOOK_EVERY : plan->look_at;
    plan->work_busy = true;
    work->job.work = page_work_run;
    work->job.done = work_done;
    store_submit(plan->store, &work->job);
}

static void note_done(struct plan *plan, const struct page_note *note)
{
    struct held *held = note->tag;
    held->noted = true;
    if (note->error == ERR_STALE) {
        if (!held->gone && held->state == HELD_OUT) {
            link_out_cancel(plan->link, &held->page);
        }
        held->gone = true;
    }
    if (note->twin >= 0) {
        held->next_page = -1;
        log_event(LOG_WARN, "source.repeats",
                  "two pages hold the same records: the source moved or repeats itself; no page is read behind them",
                  "run", LOG_INT(held->page.run), "slice", LOG_INT(held->page.slice), "page", LOG_INT(held->page.no),
                  "twin", LOG_INT(note->twin), NULL);
    }
    plan->dry = plan->dry && note->last_page <= held->page.no;
}

static void run_lost(struct plan *plan);

static void work_done(struct store_job *job, int error)
{
    struct page_work *work = (struct page_work *)((char *)job - offsetof(struct page_work, job));
    struct plan *plan = (struct plan *)((char *)work - offsetof(struct plan, work));
    plan->work_busy = false;
    for (size_t i = 0; i < work->note_count; i++) {
        ((struct held *)work->notes[i].tag)->in_work = false;
        if (!error) {
            note_done(plan, &work->notes[i]);
        }
    }
    for (size_t i = 0; i < work->end_count; i++) {
        struct held *held = work->ends[i].tag;
        held->in_work = false;
        if (!error) {
            plan->dry = plan->dry && work->ends[i].next_page < 0;
            held->gone = true;
        }
    }
    struct held *next;
    for (struct held *held = plan->held; held; held = next) {
        next = held->next;
        if (held->gone) {
            held_free(held);
        }
    }
    if (error) {
        if (store_refused(plan, error)) {
            struct cause cause = plan->cause;
            leave(plan, EXIT_UNFINISHED, &cause, false);
        }
        return;
    }
    store_took(plan);
    for (size_t i = 0; i < work->claim_count; i++) {
        (void)held_add(plan, &work->claims[i]);
    }
    if (work->claim_want > 0) {
        plan->dry = work->claim_count < work->claim_want;
        plan->poll_at = loop_now(plan->loop) + POLL_EVERY;
    }
    if (work->look) {
        metric_set(plan->pages_done, work->progress.pages_done);
        metric_set(plan->pages_open, work->progress.pages_total - work->progress.pages_done);
        metric_set(plan->source_total, work->progress.source_total);
        plan->told = work->progress.source_total;
    }
    bool none_open = work->look && work->progress.pages_done == work->progress.pages_total;
    if (plan->phase == PHASE_READING && (work->run_gone || (none_open && plan->dry && !plan->held))) {
        run_lost(plan);
        return;
    }
    wake(plan);
}

/* ---- closing ---- */

static void close_done(struct store_job *job, int error);

static void close_submit(struct plan *plan)
{
    plan->phase = PHASE_CLOSING;
    plan->end.plan = &plan->run_plan;
    plan->end.run = plan->run;
    plan->end.total = plan->now_told;
    plan->end.moved = plan->now_told >= 0 && plan->told >= 0 && plan->now_told != plan->told;
    plan->end.job.work = run_end_run;
    plan->end.job.done = close_done;
    plan->closing_busy = true;
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
    plan->look = (struct qimen_call){.slice = slice,
                                     .page = plan->scheme->source.first_page,
                                     .page_size = plan->scheme->source.page_size,
                                     .done = looked};
    qimen_ask(plan->qimen, &plan->look);
}

/* No page is open, or the run is not open any more. */
static void run_lost(struct plan *plan)
{
    while (plan->held) { /* pages of a run that another one closed */
        if (plan->held->state == HELD_OUT) {
            link_out_cancel(plan->link, &plan->held->page);
        }
        held_free(plan->held);
    }
    plan->now_told = -1;
    if (plan->work.run_gone || plan->told < 0 || plan->run.limit > 0) {
        close_submit(plan);
        return;
    }
    plan->phase = PHASE_LOOKING;
    plan->now_told = 0;
    look_ask(plan, 0);
}

static void over(struct plan *plan, int exit_code)
{
    struct cause cause = plan->cause;
    plan->phase = PHASE_IDLE;
    loop_clear_timer(plan->loop, &plan->go);
    plan->options.ended(plan->options.user, exit_code, &cause);
}

static void reading_begin(struct plan *plan, const struct run *run)
{
    plan->run = *run;
    plan->phase = PHASE_READING;
    plan->dry = false;
    plan->told = run->source_total;
    plan->renew_at = plan->look_at = 0;
    log_event(LOG_INFO, run->resumed ? "run.resumed" : "run.started",
              run->resumed ? "going on with a run that stood unfinished" : "a run begins", "run", LOG_INT(run->id),
              "follow_up", LOG_INT(run->follow_up), "limit", LOG_INT(run->limit), NULL);
    wake(plan);
}

static void close_done(struct store_job *job, int error)
{
    struct run_end *end = (struct run_end *)((char *)job - offsetof(struct run_end, job));
    struct plan *plan = (struct plan *)((char *)end - offsetof(struct plan, end));
    plan->closing_busy = false;
    if (error) {
        bool give_up = store_refused(plan, error);
        if (plan->phase == PHASE_CLOSING && give_up) {
            struct cause cause = plan->cause;
            leave(plan, EXIT_UNFINISHED, &cause, false);
        }
        return;
    }
    store_took(plan);
    if (end->busy) {
        plan->phase = plan->phase == PHASE_CLOSING ? PHASE_READING : plan->phase;
        plan->dry = false;
        wake(plan);
        return;
    }
    log_event(end->complete ? LOG_INFO : LOG_WARN, "run.finished",
              end->complete ? "the run is complete" : "the run is finished but not complete", "run",
              LOG_INT(end->run.id), "report", LOG_TEXT(buffer_text(&end->report)), NULL);
    if (end->followed && plan->phase == PHASE_CLOSING) {
        if (!end->others) {
            log_event(LOG_WARN, "run.follows", "the source moved while it was read: another run follows", "run",
                      LOG_INT(end->next.id), NULL);
        }
        reading_begin(plan, &end->next);
        return;
    }
    over(plan, !end->complete || end->followed ? EXIT_UNFINISHED : end->rejected > 0 ? EXIT_REJECTS : EXIT_COMPLETE);
}

/* ---- leaving, second half ---- */

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

static bool still_out(const struct plan *plan)
{
    struct flow_state state;
    link_out_state(plan->link, &state);
    return state.out_batches > 0 && state.peers > 0 && loop_now(plan->loop) < plan->leave_by;
}

static void leave_go(struct plan *plan)
{
    qimen_drop(plan->qimen, &plan->look);
    struct held *next;
    for (struct held *held = plan->held; held; held = next) {
        next = held->next;
        if (held->state == HELD_WAITING || held->state == HELD_FETCHING || held->state == HELD_SPLIT) {
            held_free(held);
        }
    }
    if (plan->closing_busy) {
        return; /* close_done ends it, or comes back here */
    }
    bool waiting = plan->counts[HELD_OUT] > 0 && still_out(plan);
    if (!waiting) {
        for (struct held *held = plan->held; held; held = next) {
            next = held->next;
            if (held->state == HELD_OUT) {
                link_out_cancel(plan->link, &held->page);
                held_free(held);
            }
        }
    }
    if (loop_now(plan->loop) < plan->leave_by) {
        work_submit(plan);
        if (plan->work_busy || plan->counts[HELD_OUT] + plan->counts[HELD_ENDING] > 0) {
            wake_at(plan, plan->leave_by < plan->renew_at ? plan->leave_by : plan->renew_at);
            return;
        }
    }
    if (plan->work_busy) {
        return; /* work_done wakes us */
    }
    while (plan->held) {
        held_free(plan->held);
    }
    plan->phase = PHASE_RELEASING;
    plan->job = (struct store_job){.work = release_work, .done = release_done};
    store_submit(plan->store, &plan->job);
}

/* ---- beginning ---- */

static int begin_work(struct store *store, struct store_job *job)
{
    struct plan *plan = (struct plan *)((char *)job - offsetof(struct plan, job));
    return run_begin(store, &plan->run_plan, &plan->run);
}

static void begin_done(struct store_job *job, int error)
{
    struct plan *plan = (struct plan *)((char *)job - offsetof(struct plan, job));
    plan->begin_error = error;
    if (error) {
        (void)store_refused(plan, error);
        if (plan->phase != PHASE_BEGINNING || loop_now(plan->loop) - plan->failing_since >= LEAVE_WAIT) {
            (void)cause_set(&plan->cause, error, "no run could be begun: %s", store_why(plan->store));
            over(plan, EXIT_UNFINISHED);
        }
        return;
    }
    store_took(plan);
    plan->run_plan.abandon = false; /* the runs that follow are ours */
    if (plan->phase == PHASE_BEGINNING) {
        reading_begin(plan, &plan->run);
    } else {
        wake(plan);
    }
}

static void begin_submit(struct plan *plan)
{
    plan->begin_error = 0;
    plan->job = (struct store_job){.work = begin_work, .done = begin_done};
    store_submit(plan->store, &plan->job);
}

/* Everything that may be possible now is done; all events end here, through one timer, so that what came in one turn of
 * the loop shares a commit. */
static void go(void *user)
{
    struct plan *plan = user;
    int64_t now = loop_now(plan->loop);
    switch (plan->phase) {
    case PHASE_BEGINNING:
        if (plan->begin_error && now >= plan->work_not_before) {
            begin_submit(plan);
        }
        return;
    case PHASE_READING:
        for (struct held *held = plan->held; held; held = held->next) {
            if (held->state == HELD_SPLIT) {
                split_next(held);
            }
        }
        if (plan->phase == PHASE_READING) {
            fetch_some(plan);
        }
        work_submit(plan);
        wake_at(plan, plan->held ? plan->renew_at > now ? plan->renew_at : now + RENEW_EVERY : now + POLL_EVERY);
        if (plan->dry) {
            wake_at(plan, plan->poll_at > now ? plan->poll_at : now + POLL_EVERY);
        }
        return;
    case PHASE_CLOSING:
        if (!plan->closing_busy && now >= plan->work_not_before) {
            close_submit(plan);
        }
        return;
    case PHASE_LEAVING:
        leave_go(plan);
        return;
    case PHASE_IDLE:
    case PHASE_LOOKING:
    case PHASE_RELEASING:
        return;
    }
}

void plan_start(struct plan *plan, bool abandon)
{
    plan->run_plan.abandon = abandon;
    plan->cause.text[0] = '\0';
    plan->failed = false;
    plan->phase = PHASE_BEGINNING;
    qimen_revive(plan->qimen);
    begin_submit(plan);
}

int64_t plan_banned_until(const struct plan *plan)
{
    return qimen_banned_until(plan->qimen);
}

const char *plan_address(const struct plan *plan)
{
    return link_out_address(plan->link);
}

int plan_new(const struct plan_options *options, struct plan **out, struct cause *cause)
{
    static const struct link_out_events events = {
        .acked = on_acked, .stale = on_stale, .poisoned = on_poisoned, .credit = on_credit};
    const struct stage *stage = options->stage;
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    plan->options = *options;
    plan->scheme = stage->scheme;
    plan->loop = stage->loop;
    plan->store = stage->store;
    plan->go = (struct loop_timer){.fn = go, .user = plan};
    buffer_init(&plan->scratch, SCRATCH_BYTES);
    buffer_init(&plan->end.report, SCRATCH_BYTES);
    /* Two containers may have the same host name and process id: leases are told apart by chance. */
    (void)snprintf(plan->owner, sizeof plan->owner, "%s:%08x", stage->peer_name, arc4random());
    plan->run_plan = (struct run_plan){
        .scheme = stage->scheme->name,
        .scheme_hash = text_of(stage->scheme->hash),
        .source = text_of(options->source->sid),
        .slices = (int)stage->scheme->source.slice_count,
        .first_page = stage->scheme->source.first_page,
        .limit = options->limit,
    };
    plan->sent = metrics_add(stage->metrics, METRIC_COUNTER, "records_total", "outcome=\"sent\"",
                             "Records by what became of them here.");
    plan->pages_open = metrics_add(stage->metrics, METRIC_GAUGE, "run_pages", "state=\"open\"", "Pages of the run.");
    plan->pages_done = metrics_add(stage->metrics, METRIC_GAUGE, "run_pages", "state=\"done\"", "Pages of the run.");
    plan->source_total = metrics_add(stage->metrics, METRIC_GAUGE, "run_source_total", NULL,
                                     "Records the source told; -1 = it tells none.");
    struct qimen_options source = *options->source;
    source.ended = source_ended;
    source.user = plan;
    int error = qimen_new(&source, &plan->qimen, cause);
    if (!error) {
        error =
            link_out_new(stage->zmq, stage->loop, options->bind, &stage->identity, &events, plan, &plan->link, cause);
    }
    if (error) {
        plan_free(&plan);
        return error;
    }
    *out = plan;
    return 0;
}

void plan_free(struct plan **held)
{
    struct plan *plan = *held;
    *held = NULL;
    if (!plan) {
        return;
    }
    while (plan->held) {
        plan->held->in_work = false;
        held_free(plan->held);
    }
    loop_clear_timer(plan->loop, &plan->go);
    if (plan->link) {
        link_out_free(&plan->link);
    }
    qimen_free(&plan->qimen);
    buffer_fini(&plan->scratch);
    buffer_fini(&plan->end.report);
    free(plan);
}
