#include "extractor/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/container.h"
#include "common/log/log.h"
#include "common/run/proof.h"
#include "extractor/fetch.h"
#include "extractor/record.h"

enum {
    RENEW_EVERY = 1000, /* ms, of a lease of PAGE_LEASE */
    LOOK_EVERY = 2000,  /* ms between counts of all pages for the metrics */
    POLL_EVERY = 300,   /* ms: others hold the open pages; one may come free */
    GATHER = 15,        /* ms between commits that nobody waits for: pages share them */
    AHEAD = 4,          /* claims in stock, in times of concurrency */
    ARENA_BYTES = 64 << 20,
};

struct pages {
    const struct scheme *scheme;
    struct loop *loop;
    struct store *store;
    struct source *source;
    struct link_out *link;
    struct pages_events events;
    void *user;
    const char *owner;
    const struct poison *poison;

    enum { PAGES_IDLE, PAGES_READING, PAGES_STOPPING, PAGES_CLOSED } phase;
    struct run run;
    struct leases leases;
    bool dry;     /* the last claim got less than it asked for: no page is free now */
    bool certain; /* as of struct extent */
    int64_t told;
    struct loop_ms poll_at, renew_at, look_at, stop_by;
    struct loop_ms gather_until;
    struct loop_timer go;
    struct page_commit commit;
    struct store_outage outage;
    bool commit_busy;
    struct arena arena; /* of the page that is being packed */
    struct metric *sent, *open, *done, *total, *permitted;
};

static void wake(struct pages *pages)
{
    loop_set_after(pages->loop, &pages->go, 0);
}

static void wake_at(struct pages *pages, struct loop_ms at)
{
    if (!pages->go.slot || loop_before(at, pages->go.due)) {
        loop_set_timer(pages->loop, &pages->go, at);
    }
}

static void pages_break(struct pages *pages, int exit_code, const struct cause *cause, bool failed)
{
    if (pages->phase == PAGES_READING) {
        pages->events.broken(pages->user, exit_code, cause, failed);
    }
}

/* ---- fetching ---- */

static void send_out(struct lease *lease, size_t rows, struct buffer *records)
{
    struct pages *pages = lease->pages;
    int error = link_out_send(pages->link, &lease->page, rows, records, lease);
    buffer_fini(records);
    if (error) {
        struct cause cause;
        (void)cause_set(&cause, error, "a page could not be given to the transformers: %s", error_text(error));
        pages_break(pages, EXIT_UNFINISHED, &cause, false);
        return;
    }
    lease->since = page_clock();
    leases_move(&lease->pages->leases, lease, LEASE_OUT);
    metric_add(pages->sent, (int64_t)rows);
}

/* The page's records are here, and its facts are known. */
static void came(struct lease *lease, struct buffer *records)
{
    lease->noted = false;
    if (lease->facts.rows == 0) {
        buffer_fini(records);
        leases_move(&lease->pages->leases, lease, LEASE_ENDING);
    } else {
        send_out(lease, (size_t)lease->facts.rows, records);
    }
    wake(lease->pages);
}

static void fetched(struct source_call *call, const struct source_answer *answer)
{
    struct lease *lease = CONTAINER_OF(call, struct lease, call);
    struct pages *pages = lease->pages;
    const struct fetch fetch = {pages->scheme, &pages->run, pages->poison, &pages->certain, &pages->arena};
    struct buffer records;
    struct cause cause;
    buffer_init(&records, LEASE_BYTES);
    int error = fetch_take(&fetch, lease, answer, &records, &cause);
    if (error) {
        buffer_fini(&records);
        if (error == ERR_BUSY) {
            source_ask(pages->source, call);
        } else if (error == ERR_MEMORY) {
            leases_drop(&pages->leases, lease); /* its lease runs out, and it is claimed again */
        } else {
            pages_break(pages, EXIT_REFUSED, &cause, true);
        }
        return;
    }
    came(lease, &records);
}

/* As many as the target takes, and `concurrency` pages in store for the moment it takes more. */
static int64_t pages_wanted(const struct pages *pages)
{
    int64_t size = pages->scheme->source.page_size, concurrency = pages->scheme->source.concurrency;
    int64_t room = link_out_room(pages->link) + concurrency * size;
    int64_t wanted = room > 0 ? (room + size - 1) / size : 0;
    return wanted - (int64_t)pages->leases.counts[LEASE_FETCHING];
}

