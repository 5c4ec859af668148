/* Reads the target's book into the store before anything is created in it, so that nothing that stands there is made
 * again. Once per store and account; one loader reads, the others wait. */
#ifndef DIANCHEN_LOADER_READING_H
#define DIANCHEN_LOADER_READING_H

#include "loader/loader.h"

/* done() is called once, from the loop, when the book is read (by whomever). */
int reading_start(struct loader *loader, void (*done)(struct loader *loader)) WARN_UNUSED;
void reading_free(struct loader *loader);

/* One page of material_list. Pure: how many materials it holds (entries point into the arena), or ERR_SYNTAX. `last` =
 * no page follows page `no` (counted from 1). */
struct book_entry;
int reading_page(struct arena *arena, const struct answer *answer, int64_t no, struct book_entry **entries,
                 size_t *count, bool *last) WARN_UNUSED;

#endif
