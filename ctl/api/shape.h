/* Finds out which members some JSON objects have, and of which types, from their values: for `dianchen api`. Pure. */
#ifndef DIANCHEN_CTL_API_SHAPE_H
#define DIANCHEN_CTL_API_SHAPE_H

#include "common/json/json.h"

enum { SHAPE_FIELDS_MAX = 400, SHAPE_KINDS = 7, SHAPE_TEXT_ROOM = 80 };

enum shape_kind { SHAPE_TEXT, SHAPE_INTEGER, SHAPE_FRACTION, SHAPE_FLAG, SHAPE_LIST, SHAPE_OBJECT, SHAPE_NOTHING };

struct api_shape;
struct shape_field {
    const char *name;
    unsigned kinds;         /* bit n: there was a value of kind n */
    int64_t filled;         /* in how many objects it is there, and neither null nor "" */
    const cJSON *example;   /* of the first object that has it */
    struct api_shape *rows; /* shape of the objects in its lists; NULL = there was none */
};
struct api_shape {
    struct shape_field fields[SHAPE_FIELDS_MAX]; /* in the order in which they came */
    size_t count;
    int64_t objects;
    bool cut; /* there were more than SHAPE_FIELDS_MAX fields */
};

/* An empty shape in the arena. NULL: out of memory. */
struct api_shape *shape_new(struct arena *arena);
/* Adds an object; its tree must outlive the shape. 0; ERR_MEMORY; ERR_SYNTAX: it is no object. */
int shape_add(struct api_shape *shape, const cJSON *object, struct arena *arena) WARN_UNUSED;
/* Writes the kinds in words: "string, number". Returns `out`. */
const char *shape_kinds(unsigned kinds, char out[SHAPE_TEXT_ROOM]);
/* Returns the type that an API file gives such a field, a constant; NULL: none fits (an object). */
const char *shape_type(unsigned kinds);
/* Returns the word for one kind, a constant: "string", "number". */
const char *shape_word(enum shape_kind kind);

#endif
