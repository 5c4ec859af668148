/* What goes out: answers in the API's one form, problems, files; with the headers that keep a browser careful. */
#ifndef DIANCHEN_CONSOLE_SERVE_REPLY_H
#define DIANCHEN_CONSOLE_SERVE_REPLY_H

#include <microhttpd.h>

#include "console/serve/request.h"

/* An empty answer of status 200; answer_fini frees its body. */
void answer_init(struct api_answer *answer);
void answer_fini(struct api_answer *answer);
/* Sends it: {"data","next"}, a problem, or a file. */
enum MHD_Result answer_send(struct MHD_Connection *connection, struct api_answer *answer);
/* Does the caller want texts for people in Chinese? (Accept-Language) */
bool reply_chinese(struct MHD_Connection *connection);
/* A file of the page; `known` is the browser's If-None-Match, or NULL. */
struct web_file;
enum MHD_Result file_send(struct MHD_Connection *connection, const struct web_file *file, const char *known);
/* The headers that everything has. `page`: it is the page, which may run its own scripts. */
void reply_headers(struct MHD_Response *response, bool page);

#endif
