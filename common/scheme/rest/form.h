/* How an API of the driver "rest" is called, and how its replies are read: from its API file (docs/schemes.md). Types only. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_FORM_H
#define DIANCHEN_COMMON_SCHEME_REST_FORM_H

#include "common/base/text.h"

/* A piece of a path, a header, a query or a body. */
struct rest_part {
    enum {
        REST_TEXT,  /* as it stands */
        REST_VALUE, /* the parameter's value, escaped for its place */
        REST_JSON   /* of a body: the parameter's value as a whole JSON value */
    } kind;
    struct text text; /* REST_TEXT: the text, else the parameter's name */
};
struct rest_template {
    const struct rest_part *parts;
    size_t count;
};
struct rest_entry {
    struct text name;
    struct rest_template value;
};
struct rest_entries {
    const struct rest_entry *items;
    size_t count;
};
struct rest_param {
    struct text name;
    bool bare;   /* in JSON without quotes: a number, true or false */
    bool placed; /* a template has it; else it goes out under its own name, in the query or in the body */
};

/* What a value of a reply says: it is one of these. */
struct rest_sign {
    struct text at;            /* JSON Pointer; empty = there is no such sign */
    const struct text *values; /* numbers and words as they are written, texts without quotes */
    size_t count;
};

enum rest_auth { REST_AUTH_NONE, REST_AUTH_BASIC, REST_AUTH_BEARER, REST_AUTH_HEADER };
enum rest_paging {
    REST_BY_PAGE,   /* by the page's number */
    REST_BY_OFFSET, /* by the number of records before it */
    REST_WHOLE      /* one reply holds all */
};
enum rest_time { REST_DATETIME /* of China */, REST_ISO, REST_SECONDS, REST_MILLISECONDS };

struct rest_form {
    bool post;
    struct rest_template path; /* below the address, with a slash in front */
    struct rest_entries headers, query;
    bool has_body;
    struct rest_template body;
    enum rest_auth auth;
    struct text auth_name; /* REST_AUTH_HEADER: the header */
    enum rest_paging paging;
    enum rest_time time; /* ends of a window */
    const struct rest_param *params;
    size_t param_count;
    struct text list, total; /* JSON Pointer; list empty = the body itself; total empty = not told in the body */
    bool total_header;       /* told in X-Total-Count */
    struct rest_sign success, throttled, retry;
    struct text message;      /* JSON Pointer to what a refusal says; empty = none */
    const char *const *names; /* members that the outermost object of a reply may have; NULL behind the last */
};

#endif
