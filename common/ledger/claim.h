/* Ids of claims. */
#ifndef DIANCHEN_COMMON_LEDGER_CLAIM_H
#define DIANCHEN_COMMON_LEDGER_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

/* Claims are told apart by number alone, so each is random: none is that of another process, of an earlier life, or of
 * the POST before. *first, *first + 1 … are `count` fresh ones, all above 0. ERR_IO where the system gives no chance. */
int ledger_claims(size_t count, int64_t *first) WARN_UNUSED;

#endif
