#include "extractor/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/container.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/pace/concurrency.h"
#include "common/store/store.h"
#include "extractor/ranges.h"

enum {
    CALL_TIMEOUT = 30000,     /* ms of one call */
    REQUEST_MAX = 256 * 1024, /* bytes of a request's body */
    BAN_MOST = RETRY_GIVE_UP, /* ms: a ban that lasts longer means that the quota is used up */
    BAN_LOOK = 1000,          /* ms between looks for a ban that another worker met */
    LOGINS_MOST = 5,          /* tokens that may be refused for one call */
    ARENA_KEEP = 8 << 20,
};

struct source {
    struct source_options options;
    const struct source_driver *driver;
    struct endpoint *endpoint;
    struct oauth *oauth;       /* NULL = no token is fetched */
    const char *host;          /* lives with the endpoint */
    char api[200];             /* label of the calls in metrics */
    struct source_call *calls; /* under way */
    struct ranges ranges;
    struct arena arena;
    struct loop_timer look;
    struct concurrency at_once;
    struct loop_ms failing_since; /* .ms 0 = the last call was answered */
    bool told;                    /* the log says that it is failing */
    bool answered;                /* there was an answer once */
    bool around_told;             /* the log says that something stands around replies */
    bool over;                    /* `ended` was called */
    struct cause trouble;         /* why there was no page since the last one; "" = there is no trouble */
};

/* ---- calls ---- */

static void call_unlink(struct source *source, struct source_call *call)
{
    if (call->prev) {
        call->prev->next = call->next;
    } else {
        source->calls = call->next;
    }
    if (call->next) {
        call->next->prev = call->prev;
    }
    call->next = call->prev = NULL;
    call->busy = false;
}

void source_drop(struct source *source, struct source_call *call)
{
    if (!call->busy) {
        return;
    }
    call_unlink(source, call);
    division_fini(&call->division);
    loop_clear_timer(source->options.loop, &call->retry);
    if (source->options.limit) {
        limit_leave(source->options.limit, &call->wait);
    }
    if (call->http) {
        struct http_call *http = call->http;
        call->http = NULL;
        http_cancel(source->options.http, http);
    }
}

static void end(struct source *source, int exit_code, const struct cause *cause)
{
    if (source->over) {
        return;
    }
    source->over = true;
    source->trouble = *cause;
    while (source->calls) {
        source_drop(source, source->calls);
    }
    loop_clear_timer(source->options.loop, &source->look);
    source->options.ended(source->options.user, exit_code, cause);
}

/* Nobody may call for hours: because of the quota, or of another reason (`quota` false: told here or to another worker). */
static bool end_if_banned(struct source *source, int64_t left, bool quota)
{
    if (left <= BAN_MOST) {
        return false;
    }
    time_t until = clock_seconds() + (time_t)(left / 1000);
    struct tm at;
    char when[40];
    (void)localtime_r(&until, &at);
    (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &at);
    struct cause cause;
    if (quota) {
        (void)cause_set(
            &cause, ERR_REFUSED,
            "%s: the source's quota of calls is used up until %s (%lld minutes); what was read is kept, run "
            "again then",
            source->host, when, (long long)(left / 60000));
    } else {
        (void)cause_set(&cause, ERR_REFUSED,
                        "%s: the source wants no call until %s (%lld minutes); what was read is kept, run again then",
                        source->host, when, (long long)(left / 60000));
    }
    end(source, EXIT_UNFINISHED, &cause);
    return true;
}

static void trouble_note(struct source *source, const char *why)
{
    (void)cause_set(&source->trouble, ERR_TIMEOUT, "%s: %s", source->host, why);
}

const char *source_trouble(const struct source *source)
{
    return source->trouble.text[0] ? source->trouble.text : NULL;
}

struct store_ms source_banned_until(const struct source *source)
{
    return source->options.limit ? limit_banned_until(source->options.limit) : (struct store_ms){0};
}

static void look(void *user)
{
    struct source *source = user;
    struct store_ms until = source_banned_until(source);
    if (until.ms == 0 || !end_if_banned(source, store_since(until, store_now(source->options.store)), false)) {
        loop_set_after(source->options.loop, &source->look, BAN_LOOK);
    }
}

/* A time to wait that the source told with a failure, for all workers. True: it is too long. */
static bool told_to_wait(struct source *source, const struct source_answer *answer)
{
    if (answer->wait > 0 && source->options.limit) {
        limit_pause(source->options.limit, answer->wait);
    }
    return end_if_banned(source, answer->wait, false);
}

