/* All hot transactions at once on PostgreSQL: loaders of three schemes, two of which write into one account, with records
 * that have numbers of their own and records that are refused, and the extractors of their runs. Each has a store's thread,
 * which groups what it is given. They wait for each other, but never in a circle. */
#include <stdatomic.h>
#include <sys/wait.h>

#include "common/alert/alert.h"
#include "common/ledger/budget.h"
#include "common/ledger/existing.h"
#include "common/pace/shared_api.h"
#include "common/run/hold.h"
#include "tests/unit/ledger_rig.h"

enum {
    SCHEMES = 3,
    LOADERS = 2, /* of a scheme */
    SLOTS = 6,   /* jobs of a loader at once, each on a page of its own */
    ROWS = 24,
    ROUNDS = 120,
    OWN_PAGE = 100, /* the extractor's */
    BEGINS = 3      /* of so many acts one is a T1 */
};

static const struct {
    const char *scheme, *account;
} pairs[SCHEMES] = {{"first", "A1"}, {"second", "A1"}, {"alone", "B2"}};

enum act { ACT_BEGIN, ACT_END, ACT_RECLAIM, ACT_SETTLE, ACT_PACE, ACT_ALERT, ACT_READING, ACT_LOGIN, ACT_JOIN, ACTS };

struct slot {
    struct store_job job;
    struct worker *worker;
    enum act act;
    struct page page;
    struct arena arena;
    struct ledger_row rows[ROWS];
    struct ledger_result results[ROWS];
    struct ledger_reclaim claims[ROWS];
    char keys[ROWS][24], numbers[ROWS][24];
    size_t claimed;
    bool begun; /* the rows hold claims */
};

struct worker {
    struct loop *loop;
    struct store *store;
    int scheme, place;
    int64_t run, joining;    /* joining: a run of another source, with the scheme and the account of `run` */
    _Atomic uint64_t random; /* of the loop's thread and the store's */
    size_t open;
    struct slot slots[SLOTS];
};

static const struct scheme_budget budget = {.consecutive = 1000000, .rejects = 1000000};

static uint64_t dice(struct worker *worker, uint64_t sides)
{
    uint64_t random = atomic_fetch_add(&worker->random, 0x9e3779b97f4a7c15u);
    random = (random ^ random >> 30) * 0xbf58476d1ce4e5b9u;
    random = (random ^ random >> 27) * 0x94d049bb133111ebu;
    return (random ^ random >> 31) % sides;
}

/* ---- a loader's jobs ---- */

static void rows_make(struct slot *slot)
{
    struct worker *worker = slot->worker;
    char content = (char)('a' + dice(worker, 20));
    bool numbered = slot->page.no % 2 == 1;
    for (int i = 0; i < ROWS; i++) {
        snprintf(slot->keys[i], sizeof slot->keys[i], "K%lld-%03d", (long long)slot->page.no, i);
        snprintf(slot->numbers[i], sizeof slot->numbers[i], "N%lld-%03d", (long long)slot->page.no, i);
        slot->rows[i] = rig_row(slot->keys[i], content);
        slot->rows[i].in.kind = i % 7 == 0 ? RECORD_FILTERED : i % 11 == 0 ? RECORD_UNMAPPABLE : RECORD_PAYLOAD;
        slot->rows[i].in.refusal = (struct refusal){TEXT("mapping"), TEXT(""), TEXT("no name")};
        if (numbered && i % 3 == 0) {
            slot->rows[i].in.number = text_of(slot->numbers[i]);
        }
    }
    slot->job.first = numbered;
}

static int begin_work(struct store *store, struct slot *slot)
{
    struct ledger_batch batch = {.page = slot->page,
                                 .account = text_of(pairs[slot->worker->scheme].account),
                                 .existing = EXISTING_ADOPT,
                                 .times = {RIG_SEND, RIG_LATE, RIG_VISIBLE},
                                 .arena = &slot->arena,
                                 .rows = slot->rows,
                                 .count = ROWS};
    bool past = false;
    arena_reset(&slot->arena, 1 << 20);
    int error = ledger_begin(store, &batch);
    const struct budget_spent spent = {.refused = (int64_t)batch.refused};
    error = error || batch.refused == 0 ? error : budget_spend(store, &budget, slot->page.run, &spent, &past);
    return error ? error : page_settled(store, &slot->page);
}

