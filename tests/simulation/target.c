/* The target: a book that takes two materials of one number without a word. It executes late (<= D) or never, shows late
 * (<= V), loses replies, refuses guilty rows in all the ways that the V1 API is known for. In place of loader/xingchen.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "loader/xingchen.h"
#include "sim.h"

enum { MATERIALS_MAX = 400, ITEMS_MAX = 16, WAIT = 20, WAIT_MOST = 3000, LEAVE = 10, REPLY = 20 };

static struct {
    struct material materials[MATERIALS_MAX];
    size_t count;
    bool strict;      /* refuses a second material of one number */
    bool whole;       /* a guilty row has its whole batch refused */
    bool as_list;     /* results as a list, one an item */
    bool no_bulk;     /* does not look up several numbers at once */
    int names_guilty; /* in errorInfo: by 0 = number, 1 = position, 2 = nothing */
} book;

static struct material *material_add(const char *number, const char *name)
{
    assert(book.count < MATERIALS_MAX);
    struct material *material = &book.materials[book.count++];
    *material = (struct material){.made_at = sim.now, .shown_at = sim.now};
    snprintf(material->id, sizeof material->id, "%zu", 7000 + book.count);
    snprintf(material->number, sizeof material->number, "%s", number);
    snprintf(material->name, sizeof material->name, "%s", name);
    return material;
}

void target_make(void)
{
    memset(&book, 0, sizeof book);
    book.strict = sim_chance(250);
    book.whole = sim_chance(600);
    book.as_list = !book.whole && sim_chance(500);
    book.no_bulk = sim_chance(300);
    book.names_guilty = (int)sim_dice(3);
    for (int64_t i = 0; i < source_size() && sim_chance(700); i++) { /* stood there before us */
        char number[32];
        source_number(source_shop(i), number);
        bool twice = false;
        for (size_t k = 0; k < book.count; k++) {
            twice = twice || strcmp(book.materials[k].number, number) == 0;
        }
        if (!twice && sim_chance(300)) {
            material_add(number, "by hand");
        }
    }
}

void target_forget(void)
{
    if (book.count > 0) {
        struct material *material = &book.materials[sim_dice(book.count)];
        sim_note("somebody deletes the material %s", material->number);
        material->gone = true;
    }
}

size_t target_size(void)
{
    return book.count;
}

const struct material *target_material(size_t at)
{
    return &book.materials[at];
}

static struct material *by_id(struct text id)
{
    for (size_t i = 0; i < book.count; i++) {
        if (!book.materials[i].gone && text_equal(text_of(book.materials[i].id), id)) {
            return &book.materials[i];
        }
    }
    return NULL;
}

static struct material *by_number(struct text number, bool shown)
{
    for (size_t i = 0; i < book.count; i++) {
        struct material *material = &book.materials[i];
        if (!material->gone && (!shown || sim.now >= material->shown_at) &&
            text_equal(text_of(material->number), number)) {
            return material;
        }
    }
    return NULL;
}

/* ---- calls on their way ---- */

struct xingchen {
    struct process *process;
    struct xingchen_events events;
    void *user;
    struct flight *flights;
};

struct flight {
    struct flight *next;
    struct xingchen *target;
    struct xingchen_call *call; /* NULL = nobody waits for it any more */
    bool away;                  /* the body has left, or a read is under way */
    int turn;                   /* of xingchen_start: events of an earlier one are void */
    struct buffer body;
};

static struct flight *flight_of(const struct xingchen *target, const struct xingchen_call *call)
{
    struct flight *flight = target->flights;
    while (flight && flight->call != call) {
        flight = flight->next;
    }
    return flight;
}

static void finish(struct flight *flight, const struct answer *answer)
{
    struct xingchen_call *call = flight->call;
    flight->call = NULL;
    if (call) {
        call->done(call, answer);
    }
}

static void finish_without(struct flight *flight, enum reply_class class, bool idle)
{
    struct answer answer = {.class = class, .idle = idle, .wait = -1, .code = TEXT(""), .message = TEXT("no answer")};
    finish(flight, &answer);
}

struct reading { /* of a body */
    struct arena arena;
    const cJSON *tree;
};

static const cJSON *items_of(struct reading *reading, struct text body)
{
    arena_init(&reading->arena, 1 << 20);
    int error = json_parse(&reading->arena, body, 1 << 20, JSON_STRICT, &reading->tree, NULL);
    assert(!error);
    (void)error;
    return json_get(reading->tree, "items");
}

