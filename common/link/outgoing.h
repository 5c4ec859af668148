/* A batch of a link_out with the frame that carries it. The frame stays until the ack, so that it can be sent again. */
#ifndef DIANCHEN_COMMON_LINK_OUTGOING_H
#define DIANCHEN_COMMON_LINK_OUTGOING_H

#include <zmq.h>

#include "common/link/flow.h"
#include "common/wire/wire.h"

struct outgoing {
    struct flow_batch batch; /* batch.message points to this struct */
    zmq_msg_t frame;
    int64_t framed; /* the attempt that the frame holds */
    size_t records; /* offset of the records in the frame */
    void *tag;      /* the sender's */
    bool
        cancelled; /* nobody waits for it any more; it stays while a peer has it, so that its ack is not taken for another's */
};

/* Copies the records into a frame for attempt 1. ERR_LIMIT: above WIRE_FRAME_MAX. ERR_MEMORY. Free it with
 * outgoing_free. */
int outgoing_new(const struct page *page, size_t rows, struct text records, void *tag,
                 struct outgoing **out) WARN_UNUSED;
void outgoing_free(struct outgoing *outgoing);
/* Writes batch.attempt into the frame, if it holds another attempt. ERR_MEMORY. */
int outgoing_ready(struct outgoing *outgoing) WARN_UNUSED;
struct text outgoing_records(struct outgoing *outgoing);

#endif
