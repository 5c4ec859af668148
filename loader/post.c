#include "loader/post.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/rule.h"
#include "loader/body.h"
#include "loader/ending.h"
#include "loader/judge.h"
#include "loader/load.h"
#include "loader/quest.h"

enum {
    CUT = 50,               /* ms that the first row of a batch waits for more */
    PAYLOADS_MAX = 4 << 20, /* bytes of one body, but for a single larger row */
    BODY_MAX = 24 << 20,
    ARENA_MAX = 16 << 20,
    RECLAIM_WAIT = 500, /* ms: another has the claim */
};

struct post {
    struct post *all_next;
    struct loader *loader;
    enum { POST_SPARE, POST_QUEUED, POST_CALLING, POST_CLAIMING, POST_PAUSED } state;
    struct row **rows;
    size_t count;
    int64_t born; /* order among queued ones */
    int attempt;  /* failures without an execution, in a row */
    struct xingchen_call call;
    struct loop_timer pause;
    struct store_job job;
    struct ledger_reclaim *claims;
    struct judge_row *judged;
    struct arena arena;
};

static bool post_ready(struct xingchen_call *call);
static void post_done(struct xingchen_call *call, const struct answer *answer);

/* ---- posts are used again ---- */

static struct post *post_take(struct loader *loader)
{
    size_t most = (size_t)loader->stage.scheme->target.batch;
    for (struct post *post = loader->posts; post; post = post->all_next) {
        if (post->state == POST_SPARE) {
            return post;
        }
    }
    struct post *post = calloc(1, sizeof *post);
    if (!post) {
        return NULL;
    }
    post->rows = calloc(most, sizeof(struct row *));
    post->claims = calloc(most, sizeof *post->claims);
    post->judged = calloc(most, sizeof *post->judged);
    arena_init(&post->arena, ARENA_MAX);
    post->loader = loader;
    post->all_next = loader->posts;
    loader->posts = post;
    if (!post->rows || !post->claims || !post->judged) {
        post->state = POST_PAUSED; /* never used */
        return NULL;
    }
    return post;
}

static void post_give(struct post *post)
{
    struct loader *loader = post->loader;
    if (post->state != POST_QUEUED) {
        loader->calls--;
        if (!rule_off(RULE_NEXT_CALL)) { /* who waits for it may go */
            loop_set_timer(loader->stage.loop, &loader->cut, loop_now(loader->stage.loop));
        }
    }
    post->state = POST_SPARE;
    post->count = 0;
    arena_reset(&post->arena, 1 << 16);
    buffer_fini(&post->call.body);
}

void post_free_all(struct loader *loader)
{
    while (loader->posts) {
        struct post *next = loader->posts->all_next;
        buffer_fini(&loader->posts->call.body);
        arena_fini(&loader->posts->arena);
        free(loader->posts->rows);
        free(loader->posts->claims);
        free(loader->posts->judged);
        free(loader->posts);
        loader->posts = next;
    }
}

/* ---- rows come in ---- */

int post_sends(int64_t batch)
{
    int n = 2;
    for (int64_t size = 1; size < batch; size *= 2) {
        n++;
    }
    return n;
}

/* Sent as often as may be: the last refusal stands; without one the claim stays and is settled. */
static bool worn_out(struct loader *loader, struct row *row)
{
    if (row->sends < post_sends(loader->stage.scheme->target.batch)) {
        return false;
    }
    if (row->message.size > 0) {
        ending_refused(row, TEXT("target"), row->code, row->message);
    } else {
        load_wait(row, row->until);
    }
    return true;
}

/* A dry run ends here: pretended, without an id. */
static void pretend(struct row *row)
{
    ending_saved(row, row->facts->hash);
}

void post_add(struct loader *loader, struct row *row)
{
    if (loader->dry) {
        pretend(row);
        return;
    }
    if (worn_out(loader, row)) {
        return;
    }
    if (!loader->ready.first) {
        loader->ready_since = loop_now(loader->stage.loop);
    }
    queue_add(&loader->ready, row);
}

static struct post *post_queue(struct loader *loader, struct row **rows, size_t count)
{
    struct post *post = count > 0 ? post_take(loader) : NULL;
    if (!post) {
        for (size_t i = 0; i < count; i++) { /* out of memory: nothing was executed under these claims */
            ending_released(rows[i]);
        }
        return NULL;
    }
    static int64_t order;
    for (size_t i = 0; i < count; i++) {
        post->rows[i] = rows[i];
    }
    post->count = count;
    post->attempt = 0;
    post->born = ++order;
    post->state = POST_QUEUED;
    post->call = (struct xingchen_call){.save = true, .ready = post_ready, .done = post_done, .user = post};
    post->call.api = loader->api;
    return post;
}

