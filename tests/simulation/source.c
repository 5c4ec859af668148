/* The source: shops in slices, read by page while they are inserted, removed, moved and changed; now and then it answers
 * with the page before. In place of extractor/source.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extractor/lease.h"
#include "extractor/source.h"
#include "sim.h"

enum { SLICES = 2, SHOPS_MAX = 40, ANSWER = 60, ANSWER_MOST = 4000 };

static struct {
    struct shop shops[SLICES][SHOPS_MAX];
    size_t counts[SLICES];
    int last_key;
    bool tells_total;
    int64_t page_cap; /* rows a page has at most, whatever was asked for */
    enum { NUMBERS_ARE_KEYS, NUMBERS_CLASH, NUMBERS_MOVE } numbers;
} book;

/* ---- shops ---- */

static struct shop shop_new(void)
{
    int key = book.last_key++;
    struct shop shop = {.key = sim_chance(15) ? -1 : key, .number = key, .version = 1};
    if (book.numbers == NUMBERS_CLASH && shop.key > 0 && sim_chance(150)) { /* two without a key are never alike */
        shop.number = (int)sim_dice((uint64_t)key);
    }
    shop.closed = sim_chance(80);
    shop.guilty = sim_chance(60);
    return shop;
}

void source_make(void)
{
    memset(&book, 0, sizeof book);
    book.tells_total = sim_chance(600);
    book.page_cap = sim_chance(300) ? 2 + (int64_t)sim_dice(2) : INT64_MAX;
    book.numbers = sim_chance(350) ? NUMBERS_ARE_KEYS : sim_chance(400) ? NUMBERS_CLASH : NUMBERS_MOVE;
    for (size_t slice = 0; slice < sim.scheme->source.slice_count; slice++) {
        book.counts[slice] = (size_t)sim_dice(12);
        for (size_t i = 0; i < book.counts[slice]; i++) {
            book.shops[slice][i] = shop_new();
        }
    }
}

void source_drift(void)
{
    size_t slice = (size_t)sim_dice(sim.scheme->source.slice_count), count = book.counts[slice];
    struct shop *shops = book.shops[slice];
    size_t at = (size_t)sim_dice(count + 1);
    sim.count.drifts++;
    switch (sim_dice(6)) {
    case 0:
    case 1:
        if (count < SHOPS_MAX / 2) {
            memmove(&shops[at + 1], &shops[at], (count - at) * sizeof *shops);
            shops[at] = shop_new();
            book.counts[slice]++;
            sim_note("K%d is new at %zu of slice %zu", shops[at].key, at, slice);
        }
        break;
    case 2:
        if (at < count) {
            sim_note("K%d is removed at %zu of slice %zu", shops[at].key, at, slice);
            memmove(&shops[at], &shops[at + 1], (count - at - 1) * sizeof *shops);
            book.counts[slice]--;
        }
        break;
    case 3:
        if (at < count) {
            struct shop moved = shops[at];
            memmove(&shops[at], &shops[at + 1], (count - at - 1) * sizeof *shops);
            shops[count - 1] = moved;
            sim_note("K%d moves from %zu of slice %zu to its end", moved.key, at, slice);
        }
        break;
    case 4:
        if (at < count) {
            shops[at].version++;
            shops[at].guilty = sim_chance(60);
            sim_note("K%d changes to version %d", shops[at].key, shops[at].version);
        }
        break;
    default:
        if (at < count) {
            shops[at].closed = !shops[at].closed;
            sim_note("K%d is %s", shops[at].key, shops[at].closed ? "closed" : "open again");
        }
        break;
    }
}

int64_t source_size(void)
{
    return (int64_t)(book.counts[0] + book.counts[1]);
}

const struct shop *source_shop(int64_t at)
{
    size_t first = book.counts[0];
    return (size_t)at < first ? &book.shops[0][at] : &book.shops[1][(size_t)at - first];
}

void source_content(const struct shop *shop, char out[32])
{
    snprintf(out, 32, "K%dv%d%s", shop->key, shop->version, shop->guilty ? "!" : "");
}

void source_number(const struct shop *shop, char out[32])
{
    if (book.numbers == NUMBERS_MOVE) {
        snprintf(out, 32, "N%d.%d", shop->number, shop->version / 2);
    } else {
        /* Every third in small letters: a target may take them for capitals. */
        int small = shop->number % 3 == 0 ? 'a' - 'A' : 0;
        snprintf(out, 32, "%c%d", (book.numbers == NUMBERS_CLASH ? 'N' : 'K') + small, shop->number);
    }
}

int source_unit(const struct shop *shop)
{
    int unit = (shop->key + shop->version) % (UNITS + 1);
    return unit < UNITS ? unit : -1;
}

