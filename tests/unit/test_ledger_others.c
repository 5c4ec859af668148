/* Two ledgers of one account, in mode adopt: whatever their loaders do in between each other, a number is made once, on a
 * target that executes late, shows late, loses replies and takes a second material of the same number. Some cases by hand,
 * then episodes by chance: what a loader does is what loader/rows.c does. */
#include "ledger_rig.h"

enum {
    SIDES = 2,
    KEYS = 2,
    SLOTS = 6, /* rows at work at once; slot i belongs to side i % SIDES */
    RUNS = 3,
    EPISODES = 60,
    STEPS = 30000, /* an episode that needs more is stuck */
    UNREST = 2500, /* steps with kills, lost replies and deletions by hand */
    REQUESTS = 64,
    CLIENT_TIMEOUT = 15000
};

static const char *const schemes[SIDES] = {"shops", "others"};

/* Another run of this side, with the pages 0 to 3. */
static int64_t run_open(struct rig *rig, int side)
{
    const struct sql_value scheme = SQL_STRING(text_of(schemes[side]));
    int64_t run = 0;
    assert_int_equal(store_begin(rig->store, true), 0);
    int error = store_run(rig->store, "UPDATE run SET state = 2 WHERE scheme = $1", &scheme, 1, NULL);
    error = error ? error
                  : store_run(rig->store,
                              "INSERT INTO run(scheme, scheme_hash, source, state, max_rows, source_total, follow_up, "
                              "slices, started) VALUES($1, 'aa', 'sid', 1, 0, -1, 0, 1, 0)",
                              &scheme, 1, NULL);
    error = error ? error : store_integers(rig->store, "SELECT MAX(id) FROM run", NULL, 0, &run, 1);
    const struct sql_value id = SQL_INTEGER(run);
    error = error ? error
                  : store_run(rig->store,
                              "INSERT INTO page(run, slice, no, state, fence, until, rows) VALUES($1, 0, 0, 1, 1, 0, "
                              "0), ($1, 0, 1, 1, 1, 0, 0), ($1, 0, 2, 1, 1, 0, 0), ($1, 0, 3, 1, 1, 0, 0)",
                              &id, 1, NULL);
    error = error ? error
                  : store_run(rig->store,
                              "INSERT INTO existing_reading(account, scheme, state) VALUES('A1', $1, 1) "
                              "ON CONFLICT(account, scheme) DO UPDATE SET state = 1",
                              &scheme, 1, NULL);
    assert_int_equal(store_end(rig->store, error), 0);
    return run;
}

static struct ledger_reclaim take(struct rig *rig, const struct ledger_row *row, int64_t claim, enum claim_op op,
                                  bool post, const char *id)
{
    return rig_reclaim(
        rig,
        (struct ledger_reclaim){
            .id = row->id, .claim = claim, .op = op, .hash = post ? row->in.hash : NULL, .target_id = text_of(id)});
}

/* ---- by hand ---- */

struct pairs { /* a row of each side under number K1, and their runs */
    struct rig *rig;
    int64_t runs[SIDES];
    struct ledger_row rows[SIDES];
};

static struct pairs pairs_of(struct rig *rig)
{
    return (struct pairs){rig, {run_open(rig, 0), run_open(rig, 1)}, {rig_row("K1", 'a'), rig_row("K1", 'b')}};
}

static int64_t begin(struct pairs *pairs, int side)
{
    struct ledger_batch batch = rig_batch(pairs->rig, pairs->runs[side], &pairs->rows[side], 1);
    assert_int_equal(rig_begin_batch(pairs->rig, &batch), 0);
    return batch.retry_after;
}

/* The create of one side is lost, the other side looked it up in vain and makes it: so the first waits, and then finds what
 * the other made. */
