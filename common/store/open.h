/* What other files of this room need of opening a store. */
#ifndef DIANCHEN_COMMON_STORE_OPEN_H
#define DIANCHEN_COMMON_STORE_OPEN_H

#include "common/store/store.h"

/* The driver of a URL; NULL where there is none for it. */
const struct sql_driver *store_driver(const char *url);
/* As store_open, of a copy that was made just now and knows all that the original knows. */
int store_open_twin(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
/* Gives the store another id, in a write transaction: so a copy is not taken for the original. */
int store_new_id(struct store *store) WARN_UNUSED;

#endif