bool source_numbers_clash(void)
{
    return book.numbers == NUMBERS_CLASH;
}

/* ---- extractor/source.h ---- */

struct flight {
    struct flight *next;
    struct source_call *call; /* NULL = dropped */
};

struct source {
    struct flight *flights;
};

static void page_write(struct buffer *out, int slice, int64_t first, int64_t size)
{
    buffer_add_char(out, '[');
    for (int64_t i = 0; i < size && first + i < (int64_t)book.counts[slice]; i++) {
        const struct shop *shop = &book.shops[slice][first + i];
        char content[32], number[32], key[32] = "", unit[8] = "";
        source_content(shop, content);
        source_number(shop, number);
        if (shop->key >= 0) {
            snprintf(key, sizeof key, "K%d", shop->key);
        }
        if (source_unit(shop) >= 0) {
            snprintf(unit, sizeof unit, "u%d", source_unit(shop));
        }
        buffer_format(out, "%s{\"no\":\"%s\",\"num\":\"%s\",\"name\":\"%s\",\"closed\":\"%d\",\"unit\":\"%s\"}",
                      i > 0 ? "," : "", key, number, content, shop->closed, unit);
    }
    buffer_add_char(out, ']');
}

static void arrive(struct event *event)
{
    struct flight *flight = event->b;
    struct source_call *call = flight->call;
    if (!call) {
        return;
    }
    flight->call = NULL;
    call->busy = false;
    bool again = !sim.calm && call->page > 0 && sim_chance(20);
    int64_t page = again ? call->page - 1 : call->page;
    struct buffer text;
    struct source_answer answer = {.class = REPLY_DONE, .wait = -1, .heard = true, .total = -1};
    buffer_init(&text, 1 << 16);
    int64_t size = call->page_size < book.page_cap ? call->page_size : book.page_cap;
    page_write(&text, call->slice, page * size, size);
    struct text rows[SHOPS_MAX], name;
    struct json_walk walk;
    int error = json_walk_begin(&walk, buffer_text(&text));
    assert(!error);
    (void)error;
    while (answer.rows < SHOPS_MAX && json_walk_next(&walk, &name, &rows[answer.rows]) == 1) {
        answer.rows++;
    }
    answer.records = rows;
    if (book.tells_total && call->page == 0) {
        answer.total = (int64_t)book.counts[call->slice];
    }
    sim_note("page %d.%lld comes with %zu rows%s", call->slice, (long long)call->page, answer.rows,
             again ? ": those of the page before" : "");
    call->done(call, &answer);
    buffer_fini(&text);
}

void source_ask(struct source *source, struct source_call *call)
{
    /* Pages are asked for by whoever asked first of all: the closing look at page 0 comes later. */
    static void (*fetching)(struct source_call *, const struct source_answer *);
    fetching = fetching ? fetching : call->done;
    if (call->done == fetching) {
        judge_asked(&((const struct lease *)((const char *)call - offsetof(struct lease, call)))->page);
    }
    struct flight *flight = calloc(1, sizeof *flight);
    assert(flight);
    *flight = (struct flight){source->flights, call};
    call->source = source;
    call->busy = true;
    source->flights = flight;
    sim_at(sim.now + 1 + sim_delay(ANSWER, ANSWER_MOST), sim.current, arrive, source, flight, 0);
}

void source_drop(struct source *source, struct source_call *call)
{
    for (struct flight *flight = source->flights; flight; flight = flight->next) {
        flight->call = flight->call == call ? NULL : flight->call;
    }
    call->busy = false;
}

int source_new(const struct source_options *options, struct source **out, struct cause *cause)
{
    (void)options, (void)cause;
    *out = calloc(1, sizeof(struct source));
    return *out ? 0 : ERR_MEMORY;
}

void source_revive(struct source *source)
{
    (void)source;
}

/* Events that are on their way know the flights, not their list. */
void source_free(struct source **source)
{
    for (struct flight *flight = *source ? (*source)->flights : NULL; flight; flight = flight->next) {
        flight->call = NULL;
    }
    free(*source);
    *source = NULL;
}

void source_note_rows(struct source *source, int64_t rows)
{
    (void)source, (void)rows;
}

struct store_ms source_banned_until(const struct source *source)
{
    (void)source;
    return (struct store_ms){0};
}

int64_t source_concurrency(const struct source *source)
{
    (void)source;
    return sim.scheme->source.concurrency;
}

const char *source_unready(const struct source *source)
{
    (void)source;
    return NULL;
}

const char *source_trouble(const struct source *source)
{
    (void)source;
    return NULL;
}
