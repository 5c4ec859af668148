/* Addresses and headers of calls. Each address ends with a NUL and holds a secret: wipe it. Pure. */
#ifndef DIANCHEN_LOADER_XINGCHEN_REQUEST_H
#define DIANCHEN_LOADER_XINGCHEN_REQUEST_H

#include "loader/driver.h"
#include "loader/xingchen/settings.h"

/* Write the address of the call; `url` is empty before it, and check url->failed. */
void request_token(const struct xingchen_settings *settings, struct buffer *url);
void request_accounts(const struct xingchen_settings *settings, struct text token, struct buffer *url);
/* A call to `path`; out->url is made ready by the caller. */
void request_call(const struct xingchen_settings *settings, struct text token, struct text group, const char *path,
                  struct target_request *out);
/* May it stand in a header? */
bool request_header_safe(struct text t);

#endif
