/* The source: shops in slices, read by page while they are inserted, removed, moved and changed. Its pages are torn in many
 * ways: capped, with rows left out, repeated, too large, broken in the middle; its totals may be wrong. What asks, cuts
 * pages and reads replies is the code that ships; in its place is the driver's endpoint, and of common/http/http.h what
 * sends. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extractor/lease.h"
#include "extractor/platform/params.h"
#include "extractor/qimen/reply.h"
#include "sim.h"

enum { SLICES = 2, SHOPS_MAX = 40, LOST_MAX = 20, ANSWER = 60, ANSWER_MOST = 4000, GAP_EVERY = 4 };

enum total { TOTAL_RIGHT, TOTAL_NONE, TOTAL_OFF_BY_ONE, TOTAL_OF_THE_PAGE };
enum shape { SHAPE_ARRAY, SHAPE_NESTED, SHAPE_NUMBERED /* an object whose members are "1", "2", … */, SHAPES };

static struct {
    struct shop shops[SLICES][SHOPS_MAX];
    size_t counts[SLICES];
    struct shop lost[LOST_MAX]; /* were there, and may come back */
    size_t lost_count;
    struct source_moves moves;
    int last_key;
    enum total total;
    enum shape shape;
    int64_t page_cap; /* rows a page has at most, whatever was asked for */
    int64_t fits;     /* a reply with more rows is too large */
    bool gaps;        /* every GAP_EVERYth place of a page is left out: what stands there is not for us */
    bool clamps;      /* behind its end the last page comes again */
    bool restless;    /* something moves with every other page that comes */
    bool breaks;      /* some shops are written so that their page is no JSON */
    enum { NUMBERS_ARE_KEYS, NUMBERS_CLASH, NUMBERS_MOVE } numbers;
} book;

/* ---- shops ---- */

enum { PARTS = 3 /* that a record has at most, where they are split */, SECOND = 1000 /* ms */ };

static int parts_of(const struct shop *shop)
{
    return !source_is_split() ? 1 : shop->key < 0 ? shop->number % 2 : 1 + shop->key % PARTS;
}

/* It is shown now, but happened a while ago: not before what a run that begins later is the first to read. */
static void shop_touch(struct shop *shop)
{
    if (source_has_windows()) {
        int64_t late = (int64_t)sim_dice((uint64_t)(sim.scheme->source.window.lag - SECOND + 1)), now = store_wall();
        shop->changed = (now - late) / SECOND * SECOND;
        sim_note("K%d: what changed at %lld shows", shop->key, (long long)shop->changed / SECOND);
        sim.count.shown_late += late >= SECOND;
    }
}

static struct shop shop_new(void)
{
    if (book.lost_count > 0 && sim_chance(300)) {
        struct shop back = book.lost[--book.lost_count];
        back.version++;
        shop_touch(&back);
        return back;
    }
    int key = book.last_key++;
    struct shop shop = {.key = sim_chance(15) ? -1 : key, .number = key, .version = 1};
    if (book.numbers == NUMBERS_CLASH && shop.key > 0 && sim_chance(150)) { /* two without a key are never alike */
        shop.number = (int)sim_dice((uint64_t)key);
    }
    shop.closed = sim_chance(80);
    shop.guilty = sim_chance(60);
    shop.broken = book.breaks && shop.key >= 0 && sim_chance(60);
    shop_touch(&shop);
    return shop;
}

