#include "extractor/page_work.h"

#include <stdio.h>

#include "common/json.h"
#include "common/limit.h"
#include "common/log.h"
#include "common/rule.h"

enum { REPORT_ARENA = 1 << 20, STORE_PAUSE = 500 /* ms until a commit that failed is tried again */ };

bool work_refused(struct work_mood *mood, const struct store *store, int error, int64_t now, struct cause *cause)
{
    mood->not_before = now + STORE_PAUSE;
    if (!mood->failing) {
        mood->failing = true;
        mood->since = now;
        log_line(LOG_WARN, "store.failing", "the store takes no commit (%s): %s; trying again", error_text(error),
                 store_why(store));
    }
    if (now - mood->since < LIMIT_GIVE_UP) {
        return false;
    }
    (void)cause_set(cause, error, "the store takes no commit: %s; what was finished before is kept", store_why(store));
    return true;
}

void work_took(struct work_mood *mood)
{
    if (mood->failing) {
        mood->failing = false;
        log_line(LOG_INFO, "store.back", "the store takes commits again");
    }
    mood->not_before = 0;
}

/* What another holder of the page, or the source's own size, makes of one page is no reason to lose the others. */
static bool is_pages_own(int error)
{
    return error == ERR_STALE || error == ERR_LIMIT;
}

static int claims_take(struct store *store, struct page_work *work)
{
    work->claim_count = 0;
    work->run_gone = false;
    if (work->claim_want == 0) {
        return 0;
    }
    int error = page_claim(store, work->run, work->owner, work->claim_want, work->claims, &work->claim_count);
    work->run_gone = error == ERR_STALE;
    for (size_t i = 0; !error && work->kind == RUN_REPLAY && i < work->claim_count; i++) {
        error = replay_key(store, work->run, work->claims[i].slice, work->keys[i]);
    }
    return work->run_gone ? 0 : error;
}

int page_work_run(struct store *store, struct store_job *job)
{
    struct page_work *work = (struct page_work *)((char *)job - offsetof(struct page_work, job));
    int error = 0;
    for (size_t i = 0; !error && i < work->note_count; i++) {
        struct page_note *note = &work->notes[i];
        note->twin = -1;
        note->error = page_fetched(store, &note->page, &note->facts, note->last_page, &note->twin);
        error = is_pages_own(note->error) ? 0 : note->error;
    }
    for (size_t i = 0; !error && i < work->end_count; i++) {
        struct page_end *end = &work->ends[i];
        int64_t next = end->next_page;
        for (size_t k = 0; k < work->note_count; k++) {
            const struct page_note *note = &work->notes[k];
            if (note->tag == end->tag && note->twin >= 0) {
                next = -1; /* the source repeats itself: no further page would be a new one */
            }
        }
        end->gone = false;
        end->error = page_timed(store, &end->page, &end->times);
        if (!end->error) {
            end->error = page_done(store, &end->page, next);
        }
        if (!end->error && work->kind == RUN_REPLAY && next < 0) {
            end->error = replay_end(store, &end->page, &end->gone);
        }
        error = is_pages_own(end->error) ? 0 : end->error;
    }
    if (!error && work->renew) {
        error = page_renew(store, work->run, work->owner);
    }
    if (!error) {
        error = claims_take(store, work);
    }
    if (!error && work->look) {
        error = run_progress(store, work->run, &work->progress);
    }
    work->failed.text[0] = '\0';
    if (!error && (work->run_gone || (work->look && work->progress.state == RUN_FAILED))) {
        enum run_state state;
        error = run_state(store, work->run, &state, &work->failed);
    }
    return error;
}

static int64_t count_of(const cJSON *report, const char *name)
{
    int64_t count = 0;
    return json_integer(json_get(report, name), &count) ? 0 : count;
}

/* Reads the report; *distinct = keys that have an outcome in the run. */
static int report_read(struct run_end *end, int64_t *distinct, int64_t *total)
{
    struct arena arena;
    arena_init(&arena, REPORT_ARENA);
    const cJSON *report = NULL;
    int error = json_parse(&arena, buffer_text(&end->report), REPORT_ARENA, JSON_STRICT, &report, NULL);
    if (!error) {
        const cJSON *seconds = json_get(report, "seconds");
        struct text state = json_text(json_get(report, "state"));
        struct run_sums *sums = &end->sums;
        end->complete = cJSON_IsTrue(json_get(report, "complete"));
        *sums = (struct run_sums){
            .seen = count_of(report, "seen"),
            .created = count_of(report, "created"),
            .updated = count_of(report, "updated"),
            .unchanged = count_of(report, "unchanged"),
            .filtered = count_of(report, "filtered"),
            .rejected = count_of(report, "rejected"),
            .repeated = count_of(report, "repeated"),
            .ms = cJSON_IsNumber(seconds) ? (int64_t)(seconds->valuedouble * 1000) : 0,
            .rate = count_of(report, "records_per_second"),
        };
        (void)snprintf(sums->state, sizeof sums->state, "%.*s", (int)state.size, state.data ? state.data : "");
        *distinct = sums->created + sums->updated + sums->unchanged + sums->filtered + sums->rejected;
        *total = -1;
        if (cJSON_IsNumber(json_get(report, "source_total"))) {
            *total = count_of(report, "source_total");
        }
    }
    arena_fini(&arena);
    return error;
}

int run_end_run(struct store *store, struct store_job *job)
{
    struct run_end *end = (struct run_end *)((char *)job - offsetof(struct run_end, job));
    int64_t distinct = 0, total = -1;
    end->busy = end->others = end->followed = end->complete = false;
    end->sums = (struct run_sums){0};
    end->forgotten = 0;
    buffer_clear(&end->report, 0);
    enum run_state state = RUN_OPEN;
    int error = run_state(store, end->run.id, &state, &end->failed);
    if (error || state == RUN_FAILED) {
        return error;
    }
    error = state == RUN_OPEN ? run_close(store, end->run.id, end->total, &end->report) : ERR_STALE;
    if (error == ERR_BUSY) {
        end->busy = true;
        return 0;
    }
    if (error == ERR_STALE) {
        /* It may have begun the run that follows: then there is more to read, unless one run alone is wanted. */
        struct run_plan plan = *end->plan;
        plan.resume_only = true;
        plan.abandon = false;
        end->others = true;
        error = run_begin(store, &plan, &end->next);
        end->followed = error == 0;
        error = error == ERR_NOT_FOUND || error == ERR_STALE ? 0 : error;
        if (!error) {
            error = run_report(store, end->run.id, &end->report);
        }
        return error ? error : report_read(end, &distinct, &total);
    }
    if (!error) {
        error = report_read(end, &distinct, &total);
    }
    if (!error) {
        error = run_forget(store, end->plan, end->run.id, &end->forgotten);
    }
    bool short_of_it = end->run.limit == 0 && total >= 0 && distinct != total;
    if (!error && (end->moved || short_of_it) && !rule_off(RULE_FOLLOW) && end->run.follow_up < RUN_FOLLOW_MAX) {
        error = run_follow(store, end->plan, &end->run, &end->next);
        end->followed = error == 0;
    }
    return error;
}
