/* What a scheme is once it has been compiled: types only. scheme.h loads one. */
#ifndef DIANCHEN_COMMON_SCHEME_MODEL_H
#define DIANCHEN_COMMON_SCHEME_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/config/cron.h"
#include "common/scheme/rest/form.h"
#include "common/scheme/soap/form.h"

enum { SCHEME_SLOTS_MAX = 200, SCHEME_FIELDS_MAX = 300, SCHEME_SLICES_MAX = 100 };
enum { SCHEME_CHOICES_MAX = 200 /* values that an API file lists for one field */ };
enum { SCHEME_FILTERS_MAX = 50, SCHEME_VALUES_MAX = 1000, SCHEME_PARTS_MAX = 64 };
enum { SCHEME_BATCH_MAX = 1000 /* records of one save */, SCHEME_BATCH = 50 /* where nobody says */ };

#define SCHEME_OUTER "parent."       /* before the names of slots of the outer record, where a source is split */
#define SCHEME_RUN_DATE "RUN_DATE()" /* stands among the slots like a field, but no API file can have it */

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

/* How the letters of numbers are sent. */
enum scheme_letters { LETTERS_SENT, LETTERS_CAPITALS, LETTERS_SMALL };
/* What to do with a record whose number was in the target before dianchen wrote it. */
enum scheme_existing {
    EXISTING_REJECT, /* reject it: a person decides */
    EXISTING_ADOPT,  /* take it over and update it */
    EXISTING_SKIP,   /* change nothing; the record counts as unchanged */
};

/* What to do with records that a run which read the whole source has not seen any more. */
enum scheme_vanished {
    VANISHED_IGNORE,  /* nothing */
    VANISHED_REPORT,  /* list them in the report */
    VANISHED_DISABLE, /* update them in the target with fields of their own */
};

struct formula; /* formula/formula.h */

/* A value inside an array field: what a formula gives, an object or list of such values, or one object for each row of
 * a list of the source. */
struct scheme_nested {
    enum { NESTED_JSON, NESTED_FORMULA, NESTED_OBJECT, NESTED_LIST, NESTED_EACH } kind;
    struct text name, member; /* inside an object: its name, and `"name":` */
    bool typed;               /* the API file says the type */
    enum scheme_type type;
    bool required;
    struct text json;                     /* NESTED_JSON */
    const struct formula *formula;        /* NESTED_FORMULA; NESTED_EACH: `when`, NULL = every row */
    int slot;                             /* NESTED_EACH: where the rows are */
    struct text path;                     /* NESTED_EACH: "a.b" within the slot, or empty */
    const struct scheme_nested *children; /* of an object or list; NESTED_EACH: one object, what a row becomes */
    size_t count;
};

