/* Writes addresses and headers of calls. Each address ends with a NUL and holds a secret: the caller wipes it. Pure. */
#ifndef DIANCHEN_LOADER_XINGCHEN_REQUEST_H
#define DIANCHEN_LOADER_XINGCHEN_REQUEST_H

#include "loader/driver.h"
#include "loader/xingchen/settings.h"

/* The addresses of the two calls of a login. `url` must be empty; check url->failed afterwards. */
void request_token(const struct xingchen_settings *settings, struct buffer *url);
void request_accounts(const struct xingchen_settings *settings, struct text token, struct buffer *url);
/* Address and headers of a call to `path`. The caller has done buffer_init of out->url; check its failed afterwards. */
void request_call(const struct xingchen_settings *settings, struct text token, struct text group, const char *path,
                  struct target_request *out);
/* May this text stand in a header? False: it holds a control character or the like. */
bool request_header_safe(struct text t);

#endif
