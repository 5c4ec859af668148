/* A million records through extractor, transformer and loader ends, every one looked at; memory stays flat. */
#include "tests/unit/link_rig.h"

enum { PAGES = 10000, WINDOW = 4 * ROWS, GROWTH_MAX = 8 << 20 /* bytes */ };

/* Freed memory that ASan keeps back would look like growth. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1";
}

static struct {
    struct link_out *extractor, *transformer;
    struct link_in *from_extractor, *from_transformer;
    struct buffer records;
    struct loop *loop;
    int64_t sent, acked, loaded, most_held;
    size_t warm; /* resident bytes after a quarter */
} chain;

static size_t resident(void)
{
    char line[100];
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    return strtoul(strchr(line, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void extract(void *user)
{
    (void)user;
    while (chain.sent < PAGES && link_out_room(chain.extractor) > 0) {
        struct page page = {.run = 1, .no = chain.sent, .fence = 1};
        for (int64_t i = 0; i < ROWS; i++) {
            wire_put_array(&chain.records, 2);
            wire_put_integer(&chain.records, chain.sent * ROWS + i);
            wire_put_text(&chain.records, TEXT("浙江省杭州市西湖区文三路四百零八号一楼店铺"));
        }
        assert_int_equal(link_out_send(chain.extractor, &page, ROWS, &chain.records, NULL), 0);
        chain.sent++;
    }
}

static void never(void *user, void *tag, const struct page *page)
{
    (void)user;
    (void)tag;
    fail_msg("page %lld came back", (long long)page->no);
}

static void extracted(void *user, void *tag, const struct page *page, const struct page_times *times)
{
    (void)times;
    (void)user;
    (void)tag;
    (void)page;
    if (++chain.acked == PAGES / 4) {
        chain.warm = resident();
    }
    if (chain.acked == PAGES) {
        loop_stop(chain.loop, 0);
    }
}

static void transform(void *user, struct link_in_batch *batch)
{
    (void)user;
    struct text rest = batch->records;
    for (size_t i = 0; i < batch->rows; i++) {
        struct value values[2];
        struct mapped row = {.kind = RECORD_PAYLOAD, .key = TEXT("k"), .number = TEXT("n")};
        assert_int_equal(wire_take_source(&rest, 2, values, &row.source), 0);
        memcpy(row.hash, &values[0].integer, sizeof values[0].integer);
        row.payload = values[1].text;
        wire_put_mapped(&chain.records, &row);
    }
    assert_int_equal(link_out_send(chain.transformer, &batch->page, batch->rows, &chain.records, batch), 0);
    chain.most_held = (int64_t)link_in_batches(chain.from_extractor) > chain.most_held
                          ? (int64_t)link_in_batches(chain.from_extractor)
                          : chain.most_held;
}

static void transformed(void *user, void *tag, const struct page *page, const struct page_times *times)
{
    (void)times;
    (void)user;
    (void)page;
    link_in_ack(chain.from_extractor, tag);
}

static void load(void *user, struct link_in_batch *batch)
{
    (void)user;
    struct text rest = batch->records;
    for (size_t i = 0; i < batch->rows; i++) {
        struct mapped row;
        int64_t number = 0;
        assert_int_equal(wire_take_mapped(&rest, &row), 0);
        memcpy(&number, row.hash, sizeof number);
        assert_int_equal(number, batch->page.no * ROWS + (int64_t)i);
        chain.loaded++;
    }
    assert_int_equal(rest.size, 0);
    link_in_ack(chain.from_transformer, batch);
}

static void nothing(void *user)
{
    (void)user;
}

static void test_a_million_records(void **state)
{
    (void)state;
    static const struct link_out_events extractor_events = {extracted, never, NULL, extract};
    static const struct link_out_events transformer_events = {transformed, never, NULL, nothing};
    static const struct link_in_events from_extractor = {transform, NULL, NULL};
    static const struct link_in_events from_transformer = {load, NULL, NULL};
    struct cause cause;
    void *zmq = zmq_ctx_new();
    buffer_init(&chain.records, WIRE_FRAME_MAX);
    assert_int_equal(loop_new(&chain.loop), 0);
    assert_int_equal(link_out_new(zmq, chain.loop, "tcp://127.0.0.1:*", &extractor, &extractor_events, NULL,
                                  &chain.extractor, &cause),
                     0);
    assert_int_equal(link_out_new(zmq, chain.loop, "tcp://127.0.0.1:*", &transformer, &transformer_events, NULL,
                                  &chain.transformer, &cause),
                     0);
    assert_int_equal(link_in_new(zmq, chain.loop, link_out_address(chain.extractor), &transformer, &from_extractor,
                                 NULL, &chain.from_extractor, &cause),
                     0);
    assert_int_equal(link_in_new(zmq, chain.loop, link_out_address(chain.transformer), &loader, &from_transformer, NULL,
                                 &chain.from_transformer, &cause),
                     0);
    link_in_window(chain.from_extractor, WINDOW, 0);
    link_in_window(chain.from_transformer, WINDOW, 0);
    assert_int_equal(loop_run(chain.loop), 0);
    assert_int_equal(chain.acked, PAGES);
    assert_int_equal(chain.loaded, (int64_t)PAGES * ROWS);
    assert_in_range(chain.most_held, 1, WINDOW / ROWS);
    assert_true(resident() < chain.warm + GROWTH_MAX);
    link_in_free(&chain.from_extractor);
    link_in_free(&chain.from_transformer);
    link_out_free(&chain.extractor);
    link_out_free(&chain.transformer);
    loop_free(&chain.loop);
    zmq_ctx_term(zmq);
    buffer_fini(&chain.records);
}

int main(void)
{
    struct cause cause;
    if (log_open("test_link_chain", "error", &cause)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_million_records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
