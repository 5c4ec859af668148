/* Signatures of the Taobao gateway (TOP document 101617). What is signed: every pair but `sign` whose name and
 * value are not empty, sorted by the bytes of its name, name and value joined without separators (s).
 *   md5          MD5(secret s secret)
 *   hmac         HMAC-MD5(secret, s)
 *   hmac-sha256  HMAC-SHA256(secret, s)
 * as upper-case hex. */
#ifndef DIANCHEN_EXTRACTOR_QIMEN_SIGN_H
#define DIANCHEN_EXTRACTOR_QIMEN_SIGN_H

#include "common/base/error.h"
#include "common/base/text.h"

enum sign_method { SIGN_MD5, SIGN_HMAC, SIGN_HMAC_SHA256 };
enum { SIGN_ROOM = 65 /* hex digits and a NUL */, SIGN_BASE_MAX = 64 * 1024 /* bytes of s */ };

struct sign_pair {
    struct text name, value;
};

/* "md5", "hmac", "hmac-sha256". ERR_NOT_FOUND for another. */
int sign_method_find(struct text name, enum sign_method *out) WARN_UNUSED;

/* Sorts the pairs and drops those that are neither signed nor sent; returns how many are left. */
size_t sign_arrange(struct sign_pair *pairs, size_t count);

/* Signs arranged pairs. ERR_LIMIT past SIGN_BASE_MAX, ERR_MEMORY. The base string is wiped. */
int sign_pairs(enum sign_method method, struct text secret, const struct sign_pair *pairs, size_t count,
               char out[SIGN_ROOM]) WARN_UNUSED;

#endif
