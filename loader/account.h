/* The books (账套) that a login may use, as jdy/sys/accountGroup tells them. */
#ifndef DIANCHEN_LOADER_ACCOUNT_H
#define DIANCHEN_LOADER_ACCOUNT_H

#include "common/json.h"

struct account {
    struct text id, group, service; /* accountId, groupName, serviceId; live in the arena */
};
typedef void account_fn(void *user, const struct account *account);
/* Calls `fn` for each; returns how many, or ERR_SYNTAX when `data` has not that form. */
int account_each(struct arena *arena, const cJSON *data, account_fn *fn, void *user);

#endif
