#include "common/parcel.h"

#include <assert.h>
#include <stdlib.h>

enum { PARCEL_HEADER = 128 /* bytes that a BATCH takes before its records, at most */ };

/* Header and records in one frame, in place of the old one; records may stand in the old one. */
static int parcel_build(struct parcel *parcel, int64_t attempt, struct text records)
{
    char room[PARCEL_HEADER];
    struct buffer header = {.data = room, .room = sizeof room, .limit = sizeof room};
    struct wire_message message = {
        .type = WIRE_BATCH, .page = parcel->batch.page, .attempt = attempt, .rows = parcel->batch.rows};
    wire_write(&header, &message);
    assert(!header.failed && header.data == room);
    if (header.size + records.size > WIRE_FRAME_MAX) {
        return ERR_LIMIT;
    }
    zmq_msg_t frame;
    if (zmq_msg_init_size(&frame, header.size + records.size) != 0) {
        return ERR_MEMORY;
    }
    char *data = zmq_msg_data(&frame);
    memcpy(data, header.data, header.size);
    if (records.size > 0) {
        memcpy(data + header.size, records.data, records.size);
    }
    zmq_msg_move(&parcel->frame, &frame);
    zmq_msg_close(&frame);
    parcel->framed = attempt;
    parcel->records = header.size;
    return 0;
}

int parcel_new(const struct page *page, size_t rows, struct text records, void *tag, struct parcel **out)
{
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (!parcel) {
        return ERR_MEMORY;
    }
    zmq_msg_init(&parcel->frame);
    parcel->batch.page = *page;
    parcel->batch.rows = rows;
    parcel->batch.message = parcel;
    parcel->tag = tag;
    int error = parcel_build(parcel, 1, records);
    if (error) {
        parcel_free(parcel);
        return error;
    }
    *out = parcel;
    return 0;
}

void parcel_free(struct parcel *parcel)
{
    zmq_msg_close(&parcel->frame);
    free(parcel);
}

int parcel_ready(struct parcel *parcel)
{
    if (parcel->framed == parcel->batch.attempt) {
        return 0;
    }
    /* A header that grew past the frame's limit by a byte can't be: attempts are small numbers. */
    return parcel_build(parcel, parcel->batch.attempt, parcel_records(parcel));
}

struct text parcel_records(struct parcel *parcel)
{
    const char *data = zmq_msg_data(&parcel->frame);
    return (struct text){data + parcel->records, zmq_msg_size(&parcel->frame) - parcel->records};
}
