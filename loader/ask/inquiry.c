#include "loader/ask/inquiry.h"

#include <stdlib.h>

#include "common/base/container.h"
#include "common/ledger/names.h"
#include "common/log/log.h"
#include "loader/ask/lookup.h"

enum { NUMBERS_MAX = 2000, MEMORY = 16 << 20, BODY_MAX = 1 << 18, KEPT = 1 << 16 };

struct number { /* that is asked for */
    struct text number, id;
    int64_t record;
    enum target_told told;
    bool asked;
};

struct inquiry {
    struct loader *loader;
    const struct target_form *form;
    void (*told)(struct loader *loader);
    bool busy, answered;
    bool more;                 /* some were asked for meanwhile: their pages must ask again */
    bool no_many, no_one;      /* the account has no such call, or it takes no numbers */
    bool shown;                /* a call for several has found one */
    enum search_trust trust;   /* does the list find numbers? */
    struct ledger_names names; /* number → its place */
    struct number *numbers;
    size_t count;
    size_t many, at;     /* those before were asked for: several at once; alone */
    size_t from;         /* the first of the call under way */
    struct arena arena;  /* of the numbers */
    struct arena answer; /* of one answer */
    struct client_call call;
    struct search search;
    struct reading reading;
    struct store_job job;
    struct sibling_id *ids;
    size_t id_count;
};

static void go_on(struct inquiry *inquiry);

/* ---- the end of a round ---- */

static void forget(struct inquiry *inquiry)
{
    inquiry->count = inquiry->many = inquiry->at = inquiry->id_count = 0;
    inquiry->numbers = NULL;
    inquiry->answered = false;
    arena_reset(&inquiry->arena, KEPT);
}

static int note_work(struct store *store, struct store_job *job)
{
    const struct inquiry *inquiry = CONTAINER_OF(job, struct inquiry, job);
    return siblings_note(store, inquiry->ids, inquiry->id_count);
}

static void over(struct inquiry *inquiry)
{
    inquiry->answered = true;
    inquiry->told(inquiry->loader);
    inquiry->busy = false;
    forget(inquiry);
    if (inquiry->more) {
        inquiry->more = false;
        inquiry->told(inquiry->loader);
    }
    loader_pump(inquiry->loader);
}

/* What was found holds whether or not it could be noted. */
static void note_done(struct store_job *job, int error)
{
    struct inquiry *inquiry = CONTAINER_OF(job, struct inquiry, job);
    (void)error;
    if (loader_done(inquiry->loader)) {
        over(inquiry);
    }
}

static void finish(struct inquiry *inquiry)
{
    inquiry->ids = arena_take(&inquiry->arena, inquiry->count * sizeof *inquiry->ids);
    for (size_t i = 0; inquiry->ids && i < inquiry->count; i++) {
        const struct number *one = &inquiry->numbers[i];
        if (one->told == TOLD_FOUND) {
            inquiry->ids[inquiry->id_count++] = (struct sibling_id){one->record, one->number, one->id};
        }
    }
    log_event(EVENT_LOOKUP_IDS, "ids of another scheme's records were asked for", "api", LOG_TEXT(inquiry->form->save),
              "asked", LOG_INT((int64_t)inquiry->count), "found", LOG_INT((int64_t)inquiry->id_count),
              (const char *)NULL);
    if (inquiry->id_count == 0) {
        over(inquiry);
        return;
    }
    inquiry->job.work = note_work;
    inquiry->job.done = note_done;
    loader_submit(inquiry->loader, &inquiry->job);
}

/* ---- answers ---- */

static void conclude(struct inquiry *inquiry, struct number *one, enum target_told told, struct text id)
{
    one->told = told == TOLD_ALIKE || told == TOLD_SEVERAL ? TOLD_ABSENT : told;
    one->asked = true;
    if (told == TOLD_FOUND) {
        one->id = arena_text(&inquiry->arena, id);
        one->told = one->id.data ? TOLD_FOUND : TOLD_NOTHING;
    }
}

static bool is_left(const struct number *one)
{
    return !one->asked;
}

