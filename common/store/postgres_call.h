/* Calls of sql.h on a PostgreSQL session: statements are prepared once, all executions go out in one round trip. */
#ifndef DIANCHEN_COMMON_STORE_POSTGRES_CALL_H
#define DIANCHEN_COMMON_STORE_POSTGRES_CALL_H

#include "common/store/postgres_line.h"

/* One statement, executed for each set of values. 0 or an error; sql->why says it. */
int pg_many(struct postgres *sql, const struct sql_call *call) WARN_UNUSED;
/* The rows come by pg_next. */
int pg_find(struct postgres *sql, const struct sql_call *call) WARN_UNUSED;

#endif