/* Answers with `data`; the outer success as told. */
static void finish_with(struct flight *flight, bool success, struct buffer *data)
{
    struct arena arena;
    struct answer answer = {.class = success ? REPLY_DONE : REPLY_REJECT,
                            .idle = !success,
                            .status = 200,
                            .wait = -1,
                            .code = TEXT(""),
                            .message = success ? TEXT("") : TEXT("refused as a whole")};
    arena_init(&arena, 1 << 20);
    if (data->size > 0) {
        int error = json_parse(&arena, buffer_text(data), 1 << 20, JSON_STRICT, &answer.data, NULL);
        assert(!error);
        (void)error;
    }
    buffer_fini(data);
    finish(flight, &answer);
    arena_fini(&arena);
}

/* ---- saving ---- */

struct item {
    struct text id, number, name;
    const char *refused; /* why; NULL = it is fine */
    const struct material *saved;
};

static void item_judge(struct item *item, const struct item *before, size_t count)
{
    bool update = item->id.size > 0;
    bool taken = !update && by_number(item->number, false);
    for (size_t i = 0; i < count; i++) {
        taken = taken || (!update && before[i].id.size == 0 && text_equal(before[i].number, item->number));
    }
    if (item->name.data[item->name.size - 1] == '!') {
        item->refused = "this content is not wanted";
    } else if (update && !by_id(item->id)) {
        item->refused = "the material does not exist: 不存在";
    } else if (book.strict && taken) {
        item->refused = "编码已存在";
    }
}

static void item_save(struct item *item)
{
    if (item->id.size > 0) {
        struct material *material = by_id(item->id);
        assert(material);
        snprintf(material->name, sizeof material->name, "%.*s", TEXT_ARG(item->name));
        snprintf(material->number, sizeof material->number, "%.*s", TEXT_ARG(item->number));
        sim.count.updates++;
        item->saved = material;
        return;
    }
    char number[32], name[32];
    snprintf(number, sizeof number, "%.*s", TEXT_ARG(item->number));
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(item->name));
    struct material *material = material_add(number, name);
    material->ours = true;
    material->shown_at = sim.now + (int64_t)sim_dice((uint64_t)sim.times.visible);
    sim.count.creates++;
    item->saved = material;
    judge_created(material);
}

static void result_write(struct buffer *out, const struct item *items, size_t count, size_t base)
{
    size_t refused = 0;
    buffer_add_text(out, TEXT("{\"successPkIds\":["));
    for (size_t i = count, n = 0; i-- > 0;) { /* in another order than they came */
        if (items[i].saved) {
            buffer_format(out, "%s\"%s\"", n++ > 0 ? "," : "", items[i].saved->id);
        }
        refused += items[i].refused != NULL;
    }
    buffer_format(out, "],\"success\":%s,\"message\":\"%s\",\"errorInfo\":[", refused > 0 ? "false" : "true",
                  refused > 0 ? "some refused" : "");
    for (size_t i = 0, n = 0; i < count && !(book.names_guilty == 2 && count > 1); i++) {
        if (items[i].refused) {
            buffer_format(out, "%s{\"id\":\"", n++ > 0 ? "," : "");
            if (book.names_guilty == 1) {
                buffer_format(out, "%zu", base + i);
            } else {
                buffer_add_text(out, items[i].number);
            }
            buffer_format(out, "\",\"msg\":\"%s\"}", items[i].refused);
        }
    }
    buffer_add_text(out, TEXT("]}"));
}

static size_t items_read(const cJSON *list, struct item *items)
{
    size_t count = 0;
    for (const cJSON *item = list->child; item; item = item->next) {
        assert(count < ITEMS_MAX);
        items[count] = (struct item){json_text(json_get(item, "id")), json_text(json_get(item, "number")),
                                     json_text(json_get(item, "name")), NULL, NULL};
        item_judge(&items[count], items, count);
        count++;
    }
    return count;
}

static void replied(struct event *event)
{
    struct flight *flight = event->a;
    struct buffer *data = event->b;
    if (flight->call) {
        finish_with(flight, event->n != 0, data);
    }
}

