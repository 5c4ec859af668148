/* DNS names, asked again every few seconds by a thread of their own (getaddrinfo blocks); the answers
 * come on the loop's thread. */
#ifndef DIANCHEN_COMMON_LINK_NAMES_H
#define DIANCHEN_COMMON_LINK_NAMES_H

#include "common/link_address.h"
#include "common/loop.h"

enum { NAMES_MAX = 64, NAMES_ADDRESSES_MAX = 64 /* of one name */, NAMES_AGAIN = 5000 /* ms */ };

struct names;
/* All addresses of name `index`, as often as they are asked for. count 0: it can't be resolved now, `why` says so. */
typedef void names_fn(void *user, size_t index, const struct link_address *addresses, size_t count, const char *why);
/* `hosts` (copied) are ADDRESS_NAMEs, 1 to NAMES_MAX of them. */
int names_new(struct loop *loop, const struct link_address *hosts, size_t count, names_fn *fn, void *user,
              struct names **out) WARN_UNUSED;
/* Returns at once, even while the thread waits for an answer; fn is not called any more. */
void names_free(struct names **names);

#endif
