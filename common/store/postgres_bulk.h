/* Sends many rows of an insert as one execution. */
#ifndef DIANCHEN_COMMON_STORE_POSTGRES_BULK_H
#define DIANCHEN_COMMON_STORE_POSTGRES_BULK_H

#include "common/store/postgres_line.h"

/* `text` is that of the prepared statement `number`; sets its `bulk`. */
int pg_bulk_prepare(struct postgres *sql, size_t number, const char *text) WARN_UNUSED;
/* ERR_LIMIT when the rows do not fit one execution: nothing was sent. */
int pg_bulk_send(struct postgres *sql, size_t number, const struct sql_call *call) WARN_UNUSED;

#endif
