/* Where an endpoint keeps the address and the header lines of its last request, and its credential. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_REQUEST_H
#define DIANCHEN_EXTRACTOR_PLATFORM_REQUEST_H

#include "extractor/driver.h"

enum { REQUEST_URL_MAX = 16 << 10, REQUEST_LINES_MAX = 64 << 10, REQUEST_HEADERS_MAX = 100 };

struct request_room {
    struct buffer credential; /* "Name: value" and a NUL, or empty; made ready by the caller */
    struct buffer url;        /* ends with a NUL */
    struct buffer lines;      /* each ends with a NUL */
    const char *headers[REQUEST_HEADERS_MAX + 1];
};

void request_room_init(struct request_room *room);
/* Wipes the credential. */
void request_room_fini(struct request_room *room);
/* Empties url and lines for the next request. */
void request_room_clear(struct request_room *room);
/* Gives what was written to `out`. ERR_LIMIT: too many headers. */
int request_room_give(struct request_room *room, const char *method, struct source_request *out) WARN_UNUSED;

#endif