void post_alone(struct loader *loader, struct row *row)
{
    if (loader->dry) {
        pretend(row);
    } else if (!worn_out(loader, row)) {
        (void)post_queue(loader, &row, 1);
    }
}

/* ---- sending ---- */

/* Rows whose page is gone, or all of them in a drain, are let go: nothing was executed under their claims. */
static void sift(struct post *post)
{
    size_t kept = 0;
    for (size_t i = 0; i < post->count; i++) {
        if (load_wanted(post->rows[i])) {
            post->rows[kept++] = post->rows[i];
        } else {
            ending_released(post->rows[i]);
        }
    }
    post->count = kept;
    ending_flush(post->loader);
}

static int claim_work(struct store *store, struct store_job *job)
{
    struct post *post = (struct post *)((char *)job - offsetof(struct post, job));
    return ledger_reclaim(store, &post->loader->times, post->claims, post->count);
}

static void claim_done(struct store_job *job, int error)
{
    struct post *post = (struct post *)((char *)job - offsetof(struct post, job));
    struct loader *loader = post->loader;
    if (!loader_done(loader)) {
        return;
    }
    if (error == ERR_BUSY) {
        loader_submit(loader, job);
        return;
    }
    if (error) {
        struct cause cause;
        cause_set(&cause, error, "store: records can't be claimed: %s: %s", error_text(error),
                  store_why(loader->stage.store));
        loader_fatal(loader, &cause, EXIT_REFUSED);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < post->count; i++) {
        struct row *row = post->rows[i];
        const struct ledger_reclaim *claim = &post->claims[i];
        if (claim->stale) {
            load_wait(row, store_now(loader->stage.store) + RECLAIM_WAIT);
            continue;
        }
        row->claim = claim->fresh;
        row->send_by = store_deadline(loader->stage.store, claim->send_by);
        row->until = claim->until;
        row->reclaim = row->landed = false;
        post->rows[kept++] = row;
    }
    post->count = kept;
    post->state = POST_CALLING;
    xingchen_start(loader->target, &post->call);
    loader_settle(loader);
}

static void claim_afresh(struct post *post)
{
    for (size_t i = 0; i < post->count; i++) {
        const struct row *row = post->rows[i];
        post->claims[i] =
            (struct ledger_reclaim){.id = row->facts->id,
                                    .claim = row->claim,
                                    .op = row->op,
                                    .hash = row->facts->hash,
                                    .target_id = row->op == OP_UPDATE ? row->target_id : (struct text){NULL, 0},
                                    .adopted = row->adopted};
    }
    post->state = POST_CLAIMING;
    post->job.work = claim_work;
    post->job.done = claim_done;
    loader_submit(post->loader, &post->job);
}

/* Login and slot are in hand. The claims must have time enough left for a whole call. */
static bool post_ready(struct xingchen_call *call)
{
    struct post *post = call->user;
    struct loader *loader = post->loader;
    sift(post);
    if (post->count == 0) {
        (void)xingchen_withdraw(loader->target, call);
        post_give(post);
        return false;
    }
    int64_t now = loop_now(loader->stage.loop), send_by = INT64_MAX;
    bool afresh = false;
    for (size_t i = 0; i < post->count; i++) {
        afresh = afresh || post->rows[i]->reclaim;
        send_by = post->rows[i]->send_by < send_by ? post->rows[i]->send_by : send_by;
    }
    if (afresh || send_by - now < loader->times.send / 4) {
        claim_afresh(post);
        return false;
    }
    struct body_item *items = arena_take(&post->arena, post->count * sizeof *items);
    buffer_fini(&call->body);
    buffer_init(&call->body, BODY_MAX);
    for (size_t i = 0; items && i < post->count; i++) {
        const struct row *row = post->rows[i];
        items[i] =
            (struct body_item){row->facts->payload, row->op == OP_UPDATE ? row->target_id : (struct text){NULL, 0}};
    }
    if (items) {
        body_write(&call->body, items, post->count);
    }
    if (!items || call->body.failed) {
        for (size_t i = 0; i < post->count; i++) {
            ending_released(post->rows[i]);
        }
        ending_flush(loader);
        (void)xingchen_withdraw(loader->target, call);
        post_give(post);
        return false;
    }
    call->send_by = rule_off(RULE_SEND_BY) ? 0 : send_by;
    post->rows[0]->load->calls++;
    return true;
}

