/* The client of the target over a real store whose clock is days away from the loop's, as PostgreSQL's is; HTTP is put in its
 * place here. */
#include "store_place.h"

#include "common/observe/metrics.h"
#include "common/pace/shared_api.h"
#include "loader/client.h"
#include "loader/xingchen/settings.h"
#include "loader/xingchen/xingchen.h"

enum { PATIENCE = 20000 };
#define DAYS(n) ((n)*INT64_C(86400000))

/* ---- common/http/http.h: replies by path ---- */

static const struct target_form form = {.id = {"id", 2}, .number = {"number", 6}};

static int logins; /* tokens that were given out */

struct http {
    struct loop *loop;
};
struct fake_call {
    struct loop_timer timer;
    http_done_fn *done;
    void *user;
    char body[300];
};

int http_new(struct loop *loop, const struct http_options *options, struct http **out, struct cause *cause)
{
    (void)options, (void)cause;
    *out = calloc(1, sizeof **out);
    assert_non_null(*out);
    (*out)->loop = loop;
    return 0;
}

void http_free(struct http **http)
{
    free(*http);
    *http = NULL;
}

void http_cancel(struct http *http, struct http_call *call)
{
    (void)http, (void)call;
    fail();
}

static void fake_reply(void *user)
{
    struct fake_call *call = user;
    struct http_reply reply = {
        .reach = HTTP_ANSWERED, .status = 200, .retry_after = -1, .body = text_of(call->body), .seconds = 0.001};
    call->done(call->user, &reply);
    free(call);
}

int http_send(struct http *http, const struct http_request *request, struct http_call **out)
{
    struct fake_call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    *out = NULL;
    call->done = request->done;
    call->user = request->user;
    if (strcmp(request->api, "auth/user/access_token") == 0) {
        snprintf(call->body, sizeof call->body,
                 "{\"errcode\":0,\"data\":{\"access_token\":\"a token of %d\",\"expires_in\":100}}", ++logins);
    } else if (strcmp(request->api, "jdy/sys/accountGroup") == 0) {
        snprintf(call->body, sizeof call->body,
                 "{\"success\":true,\"data\":[{\"accountGroups\":[{\"accountId\":\"7\",\"groupName\":\"g\"}]}]}");
    } else {
        snprintf(call->body, sizeof call->body, "{\"success\":true,\"data\":{\"path\":\"%s\"}}", request->api);
    }
    call->timer = (struct loop_timer){.fn = fake_reply, .user = call};
    loop_set_after(http->loop, &call->timer, 1);
    return 0;
}

/* ---- a world: one store, whose clock the test moves ---- */

struct world {
    struct place place;
    struct store *store;
    struct loop *loop;
    struct metrics *metrics;
    int64_t ahead; /* ms of the store's clock before the loop's */
    int ready;
    bool late;
};

static int64_t store_clock(void *user)
{
    const struct world *w = user;
    return clock_ms() + w->ahead;
}

static int world_open(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct cause cause;
    assert_non_null(w);
    assert_int_equal(place_make(&w->place), 0);
    assert_int_equal(store_open(w->place.url, &w->store, &cause), 0);
    store_set_clock(w->store, store_clock, w);
    assert_int_equal(loop_new(&w->loop), 0);
    assert_int_equal(metrics_new(&w->metrics), 0);
    assert_int_equal(store_start(w->store, w->loop, w->metrics), 0);
    xingchen_settings = (struct xingchen_settings){.url = "http://127.0.0.1:1",
                                                   .client_id = "id",
                                                   .client_secret = "a client secret",
                                                   .username = "user",
                                                   .password = "a password",
                                                   .account = "7"};
    logins = 0;
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *w = *state;
    if (w->store) {
        store_close(&w->store);
    }
    metrics_free(&w->metrics);
    loop_free(&w->loop);
    int error = place_remove(&w->place);
    free(w);
    return error;
}

static void fatal(void *user, const struct cause *cause, int exit_code)
{
    (void)user;
    fail_msg("gave up with %d: %s", exit_code, cause->text);
}

static void ready(void *user)
{
    struct world *w = user;
    w->ready++;
    loop_stop(w->loop, 0);
}

static void too_late(void *user)
{
    struct world *w = user;
    w->late = true;
    loop_stop(w->loop, 0);
}

