/* The records beside shops as they are made: a table for each call, fields and values from the seed. */
#ifndef DOUBLES_MAKERS_H
#define DOUBLES_MAKERS_H

#include <time.h>

#include "records.h"

enum { RECORD_TABLES = 4 };
extern const struct record_table record_tables[RECORD_TABLES];

/* A text of one's own, to be freed; of at most 4,000 bytes. */
__attribute__((format(printf, 1, 2))) char *record_text(const char *format, ...);
/* The same of a time, as it is in China: "2026-01-31 08:00:00". */
char *record_moment(time_t at);

#endif
