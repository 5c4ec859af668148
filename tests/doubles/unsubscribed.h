/* Calls of the target that the account has not subscribed to. */
#ifndef DOUBLES_UNSUBSCRIBED_H
#define DOUBLES_UNSUBSCRIBED_H

#include "server.h"

extern const char unsubscribed_not_found[]; /* with HTTP 519 */

/* Whether the switch names the last part of this path. */
bool unsubscribed_is(const char *path);
void unsubscribed_answer(struct call *call);

#endif
