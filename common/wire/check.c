#include "common/wire/token.h"
#include "common/wire/wire.h"

int wire_check(struct text frame)
{
    size_t left[WIRE_DEPTH];
    size_t depth = 0;
    struct token token = {0};
    if (frame.size > WIRE_FRAME_MAX) {
        return ERR_LIMIT;
    }
    do {
        if (token_take(&frame, &token)) {
            return ERR_SYNTAX;
        }
        if (token.kind == TOKEN_LIST) {
            if (depth == WIRE_DEPTH) {
                return ERR_LIMIT;
            }
            left[depth++] = token.count + 1; /* less one for the list itself, below */
        }
        while (depth > 0 && --left[depth - 1] == 0) {
            depth--;
        }
    } while (depth > 0);
    return frame.size == 0 ? 0 : ERR_SYNTAX;
}
