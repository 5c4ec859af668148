#include "sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    const struct form_pair *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* secret + text + secret when `wrapped`, else the text alone. */
static void base_text(const struct form *form, const char *secret, bool wrapped, struct blob *out)
{
    const struct form_pair *sorted[FORM_PAIRS] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < form->count; i++) {
        const struct form_pair *pair = &form->pairs[i];
        if (pair->name_length > 0 && pair->value_length > 0 && strcmp(pair->name, "sign") != 0) {
            sorted[count++] = pair;
        }
    }
    qsort(sorted, count, sizeof(struct form_pair *), by_name);
    out->length = 0;
    if (wrapped) {
        blob_puts(out, secret);
    }
    for (size_t i = 0; i < count; i++) {
        blob_put(out, sorted[i]->name, sorted[i]->name_length);
        blob_put(out, sorted[i]->value, sorted[i]->value_length);
    }
    if (wrapped) {
        blob_puts(out, secret);
    }
}

bool sign_form(const struct form *form, const char *method, const char *secret, char out[SIGN_ROOM])
{
    static struct blob text;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    bool plain = strcmp(method, "md5") == 0;
    const EVP_MD *hash = strcmp(method, "hmac-sha256") == 0 ? EVP_sha256() : EVP_md5();
    if (!plain && strcmp(method, "hmac") != 0 && strcmp(method, "hmac-sha256") != 0) {
        return false;
    }
    base_text(form, secret, plain, &text);
    if (plain) {
        if (!EVP_Digest(text.data, text.length, digest, &length, hash, NULL)) {
            return false;
        }
    } else if (!HMAC(hash, secret, (int)strlen(secret), (unsigned char *)text.data, text.length, digest, &length)) {
        return false;
    }
    char *at = out;
    for (unsigned i = 0; i < length; i++) {
        *at++ = "0123456789ABCDEF"[digest[i] >> 4];
        *at++ = "0123456789ABCDEF"[digest[i] & 15];
    }
    *at = '\0';
    return true;
}
