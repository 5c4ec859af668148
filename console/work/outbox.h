/* What another system is to be told: a run has ended or was stopped, records were refused, a run stands still. It is noted in the
 * store, with the text that goes out, and waits there until that system has it, OUTBOX_KEPT at most. All in write transactions but
 * outbox_due. */
#ifndef DIANCHEN_CONSOLE_WORK_OUTBOX_H
#define DIANCHEN_CONSOLE_WORK_OUTBOX_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/store/store.h"

enum {
    OUTBOX_KEPT = 24 * 60 * 60 * 1000, /* ms that a message is tried */
    OUTBOX_STILL = 5 * 60 * 1000,      /* ms without a finished page: the run stands still */
    OUTBOX_REJECTS = 50,               /* named in a message */
};

struct outbox_message {
    int64_t id, tries, at; /* tries so far; unix ms of its event */
    char event[24];        /* "run.ended", "run.failed", "reject.opened", "stage.stalled" */
    struct text body;      /* JSON, in the caller's arena */
};

/* What happens from `now` (unix ms) on is told. Nothing happens where this was called before. */
int outbox_begin(struct store *store, int64_t now) WARN_UNUSED;
/* Is there an event to be noted, or a message to be sent? In a transaction that reads. */
int outbox_due(struct store *store, int64_t now, bool *due) WARN_UNUSED;
/* Notes what has happened and was not noted yet, and forgets what is too old. */
int outbox_note(struct store *store, int64_t now, struct arena *arena) WARN_UNUSED;
/* The message that has been due longest; it is due again at `again`, whoever asks. ERR_NOT_FOUND: none is. */
int outbox_next(struct store *store, int64_t now, int64_t again, struct arena *arena,
                struct outbox_message *out) WARN_UNUSED;
/* It was taken, or is given up. */
int outbox_done(struct store *store, int64_t id) WARN_UNUSED;
/* It was not taken: it is tried again at `next`. */
int outbox_again(struct store *store, int64_t id, int64_t next) WARN_UNUSED;

#endif
