#include "loader/reading.h"

#include <stdlib.h>

#include "common/book.h"
#include "common/log.h"

enum {
    PAGE_SIZE = 100,
    PAGES_MAX = 100000, /* a book that never ends */
    LEASE = 5000,       /* ms of the right to read: who dies at it keeps nobody waiting for long */
    KEEP = 1000,        /* ms between renewals of it, while a page is asked for */
    LOOK_AGAIN = 500,   /* ms while another loader reads */
};

struct reading {
    struct loader *loader;
    void (*done)(struct loader *loader);
    int64_t no, materials;
    struct xingchen_call call;
    struct loop_timer again, keep;
    bool waiting; /* for another loader; said once */
    bool asking;  /* a page is asked for */
    /* the store's thread works on these during a job */
    struct store_job job, keep_job;
    bool keeping;
    enum book_state state;
    struct arena arena;
    struct book_entry *entries;
    size_t count;
    bool last;
};

static void claim(struct reading *reading);

static void give_up(struct reading *reading, int error, const char *what, struct text why)
{
    struct cause cause;
    cause_set(&cause, error, "target: the book can't be read: %s%.*s", what, TEXT_ARG(why));
    loader_fatal(reading->loader, &cause, EXIT_REFUSED);
}

static struct text row_number(struct arena *arena, const cJSON *row)
{
    return answer_id(arena, json_get(row, "number"));
}

int reading_page(struct arena *arena, const struct answer *answer, int64_t no, struct book_entry **entries,
                 size_t *count, bool *last)
{
    const cJSON *rows = cJSON_IsArray(answer->data) ? answer->data : json_get(answer->data, "rows");
    int64_t pages = 0, total = 0;
    size_t n = 0, used = 0;
    bool counted = json_integer(json_get(answer->data, "totalpage"), &pages) == 0;
    bool summed = json_integer(json_get(answer->data, "count"), &total) == 0;
    if (!cJSON_IsArray(rows)) {
        if ((rows && !cJSON_IsNull(rows)) || (!counted && !summed)) {
            return ERR_SYNTAX;
        }
        rows = NULL;
    }
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next) {
        n++;
    }
    struct book_entry *list = arena_take(arena, (n + 1) * sizeof *list);
    if (!list) {
        return ERR_MEMORY;
    }
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next) {
        struct text number = row_number(arena, row), id = answer_id(arena, json_get(row, "id"));
        if (!cJSON_IsObject(row) || id.size == 0) {
            return ERR_SYNTAX;
        }
        if (number.size > 0 && number.size <= KEY_MAX) { /* without a number, or with a longer one, it can't clash */
            list[used++] = (struct book_entry){number, id};
        }
    }
    *entries = list;
    *count = used;
    /* Where the number of pages is told it is believed, but an empty page always ends the book. */
    *last = n == 0 || (counted ? no >= pages : summed && no * PAGE_SIZE >= total && n < PAGE_SIZE);
    return 0;
}

static void finished(struct reading *reading)
{
    if (reading->no > 0) {
        log_event(LOG_INFO, "book.read", "the target's materials are known", "materials", LOG_INT(reading->materials),
                  (const char *)NULL);
    }
    reading->done(reading->loader);
}

static int put_work(struct store *store, struct store_job *job)
{
    struct reading *reading = (struct reading *)((char *)job - offsetof(struct reading, job));
    struct text account = reading->loader->account, owner = text_of(reading->loader->stage.peer_name);
    int error = book_claim(store, account, owner, LEASE, &reading->state);
    if (error || reading->state == BOOK_READ) {
        return error;
    }
    error = book_put(store, account, reading->entries, reading->count);
    return error || !reading->last ? error : book_finish(store, account, owner);
}

static void ask_page(struct reading *reading);

static void put_done(struct store_job *job, int error)
{
    struct reading *reading = (struct reading *)((char *)job - offsetof(struct reading, job));
    if (!loader_done(reading->loader)) {
        return;
    }
    if (error == ERR_BUSY || error == ERR_STALE) { /* another took over the reading */
        claim(reading);
    } else if (error) {
        give_up(reading, error, "the store says ", text_of(store_why(reading->loader->stage.store)));
    } else if (reading->last || reading->state == BOOK_READ) {
        finished(reading);
    } else {
        ask_page(reading);
    }
}

