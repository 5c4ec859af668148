/* Looks for one number in the target's list: where the target has no call that finds one record, or the account has not
 * subscribed to it. Narrowed by the list's search parameter once that has been seen to find a number; else the list is read
 * whole. "Not there" is said only of a list that was proven to be read whole (pass.h). */
#ifndef DIANCHEN_LOADER_ASK_SEARCH_H
#define DIANCHEN_LOADER_ASK_SEARCH_H

#include "loader/ask/pass.h"
#include "loader/client.h"

/* Does the search parameter find numbers? One for all searches of a program. */
enum search_trust { SEARCH_UNTRIED, SEARCH_WORKS, SEARCH_FAILS };

struct search { /* embedded in its owner; zero-initialise, then fill the first part */
    struct client *client;
    const struct target_driver *driver;
    const struct target_form *form;
    enum search_trust *trust;
    /* Once, from the loop: the id (FOUND, ALIKE) and the answer that told it (else NULL) live during the call; search_start
     * may be called again from here. */
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
    struct pass pass;
    bool begun;
};

/* `number` lives until done(). */
void search_start(struct search *search, struct text number);
void search_fini(struct search *search); /* after client_stop */

#endif
