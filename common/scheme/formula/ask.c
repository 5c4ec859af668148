#include "common/scheme/formula/ask.h"

#include "common/json/json.h"

enum { ESCAPED = 6, FRAME = 40 };

static void put_fallback(struct buffer *out, const struct formula_value *fallback)
{
    buffer_add_char(out, ',');
    if (fallback->type == FORMULA_QUESTION) {
        buffer_add_text(out, fallback->text);
    } else {
        json_put_text(out, fallback->text);
    }
}

/* A question without a default of its own leaves the whole without one. */
static bool ends_well(const struct formula_value *fallback)
{
    return fallback->type != FORMULA_QUESTION || fallback->flag;
}

enum formula_error formula_question(struct formula_machine *m, struct text name, const struct formula_value *key,
                                    const struct formula_value *fallback, struct formula_value *out)
{
    size_t size = (name.size + key->text.size + (fallback ? fallback->text.size : 0)) * ESCAPED + FRAME;
    struct buffer buffer = formula_buffer(m, size);
    buffer_add_text(&buffer, TEXT("{\"$lookup\":["));
    json_put_text(&buffer, name);
    buffer_add_char(&buffer, ',');
    json_put_text(&buffer, key->text);
    if (fallback) {
        put_fallback(&buffer, fallback);
    }
    buffer_add_text(&buffer, TEXT("]}"));
    *out = (struct formula_value){.type = FORMULA_QUESTION, .flag = fallback && ends_well(fallback)};
    return formula_buffer_text(m, &buffer, &out->text);
}

enum formula_error formula_question_default(struct formula_machine *m, struct formula_value *question,
                                            const struct formula_value *fallback)
{
    size_t closing = 0; /* the "]}" of all that are open in it */
    struct text asked = question->text;
    while (asked.size - closing >= 4 && memcmp(asked.data + asked.size - closing - 2, "]}", 2) == 0) {
        closing += 2;
    }
    struct buffer buffer = formula_buffer(m, asked.size + fallback->text.size * ESCAPED + FRAME);
    buffer_add(&buffer, asked.data, asked.size - closing);
    put_fallback(&buffer, fallback);
    buffer_add(&buffer, asked.data + asked.size - closing, closing);
    question->flag = ends_well(fallback);
    return formula_buffer_text(m, &buffer, &question->text);
}
