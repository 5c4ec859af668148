#include "common/http/basic.h"

#include <openssl/evp.h>

#include "common/base/error.h"
#include "common/base/secret.h"

/* Both buffers are reserved whole: one that grew would leave secrets behind. */
int http_put_basic(struct buffer *line, struct text user, struct text password)
{
    struct buffer plain, coded;
    size_t size = user.size + password.size + 1;
    buffer_init(&plain, size);
    buffer_init(&coded, size * 2 + 8);
    char *room = buffer_reserve(&coded, size * 2 + 8);
    if (buffer_reserve(&plain, size) && room) {
        buffer_add_text(&plain, user);
        buffer_add_char(&plain, ':');
        buffer_add_text(&plain, password);
        coded.size = (size_t)EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)plain.data, (int)plain.size);
        secret_add(buffer_text(&coded));
        buffer_add_text(line, TEXT("Authorization: Basic "));
        buffer_add_text(line, buffer_text(&coded));
    }
    bool failed = plain.failed || coded.failed || line->failed;
    buffer_wipe(&plain);
    buffer_wipe(&coded);
    return failed ? ERR_MEMORY : 0;
}
