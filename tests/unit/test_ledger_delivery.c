/* Never twice, never lost: loaders whose transactions interleave on one store, killed and stalled anywhere, against a
 * target that executes late, shows late, loses replies and takes a second material of the same key. Time is virtual;
 * each episode is one seed. The rules are those of the ledger's model; the code under test is the ledger itself. */
#include "ledger_rig.h"

enum {
    KEYS = 4,
    SLOTS = 4,   /* batches at work at once; slot i belongs to process i % 2 */
    BATCHES = 3, /* pages of a run; neighbours share a key */
    RUNS = 3,
    EPISODES = 200,
    STEPS = 20000, /* an episode that needs more is stuck */
    REQUESTS = 64,
    CLIENT_TIMEOUT = 15000
};

static const int pages[BATCHES][2] = {{0, 1}, {2, 3}, {1, 2}};

enum stand { LEFT, DONE, SETTLING, ASKING, READY, WAITING, REPLIED, REFUSED };

struct work { /* one row in a loader's hands */
    struct ledger_row row;
    enum stand stand;
    enum claim_op op;
    int64_t claim, send_by, give_up;
    int request; /* WAITING: index */
};

struct slot {
    bool busy;
    int64_t run;
    int batch;
    struct work works[2];
};

struct request {
    bool used;
    int key;
    enum claim_op op;
    char content;
    bool drops, refuses, mute; /* never arrives; is refused; its reply is lost */
    int64_t at;
    struct work *waiter;
};

struct material {
    int count;
    char content;
    int64_t made;
};

struct world {
    struct rig *rig;
    uint64_t random;
    struct slot slots[SLOTS];
    struct request requests[REQUESTS];
    struct material materials[KEYS];
    char content[RUNS + 1][KEYS]; /* what the source says in each run; 0 = filtered */
    char keys[KEYS][16], numbers[KEYS]['z' - 'a' + 1][16];
    bool acked[BATCHES];
    bool numbered; /* a key's number changes with its content */
    int64_t run;
    size_t posts, settles, kills; /* that the episodes did what they are for */
};

static uint64_t dice(struct world *world, uint64_t sides)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random % sides;
}

static bool chance(struct world *world, uint64_t percent)
{
    return dice(world, 100) < percent;
}

/* ---- the target ---- */

static void execute(struct world *world, struct request *request)
{
    struct material *material = &world->materials[request->key];
    request->used = false;
    if (request->drops) {
        return;
    }
    if (!request->refuses && request->op == OP_CREATE) {
        material->count++;
        assert_int_equal(material->count, 1); /* never twice */
        material->made = world->rig->now;
        material->content = request->content;
    } else if (!request->refuses) {
        assert_int_equal(material->count, 1); /* an update of what the ledger says is held */
        material->content = request->content;
    }
    struct work *waiter = request->waiter;
    if (waiter && !request->mute) {
        waiter->stand = request->refuses ? REFUSED : REPLIED;
    }
}

static void advance(struct world *world, int64_t ms)
{
    int64_t until = world->rig->now + ms;
    for (;;) {
        struct request *next = NULL;
        for (size_t i = 0; i < REQUESTS; i++) {
            struct request *r = &world->requests[i];
            next = r->used && r->at <= until && (!next || r->at < next->at) ? r : next;
        }
        if (!next) {
            break;
        }
        world->rig->now = next->at;
        execute(world, next);
    }
    world->rig->now = until;
}

static bool target_shows(struct world *world, const struct work *work, int key)
{
    const struct material *material = &world->materials[key];
    return material->count > 0 &&
           text_equal(work->row.known_number, text_of(world->numbers[key][material->content - 'a'])) &&
           (world->rig->now >= material->made + RIG_VISIBLE || chance(world, 50));
}

/* ---- loaders ---- */

static void forget(struct world *world, const struct work *work)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        if (world->requests[i].waiter == work) {
            world->requests[i].waiter = NULL;
        }
    }
}

