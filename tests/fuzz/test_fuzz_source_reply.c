/* A reply of the source: the first byte is its HTTP status, the rest its body. */
#include <string.h>

#include "common/wire/wire.h"
#include "extractor/qimen/reply.h"
#include "extractor/record.h"
#include "extractor/rest/reply.h"
#include "tests/fuzz/fuzz.h"

static const struct text slots[] = {{"shop_no", 7}, {"shop_name", 9}, {"is_disabled", 11}, {"platform_id", 11}};
enum { SLOTS = sizeof slots / sizeof *slots };

/* The same bytes through the driver that knows its API by pointers alone. */
static void read_rest(const struct http_reply *http, struct arena *arena)
{
    static const struct text values[] = {{"0", 1}};
    static const char *const names[] = {"response", NULL};
    static const struct rest_form form = {
        .list = {"/response/shoplist", 18},
        .total = {"/response/total_count", 21},
        .success = {{"/response/errorcode", 19}, values, 1},
        .retry = {{"/response/code", 14}, values, 1},
        .message = {"/response/message", 17},
        .names = names,
    };
    const struct source_asked asked = {0, 100};
    struct source_answer answer;
    rest_reply_read(http, &form, slots[0], &asked, 0, arena, &answer);
    MUST(answer.class == REPLY_DONE || answer.why[0] != '\0');
    MUST(memchr(answer.why, 0, sizeof answer.why));
    for (size_t i = 0; i < answer.rows; i++) {
        MUST(answer.records[i].size > 0);
    }
}

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
    read_rest(&http, &arena);
    arena_fini(&arena);
    return 0;
}
