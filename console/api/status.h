/* What goes on, for the overview and the stream. */
#ifndef DIANCHEN_CONSOLE_API_STATUS_H
#define DIANCHEN_CONSOLE_API_STATUS_H

#include "common/base/buffer.h"
#include "common/store/store.h"

struct console;
struct status {
    struct console *console;
    struct buffer *out;
    bool chinese; /* texts for people are wanted in Chinese */
};
/* Appends {"schemes":[…],"rejects_open":n}. In a transaction. */
int status_put(struct store *store, struct status *status) WARN_UNUSED;

#endif
