/* Tells if a PostgreSQL database is still the same one, and how it could lose a commit. */
#ifndef DIANCHEN_COMMON_STORE_POSTGRES_LIFE_H
#define DIANCHEN_COMMON_STORE_POSTGRES_LIFE_H

#include "common/store/sql.h"

/* As in struct sql_driver. */
int pg_life(struct sql *of, bool anew, char out[static SQL_LIFE_MAX]) WARN_UNUSED;
int pg_risk(struct sql *of, char out[static SQL_RISK_MAX]) WARN_UNUSED;

#endif