static void take(struct world *world, struct slot *slot, int batch)
{
    struct ledger_row rows[2];
    *slot = (struct slot){.busy = true, .run = world->run, .batch = batch};
    for (int i = 0; i < 2; i++) {
        int key = pages[batch][i];
        char content = world->content[world->run][key];
        rows[i] = rig_row(world->keys[key], content ? content : 'a');
        rows[i].in.kind = content ? RECORD_PAYLOAD : RECORD_FILTERED;
        rows[i].in.number = text_of(world->numbers[key][content ? content - 'a' : 0]);
    }
    struct ledger_batch ledger = rig_batch(world->rig, world->run, rows, 2);
    ledger.page.no = batch;
    arena_reset(&world->rig->arena, 1 << 20);
    assert_int_equal(rig_begin_batch(world->rig, &ledger), 0);
    for (int i = 0; i < 2; i++) {
        static const enum stand stands[] = {[ACTION_FINAL] = DONE,
                                            [ACTION_STAMP] = DONE,
                                            [ACTION_BUSY] = LEFT,
                                            [ACTION_CLAIM] = READY,
                                            [ACTION_SETTLE] = SETTLING};
        struct work *work = &slot->works[i];
        *work = (struct work){.row = rows[i],
                              .stand = stands[rows[i].action],
                              .op = rows[i].op,
                              .claim = rows[i].claim,
                              .send_by = rows[i].send_by.ms};
        for (int c = 0; c < 26; c++) { /* texts of the arena do not outlive this batch's T1 here */
            const char *number = world->numbers[pages[batch][i]][c];
            if (text_equal(work->row.known_number, text_of(number))) {
                work->row.known_number = text_of(number);
            }
        }
    }
}

static bool end(struct world *world, const struct slot *slot, const struct work *work, enum verdict verdict,
                const uint8_t *hash)
{
    struct ledger_result result = rig_result(&work->row, slot->run, verdict, chance(world, 70) ? "41" : "");
    result.claim = work->claim;
    result.op = work->op;
    result.hash = hash;
    return rig_end_one(world->rig, result) == 0;
}

static bool reclaim(struct world *world, struct work *work, enum claim_op op, const uint8_t *hash)
{
    struct ledger_reclaim claim = rig_reclaim(
        world->rig, (struct ledger_reclaim){.id = work->row.id, .claim = work->claim, .op = op, .hash = hash});
    work->claim = claim.fresh;
    work->send_by = claim.send_by.ms;
    work->op = op;
    return !claim.stale;
}

static void post(struct world *world, struct work *work, int key)
{
    size_t i = 0;
    while (world->requests[i].used) {
        i++;
        assert_true(i < REQUESTS);
    }
    world->requests[i] =
        (struct request){.used = true,
                         .key = key,
                         .op = work->op,
                         .content = (char)work->row.in.hash[0],
                         .drops = chance(world, 10),
                         .refuses = chance(world, 8),
                         .mute = chance(world, 30),
                         .at = world->rig->now + (chance(world, 30) ? RIG_LATE : (int64_t)dice(world, RIG_LATE)),
                         .waiter = work};
    work->stand = WAITING;
    work->give_up = world->rig->now + CLIENT_TIMEOUT;
    world->posts++;
}

static void ask(struct world *world, const struct slot *slot, struct work *work, int key)
{
    if (target_shows(world, work, key)) {
        if (memcmp(work->row.pend, work->row.in.hash, HASH_SIZE) == 0) {
            work->stand = end(world, slot, work, VERDICT_SAVED, work->row.pend) ? DONE : LEFT;
        } else {
            work->stand = reclaim(world, work, OP_UPDATE, work->row.in.hash) ? READY : LEFT;
        }
    } else if (text_equal(work->row.in.number, work->row.known_number) && chance(world, 70)) {
        work->stand = reclaim(world, work, OP_CREATE, work->row.in.hash) ? READY : LEFT;
    } else {
        (void)end(world, slot, work, VERDICT_RELEASED, work->row.in.hash);
        work->stand = LEFT;
    }
}

