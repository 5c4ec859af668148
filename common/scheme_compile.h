/* What the parts of the scheme compiler share. Private to scheme*.c. Each part tells what is wrong and goes on:
 * the result counts only when nothing was told. */
#ifndef DIANCHEN_COMMON_SCHEME_COMPILE_H
#define DIANCHEN_COMMON_SCHEME_COMPILE_H

#include "common/scheme_api.h"

struct scheme_compile {
    struct scheme_faults faults;
    struct arena work;  /* trees and file texts */
    struct arena *keep; /* what the scheme points to */
    struct scheme *scheme;
    struct scheme_file file, source_file, target_file;
    struct scheme_api source, target;
    const cJSON *allow_secret;
    struct text slots[SCHEME_SLOTS_MAX];
    bool secret[SCHEME_SLOTS_MAX];
};

void *scheme_keep(struct scheme_compile *c, size_t count, size_t size); /* NULL: told in faults.memory */
struct text scheme_keep_text(struct scheme_compile *c, struct text t);
/* The slot of a source field; tells when there is no such field or it is secret, -1 then. `node` uses it. */
int scheme_use_field(struct scheme_compile *c, const cJSON *node, struct text name);

/* Splits a string of the scheme into parts (their texts point into the tree; slots are not looked up).
 * False when it is malformed, which is told. */
bool scheme_template_split(struct scheme_compile *c, const cJSON *node, struct scheme_part *parts, size_t *count);

void scheme_compile_source(struct scheme_compile *c, const cJSON *source);
void scheme_compile_filter(struct scheme_compile *c, const cJSON *filter);
void scheme_compile_target(struct scheme_compile *c, const cJSON *target);

#endif
