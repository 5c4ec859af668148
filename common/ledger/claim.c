#include "common/ledger/claim.h"

#include <sys/random.h>

#include "common/base/rule.h"

int ledger_claims(size_t count, int64_t *first)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
        return ERR_IO;
    }
    *first = rule_off(RULE_CLAIM_PER_POST) ? 1 : (int64_t)(random % ((uint64_t)INT64_MAX - count)) + 1;
    return 0;
}