static struct post *oldest_queued(const struct loader *loader)
{
    struct post *best = NULL;
    for (struct post *post = loader->posts; post; post = post->all_next) {
        if (post->state == POST_QUEUED && (!best || post->born < best->born)) {
            best = post;
        }
    }
    return best;
}

/* The next batch out of the rows that are ready; NULL while it is worth waiting for more. */
static struct post *cut(struct loader *loader)
{
    size_t most = loader->failures < LOADER_FAILING ? (size_t)loader->stage.scheme->target.batch : 1;
    int64_t now = loop_now(loader->stage.loop);
    if (!loader->ready.first) {
        return NULL;
    }
    if (loader->ready.count < most && now - loader->ready_since < CUT && !loader->draining) {
        loop_set_timer(loader->stage.loop, &loader->cut, loader->ready_since + CUT);
        return NULL;
    }
    struct row *first = queue_take(&loader->ready);
    struct post *post = post_queue(loader, &first, 1);
    size_t bytes = first->facts->payload.size;
    while (post && post->count < most && loader->ready.first) {
        bytes += loader->ready.first->facts->payload.size;
        if (bytes > PAYLOADS_MAX) {
            break;
        }
        post->rows[post->count++] = queue_take(&loader->ready);
    }
    loader->ready_since = now;
    return post;
}

/* Work that the target does not take yet: as many calls as may be are under way or wait for their turn, or it is away. */
static bool stalled(const struct loader *loader)
{
    bool held = loader->calls >= (size_t)loader->at_once.now || loop_now(loader->stage.loop) < loader->brake;
    return held && (loader->ready.first || oldest_queued(loader));
}

/* The target is away: see LOADER_FAILING. */
static bool braked(struct loader *loader)
{
    if (loader->draining || loop_now(loader->stage.loop) >= loader->brake) {
        return false;
    }
    loop_set_timer(loader->stage.loop, &loader->cut, loader->brake);
    return true;
}

void post_run(struct loader *loader)
{
    while (loader->calls < (size_t)loader->at_once.now && !loader->stopped && !braked(loader)) {
        struct post *post = oldest_queued(loader);
        if (!post) {
            post = cut(loader);
        }
        if (!post) {
            break;
        }
        post->state = POST_CALLING;
        loader->calls++;
        xingchen_start(loader->target, &post->call);
    }
    metric_run(loader->stalled, stalled(loader));
    ending_flush(loader);
}

void post_touch(struct loader *loader)
{
    for (const struct row *row = loader->ready.first; row; row = row->next) {
        load_touch(row);
    }
    for (const struct post *post = loader->posts; post; post = post->all_next) {
        for (size_t i = 0; i < post->count; i++) {
            load_touch(post->rows[i]);
        }
    }
}

static void unpause(void *user)
{
    struct post *post = user;
    if (!post->loader->stopped) {
        post->state = POST_CALLING;
        xingchen_start(post->loader->target, &post->call);
    }
}

/* Nothing was executed: the same rows again, under fresh claims. */
static void send_again(struct post *post, const struct answer *answer)
{
    struct loader *loader = post->loader;
    if (loader->draining) {
        sift(post);
        post_give(post);
        return;
    }
    for (size_t i = 0; i < post->count; i++) {
        post->rows[i]->reclaim = true;
    }
    if (answer->class != REPLY_RETRY) { /* limit and login make it wait as long as is due */
        xingchen_start(loader->target, &post->call);
        return;
    }
    post->state = POST_PAUSED;
    post->pause = (struct loop_timer){.fn = unpause, .user = post};
    loop_set_timer(loader->stage.loop, &post->pause, loop_now(loader->stage.loop) + limit_pause(post->attempt++));
}

/* ---- what the reply means ---- */

static struct text keep(struct row *row, struct text t)
{
    struct text copy = t.size > 0 ? arena_text(&row->load->notes, t) : (struct text){NULL, 0};
    return copy.data ? copy : (struct text){"", 0};
}

static void gather_id(struct arena *arena, struct buffer *out, const cJSON *id)
{
    buffer_add_text(out, answer_id(arena, id));
    buffer_add_char(out, '\n');
}

/* All ids that the reply calls saved, each between line ends. */
static void saved_ids(struct arena *arena, const struct answer *answer, struct buffer *out)
{
    bool list = cJSON_IsArray(answer->data);
    buffer_add_char(out, '\n');
    for (const cJSON *item = list ? answer->data->child : answer->data; item; item = list ? item->next : NULL) {
        const cJSON *ids = json_get(item, "successPkIds");
        for (const cJSON *id = cJSON_IsArray(ids) ? ids->child : NULL; id; id = id->next) {
            gather_id(arena, out, id);
        }
    }
}

