/* The browsers that are logged in. A cookie and a key together stand for a token; they end after 12 hours without use. Browsers send
 * a cookie to every port of a host, so another server on this host can see it; the key is known to the console's own page alone.
 * Sessions are kept in memory only: a restart of the console logs everybody out. Any thread. */
#ifndef DIANCHEN_CONSOLE_SERVE_SESSION_H
#define DIANCHEN_CONSOLE_SERVE_SESSION_H

#include "console/serve/request.h"

struct sessions;

enum { SESSION_TOKEN_MAX = 120 };

/* 0; ERR_MEMORY; ERR_IO: there are no random bytes. The caller owns *out; sessions_free wipes the secrets. */
int sessions_new(struct sessions **out) WARN_UNUSED;
void sessions_free(struct sessions **held);

/* Returns the one-time token of the link that the console prints at its start: good for one login as admin, within 10 minutes. It
 * belongs to `sessions`; empty once it is used. */
const char *sessions_link(const struct sessions *sessions);

/* Logs `visitor` in, whose API token has this hash ("" = came by the link). Writes the cookie's value and the key. With 64 sessions
 * the one that was not used for the longest time ends. 0; ERR_IO: there are no random bytes. */
int session_begin(struct sessions *sessions, const struct visitor *visitor, const char *hash,
                  char cookie[TOKEN_SIZE + 1], char key[TOKEN_SIZE + 1]) WARN_UNUSED;
/* Does the key belong to this cookie? */
bool session_key_fits(struct sessions *sessions, struct text cookie, struct text key);
/* Is it the link's token, unused and not older than 10 minutes? True uses it up. */
bool session_link_use(struct sessions *sessions, struct text token);
/* Finds the session of a cookie: fills in who it is, and the hash of the API token ("" = came by the link). Counts as use. 0 or
 * ERR_NOT_FOUND. */
int session_find(struct sessions *sessions, struct text cookie, struct visitor *visitor,
                 char hash[TOKEN_HASH + 1]) WARN_UNUSED;
/* Logs out; does nothing where there is no such session. */
void session_end(struct sessions *sessions, struct text cookie);

/* Blocks a caller who came with a wrong token: longer each time, up to 2 s; the time shrinks again while no wrong token comes. True
 * after the wait. False, at once, where 8 wait already, because each holds a connection. */
bool session_penalty(struct sessions *sessions);

#endif
