/* An API file: every field that one API takes or gives, with label and type. Private to scheme*.c. */
#ifndef DIANCHEN_COMMON_SCHEME_API_H
#define DIANCHEN_COMMON_SCHEME_API_H

#include "common/scheme.h"
#include "common/scheme_keys.h"

struct scheme_field {
    struct text name, label, lookup;
    enum scheme_type type;
    bool required, secret;
};
struct scheme_fields {
    const struct scheme_field *items;
    size_t count;
};
struct scheme_api {
    bool loaded; /* false: its file has faults of its own; nothing can be judged by it */
    struct text name;
    struct scheme_fields request, response; /* a target has no response */
    /* source */
    const struct text *list_keys;
    size_t list_key_count;
    struct text size_param, number_param;
    int64_t first_page, max_size;
    /* target */
    struct text id, number;
};

/* Reads FOLDER/api/NAME.json. `node` is the place in the scheme that names the API. Texts live in `keep`. */
void scheme_api_read(struct scheme_faults *faults, struct arena *work, struct arena *keep,
                     const struct scheme_file *scheme, const cJSON *node, enum scheme_document document,
                     struct scheme_file *file, struct scheme_api *out);
/* By name; NULL when there is none, and then *guess knows the nearest. */
const struct scheme_field *scheme_field_find(const struct scheme_fields *fields, struct text name,
                                             struct scheme_guess *guess);

#endif
