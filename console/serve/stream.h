/* Server-sent events: sends changes as they happen. */
#ifndef DIANCHEN_CONSOLE_SERVE_STREAM_H
#define DIANCHEN_CONSOLE_SERVE_STREAM_H

#include <microhttpd.h>

#include "console/serve/request.h"

/* Answers with a stream, on the thread of the connection. It ends when the visitor leaves or is logged out, or the console stops.
 * `event: status` has the answer of GET status: sent at once, then when it has changed (checked each second). `event: live` has what
 * flows now. A comment comes every 10 s. Where CONSOLE_STREAMS are open the answer is 503. Returns as answer_send (reply.h). */
enum MHD_Result stream_send(struct MHD_Connection *connection, struct api_request *request, struct api_answer *answer);

#endif
