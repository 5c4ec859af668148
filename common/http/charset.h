/* Converts a reply to UTF-8, by the charset of its Content-Type. Any thread. */
#ifndef DIANCHEN_COMMON_HTTP_CHARSET_H
#define DIANCHEN_COMMON_HTTP_CHARSET_H

#include "common/base/buffer.h"

enum { CHARSET_ROOM = 40 };

/* The charset of "application/json;charset=GBK", in lower case; "" if there is none. */
void charset_told(struct text content_type, char out[CHARSET_ROOM]);
/* Is it a charset that nobody tells by default? Latin-1, ASCII and "" are not. */
bool charset_meant(const char *charset);
/* The name by which iconv knows the charset of `body`; NULL = it is UTF-8 already. GB18030 holds all of GBK and GB2312, and what
 * calls itself by the smaller names often needs the larger one. */
const char *charset_iconv(const char *charset, struct text body);
/* *text = `body` as UTF-8 without a byte order mark; it points into `body`, or into `out` if it was converted. A byte order
 * mark of UTF-16 beats `charset`. A byte that can't be decoded becomes 0xff, which never occurs in UTF-8. ERR_NOT_FOUND:
 * this host does not know the charset, and *text is `body` unchanged. ERR_LIMIT, ERR_MEMORY: `out` can't hold it. */
int charset_decode(const char *charset, struct text body, struct buffer *out, struct text *text) WARN_UNUSED;

#endif