static void step(struct world *world, const struct slot *slot, struct work *work, int key)
{
    switch (work->stand) {
    case SETTLING:
        world->settles++;
        work->stand = reclaim(world, work, OP_CREATE, NULL) ? ASKING : LEFT;
        break;
    case ASKING:
        ask(world, slot, work, key);
        break;
    case READY:
        if (world->rig->now < work->send_by && !chance(world, 5)) {
            post(world, work, key);
        } else {
            if (chance(world, 50)) {
                (void)end(world, slot, work, VERDICT_RELEASED, work->row.in.hash);
            }
            work->stand = LEFT;
        }
        break;
    case WAITING:
        if (world->rig->now >= work->give_up) {
            forget(world, work);
            work->stand = LEFT;
        }
        break;
    case REPLIED:
        work->stand = end(world, slot, work, VERDICT_SAVED, work->row.in.hash) ? DONE : LEFT;
        break;
    case REFUSED: /* the batch was refused: each half anew, or the row itself */
        if (chance(world, 50)) {
            work->stand = reclaim(world, work, work->op, work->row.in.hash) ? READY : LEFT;
        } else {
            work->stand = end(world, slot, work, VERDICT_REFUSED, work->row.in.hash) ? DONE : LEFT;
        }
        break;
    case LEFT:
    case DONE:
        break;
    }
}

static int64_t record_of(struct world *world, int key, const char *const texts[KEYS])
{
    return rig_ask(world->rig, texts[key]);
}

#define EACH_KEY(before, after)                                                                                        \
    {                                                                                                                  \
        before "'K0'" after, before "'K1'" after, before "'K2'" after, before "'K3'" after                             \
    }
static const char *const outcomes[KEYS] = EACH_KEY("SELECT outcome FROM record WHERE key = ", "");
static const char *const helds[KEYS] = EACH_KEY("SELECT held FROM record WHERE key = ", "");
static const char *const runs[KEYS] = EACH_KEY("SELECT run FROM record WHERE key = ", "");

/* Nothing is acknowledged before its outcome is durable, and what should be there is there. */
static void check_key(struct world *world, int64_t run, int key)
{
    int64_t outcome = record_of(world, key, outcomes);
    const struct material *material = &world->materials[key];
    assert_true(outcome != OUTCOME_PENDING || record_of(world, key, runs) > run);
    if (record_of(world, key, helds) != HELD_NOT) {
        assert_int_equal(material->count, 1);
    }
    if (run != world->run) {
        return;
    }
    assert_int_equal(record_of(world, key, runs), run);
    char wanted = world->content[run][key];
    if (!wanted) {
        assert_int_equal(outcome, OUTCOME_FILTERED);
    } else if (outcome != OUTCOME_REJECTED) {
        assert_int_equal(material->count, 1); /* never lost */
        assert_int_equal(material->content, wanted);
        assert_int_equal(record_of(world, key, helds), HELD_SAME);
    }
}

static void slot_step(struct world *world, struct slot *slot)
{
    int i = (int)dice(world, 2);
    step(world, slot, &slot->works[i], pages[slot->batch][i]);
    if (slot->works[0].stand > DONE || slot->works[1].stand > DONE) {
        return;
    }
    slot->busy = false;
    if (slot->works[0].stand == DONE && slot->works[1].stand == DONE) {
        check_key(world, slot->run, pages[slot->batch][0]);
        check_key(world, slot->run, pages[slot->batch][1]);
        world->acked[slot->batch] = world->acked[slot->batch] || slot->run == world->run;
    }
}

static void kill_process(struct world *world, size_t process)
{
    world->kills++;
    for (size_t i = process; i < SLOTS; i += 2) {
        world->slots[i].busy = false;
        forget(world, &world->slots[i].works[0]);
        forget(world, &world->slots[i].works[1]);
    }
}

