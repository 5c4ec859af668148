#include "extractor/platform/endpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "extractor/platform/address.h"
#include "extractor/platform/params.h"

int endpoint_new(const struct scheme *scheme, const char *url, size_t size, struct endpoint **out, struct cause *cause)
{
    struct endpoint *endpoint = calloc(1, size);
    if (!endpoint) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    endpoint->scheme = scheme;
    (void)snprintf(endpoint->host, sizeof endpoint->host, "%.*s", TEXT_ARG(address_host(url)));
    int error = params_open(scheme, &endpoint->env, cause);
    if (error) {
        endpoint_free(&endpoint);
        return error;
    }
    *out = endpoint;
    return 0;
}

void endpoint_free(struct endpoint **endpoint_held)
{
    struct endpoint *endpoint = *endpoint_held;
    *endpoint_held = NULL;
    if (endpoint) {
        free(endpoint->env);
        free(endpoint);
    }
}

const char *endpoint_host(const struct endpoint *endpoint)
{
    return endpoint->host;
}
