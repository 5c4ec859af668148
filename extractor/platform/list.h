/* Finds the list of records in an object of a reply. Servers write it in many ways: an array; an object of records, as
 * PHP makes of a list with gaps; nested ({"shops":{"shop":[…]}}); JSON in a string; one record without a list. The list
 * is read only where it is beyond doubt. What is not understood is never taken for an empty
 * list. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_LIST_H
#define DIANCHEN_EXTRACTOR_PLATFORM_LIST_H

#include "common/json/scan.h"

enum { LIST_ROWS_MAX = 100000, LIST_SEEN_ROOM = 240 };

struct list_form {
    const struct text *keys; /* names that the list may have, most likely first; else any one list of records will do */
    size_t key_count;
    struct text id;                 /* the field that every record has */
    const struct json_marks *marks; /* of the reply in which the object stands; NULL = none */
};

struct list {
    enum {
        LIST_FOUND,  /* perhaps empty */
        LIST_ABSENT, /* nothing in the object could be one */
        LIST_UNKNOWN /* there is something that may or may not be the list */
    } state;
    const struct text *records; /* the text of each; the array lives in the arena */
    size_t count;
    char seen[LIST_SEEN_ROOM]; /* LIST_UNKNOWN: the members of the object, for a message */
};

/* `object` is the text of a JSON object. ERR_SYNTAX: its brackets do not fit. ERR_LIMIT: more than LIST_ROWS_MAX
 * records. ERR_MEMORY. */
int list_find(struct text object, const struct list_form *form, struct arena *arena, struct list *out) WARN_UNUSED;
/* The same of a value that is known to be the list: an array, null, one record without a list, or one of these as JSON
 * in a text. LIST_UNKNOWN: it is something else. `keys` are not used, `seen` stays empty. */
int list_of_value(struct text value, const struct list_form *form, struct arena *arena, struct list *out) WARN_UNUSED;

#endif
