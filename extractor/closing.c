#include "extractor/closing.h"

#include "common/base/container.h"
#include "common/base/rule.h"
#include "common/run/proof.h"

int run_closing_run(struct store *store, struct store_job *job)
{
    struct run_closing *closing = CONTAINER_OF(job, struct run_closing, job);
    closing->busy = closing->others = closing->followed = closing->guessed = false;
    closing->sums = (struct run_sums){0};
    closing->vanished = (struct run_vanished){.disable = closing->scheme->vanished.then == VANISHED_DISABLE,
                                              .percent = closing->scheme->vanished.percent};
    closing->forgotten = 0;
    enum run_state state = RUN_OPEN;
    int error = run_state(store, closing->run.id, &state, &closing->failed);
    if (error || state == RUN_FAILED) {
        return error;
    }
    if (state == RUN_OPEN && closing->run.kind == RUN_SYNC) {
        int64_t opened = 0;
        error = run_reach(store, closing->run.id, &opened);
        if (error && error != ERR_STALE) {
            return error;
        }
        if (opened > 0 || closing->reach_only) {
            closing->busy = opened > 0;
            return 0;
        }
    }
    error = state == RUN_OPEN ? run_close(store, closing->run.id, closing->total, &closing->sums) : ERR_STALE;
    if (error == ERR_BUSY) {
        closing->busy = true;
        return 0;
    }
    if (error == ERR_STALE) {
        /* It may have begun the run that follows: then there is more to read, unless one run alone is wanted. */
        struct run_plan plan = *closing->plan;
        plan.resume_only = true;
        plan.abandon = false;
        bool ours = false;
        error = run_was_closed_by(store, closing->run.id, closing->owner, &ours);
        if (error) {
            return error;
        }
        closing->others = !ours;
        error = run_begin(store, &plan, &closing->next);
        closing->followed = error == 0;
        error = error == ERR_NOT_FOUND || error == ERR_STALE ? 0 : error;
        error = error ? error : run_sums(store, closing->run.id, &closing->sums);
        return error || !ours ? error : run_vanished_told(store, closing->run.id, &closing->vanished);
    }
    if (!error) {
        error = run_forget(store, closing->plan, closing->run.id, &closing->forgotten);
    }
    error = error ? error : run_closed_by(store, closing->run.id, closing->owner);
    const struct run_sums *sums = &closing->sums;
    if (!error && closing->scheme->vanished.then != VANISHED_IGNORE) {
        error = run_vanish(store, &closing->run, sums, closing->moved, &closing->vanished, &closing->next);
        closing->followed = !error && closing->vanished.run != 0;
    }
    int64_t total = sums->source_total;
    bool short_of_it = closing->run.limit == 0 && total >= 0 && sums->records != total && !sums->complete;
    closing->guessed = sums->guessed && !sums->complete;
    bool again = closing->moved || closing->guessed || short_of_it || (sums->mixed && !sums->complete);
    if (!error && !closing->followed && again && !rule_off(RULE_FOLLOW) && closing->run.follow_up < RUN_FOLLOW_MAX) {
        error = run_follow(store, closing->plan, &closing->run, &closing->next);
        closing->followed = error == 0;
    }
    return error;
}

const char *closing_incomplete(const struct run_closing *closing)
{
    return closing->guessed
               ? "pages of the source lack records, and where the pages begin that had to be cut is not certain"
           : closing->sums.source_total >= 0 ? "it saw other records than the source says it has"
                                             : "pages of the source repeat each other, so that its end is not known";
}

int closing_vanished(const struct run_closing *closing, struct cause *cause)
{
    const struct run_vanished *vanished = &closing->vanished;
    return cause_set(
        cause, ERR_REFUSED,
        "run %lld: %lld of %lld records that the target holds are not at the source any more, which is more "
        "than %lld %%: none of them was changed; look at dianchen report %lld, and if it is right say "
        "dianchen run --vanished",
        (long long)closing->run.id, (long long)vanished->records, (long long)vanished->known,
        (long long)vanished->percent, (long long)closing->run.id);
}
