/* What `status`, `report`, `rejects` and `explain` have in common: the store, opened for reading, and the text that is
 * printed as JSON. */
#ifndef DIANCHEN_CTL_SHOW_VIEW_H
#define DIANCHEN_CTL_SHOW_VIEW_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/store/store.h"

enum { VIEW_TEXT_MAX = 64 << 20 /* bytes */ };

struct view { /* zero-initialise */
    const char *url;
    bool json;
    struct store *store;
    struct buffer text;
};
/* Rows for a command's option table. */
#define VIEW_OPTIONS(v) OPT_SETTING(STORE, (v).url), OPT_SWITCH("--json", (v).json, "one JSON object on one line")

/* Opens the store, begins to read. Without a store there is nothing to tell yet: says so. 0, or *exit_code is set. */
int view_open(struct view *view, int *exit_code) WARN_UNUSED;
/* Ends the reading. `error` is what reading came to: ERR_NOT_FOUND says `missing`, others what the store says. Returns the
 * exit code: that of a failure, or `exit_code`. */
int view_close(struct view *view, int error, const char *missing, int exit_code);
/* Prints view->text as one line. ERR_LIMIT, with a message, where it is larger than VIEW_TEXT_MAX and so not whole. */
int view_print(const struct view *view);

#endif
