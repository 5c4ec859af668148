#include "loader/ask/lookup.h"

#include <stdlib.h>

#include "common/log/log.h"
#include "loader/ask/asked.h"
#include "loader/ask/roll.h"
#include "loader/batch.h"
#include "loader/step.h"

enum {
    GATHER = 20, /* ms that the first question waits for others */
    BODY_MAX = 1 << 18,
    KEPT = 1 << 14,
    SINGLE_ROWS = 8, /* of a look-up without `many` */
    /* An answer that shows as many may have been cut short: no list of any API is cut shorter. */
    CUT_LEAST = 10,
    /* So often in a row several at once showed nothing, and one by itself was shown right after: then that call takes no
     * numbers. Once or twice the material may have come in between. */
    DOUBTS_MOST = 3,
};

struct lookup {
    struct lookup *next; /* every one that was ever made */
    struct loader *loader;
    bool busy;
    bool searching; /* `search` is under way, not `call` */
    bool sample;    /* its one row tells whether several at once are looked up at all */
    struct row *rows[LOOKUP_ROWS];
    size_t count;
    size_t at; /* rows before are answered */
    struct witness witness;
    struct arena arena;
    struct client_call call;
    struct search search;
};

static void one_done(struct client_call *call, const struct answer *answer);
static void ask_one(struct lookup *lookup);

/* ---- asking ---- */

static void finish(struct lookup *lookup)
{
    struct loader *loader = lookup->loader;
    target_call_clear(&lookup->call.wire, BODY_MAX, KEPT);
    lookup->busy = lookup->sample = false;
    lookup->count = 0;
    loader->lookup_count--;
    loader_pump(loader);
}

static void ask(struct lookup *lookup, struct text path, void (*done)(struct client_call *, const struct answer *))
{
    lookup->call.path = path.data;
    lookup->call.done = done;
    lookup->call.user = lookup;
    lookup->call.optional = true;
    client_start(lookup->loader->client, &lookup->call);
}

/* The rest is asked in the next way. */
static void give_back(struct lookup *lookup)
{
    for (; lookup->at < lookup->count; lookup->at++) {
        asked_put_back(lookup->loader, lookup->rows[lookup->at]);
    }
    finish(lookup);
}

/* Neither several nor one is looked up, and the list does not find a number: it is read whole, for all rows at once. */
static bool reads_whole(const struct loader *loader)
{
    const struct target_form *form = loader->form;
    return (loader->no_one || form->find_one.size == 0) &&
           (form->list.search.size == 0 || loader->search_trust == SEARCH_FAILS);
}

static void unclear(const struct row *row, int status, struct text why)
{
    log_event(EVENT_LOOKUP_UNCLEAR, "the target does not say whether it has a number; it will be asked again",
              LOG_PAGE(&row->batch->page), "number", LOG_TEXT(row_known_number(row)), "status", LOG_INT(status), "why",
              LOG_TEXT(why), (const char *)NULL);
}

/* Where the row asks for a step, not for its record, what the record shows counts. */
static void conclude(struct loader *loader, struct row *row, enum target_told told, struct text id,
                     const struct answer *answer)
{
    if (step_asks(row)) {
        told =
            step_told(row, told, id, answer && id.size > 0 ? loader->driver->record(loader->form, answer, id) : NULL);
    }
    asked_conclude(loader, row, told, id);
}

static void searched(struct search *search, enum target_told told, struct text id, const struct answer *answer)
{
    struct lookup *lookup = search->user;
    struct row *row = lookup->rows[lookup->at++];
    lookup->searching = false;
    loader_reached(lookup->loader);
    if (told == TOLD_NOTHING) {
        unclear(row, 0, TEXT("its list can't be read whole"));
    }
    conclude(lookup->loader, row, told, id, answer);
    ask_one(lookup);
}

static void ask_list(struct lookup *lookup, const struct row *row)
{
    struct loader *loader = lookup->loader;
    struct search *search = &lookup->search;
    search->client = loader->client;
    search->driver = loader->driver;
    search->form = loader->form;
    search->trust = &loader->search_trust;
    search->done = searched;
    search->user = lookup;
    lookup->searching = true;
    search_start(search, row->asked_as);
}

static void ask_one(struct lookup *lookup)
{
    struct loader *loader = lookup->loader;
    while (lookup->at < lookup->count) {
        struct row *row = lookup->rows[lookup->at];
        if (reads_whole(loader)) {
            give_back(lookup);
            return;
        }
        if (loader->no_one || loader->form->find_one.size == 0) {
            ask_list(lookup, row);
            return;
        }
        struct target_call *wire = &lookup->call.wire;
        target_call_clear(wire, BODY_MAX, KEPT);
        loader->driver->find_one_call(wire, loader->form, row->asked_as);
        if (!wire->body.failed) {
            ask(lookup, loader->form->find_one, one_done);
            return;
        }
        lookup->at++;
        loader->step(row, STEP_UNANSWERED);
    }
    finish(lookup);
}

