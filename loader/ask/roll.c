#include "loader/ask/roll.h"

#include <stdlib.h>

#include "common/base/container.h"
#include "common/ledger/spelling.h"
#include "common/log/log.h"
#include "loader/ask/asked.h"
#include "loader/ask/reading.h"
#include "loader/batch.h"
#include "loader/step.h"

struct called { /* a row, and what was seen of its number */
    struct row *row;
    uint64_t hash;               /* of the number, spelled alike */
    enum target_told told, step; /* step: for a row that asks for one, what the record shows */
    struct text id;
};

struct roll {
    struct loader *loader;
    struct reading reading;
    bool busy;
    struct called *called; /* by hash */
    size_t count, room;
};

static int by_hash(const void *a, const void *b)
{
    const struct called *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

static void finish(struct roll *roll)
{
    size_t count = roll->count;
    roll->count = 0;
    roll->busy = false;
    roll->loader->lookup_count--;
    for (size_t i = 0; i < count; i++) {
        struct called *called = &roll->called[i];
        if (step_asks(called->row) && (called->told == TOLD_FOUND || called->told == TOLD_ALIKE)) {
            called->told = called->step;
        }
        if (called->told == TOLD_ABSENT) {
            asked_absent(roll->loader, called->row); /* under any spelling */
        } else {
            asked_conclude(roll->loader, called->row, called->told, called->id);
        }
    }
    loader_pump(roll->loader);
}

/* The same number counts before one that only reads alike; two that read alike tell nothing. */
static void note(struct called *called, const struct target_entry *entry)
{
    struct text number = row_known_number(called->row);
    if (text_equal(entry->number, number)) {
        called->told = TOLD_FOUND;
    } else if (called->told == TOLD_FOUND || !spelling_alike(entry->number, number)) {
        return;
    } else if (called->told == TOLD_ALIKE) {
        called->told = text_equal(called->id, entry->id) ? TOLD_ALIKE : TOLD_NOTHING;
    } else if (called->told == TOLD_ABSENT) {
        called->told = TOLD_ALIKE;
    }
    called->id = batch_keep(called->row, entry->id);
    called->step = step_asks(called->row) ? step_told(called->row, TOLD_FOUND, entry->id, entry->record) : TOLD_NOTHING;
}

static struct called *first_of(const struct roll *roll, uint64_t hash)
{
    const struct called key = {.hash = hash};
    struct called *at = bsearch(&key, roll->called, roll->count, sizeof key, by_hash);
    while (at && at > roll->called && at[-1].hash == hash) {
        at--;
    }
    return at;
}

static void page_came(struct reading *reading, const struct target_page *page, bool last)
{
    struct roll *roll = CONTAINER_OF(reading, struct roll, reading);
    loader_reached(roll->loader);
    for (size_t i = 0; i < page->count; i++) {
        const struct target_entry *entry = &page->entries[i];
        uint64_t hash = spelling_hash(entry->number);
        struct called *called = first_of(roll, hash);
        for (; called && called < roll->called + roll->count && called->hash == hash; called++) {
            note(called, entry);
        }
    }
    if (last) {
        finish(roll);
    } else {
        reading_next(reading);
    }
}

/* What was found is found; of the others nothing is known. */
static void failed(struct reading *reading, int error, const char *what, struct text why)
{
    struct roll *roll = CONTAINER_OF(reading, struct roll, reading);
    (void)error;
    log_event(EVENT_LOOKUP_LIST_UNREAD, "the target's list can't be read whole: numbers stay unknown", "what",
              LOG_TEXT(text_of(what)), "why", LOG_TEXT(why), (const char *)NULL);
    for (size_t i = 0; i < roll->count; i++) {
        roll->called[i].told = roll->called[i].told == TOLD_ABSENT ? TOLD_NOTHING : roll->called[i].told;
    }
    finish(roll);
}

static struct roll *roll_of(struct loader *loader)
{
    if (!loader->roll) {
        loader->roll = calloc(1, sizeof *loader->roll);
        if (loader->roll) {
            loader->roll->loader = loader;
            reading_init(&loader->roll->reading, loader);
            loader->roll->reading.page = page_came;
            loader->roll->reading.failed = failed;
        }
    }
    return loader->roll;
}

static bool has_room(struct roll *roll, size_t count)
{
    if (count > roll->room) {
        struct called *larger = realloc(roll->called, count * sizeof *larger);
        if (!larger) {
            return false;
        }
        roll->called = larger;
        roll->room = count;
    }
    return true;
}

void roll_run(struct loader *loader)
{
    enum { AGAIN = 1000 /* ms */ };
    struct roll *roll = roll_of(loader);
    if ((roll && roll->busy) || !loader->asked.first || loader->stopped) {
        return;
    }
    if (!roll || !has_room(roll, loader->asked.count)) {
        loader_pump_after(loader, AGAIN);
        return;
    }
    while (loader->asked.first) {
        struct row *row = asked_next(loader);
        roll->called[roll->count++] = (struct called){row, spelling_hash(row_known_number(row)), TOLD_ABSENT,
                                                      TOLD_NOTHING, (struct text){NULL, 0}};
    }
    qsort(roll->called, roll->count, sizeof *roll->called, by_hash);
    roll->busy = true;
    loader->lookup_count++;
    reading_start(&roll->reading, loader->form->list.path.data, false);
}

void roll_touch(struct loader *loader)
{
    for (size_t i = 0; loader->roll && i < loader->roll->count; i++) {
        batch_touch(loader->roll->called[i].row);
    }
}

void roll_free(struct loader *loader)
{
    if (loader->roll) {
        reading_fini(&loader->roll->reading);
        free(loader->roll->called);
        free(loader->roll);
        loader->roll = NULL;
    }
}
