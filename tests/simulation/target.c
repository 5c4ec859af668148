/* The target: a book that takes two materials of one number without a word. It executes late (<= D) or never, shows late
 * (<= V), loses replies, refuses guilty rows in all the ways that the V1 API is known for. In place of loader/client.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "common/json/json.h"
#include "loader/client.h"
#include "loader/xingchen/xingchen.h"
#include "sim.h"

enum { WAIT = 20, WAIT_MOST = 3000, LEAVE = 10, REPLY = 20 };

/* ---- calls on their way ---- */

struct client {
    struct process *process;
    struct client_options options;
    struct flight *flights;
};

struct flight {
    struct flight *next;
    struct client *client;
    struct client_call *call; /* NULL = nobody waits for it any more */
    bool away;                /* the body has left, or a read is under way */
    int turn;                 /* of client_start: events of an earlier one are void */
    struct buffer body;
    bool audit; /* the body is one of an audit */
};

static struct flight *flight_of(const struct client *client, const struct client_call *call)
{
    struct flight *flight = client->flights;
    while (flight && flight->call != call) {
        flight = flight->next;
    }
    return flight;
}

static void finish(struct flight *flight, const struct answer *answer)
{
    struct client_call *call = flight->call;
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

/* Answers with the text of a reply, whose words the driver reads. */
static void finish_read(struct flight *flight, const char *text)
{
    struct arena arena;
    struct answer answer;
    const struct http_reply reply = {.reach = HTTP_ANSWERED, .status = 200, .retry_after = -1, .body = text_of(text)};
    arena_init(&arena, 1 << 20);
    xingchen_driver.read(&arena, &sim.scheme->target.form, NULL, &reply, true, &answer);
    if (answer.class != REPLY_LOGIN) {
        sim_break("a lost login is not understood: %s", text);
    }
    finish(flight, &answer);
    arena_fini(&arena);
}

struct body_tree { /* of a body */
    struct arena arena;
    const cJSON *tree;
};

static const cJSON *items_of(struct body_tree *reading, struct text body)
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

static void replied(struct event *event)
{
    struct flight *flight = event->a;
    struct buffer *data = event->b;
    if (flight->call && event->n == 0) {
        sim.count.garbled++;
        sim_note("its reply can't be read");
        struct answer answer = {.class = REPLY_RETRY,
                                .whole = true,
                                .status = 200,
                                .wait = -1,
                                .code = TEXT(""),
                                .message = TEXT("the reply is no JSON object")};
        buffer_fini(data);
        finish(flight, &answer);
    } else if (flight->call) {
        finish_with(flight, true, data);
    }
}

static void save(struct flight *flight, struct buffer *data)
{
    struct body_tree reading;
    struct item items[ITEMS_MAX];
    size_t count = book_items(items_of(&reading, buffer_text(&flight->body)), items), refused = 0;
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
            book_save(&items[i]);
        }
    }
    if (book.as_list) {
        for (size_t i = 0; i < count; i++) {
            buffer_add_char(data, i > 0 ? ',' : '[');
            book_result(data, &items[i], 1, i);
        }
        buffer_add_char(data, ']');
    } else {
        book_result(data, items, count, 0);
    }
    arena_fini(&reading.arena);
}

static void execute(struct event *event)
{
    struct flight *flight = event->a;
    struct buffer *data = calloc(1, sizeof *data);
    assert(data);
    buffer_init(data, 1 << 16);
    if (flight->audit) {
        struct body_tree reading;
        (void)items_of(&reading, buffer_text(&flight->body));
        audit_execute(json_get(reading.tree, "ids"), data);
        arena_fini(&reading.arena);
    } else {
        save(flight, data);
    }
    bool readable = sim.calm || !sim_chance(60);
    if (!sim.calm && sim_chance(100)) {
        sim.count.lost_replies++;
        sim_note("its reply is lost");
    } else if (flight->client) {
        sim_at(sim.now + sim_delay(REPLY, sim.timeout), flight->client->process, replied, flight, data, readable);
    }
}

static void timed_out(struct event *event)
{
    struct flight *flight = event->a;
    if (flight->call) {
        sim_note(event->n ? "a save's connection breaks" : "a save is given up: no reply");
        finish_without(flight, REPLY_RETRY, false);
    }
}