static void note_refusal(struct row *row, const struct judge_row *judged)
{
    row->code = keep(row, judged->code);
    row->message = keep(row, judged->message);
}

/* One row, unless it is to be sent again with others (JUDGE_AGAIN). */
static void apply(struct loader *loader, struct row *row, const struct judge_row *judged, struct text saved)
{
    int64_t sure = store_now(loader->stage.store) + loader->times.visible;
    row->sends++;
    switch (judged->judgement) {
    case JUDGE_SAVED:
        if (judged->id.size > 0) {
            row->target_id = keep(row, judged->id);
        }
        ending_saved(row, row->facts->hash);
        break;
    case JUDGE_REFUSED:
        ending_refused(row, TEXT("target"), judged->code, judged->message);
        break;
    case JUDGE_EXISTS:
        note_refusal(row, judged);
        quest_add(loader, row, SEEK_EXISTS, sure);
        break;
    case JUDGE_GONE:
        note_refusal(row, judged);
        quest_add(loader, row, SEEK_GONE, sure);
        break;
    case JUDGE_UNCLEAR:
        row->reclaim = true;
        if (row->op == OP_UPDATE) {
            post_alone(loader, row);
        } else {
            row->saved = keep(row, saved);
            quest_add(loader, row, SEEK_PART, sure);
        }
        break;
    case JUDGE_UNKNOWN:
    case JUDGE_RELEASED:
    case JUDGE_AGAIN:
        load_wait(row, row->until);
        break;
    }
}

/* Rows of a batch of which nothing was saved: two smaller ones, each under fresh claims. */
static void halve(struct loader *loader, struct row **rows, size_t count)
{
    size_t half = count > 1 ? (count + 1) / 2 : count;
    (void)post_queue(loader, rows, half);
    (void)post_queue(loader, rows + half, count - half);
}

static void post_judge(struct post *post, const struct answer *answer)
{
    struct loader *loader = post->loader;
    for (size_t i = 0; i < post->count; i++) {
        const struct row *row = post->rows[i];
        post->judged[i] =
            (struct judge_row){.op = row->op,
                               .number = load_number(row),
                               .target_id = row->op == OP_UPDATE ? row->target_id : (struct text){NULL, 0}};
    }
    judge_save(&post->arena, answer, post->judged, post->count);
    if (post->judged[0].judgement == JUDGE_RELEASED) { /* always all of them */
        send_again(post, answer);
        return;
    }
    struct buffer saved;
    buffer_init(&saved, 1 << 20);
    if (post->judged[0].judgement != JUDGE_UNKNOWN) {
        saved_ids(&post->arena, answer, &saved);
    } else {
        log_event(LOG_WARN, "post.unknown",
                  "a batch went out and nobody can tell what became of it: the target will be asked",
                  LOG_PAGE(&post->rows[0]->load->page), "records", LOG_INT(post->count), "status",
                  LOG_INT(answer->status), "why", LOG_TEXT(answer->message), (const char *)NULL);
    }
    size_t again = 0;
    for (size_t i = 0; i < post->count; i++) {
        struct row *row = post->rows[i];
        if (post->judged[i].judgement == JUDGE_AGAIN) {
            note_refusal(row, &post->judged[i]);
            row->sends++;
            row->reclaim = true;
            post->rows[again++] = row;
        } else {
            apply(loader, row, &post->judged[i], buffer_text(&saved));
        }
    }
    buffer_fini(&saved);
    halve(loader, post->rows, again);
    post_give(post);
}

static void post_done(struct xingchen_call *call, const struct answer *answer)
{
    struct post *post = call->user;
    struct loader *loader = post->loader;
    loader_answered(loader, answer);
    post_judge(post, answer);
    ending_flush(loader);
    post_run(loader);
    quest_run(loader);
    loader_settle(loader);
}

void post_drain(struct loader *loader)
{
    for (struct row *row = queue_take(&loader->ready); row; row = queue_take(&loader->ready)) {
        ending_released(row);
    }
    for (struct post *post = loader->posts; post; post = post->all_next) {
        bool mine = post->state == POST_QUEUED || post->state == POST_PAUSED ||
                    (post->state == POST_CALLING && xingchen_withdraw(loader->target, &post->call));
        if (mine && post->count > 0) {
            loop_clear_timer(loader->stage.loop, &post->pause);
            sift(post);
            post_give(post);
        }
    }
    ending_flush(loader);
}
