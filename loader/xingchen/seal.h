/* Sealing a secret for the store: AES-256-GCM under a key derived (HKDF-SHA256) from the client secret, so
 * that the store alone opens nothing. A sealed text is nonce (12), ciphertext, tag (16). `context` is
 * authenticated and not kept: a text sealed for one login does not open for another. */
#ifndef DIANCHEN_LOADER_XINGCHEN_SEAL_H
#define DIANCHEN_LOADER_XINGCHEN_SEAL_H

#include "common/base/buffer.h"
#include "common/base/text.h"

enum { SEAL_KEY = 32, SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_TEXT_MAX = 8192 };

int seal_key(struct text secret, unsigned char key[SEAL_KEY]) WARN_UNUSED; /* ERR_IO: OpenSSL failed */
int seal_close(const unsigned char key[SEAL_KEY], struct text context, struct text plain,
               struct buffer *out) WARN_UNUSED;
/* ERR_REFUSED: another key, another context, or changed bytes; nothing is added then. */
int seal_open(const unsigned char key[SEAL_KEY], struct text context, struct text sealed,
              struct buffer *out) WARN_UNUSED;

#endif