/* Nothing works just now. True: it has been so for as long as our patience lasts, or must wait for too long, and it is over. */
static bool failing(struct source *source, const struct source_answer *answer, int attempt)
{
    struct loop_ms now = loop_now(source->options.loop);
    if (source->failing_since.ms == 0) {
        source->failing_since = now;
    }
    trouble_note(source, answer->why);
    struct cause cause;
    int64_t patience = source->options.patience;
    patience = answer->strange ? wrap_patience(answer->kind, source->answered, patience) : patience;
    if (loop_since(now, source->failing_since) >= patience) {
        bool check = !answer->heard || answer->strange;
        (void)cause_set(&cause, ERR_TIMEOUT, "%s: %s; %s%s%s", source->host, answer->why,
                        check ? "check " : "try again later", check ? source->driver->address_setting : "",
                        check ? ", this host's network and HTTPS_PROXY" : "");
        end(source, EXIT_UNFINISHED, &cause);
        return true;
    }
    if (told_to_wait(source, answer)) {
        return true;
    }
    if (!source->told && attempt >= 2) {
        source->told = true;
        (void)cause_set(&cause, ERR_TIMEOUT, "%s: %s; trying again for up to %lld s", source->host, answer->why,
                        (long long)(patience / 1000));
        log_event(EVENT_SOURCE_DOWN, cause.text, NULL);
    }
    return false;
}

/* The call goes out again after a pause. */
static void again(struct source *source, struct source_call *call, const struct source_answer *answer)
{
    if (failing(source, answer, call->attempt)) {
        return;
    }
    int64_t pause = retry_pause(call->attempt++);
    pause = answer->wait > pause ? answer->wait : pause;
    loop_set_after(source->options.loop, &call->retry, pause);
}

static void throttled(struct source *source, struct source_call *call, const struct source_answer *answer)
{
    if (!source->options.limit) {
        struct cause cause;
        (void)cause_set(&cause, ERR_REFUSED, "%s: %s", source->host, answer->why);
        if (!end_if_banned(source, answer->wait, true)) {
            end(source, EXIT_UNFINISHED, &cause);
        }
        return;
    }
    trouble_note(source, answer->why);
    limit_throttled(source->options.limit, answer->wait);
    if (!end_if_banned(source, answer->wait, true)) {
        limit_enter(source->options.limit, &call->wait);
    }
}

static void enter(void *user);
static void call_send(struct source *source, struct source_call *call);

/* ---- the token ---- */

static struct source_call *unlogged(struct source *source)
{
    struct source_call *call = source->calls;
    while (call && !call->unlogged) {
        call = call->next;
    }
    if (call) {
        call->unlogged = false;
    }
    return call;
}

static void logged_in(void *user)
{
    struct source_call *call;
    while ((call = unlogged(user)) != NULL) {
        call_send(user, call); /* its turn has come before */
    }
}

/* The calls that wait for a token wait for the next try, each for itself. */
static void not_logged_in(void *user, const struct oauth_failure *failure)
{
    struct source *source = user;
    struct source_answer answer = {.class = REPLY_RETRY, .wait = failure->wait, .heard = failure->heard};
    struct source_call *call;
    (void)snprintf(answer.why, sizeof answer.why, "%s", failure->why);
    if (failure->class == REPLY_FATAL) {
        struct cause cause;
        (void)cause_set(&cause, ERR_REFUSED, "%s: %s", source->host, failure->why);
        end(source, EXIT_REFUSED, &cause);
    }
    while ((call = unlogged(source)) != NULL) {
        again(source, call, &answer);
    }
}

/* The server refuses the token of this call. */
static void token_refused(struct source *source, struct source_call *call, const struct source_answer *answer)
{
    oauth_refused(source->oauth, call->token);
    if (++call->logins < LOGINS_MOST) {
        loop_set_after(source->options.loop, &call->retry, call->logins == 1 ? 0 : retry_pause(call->logins));
        return;
    }
    struct cause cause;
    (void)cause_set(&cause, ERR_REFUSED, "%s: it refuses its own fresh tokens: %s", source->host, answer->why);
    end(source, EXIT_REFUSED, &cause);
}

static int oauth_begin(struct source *source, struct cause *cause)
{
    struct oauth_options options = {.loop = source->options.loop,
                                    .http = source->options.http,
                                    .timeout = CALL_TIMEOUT,
                                    .ready = logged_in,
                                    .failed = not_logged_in,
                                    .user = source};
    if (!source->driver->oauth || !source->driver->oauth(source->endpoint, &options)) {
        return 0;
    }
    int error = oauth_new(&options, &source->oauth);
    return error ? cause_set(cause, error, "out of memory") : 0;
}

