/* A target that behaves as real ones were seen to do: it says in words that a session is dead or that it is called too often, and
 * asks for time. Nothing is doubled, no innocent row is blamed, nobody calls too early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/truth.h"

#define LOST "会话信息已丢失，请重新登录"

static void the_token_was_given_twice(struct world *w, const cJSON *report)
{
    (void)report;
    assert_true(target_number(w, "logins") >= 2);
    assert_in_range(target_number(w, "logins"), 2, 40); /* each serves a few saves: no storm */
}

static void nobody_came_early(struct world *w, const cJSON *report)
{
    (void)report;
    assert_int_equal(target_number(w, "early"), 0);
    assert_true(target_number(w, "status") + target_number(w, "throttled") > 0);
}

/* A quarter of the calls fails, and still they carry full batches. Of some 60 calls all kinds together are never none. */
static void batches_stay_full(struct world *w, const cJSON *report)
{
    (void)report;
    static const char *const faults[] = {"lost", "truncate", "http502", "unexecuted", "late", "http519"};
    int64_t seen = 0;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        seen += target_number(w, faults[i]);
    }
    assert_true(seen > 0);
    assert_true(target_number(w, "rows") >= 40 * target_number(w, "saves"));
}

/* The first that was made stands, the other is refused and names it. */
static void the_other_is_named(struct world *w, const cJSON *report)
{
    (void)report;
    char *rejects = COMMAND(w, 0, "rejects", "list", "--json");
    assert_non_null(strstr(rejects, "number_clash"));
    assert_true(strstr(rejects, "S000001 for one") || strstr(rejects, "s000001 for one"));
    free(rejects);
}

static void the_reason_is_kept(struct world *w, const cJSON *report)
{
    (void)report;
    char *rejects = COMMAND(w, 0, "rejects", "list", "--json");
    assert_non_null(strstr(rejects, "商品类别不存在或已被禁用"));
    assert_null(strstr(rejects, "without a reason"));
    free(rejects);
}

static void nothing_was_sent_twice(struct world *w, const cJSON *report)
{
    (void)report;
    assert_in_range(target_number(w, "status"), 1, 8); /* calls at once */
}

static void it_may_be_saved(struct world *w, const cJSON *report)
{
    (void)report;
    char *rejects = COMMAND(w, 0, "rejects", "list", "--json");
    assert_non_null(strstr(rejects, "it may be saved or not"));
    free(rejects);
}

#define ADOPT                                                                                                          \
    {                                                                                                                  \
        "\"existing\": \"reject\"", "\"existing\": \"adopt\""                                                          \
    }
#define DEAD(form, words)                                                                                              \
    {                                                                                                                  \
        "--token_uses", "4", "--token_form", form, "--token_words", words                                              \
    }

