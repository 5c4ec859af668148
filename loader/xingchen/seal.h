/* Encrypts a secret for the store: AES-256-GCM. The key is derived (HKDF-SHA256) from the client secret, so who has only the
 * store can't read it. A sealed text is nonce (12 bytes), ciphertext, tag (16). `context` is authenticated and not stored: a text
 * sealed for one login does not open for another. Any thread. */
#ifndef DIANCHEN_LOADER_XINGCHEN_SEAL_H
#define DIANCHEN_LOADER_XINGCHEN_SEAL_H

#include "common/base/buffer.h"
#include "common/base/text.h"

enum { SEAL_KEY = 32, SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_TEXT_MAX = 8192 };

/* Derives the key; the caller wipes it. ERR_IO: OpenSSL failed. */
int seal_key(struct text secret, unsigned char key[SEAL_KEY]) WARN_UNUSED;
/* Appends the sealed text to `out`. ERR_LIMIT: `plain` or `context` has more than SEAL_TEXT_MAX bytes; ERR_IO:
 * OpenSSL failed. */
int seal_close(const unsigned char key[SEAL_KEY], struct text context, struct text plain,
               struct buffer *out) WARN_UNUSED;
/* Appends the plain text to `out`. ERR_REFUSED: another key, another context, or changed bytes; then nothing is appended. */
int seal_open(const unsigned char key[SEAL_KEY], struct text context, struct text sealed,
              struct buffer *out) WARN_UNUSED;

#endif
