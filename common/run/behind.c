#include "common/run/behind.h"

#include "common/log/log.h"
#include "common/run/schedule.h"
#include "common/scheme/model.h"

/* The newest of a scheme's runs that are over; `source` empty = of any account. ERR_NOT_FOUND: there is none. */
static int last_run(struct store *store, struct text scheme, struct text source, int64_t *id, int64_t *started)
{
    const struct sql_value values[] = {SQL_STRING(scheme), SQL_INTEGER(RUN_SYNC), SQL_STRING(source)};
    int64_t found[2] = {0};
    int error = store_integers(store,
                               "select id, started from run where " RUN_IS_OVER " and " RUN_IS_CLOSED
                               " and scheme = $1 and kind = $2 and ($3 = '' or source = $3)"
                               " order by ended desc limit 1",
                               values, 3, found, 2);
    *id = found[0];
    *started = found[1];
    return error;
}

/* Does an extractor hold pages of a run of the scheme? One that nobody reads is not waited for. */
static int is_read(struct store *store, struct text scheme, bool *read)
{
    const struct sql_value values[] = {SQL_STRING(scheme), SQL_INTEGER(store_now(store).ms)};
    int64_t id = 0;
    int error = store_integers(store,
                               "select run.id from run where " RUN_IS_UNFINISHED " and " RUN_IS_OPEN
                               " and scheme = $1 and exists (select 1 from page where page.run = run.id and"
                               " page.owner is not null and page.until > $2) limit 1",
                               values, 2, &id, 1);
    *read = error == 0;
    return error == ERR_NOT_FOUND ? 0 : error;
}

static int is_due(struct store *store, int64_t run, bool *due)
{
    struct run_next next;
    int error = run_next(store, run, &next);
    *due = !error && next.scheduled && !next.held && next.at <= store_wall() && next.late < BEHIND_LATE;
    return error == ERR_NOT_FOUND ? 0 : error;
}

/* `own`: when the last run of the scheme that asks began; 0 = it had none. */
static int waits_for(struct store *store, struct text other, bool must, int64_t own, bool *waits)
{
    int64_t id = 0, started = 0;
    int error = last_run(store, other, TEXT(""), &id, &started);
    bool none = error == ERR_NOT_FOUND;
    *waits = none && must;
    if ((error && !none) || *waits || (!none && started >= own)) {
        return none ? 0 : error;
    }
    error = is_read(store, other, waits);
    return error || *waits || none ? error : is_due(store, id, waits);
}

int run_behind(struct store *store, const struct run_plan *plan, struct text *first)
{
    const struct scheme *scheme = plan->order;
    int64_t id = 0, own = 0;
    *first = TEXT("");
    if (!scheme || scheme->after_count + scheme->lookup_count == 0) {
        return 0;
    }
    int error = last_run(store, plan->scheme, plan->source, &id, &own);
    error = error == ERR_NOT_FOUND ? 0 : error;
    for (size_t i = 0; !error && i < scheme->after_count + scheme->lookup_count; i++) {
        bool must = i < scheme->after_count, waits = false;
        struct text other = must ? scheme->after[i] : scheme->lookups[i - scheme->after_count].scheme;
        if (other.size > 0 && !text_equal(other, plan->scheme)) {
            error = waits_for(store, other, must, own, &waits);
        }
        if (!error && waits) {
            *first = other;
            break;
        }
    }
    return error;
}

int run_wait_look(struct store *store, const struct run_plan *plan, int64_t look_every, struct run_wait *wait)
{
    struct store_ms now = store_now(store);
    wait->first = TEXT("");
    int error = schedule_look(store, plan, &wait->due);
    if (error || store_before(now, wait->due)) {
        return error;
    }
    error = run_behind(store, plan, &wait->first); /* else another extractor has begun it just now */
    wait->due = wait->first.size > 0 ? store_after(now, look_every) : wait->due;
    return error;
}

void run_wait_tell(struct run_wait *wait)
{
    if (wait->first.size > 0 && !text_equal(wait->first, wait->told)) {
        log_event(EVENT_RUN_WAITS, "the next run waits: that of another scheme goes first", "first",
                  LOG_TEXT(wait->first), NULL);
        wait->told = wait->first;
    }
}