void source_make(void)
{
    memset(&book, 0, sizeof book);
    book.total = sim_chance(500) ? TOTAL_RIGHT : sim_chance(700) ? TOTAL_NONE : TOTAL_OFF_BY_ONE + sim_dice(2);
    book.shape = sim_dice(SHAPES);
    book.gaps = sim_chance(250);
    book.breaks = sim_chance(200);
    book.fits = sim_chance(150) ? 1 + (int64_t)sim_dice(2) : INT64_MAX;
    bool whole = !book.breaks && book.fits == INT64_MAX;
    book.clamps = book.total == TOTAL_RIGHT && whole && sim_chance(200);
    book.restless = sim_chance(200);
    book.page_cap = sim_chance(300) ? 2 + (int64_t)sim_dice(2) : INT64_MAX;
    book.numbers = sim_chance(350) ? NUMBERS_ARE_KEYS : sim_chance(400) ? NUMBERS_CLASH : NUMBERS_MOVE;
    if (source_has_windows() && book.total == TOTAL_OF_THE_PAGE) { /* pages behind it would be read forwards */
        book.total = TOTAL_NONE;
    }
    for (size_t slice = 0; slice < sim.scheme->source.slice_count; slice++) {
        book.counts[slice] = (size_t)sim_dice(12);
        for (size_t i = 0; i < book.counts[slice]; i++) {
            struct shop *shop = &book.shops[slice][i];
            *shop = shop_new();
            if (source_has_windows()) {
                int64_t since = sim.scheme->source.window.since;
                shop->changed = (since + (int64_t)sim_dice((uint64_t)(store_wall() - since))) / SECOND * SECOND;
                sim_note("K%d of slice %zu changed at %lld", shop->key, slice, (long long)shop->changed / SECOND);
            }
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
            book.moves.came++;
            sim_note("K%d is new at %zu of slice %zu", shops[at].key, at, slice);
        }
        break;
    case 2:
        if (at < count) {
            sim_note("K%d is removed at %zu of slice %zu", shops[at].key, at, slice);
            if (shops[at].key >= 0 && book.lost_count < LOST_MAX) {
                book.lost[book.lost_count++] = shops[at];
            }
            book.moves.left++;
            memmove(&shops[at], &shops[at + 1], (count - at - 1) * sizeof *shops);
            book.counts[slice]--;
        }
        break;
    case 3:
        if (at < count) {
            struct shop moved = shops[at];
            shop_touch(&moved);
            memmove(&shops[at], &shops[at + 1], (count - at - 1) * sizeof *shops);
            shops[count - 1] = moved;
            book.moves.moved++;
            sim_note("K%d moves from %zu of slice %zu to its end", moved.key, at, slice);
        }
        break;
    case 4:
        if (at < count) {
            shops[at].version++;
            shops[at].guilty = sim_chance(60);
            shop_touch(&shops[at]);
            sim_note("K%d changes to version %d", shops[at].key, shops[at].version);
        }
        break;
    default:
        if (at < count) {
            shops[at].closed = !shops[at].closed;
            shop_touch(&shops[at]);
            sim_note("K%d is %s", shops[at].key, shops[at].closed ? "closed" : "open again");
        }
        break;
    }
}

int64_t source_size(void)
{
    int64_t size = 0;
    for (size_t slice = 0; slice < SLICES; slice++) {
        for (size_t i = 0; i < book.counts[slice]; i++) {
            size += parts_of(&book.shops[slice][i]);
        }
    }
    return size;
}

static struct shop part_of(const struct shop *shop, int part)
{
    struct shop out = *shop;
    if (source_is_split()) {
        out.part = part;
        out.guilty = shop->guilty && part == 1;
    }
    return out;
}

const struct shop *source_shop(int64_t at)
{
    static struct shop part;
    for (size_t slice = 0; slice < SLICES; slice++) {
        for (size_t i = 0; i < book.counts[slice]; i++) {
            const struct shop *shop = &book.shops[slice][i];
            int parts = parts_of(shop);
            if (at < parts) {
                part = part_of(shop, 1 + (int)at);
                return &part;
            }
            at -= parts;
        }
    }
    abort();
}

/* What tells the parts of one record apart. */
static const char *part_text(const struct shop *shop)
{
    static const char *const texts[1 + PARTS] = {"", "p1", "p2", "p3"};
    return texts[shop->part];
}

void source_key(const struct shop *shop, char out[32])
{
    snprintf(out, 32, "K%d%s", shop->key, part_text(shop));
}

