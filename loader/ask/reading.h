/* Reads a list of the target page by page, whole or not at all; pass.h decides. Every part of the loader that reads a list uses it.
 * On the loop's thread; nothing blocks. */
#ifndef DIANCHEN_LOADER_ASK_READING_H
#define DIANCHEN_LOADER_ASK_READING_H

#include "loader/ask/pass.h"
#include "loader/loader.h"

struct reading { /* embedded in its owner; reading_init, then reading_start as often as wanted */
    struct loader *loader;
    const struct target_form *form; /* describes the records in the list; reading_init sets the scheme's own */
    /* Called for each page. `last`: the list is whole, and that is proven. The page's texts live until page() returns. A record
     * may come twice. Unless it is the last, call reading_next for the next page. */
    void (*page)(struct reading *reading, const struct target_page *page, bool last);
    /* Called once, as the end, where the list can't be read whole: `what` and `why` make one sentence. ERR_NOT_FOUND: the account
     * has no such call. */
    void (*failed)(struct reading *reading, int error, const char *what, struct text why);
    /* private */
    struct pass pass;
    struct client_call call;
    struct arena arena;
    bool asking; /* a page is asked for */
    bool other;  /* as given to reading_start */
};

/* Sets `loader` and `form`. Then set the callbacks. */
void reading_init(struct reading *reading, struct loader *loader);
/* Reads from page one. `path` is the list's; it must outlive the reading. `other`: not the list of the records that this scheme
 * writes, so without form->list.with. */
void reading_start(struct reading *reading, const char *path, bool other);
void reading_next(struct reading *reading); /* asks for the next page */
void reading_fini(struct reading *reading); /* frees; only after the client has stopped */

#endif
