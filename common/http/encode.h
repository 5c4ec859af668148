/* Percent-encoding of forms and addresses. */
#ifndef DIANCHEN_COMMON_HTTP_ENCODE_H
#define DIANCHEN_COMMON_HTTP_ENCODE_H

#include "common/base/buffer.h"

/* Appends `t`, percent-encoded: the unreserved characters of RFC 3986 stay as they are. */
void http_put_encoded(struct buffer *out, struct text t);

#endif
