/* Where the upstream end of a link is bound: one socket, and who may connect to it. A process that serves several schemes binds one
 * for all of them: each link_out has its own workers behind it, told apart by the scheme that their HELLO names. out.c works on
 * what comes in. On the loop's thread. */
#ifndef DIANCHEN_COMMON_LINK_DOOR_H
#define DIANCHEN_COMMON_LINK_DOOR_H

#include "common/link/admission.h"

struct link_out;

struct door {
    struct loop *loop;
    struct link_socket socket;
    struct admission admission;
    struct link_out *links[LINK_SCHEMES];
    size_t link_count;
    struct loop_timer look; /* while there are strangers */
    char address[LINK_ADDRESS_MAX];
    struct link_shared *shared; /* NULL: of one link */
    struct metric *ignored;
};

/* Lets `link` in: through the door that self->shared holds, or through a new one, bound to `bind`. `came` is called, with the door,
 * when something came, `look` when strangers are to be looked at. An error with the cause: ERR_INPUT, ERR_MEMORY, ERR_IO. */
int door_enter(void *zmq, struct loop *loop, const char *bind, const struct link_identity *self, struct link_out *link,
               loop_zmq_fn *came, void (*look)(void *user), struct door **out, struct cause *cause) WARN_UNUSED;
/* The last that leaves closes it. */
void door_leave(struct door *door, const struct link_out *link);

#endif
