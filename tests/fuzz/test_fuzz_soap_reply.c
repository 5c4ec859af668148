/* A reply of a SOAP service: the first byte is its HTTP status and what was told of its charset, the rest its body. */
#include <string.h>

#include "common/json/json.h"
#include "extractor/soap/reply.h"
#include "tests/fuzz/fuzz.h"

static const struct text zero[] = {{"0", 1}}, words[] = {{"busy", 4}};
static const struct soap_array lots[] = {{.name = {"lot", 3}}};
static const struct soap_array arrays[] = {
    {.name = {"tag", 3}},
    {.name = {"rows", 4}, .item = {"row", 3}, .inner = lots, .inner_count = 1},
};
static const struct soap_form form = {
    .rest = {.list = {"/R/l/i", 6}, .total = {"/R/n", 4}, .message = {"/R/m", 4}, .success = {{"/R/c", 4}, zero, 1}},
    .retry = {words, 1},
    .arrays = arrays,
    .array_count = 2,
};

static void look(const struct source_answer *answer)
{
    MUST(answer->class == REPLY_DONE || answer->why[0] != '\0');
    MUST(memchr(answer->why, 0, sizeof answer->why));
    for (size_t i = 0; i < answer->rows && i < 100; i++) {
        struct arena arena;
        struct cause cause;
        const cJSON *record;
        arena_init(&arena, 64 << 20);
        int error = json_parse(&arena, answer->records[i], 16 << 20, JSON_STRICT, &record, &cause);
        MUST(error == 0 || error == ERR_LIMIT || error == ERR_MEMORY); /* what XML becomes is JSON, always */
        arena_fini(&arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 500, 400, 429, 503, 204, 302};
    if (size == 0) {
        return 0;
    }
    const struct text body = {(const char *)data + 1, size - 1};
    const struct http_reply http = {.reach = HTTP_ANSWERED,
                                    .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
                                    .body = body,
                                    .raw = body,
                                    .charset_told = (data[0] & 0x40) != 0,
                                    .retry_after = -1,
                                    .total_count = -1};
    const struct source_asked asked = {data[0] & 0x20 ? 3 : 0, 10};
    struct arena arena;
    struct source_answer answer;
    arena_init(&arena, SOURCE_ARENA_MAX);
    soap_reply_read(&http, &form, TEXT("id"), &asked, 0, &arena, &answer);
    look(&answer);
    arena_fini(&arena);
    return 0;
}