static void fetch_some(struct pages *pages)
{
    int64_t wanted = pages_wanted(pages);
    metric_set(pages->permitted, source_concurrency(pages->source));
    int64_t idle = source_concurrency(pages->source) - (int64_t)pages->leases.counts[LEASE_FETCHING];
    wanted = wanted < idle ? wanted : idle;
    struct lease *next;
    for (struct lease *lease = pages->leases.first; lease && wanted > 0 && pages->phase == PAGES_READING;
         lease = next) {
        next = lease->next;
        if (lease->state != LEASE_WAITING || lease->gone) {
            continue;
        }
        wanted--;
        if (run_is_stored(&pages->run) || lease->before.over) {
            came(lease, &lease->rest); /* with the claim */
            continue;
        }
        leases_move(&lease->pages->leases, lease, LEASE_FETCHING);
        lease->call = (struct source_call){.done = fetched};
        fetch_place(pages->scheme, &pages->run, &lease->page, &lease->call);
        lease->call.key = pages->run.kind == RUN_REPLAY ? lease->key : NULL;
        lease->call.page_size = pages->scheme->source.page_size;
        lease->call.cursor = lease->before.cursor;
        lease->call.ranges = lease->before.ranges;
        lease->since = page_clock();
        source_ask(pages->source, &lease->call);
    }
}

/* ---- what comes back from the link ---- */

static void split_next(struct lease *lease)
{
    struct text rest = {lease->rest.data + lease->rest_done, lease->rest.size - lease->rest_done};
    struct text raw = record_first(lease->pages->scheme, rest);
    struct buffer one;
    buffer_init(&one, LEASE_BYTES);
    buffer_add_text(&one, raw);
    lease->rest_done += raw.size;
    send_out(lease, 1, &one);
}

static void on_acked(void *user, void *tag, const struct page *page, const struct page_times *times)
{
    struct lease *lease = tag;
    (void)page;
    lease_timed(lease, times);
    leases_move(&lease->pages->leases, lease, lease->rest_done < lease->rest.size ? LEASE_SPLIT : LEASE_ENDING);
    wake(user);
}

static void on_stale(void *user, void *tag, const struct page *page)
{
    (void)page;
    struct lease *lease = tag;
    struct pages *pages = user;
    leases_drop(&lease->pages->leases, lease);
    pages->look_at.ms = 0; /* is it the page, or the run? */
    wake(pages);
}

/* It becomes a reject, by the way of all records: so its page is done only when that is durable. */
static void record_poisoned(struct pages *pages, struct lease *lease, struct text record)
{
    struct buffer apart;
    buffer_init(&apart, LEASE_BYTES);
    if (poison_apart(pages->scheme, &lease->page, record, &apart)) {
        send_out(lease, 1, &apart);
        return;
    }
    struct cause cause;
    buffer_fini(&apart);
    (void)poison_cause(&lease->page, &cause);
    pages_break(pages, EXIT_REFUSED, &cause, true);
    leases_drop(&pages->leases, lease);
}

static void on_poisoned(void *user, void *tag, const struct page *page, size_t rows, struct text records)
{
    struct pages *pages = user;
    struct lease *lease = tag;
    if (rows == 1) {
        record_poisoned(pages, lease, records);
        return;
    }
    log_event(EVENT_PAGE_POISON, "a page ended its worker again and again; its records now go out one by one",
              LOG_PAGE(page), NULL);
    buffer_clear(&lease->rest, 0);
    buffer_add_text(&lease->rest, records);
    lease->rest_done = 0;
    leases_move(&lease->pages->leases, lease, LEASE_SPLIT);
    wake(pages);
}

static void on_credit(void *user)
{
    struct pages *pages = user;
    if (pages->phase != PAGES_IDLE) {
        wake(pages);
    }
}

/* ---- commits ---- */

static void commit_done(struct store_job *job, int error);

static size_t claims_wanted(const struct pages *pages, struct loop_ms now)
{
    if (pages->phase != PAGES_READING || (pages->dry && loop_before(now, pages->poll_at))) {
        return 0;
    }
    int64_t stock = (int64_t)pages->leases.counts[LEASE_WAITING], concurrency = pages->scheme->source.concurrency;
    int64_t wanted = pages_wanted(pages) > 0 && stock <= concurrency ? AHEAD * concurrency - stock : 0;
    return wanted > COMMIT_CLAIMS ? (size_t)COMMIT_CLAIMS : (size_t)wanted;
}

/* Does anything stand still until the next commit? */
static bool commit_urgent(const struct pages *pages)
{
    return pages->phase != PAGES_READING || pages->leases.counts[LEASE_WAITING] == 0;
}

