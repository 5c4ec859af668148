#include "extractor/commit.h"

#include "common/base/container.h"
#include "common/http/reply_class.h"
#include "common/log/log.h"
#include "common/run/proof.h"
#include "extractor/stored.h"

enum {
    STORE_PAUSE = 500 /* ms until a commit that failed is tried again */,
    STORED_BYTES = 15 << 20 /* of a page, as LEASE_BYTES */
};

bool outage_note(struct store_outage *outage, const struct store *store, int error, struct loop_ms now,
                 struct cause *cause)
{
    outage->not_before = loop_after(now, STORE_PAUSE);
    if (!outage->failing) {
        outage->failing = true;
        outage->since = now;
        log_line(EVENT_STORE_FAILING, "the store takes no commit: %s; trying again", store_why(store));
    }
    if (loop_since(now, outage->since) < RETRY_GIVE_UP) {
        return false;
    }
    (void)cause_set(cause, error, "the store takes no commit: %s; what was finished before is kept", store_why(store));
    return true;
}

void outage_over(struct store_outage *outage)
{
    if (outage->failing) {
        outage->failing = false;
        log_line(EVENT_STORE_BACK, "the store takes commits again");
    }
    outage->not_before.ms = 0;
}

/* What another holder of the page, or the source's own size, makes of one page is no reason to lose the others. */
static bool is_pages_own(int error)
{
    return error == ERR_STALE || error == ERR_LIMIT || error == ERR_REFUSED;
}

void commit_fini(struct page_commit *commit)
{
    for (size_t i = 0; i < COMMIT_CLAIMS; i++) {
        buffer_fini(&commit->stored[i]);
    }
}

static int claims_take(struct store *store, struct page_commit *commit)
{
    commit->claim_count = 0;
    commit->run_gone = false;
    if (commit->claim_want == 0) {
        return 0;
    }
    int error =
        page_claim(store, commit->run.id, commit->owner, commit->claim_want, commit->claims, &commit->claim_count);
    commit->run_gone = error == ERR_STALE;
    if (!error) {
        error = page_before(store, &commit->run, commit->claims, commit->claim_count, scheme_by_cursor(commit->scheme),
                            commit->before);
    }
    for (size_t i = 0; !error && commit->run.kind == RUN_REPLAY && i < commit->claim_count; i++) {
        error = replay_key(store, commit->run.id, commit->claims[i].slice, commit->keys[i]);
    }
    commit_fini(commit);
    for (size_t i = 0; !error && run_is_stored(&commit->run) && i < commit->claim_count; i++) {
        buffer_init(&commit->stored[i], STORED_BYTES);
        error = stored_pack(store, commit->scheme, &commit->run, &commit->claims[i], &commit->stored[i],
                            &commit->stored_rows[i]);
    }
    return commit->run_gone ? 0 : error;
}

int page_commit_run(struct store *store, struct store_job *job)
{
    struct page_commit *commit = CONTAINER_OF(job, struct page_commit, job);
    int error = 0;
    for (size_t i = 0; !error && i < commit->note_count; i++) {
        struct page_note *note = &commit->notes[i];
        note->twin = -1;
        note->error = page_fetched(store, &note->page, &note->facts, note->last_page, &note->twin);
        note->repeats = 0;
        if (!note->error && note->twin >= 0) {
            note->error = page_repeats(store, &note->page, &note->repeats);
        }
        error = is_pages_own(note->error) ? 0 : note->error;
    }
    for (size_t i = 0; !error && i < commit->end_count; i++) {
        struct page_end *end = &commit->ends[i];
        int64_t next = end->next_page;
        for (size_t k = 0; k < commit->note_count; k++) {
            const struct page_note *note = &commit->notes[k];
            if (note->tag == end->tag && note->repeats >= RUN_REPEATS_MAX) {
                next = -1; /* the same again and again: no page behind it would be a new one */
            }
        }
        end->gone = false;
        end->error = page_timed(store, &end->page, &end->times);
        if (!end->error) {
            end->error = page_done(store, &end->page, next);
        }
        if (!end->error && next >= 0 && scheme_by_cursor(commit->scheme)) {
            end->error = page_chain(store, &end->page, next, end->next);
        }
        if (!end->error && commit->run.kind == RUN_REPLAY && next < 0) {
            end->error = replay_end(store, &end->page, &end->gone);
        }
        error = is_pages_own(end->error) ? 0 : end->error;
    }
    if (!error && commit->renew) {
        error = page_renew(store, commit->run.id, commit->owner);
    }
    if (!error) {
        error = claims_take(store, commit);
    }
    if (!error && commit->look) {
        error = run_progress(store, commit->run.id, &commit->progress);
    }
    commit->failed.text[0] = '\0';
    if (!error && (commit->run_gone || (commit->look && commit->progress.state == RUN_FAILED))) {
        enum run_state state;
        error = run_state(store, commit->run.id, &state, &commit->failed);
    }
    if (!error && commit->look && !store_is_dry(store)) {
        char who[HOLD_WHO_MAX];
        error = hold_find(store, commit->scheme->name, &commit->held, who);
        if (!error && commit->held) {
            (void)cause_set(&commit->failed, 0, "stopped by %s; dianchen start, or the console, goes on", who);
        }
    }
    return error;
}
