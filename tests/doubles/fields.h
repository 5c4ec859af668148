/* The kinds of records that the target holds, their fields, and what each field may hold on the wire. */
#ifndef DOUBLES_FIELDS_H
#define DOUBLES_FIELDS_H

#include "scan.h"

enum field_kind {
    FIELD_TEXT,    /* any string */
    FIELD_DECIMAL, /* a string that holds a decimal number, or nothing */
    FIELD_UNIT,    /* a string that names a measure unit, or nothing */
    FIELD_BOOLEAN,
    FIELD_INTEGER,
    FIELD_OBJECTS, /* an array of objects */
    FIELD_STRINGS, /* an array of strings */
    FIELD_PERSONS, /* an array of contact persons */
    FIELD_ROWS,    /* an array of a bill's rows, at least one */
};

enum { FIELDS_MAX = 65 };

/* Fields that the double itself looks at. */
enum field_role {
    ROLE_NONE,
    ROLE_ID,
    ROLE_NUMBER,
    ROLE_NAME,
    ROLE_PARENT,
    ROLE_BASE_UNIT,
    ROLE_UNIT, /* for goods of one unit the same as the base unit */
    ROLE_COST,
    ROLE_MULTI_UNIT,
    ROLE_INVENTORY,
    ROLE_PERIOD,
};

struct field {
    const char *name;
    enum field_kind kind;
    enum field_role role;
    bool required;
};

enum entity_kind { ENTITY_MATERIAL, ENTITY_STORE, ENTITY_CUSTOMER, ENTITY_SUPPLIER, ENTITY_BILL, ENTITIES };
struct entity {
    const char *name, *several; /* "store", "stores" */
    const struct field *fields;
    size_t count;
    const char *items;    /* member of a save that holds its rows; NULL: a save is one row */
    const char *letter;   /* that numbers of its book begin with */
    const char *shown[5]; /* fields of a list's row beside id and number; NULL behind the last */
};
extern const struct entity entities[ENTITIES];
/* The kind that everything below and in batch.h, materials.h and lookups.h is about, until the next call. */
extern const struct entity *entity;
void entity_use(enum entity_kind kind);
const char *entity_number(void); /* the name of the field with its number */
static inline enum entity_kind entity_kind(void)
{
    return (enum entity_kind)(entity - entities);
}

/* Index of the field, or -1. */
int field_find(const char *name, size_t length);
bool field_takes(int field, const struct scan_value *value); /* the wire type only */

#endif
