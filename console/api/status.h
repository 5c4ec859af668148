/* The present state of all schemes, for the overview and the stream. */
#ifndef DIANCHEN_CONSOLE_API_STATUS_H
#define DIANCHEN_CONSOLE_API_STATUS_H

#include "common/base/buffer.h"
#include "common/store/store.h"

struct console;
struct status {
    struct console *console;
    struct buffer *out; /* gets the JSON */
    bool chinese;       /* texts for people in Chinese, else in English */
};
/* Appends {"schemes":[…],"rejects_open":n} to status->out. In a transaction that reads. 0, or an error of the store. */
int status_put(struct store *store, struct status *status) WARN_UNUSED;

#endif
