/* Secrets that must not be printed. A program registers each secret once; every log line and every cause then shows ***
 * instead, also where the secret is URL-encoded or escaped with backslashes. Texts of servers are wiped where they are
 * read (secret_wiped). Any thread. */
#ifndef DIANCHEN_COMMON_BASE_SECRET_H
#define DIANCHEN_COMMON_BASE_SECRET_H

#include "common/base/arena.h"
#include "common/base/text.h"

/* Registers a copy. Values shorter than 6 bytes are ignored: they occur by chance in other words. At most 64 are
 * kept. */
void secret_add(struct text value);
/* Registers the passwords of scheme://user:password@host?password=… (sslpassword= too), percent-encoded or not. Does
 * nothing for other texts. */
void secret_add_url(const char *url);
/* Does the URL contain a password? */
bool secret_url_has(const char *url);
/* Are there two @ before the host? Then programs disagree on where the password ends, and a part of it could be
 * shown. */
bool secret_url_unclear(const char *url);
/* Is this the name of a variable or field with a credential (session_key, REFRESH_TOKEN)? */
bool secret_named(struct text name);
/* Replaces registered secrets inside `line`, in place. The text must not have been cut inside a secret and
 * continued. */
void secret_wipe(char *line);
/* The same from `t` to `to`; returns the bytes written. `to` may be `t.data` and needs no more room than t.size. */
size_t secret_wipe_into(char *to, struct text t);
/* The same for a text from outside, before anybody cuts it: returns `t` itself when it holds no secret, else a copy in
 * the arena ("***" when the arena is full). Text beyond 16 KiB is cut off. */
struct text secret_wiped(struct arena *arena, struct text t);

#endif
