/* The 65 fields of a material and what each may hold on the wire. */
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
};

enum { FIELD_COUNT = 65 };

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

extern const struct field material_fields[FIELD_COUNT];

/* Index of the field, or -1. */
int field_find(const char *name, size_t length);
bool field_takes(int field, const struct scan_value *value); /* the wire type only */

#endif