/* ---- answers ---- */

void source_note_rows(struct source *source, int64_t rows)
{
    ranges_note(&source->ranges, rows);
}

/* It has said something that can be read. */
static void source_well(struct source *source)
{
    source->failing_since.ms = 0;
    if (source->told) {
        source->told = false;
        log_line(EVENT_SOURCE_BACK, "%s answers again", source->host);
    }
}

static void page_again(struct source *source, struct source_call *call, const char *why)
{
    struct source_answer failed = {.class = REPLY_RETRY, .wait = -1, .heard = true};
    (void)snprintf(failed.why, sizeof failed.why, "%s", why);
    division_fini(&call->division);
    call->stand_ins = call->tears = 0;
    again(source, call, &failed);
}

/* Keeps what a range brought and asks for the next one. True: the page is whole, and *answer is it. */
static bool range_done(struct source *source, struct source_call *call, struct source_answer *answer)
{
    struct division *division = &call->division;
    call->tears = 0;
    if (division->stride == 0 || (call->total_only && answer->total >= 0)) {
        return true;
    }
    if (division_add(division, answer->records, answer->rows) != 0) {
        page_again(source, call, "out of memory");
        return false;
    }
    division->total = division->at == 0 ? answer->total : division->total;
    if (division_next(division)) {
        enter(call);
        return false;
    }
    answer->records = division->records;
    answer->rows = division->count;
    /* A total below that is a range's own count. */
    answer->total = division->total >= (int64_t)division->count ? division->total : -1;
    return true;
}

static void source_page_done(struct source *source, struct source_call *call, struct source_answer *answer)
{
    if (!range_done(source, call, answer)) {
        return;
    }
    if (ranges_outage(&source->ranges, call)) {
        call->probing = call->key == NULL;
        call->outages++;
        page_again(source, call, "the reply is not JSON that can be read");
        return;
    }
    ranges_came(&source->ranges, call, answer);
    call_unlink(source, call);
    struct division division = call->division; /* done() may ask again with the same call */
    call->division = (struct division){0};
    call->done(call, answer);
    division_fini(&division);
}

static void answered(void *user, const struct http_reply *http)
{
    struct source_call *call = user;
    struct source *source = call->source;
    if (!call->http) {
        return; /* dropped: this is http_cancel's own call */
    }
    call->http = NULL;
    struct source_answer answer;
    source->driver->read(source->endpoint, &call->asked, http, &source->arena, &answer);
    call->large = call->large || answer.too_large;
    if (answer.around && !source->around_told) {
        source->around_told = true;
        log_event(EVENT_REPLY_AROUND, "something stands around the JSON of a reply; it is left out", "api",
                  LOG_STR(source->api), NULL);
    }
    if (answer.class == REPLY_DONE) {
        ranges_read(&source->ranges, (int64_t)answer.rows);
        source->answered = true;
        source->trouble.text[0] = '\0';
    }
    bool probing = call->probing, probed = ranges_probed(&source->ranges, call, &answer);
    if (probed && answer.class == REPLY_DONE) {
        source_well(source);
    }
    if (!probing) {
        ranges_refused(&source->ranges, call, loop_now(source->options.loop), &answer);
    }
    if (probed || ranges_divide(&source->ranges, call, http->body, &source->arena, &answer)) {
        enter(call);
        arena_reset(&source->arena, ARENA_KEEP);
        return;
    }
    if (answer.class == REPLY_DONE || answer.class == REPLY_RETRY) {
        (void)concurrency_note(&source->at_once, loop_now(source->options.loop), (int64_t)(http->seconds * 1000),
                               answer.class == REPLY_DONE);
    }
    if (answer.class == REPLY_RETRY) {
        again(source, call, &answer);
        arena_reset(&source->arena, ARENA_KEEP);
        return;
    }
    if (!answer.stand_in) {
        source_well(source);
    }
    if (answer.class == REPLY_DONE) {
        source_page_done(source, call, &answer);
    } else if (answer.class == REPLY_THROTTLED) {
        throttled(source, call, &answer);
    } else if (answer.class == REPLY_LOGIN && source->oauth) {
        token_refused(source, call, &answer);
    } else {
        struct cause cause;
        (void)cause_set(&cause, ERR_REFUSED, "%s: %s", source->host, answer.why);
        end(source, EXIT_REFUSED, &cause);
    }
    arena_reset(&source->arena, ARENA_KEEP);
}

