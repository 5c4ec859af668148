/* Two ledgers of one account, in mode adopt: whatever their loaders do in between each other, a number is made once, on a
 * target that executes late, shows late, loses replies and takes a second material of the same number. Episodes by
 * chance: what a loader does is what loader/rows.c does. Cases by hand: test_ledger_sides.c. */
#include "ledger_sides.h"

enum {
    KEYS = 2,
    SLOTS = 6, /* rows at work at once; slot i belongs to side i % SIDES */
    RUNS = 3,
    EPISODES = 60,
    STEPS = 30000, /* an episode that needs more is stuck */
    UNREST = 2500, /* steps with kills, lost replies and deletions by hand */
    REQUESTS = 64,
    MATERIALS = 4096, /* of an episode */
    CLIENT_TIMEOUT = 15000
};

enum stand { IDLE, ASKING, ASKED, READY, WAITING, REPLIED, REFUSED_GONE };
enum seek { SEEK_SETTLE, SEEK_UPDATE, SEEK_GONE, SEEK_LOST };

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
    int made;                /* the material that it stands for, where it is a create of ours */
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
    bool counted[MATERIALS];                     /* as created */
    size_t creates, settles, stale, gone, kills; /* that the episodes did what they are for */
};

/* Of a material: its id. */
static int number(const char *id)
{
    return (int)strtol(id, NULL, 10);
}

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
            waiter->made = number(request->id);
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
    if (slot->claim == slot->row.claim && slot->row.action == ACTION_CLAIM) { /* as loader/outcomes.c */
        result.alone = slot->row.send_by;
    }
    assert_int_equal(store_begin(world->rig->store, true), 0);
    assert_int_equal(store_end(world->rig->store, ledger_end(world->rig->store, &result, 1)), 0);
    if (!result.stale) {
        assert_in_range(slot->made, 1, MATERIALS - 1);
        assert_false(ledger_created(&result) && world->counted[slot->made]); /* never twice, in no report */
        world->counted[slot->made] = world->counted[slot->made] || ledger_created(&result);
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
    if (slot->seek == SEEK_LOST && found) {
        slot->made = number(slot->answer);
        end(world, slot, slot->row.in.hash, slot->answer);
    } else if (slot->seek == SEEK_LOST) { /* the next T1 settles it */
        leave(world, slot);
    } else if (!found && !slot->told) { /* again when it must show */
        slot->stand = ASKING;
    } else if (!found) {
        slot->op = OP_CREATE;
        slot->adopted = false;
        slot->id[0] = '\0';
        slot->reclaim = true;
        slot->stand = READY;
    } else if (slot->seek == SEEK_SETTLE && memcmp(slot->row.pend, slot->row.in.hash, HASH_SIZE) == 0) {
        slot->op = OP_CREATE;
        slot->made = number(slot->answer);
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
            if (slot->op == OP_CREATE) { /* its reply is lost: did it land? */
                look_up(world, slot, SEEK_LOST);
            }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_made_once),
    };
    return RUN_ON_EVERY_STORE(tests);
}
