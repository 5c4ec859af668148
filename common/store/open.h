/* Opening a store: what other files of this room need. */
#ifndef DIANCHEN_COMMON_STORE_OPEN_H
#define DIANCHEN_COMMON_STORE_OPEN_H

#include "common/store/store.h"

/* The driver of a URL; NULL where there is none for it. */
const struct sql_driver *store_driver(const char *url);
/* As store_open, for a copy made just now, which has all commits of the original. */
int store_open_twin(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
/* Gives the store a new id, so that a copy is not mistaken for the original. In a write transaction. */
int store_new_id(struct store *store) WARN_UNUSED;

#endif
