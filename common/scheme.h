/* An integration scheme (集成方案) is data: which source API, which target API, and how one becomes the
 * other. Loaded and checked once at start; read-only afterwards, any thread. The format: docs/schemes.md.
 * API files stand in api/ beside the scheme, '/' in an API's name written as '.'. */
#ifndef DIANCHEN_COMMON_SCHEME_H
#define DIANCHEN_COMMON_SCHEME_H

#include "common/error.h"
#include "common/text.h"

enum { SCHEME_SLOTS_MAX = 200, SCHEME_FIELDS_MAX = 300, SCHEME_SLICES_MAX = 100 };
enum { SCHEME_FILTERS_MAX = 50, SCHEME_VALUES_MAX = 1000, SCHEME_PARTS_MAX = 64 };

/* A piece of a template: "{{province_name}}路" is a slot and a constant. */
struct scheme_part {
    struct text text; /* PART_TEXT: the text; PART_ENV: the variable's name; PART_SLOT: the field's name */
    enum { PART_TEXT, PART_SLOT, PART_ENV } kind;
    int slot; /* PART_SLOT */
};
struct scheme_template {
    const struct scheme_part *parts;
    size_t count; /* 1 = whole value: keeps its type, then is cast */
};

enum scheme_type { TYPE_STRING, TYPE_BOOLEAN, TYPE_INTEGER, TYPE_NUMBER, TYPE_ARRAY };

struct scheme_assignment { /* one field of the target's payload, in the order of the API file */
    struct text name;      /* JSON-escaped and quoted form is in `member`: "\"name\":" */
    struct text member;
    enum scheme_type type;
    bool required; /* empty after mapping rejects the record */
    /* JSON: a constant, already cast to the field's type and written as JSON. */
    enum { ASSIGN_TEMPLATE, ASSIGN_JSON } kind;
    struct scheme_template template;
    struct text json;
    struct text where;  /* "FILE:LINE /target/request/name", for messages; ends with a NUL */
    struct text lookup; /* what `dianchen lookup` lists the values of this field, or empty: "units" */
};

enum filter_op {
    FILTER_EQ,
    FILTER_NE,
    FILTER_IN,
    FILTER_NOT_IN,
    FILTER_EMPTY,
    FILTER_NOT_EMPTY,
    FILTER_CONTAINS,
    FILTER_PREFIX
};
struct scheme_filter {
    int slot;
    enum filter_op op;
    const struct text *values;
    size_t value_count;
};

struct scheme_param { /* one request parameter of the source */
    struct text name;
    struct text value; /* PARAM_CONSTANT: what is sent, empty = not sent; PARAM_ENV: the variable's name */
    enum { PARAM_CONSTANT, PARAM_PAGE_SIZE, PARAM_PAGE_NO, PARAM_ENV } kind;
    struct text where; /* "FILE:LINE /source/request/name", for messages; ends with a NUL */
};
struct scheme_slice {
    const struct scheme_param *params;
    size_t count;
};

struct scheme {
    struct text name;
    /* Hex of SHA-256 over what scheme and API files say (comments, BOM and line ends don't count), first 16 bytes:
     * stages that differ refuse each other. */
    char hash[33];
    /* The source fields that anything in the scheme uses; a source record on the wire has these slots. */
    const struct text *slots;
    const bool *slot_secret; /* its values stand in no message */
    size_t slot_count;
    struct {
        struct text api;
        int id_slot, number_slot, title_slot; /* title -1 = none */
        const struct text *list_keys;         /* names the list may have in a reply, most likely first */
        size_t list_key_count;
        const struct scheme_param *request; /* every parameter; slices override by name */
        size_t request_count;
        const struct scheme_slice *slices;
        size_t slice_count; /* >= 1 */
        int64_t page_size, first_page;
        int64_t calls_per_minute, concurrency;
        struct text key_param; /* the request parameter that asks for one record by its id; empty = there is none */
    } source;
    const struct scheme_filter *filters;
    size_t filter_count;
    struct {
        struct text api;
        int64_t batch;
        bool adopt;
        int64_t calls_per_minute, concurrency;
        const struct scheme_assignment *fields;
        size_t field_count;
    } target;
    /* ms between starts of runs in the service form; 0 = no schedule: back to back is never meant, 60 s is used */
    int64_t every;
    int64_t keep;          /* ms after its end that a run and its pages are kept */
    struct scheme_budget { /* what a run may refuse before it is stopped; 0 = no such bound */
        int64_t rejects, percent, consecutive;
    } budget;
};

/* ERR_INPUT with "FILE:LINE: /target/request/nmae: no such field of …; did you mean name?". */
int scheme_load(const char *path, struct scheme **out, struct cause *cause) WARN_UNUSED;
void scheme_free(struct scheme **scheme);
/* As scheme_load, but tells every fault it can find; returns their number. */
int scheme_lint(const char *path, void (*fault)(void *user, const char *line), void *user);
/* The slot of a source field, or -1. */
int scheme_slot(const struct scheme *scheme, struct text field);

#endif