/* Of the rows that hold a claim: saved, refused, let go by turns. */
static int end_work(struct store *store, struct slot *slot)
{
    static const enum verdict verdicts[] = {VERDICT_SAVED, VERDICT_SAVED, VERDICT_REFUSED, VERDICT_RELEASED};
    size_t count = 0;
    bool past = false;
    for (int i = 0; i < ROWS; i++) {
        if (slot->rows[i].action == ACTION_CLAIM) {
            slot->results[count] = rig_result(&slot->rows[i], slot->page.run, verdicts[count % 4], "");
            count++;
        }
    }
    int error = ledger_end(store, slot->results, count);
    return error ? error : budget_results(store, &budget, slot->results, count, &past);
}

static int reclaim_work(struct store *store, struct slot *slot)
{
    static const struct ledger_times times = {RIG_SEND, RIG_LATE, RIG_VISIBLE};
    slot->claimed = 0;
    for (int i = 0; i < ROWS; i++) {
        const struct ledger_row *row = &slot->rows[i];
        if (row->action == ACTION_CLAIM) {
            slot->claims[slot->claimed++] = (struct ledger_reclaim){
                .id = row->id, .claim = row->claim, .op = row->op, .hash = row->in.hash, .target_id = TEXT("")};
        }
    }
    return ledger_reclaim(store, &times, slot->claims, slot->claimed);
}

/* What stands in the target, as loader/ask/existing.c. */
static int reading_work(struct store *store, struct worker *worker, const struct existing_reading *reading)
{
    enum existing_state state;
    const struct existing_material material = {TEXT("N-there"), TEXT("7")};
    int error = existing_claim(store, reading, &state);
    if (error || state == EXISTING_READ) {
        return error;
    }
    error = existing_put(store, reading, &material, 1);
    return error || dice(worker, 2) == 0 ? error : existing_finish(store, reading);
}

static int login_work(struct store *store, struct worker *worker, struct text account)
{
    const struct api_login login = {.sealed = TEXT("sealed"), .until = store_now(store)};
    switch (dice(worker, 3)) {
    case 0:
        return api_login_claim(store, account, 0, 1000, TEXT("me"));
    case 1:
        return api_login_write(store, account, TEXT("me"), &login);
    default:
        return api_login_yield(store, account, TEXT("me"));
    }
}

static int work(struct store *store, struct store_job *job)
{
    struct slot *slot = (struct slot *)job;
    struct text account = text_of(pairs[slot->worker->scheme].account);
    struct store_ms at;
    bool told;
    int64_t held;
    const struct existing_reading reading = {.account = account,
                                             .scheme = text_of(pairs[slot->worker->scheme].scheme),
                                             .owner = TEXT("me"),
                                             .run = slot->act == ACT_JOIN ? slot->worker->joining : 0,
                                             .lease = 1000,
                                             .settle = 1000};
    switch (slot->act) {
    case ACT_BEGIN:
        return begin_work(store, slot);
    case ACT_END:
        return end_work(store, slot);
    case ACT_RECLAIM:
        return reclaim_work(store, slot);
    case ACT_SETTLE:
        return page_settled(store, &slot->page);
    case ACT_PACE:
        return api_pace(store, account, 1000, 2, &at);
    case ACT_ALERT:
        return alert_turn(store, TEXT("a trouble"), &told, &held);
    case ACT_LOGIN:
        return login_work(store, slot->worker, account);
    default:
        return reading_work(store, slot->worker, &reading);
    }
}

