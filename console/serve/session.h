/* Who is logged in with a browser: a cookie and a key stand for a token until they have not been used for 12 hours. Browsers send
 * a cookie to every port of a host, so whoever serves another one sees it; the key is kept and sent by the console's own page
 * alone. In memory only: a new start of the console logs everybody out. Any thread. */
#ifndef DIANCHEN_CONSOLE_SERVE_SESSION_H
#define DIANCHEN_CONSOLE_SERVE_SESSION_H

#include "console/serve/request.h"

struct sessions;

enum { SESSION_TOKEN_MAX = 120 };

/* ERR_MEMORY, ERR_IO: no random bytes. sessions_free wipes what logs in. */
int sessions_new(struct sessions **out) WARN_UNUSED;
void sessions_free(struct sessions **held);

/* The one-time token of the link that the console prints at its start: good for one login as admin, within 10 minutes. */
const char *sessions_link(const struct sessions *sessions);

/* Logs in: `token` is that of the link, or `role` and `name` are those of the API token that has this hash. Writes the
 * cookie's value and the key. When 64 are logged in, the one that was away longest goes. ERR_IO. */
int session_begin(struct sessions *sessions, const struct visitor *visitor, const char *hash,
                  char cookie[TOKEN_SIZE + 1], char key[TOKEN_SIZE + 1]) WARN_UNUSED;
/* Does the key belong to this cookie? */
bool session_key_fits(struct sessions *sessions, struct text cookie, struct text key);
/* Is it the link's token, unused and in time? Uses it up. */
bool session_link_use(struct sessions *sessions, struct text token);
/* Whose cookie it is. `hash` is that of the API token, or "" for the link's. ERR_NOT_FOUND. */
int session_find(struct sessions *sessions, struct text cookie, struct visitor *visitor,
                 char hash[TOKEN_HASH + 1]) WARN_UNUSED;
void session_end(struct sessions *sessions, struct text cookie);

/* Lets somebody wait who came with a wrong token: longer each time, up to 2 s, less again as time goes by. False, at once, where
 * 8 are waiting: each holds a connection. */
bool session_penalty(struct sessions *sessions);

#endif
