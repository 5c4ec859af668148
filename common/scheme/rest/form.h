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
struct rest_request {          /* what is asked */
    const char *method;        /* "GET", "POST", "PUT" or "PATCH"; NULL = there is no such request */
    struct rest_template path; /* below the address, with a slash in front */
    struct rest_entries headers, query;
    bool has_body; /* of its own */
    struct rest_template body;
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

enum rest_auth { REST_AUTH_NONE, REST_AUTH_BASIC, REST_AUTH_BEARER, REST_AUTH_HEADER, REST_AUTH_OAUTH2 };
enum rest_paging {
    REST_BY_PAGE,   /* by the page's number */
    REST_BY_OFFSET, /* by the number of records before it */
    REST_WHOLE,     /* one reply holds all */
    REST_BY_CURSOR  /* by a text that the page before told */
};
enum rest_time { REST_DATETIME /* of China */, REST_ISO, REST_SECONDS, REST_MILLISECONDS };

struct rest_auth_form {
    enum rest_auth kind;
    struct text header; /* REST_AUTH_HEADER: the header's name */
    /* REST_AUTH_OAUTH2 (common/http/oauth.h) */
    struct text scope; /* empty = none */
    bool in_body;      /* user and password go into the body */
};

struct rest_form { /* of a source */
    struct rest_request call;
    struct rest_auth_form auth;
    enum rest_paging paging;
    enum rest_time time; /* ends of a window */
    const struct rest_param *params;
    size_t param_count;
    struct text list, total; /* JSON Pointer; list empty = the body itself; total empty = not told in the body */
    bool total_header;       /* told in X-Total-Count */
    struct text next; /* REST_BY_CURSOR: JSON Pointer to the cursor of the next page; empty = in the header Link, */
    struct text next_param; /* as this parameter of the next page's address */
    struct rest_sign success, throttled, retry;
    struct text message;      /* JSON Pointer to what a refusal says; empty = none */
    const char *const *names; /* members that the outermost object of a reply may have; NULL behind the last */
};

/* What a reply to a save says of one record. JSON Pointers; empty = not told. */
struct rest_result {
    struct text id, number, message, code;
    struct rest_sign success;
};

struct rest_target {
    struct rest_auth_form auth;
    struct rest_request save;   /* creates a record; without `update` it also updates those that hold an id */
    struct rest_request update; /* of one record */
    struct rest_request find;   /* the records of one number */
    struct rest_request list;   /* what stands there */
    bool several;               /* a save takes more than one record */
    bool id_placed;             /* the update's path, query or body has the id, so the record has none */
    bool id_bare;               /* the id is written as a number where JSON takes it as a value */
    bool paged;                 /* the list comes by pages, else one reply holds all */
    int64_t first, page_size;   /* number of its first page; records of a page */
    struct text rows, found;    /* JSON Pointers to the records of a list, of a find */
    struct text row_id, row_number, row_title; /* JSON Pointers within one of them */
    struct text total;                         /* JSON Pointer; empty = not told in the body */
    bool total_header;                         /* told in X-Total-Count */
    struct rest_result whole;                  /* of a whole reply */
    bool id_told;             /* the file says where the id of a saved record stands: it must be there */
    struct text results;      /* JSON Pointer to the list with a result for each record; empty = none */
    struct rest_result each;  /* of one of them */
    const char *const *names; /* as above */
};

#endif