static void done(struct store_job *job, int error)
{
    struct slot *slot = (struct slot *)job;
    struct worker *worker = slot->worker;
    bool unread = error == ERR_NOT_FOUND && slot->act == ACT_BEGIN;
    if (error && error != ERR_BUSY && error != ERR_STALE && !unread) {
        print_error("act %d: %s: %s\n", (int)slot->act, error_text(error), store_why(worker->store));
        _exit(1);
    }
    if (slot->act == ACT_BEGIN) {
        slot->begun = !error;
    } else if (slot->act == ACT_END && !error) {
        slot->begun = false;
    } else if (slot->act == ACT_RECLAIM && !error) {
        for (size_t i = 0, n = 0; i < ROWS; i++) {
            struct ledger_row *row = &slot->rows[i];
            if (row->action == ACTION_CLAIM) {
                const struct ledger_reclaim *claim = &slot->claims[n++];
                row->claim = claim->fresh;
                row->action = claim->stale ? ACTION_BUSY : ACTION_CLAIM;
            }
        }
    }
    if (--worker->open == 0) {
        loop_stop(worker->loop, 0);
    }
}

static void act(struct worker *worker, struct slot *slot)
{
    static const enum store_order orders[ACTS] = {[ACT_PACE] = STORE_PACE,
                                                  [ACT_ALERT] = STORE_ALERT,
                                                  [ACT_READING] = STORE_READING,
                                                  [ACT_JOIN] = STORE_READING,
                                                  [ACT_LOGIN] = STORE_LOGIN};
    slot->act = dice(worker, BEGINS) == 0 ? ACT_BEGIN : (enum act)dice(worker, ACTS);
    if (slot->begun && slot->act == ACT_BEGIN) {
        slot->act = ACT_END;
    } else if (!slot->begun && (slot->act == ACT_END || slot->act == ACT_RECLAIM)) {
        slot->act = ACT_BEGIN;
    }
    slot->job =
        (struct store_job){.work = work, .done = done, .order = orders[slot->act], .alone = slot->act == ACT_JOIN};
    if (slot->act == ACT_BEGIN) {
        rows_make(slot);
    }
    worker->open++;
    store_submit(worker->store, &slot->job);
}

/* ---- an extractor's ---- */

static int extractor_work(struct store *store, struct store_job *job)
{
    struct slot *slot = (struct slot *)job;
    struct worker *worker = slot->worker;
    struct page none[2];
    size_t count = 0;
    int64_t twin = 0, rows = (int64_t)dice(worker, 1000);
    const struct page_facts facts = {.rows = rows, .total = rows};
    struct text scheme = text_of(pairs[worker->scheme].scheme);
    const struct run_plan plan = {
        .scheme = scheme, .scheme_hash = TEXT("aa"), .source = TEXT("sid"), .slices = 1, .resume_only = true};
    struct run run;
    int error;
    switch (slot->act) {
    case ACT_BEGIN:
    case ACT_END:
    case ACT_RECLAIM: /* as extractor/commit.c */
        error = page_fetched(store, &slot->page, &facts, OWN_PAGE, &twin);
        error = error ? error : page_renew(store, worker->run, TEXT("E"));
        return error ? error : page_claim(store, worker->run, TEXT("E"), 2, none, &count);
    case ACT_PACE:
        return api_pace(store, TEXT("source"), 1000, 2, &(struct store_ms){0});
    case ACT_LOGIN:
        return dice(worker, 2) == 0 ? hold_put(store, scheme, TEXT("me")) : hold_release(store, scheme);
    case ACT_JOIN:
        return run_begin(store, &plan, &run);
    default:
        return run_close(store, worker->run, -1, NULL); /* pages are open */
    }
}

static void extractor_act(struct worker *worker, struct slot *slot)
{
    slot->act = (enum act)dice(worker, ACTS);
    slot->job = (struct store_job){.work = extractor_work,
                                   .done = done,
                                   .order = slot->act == ACT_PACE ? STORE_PACE : STORE_LEDGER,
                                   .first = slot->act > ACT_PACE || slot->act == ACT_SETTLE};
    slot->page.no = OWN_PAGE;
    worker->open++;
    store_submit(worker->store, &slot->job);
}

/* ---- all of them ---- */

