/* Percent-encoding of forms and addresses. */
#ifndef DIANCHEN_COMMON_HTTP_ENCODE_H
#define DIANCHEN_COMMON_HTTP_ENCODE_H

#include "common/base/arena.h"
#include "common/base/buffer.h"

/* Appends `t`, percent-encoded: the unreserved characters of RFC 3986 stay as they are. */
void http_put_encoded(struct buffer *out, struct text t);
/* The value of a parameter of the address's query, decoded, in the arena. False: there is none, its escapes are broken, or it holds
 * NUL. */
bool http_query_find(struct text url, struct text name, struct arena *arena, struct text *out);

#endif
