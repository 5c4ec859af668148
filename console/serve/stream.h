/* Server-sent events: what changes, as it changes. */
#ifndef DIANCHEN_CONSOLE_SERVE_STREAM_H
#define DIANCHEN_CONSOLE_SERVE_STREAM_H

#include <microhttpd.h>

#include "console/serve/request.h"

/* Answers with a stream that goes on until the visitor leaves, is logged out, or the console stops: `event: status` with what
 * GET status tells, at once and whenever it changes, looked at each second; `event: live` with what flows; a comment each 10 s.
 * Where CONSOLE_STREAMS are open: 503. */
enum MHD_Result stream_send(struct MHD_Connection *connection, struct api_request *request, struct api_answer *answer);

#endif
