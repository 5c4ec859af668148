/* Resolves DNS names every DNS_AGAIN ms, in its own thread (getaddrinfo blocks); answers come on the loop's thread. */
#ifndef DIANCHEN_COMMON_LINK_DNS_H
#define DIANCHEN_COMMON_LINK_DNS_H

#include "common/link/address.h"
#include "common/loop/loop.h"

enum { DNS_NAMES_MAX = 64, DNS_ADDRESSES_MAX = 64 /* of one name */, DNS_AGAIN = 5000 /* ms */ };

struct dns;
/* Called after each query with all addresses of name `index`. count 0: it can't be resolved now; `why` is the reason. */
typedef void dns_fn(void *user, size_t index, const struct link_address *addresses, size_t count, const char *why);
/* `hosts` (copied) are 1 to DNS_NAMES_MAX addresses of kind ADDRESS_NAME. ERR_MEMORY, also without a thread. */
int dns_new(struct loop *loop, const struct link_address *hosts, size_t count, dns_fn *fn, void *user,
            struct dns **out) WARN_UNUSED;
/* fn is not called any more. Returns at once, even while the thread waits for an answer. */
void dns_free(struct dns **names);

#endif