/* A call that this account does not have. Said once. */
static void unsubscribed(bool *flag, struct text path)
{
    if (!*flag) {
        *flag = true;
        log_event(EVENT_LOOKUP_UNSUBSCRIBED, "the account has no such call; the next form of look-up is used", "api",
                  LOG_TEXT(path), (const char *)NULL);
    }
}

static void one_done(struct client_call *call, const struct answer *answer)
{
    struct lookup *lookup = call->user;
    struct loader *loader = lookup->loader;
    loader_reached(loader);
    if (answer->absent) {
        unsubscribed(&loader->no_one, loader->form->find_one);
        ask_one(lookup);
        return;
    }
    struct row *row = lookup->rows[lookup->at++];
    struct text id = {NULL, 0}, number = row->asked_as;
    arena_reset(&lookup->arena, 1 << 16);
    enum target_told told = loader->driver->find_read(&lookup->arena, loader->form, answer, number, &id, NULL);
    if (told == TOLD_NOTHING || told == TOLD_SEVERAL) {
        unclear(row, answer->status, answer->message);
    }
    if (lookup->sample && told == TOLD_FOUND && ++loader->many_doubts >= DOUBTS_MOST) {
        loader->no_many = true;
    }
    conclude(loader, row, told, id, answer);
    ask_one(lookup);
}

/* ---- several at once ---- */

struct many { /* what an answer shows */
    size_t entries, found;
    bool witness;
};

/* Takes the rows that are found out of the look-up. */
static struct many read_many(struct lookup *lookup, const struct answer *answer, enum target_told *told)
{
    struct loader *loader = lookup->loader;
    struct many many = {0};
    size_t left = 0;
    for (size_t i = 0; i < lookup->count; i++) {
        struct row *row = lookup->rows[i];
        struct text id = {NULL, 0};
        enum target_told one =
            loader->driver->find_read(&lookup->arena, loader->form, answer, row->asked_as, &id, &many.entries);
        if (one == TOLD_FOUND) {
            conclude(loader, row, one, id, answer);
            many.found++;
        } else {
            told[left] = one;
            lookup->rows[left++] = row;
        }
    }
    lookup->count = left;
    if (lookup->witness.size > 0) {
        struct text id = {NULL, 0}, number = {lookup->witness.number, lookup->witness.size};
        enum target_told one =
            loader->driver->find_read(&lookup->arena, loader->form, answer, number, &id, &many.entries);
        many.witness = one == TOLD_FOUND || one == TOLD_ALIKE;
    }
    loader->many_doubts = many.found > 0 || many.witness ? 0 : loader->many_doubts;
    return many;
}

/* A row that the answer leaves out: true = it must be asked for by itself. */
static bool left_out(struct lookup *lookup, struct row *row, enum target_told told, const struct many *many)
{
    struct loader *loader = lookup->loader;
    if (told == TOLD_ALIKE || told == TOLD_SEVERAL) { /* whose the one is that reads alike, the target must say */
        return true;
    }
    if (!row->counts) {
        asked_not_found(loader, row);
    } else if (many->witness && many->entries < CUT_LEAST) {
        asked_conclude(loader, row, TOLD_ABSENT, (struct text){NULL, 0});
    } else if (many->found > 0) { /* those that were found are not asked for again, so the next answer shows fewer */
        asked_put_back(loader, row);
    } else {
        return true;
    }
    return false;
}

static void many_done(struct client_call *call, const struct answer *answer)
{
    struct lookup *lookup = call->user;
    struct loader *loader = lookup->loader;
    enum target_told told[LOOKUP_ROWS] = {TOLD_FOUND};
    arena_reset(&lookup->arena, 1 << 16);
    loader_reached(loader);
    if (answer->absent) {
        unsubscribed(&loader->no_many, loader->form->find_many);
        ask_one(lookup);
        return;
    }
    struct many many = read_many(lookup, answer, told);
    /* Refused, or other records than were asked for. */
    loader->no_many =
        loader->no_many || answer->class == REPLY_REJECT || (many.entries > 0 && many.found == 0 && !many.witness);
    if (lookup->witness.size > 0 && !many.witness && answer->class == REPLY_DONE) {
        loader->witness.size = 0; /* it may be gone: another will be known */
    }
    if (loader->no_many) {
        ask_one(lookup);
        return;
    }
    size_t count = lookup->count, left = 0;
    /* An answer that shows nothing at all may be that of a call which takes no numbers: one row tells. */
    lookup->sample = many.found == 0 && !many.witness && count > 0;
    for (size_t i = 0; i < count; i++) {
        struct row *row = lookup->rows[i];
        if ((lookup->sample && left == 0) || left_out(lookup, row, told[i], &many)) {
            lookup->rows[left++] = row;
        }
    }
    lookup->count = left;
    lookup->sample = lookup->sample && left == 1;
    ask_one(lookup);
}

