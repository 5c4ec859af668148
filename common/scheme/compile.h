/* The state of the scheme compiler, shared by its parts. Private to common/scheme. Each part reports every fault that
 * it finds and continues; the result is valid only if no fault was reported. One thread. */
#ifndef DIANCHEN_COMMON_SCHEME_COMPILE_H
#define DIANCHEN_COMMON_SCHEME_COMPILE_H

#include "common/scheme/api.h"
#include "common/scheme/formula/lua/script.h"
#include "common/scheme/formula/table.h"

enum { SCHEME_TABLES_MAX = 50, SCHEME_VARIABLES_MAX = 50 };

struct scheme_table { /* of /tables */
    struct text name;
    const struct formula_table *table; /* NULL: its faults are reported */
};

struct scheme_compile {
    struct scheme_faults faults;
    struct arena work;  /* trees and file texts */
    struct arena *keep; /* what the scheme points to */
    struct scheme *scheme;
    struct scheme_file file, source_file, target_file;
    struct scheme_api source, target;
    const cJSON *allow_secret, *env;
    bool identity; /* only the fields of key and number may be used: the others of a vanished record are gone */
    const struct scheme_field *split; /* the list whose rows are the records; NULL = there is none */
    struct text slots[SCHEME_SLOTS_MAX];
    bool secret[SCHEME_SLOTS_MAX];
    struct scheme_table tables[SCHEME_TABLES_MAX];
    size_t table_count;
    struct buffer table_bytes;     /* of the tables' files: the scheme's hash covers them */
    struct formula_script *script; /* while the scheme is compiled */
    struct scheme_variable variables[SCHEME_VARIABLES_MAX];
};

/* Memory for `count` items that lives as long as the scheme. NULL: out of memory, and faults.memory is set. */
void *scheme_keep(struct scheme_compile *c, size_t count, size_t size);
/* A copy that lives as long as the scheme, with a NUL behind it; "" when out of memory, and faults.memory is set. */
struct text scheme_keep_text(struct scheme_compile *c, struct text t);
/* The slot of SCHEME_RUN_DATE; -1 if there are too many slots, which is reported. */
int scheme_use_run_date(struct scheme_compile *c);
/* The field of the source with this name ("parent.NAME" = of the outer record, where the source is split). NULL: there
 * is none. */
const struct scheme_field *scheme_field_of(const struct scheme_compile *c, struct text name);
/* The slot of a source field, and whether it is secret. False with *why: no such field, or a secret that is not
 * allowed. */
bool scheme_find_field(struct scheme_compile *c, struct text name, int *slot, bool *secret, struct cause *why);
/* The slot of a source field that `node` uses; -1 if there is no such field or it is secret, which is reported. */
int scheme_use_field(struct scheme_compile *c, const cJSON *node, struct text name);

/* Compiles the scheme; without faults it calls `then` and returns its result. ERR_INPUT with the first fault. */
int scheme_visit(const char *path, int (*then)(struct scheme_compile *c, void *user), void *user,
                 struct cause *cause) WARN_UNUSED;

#endif
