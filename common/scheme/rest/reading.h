/* The texts with {{parameters}} of an API file of the driver "rest", taken apart. Private to common/scheme/rest. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_READING_H
#define DIANCHEN_COMMON_SCHEME_REST_READING_H

#include "common/scheme/keys.h"

struct rest_reading {
    struct scheme_faults *faults;
    struct arena *keep;
    const struct scheme_file *file;
    enum scheme_document document;
    const char *setting;       /* the address: "REST_URL" */
    const char *place;         /* of the parameters, for messages: "/request" */
    struct rest_param *params; /* that a template may name */
    size_t param_count;
};

/* Memory that lives as long as the form; NULL when out of memory, and faults->memory is set. */
void *rest_keep(struct rest_reading *r, size_t size);
/* A copy with a NUL behind it. */
struct text rest_keep_text(struct rest_reading *r, struct text t);
/* A value as JSON text, kept in the same way. */
struct text rest_keep_tree(struct rest_reading *r, const cJSON *value);
/* A parameter of this name; NULL, and a fault of `node` was reported. */
struct rest_param *rest_param_find(struct rest_reading *r, const cJSON *node, struct text name);
/* A text of the file; parameters in it count as placed. Faults are reported. */
struct rest_template rest_read_text(struct rest_reading *r, const cJSON *node);
/* The same of a JSON value: parameters may stand in its texts, or be a whole text of it. */
struct rest_template rest_read_json(struct rest_reading *r, const cJSON *node);

#endif
