#include "loader/xingchen/seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

int seal_key(struct text secret, unsigned char key[SEAL_KEY])
{
    if (secret.size > SEAL_TEXT_MAX) {
        return ERR_LIMIT;
    }
    unsigned char copy[SEAL_TEXT_MAX]; /* OpenSSL asks for bytes that it might write to */
    memcpy(copy, secret.data, secret.size);
    char digest[] = "SHA256", info[] = "dianchen shared login v1";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, copy, secret.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info - 1),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool done = context && EVP_KDF_derive(context, key, SEAL_KEY, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    OPENSSL_cleanse(copy, secret.size);
    return done ? 0 : ERR_IO;
}

int seal_close(const unsigned char key[SEAL_KEY], struct text context, struct text plain, struct buffer *out)
{
    if (plain.size > SEAL_TEXT_MAX || context.size > SEAL_TEXT_MAX) {
        return ERR_LIMIT;
    }
    unsigned char *at = (unsigned char *)buffer_reserve(out, SEAL_NONCE + plain.size + SEAL_TAG);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int size = 0;
    bool done =
        at && cipher && RAND_bytes(at, SEAL_NONCE) == 1 &&
        EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, at) == 1 &&
        EVP_EncryptUpdate(cipher, NULL, &size, (const unsigned char *)context.data, (int)context.size) == 1 &&
        EVP_EncryptUpdate(cipher, at + SEAL_NONCE, &size, (const unsigned char *)plain.data, (int)plain.size) == 1 &&
        EVP_EncryptFinal_ex(cipher, at + SEAL_NONCE + plain.size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, SEAL_TAG, at + SEAL_NONCE + plain.size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    if (!done) {
        return at ? ERR_IO : ERR_MEMORY;
    }
    out->size += SEAL_NONCE + plain.size + SEAL_TAG;
    return 0;
}

int seal_open(const unsigned char key[SEAL_KEY], struct text context, struct text sealed, struct buffer *out)
{
    if (sealed.size < SEAL_NONCE + SEAL_TAG || sealed.size > SEAL_NONCE + SEAL_TEXT_MAX + SEAL_TAG ||
        context.size > SEAL_TEXT_MAX) {
        return ERR_REFUSED;
    }
    const unsigned char *nonce = (const unsigned char *)sealed.data;
    size_t plain = sealed.size - SEAL_NONCE - SEAL_TAG;
    unsigned char tag[SEAL_TAG];
    memcpy(tag, nonce + SEAL_NONCE + plain, SEAL_TAG);
    unsigned char *at = (unsigned char *)buffer_reserve(out, plain + 1);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int size = 0;
    bool ready = at && cipher && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                 EVP_DecryptUpdate(cipher, NULL, &size, (const unsigned char *)context.data, (int)context.size) == 1 &&
                 EVP_DecryptUpdate(cipher, at, &size, nonce + SEAL_NONCE, (int)plain) == 1 &&
                 EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, SEAL_TAG, tag) == 1;
    bool done = ready && EVP_DecryptFinal_ex(cipher, at + plain, &size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    if (!done) {
        return !at ? ERR_MEMORY : ERR_REFUSED;
    }
    out->size += plain;
    return 0;
}
