#include "ctl/top/scrape.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/http/http.h"
#include "common/loop/loop.h"

enum { TIMEOUT = 3000 /* ms of one page */, PAGE_MAX = 4 << 20, AT_ONCE = 32 };

static double clock_s(void)
{
    return (double)clock_us() / 1e6;
}

/* ---- who is asked ---- */

static int worker_add(struct scrape *fresh, const struct scrape *known, const char *address)
{
    for (size_t i = 0; i < fresh->count; i++) {
        if (strcmp(fresh->workers[i].address, address) == 0) {
            return 0;
        }
    }
    struct worker *grown =
        fresh->count < SCRAPE_WORKERS ? reallocarray(fresh->workers, fresh->count + 1, sizeof *fresh->workers) : NULL;
    if (!grown) {
        return fresh->count < SCRAPE_WORKERS ? ERR_MEMORY : ERR_LIMIT;
    }
    fresh->workers = grown;
    struct worker *worker = &grown[fresh->count++];
    *worker = (struct worker){.stage = STAGE_UNKNOWN};
    (void)snprintf(worker->address, sizeof worker->address, "%s", address);
    for (size_t i = 0; i < known->count; i++) {
        if (strcmp(known->workers[i].address, address) == 0) {
            *worker = known->workers[i];
        }
    }
    return 0;
}

/* HOST:PORT or [V6]:PORT into its parts. */
static bool place_split(struct text place, char *host, size_t host_room, char *port, size_t port_room)
{
    const char *colon = place.size > 0 ? memrchr(place.data, ':', place.size) : NULL;
    if (!colon) {
        return false;
    }
    struct text head = {place.data, (size_t)(colon - place.data)};
    struct text tail = {colon + 1, place.size - head.size - 1};
    if (head.size > 2 && head.data[0] == '[' && head.data[head.size - 1] == ']') {
        head = (struct text){head.data + 1, head.size - 2};
    }
    int64_t number;
    if (head.size == 0 || head.size >= host_room || tail.size >= port_room || text_integer(tail, &number) != 0 ||
        number < 1 || number > 65535) {
        return false;
    }
    /* As everywhere in dianchen: localhost is 127.0.0.1, not two addresses of which one is silent. */
    struct text local = text_equal(head, TEXT("localhost")) ? TEXT("127.0.0.1") : head;
    (void)snprintf(host, host_room, "%.*s", TEXT_ARG(local));
    (void)snprintf(port, port_room, "%.*s", TEXT_ARG(tail));
    return true;
}

