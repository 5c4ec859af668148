/* Sends answers in the API's form, problems and files, with headers that restrict what a browser may do. The functions that send
 * return what libmicrohttpd wants: MHD_YES, or MHD_NO to close the connection. On the thread of the connection. */
#ifndef DIANCHEN_CONSOLE_SERVE_REPLY_H
#define DIANCHEN_CONSOLE_SERVE_REPLY_H

#include <microhttpd.h>

#include "console/serve/request.h"

/* Makes an empty answer of status 200. answer_fini frees its body. */
void answer_init(struct api_answer *answer);
void answer_fini(struct api_answer *answer);
/* Sends the answer: {"data","next"}, a problem, or a file. */
enum MHD_Result answer_send(struct MHD_Connection *connection, struct api_answer *answer);
/* Does the caller want texts for people in Chinese, by its Accept-Language? */
bool reply_chinese(struct MHD_Connection *connection);
/* Sends a file of the page, by gzip to a browser that takes it; 304 to one that has it. */
struct web_file;
enum MHD_Result file_send(struct MHD_Connection *connection, const struct web_file *file);
/* Adds the headers of every response. `page`: it is a file of the page, whose own scripts may run. */
void reply_headers(struct MHD_Response *response, bool page);

#endif
