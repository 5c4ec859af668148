/* Ids of claims. */
#ifndef DIANCHEN_COMMON_LEDGER_CLAIM_H
#define DIANCHEN_COMMON_LEDGER_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

/* Makes `count` new ids of claims: *first, *first + 1, …, all above 0. Only the number tells claims apart, so it is
 * random: no other process, earlier start or earlier POST has the same one. ERR_IO: the system gives no random
 * numbers. */
int ledger_claims(size_t count, int64_t *first) WARN_UNUSED;

#endif