static void ask_many(struct lookup *lookup)
{
    struct loader *loader = lookup->loader;
    struct text numbers[LOOKUP_ROWS];
    bool sure = false;
    for (size_t i = 0; i < lookup->count; i++) {
        sure = sure || lookup->rows[i]->counts;
    }
    lookup->witness = loader->witness;
    if (!sure || loop_before(loop_now(loader->stage.loop), lookup->witness.since)) {
        lookup->witness.size = 0;
    }
    if (lookup->witness.size > 0 && lookup->count == LOOKUP_ROWS) {
        asked_put_back(loader, lookup->rows[--lookup->count]);
    }
    size_t count = lookup->count;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = lookup->rows[i]->asked_as;
    }
    if (lookup->witness.size > 0) {
        numbers[count++] = (struct text){lookup->witness.number, lookup->witness.size};
    }
    target_call_clear(&lookup->call.wire, BODY_MAX, KEPT);
    loader->driver->find_many_call(&lookup->call.wire, loader->form, numbers, count);
    ask(lookup, loader->form->find_many, many_done);
}

/* ---- rows that are to be asked for ---- */

static struct lookup *take(struct loader *loader)
{
    for (struct lookup *lookup = loader->lookups; lookup; lookup = lookup->next) {
        if (!lookup->busy) {
            return lookup;
        }
    }
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup) {
        lookup->loader = loader;
        arena_init(&lookup->arena, ANSWER_ARENA_MAX);
        lookup->next = loader->lookups;
        loader->lookups = lookup;
    }
    return lookup;
}

static void gather(struct lookup *lookup, size_t most)
{
    struct loader *loader = lookup->loader;
    lookup->busy = true;
    lookup->at = lookup->count = 0;
    loader->lookup_count++;
    while (lookup->count < most && loader->asked.first) {
        lookup->rows[lookup->count++] = asked_next(loader);
    }
}

/* The target is away: one look-up tries it, the others wait with their rows. */
static void hold_others(struct loader *loader)
{
    const struct lookup *kept = NULL;
    for (struct lookup *lookup = loader->lookups; lookup; lookup = lookup->next) {
        if (!lookup->busy) {
            continue;
        }
        if (!kept) {
            kept = lookup;
        } else if (!lookup->searching && client_withdraw(loader->client, &lookup->call)) {
            give_back(lookup);
        }
    }
}

void lookup_run(struct loader *loader)
{
    bool away = loader_away(loader);
    if (away && loader->lookup_count > 1) {
        hold_others(loader);
    }
    int64_t early = loop_since(loop_after(loader->asked_since, GATHER), loop_now(loader->stage.loop));
    if (loader->asked.first && early > 0) {
        loader_pump_after(loader, early);
        return;
    }
    if (reads_whole(loader)) {
        roll_run(loader);
        return;
    }
    bool many = !loader->no_many && loader->form->find_many.size > 0;
    while (loader->lookup_count < (away ? 1 : LOOKUPS_MOST) && loader->asked.first && !loader->stopped) {
        struct lookup *lookup = take(loader);
        if (!lookup) {
            loader_pump_after(loader, GATHER);
            return;
        }
        gather(lookup, many ? LOOKUP_ROWS : SINGLE_ROWS);
        (lookup->count > 1 && many ? ask_many : ask_one)(lookup);
    }
}

void lookup_touch(struct loader *loader)
{
    for (const struct row *row = loader->asked.first; row; row = row->next) {
        batch_touch(row);
    }
    for (const struct lookup *lookup = loader->lookups; lookup; lookup = lookup->next) {
        for (size_t i = lookup->at; i < lookup->count; i++) {
            batch_touch(lookup->rows[i]);
        }
    }
    roll_touch(loader);
}

void lookup_free_all(struct loader *loader)
{
    while (loader->lookups) {
        struct lookup *next = loader->lookups->next;
        target_call_fini(&loader->lookups->call.wire);
        arena_fini(&loader->lookups->arena);
        search_fini(&loader->lookups->search);
        free(loader->lookups);
        loader->lookups = next;
    }
    roll_free(loader);
}
