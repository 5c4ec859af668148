/* Is a paged list read whole? Records are told apart by id, so a list that moves while it is read only shows some twice.
 * A pass ends at an empty page, or where a page brings nothing new and the count is reached. It proves something where as many
 * were seen as the list counts (or it counts nothing and ended empty), the count never fell, and page one, asked again, is as
 * it was; else another pass follows, after a fall from nothing: what was seen may be what vanished.
 * What shows in nothing but a second reading: behind page one a record vanishes from a page that was read, and one comes in behind. A page that repeats the one before says that the list ignores its page. Pure but for memory. */
#ifndef DIANCHEN_LOADER_ASK_PASS_H
#define DIANCHEN_LOADER_ASK_PASS_H

#include "loader/driver.h"

struct id_set {      /* of ids, by a hash of 64 bits */
    uint64_t *slots; /* 0 = free */
    size_t room, count;
};

enum pass_next {
    PASS_ASK,      /* page pass->no */
    PASS_DONE,     /* that was all */
    PASS_UNPROVEN, /* pass->why */
};

struct pass {
    int64_t no;    /* the page that is asked for, from 1 */
    int64_t calls; /* pages that came */
    int64_t total; /* as told last; 0 = not told */
    int passes;
    bool again;      /* page one is asked again */
    bool shrank;     /* records vanished during this pass: those behind them moved up, perhaps past the next page */
    uint64_t before; /* digest of the page before */
    struct id_set seen;
    char why[300]; /* for a person, with the cure */
};

/* At page one of the first pass; pass_fini frees the ids seen. */
void pass_init(struct pass *pass);
void pass_fini(struct pass *pass);
/* The answer to page pass->no. */
enum pass_next pass_page(struct pass *pass, const struct target_page *page);
/* As many were seen as the list counts: there need be no page more. */
bool pass_enough(const struct pass *pass);

#endif