static int request_send(struct source *source, struct source_call *call)
{
    struct source_request written = {0};
    buffer_init(&written.body, REQUEST_MAX);
    call->asked = ranges_place(&source->ranges, call);
    if (source->oauth) {
        source->driver->authorise(source->endpoint, oauth_line(source->oauth));
    }
    const struct source_page page = {.slice = call->slice,
                                     .window = call->window,
                                     .no = call->asked.no,
                                     .size = call->asked.size,
                                     .cursor = call->cursor ? call->cursor : ""};
    int error = call->key ? source->driver->ask(source->endpoint, call->key, page.no, page.size, &written)
                          : source->driver->fetch(source->endpoint, &page, &written);
    const struct http_request request = {
        .api = source->api,
        .method = written.method,
        .url = written.url,
        .headers = written.headers,
        .own_body = &written.body,
        .timeout = CALL_TIMEOUT,
        .done = answered,
        .user = call,
    };
    error = error ? error : http_send(source->options.http, &request, &call->http);
    buffer_fini(&written.body);
    return error;
}

static void call_send(struct source *source, struct source_call *call)
{
    if (source->oauth && !oauth_take(source->oauth, &call->token)) {
        call->unlogged = true;
        return;
    }
    int error = request_send(source, call);
    if (error) {
        struct source_answer answer = {.class = REPLY_RETRY, .wait = -1};
        (void)snprintf(answer.why, sizeof answer.why, "a call could not be made: %s", error_text(error));
        again(source, call, &answer);
    }
}

static void paced(struct limit_wait *wait)
{
    struct source_call *call = CONTAINER_OF(wait, struct source_call, wait);
    call_send(call->source, call);
}

static void enter(void *user)
{
    struct source_call *call = user;
    if (call->source->options.limit) {
        limit_enter(call->source->options.limit, &call->wait);
    } else {
        call_send(call->source, call);
    }
}

void source_ask(struct source *source, struct source_call *call)
{
    if (source->over || call->busy) {
        return;
    }
    call->source = source;
    call->attempt = call->logins = 0;
    call->busy = true;
    call->unlogged = false;
    call->http = NULL;
    call->wait = (struct limit_wait){.go = paced};
    call->retry = (struct loop_timer){.fn = enter, .user = call};
    ranges_begin(&source->ranges, call);
    call->prev = NULL;
    call->next = source->calls;
    if (call->next) {
        call->next->prev = call;
    }
    source->calls = call;
    enter(call);
}

/* ---- life ---- */

int source_new(const struct source_options *options, struct source **out, struct cause *cause)
{
    const struct scheme *scheme = options->scheme;
    struct source *source = calloc(1, sizeof *source);
    if (!source) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    source->options = *options;
    source->driver = options->driver;
    source->look = (struct loop_timer){.fn = look, .user = source};
    ranges_init(&source->ranges, scheme, options->patience > 0);
    concurrency_init(&source->at_once, scheme->source.concurrency);
    (void)snprintf(source->api, sizeof source->api, "%.*s", TEXT_ARG(scheme->source.api));
    arena_init(&source->arena, SOURCE_ARENA_MAX);
    int error = source->driver->open(scheme, &source->endpoint, cause);
    if (error) {
        source_free(&source);
        return error;
    }
    source->host = source->driver->host(source->endpoint);
    error = oauth_begin(source, cause);
    if (error) {
        source_free(&source);
        return error;
    }
    *out = source;
    return 0;
}

void source_revive(struct source *source)
{
    source->over = source->told = false;
    source->failing_since.ms = 0;
    ranges_forget(&source->ranges);
    if (source->options.limit) {
        loop_set_after(source->options.loop, &source->look, 0);
    }
}

void source_free(struct source **source_held)
{
    struct source *source = *source_held;
    *source_held = NULL;
    if (!source) {
        return;
    }
    while (source->calls) {
        source_drop(source, source->calls);
    }
    loop_clear_timer(source->options.loop, &source->look);
    arena_fini(&source->arena);
    oauth_free(&source->oauth);
    if (source->endpoint) {
        source->driver->close(&source->endpoint);
    }
    free(source);
}

int64_t source_concurrency(const struct source *source)
{
    return source->at_once.now;
}

const char *source_unready(const struct source *source)
{
    return source->over        ? "the source refused, or can't be reached: the log says why"
           : source->told      ? "the source does not answer"
           : !source->answered ? "the source has not answered yet"
                               : NULL;
}

const char *source_host(const struct source *source)
{
    return source->host;
}
