/* Formulas: a value of the target from a record (docs/formulas.md). A formula is compiled once, when the scheme is loaded,
 * and evaluated for every record. Both have no side effects, so the same record always gives the same value. Compiled
 * formulas are read-only, any thread; a formula_run belongs to one thread. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_FORMULA_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_FORMULA_H

#include "common/json/json.h"
#include "common/scheme/formula/decimal.h"
#include "common/scheme/value.h"

enum {
    FORMULA_SIZE_MAX = 4096,    /* bytes of a formula */
    FORMULA_TEXT_MAX = 1 << 20, /* bytes of a text that a formula makes */
    FORMULA_ITEMS_MAX = 10000,  /* items of a list */
    FORMULA_STACK_MAX = 256,    /* values under way at once */
    FORMULA_ARENA_MAX =
        16 << 20 /* bytes that the formulas of one record may take: the limit for the arena of a formula_run */
};

enum formula_type {
    FORMULA_EMPTY,
    FORMULA_TEXT,
    FORMULA_NUMBER,
    FORMULA_BOOLEAN,
    FORMULA_DATE,
    FORMULA_LIST,
    FORMULA_QUESTION, /* a LOOKUP: the loader answers it */
};

struct formula_value {
    enum formula_type type;
    bool flag; /* BOOLEAN: the value; QUESTION: has a default */
    union {
        struct text text; /* TEXT; QUESTION: its JSON */
        struct decimal number;
        int64_t date; /* date.h */
        struct {
            const struct formula_value *items; /* NULL: not read yet */
            size_t count;
            struct text json; /* as it came; data NULL where the list was made by a formula */
        } list;
    };
};

/* What can go wrong with a record. IFERROR catches each of them. */
enum formula_error {
    FORMULA_FINE,
    FORMULA_NO_NUMBER,  /* formula.number: a text that is no number */
    FORMULA_IS_EMPTY,   /* formula.empty */
    FORMULA_DIVIDE,     /* formula.divide */
    FORMULA_OVERFLOW,   /* formula.overflow: more digits than a decimal has */
    FORMULA_NO_DATE,    /* formula.date */
    FORMULA_TYPE_WRONG, /* formula.type */
    FORMULA_LOOKUP,     /* formula.lookup: not in a table */
    FORMULA_RANGE,      /* formula.range: a size, a place or a step that is too large */
    FORMULA_SCRIPT,     /* formula.script */
    FORMULA_ERRORS
};
/* What is told where the arena of a run is full. */
#define FORMULA_ARENA_FULL "the formulas of this record need more than 16 MiB"
_Static_assert(FORMULA_ARENA_MAX == 16 << 20, "as the text says");
/* "formula.number" */
const char *formula_error_text(enum formula_error error);
/* "number" */
const char *formula_type_text(enum formula_type type);

struct formula_failure {
    enum formula_error error;
    int column;     /* in characters, the "=" is column 1 */
    char text[400]; /* "column 8: goods_count is 0: division by zero" */
};

/* ---- compiling ---- */

struct formula;
struct formula_table;

/* What a name may stand for. */
enum formula_name {
    NAME_FIELD,    /* of the record: index = its slot */
    NAME_MEMBER,   /* of the row of an `each`: index is not used */
    NAME_VARIABLE, /* env.NAME: index = its place in formula_run.variables */
    NAME_TABLE,    /* the first argument of TABLE: table, and index = the column */
    NAME_LOOKUP,   /* the first argument of LOOKUP */
    NAME_SCRIPT,   /* lua.NAME: index for formula_run.script */
};
struct formula_meaning {
    int index;
    bool secret; /* its values are never shown in messages */
    const struct formula_table *table;
};
struct formula_scope {
    void *user;
    bool row;       /* bare names are members of a row, parent.NAME the fields */
    bool condition; /* the value is a boolean, or a LOOKUP where the formula asks: of a filter and of `when` */
    /* False with one line in *why: "no such field of wdt.shop.query; did you mean shop_no?" */
    bool (*find)(void *user, enum formula_name kind, struct text name, struct formula_meaning *out, struct cause *why);
};

/* A fault of the formula itself, found when it is compiled; or a warning. */
struct formula_note {
    int column;
    char text[300];
};
enum { FORMULA_WARNINGS_MAX = 4 };
struct formula_notes {
    struct formula_note fault;
    struct formula_note warnings[FORMULA_WARNINGS_MAX];
    size_t warning_count;
};

/* Compiles a formula; `source` begins with "=". The result and all that it points to live in `keep`; `work` is used during
 * the call. ERR_SYNTAX with notes->fault, ERR_MEMORY. Warnings are set in either case. */
int formula_compile(struct arena *keep, struct arena *work, struct text source, const struct formula_scope *scope,
                    const struct formula **out, struct formula_notes *notes) WARN_UNUSED;

/* The formula as it was written; its only value where it has no field in it, else NULL. */
struct text formula_source(const struct formula *formula);
const struct formula_value *formula_constant(const struct formula *formula);
/* A single field and nothing else: its slot; -1 for all others. */
int formula_slot(const struct formula *formula);
/* Does it use a secret field or a variable? Then its values are never shown in messages. */
bool formula_hides(const struct formula *formula);
bool formula_uses_run_date(const struct formula *formula);
/* Can its value be a LOOKUP? */
bool formula_asks(const struct formula *formula);

/* ---- evaluating ---- */

struct formula_trees; /* JSON lists of the record that were read */
struct formula_run {
    const struct value *slots;     /* of the record */
    const struct text *variables;  /* by the indexes of NAME_VARIABLE */
    const cJSON *row;              /* inside `each` */
    struct arena *arena;           /* values live here until it is reset */
    int64_t run_date;              /* date.h; the day on which the run began */
    struct formula_script *script; /* NULL: no Lua */
    /* Kept from one formula of a record to the next; 0 at its start. */
    struct formula_trees *trees;
    struct formula_value *stack;
    size_t stack_room;
};

/* The value of a formula for one record: 0, or ERR_REFUSED with *failure, or ERR_MEMORY. Texts of the value live in the
 * arena, the formula or the slots. */
int formula_evaluate(const struct formula *formula, struct formula_run *run, struct formula_value *out,
                     struct formula_failure *failure) WARN_UNUSED;
/* As text: what a field of the target is cast from. Numbers plain, dates as "yyyy-MM-dd HH:mm:ss", lists as JSON,
 * a question as its JSON. data is NULL if the arena is full. */
struct text formula_value_text(const struct formula_value *value, struct arena *arena);
/* For scheme_cast: a list is an array, a number a text of digits. ERR_MEMORY. */
int formula_value_plain(const struct formula_value *value, struct arena *arena, struct value *out) WARN_UNUSED;
/* The tree of a slot's JSON, or the part at "a.b" in it; NULL if there is none. It lives in the arena and is parsed once a
 * record. ERR_LIMIT: too large or too deep. */
int formula_rows(struct formula_run *run, struct text json, struct text path, const cJSON **out) WARN_UNUSED;
/* The value as a condition. FORMULA_TYPE_WRONG: it is no condition. */
enum formula_error formula_condition(const struct formula_value *value, bool *out);

#endif
