/* The header line of Basic, RFC 7617. */
#ifndef DIANCHEN_COMMON_HTTP_BASIC_H
#define DIANCHEN_COMMON_HTTP_BASIC_H

#include "common/base/buffer.h"

/* Appends "Authorization: Basic …" without an end to `line`, in which its room is reserved already. What stands behind Basic is
 * registered as a secret. ERR_MEMORY. */
int http_put_basic(struct buffer *line, struct text user, struct text password) WARN_UNUSED;

#endif
