#include "extractor/platform/request.h"

void request_room_init(struct request_room *room)
{
    buffer_init(&room->url, REQUEST_URL_MAX);
    buffer_init(&room->lines, REQUEST_LINES_MAX);
}

void request_room_fini(struct request_room *room)
{
    buffer_wipe(&room->credential);
    buffer_fini(&room->url);
    buffer_fini(&room->lines);
}

void request_room_clear(struct request_room *room)
{
    buffer_clear(&room->url, REQUEST_URL_MAX);
    buffer_clear(&room->lines, REQUEST_LINES_MAX);
}

int request_room_give(struct request_room *room, const char *method, struct source_request *out)
{
    size_t count = 0;
    if (room->credential.size > 0) {
        room->headers[count++] = room->credential.data;
    }
    for (size_t at = 0; at < room->lines.size; at += strlen(room->lines.data + at) + 1) {
        if (count == REQUEST_HEADERS_MAX) {
            return ERR_LIMIT;
        }
        room->headers[count++] = room->lines.data + at;
    }
    room->headers[count] = NULL;
    out->method = method;
    out->url = room->url.data;
    out->headers = room->headers;
    return 0;
}
