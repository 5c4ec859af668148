#include "common/scheme/formula/machine.h"

void *formula_take(struct formula_machine *m, size_t size)
{
    bool large = size > 2 * (size_t)FORMULA_TEXT_MAX;
    void *piece = large ? NULL : arena_take(m->run->arena, size + 1);
    if (!piece) {
        m->guilty = -1;
        m->what = large ? "larger than a value may become" : FORMULA_ARENA_FULL;
    }
    return piece;
}

struct buffer formula_buffer(struct formula_machine *m, size_t size)
{
    char *data = formula_take(m, size);
    return (struct buffer){.data = data, .room = size, .limit = data ? size : 0, .failed = !data};
}

enum formula_error formula_buffer_text(struct formula_machine *m, const struct buffer *buffer, struct text *out)
{
    if (!buffer->data) {
        return FORMULA_RANGE; /* formula_take has said why */
    }
    if (buffer->failed || buffer->size > FORMULA_TEXT_MAX) {
        return formula_blame(m, -1, FORMULA_RANGE, "the text grows beyond 1 MiB");
    }
    *out = buffer_text(buffer);
    return FORMULA_FINE;
}
