/* An API file: every field that one API takes or gives, with label and type. Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_API_H
#define DIANCHEN_COMMON_SCHEME_API_H

#include "common/scheme/keys.h"
#include "common/scheme/model.h"

struct scheme_field;
/* A value that a field takes, and what it means there: "1", 移动平均. */
struct scheme_choice {
    struct text value, label;
};
struct scheme_fields {
    const struct scheme_field *items;
    size_t count;
};
struct scheme_field {
    struct text name, label, lookup;
    enum scheme_type type;
    bool required, secret;
    struct scheme_fields fields;         /* of the rows of an array; items NULL = not declared */
    const struct scheme_choice *choices; /* all that it takes; none = whatever its type permits */
    size_t choice_count;
};
struct scheme_api {
    bool loaded; /* false: the file has faults; the scheme can't be checked against it */
    struct text name;
    struct scheme_fields request, response; /* a target has no response */
    /* source */
    struct text driver;
    const struct text *list_keys;
    size_t list_key_count;
    const struct rest_form *rest;         /* NULL = of another driver */
    const struct soap_form *soap;         /* the same */
    struct text size_param, number_param; /* empty = one reply holds all */
    int64_t first_page, max_size;
    struct text window_start, window_end; /* request parameters; empty = it is not read by windows of time */
    int64_t window_most;                  /* ms */
    struct target_form target;
};

/* Reads FOLDER/api/NAME.json. `node` is the place in the scheme that names the API. Texts live in `keep`. */
void scheme_api_read(struct scheme_faults *faults, struct arena *work, struct arena *keep,
                     const struct scheme_file *scheme, const cJSON *node, enum scheme_document document,
                     struct scheme_file *file, struct scheme_api *out);
/* The same by the file's own path, which must be FOLDER/api/NAME.json: what a scheme beside api/ would read. */
void scheme_api_open(struct scheme_faults *faults, struct arena *work, struct arena *keep, const char *path,
                     struct scheme_api *out);
/* The field of this name; NULL if there is none, and then *guess has the nearest name. */
const struct scheme_field *scheme_field_find(const struct scheme_fields *fields, struct text name,
                                             struct scheme_guess *guess);

#endif
