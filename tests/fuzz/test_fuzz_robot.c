/* What a group robot answers, and the words of others in what it is sent: the first byte says which robot. */
#include <string.h>

#include "common/alert/form.h"
#include "common/json/json.h"
#include "tests/fuzz/fuzz.h"

enum { BODY_MAX = 1 << 20 };

/* No mention, and JSON that can be read. */
static void sent(enum alert_form form, struct text words)
{
    struct buffer address, body;
    struct arena arena;
    const cJSON *tree = NULL;
    buffer_init(&address, 4096);
    buffer_init(&body, BODY_MAX);
    arena_init(&arena, (size_t)8 * BODY_MAX);
    MUST(alert_write(form, "https://robot.example/x", NULL, 1700000000000, words, &address, &body) == 0);
    MUST(json_parse(&arena, buffer_text(&body), BODY_MAX, JSON_STRICT, &tree, NULL) == 0);
    const cJSON *inner = json_get(tree, form == ALERT_FEISHU ? "content" : "text");
    struct text text = json_text(json_get(inner, form == ALERT_FEISHU ? "text" : "content"));
    MUST(text.size <= ALERT_TEXT_MAX + 3 && text_is_utf8(text));
    MUST(text.size == 0 || !memchr(text.data, '@', text.size));
    MUST(text_find_nocase(text, TEXT("<at")) < 0 && text_find_nocase(text, TEXT("&lt")) < 0);
    arena_fini(&arena);
    buffer_fini(&body);
    buffer_fini(&address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    enum alert_form form = (enum alert_form)(data[0] % (ALERT_FEISHU + 1));
    struct text rest = {(const char *)data + 1, size - 1};
    struct cause cause = {""};
    int error = alert_judge(form, data[0] & 0x80 ? 500 : 200, rest, &cause);
    MUST(error == 0 || cause.text[0] != '\0');
    sent(form, rest);
    return 0;
}
