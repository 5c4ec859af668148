/* Finds the operation and the parameters of a request. Pure. */
#ifndef DIANCHEN_CONSOLE_SERVE_ROUTE_H
#define DIANCHEN_CONSOLE_SERVE_ROUTE_H

#include "console/serve/request.h"

#define API_BASE "/api/v1/"

/* `target` is path and query as they came, still encoded. Fills in operation, values and numbers of the request; texts live in its
 * arena. 0, or an error with the problem in *answer: 404, 405 or 400. */
int route_find(struct text target, const char *method, struct api_request *request,
               struct api_answer *answer) WARN_UNUSED;

#endif
