/* A record without a scheme: its members are the fields. For `dianchen eval` and for tests. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_RECORD_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_RECORD_H

#include "common/scheme/formula/formula.h"

enum { RECORD_FIELDS_MAX = 500, RECORD_TABLES_MAX = 20 };

struct formula_record {
    struct arena *arena;
    const cJSON *object;
    struct value slots[RECORD_FIELDS_MAX]; /* in the order of the members */
    size_t count;
    const char *table_names[RECORD_TABLES_MAX];
    const struct formula_table *tables[RECORD_TABLES_MAX];
    size_t table_count;
};

/* `object` is a JSON object, `tables` an object of objects or NULL; both must outlive the record. ERR_SYNTAX with *why,
 * ERR_MEMORY. */
int formula_record_init(struct formula_record *record, struct arena *arena, const cJSON *object, const cJSON *tables,
                        struct cause *why) WARN_UNUSED;
/* The names of this record; lives as long as it. */
struct formula_scope formula_record_scope(struct formula_record *record);
/* A run over it. */
struct formula_run formula_record_run(struct formula_record *record);

#endif