static struct client *client_of(struct world *w, const char *owner)
{
    struct client *client = NULL;
    struct cause cause;
    const struct client_options options = {.loop = w->loop,
                                           .store = w->store,
                                           .metrics = w->metrics,
                                           .driver = &xingchen_driver,
                                           .form = &form,
                                           .timeout = 1000,
                                           .connections = 2,
                                           .owner = owner,
                                           .account_wanted = true,
                                           .ready = ready,
                                           .fatal = fatal,
                                           .user = w};
    assert_int_equal(client_new(&options, &client, &cause), 0);
    return client;
}

/* Runs the loop until one login more is in hand, or `ms` are over. */
static bool comes(struct world *w, int64_t ms)
{
    struct loop_timer late = {.fn = too_late, .user = w};
    w->late = false;
    loop_set_after(w->loop, &late, ms);
    assert_int_equal(loop_run(w->loop), 0);
    loop_clear_timer(w->loop, &late);
    return !w->late;
}

/* ---- cases ---- */

/* Another loader logged in, and its token's time is nearly over: it is renewed then, not at once and not never. */
static void renews(struct world *w, int64_t ahead)
{
    w->ahead = ahead;
    struct client *first = client_of(w, "first");
    client_login(first);
    assert_true(comes(w, PATIENCE));
    assert_int_equal(logins, 1);
    client_stop(first);
    w->ahead += 78500; /* of the 80 s that a token of 100 s serves */
    struct client *second = client_of(w, "second");
    client_login(second);
    assert_true(comes(w, PATIENCE));
    assert_int_equal(logins, 1); /* it read the first one's */
    int64_t from = clock_ms();
    assert_true(comes(w, PATIENCE));
    assert_int_equal(logins, 2);
    assert_true(clock_ms() - from >= 900);
    client_stop(second);
    store_close(&w->store); /* a job of theirs may be under way until then */
    client_free(&first);
    client_free(&second);
}

static void renews_where_the_store_is_ahead(void **state)
{
    renews(*state, DAYS(20000));
}

static void renews_where_the_store_is_behind(void **state)
{
    renews(*state, -clock_ms() + 1000);
}

/* Before `until` of the store's clock nobody calls: said by another worker. */
static void ban(struct world *w, int64_t ms)
{
    struct store *store = NULL;
    struct cause cause;
    assert_int_equal(store_open(w->place.url, &store, &cause), 0);
    store_set_clock(store, store_clock, w);
    assert_int_equal(store_begin(store, true), 0);
    assert_int_equal(store_end(store, api_ban(store, TEXT("xingchen:7"), store_after(store_now(store), ms))), 0);
    store_close(&store);
}

static void unwanted(struct client_call *call, const struct answer *answer)
{
    (void)call, (void)answer;
    fail();
}

/* Nothing was answered for long, and what keeps the calls is a ban: rows that wait for its end are no stuck ones. */
static void a_ban_is_a_reason_to_wait(void **state)
{
    struct world *w = *state;
    w->ahead = 1000 - clock_ms();
    struct client *client = client_of(w, "one");
    client_login(client);
    assert_true(comes(w, PATIENCE));
    ban(w, 60000);
    struct client_call call = {.path = "test/item", .done = unwanted};
    client_start(client, &call);
    assert_false(comes(w, 500));
    for (int64_t from = clock_ms(); !client_lives(client) && clock_ms() - from < PATIENCE;) {
        assert_false(comes(w, 100)); /* a busy store tells of the ban later */
    }
    assert_true(client_lives(client));
    assert_true(client_withdraw(client, &call));
    client_stop(client);
    store_close(&w->store); /* a job of theirs may be under way until then */
    client_free(&client);
}

/* What one worker was told to wait holds for the login of another too. */
static void nobody_logs_in_while_all_must_wait(void **state)
{
    struct world *w = *state;
    w->ahead = DAYS(20000);
    ban(w, 1500);
    struct client *client = client_of(w, "one");
    int64_t from = clock_ms();
    client_login(client);
    assert_true(comes(w, PATIENCE));
    assert_true(clock_ms() - from >= 1400);
    assert_int_equal(logins, 1);
    client_stop(client);
    store_close(&w->store);
    client_free(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(renews_where_the_store_is_ahead, world_open, world_close),
        cmocka_unit_test_setup_teardown(renews_where_the_store_is_behind, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_ban_is_a_reason_to_wait, world_open, world_close),
        cmocka_unit_test_setup_teardown(nobody_logs_in_while_all_must_wait, world_open, world_close),
    };
    return RUN_ON_EVERY_STORE(tests);
}
