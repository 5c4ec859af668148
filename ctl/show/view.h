/* Opens the store for commands that only read (`status`, `report`, `rejects`, `explain`), and holds the text that they print as
 * JSON. All functions block. */
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

/* Opens the store and begins a transaction that reads. 0: end it with view_close. An error: the reason was printed (no store means
 * that nothing has run yet), and *exit_code is set. */
int view_open(struct view *view, int *exit_code) WARN_UNUSED;
/* Closes the store and frees view->text. `error` is the result of the reading: with ERR_NOT_FOUND it prints `missing`, with other
 * errors the store's reason. Returns the exit code of that failure, or `exit_code` where there was none. */
int view_close(struct view *view, int error, const char *missing, int exit_code);
/* Prints view->text as one line on stdout. 0; ERR_LIMIT: the text is larger than VIEW_TEXT_MAX; nothing is printed, and view_close
 * says so. */
int view_print(const struct view *view);

#endif
