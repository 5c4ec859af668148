#include "extractor/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "extractor/extent.h"
#include "extractor/hand.h"
#include "extractor/record.h"

enum {
    RENEW_EVERY = 1000, /* ms, of a lease of PAGE_LEASE */
    LOOK_EVERY = 2000,  /* ms between counts of all pages for the metrics */
    POLL_EVERY = 300,   /* ms: others hold the open pages; one may come free */
    GATHER = 15,        /* ms between commits that nobody waits for: pages share them */
    AHEAD = 4,          /* claims in stock, in times of concurrency */
    SCRATCH_BYTES = 4 << 20,
};

struct pages {
    const struct scheme *scheme;
    struct loop *loop;
    struct store *store;
    struct qimen *qimen;
    struct link_out *link;
    struct pages_events events;
    void *user;
    const char *owner;
    const struct poison *poison;

    enum { PAGES_IDLE, PAGES_READING, PAGES_STOPPING } phase;
    struct run run;
    struct hand hand;
    bool dry; /* the last claim got less than it asked for: no page is free now */
    int64_t told;
    int64_t poll_at, renew_at, look_at, stop_by;
    int64_t gather_until;
    struct loop_timer go;
    struct page_work work;
    struct work_mood mood;
    bool work_busy;
    struct buffer scratch;
    struct metric *sent, *open, *done, *total, *permitted;
};

static void wake(struct pages *pages)
{
    loop_set_timer(pages->loop, &pages->go, loop_now(pages->loop));
}