static void execute(struct event *event)
{
    struct flight *flight = event->a;
    struct reading reading;
    struct item items[ITEMS_MAX];
    size_t count = items_read(items_of(&reading, buffer_text(&flight->body)), items), refused = 0;
    for (size_t i = 0; i < count; i++) {
        refused += items[i].refused != NULL;
        sim.count.refusals += items[i].refused != NULL;
    }
    bool nothing = book.whole && refused > 0;
    for (size_t i = 0; i < count && !sim.broken[0]; i++) {
        sim_note("the target %s %.*s of number %.*s",
                 items[i].refused       ? "refuses"
                 : nothing              ? "does not save"
                 : items[i].id.size > 0 ? "updates"
                                        : "creates",
                 TEXT_ARG(items[i].name), TEXT_ARG(items[i].number));
        if (!nothing && !items[i].refused) {
            item_save(&items[i]);
        }
    }
    struct buffer *data = calloc(1, sizeof *data);
    assert(data);
    buffer_init(data, 1 << 16);
    if (book.as_list) {
        for (size_t i = 0; i < count; i++) {
            buffer_add_char(data, i > 0 ? ',' : '[');
            result_write(data, &items[i], 1, i);
        }
        buffer_add_char(data, ']');
    } else {
        result_write(data, items, count, 0);
    }
    arena_fini(&reading.arena);
    if (!sim.calm && sim_chance(100)) {
        sim.count.lost_replies++;
        sim_note("its reply is lost");
    } else if (flight->target) {
        sim_at(sim.now + sim_delay(REPLY, sim.timeout), flight->target->process, replied, flight, data, 1);
    }
}

static void timed_out(struct event *event)
{
    struct flight *flight = event->a;
    if (flight->call) {
        sim_note("a save is given up: no reply");
        finish_without(flight, REPLY_RETRY, false);
    }
}

/* The body's last bytes leave: not after send_by. */
static void body_leaves(struct event *event)
{
    struct flight *flight = event->a;
    struct xingchen_call *call = flight->call;
    if (!call || flight->turn != event->n) {
        return;
    }
    if (call->send_by != 0 && sim.now >= call->send_by) {
        sim.count.unsent++;
        sim_note("a save is not sent: its time is over");
        finish_without(flight, REPLY_RETRY, true);
        return;
    }
    if (!sim.calm && sim_chance(40)) {
        sim_note("the target turns a save away: busy");
        finish_without(flight, sim_chance(500) ? REPLY_THROTTLED : REPLY_RETRY, true);
        return;
    }
    flight->away = true;
    flight->body = call->body; /* a save gives it away */
    call->body = (struct buffer){0};
    sim.count.posts++;
    struct reading reading;
    struct item items[ITEMS_MAX];
    size_t count = items_read(items_of(&reading, buffer_text(&flight->body)), items);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(items[i].name));
        sim_note("POST %s %s", items[i].id.size > 0 ? "update" : "create", name);
        judge_posted(name);
    }
    arena_fini(&reading.arena);
    sim_at(sim.now + sim.timeout, sim.current, timed_out, flight, NULL, 0);
    if (sim.calm || !sim_chance(50)) {
        int64_t late = !sim.calm && sim_chance(150) ? sim.times.late - 1 : (int64_t)sim_dice(30);
        sim.count.late += late > 100;
        sim_at(sim.now + late, NULL, execute, flight, NULL, 0);
    } else {
        sim_note("it never arrives");
    }
}

static void save_ready(struct event *event)
{
    struct flight *flight = event->a;
    struct xingchen_call *call = flight->call;
    if (!call || flight->turn != event->n) {
        return;
    }
    if (call->ready(call) && flight->call == call) { /* it may have been withdrawn in there */
        sim_at(sim.now + 1 + sim_delay(LEAVE, 2 * sim.times.send), flight->target->process, body_leaves, flight, NULL,
               flight->turn);
        flight->away = true;
    }
}

/* ---- looking up ---- */

static void material_write(struct buffer *out, const struct material *material)
{
    buffer_format(out, "{\"id\":\"%s\",\"number\":\"%s\"}", material->id, material->number);
}

static void read_list(struct flight *flight)
{
    struct buffer data;
    buffer_init(&data, 1 << 16);
    buffer_add_text(&data, TEXT("{\"totalpage\":1,\"rows\":["));
    for (size_t i = 0, n = 0; i < book.count; i++) {
        if (!book.materials[i].gone && sim.now >= book.materials[i].shown_at) {
            buffer_add_text(&data, n++ > 0 ? TEXT(",") : TEXT(""));
            material_write(&data, &book.materials[i]);
        }
    }
    buffer_add_text(&data, TEXT("]}"));
    finish_with(flight, true, &data);
}