struct scheme_assignment { /* one field of the target's payload, in the order of the API file */
    struct text name;      /* JSON-escaped and quoted form is in `member`: "\"name\":" */
    struct text member;
    enum scheme_type type;
    bool required; /* an empty value rejects the record */
    /* JSON: a constant, already cast to the field's type and written as JSON. */
    enum { ASSIGN_TEMPLATE, ASSIGN_JSON, ASSIGN_FORMULA, ASSIGN_NESTED } kind;
    struct scheme_template template;
    struct text json;
    const struct formula *formula;
    const struct scheme_nested *nested;
    struct text written; /* as the scheme has it: a formula, or the JSON of what holds formulas; empty for all else */
    struct text where;   /* "FILE:LINE /target/request/name", for messages; ends with a NUL */
    struct text lookup;  /* what `dianchen lookup` lists the values of this field, or empty: "units" */
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

/* How a source is read by windows of time. Times are unix ms, lengths ms. */
struct scheme_window {
    struct text start, end; /* the request parameters, "2026-01-31 08:00:00" of China's time; empty = no windows */
    int64_t since;          /* nothing before is read */
    int64_t lag, overlap;   /* nothing younger is read; the end of the last span that is read again */
    int64_t step, most;     /* length of a window; the longest that the source takes */
    int64_t reread_every, reread_back; /* how often how much of the past is read again; 0 = never */
    char request[17];                  /* hash of the request but its times: a cursor is valid for one request only */
};

/* A variable of the environment that formulas use: {{env.NAME}}, env.NAME. */
struct scheme_variable {
    struct text name;   /* ends with a NUL */
    struct text where;  /* "FILE:LINE /target/request/name", for messages; ends with a NUL */
    struct text lookup; /* what `dianchen lookup` lists the values of the field, or empty */
};

/* A look-up: LOOKUP(name, key) is the id that a list of the target has under this key, or that another scheme's record
 * with this key has in the target. */
struct target_form;
struct scheme_lookup {
    struct text name;               /* in formulas */
    struct text scheme;             /* the other scheme's name; empty = a list */
    const struct target_form *form; /* of the other scheme's records in the target; NULL = a list */
    struct text list;               /* in the target's API file: "units" */
    struct text path;               /* of the list; ends with a NUL */
    bool by_number;                 /* the key is the number, not the name */
};

/* Where the target's platform keeps one kind of record (商品, 客户, …): from the target's API file. Paths follow the base
 * address, without a slash in front. Every text ends with a NUL. */
struct target_lookup {
    struct text what, path; /* "units", "jdy/basedata/measure_unit_list" */
};
/* What a text of a refusal may mean. */
enum target_word {
    WORD_LOGIN,      /* the token or session is dead */
    WORD_THROTTLED,  /* called too often */
    WORD_BUSY,       /* try again; it may have been executed */
    WORD_PERMISSION, /* a right is missing */
    WORD_EXISTS,     /* number or name is taken */
    WORD_GONE,       /* the record does not exist */
    WORD_ABSENT,     /* the account has no such call */
    WORD_KINDS
};
struct target_words {
    const struct text *items; /* found anywhere in a text, capitals or not; one of digits alone is an error code */
    size_t count;
};
struct target_list {
    struct text path;       /* what stands there, page by page */
    struct text page, size; /* parameters: the page's number, from 1; the records of a page */
    int64_t most;           /* records of a page at most; 0 = as many as are asked for */
    struct text search;     /* parameter: only records whose number holds this text; empty = there is none */
    struct text with;       /* more members of the body, as JSON: "\"enable\":-1"; empty = none */
    struct text rows, count,
        pages; /* members of the reply: the records; how many there are, on how many pages (or empty) */
};
/* A follow-up of a saved record, like the audit of a bill: one of /then. */
enum { SCHEME_STEPS_MAX = 8 };
struct scheme_step {
    struct text name, label;            /* "audit", 审核 */
    struct text path;                   /* of the call, for `most` records at once */
    int64_t most;                       /* 1 to SCHEME_BATCH_MAX */
    struct text before, behind;         /* the call's body around the ids, which are JSON texts with commas between */
    bool by_number;                     /* numbers stand there in place of ids */
    struct text done_field, done_value; /* a record that shows this value in this member is done */
    struct target_words words;          /* of a refusal: it was done before */
};
struct target_form {
    struct text file;       /* the API file, for messages */
    struct text driver;     /* the driver: a name in loader/drivers.c */
    struct text kind;       /* what its records are; a number is unique within a kind, whatever API saves it */
    struct text id, number; /* fields with the record's id in the target, and with the number that it is found by */
    struct text save;       /* path */
    struct text update;     /* path of an update of one record; empty = saved in the way of a create */
    struct text save_items; /* the member of the body that holds the records; empty = the body is one record */
    int64_t save_most;      /* records of one save */
    struct text find_one;   /* path: is this number there, under which id? empty = the list is asked */
    struct text find_many;  /* path: the same for several numbers; empty = there is none */
    struct text find_by;    /* the parameter of both that takes the number */
    struct target_list list;
    const struct target_lookup *lookups; /* lists for people */
    size_t lookup_count;
    struct target_words words[WORD_KINDS];
    const struct rest_target *rest;  /* of the driver "rest"; NULL for others */
    const struct scheme_step *steps; /* all that the file tells of */
    size_t step_count;
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
    /* The slot of SCHEME_RUN_DATE, the day on which the run began, plus 1; 0 = no formula asks. The extractor fills it in: a
     * number, seconds of formula/date.h. */
    int run_date_place;
    struct {
        struct text api;
        struct text driver;                   /* the driver: a name in extractor/drivers.c */
        int id_slot, number_slot, title_slot; /* title -1 = none */
        const struct text *list_keys;         /* names the list may have in a reply, most likely first */
        size_t list_key_count;
        const struct rest_form *rest;       /* of the driver "rest"; NULL for others */
        const struct soap_form *soap;       /* of the driver "soap"; NULL for others */
        const struct scheme_param *request; /* every parameter; slices override by name */
        size_t request_count;
        const struct scheme_slice *slices;
        size_t slice_count; /* >= 1 */
        int64_t page_size, first_page;
        int64_t calls_per_minute, concurrency;
        /* Each row of this list of a source record is a record; empty = the source records are. Slots of the outer record
         * are named "parent.x", and have their bit here. */
        struct text split;
        const bool *outer;
        struct text key_param; /* the request parameter that asks for one record by its id; empty = there is none */
        struct scheme_window window;
    } source;
    const struct scheme_filter *filters;
    size_t filter_count;
    const struct formula *filter_formula; /* the filter as a formula; NULL where it is a list, or none */
    bool formulas;                        /* there is one anywhere */
    struct text script_name, script;      /* Lua: the file as messages name it, and its text; size 0 = none */
    const struct text *after;             /* names of schemes that `run --all` runs before */
    size_t after_count;
    const struct scheme_lookup *lookups;
    size_t lookup_count;
    const struct scheme_variable *variables;
    size_t variable_count;
    struct {
        struct text api;
        struct target_form form;
        int64_t batch;
        enum scheme_existing existing;
        const struct scheme_step *steps; /* of the form's, those that follow a save, in this order */
        size_t step_count;               /* 0 to SCHEME_STEPS_MAX */
        int64_t calls_per_minute, concurrency;
        const struct scheme_assignment *fields;
        size_t field_count;
    } target;
    struct {
        enum scheme_vanished then;
        int64_t percent;                        /* of the known records: if more vanish at once, a person decides */
        const struct scheme_assignment *fields; /* VANISHED_DISABLE: made from key and number alone */
        size_t field_count;
    } vanished;
    /* ms between starts of runs in the service form; 0 = no schedule: 60 s is used, unless runs start by the clock (`at`) */
    int64_t every;
    const struct cron *at;       /* NULL = they don't */
    bool trim;                   /* numbers lose blanks at their ends and control characters */
    enum scheme_letters letters; /* of numbers */
    int64_t keep;                /* ms after its end that a run and its pages are kept */
    struct scheme_budget {       /* how many rejects stop a run; 0 = no such bound */
        int64_t rejects, percent, consecutive;
    } budget;
};

#endif