static void page_came(struct xingchen_call *call, const struct answer *answer)
{
    struct reading *reading = call->user;
    reading->asking = false;
    arena_reset(&reading->arena, 1 << 20);
    if (answer->class == REPLY_REJECT) {
        give_up(reading, ERR_REFUSED, "material_list refused: ", answer->message);
        return;
    }
    struct book_entry *entries = NULL;
    size_t count = 0;
    bool last = false;
    int error = reading_page(&reading->arena, answer, reading->no, &entries, &count, &last);
    /* The answer's texts end with this call. */
    for (size_t i = 0; i < count && !error; i++) {
        entries[i].number = arena_text(&reading->arena, entries[i].number);
        entries[i].target_id = arena_text(&reading->arena, entries[i].target_id);
        error = entries[i].number.data && entries[i].target_id.data ? 0 : ERR_MEMORY;
    }
    if (!error && !last && reading->no >= PAGES_MAX) {
        error = ERR_LIMIT;
    }
    if (error) {
        give_up(reading, error, "material_list answers in an unknown form: ", text_of(error_text(error)));
        return;
    }
    reading->entries = entries;
    reading->count = count;
    reading->last = last;
    reading->materials += (int64_t)count;
    reading->job.work = put_work;
    reading->job.done = put_done;
    loader_submit(reading->loader, &reading->job);
}

static int keep_work(struct store *store, struct store_job *job)
{
    struct reading *reading = (struct reading *)((char *)job - offsetof(struct reading, keep_job));
    enum book_state state;
    return book_claim(store, reading->loader->account, text_of(reading->loader->stage.peer_name), LEASE, &state);
}

static void kept(struct store_job *job, int error)
{
    (void)error; /* taken by another: seen when the page is put */
    struct reading *reading = (struct reading *)((char *)job - offsetof(struct reading, keep_job));
    reading->keeping = false;
    if (loader_done(reading->loader)) {
        loader_settle(reading->loader);
    }
}

static void keep(void *user)
{
    struct reading *reading = user;
    struct loader *loader = reading->loader;
    if (loader->stopped || loader->draining || !reading->asking) {
        return;
    }
    if (!reading->keeping) {
        reading->keeping = true;
        reading->keep_job.work = keep_work;
        reading->keep_job.done = kept;
        loader_submit(loader, &reading->keep_job);
    }
    loop_set_timer(loader->stage.loop, &reading->keep, loop_now(loader->stage.loop) + KEEP);
}

static void ask_page(struct reading *reading)
{
    reading->no++;
    reading->asking = true;
    loop_set_timer(reading->loader->stage.loop, &reading->keep, loop_now(reading->loader->stage.loop) + KEEP);
    struct buffer *body = &reading->call.body;
    buffer_clear(body, 256);
    buffer_format(body, "{\"page\":%lld,\"pagesize\":%d}", (long long)reading->no, PAGE_SIZE);
    reading->call.api = "jdy/basedata/material_list";
    reading->call.done = page_came;
    reading->call.user = reading;
    xingchen_start(reading->loader->target, &reading->call);
}

static int claim_work(struct store *store, struct store_job *job)
{
    struct reading *reading = (struct reading *)((char *)job - offsetof(struct reading, job));
    return book_claim(store, reading->loader->account, text_of(reading->loader->stage.peer_name), LEASE,
                      &reading->state);
}

static void look_again(void *user)
{
    claim(user);
}

static void claim_done(struct store_job *job, int error)
{
    struct reading *reading = (struct reading *)((char *)job - offsetof(struct reading, job));
    struct loader *loader = reading->loader;
    if (!loader_done(loader) || loader->draining) {
        return;
    }
    if (error == ERR_BUSY) {
        if (!reading->waiting) {
            log_line(LOG_INFO, "book.waits", "another loader reads the target's materials");
        }
        reading->waiting = true;
        loop_set_timer(loader->stage.loop, &reading->again, loop_now(loader->stage.loop) + LOOK_AGAIN);
    } else if (error) {
        give_up(reading, error, "the store says ", text_of(store_why(loader->stage.store)));
    } else if (reading->state == BOOK_READ) {
        finished(reading);
    } else {
        log_line(LOG_INFO, "book.reads", "reading the target's materials");
        ask_page(reading);
    }
}

static void claim(struct reading *reading)
{
    reading->no = reading->materials = 0;
    reading->job.work = claim_work;
    reading->job.done = claim_done;
    loader_submit(reading->loader, &reading->job);
}

int reading_start(struct loader *loader, void (*done)(struct loader *loader))
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading) {
        return ERR_MEMORY;
    }
    reading->loader = loader;
    reading->done = done;
    reading->again = (struct loop_timer){.fn = look_again, .user = reading};
    reading->keep = (struct loop_timer){.fn = keep, .user = reading};
    buffer_init(&reading->call.body, 256);
    arena_init(&reading->arena, ANSWER_ARENA_MAX);
    loader->reading = reading;
    claim(reading);
    return 0;
}

void reading_free(struct loader *loader)
{
    struct reading *reading = loader->reading;
    loader->reading = NULL;
    if (reading) {
        buffer_fini(&reading->call.body);
        arena_fini(&reading->arena);
        free(reading);
    }
}
