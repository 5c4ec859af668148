/* What the target answers to accountGroup, and to a page of a list: the first byte is the HTTP status, the rest the body. */
#include "loader/xingchen/account.h"
#include "loader/xingchen/list.h"
#include "tests/fuzz/fuzz.h"

static void account_seen(void *user, const struct target_account *account)
{
    int *count = user;
    MUST(account->id.size > 0);
    ++*count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 401, 519, 500};
    static const struct target_form form = {
        .id = {"id", 2},
        .number = {"number", 6},
        .list = {.rows = {"rows", 4}, .count = {"count", 5}, .pages = {"totalpage", 9}},
    };
    if (size == 0) {
        return 0;
    }
    const struct http_reply http = {.reach = HTTP_ANSWERED,
                                    .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
                                    .body = {(const char *)data + 1, size - 1},
                                    .retry_after = -1};
    struct arena arena;
    struct answer answer;
    struct target_page page = {0};
    int seen = 0;
    arena_init(&arena, ANSWER_ARENA_MAX);
    answer_read(&arena, &form, &http, true, &answer);
    int told = account_each(&arena, &answer, account_seen, &seen);
    MUST(told < 0 || told == seen);
    if (list_read(&arena, &form, &answer, &page) == 0) {
        for (size_t i = 0; i < page.count; i++) {
            MUST(page.entries[i].id.size > 0 && page.entries[i].id.size <= 64);
        }
        MUST(page.total >= -1 && page.pages >= -1);
    }
    arena_fini(&arena);
    return 0;
}
