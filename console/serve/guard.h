/* Who may come in. A stranger's page in the same browser can send requests to this host, and a name of its own that leads
 * here (DNS rebinding): so the Host and Origin of every request are looked at, and what comes by cookie must have a header
 * that such a page can't set. */
#ifndef DIANCHEN_CONSOLE_SERVE_GUARD_H
#define DIANCHEN_CONSOLE_SERVE_GUARD_H

#include <microhttpd.h>

#include "console/serve/request.h"

/* Is the request for this console, under one of its own names: localhost or a loopback address in numbers? */
bool guard_host(struct MHD_Connection *connection);
/* Fills in who calls. Returns 0, or the problem is in *answer: a foreign origin, a wrong token, a cookie without the header. */
int guard_visitor(struct console *console, struct MHD_Connection *connection, struct visitor *visitor,
                  struct text *session, struct api_answer *answer) WARN_UNUSED;
/* The name of the cookie, which differs by port: browsers don't keep cookies of ports apart. */
void guard_cookie_name(struct MHD_Connection *connection, char out[40]);
/* Is this visitor still one: was the session ended, or the token with this hash removed, meanwhile? */
bool guard_still(struct console *console, struct text session, const char *hash);
/* Has the answer to say that a token is none? Then whoever came with it waits, outside of the store, and the log tells of it;
 * where many wait already, the answer is 429 at once. */
void guard_delay(struct console *console, struct api_answer *answer);

#endif
