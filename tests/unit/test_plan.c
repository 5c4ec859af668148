/* The planner's life beside the store's thread. */
#include <pthread.h>
#include <time.h>

#include "extractor/plan.h"
#include "tests/unit/store_place.h"

/* ---- a driver that never has anything to say ---- */

static int endpoint_open(const struct scheme *scheme, struct endpoint **out, struct cause *cause)
{
    (void)scheme, (void)cause;
    *out = (struct endpoint *)out; /* only its address counts */
    return 0;
}

static void endpoint_close(struct endpoint **endpoint)
{
    *endpoint = NULL;
}

static const char *endpoint_host(const struct endpoint *endpoint)
{
    (void)endpoint;
    return "nowhere";
}

static const struct source_driver silent = {.open = endpoint_open, .close = endpoint_close, .host = endpoint_host};

static void never_ended(void *user, int exit_code, const struct cause *cause)
{
    (void)user;
    fail_msg("ended with %d: %s", exit_code, cause->text);
}

static void no_signal(void *user)
{
    (void)user;
}

/* Holds the store's one write lock for a while, so that a job of the plan stands still meanwhile. */
static void *lock_release(void *held)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    int error = store_end(held, 0);
    return error ? held : NULL;
}

static void stops_while_a_job_runs(void **state)
{
    (void)state;
    struct place place;
    struct stage stage;
    struct cause cause = {""};
    assert_int_equal(place_make(&place), 0);
    const struct stage_options options = {.scheme = "schemes/shop-to-material.json", .log = "error", .metrics = "off"};
    int error = stage_open("extractor", ROLE_EXTRACTOR, &options, no_signal, NULL, &stage, &cause);
    error = error ? error : stage_store_open(&stage, 1, place.url, &cause);
    if (error) {
        fail_msg("%s", cause.text);
    }
    const struct source_options source = {.driver = &silent, .scheme = stage.scheme, .loop = stage.loop};
    const struct plan_options plan_options = {.stage = &stage,
                                              .bind = "tcp://127.0.0.1:*",
                                              .source = &source,
                                              .account = TEXT("sid"),
                                              .account_setting = "SID",
                                              .ended = never_ended};
    struct plan *plan = NULL;
    if (plan_new(&plan_options, &plan, &cause)) {
        fail_msg("%s", cause.text);
    }

    struct store *other = NULL;
    pthread_t thread;
    void *failed = NULL;
    assert_int_equal(store_open(place.url, &other, &cause), 0);
    assert_int_equal(store_begin(other, true), 0);
    assert_int_equal(pthread_create(&thread, NULL, lock_release, other), 0);
    plan_start(plan, false); /* its job waits for the lock */

    plan_stop(plan);
    stage_store_close(&stage, 1); /* waits for the job and hands it back */
    plan_free(&plan);
    stage_close(&stage);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    store_close(&other);
    assert_int_equal(place_remove(&place), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_while_a_job_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
