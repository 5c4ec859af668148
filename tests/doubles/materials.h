/* The book: every record of the entity in use (fields.h), a material most of the time, found by id and by number, numbers as spelling.h stores and compares them. A number may have
 * several (twins). */
#ifndef DOUBLES_MATERIALS_H
#define DOUBLES_MATERIALS_H

#include "blob.h"

struct material {
    uint64_t id;
    int64_t born;  /* server_now() of the create */
    uint64_t name; /* hash of the name as it is meant */
    char *text;    /* members of the object without braces and id, as sent */
    uint32_t length;
    uint32_t number; /* index for material_number */
    uint32_t twin;   /* index + 1 of the next material with this number; 0 = none */
    bool gone;       /* removed: only material_at still shows it */
    bool disabled;   /* a list shows it only where that is asked for */
    bool audited;    /* a bill: it is changed no more */
    char *spelling;  /* its number as it is stored; NULL: it is the key by which it is found */
};

enum { MATERIAL_NONE = 0 };

size_t materials_count(void); /* those that were removed too */
size_t materials_gone(void);
size_t materials_disabled(void);
size_t materials_numbers(void); /* distinct numbers with a material */
size_t materials_doubled(void); /* of these, with more than one */
uint32_t materials_most_sends(void);
void materials_fini(void); /* of all entities */

struct material *material_at(size_t index); /* in order of making */
struct material *material_by_id(const char *id, size_t length);
/* The first with this number; go on with material_twin. */
struct material *material_by_number(const char *number, size_t length);
struct material *material_twin(const struct material *m);
const char *material_number(const struct material *m); /* as stored, NUL-terminated */
size_t material_number_count(const struct material *m);
bool material_is_first(const struct material *m);
/* How many other materials have this name; `m` may be NULL. */
bool material_name_taken(uint64_t name, const struct material *m);

/* `text` is copied. */
struct material *material_create(const char *number, size_t number_length, uint64_t name, const char *text,
                                 size_t length, int64_t born);
void material_update(struct material *m, const char *number, size_t number_length, uint64_t name, const char *text,
                     size_t length);
void material_remove(struct material *m);
void material_disable(struct material *m, bool disabled);
/* After the way in which numbers are compared was changed; sends are forgotten. */
void materials_compare_anew(void);
/* Counts that this number was sent once more. */
void material_sent(const char *number, size_t length);
void materials_forget_sends(void);
void material_print(const struct material *m, struct blob *out); /* {"id":"…",…}; a bill with its billstatus */

#endif