static void commit_fill(struct pages *pages, struct page_commit *commit, struct loop_ms now)
{
    commit->note_count = commit->end_count = 0;
    for (struct lease *lease = pages->leases.first; lease; lease = lease->next) {
        bool fetched_it = lease->state >= LEASE_OUT;
        if (fetched_it && !lease->noted && commit->note_count < COMMIT_PAGES) {
            commit->notes[commit->note_count++] = lease_note(lease);
            lease->in_commit = true;
        }
        if (lease->state == LEASE_ENDING && (lease->noted || lease->in_commit) && commit->end_count < COMMIT_PAGES) {
            commit->ends[commit->end_count++] = lease_end(lease);
            lease->in_commit = true;
        }
    }
    commit->run = pages->run;
    commit->owner = text_of(pages->owner);
    commit->scheme = pages->scheme;
    commit->held = commit->held && pages->phase != PAGES_READING; /* what ends a run counts until the next one */
    commit->claim_want = claims_wanted(pages, now);
    commit->renew = !loop_before(now, pages->renew_at) && pages->leases.first;
    commit->look = !loop_before(now, pages->look_at) || (pages->dry && commit->claim_want > 0);
}

static void commit_submit(struct pages *pages)
{
    struct loop_ms now = loop_now(pages->loop);
    struct page_commit *commit = &pages->commit;
    if (pages->commit_busy || loop_before(now, pages->outage.not_before)) {
        return;
    }
    if (loop_before(now, pages->gather_until) && !commit_urgent(pages)) {
        wake_at(pages, pages->gather_until);
        return;
    }
    commit_fill(pages, commit, now);
    if (commit->note_count + commit->end_count + commit->claim_want == 0 && !commit->renew && !commit->look) {
        return;
    }
    pages->renew_at = commit->renew ? loop_after(now, RENEW_EVERY) : pages->renew_at;
    pages->look_at = commit->look ? loop_after(now, LOOK_EVERY) : pages->look_at;
    pages->gather_until = loop_after(now, GATHER);
    pages->commit_busy = true;
    commit->job.work = page_commit_run;
    commit->job.done = commit_done;
    store_submit(pages->store, &commit->job);
}

static void note_done(struct pages *pages, const struct page_note *note)
{
    struct lease *lease = note->tag;
    lease->noted = true;
    if (note->error == ERR_STALE) {
        if (!lease->gone && lease->state == LEASE_OUT) {
            link_out_cancel(pages->link, &lease->page, false);
        }
        lease->gone = true;
    }
    if (note->error == ERR_LIMIT) {
        struct cause cause;
        (void)cause_set(
            &cause, note->error,
            "slice %d: the source tells %lld records, more than %d pages; cut it with source.slices of the scheme",
            (int)lease->page.slice, (long long)note->facts.total, RUN_PAGES_MAX);
        pages_break(pages, EXIT_REFUSED, &cause, true);
    }
    if (note->twin >= 0) {
        bool over = note->repeats >= RUN_REPEATS_MAX;
        lease->next_page = over ? -1 : lease->next_page;
        log_event(EVENT_SOURCE_REPEATS,
                  over ? "the source sends the same page again and again: no page is read behind it"
                       : "two pages hold the same records: the source moved, or repeats itself",
                  LOG_PAGE(&lease->page), "twin", LOG_INT(note->twin), NULL);
    }
    pages->dry = pages->dry && note->last_page <= lease->page.no;
}

/* What the commit says about the pages in it. */
static void commit_settle(struct pages *pages, struct page_commit *commit, bool committed)
{
    for (size_t i = 0; i < commit->note_count; i++) {
        ((struct lease *)commit->notes[i].tag)->in_commit = false;
        if (committed) {
            note_done(pages, &commit->notes[i]);
        }
    }
    for (size_t i = 0; i < commit->end_count; i++) {
        struct lease *lease = commit->ends[i].tag;
        lease->in_commit = false;
        if (committed) {
            /* In a window the page before may be read now. */
            pages->dry = pages->dry && commit->ends[i].next_page < 0 && pages->run.window.step == 0;
            lease->gone = true;
            if (commit->ends[i].error == ERR_REFUSED) {
                log_event(
                    EVENT_PAGE_UNSETTLED,
                    "a page was acknowledged, but the ledger lacks outcomes of its records: it is read again; who "
                    "acknowledged it does not write into this store",
                    LOG_PAGE(&lease->page), NULL);
            }
            if (commit->ends[i].gone) {
                log_event(EVENT_REJECT_GONE, "the source returns this record no more: its reject is closed", "key",
                          LOG_STR(lease->key), LOG_PAGE(&lease->page), NULL);
            }
        }
    }
    bool had_some = pages->leases.first != NULL;
    leases_sweep(&pages->leases);
    if (had_some && !pages->leases.first) {
        pages->poll_at.ms = 0; /* was that the last one? look at once */
    }
}