static void read_detail(struct flight *flight, struct text body, bool bulk)
{
    struct reading reading;
    struct buffer data;
    const cJSON *items = items_of(&reading, body);
    buffer_init(&data, 1 << 16);
    if (bulk && book.no_bulk) {
        arena_fini(&reading.arena);
        finish_with(flight, false, &data);
        return;
    }
    buffer_add_text(&data, bulk ? TEXT("[") : TEXT(""));
    size_t n = 0;
    for (const cJSON *item = bulk ? items->child : reading.tree; item; item = bulk ? item->next : NULL) {
        const struct material *material = by_number(json_text(json_get(item, "number")), true);
        sim_note("the target %s %.*s", material ? "shows" : "does not know",
                 TEXT_ARG(json_text(json_get(item, "number"))));
        if (material) {
            buffer_add_text(&data, n++ > 0 ? TEXT(",") : TEXT(""));
            material_write(&data, material);
        }
    }
    buffer_add_text(&data, bulk ? TEXT("]") : n == 0 ? TEXT("{}") : TEXT(""));
    arena_fini(&reading.arena);
    finish_with(flight, true, &data);
}

static void read_answered(struct event *event)
{
    struct flight *flight = event->a;
    const struct xingchen_call *call = flight->call;
    if (!call || flight->turn != event->n) {
        return;
    }
    if (text_find_nocase(text_of(call->api), TEXT("material_list")) >= 0) {
        read_list(flight);
    } else {
        sim.count.settles++;
        read_detail(flight, buffer_text(&call->body), text_find_nocase(text_of(call->api), TEXT("_batch")) >= 0);
    }
}

/* ---- loader/xingchen.h ---- */

int xingchen_new(struct loop *loop, struct store *store, struct metrics *metrics, const struct options *options,
                 int64_t calls_per_minute, int connections, const char *owner, const struct xingchen_events *events,
                 void *user, struct xingchen **out, struct cause *cause)
{
    (void)loop, (void)store, (void)metrics, (void)options, (void)calls_per_minute, (void)connections, (void)owner;
    (void)cause;
    struct xingchen *target = calloc(1, sizeof *target);
    assert(target);
    *target = (struct xingchen){.process = sim.current, .events = *events, .user = user};
    *out = target;
    return 0;
}

void xingchen_stop(struct xingchen *target)
{
    for (struct flight *flight = target->flights; flight; flight = flight->next) {
        flight->call = NULL; /* what has left will be executed all the same */
        flight->target = NULL;
    }
    target->flights = NULL;
}

void xingchen_free(struct xingchen **target)
{
    if (*target) {
        xingchen_stop(*target);
        free(*target);
        *target = NULL;
    }
}

bool xingchen_lives(const struct xingchen *target)
{
    (void)target;
    return true;
}

const char *xingchen_ails(const struct xingchen *target)
{
    (void)target;
    return NULL;
}

const char *xingchen_trouble(const struct xingchen *target)
{
    (void)target;
    return NULL;
}

static void logged_in(struct event *event)
{
    struct xingchen *target = event->a;
    target->events.ready(target->user);
}

void xingchen_login(struct xingchen *target)
{
    sim_at(sim.now + 1 + sim_delay(REPLY, WAIT_MOST), target->process, logged_in, target, NULL, 0);
}

void xingchen_start(struct xingchen *target, struct xingchen_call *call)
{
    struct flight *flight = flight_of(target, call);
    if (!flight) {
        flight = calloc(1, sizeof *flight);
        assert(flight);
        *flight = (struct flight){.next = target->flights, .target = target, .call = call};
        target->flights = flight;
    }
    flight->turn++;
    flight->away = !call->save;
    sim_at(sim.now + 1 + sim_delay(WAIT, WAIT_MOST), target->process, call->save ? save_ready : read_answered, flight,
           NULL, flight->turn);
}

bool xingchen_withdraw(struct xingchen *target, struct xingchen_call *call)
{
    struct flight *flight = flight_of(target, call);
    if (!flight || flight->away) {
        return false;
    }
    flight->call = NULL;
    return true;
}
