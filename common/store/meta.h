/* Table meta: what the store says of itself, name by name. */
#ifndef DIANCHEN_COMMON_STORE_META_H
#define DIANCHEN_COMMON_STORE_META_H

#include "common/store/store.h"

enum { META_MAX = 160 };

struct meta {
    const char *name;
    char value[META_MAX]; /* "" = none */
};

/* Reads meta->name; value is "" where it is not there. Inside a transaction; the errors of store.h. */
int meta_read(struct store *store, struct meta *meta) WARN_UNUSED;
/* The same, and nobody else writes it until the transaction ends. Inside a write transaction. */
int meta_lock(struct store *store, struct meta *meta) WARN_UNUSED;
/* Writes it over what is there. Inside a write transaction; the errors of store.h. */
int meta_write(struct store *store, const struct meta *meta) WARN_UNUSED;

#endif