static const struct truth cases[] = {
    /* What stands there: page 5 was read, then one of page 1 goes and another comes at the end. S000126, the first of page 6, moves to
     * page 5. (The double counts what was deleted, too.) */
    {.name = "a list that loses one and gains one while it is read",
     .shops = 300,
     .target = {"--duplicates", "take", "--book", "200", "--list_max", "25", "--list_swaps", "5"},
     .exit_code = 3,
     .created = 100,
     .rejected = 200,
     .materials = 301},

    {.name = "a page of the list is too large: it is read in smaller pages",
     .shops = 200,
     .target = {"--book", "120", "--list_pad", "200000"},
     .exit_code = 3,
     .created = 80,
     .rejected = 120,
     .materials = 200,
     .says = "lookup.smaller"},

    /* What trying again can't mend */
    {.name = "the address has moved",
     .shops = 30,
     .target = {"--status", "301", "--status_rate", "1", "--location", "https://new.example.com/open"},
     .exit_code = 1,
     .aborted = true,
     .says = "https://new.example.com/open"},
    {.name = "the address has moved, for saves",
     .shops = 30,
     .target = {"--status", "308", "--status_rate", "1", "--status_on", "saves", "--location",
                "https://new.example.com/open"},
     .exit_code = 1,
     .aborted = true,
     .says = "XINGCHEN_URL",
     .also = nothing_was_sent_twice},
    {.name = "a proxy wants a password",
     .shops = 30,
     .target = {"--status", "407", "--status_rate", "1"},
     .exit_code = 1,
     .aborted = true,
     .says = "HTTPS_PROXY"},

    /* Bytes that are no JSON */
    {.name = "half an emoji in a name of the list",
     .shops = 60,
     .target = {"--book", "20", "--damage", "surrogate"},
     .exit_code = 3,
     .created = 40,
     .rejected = 20,
     .materials = 60},
    {.name = "a NUL in a name of the list",
     .shops = 60,
     .target = {"--book", "20", "--damage", "nul"},
     .exit_code = 3,
     .created = 40,
     .rejected = 20,
     .materials = 60},
    {.name = "a member of the list that is 60 levels deep",
     .shops = 60,
     .target = {"--book", "20", "--damage", "deep"},
     .exit_code = 3,
     .created = 40,
     .rejected = 20,
     .materials = 60},
    {.name = "NaN in the list",
     .shops = 60,
     .target = {"--book", "20", "--damage", "number"},
     .exit_code = 3,
     .created = 40,
     .rejected = 20,
     .materials = 60},
    {.name = "a reason that is cut inside an emoji",
     .shops = 60,
     .target = {"--reject_numbers", "S000003", "--damage", "surrogate"},
     .exit_code = 3,
     .created = 59,
     .rejected = 1,
     .also = the_reason_is_kept},
    {.name = "a reason that ends in bytes that are no text",
     .shops = 60,
     .target = {"--reject_numbers", "S000003", "--damage", "bytes"},
     .exit_code = 3,
     .created = 59,
     .rejected = 1,
     .also = the_reason_is_kept},
    {.name = "a reason beside a member that is no JSON",
     .shops = 60,
     .target = {"--reject_numbers", "S000003", "--damage", "broken"},
     .exit_code = 3,
     .created = 59,
     .rejected = 1,
     .also = the_reason_is_kept},

    /* Words of a dead session */
    {.name = "session lost: outer message",
     .shops = 250,
     .target = DEAD("text", LOST),
     .created = 250,
     .also = the_token_was_given_twice},
    {.name = "登录已失效", .shops = 250, .target = DEAD("text", "登录已失效"), .created = 250},
    {.name = "登陆, as many write it",
     .shops = 120,
     .target = DEAD("text", "登陆状态已失效，请重新登陆！"),
     .created = 120,
     .also = the_token_was_given_twice},
    {.name = "a page that asks to log in",
     .shops = 200,
     .target = {"--token_uses", "5", "--token_form", "page"},
     .created = 200,
     .also = the_token_was_given_twice},
    {.name = "a redirect to the login",
     .shops = 200,
     .target = {"--token_uses", "5", "--token_form", "redirect"},
     .created = 200,
     .also = the_token_was_given_twice},
    {.name = "session lost: errorInfo of each row, as JSON in a text",
     .shops = 120,
     .target = {"--token_uses", "4", "--token_form", "rows", "--token_words", LOST, "--errors_form", "text"},
     .created = 120,
     .also = the_token_was_given_twice},
    {.name = "session lost: errorInfo of each row, as an object",
     .shops = 120,
     .target = {"--token_uses", "4", "--token_form", "rows", "--token_words", LOST, "--errors_form", "object"},
     .created = 120,
     .also = the_token_was_given_twice},
    {.name = "errorInfo as JSON in a text, guilty rows by number",
     .shops = 120,
     .target = {"--errors_form", "text", "--error_id", "number", "--reject_numbers", "S000003,S000070"},
     .exit_code = 3,
     .created = 118,
     .rejected = 2,
     .also = the_reason_is_kept},
    {.name = "errorInfo as an object, guilty rows by position",
     .shops = 120,
     .target = {"--errors_form", "object", "--reject_numbers", "S000003,S000070"},
     .exit_code = 3,
     .created = 118,
     .rejected = 2,
     .also = the_reason_is_kept},
    {.name = "登录态, 别处登录",
     .shops = 120,
     .target = DEAD("rows", "登录态丢失：您的账号已在别处登录"),
     .created = 120,
     .also = the_token_was_given_twice},
    {.name = "words that no file lists are quoted once, with the place to add them",
     .shops = 10,
     .target = {"--throttle", "1", "--throttle_form", "text", "--throttle_words", "今天天气不好"},
     .exit_code = 1,
     .aborted = true,
     .says = "add them to its /words",
     .once = true},
    {.name = "session lost, in another text for each row",
     .shops = 120,
     .target = DEAD("rows", "{number}: 会话已超时"),
     .created = 120,
     .also = the_token_was_given_twice},
    {.name = "the session dies inside a save, guilty rows by number",
     .shops = 200,
     .target = {"--token_uses", "5", "--token_form", "inside", "--token_words", LOST, "--partial", "1", "--error_id",
                "number"},
     .created = 200,
     .also = the_token_was_given_twice},
    {.name = "the session dies inside a save, a result for each row",
     .shops = 200,
     .target = {"--token_uses", "5", "--token_form", "inside", "--token_words", LOST, "--partial", "1", "--reply",
                "list"},
     .created = 200,
     .also = the_token_was_given_twice},
    {.name = "the session dies inside a save, guilty rows by position",
     .shops = 200,
     .target = {"--token_uses", "5", "--token_form", "inside", "--token_words", LOST, "--partial", "1"},
     .created = 200,
     .also = the_token_was_given_twice},
    {.name = "token expired, HTTP 519", .shops = 250, .target = DEAD("519", "access_token expired"), .created = 250},

    /* Waiting as told */
    {.name = "throttled in words, HTTP 200",
     .shops = 150,
     .target = {"--throttle", "0.3", "--throttle_form", "text", "--throttle_words", "请求过于频繁"},
     .created = 150},
    {.name = "throttled in errorInfo of each row",
     .shops = 150,
     .target = {"--throttle", "0.3", "--throttle_form", "rows", "--throttle_words", "访问太频繁，请稍后再试"},
     .created = 150},
    {.name = "503 with Retry-After on saves",
     .shops = 150,
     .target = {"--status", "503", "--status_next", "1", "--status_on", "saves", "--status_wait", "2"},
     .created = 150,
     .also = nobody_came_early},
    {.name = "503 with Retry-After as China writes times",
     .shops = 150,
     .target = {"--status", "503", "--status_next", "1", "--status_on", "saves", "--status_wait", "2", "--retry_form",
                "china"},
     .created = 150,
     .also = nobody_came_early},
    {.name = "500 with Retry-After as a date on saves",
     .shops = 150,
     .target = {"--status", "500", "--status_next", "1", "--status_on", "saves", "--status_wait", "2", "--retry_form",
                "date"},
     .created = 150,
     .also = nobody_came_early},
    {.name = "429 with Retry-After on look-ups",
     .shops = 120,
     .target = {"--book", "120", "--status", "429", "--status_next", "1", "--status_on", "lookups", "--status_wait",
                "2"},
     .scheme = ADOPT,
     .updated = 120,
     .also = nobody_came_early},

    /* Something around the JSON of every reply, the logins' too */
    {.name = "JSONP", .shops = 130, .target = {"--around", "jsonp"}, .created = 130, .says = "reply.around"},
    {.name = "a warning before it", .shops = 130, .target = {"--around", "warning"}, .created = 130},
    {.name = "JSON in quotes", .shops = 130, .target = {"--around", "quotes"}, .created = 130},

    /* Calls that the account has not subscribed to */
    {.name = "without material_detail_batch",
     .shops = 250,
     .target = {"--unsubscribed", "material_detail_batch", "--duplicates", "take", "--lost_next", "2"},
     .created = 250,
     .says = "lookup.unsubscribed"},
    {.name = "without material_detail_batch and material_detail",
     .shops = 250,
     .target = {"--unsubscribed", "material_detail_batch,material_detail", "--duplicates", "take", "--lost_next", "2",
                "--list_max", "40"},
     .created = 250,
     .says = "lookup.unsubscribed"},
    {.name = "without material_list, what stands there is looked up",
     .shops = 150,
     .target = {"--unsubscribed", "material_list", "--duplicates", "take", "--book", "40"},
     .exit_code = 3,
     .created = 110,
     .rejected = 40,
     .materials = 150,
     .says = "book.unlisted"},
    {.name = "look-ups that answer HTTP 404",
     .shops = 100,
     .target = {"--unsubscribed", "material_detail_batch,material_detail", "--unsubscribed_form", "404", "--duplicates",
                "take", "--lost_next", "2"},
     .created = 100,
     .says = "lookup.unsubscribed"},
    {.name = "look-ups without the right, HTTP 403",
     .shops = 100,
     .target = {"--unsubscribed", "material_detail_batch,material_detail", "--unsubscribed_form", "403", "--duplicates",
                "take", "--lost_next", "2"},
     .created = 100,
     .says = "lookup.unsubscribed"},
    {.name = "look-ups without the right, in words",
     .shops = 100,
     .target = {"--unsubscribed", "material_detail_batch,material_detail", "--unsubscribed_form", "text",
                "--duplicates", "take", "--lost_next", "2"},
     .created = 100,
     .says = "lookup.unsubscribed"},
    {.name = "look-ups that say that there is no such call, not that there is no such number",
     .shops = 100,
     .target = {"--unsubscribed", "material_detail_batch,material_detail", "--unsubscribed_form", "text",
                "--unsubscribed_words", "接口不存在", "--duplicates", "take", "--lost_next", "2", "--visible_ms",
                "200"},
     .created = 100,
     .says = "lookup.unsubscribed"},
    {.name = "a list that may not be read",
     .shops = 60,
     .target = {"--unsubscribed", "material_list", "--unsubscribed_form", "text", "--duplicates", "take", "--book",
                "20"},
     .exit_code = 3,
     .created = 40,
     .rejected = 20,
     .materials = 60,
     .says = "book.unlisted"},
    {.name = "without material_list and material_detail_batch",
     .shops = 60,
     .target = {"--unsubscribed", "material_list,material_detail_batch", "--duplicates", "take", "--book", "20"},
     .exit_code = 3,
     .created = 40,
     .rejected = 20,
     .materials = 60},

    /* Numbers that the target takes for one */
    {.name = "two spellings, the target takes duplicates",
     .shops = 250,
     .target = {"--number_stored", "all", "--number_compared", "all", "--duplicates", "take", "--lost", "0.2"},
     .edits = {"edit?shop_no=S000240&to=s000001", "edit?shop_no=S000010&to=%EF%BC%B3000200"},
     .exit_code = 3,
     .created = 248,
     .rejected = 2,
     .also = the_other_is_named},
    {.name = "two spellings, the target refuses duplicates",
     .shops = 250,
     .target = {"--number_compared", "case"},
     .edits = {"edit?shop_no=S000240&to=s000001"},
     .exit_code = 3,
     .created = 249,
     .rejected = 1,
     .also = the_other_is_named},
    {.name = "two spellings, adopted from nobody",
     .shops = 250,
     .target = {"--number_stored", "upper", "--number_compared", "case", "--lost", "0.2"},
     .edits = {"edit?shop_no=S000001&to=s000001", "edit?shop_no=S000240&to=S000001"},
     .scheme = ADOPT,
     .exit_code = 3,
     .created = 249,
     .rejected = 1,
     .also = the_other_is_named},
    {.name = "two spellings, one of them in the book",
     .shops = 150,
     .target = {"--number_compared", "case", "--duplicates", "take", "--book", "10"},
     .edits = {"edit?shop_no=S000003&to=s000003"},
     .exit_code = 3,
     .created = 140,
     .rejected = 10,
     .materials = 150},
    {.name = "two spellings, the target tells them apart",
     .shops = 150,
     .target = {"--duplicates", "take"},
     .edits = {"edit?shop_no=S000140&to=s000001"},
     .created = 150},

    {.name = "stored in another spelling, found by bytes only, reply lost",
     .shops = 40,
     .target = {"--number_stored", "upper", "--duplicates", "take", "--lost_next", "1"},
     .edits = {"edit?shop_no=S000003&to=s000003"},
     .exit_code = 3,
     .created = 39,
     .rejected = 1,
     .materials = 40,
     .also = it_may_be_saved},

    {.name = "stored in small letters, found by bytes only, reply lost",
     .shops = 40,
     .target = {"--number_stored", "lower", "--duplicates", "take", "--lost_next", "1"},
     .exit_code = 3,
     .rejected = 40,
     .materials = 40,
     .also = it_may_be_saved},
    {.name = "stored in capitals, found by bytes only, one spelling by the scheme",
     .shops = 150,
     .target = {"--number_stored", "upper", "--duplicates", "take", "--lost", "0.2"},
     .edits = {"edit?shop_no=S000140&to=s000001"},
     .scheme = {"\"filter\":", "\"letters\": \"capitals\", \"filter\":"},
     .exit_code = 3,
     .created = 149,
     .rejected = 1},

    /* Weather */
    {.name = "a quarter of the calls fails",
     .shops = 2000,
     .target = {"--duplicates", "take",         "--lost",     "0.08",   "--truncate",    "0.04",      "--http502",
                "0.04",         "--unexecuted", "0.02",       "--late", "0.02",          "--late_ms", "300",
                "--http519",    "0.02",         "--throttle", "0.02",   "--retry_after", "0"},
     .created = 2000,
     .also = batches_stay_full},

    /* Bytes */
    {.name = "gzip that nobody asked for", .shops = 30, .target = {"--encoding", "gzip"}, .created = 30},
    {.name = "numbers of the list in GBK, which nothing tells",
     .shops = 30,
     .target = {"--book", "30", "--book_mark", "瑠", "--charset", "gbk", "--charset_told", "none"},
     .exit_code = 1,
     .aborted = true,
     .materials = 30,
     .says = "no UTF-8"},
    {.name = "errors in GBK",
     .shops = 30,
     .target = {"--charset", "gbk", "--book", "30"},
     .scheme = ADOPT,
     .updated = 30},
};

int main(int argc, char **argv)
{
    return truth_run(argc, argv, cases, sizeof cases / sizeof *cases);
}