/* The run goes on without us, or is over: what is lease of it is nobody's business any more. */
static void run_leave(struct pages *pages, bool gone)
{
    for (const struct lease *lease = pages->leases.first; lease; lease = lease->next) {
        if (lease->state == LEASE_OUT) {
            link_out_cancel(pages->link, &lease->page, false);
        }
    }
    leases_clear(&pages->leases);
    pages->phase = PAGES_IDLE;
    metric_set(pages->open, 0);
    pages->events.none_open(pages->user, gone);
}

static void commit_done(struct store_job *job, int error)
{
    struct page_commit *commit = CONTAINER_OF(job, struct page_commit, job);
    struct pages *pages = CONTAINER_OF(commit, struct pages, commit);
    struct loop_ms now = loop_now(pages->loop);
    pages->commit_busy = false;
    if (pages->phase == PAGES_CLOSED) {
        return;
    }
    commit_settle(pages, commit, error == 0);
    wake(pages);
    if (error) {
        struct cause cause;
        if (outage_note(&pages->outage, pages->store, error, now, &cause)) {
            pages_break(pages, EXIT_UNFINISHED, &cause, false);
        }
        return;
    }
    outage_over(&pages->outage);
    leases_take(&pages->leases, pages, commit);
    if (commit->claim_want > 0) {
        pages->dry = commit->claim_count < commit->claim_want;
        pages->poll_at = loop_after(now, POLL_EVERY);
    }
    bool none_open = false;
    if (commit->look) {
        metric_set(pages->done, commit->progress.pages_done);
        metric_set(pages->open, commit->progress.pages_total - commit->progress.pages_done);
        metric_set(pages->total, commit->progress.source_total);
        pages->told = commit->progress.source_total;
        if (pages->source) { /* none once the run has been left */
            source_note_rows(pages->source, commit->progress.rows_most);
        }
        none_open = commit->progress.pages_done == commit->progress.pages_total && !pages->leases.first;
    }
    if (commit->failed.text[0] != '\0') {
        pages_break(pages, commit->held ? EXIT_UNFINISHED : EXIT_REFUSED, &commit->failed, false);
    } else if (pages->phase == PAGES_READING && (commit->run_gone || none_open)) {
        run_leave(pages, commit->run_gone);
    }
}

bool pages_held(const struct pages *pages)
{
    return pages->commit.held;
}

/* ---- stopping ---- */

static void drop_inside(struct pages *pages, bool out_too)
{
    struct lease *next;
    for (struct lease *lease = pages->leases.first; lease; lease = next) {
        next = lease->next;
        if (lease->state == LEASE_OUT && !lease->gone && out_too) {
            link_out_cancel(pages->link, &lease->page, false);
            leases_drop(&pages->leases, lease);
        } else if (lease->state != LEASE_OUT && lease->state != LEASE_ENDING) {
            leases_drop(&pages->leases, lease);
        }
    }
}

static void stop_go(struct pages *pages)
{
    struct flow_state link;
    link_out_state(pages->link, &link);
    bool in_time = loop_before(loop_now(pages->loop), pages->stop_by);
    drop_inside(pages, !in_time || link.peers == 0 || link.out_batches == 0);
    if (in_time) {
        commit_submit(pages);
    }
    if (in_time && pages->leases.counts[LEASE_OUT] + pages->leases.counts[LEASE_ENDING] > 0) {
        /* A renewal that is due waits for the commit under way, which wakes us. */
        struct loop_ms now = loop_now(pages->loop);
        struct loop_ms next = loop_before(now, pages->renew_at) ? pages->renew_at : loop_after(now, POLL_EVERY);
        wake_at(pages, loop_earlier(pages->stop_by, next));
        return;
    }
    if (!pages->commit_busy) { /* else commit_done wakes us */
        leases_clear(&pages->leases);
        pages->phase = PAGES_IDLE;
        pages->events.stopped(pages->user);
    }
}

/* ---- turning ---- */

/* Everything that may be possible now is done. All events end here, through one timer, so that what came in one turn of
 * the loop shares a commit. */
