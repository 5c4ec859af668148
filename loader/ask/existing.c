#include "loader/ask/existing.h"

#include <stdlib.h>

#include "common/base/container.h"
#include "common/ledger/alike.h"
#include "common/ledger/existing.h"
#include "common/log/log.h"
#include "loader/ask/reading.h"

enum {
    LEASE = 5000,     /* ms of the right to read: who dies at it keeps nobody waiting for long */
    KEEP = 1000,      /* ms between renewals of it, while a page is asked for */
    LOOK_AGAIN = 500, /* ms while another loader reads */
};

struct existing {
    struct loader *loader;
    void (*done)(struct loader *loader);
    struct reading reading; /* of the list of materials */
    struct loop_timer again, keep;
    bool going;   /* and not done */
    bool waiting; /* for another loader; said once */
    int64_t run;  /* whose batch asked for it, or 0 */
    /* the store's thread works on these during a job */
    struct store_job job, keep_job;
    bool keeping;
    enum existing_state state;
    struct arena arena;
    struct existing_material *entries;
    size_t count;
    bool last; /* all is read, and proven to be all */
};

static void claim(struct existing *existing);

static void give_up(struct existing *existing, int error, const char *what, struct text why)
{
    struct cause cause;
    cause_set(&cause, error, "target: what stands there can't be read whole, so nothing is created: its list: %s%.*s",
              what, TEXT_ARG(why));
    loader_fatal(existing->loader, &cause, EXIT_REFUSED);
}

static void finished(struct existing *existing)
{
    if (existing->reading.pass.calls > 0) {
        log_event(EVENT_BOOK_READ, "what stands in the target is known", "records",
                  LOG_INT(existing->reading.pass.seen.count), (const char *)NULL);
    }
    existing->going = false;
    existing->done(existing->loader);
}

static struct existing_reading right_to_read(const struct existing *existing)
{
    const struct loader *loader = existing->loader;
    return (struct existing_reading){
        .account = loader->account,
        .scheme = loader->stage.scheme->name,
        .owner = text_of(loader->stage.owner),
        .lease = LEASE,
        .settle = loader->times.send + loader->times.late + loader->times.visible,
    };
}

static int put_work(struct store *store, struct store_job *job)
{
    struct existing *existing = CONTAINER_OF(job, struct existing, job);
    const struct existing_reading right = right_to_read(existing);
    int error = existing_claim(store, &right, &existing->state);
    if (error || existing->state == EXISTING_READ) {
        return error;
    }
    error = existing_put(store, &right, existing->entries, existing->count);
    return error || !existing->last ? error : existing_finish(store, &right);
}

static void keep_soon(struct existing *existing)
{
    loop_set_after(existing->loader->stage.loop, &existing->keep, KEEP);
}

static void put_done(struct store_job *job, int error)
{
    struct existing *existing = CONTAINER_OF(job, struct existing, job);
    if (!loader_done(existing->loader) || existing->loader->draining) {
        return;
    }
    if (error == ERR_BUSY || error == ERR_STALE) { /* another took over the reading */
        claim(existing);
    } else if (error) {
        give_up(existing, error, "the store says ", text_of(store_why(existing->loader->stage.store)));
    } else if (existing->last || existing->state == EXISTING_READ) {
        finished(existing);
    } else {
        reading_next(&existing->reading);
        keep_soon(existing);
    }
}

static int add(struct existing *existing, struct text number, struct text id)
{
    struct existing_material *copy = &existing->entries[existing->count++];
    copy->number = arena_text(&existing->arena, number);
    copy->target_id = id.size > 0 ? arena_text(&existing->arena, id) : TEXT("");
    return copy->number.data && copy->target_id.data ? 0 : ERR_MEMORY;
}

/* The entries that can clash, copied: the answer's texts end with its call. Those that fold to another number are found by that
 * too, and once a mark says that there are such. */
static int take_page(struct existing *existing, const struct target_page *page)
{
    existing->count = 0;
    existing->entries = arena_take(&existing->arena, (2 * page->count + 1) * sizeof *existing->entries);
    int error = existing->entries ? 0 : ERR_MEMORY;
    bool marked = false;
    for (size_t i = 0; !error && i < page->count; i++) {
        const struct target_entry *entry = &page->entries[i];
        struct text alike;
        if (!text_is_utf8(entry->number)) {
            return ERR_SYNTAX; /* bytes that mean no number: nobody can say which records may be created */
        }
        if (entry->number.size == 0 || entry->number.size > KEY_MAX) {
            continue;
        }
        error = add(existing, entry->number, entry->id);
        error = error ? error : alike_of_existing(&existing->arena, entry->number, &alike);
        if (!error && alike.size > 0) {
            error = add(existing, alike, entry->id);
            marked = true;
        }
    }
    return error || !marked ? error : add(existing, TEXT(ALIKE_EXISTING), TEXT(""));
}

static struct existing *existing_of(struct reading *reading)
{
    return CONTAINER_OF(reading, struct existing, reading);
}

