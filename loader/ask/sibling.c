#include "loader/ask/sibling.h"

#include <string.h>

#include "common/base/container.h"
#include "common/ledger/names.h"
#include "loader/batch.h"

enum { ROOM = 256, QUESTIONS_MAX = 1 << 17 /* of a page */ };

struct question_of {  /* a page */
    struct text word; /* LOOKUP, NUL, KEY */
    const struct sibling_ask *ask;
    bool final; /* the target was asked, or need not be */
    bool shown; /* final: there is an id */
};

struct siblings { /* in the page's notes; the store's thread works on `items` while the page is `beginning` */
    struct store_job job;
    struct batch *batch;
    void (*then)(struct batch *batch);
    struct ledger_names names; /* word → its place */
    struct question_of *questions;
    struct sibling *items;
    size_t count, room, answered; /* the first `answered` of them */
};

static int make_room(struct siblings *siblings)
{
    struct arena *arena = &siblings->batch->notes;
    size_t room = siblings->room > 0 ? 2 * siblings->room : ROOM;
    struct sibling *items = arena_take(arena, room * sizeof *items);
    struct question_of *questions = arena_take(arena, room * sizeof *questions);
    if (room > QUESTIONS_MAX || !items || !questions || ledger_names_init(&siblings->names, arena, room)) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < siblings->count; i++) {
        items[i] = siblings->items[i];
        questions[i] = siblings->questions[i];
        (void)ledger_names_add(&siblings->names, questions[i].word, i);
    }
    siblings->items = items;
    siblings->questions = questions;
    siblings->room = room;
    return 0;
}

static struct siblings *siblings_of(struct batch *batch)
{
    if (!batch->siblings) {
        struct siblings *siblings = arena_take(&batch->notes, sizeof *siblings);
        if (!siblings) {
            return NULL;
        }
        *siblings = (struct siblings){.batch = batch};
        if (make_room(siblings)) {
            return NULL;
        }
        batch->siblings = siblings;
    }
    return batch->siblings;
}

static int note(struct siblings *siblings, const struct sibling_ask *ask, struct text word)
{
    size_t head = ask->lookup->name.size + 1;
    if (siblings->count == siblings->room && make_room(siblings)) {
        return ERR_MEMORY;
    }
    siblings->questions[siblings->count] = (struct question_of){.word = word, .ask = ask};
    siblings->items[siblings->count] = (struct sibling){
        .account = ask->account, .scheme = ask->lookup->scheme, .key = {word.data + head, word.size - head}};
    (void)ledger_names_add(&siblings->names, word, siblings->count++);
    return ERR_BUSY;
}

/* The ledger has the record under an id that no reply told. */
static int ask_target(struct siblings *siblings, size_t at)
{
    struct question_of *question = &siblings->questions[at];
    struct sibling *item = &siblings->items[at];
    enum target_told told;
    struct text id;
    int error = inquiry_ask(question->ask->inquiry, item, &told, &id);
    if (error) {
        return error;
    }
    question->final = true;
    if (told == TOLD_FOUND) {
        item->id = arena_text(&siblings->batch->notes, id);
        question->shown = item->id.data != NULL;
    }
    return 0;
}

static int answer(struct siblings *siblings, size_t at, struct text *id)
{
    const struct question_of *question = &siblings->questions[at];
    const struct sibling *item = &siblings->items[at];
    if (item->state == SIBLING_ABSENT || item->state == SIBLING_TWICE) {
        return item->state == SIBLING_TWICE ? ERR_REFUSED : ERR_NOT_FOUND;
    }
    if (item->state == SIBLING_HELD) {
        int error = question->final ? 0 : ask_target(siblings, at);
        if (error || !question->shown) {
            return error ? error : ERR_TIMEOUT;
        }
    }
    *id = item->id;
    return 0;
}

int sibling_answer(struct batch *batch, const struct sibling_ask *ask, struct text key, struct text *id)
{
    struct siblings *siblings = siblings_of(batch);
    struct text name = ask->lookup->name;
    char *word = siblings ? arena_take(&batch->notes, name.size + 1 + key.size) : NULL;
    if (!word) {
        return ERR_MEMORY;
    }
    memcpy(word, name.data, name.size);
    word[name.size] = '\0';
    if (key.size > 0) {
        memcpy(word + name.size + 1, key.data, key.size);
    }
    struct text whole = {word, name.size + 1 + key.size};
    size_t at = ledger_names_find(&siblings->names, whole);
    if (at == SIZE_MAX) {
        return note(siblings, ask, whole);
    }
    return at < siblings->answered ? answer(siblings, at, id) : ERR_BUSY;
}

static int ask_work(struct store *store, struct store_job *job)
{
    struct siblings *siblings = CONTAINER_OF(job, struct siblings, job);
    struct batch *batch = siblings->batch;
    return siblings_find(store, batch->page.run, siblings->items + siblings->answered,
                         siblings->count - siblings->answered, &batch->arena);
}

static void ask_done(struct store_job *job, int error)
{
    struct siblings *siblings = CONTAINER_OF(job, struct siblings, job);
    struct batch *batch = siblings->batch;
    struct loader *loader = batch->loader;
    if (!loader_done(loader)) {
        return;
    }
    batch->beginning = false;
    if (error == ERR_BUSY) {
        siblings_ask(batch, siblings->then);
        return;
    }
    if (error) {
        struct cause cause;
        cause_set(&cause, error, "store: look-ups in other ledgers can't be answered: %s: %s", error_text(error),
                  store_why(loader->stage.store));
        loader_fatal(loader, &cause, EXIT_REFUSED);
        return;
    }
    siblings->answered = siblings->count;
    siblings->then(batch);
    loader_pump(loader);
}

bool siblings_ask(struct batch *batch, void (*then)(struct batch *batch))
{
    struct siblings *siblings = batch->siblings;
    if (!siblings || siblings->count == siblings->answered) {
        return false;
    }
    siblings->then = then;
    siblings->job.work = ask_work;
    siblings->job.done = ask_done;
    batch->beginning = true;
    loader_submit(batch->loader, &siblings->job);
    return true;
}