void source_content(const struct shop *shop, char out[32])
{
    snprintf(out, 32, "K%d%sv%d%s", shop->key, part_text(shop), shop->version, shop->guilty ? "!" : "");
}

void source_number(const struct shop *shop, char out[32])
{
    if (book.numbers == NUMBERS_MOVE) {
        snprintf(out, 32, "N%d%s.%d", shop->number, part_text(shop), shop->version / 2);
    } else {
        /* Every third in small letters: a target may take them for capitals. */
        int small = shop->number % 3 == 0 ? 'a' - 'A' : 0;
        snprintf(out, 32, "%c%d%s", (book.numbers == NUMBERS_CLASH ? 'N' : 'K') + small, shop->number, part_text(shop));
    }
}

int source_unit(const struct shop *shop)
{
    int unit = (shop->key + shop->version) % (UNITS + 1);
    return unit < UNITS ? unit : -1;
}

bool source_total_lies(void)
{
    return book.total > TOTAL_NONE;
}

bool source_total_right(void)
{
    return book.total == TOTAL_RIGHT;
}

struct source_moves source_moved(void)
{
    return book.moves;
}

/* Its pages hold fewer rows than are asked for, as those of small windows and slices do, and some of them must be cut: it is not
 * certain where. */
bool source_lacks_rows(void)
{
    bool small = source_has_windows();
    for (size_t slice = 0; slice < sim.scheme->source.slice_count; slice++) {
        small = small || (int64_t)book.counts[slice] < sim.scheme->source.page_size;
    }
    return (book.gaps || book.page_cap < INT64_MAX || small) && (book.breaks || book.fits < INT64_MAX);
}

bool source_numbers_clash(void)
{
    return book.numbers == NUMBERS_CLASH;
}

/* ---- its pages ---- */

/* What a slice holds, or a window of it, in the order in which it is told. */
struct view {
    const struct shop *shops[SHOPS_MAX];
    size_t count;
};

static struct view view_of(int slice, const struct source_window *window)
{
    struct view view = {.count = 0};
    for (size_t i = 0; i < book.counts[slice]; i++) {
        const struct shop *shop = &book.shops[slice][i];
        if (source_has_windows() && (shop->changed < window->from || shop->changed > window->to)) {
            continue;
        }
        size_t at = view.count++;
        for (; at > 0 && view.shops[at - 1]->changed > shop->changed; at--) {
            view.shops[at] = view.shops[at - 1];
        }
        view.shops[at] = shop;
    }
    return view;
}

/* The shop at a place of the view, counted with the gaps; NULL = a gap, or behind the end. */
static const struct shop *shop_at(const struct view *view, int64_t place)
{
    bool gap = book.gaps && place % GAP_EVERY == 1;
    int64_t at = book.gaps ? place - (place + GAP_EVERY - 2) / GAP_EVERY : place;
    return gap || at >= (int64_t)view->count ? NULL : view->shops[at];
}

static bool is_behind(const struct view *view, int64_t page, int64_t size)
{
    for (int64_t i = 0; i <= GAP_EVERY; i++) {
        if (shop_at(view, page * size + i)) {
            return false;
        }
    }
    return true;
}

static void part_write(struct buffer *out, const struct shop *shop)
{
    char content[32], number[32], key[32] = "";
    source_content(shop, content);
    source_number(shop, number);
    if (shop->key >= 0) {
        source_key(shop, key);
    }
    buffer_format(out, "\"no\":\"%s\",\"num\":\"%s\",\"name\":\"%s\"", key, number, content);
}

