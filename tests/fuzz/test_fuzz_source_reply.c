/* A reply of the source: the first byte is its HTTP status, the rest its body. */
#include <string.h>

#include "extractor/record.h"
#include "extractor/reply.h"
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
    const struct reply_form form = {keys, 2, slots, SLOTS};
    if (size == 0) {
        return 0;
    }
    const struct http_reply http = {.reach = HTTP_ANSWERED,
                                    .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
                                    .body = {(const char *)data + 1, size - 1},
                                    .retry_after = -1};
    struct arena arena;
    struct reply reply;
    arena_init(&arena, REPLY_ARENA_MAX);
    reply_judge(&http, &form, &arena, &reply);
    MUST(reply.class == REPLY_DONE || reply.why[0] != '\0');
    MUST(memchr(reply.why, 0, sizeof reply.why));
    if (reply.class == REPLY_DONE) {
        struct buffer out, scratch;
        uint8_t digest[RECORD_DIGEST];
        size_t rows = 0;
        buffer_init(&out, 1 << 20);
        buffer_init(&scratch, 1 << 20);
        if (record_pack(&scheme, reply.list, 100, &out, &scratch, digest, &rows) == 0) {
            MUST(rows <= reply.rows && rows <= 100);
            char room[SCHEME_NUMBER_ROOM];
            (void)record_key(&scheme, record_first(&scheme, buffer_text(&out)), room);
        }
        buffer_fini(&out);
        buffer_fini(&scratch);
    }
    arena_fini(&arena);
    return 0;
}