static void an_unknown_create_is_made_by_one(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    rig->now += RIG_ALL;
    begin(&p, 1);
    assert_int_equal(b->op, OP_UPDATE);
    assert_int_equal(begin(&p, 0), RIG_ALL); /* the other looks it up, and may create it */
    assert_int_equal(a->action, ACTION_BUSY);
    struct ledger_reclaim made = take(rig, b, b->claim, OP_CREATE, true, "");
    assert_int_equal(made.stale, 0);
    rig->now += 1000;
    assert_int_equal(begin(&p, 0), RIG_ALL - 1000);
    struct ledger_result saved = rig_result(b, p.runs[1], VERDICT_SAVED, "7");
    saved.claim = made.fresh;
    saved.op = OP_CREATE;
    saved.adopted = false;
    assert_int_equal(rig_end_one(rig, saved), 0);
    begin(&p, 0); /* that one's is no create of ours: it is updated */
    assert_int_equal(a->action, ACTION_CLAIM);
    assert_int_equal(a->op, OP_UPDATE);
    assert_true(text_equal(a->target_id, TEXT("7")) && a->adopted);
}

/* Who settles first creates; the other waits meanwhile. */
static void a_settling_keeps_others_away(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    rig->now += RIG_ALL;
    begin(&p, 0);
    assert_int_equal(a->action, ACTION_SETTLE);
    struct ledger_reclaim taken = take(rig, a, a->claim, OP_CREATE, false, "");
    assert_int_equal(taken.stale, 0);
    begin(&p, 1);
    assert_int_equal(b->action, ACTION_BUSY);
    assert_int_equal(take(rig, a, taken.fresh, OP_CREATE, true, "").stale, 0);
    begin(&p, 1);
    assert_int_equal(b->action, ACTION_BUSY);
}

/* A look-up whose claim's time is over counts no more: another may have created since. Its claim is let go. */
static void a_late_create_is_refused(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    rig->now += RIG_ALL;
    begin(&p, 1);
    rig->now += RIG_ALL;
    begin(&p, 0);
    assert_int_equal(a->action, ACTION_SETTLE); /* the other's time is over */
    assert_int_equal(take(rig, b, b->claim, OP_CREATE, true, "").stale, 1);
    assert_int_equal(take(rig, b, b->claim, OP_CREATE, true, "").stale, 1); /* it has none any more */
    begin(&p, 1);
    assert_int_equal(b->op, OP_UPDATE); /* nobody knows the other's create: it is looked up again */
}

/* Both hold a material that somebody deleted: one makes it anew, and the other finds that. */
static void what_is_gone_is_made_by_one(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    assert_int_equal(rig_end(rig, a, p.runs[0], VERDICT_SAVED, "7"), 0);
    begin(&p, 1);
    assert_int_equal(rig_end(rig, b, p.runs[1], VERDICT_SAVED, "7"), 0);
    for (int side = 0; side < SIDES; side++) {
        p.runs[side] = run_open(rig, side);
        p.rows[side] = rig_row("K1", 'c');
        begin(&p, side);
        assert_int_equal(p.rows[side].op, OP_UPDATE);
        assert_true(text_equal(p.rows[side].target_id, TEXT("7")));
    }
    assert_int_equal(take(rig, a, a->claim, OP_CREATE, true, "").stale, 1); /* the other's update is under way */
    struct ledger_reclaim made = take(rig, b, b->claim, OP_CREATE, true, "");
    assert_int_equal(made.stale, 0); /* the first let its claim go */
    begin(&p, 0);
    assert_int_equal(a->action, ACTION_BUSY);
    struct ledger_result saved = rig_result(b, p.runs[1], VERDICT_SAVED, "8");
    saved.claim = made.fresh;
    saved.op = OP_CREATE;
    assert_int_equal(rig_end_one(rig, saved), 0);
    begin(&p, 0);
    assert_int_equal(a->op, OP_UPDATE);
    assert_true(text_equal(a->target_id, TEXT("8")));
    /* And where the other made it between our look-up and our create. */
    assert_int_equal(take(rig, a, a->claim, OP_CREATE, true, "").stale, 0); /* 8 is gone again, nobody holds another */
}

static void what_was_made_since_the_look_up_is_found(void **state)
{
    struct rig *rig = *state;
    struct pairs p = pairs_of(rig);
    struct ledger_row *a = &p.rows[0], *b = &p.rows[1];
    begin(&p, 0);
    assert_int_equal(rig_end(rig, a, p.runs[0], VERDICT_SAVED, "7"), 0);
    begin(&p, 1); /* looked up, gone: to be created */
    struct ledger_reclaim made = take(rig, b, b->claim, OP_CREATE, true, "");
    assert_int_equal(made.stale, 0);
    p.runs[0] = run_open(rig, 0);
    *a = rig_row("K1", 'c');
    begin(&p, 0); /* an update of 7 */
    assert_int_equal(a->op, OP_UPDATE);
    struct ledger_result saved = rig_result(b, p.runs[1], VERDICT_SAVED, "8");
    saved.claim = made.fresh;
    saved.op = OP_CREATE;
    assert_int_equal(rig_end_one(rig, saved), 0);
    assert_int_equal(take(rig, a, a->claim, OP_CREATE, true, "").stale, 1);
    begin(&p, 0);
    assert_true(a->op == OP_UPDATE && text_equal(a->target_id, TEXT("8")));
}

