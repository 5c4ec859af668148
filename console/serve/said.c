#include "console/serve/said.h"

#include <stdlib.h>

#include "common/base/language.h"

enum { LINE_MOST = 64 << 10 };

/* One of the list, "zh-CN;q=0.8": its weight in thousandths, and whether it is `language`. */
static long weight_of(struct text one, struct text language)
{
    ptrdiff_t mark = text_find(one, TEXT(";"));
    struct text name = text_trim(mark < 0 ? one : (struct text){one.data, (size_t)mark});
    struct text rest = mark < 0 ? TEXT("") : text_trim((struct text){one.data + mark + 1, one.size - (size_t)mark - 1});
    bool fits = name.size >= language.size && text_equal_nocase((struct text){name.data, language.size}, language) &&
                (name.size == language.size || name.data[language.size] == '-');
    if (!fits) {
        return 0;
    }
    if (!text_starts(rest, TEXT("q="))) {
        return 1000;
    }
    char number[8] = "";
    memcpy(number, rest.data + 2, rest.size - 2 < sizeof number - 1 ? rest.size - 2 : sizeof number - 1);
    double weight = strtod(number, NULL);
    return weight >= 0 && weight <= 1 ? (long)(weight * 1000) : 0;
}

bool said_chinese(const char *accept_language)
{
    struct text rest = text_of(accept_language ? accept_language : "");
    long chinese = 0, english = 0;
    bool before = false; /* of two with one weight the first counts */
    while (rest.size > 0) {
        ptrdiff_t comma = text_find(rest, TEXT(","));
        struct text one = {rest.data, comma < 0 ? rest.size : (size_t)comma};
        long zh = weight_of(one, TEXT("zh")), en = weight_of(one, TEXT("en"));
        before = before || (zh > 0 && english == 0);
        chinese = zh > chinese ? zh : chinese;
        english = en > english ? en : english;
        rest = comma < 0 ? TEXT("") : (struct text){rest.data + comma + 1, rest.size - (size_t)comma - 1};
    }
    return chinese > english || (chinese > 0 && chinese == english && before);
}

static void said_put(struct buffer *out, struct text english, bool chinese)
{
    struct buffer line;
    buffer_init(&line, LINE_MOST);
    if (chinese && english.size < LINE_MOST / 4) {
        language_put_in(&line, english, true);
    }
    json_put_text(out, line.size > 0 && !line.failed ? buffer_text(&line) : english);
    buffer_fini(&line);
}

void put_said(struct buffer *out, bool *first, const char *name, struct text english, bool chinese)
{
    json_put_member(out, first, text_of(name));
    if (english.data) {
        said_put(out, english, chinese);
    } else {
        buffer_add_text(out, TEXT("null"));
    }
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

void put_tree_said(struct buffer *out, const cJSON *tree, bool chinese)
{
    static const char *const texts[] = {"message", "text", "why", "cause", "say", "cure", NULL};
    static const char *const data[] = {"source", "payload", "record", "fields", NULL};
    const cJSON *one;
    bool object = cJSON_IsObject(tree), first = true;
    if (!chinese || (!object && !cJSON_IsArray(tree))) {
        json_put_tree(out, tree);
        return;
    }
    buffer_add_char(out, object ? '{' : '[');
    cJSON_ArrayForEach(one, tree)
    {
        if (object && is_one_of(one->string, texts) && cJSON_IsString(one)) {
            put_said(out, &first, one->string, json_text(one), true);
            continue;
        }
        if (object) {
            json_put_member(out, &first, text_of(one->string));
        } else {
            buffer_add_text(out, one == tree->child ? TEXT("") : TEXT(","));
        }
        if (object && is_one_of(one->string, data)) {
            json_put_tree(out, one);
        } else {
            put_tree_said(out, one, true);
        }
    }
    buffer_add_char(out, object ? '}' : ']');
}