static void go(void *user)
{
    struct pages *pages = user;
    struct loop_ms now = loop_now(pages->loop);
    if (pages->phase == PAGES_STOPPING) {
        stop_go(pages);
        return;
    }
    for (struct lease *lease = pages->leases.first; lease && pages->phase == PAGES_READING; lease = lease->next) {
        if (lease->state == LEASE_SPLIT && !lease->gone) {
            split_next(lease);
        }
    }
    if (pages->phase == PAGES_READING) {
        fetch_some(pages);
    }
    if (pages->phase == PAGES_READING) {
        commit_submit(pages);
        struct loop_ms next = pages->leases.first ? pages->renew_at : pages->poll_at;
        next = pages->dry ? loop_earlier(pages->poll_at, next) : next;
        next = loop_before(now, pages->outage.not_before) ? pages->outage.not_before : next;
        wake_at(pages, loop_before(now, next) ? next : loop_after(now, POLL_EVERY));
    }
}

int pages_new(const struct stage *stage, const char *bind, const char *owner, const struct pages_events *events,
              void *user, struct pages **out, struct cause *cause)
{
    static const struct link_out_events link_events = {
        .acked = on_acked, .stale = on_stale, .poisoned = on_poisoned, .credit = on_credit};
    struct pages *pages = calloc(1, sizeof *pages);
    if (!pages) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    pages->scheme = stage->scheme;
    pages->loop = stage->loop;
    pages->store = stage->store;
    pages->owner = owner;
    pages->events = *events;
    pages->user = user;
    pages->go = (struct loop_timer){.fn = go, .user = pages};
    arena_init(&pages->arena, ARENA_BYTES);
    pages->sent = metrics_add(stage->metrics, FAMILY_RECORDS, "outcome=\"sent\"");
    pages->open = metrics_add(stage->metrics, FAMILY_RUN_PAGES, "state=\"open\"");
    pages->done = metrics_add(stage->metrics, FAMILY_RUN_PAGES, "state=\"done\"");
    pages->total = metrics_add(stage->metrics, FAMILY_RUN_SOURCE_TOTAL, NULL);
    char api[200], label[240];
    (void)snprintf(api, sizeof api, "%.*s", TEXT_ARG(stage->scheme->source.api));
    metrics_label(label, sizeof label, "api", api);
    pages->permitted = metrics_add(stage->metrics, FAMILY_CALLS_PERMITTED, label);
    metric_set(pages->permitted, stage->scheme->source.concurrency);
    int error = link_out_new(stage->zmq, stage->loop, bind, &stage->identity, &link_events, pages, &pages->link, cause);
    if (error) {
        pages_free(&pages);
        return error;
    }
    *out = pages;
    return 0;
}

void pages_close(struct pages *pages)
{
    pages->phase = PAGES_CLOSED;
    loop_clear_timer(pages->loop, &pages->go);
    struct lease *next;
    for (struct lease *lease = pages->leases.first; lease; lease = next) {
        next = lease->next;
        leases_drop(&pages->leases, lease);
    }
    if (pages->link) {
        link_out_free(&pages->link);
    }
}

void pages_free(struct pages **pages_held)
{
    struct pages *pages = *pages_held;
    *pages_held = NULL;
    if (!pages) {
        return;
    }
    if (pages->phase != PAGES_CLOSED) {
        pages_close(pages);
    }
    leases_clear(&pages->leases);
    commit_fini(&pages->commit);
    arena_fini(&pages->arena);
    free(pages);
}

void pages_begin(struct pages *pages, const struct run *run, struct source *source, const struct poison *poison)
{
    pages->poison = poison;
    pages->run = *run;
    pages->source = source;
    pages->told = run->source_total;
    pages_resume(pages);
}

void pages_resume(struct pages *pages)
{
    pages->phase = PAGES_READING;
    pages->dry = false;
    pages->poll_at = pages->renew_at = pages->look_at = (struct loop_ms){0};
    wake(pages);
}

void pages_stop(struct pages *pages, struct loop_ms by)
{
    pages->phase = PAGES_STOPPING;
    pages->stop_by = by;
    wake(pages);
}

int64_t pages_told(const struct pages *pages)
{
    return pages->told;
}

const char *pages_unready(const struct pages *pages, bool *store_fails)
{
    struct flow_state link;
    link_out_state(pages->link, &link);
    *store_fails = pages->outage.failing;
    return link.peers == 0 ? "no transformer is connected" : NULL;
}

struct link_out *pages_link(const struct pages *pages)
{
    return pages->link;
}