/* ---- by chance ---- */

enum stand { IDLE, ASKING, ASKED, READY, WAITING, REPLIED, REFUSED_GONE };
enum seek { SEEK_SETTLE, SEEK_UPDATE, SEEK_GONE };

struct slot { /* one row in a loader's hands */
    enum stand stand;
    enum seek seek;
    int side, key;
    int64_t run;
    struct ledger_row row;
    enum claim_op op;
    int64_t claim, send_by, give_up, sure;
    bool reclaim, adopted, told;
    char id[16], answer[16]; /* answer: empty = absent */
};

struct request {
    bool used, drops, mute;
    int key;
    enum claim_op op;
    int64_t at;
    char id[16];
    struct slot *waiter;
};

struct material { /* of a key: the one that stands there */
    bool stands;
    int64_t made;
    char id[16];
};

struct world {
    struct rig *rig;
    uint64_t random;
    size_t steps;
    struct slot slots[SLOTS];
    struct request requests[REQUESTS];
    struct material materials[KEYS];
    char keys[KEYS][16];
    int64_t runs[SIDES];
    int nth[SIDES];
    bool done[SIDES][KEYS];
    int ids;
    size_t creates, settles, stale, gone, kills; /* that the episodes did what they are for */
};

static uint64_t dice(struct world *world, uint64_t sides)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random % sides;
}

static bool chance(struct world *world, uint64_t permille)
{
    return dice(world, 1000) < permille;
}

static bool unrest(struct world *world, uint64_t permille)
{
    return world->steps < UNREST && chance(world, permille);
}

static void execute(struct world *world, struct request *request)
{
    struct material *material = &world->materials[request->key];
    request->used = false;
    if (request->drops) {
        return;
    }
    enum stand then = REPLIED;
    if (request->op == OP_CREATE) {
        assert_false(material->stands); /* never twice */
        *material = (struct material){.stands = true, .made = world->rig->now};
        snprintf(material->id, sizeof material->id, "%d", ++world->ids);
        memcpy(request->id, material->id, sizeof request->id);
        world->creates++;
    } else if (!material->stands || strcmp(material->id, request->id) != 0) {
        then = REFUSED_GONE;
    }
    struct slot *waiter = request->waiter;
    if (waiter && !request->mute) {
        waiter->stand = then;
        if (then == REPLIED) {
            memcpy(waiter->answer, chance(world, 700) ? request->id : (char[16]){""}, sizeof waiter->answer);
        }
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
        world->rig->now = next->at > world->rig->now ? next->at : world->rig->now;
        execute(world, next);
    }
    world->rig->now = until;
}

static void leave(struct world *world, struct slot *slot)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        if (world->requests[i].waiter == slot) {
            world->requests[i].waiter = NULL;
        }
    }
    slot->stand = IDLE;
}

static void look_up(struct world *world, struct slot *slot, enum seek seek)
{
    slot->seek = seek;
    slot->stand = ASKING;
    slot->sure = seek == SEEK_SETTLE ? 0 : world->rig->now + RIG_VISIBLE;
}

static void final(struct world *world, struct slot *slot)
{
    if (slot->run == world->runs[slot->side]) {
        world->done[slot->side][slot->key] = true;
    }
    leave(world, slot);
}

static bool claimed(struct world *world, struct slot *slot, enum claim_op op, bool post)
{
    struct ledger_reclaim claim =
        rig_reclaim(world->rig, (struct ledger_reclaim){.id = slot->row.id,
                                                        .claim = slot->claim,
                                                        .op = op,
                                                        .hash = post ? slot->row.in.hash : NULL,
                                                        .target_id = text_of(slot->id),
                                                        .adopted = slot->adopted});
    slot->claim = claim.fresh;
    slot->send_by = claim.send_by.ms;
    slot->reclaim = false;
    world->stale += (size_t)claim.stale;
    return !claim.stale;
}