static void wake_at(struct pages *pages, int64_t at)
{
    if (!pages->go.slot || pages->go.due > at) {
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

static struct extent extent_of(const struct pages *pages)
{
    return (struct extent){
        .page_size = pages->scheme->source.page_size,
        .first_page = pages->scheme->source.first_page,
        .slices = (int64_t)pages->scheme->source.slice_count,
        .limit = pages->run.limit,
    };
}

static void facts_set(struct held *held, const struct extent *extent, const struct reply *reply)
{
    const struct page *page = &held->page;
    struct extent_after after =
        extent_after(extent, page->slice, page->no, reply->rows, held->call.key ? -1 : reply->total);
    held->facts.total = page->no == extent->first_page && !held->call.key ? reply->total : -1;
    held->last_page = after.last_page;
    held->next_page = after.next_page;
    if (after.capped) {
        log_event(LOG_WARN, "source.endless",
                  "the slice is ended at the most pages that are read of one; cut it with source.slices of the scheme",
                  LOG_PAGE(page), NULL);
    }
}

static void send_out(struct held *held, size_t rows, struct buffer *records)
{
    struct pages *pages = held->pages;
    int error = link_out_send(pages->link, &held->page, rows, records, held);
    buffer_fini(records);
    if (error) {
        struct cause cause;
        (void)cause_set(&cause, error, "a page could not be given to the transformers: %s", error_text(error));
        pages_break(pages, EXIT_UNFINISHED, &cause, false);
        return;
    }
    held->since = page_clock();
    hand_move(&held->pages->hand, held, HELD_OUT);
    metric_add(pages->sent, (int64_t)rows);
}

static void fetched(struct qimen_call *call, const struct reply *reply)
{
    struct held *held = (struct held *)((char *)call - offsetof(struct held, call));
    struct pages *pages = held->pages;
    struct extent extent = extent_of(pages);
    size_t most = (size_t)extent_most(&extent, held->page.slice, held->page.no), rows = 0;
    struct buffer records;
    struct cause cause;
    buffer_init(&records, HELD_BYTES);
    int error = reply->rows > WIRE_ROWS_MAX && most > WIRE_ROWS_MAX ? ERR_LIMIT : 0;
    if (!error) {
        error = record_pack(pages->scheme, reply->list, most, &records, &pages->scratch, held->facts.digest, &rows);
    }
    if (error) {
        buffer_fini(&records);
        (void)cause_set(&cause, error,
                        "page %lld of slice %d holds %zu records that do not fit a batch (%s); lower "
                        "source.pagination.pageSize of the scheme",
                        (long long)held->page.no, (int)held->page.slice, reply->rows, error_text(error));
        pages_break(pages, EXIT_REFUSED, &cause, true);
        return;
    }
    if (held->call.key) { /* a replay tries poison, too, again */
        record_keep(pages->scheme, text_of(held->key), &records, &rows);
    } else if (poison_mark(pages->poison, pages->scheme, &records) != 0) {
        buffer_fini(&records);
        hand_drop(&pages->hand, held); /* out of memory: its lease runs out, and it is claimed again */
        return;
    }
    held->facts.rows = (int64_t)rows;
    held->times.fetch = page_span(page_clock() - held->since);
    facts_set(held, &extent, reply);
    held->noted = false;
    if (rows == 0) {
        buffer_fini(&records);
        hand_move(&held->pages->hand, held, HELD_ENDING);
    } else {
        send_out(held, rows, &records);
    }
    wake(pages);
}

/* As many as the target takes, and `concurrency` pages in store for the moment it takes more. */
static int64_t pages_wanted(const struct pages *pages)
{
    int64_t size = pages->scheme->source.page_size, concurrency = pages->scheme->source.concurrency;
    int64_t room = link_out_room(pages->link) + concurrency * size;
    int64_t wanted = room > 0 ? (room + size - 1) / size : 0;
    return wanted - (int64_t)pages->hand.counts[HELD_FETCHING];
}

static void fetch_some(struct pages *pages)
{
    int64_t wanted = pages_wanted(pages);
    metric_set(pages->permitted, qimen_concurrency(pages->qimen));
    int64_t idle = qimen_concurrency(pages->qimen) - (int64_t)pages->hand.counts[HELD_FETCHING];
    wanted = wanted < idle ? wanted : idle;
    struct held *next;
    for (struct held *held = pages->hand.first; held && wanted > 0; held = next) {
        next = held->next;
        if (held->state != HELD_WAITING || held->gone) {
            continue;
        }
        hand_move(&held->pages->hand, held, HELD_FETCHING);
        held->call = (struct qimen_call){.slice = held->page.slice, .page = held->page.no, .done = fetched};
        held->call.key = pages->run.kind == RUN_REPLAY ? held->key : NULL;
        held->call.page_size = pages->scheme->source.page_size;
        held->since = page_clock();
        qimen_ask(pages->qimen, &held->call);
        wanted--;
        if (pages->phase != PAGES_READING) {
            return;
        }
    }
}

/* ---- what comes back from the link ---- */

static void split_next(struct held *held)
{
    struct text rest = {held->rest.data + held->rest_done, held->rest.size - held->rest_done};
    struct text raw = record_first(held->pages->scheme, rest);
    struct buffer one;
    buffer_init(&one, HELD_BYTES);
    buffer_add_text(&one, raw);
    held->rest_done += raw.size;
    send_out(held, 1, &one);
}

static void on_acked(void *user, void *tag, const struct page *page, const struct page_times *times)
{
    struct held *held = tag;
    (void)page;
    held_timed(held, times);
    hand_move(&held->pages->hand, held, held->rest_done < held->rest.size ? HELD_SPLIT : HELD_ENDING);
    wake(user);
}

static void on_stale(void *user, void *tag, const struct page *page)
{
    (void)page;
    struct held *held = tag;
    struct pages *pages = user;
    hand_drop(&held->pages->hand, held);
    pages->look_at = 0; /* is it the page, or the run? */
    wake(pages);
}

/* It becomes a reject, by the way of all records: so its page is done only when that is durable. */
static void record_poisoned(struct pages *pages, struct held *held, struct text record)
{
    struct buffer apart;
    buffer_init(&apart, HELD_BYTES);
    if (poison_apart(pages->scheme, &held->page, record, &apart)) {
        send_out(held, 1, &apart);
        return;
    }
    struct cause cause;
    buffer_fini(&apart);
    (void)poison_cause(&held->page, &cause);
    pages_break(pages, EXIT_REFUSED, &cause, true);
    hand_drop(&pages->hand, held);
}

static void on_poisoned(void *user, void *tag, const struct page *page, size_t rows, struct text records)
{
    struct pages *pages = user;
    struct held *held = tag;
    if (rows == 1) {
        record_poisoned(pages, held, records);
        return;
    }
    log_event(LOG_WARN, "page.poison", "a page ended its worker again and again; its records now go out one by one",
              LOG_PAGE(page), NULL);
    buffer_clear(&held->rest, 0);
    buffer_add_text(&held->rest, records);
    held->rest_done = 0;
    hand_move(&held->pages->hand, held, HELD_SPLIT);
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

static void work_done(struct store_job *job, int error);

static size_t claims_wanted(const struct pages *pages, int64_t now)
{
    if (pages->phase != PAGES_READING || (pages->dry && now < pages->poll_at)) {
        return 0;
    }
    int64_t stock = (int64_t)pages->hand.counts[HELD_WAITING], concurrency = pages->scheme->source.concurrency;
    int64_t wanted = pages_wanted(pages) > 0 && stock <= concurrency ? AHEAD * concurrency - stock : 0;
    return wanted > WORK_CLAIMS ? (size_t)WORK_CLAIMS : (size_t)wanted;
}

/* Does anything stand still until the next commit? */
static bool work_urgent(const struct pages *pages)
{
    return pages->phase != PAGES_READING || pages->hand.counts[HELD_WAITING] == 0;
}

static void work_fill(struct pages *pages, struct page_work *work, int64_t now)
{
    work->note_count = work->end_count = 0;
    for (struct held *held = pages->hand.first; held; held = held->next) {
        bool fetched_it = held->state >= HELD_OUT;
        if (fetched_it && !held->noted && work->note_count < WORK_PAGES) {
            work->notes[work->note_count++] =
                (struct page_note){.page = held->page, .facts = held->facts, .last_page = held->last_page, .tag = held};
            held->in_work = true;
        }
        if (held->state == HELD_ENDING && (held->noted || held->in_work) && work->end_count < WORK_PAGES) {
            work->ends[work->end_count++] =
                (struct page_end){.page = held->page, .next_page = held->next_page, .times = held->times, .tag = held};
            held->in_work = true;
        }
    }
    work->run = pages->run.id;
    work->kind = pages->run.kind;
    work->owner = text_of(pages->owner);
    work->claim_want = claims_wanted(pages, now);
    work->renew = now >= pages->renew_at && pages->hand.first;
    work->look = now >= pages->look_at || (pages->dry && work->claim_want > 0);
}

static void work_submit(struct pages *pages)
{
    int64_t now = loop_now(pages->loop);
    struct page_work *work = &pages->work;
    if (pages->work_busy || now < pages->mood.not_before) {
        return;
    }
    if (now < pages->gather_until && !work_urgent(pages)) {
        wake_at(pages, pages->gather_until);
        return;
    }
    work_fill(pages, work, now);
    if (work->note_count + work->end_count + work->claim_want == 0 && !work->renew && !work->look) {
        return;
    }
    pages->renew_at = work->renew ? now + RENEW_EVERY : pages->renew_at;
    pages->look_at = work->look ? now + LOOK_EVERY : pages->look_at;
    pages->gather_until = now + GATHER;
    pages->work_busy = true;
    work->job.work = page_work_run;
    work->job.done = work_done;
    store_submit(pages->store, &work->job);
}

static void note_done(struct pages *pages, const struct page_note *note)
{
    struct held *held = note->tag;
    held->noted = true;
    if (note->error == ERR_STALE) {
        if (!held->gone && held->state == HELD_OUT) {
            link_out_cancel(pages->link, &held->page);
        }
        held->gone = true;
    }
    if (note->error == ERR_LIMIT) {
        struct cause cause;
        (void)cause_set(
            &cause, note->error,
            "slice %d: the source tells %lld records, more than %d pages; cut it with source.slices of the scheme",
            (int)held->page.slice, (long long)note->facts.total, RUN_PAGES_MAX);
        pages_break(pages, EXIT_REFUSED, &cause, true);
    }
    if (note->twin >= 0) {
        held->next_page = -1;
        log_event(LOG_WARN, "source.repeats",
                  "two pages hold the same records: the source moved or repeats itself; no page is read behind them",
                  LOG_PAGE(&held->page), "twin", LOG_INT(note->twin), NULL);
    }
    pages->dry = pages->dry && note->last_page <= held->page.no;
}

/* What the commit says about the pages in it. */
static void work_settle(struct pages *pages, struct page_work *work, bool committed)
{
    for (size_t i = 0; i < work->note_count; i++) {
        ((struct held *)work->notes[i].tag)->in_work = false;
        if (committed) {
            note_done(pages, &work->notes[i]);
        }
    }
    for (size_t i = 0; i < work->end_count; i++) {
        struct held *held = work->ends[i].tag;
        held->in_work = false;
        if (committed) {
            pages->dry = pages->dry && work->ends[i].next_page < 0;
            held->gone = true;
            if (work->ends[i].gone) {
                log_event(LOG_INFO, "reject.gone", "the source returns this record no more: its reject is closed",
                          "key", LOG_STR(held->key), LOG_PAGE(&held->page), NULL);
            }
        }
    }
    bool held_some = pages->hand.first != NULL;
    hand_sweep(&pages->hand);
    if (held_some && !pages->hand.first) {
        pages->poll_at = 0; /* was that the last one? look at once */
    }
}

/* The run goes on without us, or is over: what is held of it is nobody's business any more. */
static void run_leave(struct pages *pages, bool gone)
{
    for (const struct held *held = pages->hand.first; held; held = held->next) {
        if (held->state == HELD_OUT) {
            link_out_cancel(pages->link, &held->page);
        }
    }
    hand_clear(&pages->hand);
    pages->phase = PAGES_IDLE;
    metric_set(pages->open, 0);
    pages->events.none_open(pages->user, gone);
}

static void work_done(struct store_job *job, int error)
{
    struct page_work *work = (struct page_work *)((char *)job - offsetof(struct page_work, job));
    struct pages *pages = (struct pages *)((char *)work - offsetof(struct pages, work));
    int64_t now = loop_now(pages->loop);
    pages->work_busy = false;
    work_settle(pages, work, error == 0);
    wake(pages);
    if (error) {
        struct cause cause;
        if (work_refused(&pages->mood, pages->store, error, now, &cause)) {
            pages_break(pages, EXIT_UNFINISHED, &cause, false);
        }
        return;
    }
    work_took(&pages->mood);
    for (size_t i = 0; i < work->claim_count; i++) {
        struct held *held = hand_add(&pages->hand, &work->claims[i]);
        if (held) {
            held->pages = pages;
            if (work->kind == RUN_REPLAY) {
                memcpy(held->key, work->keys[i], sizeof held->key);
            }
        }
    }
    if (work->claim_want > 0) {
        pages->dry = work->claim_count < work->claim_want;
        pages->poll_at = now + POLL_EVERY;
    }
    bool none_open = false;
    if (work->look) {
        metric_set(pages->done, work->progress.pages_done);
        metric_set(pages->open, work->progress.pages_total - work->progress.pages_done);
        metric_set(pages->total, work->progress.source_total);
        pages->told = work->progress.source_total;
        none_open = work->progress.pages_done == work->progress.pages_total && !pages->hand.first;
    }
    if (work->failed.text[0] != '\0') {
        pages_break(pages, EXIT_REFUSED, &work->failed, false);
    } else if (pages->phase == PAGES_READING && (work->run_gone || none_open)) {
        run_leave(pages, work->run_gone);
    }
}

/* ---- stopping ---- */

static void drop_inside(struct pages *pages, bool out_too)
{
    struct held *next;
    for (struct held *held = pages->hand.first; held; held = next) {
        next = held->next;
        if (held->state == HELD_OUT && !held->gone && out_too) {
            link_out_cancel(pages->link, &held->page);
            hand_drop(&pages->hand, held);
        } else if (held->state != HELD_OUT && held->state != HELD_ENDING) {
            hand_drop(&pages->hand, held);
        }
    }
}

static void stop_go(struct pages *pages)
{
    struct flow_state link;
    link_out_state(pages->link, &link);
    bool in_time = loop_now(pages->loop) < pages->stop_by;
    drop_inside(pages, !in_time || link.peers == 0 || link.out_batches == 0);
    if (in_time) {
        work_submit(pages);
    }
    if (in_time && pages->hand.counts[HELD_OUT] + pages->hand.counts[HELD_ENDING] > 0) {
        /* A renewal that is due waits for the commit under way, which wakes us. */
        int64_t now = loop_now(pages->loop), next = pages->renew_at > now ? pages->renew_at : now + POLL_EVERY;
        wake_at(pages, pages->stop_by < next ? pages->stop_by : next);
        return;
    }
    if (!pages->work_busy) { /* else work_done wakes us */
        hand_clear(&pages->hand);
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
    int64_t now = loop_now(pages->loop);
    if (pages->phase == PAGES_STOPPING) {
        stop_go(pages);
        return;
    }
    for (struct held *held = pages->hand.first; held && pages->phase == PAGES_READING; held = held->next) {
        if (held->state == HELD_SPLIT && !held->gone) {
            split_next(held);
        }
    }
    if (pages->phase == PAGES_READING) {
        fetch_some(pages);
    }
    if (pages->phase == PAGES_READING) {
        work_submit(pages);
        int64_t next = pages->hand.first ? pages->renew_at : pages->poll_at;
        next = pages->dry && pages->poll_at < next ? pages->poll_at : next;
        next = pages->mood.not_before > now ? pages->mood.not_before : next;
        wake_at(pages, next > now ? next : now + POLL_EVERY);
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
    buffer_init(&pages->scratch, SCRATCH_BYTES);
    pages->sent = metrics_add(stage->metrics, METRIC_COUNTER, "records_total", "outcome=\"sent\"",
                              "Records by what became of them here.");
    pages->open = metrics_add(stage->metrics, METRIC_GAUGE, "run_pages", "state=\"open\"", "Pages of the run.");
    pages->done = metrics_add(stage->metrics, METRIC_GAUGE, "run_pages", "state=\"done\"", "Pages of the run.");
    pages->total = metrics_add(stage->metrics, METRIC_UNTYPED, "run_source_total", NULL,
                               "Records that the source told; -1 = it tells none.");
    char api[200], label[240];
    (void)snprintf(api, sizeof api, "%.*s", TEXT_ARG(stage->scheme->source.api));
    metrics_label(label, sizeof label, "api", api);
    pages->permitted =
        metrics_add(stage->metrics, METRIC_GAUGE, "calls_permitted", label, "Most calls at once now, of this worker.");
    metric_set(pages->permitted, stage->scheme->source.concurrency);
    int error = link_out_new(stage->zmq, stage->loop, bind, &stage->identity, &link_events, pages, &pages->link, cause);
    if (error) {
        pages_free(&pages);
        return error;
    }
    *out = pages;
    return 0;
}

void pages_free(struct pages **pages_held)
{
    struct pages *pages = *pages_held;
    *pages_held = NULL;
    if (!pages) {
        return;
    }
    hand_clear(&pages->hand);
    loop_clear_timer(pages->loop, &pages->go);
    if (pages->link) {
        link_out_free(&pages->link);
    }
    buffer_fini(&pages->scratch);
    free(pages);
}

void pages_begin(struct pages *pages, const struct run *run, struct qimen *qimen, const struct poison *poison)
{
    pages->poison = poison;
    pages->run = *run;
    pages->qimen = qimen;
    pages->told = run->source_total;
    pages_resume(pages);
}

void pages_resume(struct pages *pages)
{
    pages->phase = PAGES_READING;
    pages->dry = false;
    pages->poll_at = pages->renew_at = pages->look_at = 0;
    wake(pages);
}

void pages_stop(struct pages *pages, int64_t by)
{
    pages->phase = PAGES_STOPPING;
    pages->stop_by = by;
    wake(pages);
}

int64_t pages_told(const struct pages *pages)
{
    return pages->told;
}

const char *pages_ail(const struct pages *pages)
{
    struct flow_state link;
    link_out_state(pages->link, &link);
    return link.peers == 0 ? "no transformer is connected" : pages->mood.failing ? "the store takes no commits" : NULL;
}

struct link_out *pages_link(const struct pages *pages)
{
    return pages->link;
}