/* Broken ones leave a quote or a bracket open. */
static void shop_write(struct buffer *out, const struct shop *shop)
{
    char unit[8] = "";
    if (source_unit(shop) >= 0) {
        snprintf(unit, sizeof unit, "u%d", source_unit(shop));
    }
    buffer_add_char(out, '{');
    if (source_is_split()) {
        buffer_format(out, "\"tag\":\"%d\",\"parts\":[", shop->number);
        for (int i = 1; i <= parts_of(shop); i++) {
            struct shop part = part_of(shop, i);
            buffer_add_text(out, i > 1 ? TEXT(",{") : TEXT("{"));
            part_write(out, &part);
            buffer_add_char(out, '}');
        }
        buffer_add_char(out, ']');
    } else {
        part_write(out, shop);
    }
    buffer_format(out, ",\"closed\":\"%d\",\"unit\":\"%s%s", shop->closed, unit,
                  !shop->broken   ? "\"}"
                  : shop->key % 2 ? "\""
                                  : "}");
}

/* The list of a page; how many rows there are. */
static int64_t list_write(struct buffer *out, const struct view *view, int64_t page, int64_t size)
{
    int64_t rows = 0;
    buffer_add_text(out, book.shape == SHAPE_NESTED     ? TEXT("{\"shop\":[")
                         : book.shape == SHAPE_NUMBERED ? TEXT("{")
                                                        : TEXT("["));
    for (int64_t i = 0; i < size; i++) {
        const struct shop *shop = shop_at(view, page * size + i);
        if (shop) {
            buffer_add_text(out, rows++ > 0 ? TEXT(",") : TEXT(""));
            if (book.shape == SHAPE_NUMBERED) {
                buffer_format(out, "\"%lld\":", (long long)rows);
            }
            shop_write(out, shop);
        }
    }
    buffer_add_text(out, book.shape == SHAPE_NESTED     ? TEXT("]}")
                         : book.shape == SHAPE_NUMBERED ? TEXT("}")
                                                        : TEXT("]"));
    return rows;
}

static void total_write(struct buffer *out, const struct view *view, int64_t page, int64_t rows)
{
    int64_t total = (int64_t)view->count + (book.total == TOTAL_OFF_BY_ONE);
    if (page == 0 && book.total != TOTAL_NONE) {
        buffer_format(out, ",\"total_count\":%lld", (long long)(book.total == TOTAL_OF_THE_PAGE ? rows : total));
    }
}

/* ---- the driver: replies are read by the code that ships ---- */

struct endpoint {
    int nothing;
};

static int endpoint_open(const struct scheme *scheme, struct endpoint **out, struct cause *cause)
{
    static struct endpoint only;
    (void)scheme, (void)cause;
    *out = &only;
    return 0;
}

static void endpoint_close(struct endpoint **endpoint)
{
    *endpoint = NULL;
}

static const char *endpoint_host(const struct endpoint *endpoint)
{
    (void)endpoint;
    return "source";
}

static int request_write(struct endpoint *endpoint, const struct source_page *page, struct source_request *out)
{
    (void)endpoint;
    buffer_format(&out->body, "%d %lld %lld %lld %lld", page->slice, (long long)page->no, (long long)page->size,
                  (long long)page->window.from, (long long)page->window.to);
    return 0;
}

static void reply_read(struct endpoint *endpoint, const struct source_asked *asked, const struct http_reply *reply,
                       struct arena *arena, struct source_answer *out)
{
    (void)endpoint;
    (void)asked;
    const struct scheme *scheme = sim.scheme;
    const struct reply_form form = {scheme->source.list_keys, scheme->source.list_key_count,
                                    params_record_field(scheme)};
    qimen_reply_read(reply, &form, arena, out);
}

const struct source_driver *source_driver(void)
{
    static const struct source_driver driver = {.name = "simulated",
                                                .address_setting = "URL",
                                                .account_setting = "SID",
                                                .open = endpoint_open,
                                                .close = endpoint_close,
                                                .host = endpoint_host,
                                                .fetch = request_write,
                                                .read = reply_read};
    return &driver;
}

/* ---- common/http/http.h ---- */

struct http_call {
    http_done_fn *done; /* NULL = dropped */
    void *user;
    int slice;
    int64_t page, size;
    struct source_window window;
};

