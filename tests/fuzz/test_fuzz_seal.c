/* A sealed login out of a store that somebody may have written into: what is not ours does not open, what is ours comes back
 * as it was, and not with one bit changed. The first byte says which bit. */
#include <string.h>

#include "loader/xingchen/seal.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct text context = {"login of book 1", 15};
    unsigned char key[SEAL_KEY];
    struct buffer sealed, opened;
    if (size == 0 || size > SEAL_TEXT_MAX) {
        return 0;
    }
    struct text rest = {(const char *)data + 1, size - 1};
    buffer_init(&sealed, (size_t)2 * SEAL_TEXT_MAX);
    buffer_init(&opened, (size_t)2 * SEAL_TEXT_MAX);
    MUST(seal_key(TEXT("the client secret"), key) == 0);
    MUST(seal_open(key, context, rest, &opened) == ERR_REFUSED && opened.size == 0);
    MUST(seal_close(key, context, rest, &sealed) == 0);
    MUST(sealed.size == rest.size + SEAL_NONCE + SEAL_TAG);
    MUST(seal_open(key, context, buffer_text(&sealed), &opened) == 0);
    MUST(text_equal(buffer_text(&opened), rest));
    buffer_clear(&opened, opened.limit);
    size_t at = (size_t)data[0] * 7 % sealed.size;
    sealed.data[at] = (char)(sealed.data[at] ^ (1 << (data[0] % 8)));
    MUST(seal_open(key, context, buffer_text(&sealed), &opened) == ERR_REFUSED && opened.size == 0);
    MUST(seal_open(key, TEXT("login of book 2"), buffer_text(&sealed), &opened) == ERR_REFUSED);
    buffer_fini(&sealed);
    buffer_fini(&opened);
    return 0;
}
