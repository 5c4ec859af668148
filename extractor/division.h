/* A page that is asked for in ranges, because its reply can't be read as a whole, or would be above SOURCE_BODY_MAX.
 * The page has `stride` records and begins at a multiple of that. The size of a range divides `stride`, so a range is a
 * page of that size to the source. A range that can't be read is cut again, until one record is alone. The records of
 * all ranges are put together: to everybody else it stays one page. Of a window the last range is read first, as pages
 * are (run.h): a record that leaves it moves those behind it to ranges that are read later. */
#ifndef DIANCHEN_EXTRACTOR_DIVISION_H
#define DIANCHEN_EXTRACTOR_DIVISION_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct division {     /* zero-initialise; division_fini */
    int64_t stride;   /* records of the page; 0 = it is asked for as a whole */
    int64_t at, size; /* the range under way: records at..at + size - 1 of the page */
    bool backwards;   /* from the last range to the first */
    int64_t most;     /* no range has more */
    int64_t largest;  /* of the ranges that came */
    int64_t total;    /* of the slice, as the range at 0 told it; -1 = not */
    struct arena arena;
    struct text *records;
    size_t count, room;
};

/* The next smaller size by which a page of `size` records can be cut; 0 = there is none. */
int64_t division_smaller(int64_t size);
/* The largest size of a range that a page of `stride` records can be cut into and that is not above `most`. */
int64_t division_fit(int64_t stride, int64_t most);
/* Begins with the first range, of `size` records; with the last one, where it goes backwards. */
void division_begin(struct division *division, int64_t stride, int64_t size, bool backwards);
/* Cuts the range under way into smaller ones, and begins with the first of these, or the last. False: it is one record. */
bool division_cut(struct division *division);
/* Copies the records of the range under way to their place in the page. ERR_MEMORY. */
int division_add(struct division *division, const struct text *records, size_t count) WARN_UNUSED;
/* Goes on to the next range. False: the page is complete. */
bool division_next(struct division *division);
void division_fini(struct division *division);

#endif
