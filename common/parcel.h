/* A batch on its way out, with its frame, which stays until the ack: a re-send shares or rebuilds it. */
#ifndef DIANCHEN_COMMON_PARCEL_H
#define DIANCHEN_COMMON_PARCEL_H

#include <zmq.h>

#include "common/flow.h"

struct parcel {
    struct flow_batch batch; /* its message is the parcel */
    zmq_msg_t frame;
    int64_t framed; /* attempt that stands in the frame */
    size_t records; /* where they begin in the frame */
    void *tag;      /* the sender's */
};

/* Copies the records into a frame for attempt 1. ERR_LIMIT: above WIRE_FRAME_MAX. ERR_MEMORY. */
int parcel_new(const struct page *page, size_t rows, struct text records, void *tag, struct parcel **out) WARN_UNUSED;
void parcel_free(struct parcel *parcel);
/* The frame for batch.attempt, rebuilt where it has another. ERR_MEMORY. */
int parcel_ready(struct parcel *parcel) WARN_UNUSED;
struct text parcel_records(struct parcel *parcel);

#endif