static void unread(struct reading *reading, int error, const char *what, struct text why)
{
    struct existing *existing = existing_of(reading);
    if (error != ERR_NOT_FOUND) {
        give_up(existing, error, what, why);
        return;
    }
    /* Nothing tells what stands there but a look-up of each number before it is created. */
    if (!existing->loader->ask_first) {
        log_event(
            EVENT_BOOK_UNLISTED,
            "this account has no call that lists what stands in the target, so each number is looked up before it is "
            "created; subscribe to the call in the Kingdee open platform to make it quicker",
            "call", LOG_TEXT(why), (const char *)NULL);
    }
    existing->loader->ask_first = true;
    finished(existing);
}

static void page_came(struct reading *reading, const struct target_page *page, bool last)
{
    struct existing *existing = existing_of(reading);
    arena_reset(&existing->arena, 1 << 20);
    int error = take_page(existing, page);
    if (error == ERR_SYNTAX) {
        give_up(
            existing, error, "",
            TEXT("a number in it is no UTF-8: the target sends another charset than its replies' Content-Type names; "
                 "ask its support, or see what stands between"));
        return;
    }
    if (error) {
        give_up(existing, error, "", text_of(error_text(error)));
        return;
    }
    existing->last = last;
    existing->job.work = put_work;
    existing->job.done = put_done;
    existing->job.alone = false;
    loader_submit(existing->loader, &existing->job);
}

static int keep_work(struct store *store, struct store_job *job)
{
    struct existing *existing = CONTAINER_OF(job, struct existing, keep_job);
    const struct existing_reading right = right_to_read(existing);
    enum existing_state state;
    return existing_claim(store, &right, &state);
}

static void kept(struct store_job *job, int error)
{
    (void)error; /* taken by another: seen when the page is put */
    struct existing *existing = CONTAINER_OF(job, struct existing, keep_job);
    existing->keeping = false;
    if (loader_done(existing->loader)) {
        loader_pump(existing->loader);
    }
}

static void keep(void *user)
{
    struct existing *existing = user;
    struct loader *loader = existing->loader;
    if (loader->stopped || loader->draining || !existing->reading.asking) {
        return;
    }
    if (!existing->keeping) {
        existing->keeping = true;
        existing->keep_job.work = keep_work;
        existing->keep_job.done = kept;
        loader_submit(loader, &existing->keep_job);
    }
    keep_soon(existing);
}

static int claim_work(struct store *store, struct store_job *job)
{
    struct existing *existing = CONTAINER_OF(job, struct existing, job);
    struct existing_reading right = right_to_read(existing);
    const struct ledger_times *times = &existing->loader->times;
    right.run = existing->run;
    int error = store_claim_note(store, times->send + times->late + times->visible);
    return error ? error : existing_claim(store, &right, &existing->state);
}

static void look_again(void *user)
{
    claim(user);
}

static void claim_done(struct store_job *job, int error)
{
    struct existing *existing = CONTAINER_OF(job, struct existing, job);
    struct loader *loader = existing->loader;
    if (!loader_done(loader) || loader->draining) {
        return;
    }
    if (error == ERR_BUSY) {
        if (!existing->waiting) {
            log_line(EVENT_BOOK_WAITS, "another loader reads what stands in the target");
        }
        existing->waiting = true;
        loop_set_after(loader->stage.loop, &existing->again, LOOK_AGAIN);
    } else if (error) {
        give_up(existing, error, "the store says ", text_of(store_why(loader->stage.store)));
    } else if (existing->state == EXISTING_READ) {
        finished(existing);
    } else {
        log_line(EVENT_BOOK_READS, "reading what stands in the target");
        reading_start(&existing->reading, loader->form->list.path.data, false);
        keep_soon(existing);
    }
}

static void claim(struct existing *existing)
{
    existing->going = true;
    existing->reading.pass.calls = 0;
    existing->job.work = claim_work;
    existing->job.done = claim_done;
    existing->job.alone = true;
    loader_submit(existing->loader, &existing->job);
}

int existing_start(struct loader *loader, void (*done)(struct loader *loader))
{
    if (loader_mute(loader)) { /* nothing can be read, so each create goes out without having been looked for */
        loader->ask_first = true;
        done(loader);
        return 0;
    }
    struct existing *existing = calloc(1, sizeof *existing);
    if (!existing) {
        return ERR_MEMORY;
    }
    existing->loader = loader;
    existing->done = done;
    existing->job.order = existing->keep_job.order = STORE_READING;
    existing->again = (struct loop_timer){.fn = look_again, .user = existing};
    existing->keep = (struct loop_timer){.fn = keep, .user = existing};
    reading_init(&existing->reading, loader);
    existing->reading.page = page_came;
    existing->reading.failed = unread;
    arena_init(&existing->arena, ANSWER_ARENA_MAX);
    loader->existing = existing;
    claim(existing);
    return 0;
}

void existing_again(struct loader *loader, int64_t run)
{
    struct existing *existing = loader->existing;
    if (!existing->going && !loader->draining) {
        existing->run = run;
        existing->done = loader_pump;
        existing->waiting = false;
        claim(existing);
    }
}

void existing_free(struct loader *loader)
{
    struct existing *existing = loader->existing;
    loader->existing = NULL;
    if (existing) {
        reading_fini(&existing->reading);
        arena_fini(&existing->arena);
        free(existing);
    }
}
