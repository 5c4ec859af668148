/* The tables of the store: the steps from each version of the schema to the next. */
#ifndef DIANCHEN_COMMON_STORE_SCHEMA_H
#define DIANCHEN_COMMON_STORE_SCHEMA_H

enum { STORE_SCHEMA = 20 };
/* Step i leads from schema i to i + 1; table meta (name, value) is there before. */
extern const char *const store_schema_steps[STORE_SCHEMA];

#endif
