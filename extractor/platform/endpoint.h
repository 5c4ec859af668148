/* What the endpoints of all platforms hold. A driver whose endpoint holds more begins its own with this one. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_ENDPOINT_H
#define DIANCHEN_EXTRACTOR_PLATFORM_ENDPOINT_H

#include "extractor/driver.h"

enum { ENDPOINT_HOST_ROOM = 300 };

struct endpoint {
    const struct scheme *scheme;
    char host[ENDPOINT_HOST_ROOM];
    const char **env; /* of params_open */
};

/* An endpoint of `size` bytes, the rest zero, for endpoint_free. ERR_INPUT with the cause, ERR_MEMORY. */
int endpoint_new(const struct scheme *scheme, const char *url, size_t size, struct endpoint **out,
                 struct cause *cause) WARN_UNUSED;
void endpoint_free(struct endpoint **endpoint);
/* The host of its address, for messages; lives as long as the endpoint. */
const char *endpoint_host(const struct endpoint *endpoint);

#endif