static void begin_slot(struct world *world, struct slot *slot)
{
    struct ledger_row row = rig_row(world->keys[slot->key], (char)('a' + world->nth[slot->side] + 8 * slot->side));
    slot->run = world->runs[slot->side];
    struct ledger_batch batch = rig_batch(world->rig, slot->run, &row, 1);
    batch.page.no = slot->key;
    arena_reset(&world->rig->arena, 1 << 20);
    assert_int_equal(rig_begin_batch(world->rig, &batch), 0);
    slot->op = row.op;
    slot->claim = row.claim;
    slot->send_by = row.send_by.ms;
    slot->adopted = row.adopted;
    slot->reclaim = false;
    snprintf(slot->id, sizeof slot->id, "%.*s", TEXT_ARG(row.target_id));
    slot->row = row;
    slot->row.in.key = slot->row.in.number = slot->row.known_number = text_of(world->keys[slot->key]);
    slot->row.target_id = TEXT("");
    if (row.action == ACTION_FINAL || row.action == ACTION_STAMP) {
        final(world, slot);
    } else if (row.action == ACTION_SETTLE) {
        world->settles++;
        if (claimed(world, slot, OP_CREATE, false)) {
            look_up(world, slot, SEEK_SETTLE);
        }
    } else if (row.action == ACTION_CLAIM) {
        slot->stand = READY;
        if (row.op == OP_UPDATE && slot->id[0] == '\0') {
            look_up(world, slot, SEEK_UPDATE);
        }
    }
}

static void end(struct world *world, struct slot *slot, const uint8_t *hash, const char *id)
{
    struct ledger_result result = rig_result(&slot->row, slot->run, VERDICT_SAVED, id);
    result.claim = slot->claim;
    result.op = slot->op;
    result.adopted = slot->adopted;
    result.hash = hash;
    if (rig_end_one(world->rig, result) == 0) {
        final(world, slot);
    } else {
        leave(world, slot);
    }
}

static void update(struct slot *slot, bool reclaim)
{
    memcpy(slot->id, slot->answer, sizeof slot->id);
    slot->op = OP_UPDATE;
    slot->reclaim = reclaim;
    slot->stand = READY;
}

static void answered(struct world *world, struct slot *slot)
{
    bool found = slot->answer[0] != '\0';
    if (!found && !slot->told) { /* again when it must show */
        slot->stand = ASKING;
    } else if (!found) {
        slot->op = OP_CREATE;
        slot->adopted = false;
        slot->id[0] = '\0';
        slot->reclaim = true;
        slot->stand = READY;
    } else if (slot->seek == SEEK_SETTLE && memcmp(slot->row.pend, slot->row.in.hash, HASH_SIZE) == 0) {
        slot->op = OP_CREATE;
        end(world, slot, slot->row.pend, slot->answer);
    } else {
        slot->adopted = slot->adopted || slot->seek == SEEK_GONE;
        update(slot, slot->seek != SEEK_UPDATE);
    }
}

static void ask(struct world *world, struct slot *slot)
{
    const struct material *material = &world->materials[slot->key];
    bool shows = material->stands && (world->rig->now >= material->made + RIG_VISIBLE || chance(world, 500));
    slot->told = world->rig->now >= slot->sure;
    memcpy(slot->answer, shows ? material->id : (const char[16]){""}, sizeof slot->answer);
    slot->stand = ASKED;
}

static void post(struct world *world, struct slot *slot)
{
    if ((slot->reclaim || world->rig->now >= slot->send_by) && !claimed(world, slot, slot->op, true)) {
        leave(world, slot);
        return;
    }
    if (world->rig->now >= slot->send_by) {
        return;
    }
    size_t i = 0;
    while (world->requests[i].used) {
        i++;
        assert_true(i < REQUESTS);
    }
    int64_t late = chance(world, 300) ? RIG_LATE : (int64_t)dice(world, RIG_LATE);
    world->requests[i] = (struct request){.used = true,
                                          .key = slot->key,
                                          .op = slot->op,
                                          .drops = unrest(world, 150),
                                          .mute = unrest(world, 400),
                                          .at = world->rig->now + (world->steps < UNREST ? late : 100),
                                          .waiter = slot};
    memcpy(world->requests[i].id, slot->id, sizeof slot->id);
    slot->stand = WAITING;
    slot->give_up = world->rig->now + CLIENT_TIMEOUT;
}

