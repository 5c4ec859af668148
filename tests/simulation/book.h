/* What the simulation's target holds, and what it does with a row: the moods of one book are drawn anew for each seed. */
#ifndef DIANCHEN_TESTS_SIMULATION_BOOK_H
#define DIANCHEN_TESTS_SIMULATION_BOOK_H

#include <cjson/cJSON.h>

#include "sim.h"

enum { MATERIALS_MAX = 1000, ITEMS_MAX = 16 };

enum without { WITHOUT_NOTHING, WITHOUT_MANY, WITHOUT_ONE /* and many */, WITHOUT_LIST };

struct book {
    struct material materials[MATERIALS_MAX];
    size_t count;
    bool strict;          /* refuses a second material of one number */
    bool whole;           /* a guilty row has its whole batch refused */
    bool as_list;         /* results as a list, one an item */
    bool no_bulk;         /* does not look up several numbers at once */
    bool forgets;         /* its logins, now and then: it says so in words, and executes nothing */
    bool spells;          /* numbers in capitals, whatever was sent, and takes both for one */
    int moves;            /* pages of its list after which the first row goes to the end */
    size_t moved;         /* rows that did */
    int64_t swaps;        /* page of its list after which, once, it loses one record and gains another; 0 = never */
    int64_t list_cap;     /* rows that a page of its list has at most, whatever was asked for */
    int names_guilty;     /* in errorInfo: by 0 = number, 1 = position, 2 = nothing */
    int64_t units[UNITS]; /* when each is there; INT64_MAX = never */
    enum without without; /* calls that the account has not subscribed to */
};
extern struct book book;

struct item { /* of a save */
    struct text id, number, name, unit;
    const char *refused; /* why; NULL = it is fine */
    const struct material *saved;
};

struct material *book_by_id(struct text id);
/* `shown`: only what its look-ups show. */
struct material *book_by_number(struct text number, bool shown);
/* The material at this place of its list, which may move. */
const struct material *book_listed(size_t place);
/* Somebody deletes the first record, and makes another. */
void book_swap(void);
/* The rows of a save, each judged. */
size_t book_items(const cJSON *list, struct item *items);
void book_save(struct item *item);
/* audit.c: "then": ["audit"], in a quarter of the seeds. */
void audit_execute(const cJSON *ids, struct buffer *out);
bool audit_shows(const struct material *material);
/* One save result for `count` items; `base` is the place of the first in its batch. */
void book_result(struct buffer *out, const struct item *items, size_t count, size_t base);

#endif