static int place_resolve(struct scrape *fresh, const struct scrape *known, struct text place, struct cause *cause)
{
    char host[256], port[8];
    if (!place_split(place, host, sizeof host, port, sizeof port)) {
        return cause_set(cause, ERR_INPUT, "--at %.*s: not HOST:PORT; write 127.0.0.1:9701,loader:9703",
                         TEXT_ARG(place));
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
    int told = getaddrinfo(host, port, &hints, &list);
    if (told != 0) {
        return cause_set(cause, ERR_INPUT, "--at %.*s: %s", TEXT_ARG(place), gai_strerror(told));
    }
    int error = 0;
    for (const struct addrinfo *one = list; one && !error; one = one->ai_next) {
        char ip[80], address[SCRAPE_ADDRESS];
        if (getnameinfo(one->ai_addr, one->ai_addrlen, ip, sizeof ip, NULL, 0, NI_NUMERICHOST) == 0) {
            (void)snprintf(address, sizeof address, strchr(ip, ':') ? "[%s]:%s" : "%s:%s", ip, port);
            error = worker_add(fresh, known, address);
        }
    }
    freeaddrinfo(list);
    return error ? cause_set(cause, error, "--at %.*s: %s; at most %d workers are shown", TEXT_ARG(place),
                             error_text(error), SCRAPE_WORKERS)
                 : 0;
}

int scrape_resolve(struct scrape *scrape, const char *at, struct cause *cause)
{
    struct scrape fresh = {0};
    struct text rest = text_of(at);
    int error = 0;
    while (rest.size > 0 && !error) {
        const char *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
        struct text place = text_trim((struct text){rest.data, size});
        size += comma != NULL;
        rest = (struct text){rest.data + size, rest.size - size};
        if (place.size > 0) {
            error = place_resolve(&fresh, scrape, place, cause);
        }
    }
    if (error) {
        scrape_free(&fresh);
        return error;
    }
    scrape_free(scrape);
    *scrape = fresh;
    return 0;
}

void scrape_free(struct scrape *scrape)
{
    free(scrape->workers);
    *scrape = (struct scrape){0};
}

/* ---- asking ---- */

struct visit {
    struct loop *loop;
    struct http *http;
    struct scrape *scrape;
    size_t next, under_way; /* workers not yet asked begin at `next` */
};

struct errand { /* one worker's page */
    struct visit *visit;
    struct worker *worker;
};

static struct errand errands[SCRAPE_WORKERS];

static void ask_some(struct visit *visit);

static bool ask(struct errand *errand, const char *page, http_done_fn *done)
{
    char url[SCRAPE_ADDRESS + 20];
    (void)snprintf(url, sizeof url, "http://%s/%s", errand->worker->address, page);
    const struct http_request request = {
        .api = "metrics", .method = "GET", .url = url, .timeout = TIMEOUT, .done = done, .user = errand};
    struct http_call *call;
    bool asked = http_send(errand->visit->http, &request, &call) == 0;
    errand->visit->under_way += asked;
    return asked;
}

/* /readyz of one that is not ready: a line with the reason. */
static void reason_told(void *user, const struct http_reply *reply)
{
    const struct errand *errand = user;
    struct sample *now = &errand->worker->now;
    const char *end = reply->body.size > 0 ? memchr(reply->body.data, '\n', reply->body.size) : NULL;
    size_t size = end ? (size_t)(end - reply->body.data) : reply->body.size;
    (void)snprintf(now->why, sizeof now->why, "%.*s", (int)size, reply->body.data ? reply->body.data : "");
    errand->visit->under_way--;
    ask_some(errand->visit);
}

static void answered(void *user, const struct http_reply *reply)
{
    struct errand *errand = user;
    struct visit *visit = errand->visit;
    struct sample *now = &errand->worker->now;
    now->at = clock_s();
    if (reply->reach != HTTP_ANSWERED) {
        (void)snprintf(now->why, sizeof now->why, "%s", reply->why);
    } else if (reply->status != 200) {
        (void)snprintf(now->why, sizeof now->why, "HTTP %d", reply->status);
    } else {
        now->up = sample_read(reply->body, now);
        errand->worker->stage = now->up ? now->stage : errand->worker->stage;
        (void)snprintf(now->why, sizeof now->why, "%s", now->up ? "" : "no stage of dianchen serves there");
    }
    visit->under_way--;
    if (now->up && now->ready <= 0) {
        (void)ask(errand, "readyz", reason_told);
    }
    ask_some(visit);
}

static void ask_some(struct visit *visit)
{
    while (visit->next < visit->scrape->count && visit->under_way < AT_ONCE) {
        size_t i = visit->next++;
        errands[i] = (struct errand){visit, &visit->scrape->workers[i]};
        if (!ask(&errands[i], "metrics", answered)) {
            struct sample *now = &visit->scrape->workers[i].now;
            (void)snprintf(now->why, sizeof now->why, "out of memory");
        }
    }
    if (visit->under_way == 0) {
        loop_stop(visit->loop, 0);
    }
}

int scrape_take(struct scrape *scrape, struct cause *cause)
{
    for (size_t i = 0; i < scrape->count; i++) {
        struct worker *worker = &scrape->workers[i];
        worker->before = worker->now;
        worker->now = (struct sample){0};
    }
    struct visit visit = {.scrape = scrape};
    const struct http_options options = {.connections = AT_ONCE, .body_limit = PAGE_MAX};
    int error = loop_new(&visit.loop);
    if (!error) {
        error = http_new(visit.loop, &options, &visit.http, cause);
    }
    if (!error && scrape->count > 0) {
        ask_some(&visit);
        error = loop_run(visit.loop);
    }
    if (error) {
        (void)cause_set(cause, error, "the workers can't be asked: %s", error_text(error));
    }
    http_free(&visit.http);
    loop_free(&visit.loop);
    return error;
}
