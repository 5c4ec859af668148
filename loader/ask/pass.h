/* Decides whether a paged list was read whole. Records are told apart by id, so a record that comes twice does no harm.
 * A pass reads the list from page one. It ends at an empty page, or where a page brings nothing new and the count is reached.
 * The list is proven to be whole where all of this holds: as many records were seen as the list counts (or it tells no count and
 * the last page was empty); the count never fell; and all its pages but the last, asked again, have nothing new and the same
 * count. Else another pass follows. After a fall of the count it forgets what was seen, because that may hold records that
 * vanished. (A record may vanish from a page that was read while another appears on a later one: the count stays, and those
 * between them move forward, one of them from a page that was not read yet to one that was. There it is found.)
 * A page that repeats the one before shows that the list ignores the page number. Pure but for memory. */
#ifndef DIANCHEN_LOADER_ASK_PASS_H
#define DIANCHEN_LOADER_ASK_PASS_H

#include "loader/driver.h"

struct id_set {      /* ids that were seen, as hashes of 64 bits */
    uint64_t *slots; /* 0 = free */
    size_t room, count;
};

/* Takes an id; *fresh = it was not there. ERR_LIMIT, ERR_MEMORY. A zeroed set is empty; id_set_clear frees it. */
int id_set_put(struct id_set *set, struct text id, bool *fresh) WARN_UNUSED;
void id_set_clear(struct id_set *set);

enum pass_next {
    PASS_ASK,      /* ask for page pass->no */
    PASS_DONE,     /* that was all, and it is proven */
    PASS_UNPROVEN, /* give up: pass->why says why */
};

struct pass {
    int64_t no;    /* the page that is asked for, from 1 */
    int64_t size;  /* records to ask for */
    int64_t rows;  /* records that came on the pages before it, in this pass */
    int64_t calls; /* pages that came, in all passes */
    int64_t total; /* the list's latest count; 0 = not told */
    int passes;
    int64_t again;   /* pages that are asked again to see that nothing moved; 0 = it still reads */
    bool shrank;     /* the count fell during this pass: later records moved forward, and one may have been missed */
    uint64_t before; /* digest of the page before */
    struct id_set seen;
    char why[300]; /* PASS_UNPROVEN: for a person, with the cure */
};

/* Begins the first pass at page one. pass_fini frees the ids seen. */
void pass_init(struct pass *pass);
void pass_fini(struct pass *pass);
/* Takes the answer to page pass->no; returns what to do next. `page` is only read. */
enum pass_next pass_page(struct pass *pass, const struct target_page *page);
/* A page was too large: the list is read anew, in smaller pages. False: they are as small as can be. */
bool pass_smaller(struct pass *pass);
/* Were as many records seen as the list counts? False where it tells no count. */
bool pass_enough(const struct pass *pass);

#endif
