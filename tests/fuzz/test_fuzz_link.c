/* A frame of the link, as either end reads it; msgpack-c is the judge of what is one msgpack value. */
#include <msgpack.h>

#include "common/link/hello.h"
#include "tests/fuzz/fuzz.h"

enum { SLOTS = 6 };

/* What the transformer does with a batch of the extractor. */
static void take_source(struct text records, size_t rows)
{
    static const struct text names[SLOTS] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}, {"f", 1}};
    const struct source_form form = {names, SLOTS};
    struct buffer shown;
    buffer_init(&shown, WIRE_FRAME_MAX);
    for (size_t i = 0; i < rows; i++) {
        struct value values[SLOTS];
        struct text raw;
        size_t before = records.size;
        if (wire_take_source(&records, SLOTS, values, &raw)) {
            break;
        }
        MUST(raw.size > 0 && raw.size == before - records.size);
        MUST(wire_put_source(&shown, &form, raw) == 0 || shown.failed);
    }
    buffer_fini(&shown);
}

/* What the loader does with one of the transformer: what it takes it can write again. */
static void take_mapped(struct text records, size_t rows)
{
    struct buffer again;
    buffer_init(&again, WIRE_FRAME_MAX);
    for (size_t i = 0; i < rows; i++) {
        struct mapped row, same;
        if (wire_take_mapped(&records, &row)) {
            break;
        }
        buffer_clear(&again, WIRE_FRAME_MAX);
        wire_put_mapped(&again, &row);
        struct text copy = buffer_text(&again);
        MUST(again.failed || (wire_take_mapped(&copy, &same) == 0 && text_equal(same.key, row.key) &&
                              text_equal(same.payload, row.payload)));
    }
    buffer_fini(&again);
}

/* What wire_check takes for one whole value is one to msgpack-c, too. The other way round can't be tried: msgpack-c would
 * believe any count. */
static void judge(struct text bytes)
{
    msgpack_unpacked unpacked;
    size_t end = 0;
    msgpack_unpacked_init(&unpacked);
    MUST(msgpack_unpack_next(&unpacked, bytes.data, bytes.size, &end) == MSGPACK_UNPACK_SUCCESS && end == bytes.size);
    msgpack_unpacked_destroy(&unpacked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hello_self self = {ROLE_TRANSFORMER, "abcd", "s1", "host:1"};
    struct wire_message message;
    struct buffer frame;
    struct text bytes = {(const char *)data, size};
    if (wire_check(bytes) == 0) {
        judge(bytes);
    }
    if (wire_read(bytes, &message)) {
        return 0;
    }
    MUST(message.type >= WIRE_HELLO && message.type <= WIRE_ERROR);
    if (message.type == WIRE_BATCH) {
        MUST(message.rows <= WIRE_ROWS_MAX);
        take_source(message.records, message.rows);
        take_mapped(message.records, message.rows);
    } else if (message.type == WIRE_HELLO || message.type == WIRE_WELCOME) {
        struct cause ours, theirs;
        (void)!hello_check(&self, &message.hello, &ours, &theirs);
    }
    buffer_init(&frame, WIRE_FRAME_MAX);
    wire_write(&frame, &message);
    if (message.type != WIRE_BATCH && !frame.failed) { /* of a batch it is the part before the records */
        struct wire_message same;
        MUST(wire_read(buffer_text(&frame), &same) == 0 && same.type == message.type);
    }
    buffer_fini(&frame);
    return 0;
}