static void many_done(struct client_call *call, const struct answer *answer)
{
    struct inquiry *inquiry = call->user;
    inquiry->no_many = inquiry->no_many || answer->absent || answer->class != REPLY_DONE;
    for (size_t i = inquiry->from; i < inquiry->many && !inquiry->no_many; i++) {
        struct text id = {NULL, 0};
        struct number *one = &inquiry->numbers[i];
        arena_reset(&inquiry->answer, KEPT);
        if (inquiry->loader->driver->find_read(&inquiry->answer, inquiry->form, answer, one->number, &id, NULL) ==
            TOLD_FOUND) {
            conclude(inquiry, one, TOLD_FOUND, id);
            inquiry->shown = true;
        }
    }
    go_on(inquiry);
}

static void one_done(struct client_call *call, const struct answer *answer)
{
    struct inquiry *inquiry = call->user;
    if (answer->absent) {
        inquiry->no_one = true;
        go_on(inquiry);
        return;
    }
    struct text id = {NULL, 0};
    struct number *one = &inquiry->numbers[inquiry->at++];
    arena_reset(&inquiry->answer, KEPT);
    conclude(inquiry, one,
             inquiry->loader->driver->find_read(&inquiry->answer, inquiry->form, answer, one->number, &id, NULL), id);
    inquiry->no_many = inquiry->no_many || (one->told == TOLD_FOUND && !inquiry->shown);
    go_on(inquiry);
}

static void searched(struct search *search, enum target_told told, struct text id, const struct answer *answer)
{
    struct inquiry *inquiry = search->user;
    (void)answer;
    conclude(inquiry, &inquiry->numbers[inquiry->at++], told, id);
    go_on(inquiry);
}

/* ---- the whole list ---- */

static void page_came(struct reading *reading, const struct target_page *page, bool last)
{
    struct inquiry *inquiry = CONTAINER_OF(reading, struct inquiry, reading);
    for (size_t i = 0; i < page->count; i++) {
        size_t at = ledger_names_find(&inquiry->names, page->entries[i].number);
        if (at != SIZE_MAX) {
            conclude(inquiry, &inquiry->numbers[at], TOLD_FOUND, page->entries[i].id);
        }
    }
    if (!last) {
        reading_next(reading);
        return;
    }
    for (size_t i = inquiry->at; i < inquiry->count; i++) {
        if (is_left(&inquiry->numbers[i])) {
            conclude(inquiry, &inquiry->numbers[i], TOLD_ABSENT, (struct text){NULL, 0});
        }
    }
    inquiry->at = inquiry->count;
    finish(inquiry);
}

static void unread(struct reading *reading, int error, const char *what, struct text why)
{
    struct inquiry *inquiry = CONTAINER_OF(reading, struct inquiry, reading);
    (void)error;
    log_event(EVENT_LOOKUP_LIST_UNREAD, "the target's list can't be read whole: numbers stay unknown", "what",
              LOG_TEXT(text_of(what)), "why", LOG_TEXT(why), (const char *)NULL);
    finish(inquiry);
}

/* ---- asking ---- */

static void start(struct inquiry *inquiry, struct text path,
                  void (*done)(struct client_call *call, const struct answer *answer))
{
    inquiry->call.path = path.data;
    inquiry->call.done = done;
    inquiry->call.user = inquiry;
    inquiry->call.optional = true;
    client_start(inquiry->loader->client, &inquiry->call);
}

static void ask_many(struct inquiry *inquiry)
{
    struct text numbers[LOOKUP_ROWS];
    size_t count = 0;
    inquiry->from = inquiry->many;
    for (; inquiry->many < inquiry->count && count < LOOKUP_ROWS; inquiry->many++) {
        numbers[count++] = inquiry->numbers[inquiry->many].number;
    }
    target_call_clear(&inquiry->call.wire, BODY_MAX, KEPT);
    inquiry->loader->driver->find_many_call(&inquiry->call.wire, inquiry->form, numbers, count);
    start(inquiry, inquiry->form->find_many, many_done);
}

