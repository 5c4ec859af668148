/* A reply of the source: the first byte is its HTTP status, the rest its body. */
#include <string.h>

#include "common/wire/wire.h"
#include "extractor/qimen/reply.h"
#include "extractor/record.h"
#include "tests/fuzz/fuzz.h"

static const struct text slots[] = {{"shop_no", 7}, {"shop_name", 9}, {"is_disabled", 11}, {"platform_id", 11}};
enum { SLOTS = sizeof slots / sizeof *slots };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 200, 200, 400, 401, 403, 404, 429, 500, 502, 302};
    static const struct text keys[] = {{"shoplist", 8}, {"shop_list", 9}};
    static const bool secret[SLOTS];
    static const struct scheme scheme = {
        .slots = slots, .slot_secret = secret, .slot_count = SLOTS, .source.title_slot = 1};
    const struct reply_form form = {keys, 2, slots[0]};
    if (size == 0) {
        return 0;
    }
    const struct http_reply http = {.reach = HTTP_ANSWERED,
                                    .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
                                    .body = {(const char *)data + 1, size - 1},
                                    .retry_after = -1};
    struct arena arena;
    struct source_answer answer;
    arena_init(&arena, SOURCE_ARENA_MAX);
    qimen_reply_read(&http, &form, &arena, &answer);
    MUST(answer.class == REPLY_DONE || answer.why[0] != '\0');
    MUST(memchr(answer.why, 0, sizeof answer.why));
    if (answer.class == REPLY_DONE) {
        struct buffer out;
        uint8_t digest[RECORD_DIGEST];
        size_t rows = answer.rows < 100 ? answer.rows : 100, packed = 0;
        buffer_init(&out, 1 << 20);
        if (record_pack(&scheme, answer.records, rows, 0, &out, &arena, digest, &packed) == 0) {
            MUST(packed == rows);
            char room[SCHEME_NUMBER_ROOM];
            struct value values[SLOTS];
            struct text rest = buffer_text(&out), raw;
            (void)record_key(&scheme, record_first(&scheme, rest), room);
            for (size_t i = 0; i < rows; i++) {
                MUST(wire_take_source(&rest, SLOTS, values, &raw) == 0);
            }
            MUST(rest.size == 0);
        }
        buffer_fini(&out);
    }
    arena_fini(&arena);
    return 0;
}