static void step(struct world *world, struct slot *slot)
{
    switch (slot->stand) {
    case IDLE:
        slot->key = (int)dice(world, KEYS);
        begin_slot(world, slot);
        break;
    case ASKING:
        ask(world, slot);
        break;
    case ASKED:
        answered(world, slot);
        break;
    case READY:
        post(world, slot);
        break;
    case WAITING:
        if (world->rig->now >= slot->give_up) {
            leave(world, slot);
        }
        break;
    case REPLIED:
        end(world, slot, slot->row.in.hash, slot->answer);
        break;
    case REFUSED_GONE:
        world->gone++;
        look_up(world, slot, SEEK_GONE);
        break;
    }
}

static bool over(struct world *world)
{
    bool all = true;
    for (int side = 0; side < SIDES; side++) {
        bool done = true;
        for (int key = 0; key < KEYS; key++) {
            done = done && world->done[side][key];
        }
        /* The last run begins when there is peace: what was deleted is made again. */
        if (done && world->nth[side] < RUNS && (world->nth[side] < RUNS - 1 || world->steps >= UNREST)) {
            memset(world->done[side], 0, sizeof world->done[side]);
            world->nth[side]++;
            world->runs[side] = run_open(world->rig, side);
            done = false;
        }
        all = all && done && world->nth[side] == RUNS;
    }
    return all;
}

static void episode(struct world *world)
{
    static const int64_t leaps[] = {1, 500, 3000, RIG_LATE, CLIENT_TIMEOUT, RIG_ALL};
    for (; !over(world); world->steps++) {
        assert_true(world->steps < STEPS);
        struct slot *slot = &world->slots[dice(world, SLOTS)];
        if (unrest(world, 10)) {
            world->kills++;
            leave(world, slot);
        } else if (unrest(world, 5)) {
            world->materials[dice(world, KEYS)].stands = false; /* by hand */
        } else if (chance(world, 150)) {
            advance(world, leaps[dice(world, sizeof leaps / sizeof *leaps)]);
        } else {
            step(world, slot);
        }
    }
    for (int key = 0; key < KEYS; key++) {
        assert_true(world->materials[key].stands); /* never lost */
    }
}

static void a_number_is_made_once(void **state)
{
    (void)state;
    struct world total = {0};
    size_t episodes = place_postgres ? EPISODES / 6 : EPISODES;
    for (uint64_t seed = 1; seed <= episodes; seed++) {
        void *opened = NULL;
        assert_int_equal(rig_open(&opened), 0);
        /* Thousands of transactions, and no power to lose. */
        (void)rig_ask(opened, place_postgres ? "SET synchronous_commit = off" : "PRAGMA synchronous = OFF");
        struct world *world = calloc(1, sizeof *world);
        assert_non_null(world);
        *world = (struct world){.rig = opened, .random = seed * 0x9e3779b97f4a7c15u, .nth = {1, 1}};
        for (int i = 0; i < SLOTS; i++) {
            world->slots[i].side = i % SIDES;
        }
        for (int key = 0; key < KEYS; key++) {
            snprintf(world->keys[key], sizeof world->keys[key], "K%d", key);
        }
        for (int side = 0; side < SIDES; side++) {
            world->runs[side] = run_open(opened, side);
        }
        episode(world);
        total.creates += world->creates;
        total.settles += world->settles;
        total.stale += world->stale;
        total.gone += world->gone;
        total.kills += world->kills;
        free(world);
        rig_close(&opened);
    }
    assert_true(total.creates >= episodes * KEYS && total.settles > episodes && total.kills > episodes);
    assert_true(total.gone > episodes && total.stale > episodes / 2);
}

#define ON_STORE(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STORE(an_unknown_create_is_made_by_one),
        ON_STORE(a_settling_keeps_others_away),
        ON_STORE(a_late_create_is_refused),
        ON_STORE(what_is_gone_is_made_by_one),
        ON_STORE(what_was_made_since_the_look_up_is_found),
        cmocka_unit_test(a_number_is_made_once),
    };
    return RUN_ON_EVERY_STORE(tests);
}
