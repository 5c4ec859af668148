#include "extractor/qimen/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "common/base/buffer.h"

int sign_method_find(struct text name, enum sign_method *out)
{
    static const char *const names[] = {[SIGN_MD5] = "md5", [SIGN_HMAC] = "hmac", [SIGN_HMAC_SHA256] = "hmac-sha256"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_equal(name, text_of(names[i]))) {
            *out = (enum sign_method)i;
            return 0;
        }
    }
    return ERR_NOT_FOUND;
}

static int by_name(const void *a, const void *b)
{
    const struct text *x = &((const struct sign_pair *)a)->name, *y = &((const struct sign_pair *)b)->name;
    size_t size = x->size < y->size ? x->size : y->size;
    int order = memcmp(x->data, y->data, size);
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

size_t sign_arrange(struct sign_pair *pairs, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].name.size > 0 && pairs[i].value.size > 0 && !text_equal(pairs[i].name, TEXT("sign"))) {
            pairs[kept++] = pairs[i];
        }
    }
    if (kept > 1) {
        qsort(pairs, kept, sizeof *pairs, by_name);
    }
    return kept;
}

static bool digest(enum sign_method method, struct text secret, struct text base, unsigned char *out, unsigned *size)
{
    if (method == SIGN_MD5) {
        return EVP_Digest(base.data, base.size, out, size, EVP_md5(), NULL) == 1;
    }
    const EVP_MD *hash = method == SIGN_HMAC ? EVP_md5() : EVP_sha256();
    return HMAC(hash, secret.data, (int)secret.size, (const unsigned char *)base.data, base.size, out, size) != NULL;
}

int sign_pairs(enum sign_method method, struct text secret, const struct sign_pair *pairs, size_t count,
               char out[SIGN_ROOM])
{
    static const char hex[] = "0123456789ABCDEF";
    struct buffer base;
    buffer_init(&base, SIGN_BASE_MAX);
    /* Reserved whole: a buffer that grew would leave secrets behind. */
    if (secret.size > SIGN_BASE_MAX || !buffer_reserve(&base, SIGN_BASE_MAX)) {
        buffer_fini(&base);
        return ERR_MEMORY;
    }
    if (method == SIGN_MD5) {
        buffer_add_text(&base, secret);
    }
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(&base, pairs[i].name);
        buffer_add_text(&base, pairs[i].value);
    }
    if (method == SIGN_MD5) {
        buffer_add_text(&base, secret);
    }
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int error = base.failed ? ERR_LIMIT : 0;
    if (!error && !digest(method, secret, buffer_text(&base), bytes, &size)) {
        error = ERR_MEMORY;
    }
    for (size_t i = 0; !error && i < size && i < (SIGN_ROOM - 1) / 2; i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
        out[2 * i + 2] = '\0';
    }
    buffer_wipe(&base);
    return error;
}