static void reply_give(const struct http_call *call, struct http_reply *reply)
{
    struct buffer text;
    buffer_init(&text, 1 << 16);
    int64_t page = call->page, size = call->size < book.page_cap ? call->size : book.page_cap;
    bool torn = !sim.calm && sim_chance(20);
    bool again = !sim.calm && page > 0 && !source_has_windows() && sim_chance(20);
    const struct view view = view_of(call->slice, &call->window);
    page = again ? (int64_t)sim_dice((uint64_t)page) : page;
    while (book.clamps && page > 0 && is_behind(&view, page, size)) {
        page--;
    }
    buffer_add_text(&text, TEXT("{\"response\":{\"errorcode\":0,\"shops\":"));
    int64_t rows = list_write(&text, &view, page, size);
    total_write(&text, &view, call->page, rows);
    buffer_add_text(&text, TEXT("}}"));
    reply->body = buffer_text(&text);
    reply->body.size -= torn ? 1 + (size_t)sim_dice(reply->body.size - 1) : 0;
    reply->too_large = rows > book.fits;
    reply->reach = reply->too_large ? HTTP_SENT : HTTP_ANSWERED;
    sim.count.torn += torn;
    sim.count.too_large += reply->too_large;
    if (source_has_windows()) {
        sim_note("a window from %lld.%03d to %lld.%03d", (long long)call->window.from / 1000,
                 (int)(call->window.from % 1000), (long long)call->window.to / 1000, (int)(call->window.to % 1000));
    }
    sim_note("page %lld of %lld in slice %d comes with %lld rows%s%s%s", (long long)call->page, (long long)call->size,
             call->slice, (long long)rows, page != call->page ? ": those of another" : "", torn ? ", cut off" : "",
             reply->too_large ? ", too large" : "");
    call->done(call->user, reply);
    buffer_fini(&text);
}

static void arrive(struct event *event)
{
    const struct http_call *call = event->a;
    struct http_reply reply = {.reach = HTTP_SENT, .status = 200, .retry_after = -1, .seconds = 0.1, .why = "no reply"};
    if (!call->done) {
        return;
    }
    if (!sim.calm && book.restless && sim_chance(500)) {
        source_drift();
    }
    if (sim.calm || !sim_chance(20)) {
        reply_give(call, &reply);
    } else {
        sim_note("a page of the source does not come");
        call->done(call->user, &reply);
    }
}

int send_in_http(struct http *http, const struct http_request *request, struct http_call **out) WRAPS(http_send);
int send_in_http(struct http *http, const struct http_request *request, struct http_call **out)
{
    (void)http;
    struct http_call *call = calloc(1, sizeof *call);
    char text[100], *end = text;
    assert(call);
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(buffer_text(request->own_body)));
    *call = (struct http_call){.done = request->done, .user = request->user};
    call->slice = (int)strtol(end, &end, 10);
    call->page = strtoll(end, &end, 10);
    call->size = strtoll(end, &end, 10);
    call->window.from = strtoll(end, &end, 10);
    call->window.to = strtoll(end, &end, 10);
    assert(call->size > 0);
    buffer_fini(request->own_body);
    sim_at(sim.now + 1 + sim_delay(ANSWER, ANSWER_MOST), sim.current, arrive, call, NULL, 0);
    *out = call;
    return 0;
}

void cancel_in(struct http *http, struct http_call *call) WRAPS(http_cancel);
void cancel_in(struct http *http, struct http_call *call)
{
    (void)http;
    call->done = NULL;
}

/* ---- extractor/source.h ---- */

void ask_in(struct source *source, struct source_call *call) WRAPS(source_ask);
void ask_out(struct source *source, struct source_call *call) WRAPPED(source_ask);
void ask_in(struct source *source, struct source_call *call)
{
    if (!call->total_only) { /* the closing look */
        judge_asked(&((const struct lease *)((const char *)call - offsetof(struct lease, call)))->page);
    }
    ask_out(source, call);
}
