/* The driver of any API that gives lists of records as JSON over HTTP; what its requests and replies are, the API file says
 * (common/scheme/rest/form.h). Its parts: settings.c (what a person sets), call.c (the request), reply.c (what a reply means),
 * driver.c (the table). */
#ifndef DIANCHEN_EXTRACTOR_REST_REST_H
#define DIANCHEN_EXTRACTOR_REST_REST_H

#include "extractor/driver.h"

extern const struct source_driver rest_driver;

#endif