static int work_on(const char *url, int64_t run, int64_t joining, int scheme, int at)
{
    static struct worker worker;
    struct cause cause;
    worker = (struct worker){.scheme = scheme, .place = at, .run = run, .joining = joining};
    worker.random = (uint64_t)(scheme * 10 + at + 1) << 32;
    if (store_open(url, &worker.store, &cause) || loop_new(&worker.loop) ||
        store_start(worker.store, worker.loop, NULL)) {
        return 1;
    }
    for (int i = 0; i < SLOTS; i++) {
        worker.slots[i].worker = &worker;
        worker.slots[i].page = (struct page){.run = run, .no = at * SLOTS + i, .fence = 1};
        arena_init(&worker.slots[i].arena, 8 << 20);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = SLOTS; i-- > 0;) {
            (at < LOADERS ? act : extractor_act)(&worker, &worker.slots[i]);
        }
        (void)loop_run(worker.loop);
    }
    store_close(&worker.store);
    loop_free(&worker.loop);
    return 0;
}

static int64_t run_make(struct rig *rig, int scheme, const char *source)
{
    const struct sql_value names[] = {SQL_STRING(text_of(pairs[scheme].scheme)),
                                      SQL_STRING(text_of(pairs[scheme].account))};
    const struct sql_value of[] = {names[0], SQL_STRING(text_of(source))};
    int64_t run = 0;
    assert_int_equal(store_begin(rig->store, true), 0);
    int error =
        store_run(rig->store,
                  "INSERT INTO run(scheme, scheme_hash, source, state, max_rows, source_total, follow_up, slices, "
                  "started) VALUES($1, 'aa', $2, 1, 0, -1, 0, 1, 0)",
                  of, 2, NULL);
    error = error ? error : store_integers(rig->store, "SELECT MAX(id) FROM run", NULL, 0, &run, 1);
    error = error ? error
                  : store_run(rig->store,
                              "INSERT INTO existing_reading(account, scheme, state) VALUES($2, $1, 1) ON CONFLICT DO "
                              "NOTHING",
                              names, 2, NULL);
    for (int64_t no = 0; !error && no <= OWN_PAGE; no++) {
        const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(no)};
        error =
            store_run(rig->store,
                      "INSERT INTO page(run, slice, no, state, owner, fence, until, rows) VALUES($1, 0, $2, 1, 'E', "
                      "1, 9000000000000, 24)",
                      values, 2, NULL);
    }
    assert_int_equal(store_end(rig->store, error), 0);
    return run;
}

static void nobody_waits_in_a_circle(void **state)
{
    struct rig *rig = *state;
    char url[500];
    int64_t runs[SCHEMES];
    /* The pairs are there: how a new one begins is another matter. */
    for (int scheme = 0; scheme < SCHEMES; scheme++) {
        struct ledger_row row = rig_row("K-first", 'a');
        runs[scheme] = run_make(rig, scheme, "sid");
        struct ledger_batch batch = rig_batch(rig, runs[scheme], &row, 1);
        batch.account = text_of(pairs[scheme].account);
        assert_int_equal(rig_begin_batch(rig, &batch), 0);
    }
    int64_t before = rig_ask(rig, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    snprintf(url, sizeof url, "%s%%20-cdeadlock_timeout%%3D10ms", rig->place.url);
    fflush(NULL);
    for (int scheme = 0; scheme < SCHEMES; scheme++) {
        for (int at = 0; at <= LOADERS; at++) { /* the last one is the extractor */
            char source[24];
            snprintf(source, sizeof source, "sid-%d", at);
            int64_t joining = run_make(rig, scheme, source);
            if (fork() == 0) {
                _exit(work_on(url, runs[scheme], joining, scheme, at));
            }
        }
    }
    int status = 0, failed = 0;
    while (wait(&status) > 0) {
        failed += status != 0;
    }
    assert_int_equal(failed, 0);
    assert_true(rig_ask(rig, "SELECT COUNT(*) FROM record WHERE held <> 0") > ROWS);
    assert_true(rig_ask(rig, "SELECT COUNT(*) FROM reject") > ROWS);
    assert_int_equal(rig_ask(rig, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), before);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    place_postgres = true;
    const struct CMUnitTest tests[] = {CASE(nobody_waits_in_a_circle)};
    return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