static bool run_over(struct world *world)
{
    for (int b = 0; b < BATCHES; b++) {
        if (!world->acked[b]) {
            return false;
        }
    }
    for (int k = 0; k < KEYS; k++) {
        check_key(world, world->run, k);
    }
    return true;
}

/* Where rules are wrong by a moment, it is around a claim's deadlines. */
static void leap(struct world *world)
{
    static const int64_t offsets[] = {-1, 0, RIG_LATE, RIG_LATE + RIG_VISIBLE};
    struct slot *slot = &world->slots[dice(world, SLOTS)];
    const struct work *work = &slot->works[dice(world, 2)];
    int64_t to = work->send_by + offsets[dice(world, sizeof offsets / sizeof *offsets)];
    if (work->send_by > 0 && to > world->rig->now) {
        advance(world, to - world->rig->now);
        if (slot->busy) {
            slot_step(world, slot);
        }
    }
}

static void next_run(struct world *world)
{
    if (++world->run <= RUNS) { /* loaders of the old run may still be at work */
        memset(world->acked, 0, sizeof world->acked);
        rig_run(world->rig, world->run);
    }
}

static void episode(struct world *world)
{
    static const int64_t leaps[] = {1, 500, 3000, RIG_LATE, CLIENT_TIMEOUT, RIG_ALL};
    for (size_t steps = 0; world->run <= RUNS; steps++) {
        assert_true(steps < STEPS);
        struct slot *slot = &world->slots[dice(world, SLOTS)];
        if (chance(world, 1)) {
            kill_process(world, dice(world, 2));
        } else if (chance(world, 8)) {
            leap(world);
        } else if (world->run < RUNS && dice(world, 500) == 0) {
            next_run(world); /* the run is abandoned */
        } else if (chance(world, 10)) {
            advance(world, leaps[dice(world, sizeof leaps / sizeof *leaps)]);
        } else if (slot->busy) {
            slot_step(world, slot);
        } else {
            take(world, slot, (int)dice(world, BATCHES)); /* also what is acknowledged: redelivery */
        }
        if (run_over(world)) {
            next_run(world);
        }
    }
}

static void never_twice_never_lost(void **state)
{
    (void)state;
    struct world total = {0};
    size_t episodes = place_postgres ? EPISODES / 10 : EPISODES;
    for (uint64_t seed = 1; seed <= episodes; seed++) {
        void *opened = NULL;
        assert_int_equal(rig_open(&opened), 0);
        /* Thousands of transactions, and no power to lose. */
        (void)rig_ask(opened, place_postgres ? "SET synchronous_commit = off" : "PRAGMA synchronous = OFF");
        struct world *world = calloc(1, sizeof *world);
        assert_non_null(world);
        *world = (struct world){.rig = opened, .random = seed * 0x9e3779b97f4a7c15u, .run = 1, .numbered = seed % 2};
        for (int k = 0; k < KEYS; k++) {
            snprintf(world->keys[k], sizeof world->keys[k], "K%d", k);
            for (int c = 0; c < 26; c++) {
                snprintf(world->numbers[k][c], sizeof world->numbers[k][c], world->numbered ? "K%d%c" : "K%d", k,
                         'a' + c);
            }
            char last = 'a';
            for (int run = 1; run <= RUNS; run++) {
                last = (char)(last + (int)dice(world, 2));
                world->content[run][k] = chance(world, 10) ? '\0' : last;
            }
        }

        episode(world);
        total.posts += world->posts;
        total.settles += world->settles;
        total.kills += world->kills;
        free(world);
        rig_close(&opened);
    }
    assert_true(total.posts > episodes * KEYS && total.settles > episodes && total.kills > episodes / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(never_twice_never_lost)};
    return RUN_ON_EVERY_STORE(tests);
}
