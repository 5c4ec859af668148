/* Looks for one number in the target's list. Used where the target has no call that finds one record, or the account has not
 * subscribed to it. The list's search parameter is used only after it has found a number that is known to be there; else the list
 * is read whole. "Not there" is said only when the list is proven to be whole (pass.h). On the loop's thread; nothing blocks. */
#ifndef DIANCHEN_LOADER_ASK_SEARCH_H
#define DIANCHEN_LOADER_ASK_SEARCH_H

#include "loader/ask/pass.h"
#include "loader/client.h"

/* Does the search parameter find numbers? All searches of a program share one value. */
enum search_trust { SEARCH_UNTRIED, SEARCH_WORKS, SEARCH_FAILS };

struct search { /* embedded in its owner; zero-initialise, then fill the first part */
    struct client *client;
    const struct target_driver *driver;
    const struct target_form *form;
    enum search_trust *trust;
    /* Called once, from the loop. `id` (FOUND, ALIKE) and `answer`, with the record in its data (else NULL), live until done()
     * returns; search_start may be called again from here. */
    void (*done)(struct search *search, enum target_told told, struct text id, const struct answer *answer);
    void *user;
    /* private */
    struct text number;
    enum search_step { AT_NARROW, AT_SAMPLE, AT_PROBE, AT_WHOLE } step;
    struct client_call call;
    struct arena arena;           /* of one page */
    struct arena kept;            /* of one search */
    struct text sample_id;        /* a record of the list that the search parameter must find */
    struct text sample, alike_id; /* its number; a record under another spelling of `number` */
    struct text alike;            /* that record, as JSON */
    struct pass pass;
    bool begun;
};

/* Begins a search. `number` must live until done(). */
void search_start(struct search *search, struct text number);
void search_fini(struct search *search); /* frees; only after client_stop */

#endif