static void note_post(const struct flight *flight)
{
    struct body_tree reading;
    struct item items[ITEMS_MAX];
    const cJSON *list = items_of(&reading, buffer_text(&flight->body));
    size_t count = flight->audit ? 0 : book_items(list, items);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(items[i].name));
        sim_note("POST %s %s", items[i].id.size > 0 ? "update" : "create", name);
        judge_posted(name);
    }
    if (flight->audit) {
        sim_note("POST %.*s", TEXT_ARG(buffer_text(&flight->body)));
    }
    arena_fini(&reading.arena);
}

/* The body's last bytes leave: not after send_by. */
static void body_leaves(struct event *event)
{
    struct flight *flight = event->a;
    struct client_call *call = flight->call;
    if (!call || flight->turn != event->n) {
        return;
    }
    if (call->send_by.ms != 0 && sim.now >= call->send_by.ms) {
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
    if (!sim.calm && book.forgets && sim_chance(150)) {
        sim.count.forgotten++;
        sim_note("the target has forgotten the login of a save");
        finish_read(flight,
                    sim_chance(500)
                        ? "{\"success\":false,\"message\":\"the token is lost\",\"errorCode\":\"500\"}"
                        : "{\"success\":true,\"data\":{\"successPkIds\":[],\"success\":false,\"errorInfo\":[{\"id\":"
                          "\"\",\"msg\":\"the token is lost\"}],\"message\":\"\"}}");
        return;
    }
    flight->away = true;
    flight->body = call->wire.body; /* a save gives it away */
    call->wire.body = (struct buffer){0};
    sim.count.posts++;
    flight->audit = target_audits() && strcmp(call->path, sim.scheme->target.steps[0].path.data) == 0;
    note_post(flight);
    bool breaks = !sim.calm && sim_chance(60); /* soon, whatever the target does with it */
    sim_at(sim.now + (breaks ? (int64_t)sim_dice(200) : sim.timeout), sim.current, timed_out, flight, NULL, breaks);
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
    struct client_call *call = flight->call;
    if (!call || flight->turn != event->n) {
        return;
    }
    if (call->ready(call) && flight->call == call) { /* it may have been withdrawn in there */
        sim_at(sim.now + 1 + sim_delay(LEAVE, 2 * sim.times.send), flight->client->process, body_leaves, flight, NULL,
               flight->turn);
        flight->away = true;
    }
}

/* ---- looking up ---- */

static void material_write(struct buffer *out, const struct material *material)
{
    buffer_format(out, "{\"id\":\"%s\",\"number\":\"%s\",\"status\":\"%s\"}", material->id, material->number,
                  audit_shows(material) ? "C" : "Z");
}

static int64_t number_in(const cJSON *tree, const char *name)
{
    int64_t n = 1;
    (void)!json_integer(json_get(tree, name), &n);
    return n;
}

static bool is_listed(const struct material *material)
{
    return !material->gone && sim.now >= material->shown_at;
}

/* A page of what stands there; it may hold fewer rows than were asked for, and says how many pages there are of that size. */
static void read_list(struct flight *flight, struct text body)
{
    struct body_tree reading;
    struct buffer data;
    int64_t count = 0;
    (void)items_of(&reading, body);
    int64_t size = number_in(reading.tree, "pagesize"), first;
    size = size < book.list_cap ? size : book.list_cap;
    int64_t page = number_in(reading.tree, "page");
    first = (page - 1) * size;
    arena_fini(&reading.arena);
    buffer_init(&data, 1 << 16);
    buffer_add_text(&data, TEXT("{\"rows\":["));
    for (size_t i = 0; i < book.count; i++) {
        const struct material *material = book_listed(i);
        bool here = is_listed(material) && count >= first && count < first + size;
        buffer_add_text(&data, here && count > first ? TEXT(",") : TEXT(""));
        if (here) {
            material_write(&data, material);
        }
        count += is_listed(material);
    }
    if (!sim.calm && book.moves > 0) {
        book.moves--;
        book.moved++;
    }
    if (!sim.calm && page == book.swaps) {
        book_swap();
    }
    buffer_format(&data, "],\"count\":%lld,\"totalpage\":%lld}", (long long)count,
                  (long long)((count + size - 1) / size));
    sim.count.list_pages++;
    finish_with(flight, true, &data);
}

static void read_units(struct flight *flight)
{
    struct buffer data;
    int count = 0;
    buffer_init(&data, 1 << 12);
    buffer_add_text(&data, TEXT("{\"rows\":["));
    for (int unit = 0; unit < UNITS; unit++) {
        if (target_has_unit(unit)) {
            buffer_format(&data, "%s{\"id\":\"U%d\",\"number\":\"%d\",\"name\":\"u%d\"}", count > 0 ? "," : "", unit,
                          unit, unit);
            count++;
        }
    }
    buffer_format(&data, "],\"count\":%d,\"totalpage\":1}", count);
    finish_with(flight, true, &data);
}

static void read_detail(struct flight *flight, struct text body, bool bulk)
{
    struct body_tree reading;
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
        const struct material *material = book_by_number(json_text(json_get(item, "number")), true);
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

static bool is_unsubscribed(struct text path)
{
    const struct target_form *form = &sim.scheme->target.form;
    return (text_equal(path, form->find_many) && (book.without == WITHOUT_MANY || book.without == WITHOUT_ONE)) ||
           (text_equal(path, form->find_one) && book.without == WITHOUT_ONE) ||
           (text_equal(path, form->list.path) && book.without == WITHOUT_LIST);
}

static void read_answered(struct event *event)
{
    struct flight *flight = event->a;
    const struct client_call *call = flight->call;
    if (!call || flight->turn != event->n) {
        return;
    }
    const struct target_form *form = &sim.scheme->target.form;
    if (is_unsubscribed(text_of(call->path))) {
        struct answer answer = {.class = REPLY_FATAL,
                                .idle = true,
                                .absent = true,
                                .status = 519,
                                .wait = -1,
                                .code = TEXT(""),
                                .message = TEXT("API Not Found")};
        assert(call->optional);
        finish(flight, &answer);
        return;
    }
    if (text_equal(text_of(call->path), form->list.path)) {
        read_list(flight, buffer_text(&call->wire.body));
        return;
    }
    if (text_equal(text_of(call->path), form->lookups[0].path)) {
        read_units(flight);
        return;
    }
    bool many = text_equal(text_of(call->path), form->find_many);
    if (!many && !text_equal(text_of(call->path), form->find_one)) {
        sim_break("a call to %s, which the API file does not name", call->path);
        return;
    }
    sim.count.settles++;
    read_detail(flight, buffer_text(&call->wire.body), many);
}

/* ---- the driver: the bodies and meanings that ship, but no settings and no login ---- */

static const char *account(void)
{
    return "A1";
}

const struct target_driver *target_driver(void)
{
    static struct target_driver driver;
    driver = xingchen_driver;
    driver.account = account;
    return &driver;
}

/* ---- loader/client.h ---- */

int client_new(const struct client_options *options, struct client **out, struct cause *cause)
{
    (void)cause;
    struct client *client = calloc(1, sizeof *client);
    assert(client);
    *client = (struct client){.process = sim.current, .options = *options};
    *out = client;
    return 0;
}

void client_stop(struct client *client)
{
    for (struct flight *flight = client->flights; flight; flight = flight->next) {
        flight->call = NULL; /* what has left will be executed all the same */
        flight->client = NULL;
    }
    client->flights = NULL;
}

void client_free(struct client **client)
{
    if (*client) {
        client_stop(*client);
        free(*client);
        *client = NULL;
    }
}

bool client_lives(const struct client *client)
{
    (void)client;
    return true;
}

const char *client_ails(const struct client *client)
{
    (void)client;
    return NULL;
}

const char *client_trouble(const struct client *client)
{
    (void)client;
    return NULL;
}

static void logged_in(struct event *event)
{
    struct client *client = event->a;
    client->options.ready(client->options.user);
}

void client_login(struct client *client)
{
    sim_at(sim.now + 1 + sim_delay(REPLY, WAIT_MOST), client->process, logged_in, client, NULL, 0);
}

void client_start(struct client *client, struct client_call *call)
{
    struct flight *flight = flight_of(client, call);
    if (!flight) {
        flight = calloc(1, sizeof *flight);
        assert(flight);
        *flight = (struct flight){.next = client->flights, .client = client, .call = call};
        client->flights = flight;
    }
    flight->turn++;
    flight->away = !call->save;
    sim_at(sim.now + 1 + sim_delay(WAIT, WAIT_MOST), client->process, call->save ? save_ready : read_answered, flight,
           NULL, flight->turn);
}

bool client_withdraw(struct client *client, struct client_call *call)
{
    struct flight *flight = flight_of(client, call);
    if (!flight || flight->away) {
        return false;
    }
    flight->call = NULL;
    return true;
}
