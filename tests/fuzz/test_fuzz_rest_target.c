/* A reply of a target of the driver "rest" to a save, an update, a find and a list: the first byte is its HTTP status and how it is
 * read, the rest its body. */
#include "loader/rest/answer.h"
#include "loader/rest/call.h"
#include "loader/rest/judge.h"
#include "tests/fuzz/fuzz.h"

enum { ROWS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 201, 204, 302, 400, 401, 404, 409, 429, 500, 503};
    static const struct text exists[] = {{"exists", 6}, {"409", 3}}, gone[] = {{"404", 3}}, busy[] = {{"busy", 4}};
    static const struct text well[] = {{"true", 4}, {"0", 1}};
    static const struct text numbers[ROWS] = {{"A", 1}, {"B", 1}, {"", 0}};
    static const char *const names[] = {"ok", "data", "id", NULL};
    static const struct rest_target rest = {
        .paged = true,
        .rows = {"/data/rows", 10},
        .found = {"/data", 5},
        .row_id = {"/id", 3},
        .row_number = {"/no", 3},
        .row_title = {"/name", 5},
        .total = {"/data/total", 11},
        .whole = {.id = {"/data/id", 8},
                  .message = {"/why", 4},
                  .code = {"/code", 5},
                  .success = {{"/ok", 3}, well, 2}},
        .results = {"/data/results", 13},
        .each = {.id = {"/id", 3}, .number = {"/no", 3}, .message = {"/why", 4}, .success = {{"/ok", 3}, well, 2}},
        .names = names};
    static const struct target_form form = {
        .id = {"id", 2},
        .number = {"no", 2},
        .words = {[WORD_EXISTS] = {exists, 2}, [WORD_GONE] = {gone, 1}, [WORD_BUSY] = {busy, 1}},
        .rest = &rest};
    if (size == 0) {
        return 0;
    }
    for (int kind = REST_CALL_SAVE; kind <= REST_CALL_LIST; kind++) {
        const struct http_reply http = {.reach = HTTP_ANSWERED,
                                        .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
                                        .body = {(const char *)data + 1, size - 1},
                                        .retry_after = -1,
                                        .total_count = -1};
        const struct target_call call = {.form = &form, .kind = kind};
        struct arena arena;
        struct answer answer;
        arena_init(&arena, ANSWER_ARENA_MAX);
        rest_answer_read(&arena, &form, &call, &http, data[0] & 0x80, &answer);
        MUST(answer.class != REPLY_FATAL || answer.cure);
        MUST(answer.class != REPLY_LOGIN);
        for (size_t count = 1; count <= ROWS; count += ROWS - 1) {
            struct judge_row rows[ROWS];
            for (size_t i = 0; i < count; i++) {
                rows[i] = (struct judge_row){.number = numbers[i], .op = i % 2 ? OP_UPDATE : OP_CREATE};
                rows[i].target_id = i % 2 ? TEXT("7") : TEXT("");
            }
            rest_judge(&arena, &form, &answer, rows, count);
            for (size_t i = 0; i < count; i++) {
                MUST(rows[i].judgement != JUDGE_REFUSED || rows[i].message.size > 0);
                MUST(rows[i].judgement != JUDGE_SAVED || answer.class == REPLY_DONE || answer.class == REPLY_REJECT);
            }
        }
        struct target_page page = {.count = 0};
        if (rest_list_read(&arena, &form, &answer, &page) == 0) {
            for (size_t i = 0; i < page.count; i++) {
                MUST(page.entries[i].id.size > 0);
            }
        }
        arena_fini(&arena);
    }
    return 0;
}
