/* A list of the target, read whole or not at all: the one way in which the loader does it. Page by page, as pass.h says. On the
 * loop's thread. */
#ifndef DIANCHEN_LOADER_ASK_READING_H
#define DIANCHEN_LOADER_ASK_READING_H

#include "loader/ask/pass.h"
#include "loader/loader.h"

struct reading { /* embedded in its owner; reading_init, then reading_start as often as wanted */
    struct loader *loader;
    const struct target_form *form; /* of the records in the list; reading_init gives the scheme's own */
    /* A page. `last`: that was all, and it is proven. Its texts live during the call; some rows may come twice. reading_next
     * asks for the next page; after the last there is none. */
    void (*page)(struct reading *reading, const struct target_page *page, bool last);
    /* It can't be read whole: the end, with a sentence in two parts. ERR_NOT_FOUND: the account has no such call. */
    void (*failed)(struct reading *reading, int error, const char *what, struct text why);
    /* private */
    struct pass pass;
    struct client_call call;
    struct arena arena;
    bool asking; /* a page is asked for */
    bool other;
};

/* Sets `loader` and `form`; set the callbacks then. */
void reading_init(struct reading *reading, struct loader *loader);
/* From page one. `path` of the list lives as long as the reading. */
/* `other`: a list beside that of the records which this scheme writes. */
void reading_start(struct reading *reading, const char *path, bool other);
void reading_next(struct reading *reading);
void reading_fini(struct reading *reading); /* no call is under way: the client has stopped */

#endif
