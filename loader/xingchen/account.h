/* The books (账套) that a login may use, as jdy/sys/accountGroup tells them. */
#ifndef DIANCHEN_LOADER_XINGCHEN_ACCOUNT_H
#define DIANCHEN_LOADER_XINGCHEN_ACCOUNT_H

#include "loader/driver.h"

/* Calls `fn` for each; its texts live in the arena. Returns how many, or ERR_SYNTAX where the answer has not that form. Pure. */
int account_each(struct arena *arena, const struct answer *answer, target_account_fn *fn, void *user);

#endif
