/* From a request's target to an operation and its parameters. */
#ifndef DIANCHEN_CONSOLE_SERVE_ROUTE_H
#define DIANCHEN_CONSOLE_SERVE_ROUTE_H

#include "console/serve/request.h"

#define API_BASE "/api/v1/"

/* `target` as it came: path and query, still encoded. Fills in request->operation, values and numbers; texts live in the
 * request's arena. Returns 0, or the problem is in *answer: 404, 405, 400. */
int route_find(struct text target, const char *method, struct api_request *request,
               struct api_answer *answer) WARN_UNUSED;

#endif
