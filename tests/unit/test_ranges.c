/* When is it the page that can't be read, and when the source? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extractor/ranges.h"

static const struct scheme scheme;

/* One page is refused every second until it is taken for one that can't be read; the number of the try, 0 = never. */
static int given_up_at(struct ranges *ranges, struct source_call *call, const struct source_answer *refusal, bool reads)
{
    enum { TRIES = 100 };
    for (int i = 1; i <= TRIES; i++) {
        struct source_answer answer = *refusal;
        bool probing = call->probing;
        assert_false(ranges_probed(ranges, call, &answer));
        if (!probing) {
            ranges_refused(ranges, call, (struct loop_ms){1000 + i * 1000}, &answer);
        }
        if (reads) {
            ranges_read(ranges, 100);
        }
        if (answer.unreadable && answer.refused) {
            return i;
        }
    }
    return 0;
}

static void a_page_that_fails_alone(void **state)
{
    static const struct {
        const char *name;
        struct source_answer refusal;
        const char *key;
        bool patient, reads, given_up;
    } rows[] = {
        {"others are read", {.class = REPLY_RETRY, .wait = -1, .heard = true}, NULL, true, true, true},
        {"an outage", {.class = REPLY_RETRY, .wait = -1, .heard = true}, NULL, true, false, false},
        {"no connection", {.class = REPLY_RETRY, .wait = -1}, NULL, true, true, false},
        {"told to wait", {.class = REPLY_RETRY, .wait = 5000, .heard = true}, NULL, true, true, false},
        {"throttled", {.class = REPLY_THROTTLED, .wait = -1, .heard = true}, NULL, true, true, false},
        {"one record by its key", {.class = REPLY_RETRY, .wait = -1, .heard = true}, "7", true, true, false},
        {"check", {.class = REPLY_RETRY, .wait = -1, .heard = true}, NULL, false, true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ranges ranges;
        struct source_call call = {.page = 3, .page_size = 100, .key = rows[i].key};
        ranges_init(&ranges, &scheme, rows[i].patient);
        ranges_begin(&ranges, &call);
        int at = given_up_at(&ranges, &call, &rows[i].refusal, rows[i].reads);
        if (rows[i].given_up ? at < 8 || at > 20 : at != 0) {
            fail_msg("%s: given up at %d", rows[i].name, at);
        }
    }
}

/* What was read before the page began to fail, or just then, does not count: it may be the beginning of an outage. */
static void an_outage_that_begins_with_a_page(void **state)
{
    const struct source_answer refusal = {.class = REPLY_RETRY, .wait = -1, .heard = true};
    struct ranges ranges;
    struct source_call call = {.page = 3, .page_size = 100};
    (void)state;
    ranges_init(&ranges, &scheme, true);
    ranges_begin(&ranges, &call);
    ranges_read(&ranges, 100);
    for (int i = 0; i < 3; i++) {
        struct source_answer answer = refusal;
        ranges_refused(&ranges, &call, (struct loop_ms){1000 + i}, &answer);
        ranges_read(&ranges, 100);
    }
    assert_int_equal(given_up_at(&ranges, &call, &refusal, false), 0);
    assert_true(call.outages > 10); /* meanwhile other records were asked for */
}

/* A source by offset that was asked for 100 records and gave 40: are there more? */
static void a_short_page_by_offset(void **state)
{
    static const struct rest_form rest = {.paging = REST_BY_OFFSET};
    static const struct soap_form soap = {.rest.paging = REST_BY_OFFSET};
    const struct scheme schemes[] = {{.source.rest = &rest}, {.source.soap = &soap}};
    static const struct text records[40] = {{"{}", 2}};
    struct arena arena;
    (void)state;
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < 4; i++) {
        bool more = i % 2 == 1;
        struct ranges ranges;
        struct source_call call = {.page = 3, .page_size = 100};
        struct source_answer page = {.class = REPLY_DONE, .records = records, .rows = 40, .total = -1};
        struct source_answer one = {.class = REPLY_DONE, .records = records, .rows = more, .total = -1};
        ranges_init(&ranges, &schemes[i / 2], true);
        ranges_begin(&ranges, &call);
        ranges_read(&ranges, 40);
        assert_true(ranges_divide(&ranges, &call, TEXT(""), &arena, &page)); /* first: the one behind them */
        struct source_asked asked = ranges_place(&ranges, &call);
        assert_int_equal(asked.no, 340);
        assert_int_equal(asked.size, 1);
        assert_true(ranges_probed(&ranges, &call, &one));
        asked = ranges_place(&ranges, &call); /* then the page again */
        assert_int_equal(asked.no, 3);
        assert_int_equal(asked.size, 100);
        assert_int_equal(ranges_divide(&ranges, &call, TEXT(""), &arena, &page), more);
        asked = ranges_place(&ranges, &call);
        assert_int_equal(asked.no, more ? 6 : 3);
        assert_int_equal(asked.size, more ? 50 : 100);
        division_fini(&call.division);
        /* The next page is asked for in parts at once, where the source caps them. */
        call = (struct source_call){.page = 4, .page_size = 100};
        ranges_begin(&ranges, &call);
        asked = ranges_place(&ranges, &call);
        assert_int_equal(asked.size, more ? 25 : 100);
        division_fini(&call.division);
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_that_fails_alone),
        cmocka_unit_test(an_outage_that_begins_with_a_page),
        cmocka_unit_test(a_short_page_by_offset),
    };
    return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
