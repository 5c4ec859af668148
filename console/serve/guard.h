/* Decides who may call. A stranger's page in the same browser can send requests to this host, also under a name of its own that
 * leads here (DNS rebinding). So Host and Origin of every request are checked, and a call by cookie must have a header that such a
 * page can't set. On the threads of the connections. */
#ifndef DIANCHEN_CONSOLE_SERVE_GUARD_H
#define DIANCHEN_CONSOLE_SERVE_GUARD_H

#include <microhttpd.h>

#include "console/serve/request.h"

/* Does the request's Host name this console: localhost, a loopback address in numbers (any address where the console is open to
 * other hosts), or a name of --host? */
bool guard_host(const struct console *console, struct MHD_Connection *connection);
/* Whose token has this hash: fills in name and role. ERR_NOT_FOUND: there is none. Uses the store. */
int guard_token(struct console *console, const char *hash, struct visitor *visitor) WARN_UNUSED;
/* Finds out who calls: fills in *visitor and the cookie's value in *session. 0, or an error with the problem in *answer: a foreign
 * origin, a wrong token, a cookie without the header. Uses the store. */
int guard_visitor(struct console *console, struct MHD_Connection *connection, struct visitor *visitor,
                  struct text *session, struct api_answer *answer) WARN_UNUSED;
/* Writes the cookie's name. It has the port in it, since browsers send a cookie to every port of a host. */
void guard_cookie_name(struct MHD_Connection *connection, char out[40]);
/* May this visitor still read a stream? False: the session has ended, or the token with this hash was removed. */
bool guard_still(struct console *console, struct text session, const char *hash);
/* Slows down guessing: where the answer says that the token is wrong, blocks for up to 2 s and writes a log line. Where many calls
 * wait already, the answer becomes 429 at once. Not inside a transaction. */
void guard_delay(struct console *console, struct api_answer *answer);

#endif