static void ask_list(struct inquiry *inquiry, struct text number)
{
    struct search *search = &inquiry->search;
    search->client = inquiry->loader->client;
    search->driver = inquiry->loader->driver;
    search->form = inquiry->form;
    search->trust = &inquiry->trust;
    search->done = searched;
    search->user = inquiry;
    search_start(search, number);
}

/* The next number that has no answer, in the best way that is left. */
static void go_on(struct inquiry *inquiry)
{
    const struct target_form *form = inquiry->form;
    if (!inquiry->no_many && form->find_many.size > 0 && inquiry->many < inquiry->count) {
        ask_many(inquiry);
        return;
    }
    while (inquiry->at < inquiry->count && !is_left(&inquiry->numbers[inquiry->at])) {
        inquiry->at++;
    }
    if (inquiry->at == inquiry->count) {
        finish(inquiry);
        return;
    }
    struct text number = inquiry->numbers[inquiry->at].number;
    if (!inquiry->no_one && form->find_one.size > 0) {
        target_call_clear(&inquiry->call.wire, BODY_MAX, KEPT);
        inquiry->loader->driver->find_one_call(&inquiry->call.wire, form, number);
        start(inquiry, form->find_one, one_done);
    } else if (form->list.search.size > 0 && inquiry->trust != SEARCH_FAILS) {
        ask_list(inquiry, number);
    } else {
        reading_start(&inquiry->reading, form->list.path.data, false);
    }
}

void inquiry_run(struct inquiry *inquiry)
{
    if (inquiry->count > 0 && !inquiry->busy && !inquiry->loader->draining && !inquiry->loader->stopped) {
        inquiry->busy = true;
        go_on(inquiry);
    }
}

static int add(struct inquiry *inquiry, const struct sibling *sibling)
{
    if (inquiry->busy || inquiry->count == NUMBERS_MAX) {
        inquiry->more = true;
        return ERR_BUSY;
    }
    if (!inquiry->numbers) {
        inquiry->numbers = arena_take(&inquiry->arena, NUMBERS_MAX * sizeof *inquiry->numbers);
        if (!inquiry->numbers || ledger_names_init(&inquiry->names, &inquiry->arena, NUMBERS_MAX)) {
            inquiry->numbers = NULL;
            return ERR_MEMORY;
        }
    }
    struct text number = arena_text(&inquiry->arena, sibling->number);
    if (!number.data) {
        return ERR_MEMORY;
    }
    (void)ledger_names_add(&inquiry->names, number, inquiry->count);
    inquiry->numbers[inquiry->count++] =
        (struct number){.number = number, .record = sibling->record, .told = TOLD_NOTHING};
    loader_pump(inquiry->loader);
    return ERR_BUSY;
}

int inquiry_ask(struct inquiry *inquiry, const struct sibling *sibling, enum target_told *told, struct text *id)
{
    size_t at = inquiry->numbers ? ledger_names_find(&inquiry->names, sibling->number) : SIZE_MAX;
    if (at == SIZE_MAX) {
        return add(inquiry, sibling);
    }
    if (!inquiry->answered) {
        return ERR_BUSY;
    }
    *told = inquiry->numbers[at].told;
    *id = inquiry->numbers[at].id;
    return 0;
}

struct inquiry *inquiry_new(struct loader *loader, const struct target_form *form, void (*told)(struct loader *loader))
{
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    if (inquiry) {
        inquiry->loader = loader;
        inquiry->form = form;
        inquiry->told = told;
        arena_init(&inquiry->arena, MEMORY);
        arena_init(&inquiry->answer, ANSWER_ARENA_MAX);
        reading_init(&inquiry->reading, loader);
        inquiry->reading.form = form;
        inquiry->reading.page = page_came;
        inquiry->reading.failed = unread;
    }
    return inquiry;
}

void inquiry_free(struct inquiry **inquiry)
{
    if (*inquiry) {
        reading_fini(&(*inquiry)->reading);
        search_fini(&(*inquiry)->search);
        target_call_fini(&(*inquiry)->call.wire);
        arena_fini(&(*inquiry)->answer);
        arena_fini(&(*inquiry)->arena);
        free(*inquiry);
        *inquiry = NULL;
    }
}
