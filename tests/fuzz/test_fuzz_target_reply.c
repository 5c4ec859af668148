/* A reply of the target to a save, a look-up and a list: the first byte is its HTTP status and how it is read, the rest its body. */
#include "loader/xingchen/find.h"
#include "loader/xingchen/judge.h"
#include "loader/xingchen/list.h"
#include "tests/fuzz/fuzz.h"

enum { ROWS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 200, 400, 401, 403, 404, 413, 429, 500, 502, 519};
    static const struct text numbers[ROWS] = {{"S1", 2}, {"S2", 2}, {"2", 1}, {"", 0}};
    if (size == 0) {
        return 0;
    }
    const struct http_reply http = {.reach = HTTP_ANSWERED,
                                    .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
                                    .body = {(const char *)data + 1, size - 1},
                                    .retry_after = -1};
    static const struct text login[] = {{"token", 5}, {"登录", 6}}, exists[] = {{"已存在", 9}, {"46001", 5}},
                             gone[] = {{"不存在", 9}};
    static const struct target_form form = {
        .id = {"id", 2},
        .number = {"number", 6},
        .list = {.rows = {"rows", 4}, .count = {"count", 5}, .pages = {"totalpage", 9}},
        .words = {[WORD_LOGIN] = {login, 2}, [WORD_EXISTS] = {exists, 2}, [WORD_GONE] = {gone, 1}}};
    struct arena arena;
    struct answer answer;
    arena_init(&arena, ANSWER_ARENA_MAX);
    answer_read(&arena, &form, &http, data[0] & 0x80, &answer);
    MUST(answer.class != REPLY_FATAL || answer.cure);
    for (size_t count = 1; count <= ROWS; count += ROWS - 1) { /* one row, then all */
        struct judge_row rows[ROWS];
        for (size_t i = 0; i < count; i++) {
            rows[i] = (struct judge_row){.number = numbers[i], .op = i % 2 ? OP_UPDATE : OP_CREATE};
            rows[i].target_id = i % 2 ? TEXT("7") : TEXT("");
        }
        judge_save(&arena, &form, &answer, rows, count);
        for (size_t i = 0; i < count; i++) {
            MUST(rows[i].judgement != JUDGE_SAVED || answer.class == REPLY_DONE || count > 1 || rows[i].id.size > 0);
            MUST(rows[i].judgement != JUDGE_REFUSED || rows[i].message.size > 0);
        }
    }
    struct text id = {NULL, 0};
    MUST(find_read(&arena, &form, &answer, numbers[0], &id, NULL) != TOLD_FOUND || id.size > 0);
    struct target_page page = {0};
    if (list_read(&arena, &form, &answer, &page) == 0) {
        for (size_t i = 0; i < page.count; i++) {
            MUST(page.entries[i].id.size > 0);
        }
    }
    arena_fini(&arena);
    return 0;
}
