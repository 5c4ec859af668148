#include "common/link/outgoing.h"

#include <assert.h>
#include <stdlib.h>

enum { OUTGOING_HEADER = 128 /* bytes that a BATCH takes before its records, at most */ };

/* Header and records in one frame, in place of the old one; records may stand in the old one. */
static int outgoing_build(struct outgoing *outgoing, int64_t attempt, struct text records)
{
    char room[OUTGOING_HEADER];
    struct buffer header = {.data = room, .room = sizeof room, .limit = sizeof room};
    struct wire_message message = {
        .type = WIRE_BATCH, .page = outgoing->batch.page, .attempt = attempt, .rows = outgoing->batch.rows};
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
    zmq_msg_move(&outgoing->frame, &frame);
    zmq_msg_close(&frame);
    outgoing->framed = attempt;
    outgoing->records = header.size;
    return 0;
}

int outgoing_new(const struct page *page, size_t rows, struct text records, void *tag, struct outgoing **out)
{
    struct outgoing *outgoing = calloc(1, sizeof *outgoing);
    if (!outgoing) {
        return ERR_MEMORY;
    }
    zmq_msg_init(&outgoing->frame);
    outgoing->batch.page = *page;
    outgoing->batch.rows = rows;
    outgoing->batch.message = outgoing;
    outgoing->tag = tag;
    int error = outgoing_build(outgoing, 1, records);
    if (error) {
        outgoing_free(outgoing);
        return error;
    }
    *out = outgoing;
    return 0;
}

void outgoing_free(struct outgoing *outgoing)
{
    zmq_msg_close(&outgoing->frame);
    free(outgoing);
}

int outgoing_ready(struct outgoing *outgoing)
{
    if (outgoing->framed == outgoing->batch.attempt) {
        return 0;
    }
    /* A header that grew past the frame's limit by a byte can't be: attempts are small numbers. */
    return outgoing_build(outgoing, outgoing->batch.attempt, outgoing_records(outgoing));
}

struct text outgoing_records(struct outgoing *outgoing)
{
    const char *data = zmq_msg_data(&outgoing->frame);
    return (struct text){data + outgoing->records, zmq_msg_size(&outgoing->frame) - outgoing->records};
}
